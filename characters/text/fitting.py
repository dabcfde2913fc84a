"""Which of some names is meant by what somebody typed in a form, and which are near where none is.

What search forgives is forgiven here by the same folding: case, accents, width, kana of either sort, points and
hyphens, words joined or apart, and honorifics. Nothing here reads the database: whoever asks says which names there
are, so none is found and none is told that may not be known.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any, NamedTuple

from rapidfuzz import process
from rapidfuzz.distance import OSA

from episodes.choices import Choice, Unclear
from episodes.folding import fold, without_unseen
from episodes.order import sort_key
from episodes.texts import identity

from .words import NAME_PART, bare_name_key, name_key, name_parts, placed

MOST_OFFERED = 6
MOST_WORDS = 6  # of a name that is looked for in a text
BRACKETS = re.compile(r"\[\[[^\[\]]*\]\]")
LONGEST_COMPARED = 200  # characters; no name is longer
# What is no letter and still part of a name, as in C++: whoever types it means another name than who leaves it out.
SIGNS = "#%&@"
SEPARATING_SIGNS = "=~<>|"


class Spelling[Bearer](NamedTuple):
    """A name, and whose it is; of two who share a name, one can be known by it above all."""

    name: str
    bearer: Bearer
    foremost: bool = False


class Spellings[Bearer]:
    """All names that may be typed, found by whatever their spellings have in common."""

    def __init__(self, names: Iterable[Spelling[Bearer]]) -> None:
        self.names = list(names)

    def meant_by(self, typed: str, is_possible: Callable[[Bearer], bool] = lambda bearer: True) -> list[Bearer]:
        """Return the bearers of the names that fit best: of that very name, or of one that only folds alike."""
        typed = as_typed(typed)
        exact = [each for each in self._as_they_stand.get(typed, ()) if is_possible(each.bearer)]
        foremost = list(dict.fromkeys(each.bearer for each in exact if each.foremost))
        if len(foremost) == 1:
            return foremost
        ways = (exact, *(index.get(key, ()) for key, index in self._folded(typed)))
        for spellings in ways:
            if bearers := list(dict.fromkeys(each.bearer for each in spellings if is_possible(each.bearer))):
                return bearers
        return []

    def near(
        self, typed: str, is_possible: Callable[[Bearer], bool] = lambda bearer: True
    ) -> Iterator[Spelling[Bearer]]:
        """Yield the nearest names, one for each bearer: those with the words that were typed, or with slips in them."""
        typed = as_typed(typed)
        distances: dict[int, tuple[int, ...]] = {}
        key = name_key(typed)
        for other, slips in near_words(key, self._by_key.keys()):
            for place in self._by_key[other]:
                distances[place] = (slips, 0)
        for place, slips in self._with_words(name_parts(typed)):
            length = abs(len(self.names[place].name) - len(typed))
            distances[place] = min(distances.get(place, (slips, 1 + length)), (slips, 1 + length))
        ranked = sorted(distances, key=lambda place: (distances[place], sort_key(self.names[place].name)))
        seen = set()
        for spelling in map(self.names.__getitem__, ranked):
            if spelling.bearer not in seen and is_possible(spelling.bearer):
                seen.add(spelling.bearer)
                yield spelling

    def said_in(self, text: str) -> Iterator[tuple[str, Bearer]]:
        """Yield each name that stands without brackets in a text and is that of one bearer alone, as it stands there.

        A capital counts where a name begins with one, as many names are words as well.
        """
        seen: set[Bearer] = set()
        for piece in BRACKETS.split(text):
            words = placed(piece, NAME_PART)
            end_of_last = 0
            for number, (start, _, _) in enumerate(words):
                for length in range(min(MOST_WORDS, len(words) - number), 0, -1):
                    end = words[number + length - 1][1]
                    bearer = self._said("".join(word for _, _, word in words[number : number + length]), piece[start])
                    if bearer is not None and start >= end_of_last:
                        end_of_last = end
                        if bearer not in seen:
                            seen.add(bearer)
                            yield piece[start:end], bearer
                        break

    def _said(self, key: str, first: str) -> Bearer | None:
        spellings = [self.names[place] for place in self._by_key.get(key, ())]
        bearers = {each.bearer for each in spellings}
        is_cased_so = any(each.name[:1].isupper() <= first.isupper() for each in spellings)
        return bearers.pop() if len(bearers) == 1 and is_cased_so else None

    def _with_words(self, parts: Iterable[str]) -> Iterator[tuple[int, int]]:
        """Yield the places of the names that have all these words, or their beginnings, with the slips in them."""
        totals: dict[int, int] | None = None
        for part in parts:
            slips_of = dict(near_words(part, self._by_part.keys()))
            slips_of |= {other: 0 for other in self._by_part if other.startswith(part)}
            found: dict[int, int] = {}
            for other, slips in slips_of.items():
                for place in self._by_part[other]:
                    found[place] = min(slips, found.get(place, slips))
            totals = found if totals is None else {at: totals[at] + found[at] for at in totals.keys() & found.keys()}
        yield from (totals or {}).items()

    # How they are found

    def _folded(self, typed: str) -> Iterator[tuple[tuple[str, str], Mapping[tuple[str, str], list[Spelling[Bearer]]]]]:
        yield (name_key(typed), signs_of(typed)), self._alike
        yield (bare_name_key(typed), signs_of(typed)), self._alike_without_honorifics

    @cached_property
    def _as_they_stand(self) -> Mapping[str, list[Spelling[Bearer]]]:
        return _indexed(self.names, as_typed)

    @cached_property
    def _alike(self) -> Mapping[tuple[str, str], list[Spelling[Bearer]]]:
        return _indexed(self.names, lambda name: (name_key(name), signs_of(name)))

    @cached_property
    def _alike_without_honorifics(self) -> Mapping[tuple[str, str], list[Spelling[Bearer]]]:
        return _indexed(self.names, lambda name: (bare_name_key(name), signs_of(name)))

    @cached_property
    def _by_key(self) -> Mapping[str, list[int]]:
        places: dict[str, list[int]] = defaultdict(list)
        for place, spelling in enumerate(self.names):
            places[name_key(spelling.name)].append(place)
        return places

    @cached_property
    def _by_part(self) -> Mapping[str, list[int]]:
        places: dict[str, list[int]] = defaultdict(list)
        for place, spelling in enumerate(self.names):
            for part in set(name_parts(spelling.name)):
                places[part].append(place)
        return places


def _indexed[Key, Bearer](
    names: Iterable[Spelling[Bearer]], key_of: Callable[[str], Key]
) -> Mapping[Key, list[Spelling[Bearer]]]:
    index: dict[Key, list[Spelling[Bearer]]] = defaultdict(list)
    for spelling in names:
        index[key_of(spelling.name)].append(spelling)
    return index


def as_typed(text: str) -> str:
    """Return a name without the differences that nobody types on purpose: spaces, and the form of its letters."""
    return identity(re.sub(r"\s+", " ", text[:LONGEST_COMPARED])).strip()


def look(text: str) -> str:
    """Return what two texts have in common that differ in case, in width, or in which spaces and hyphens they have."""
    plain = without_unseen(unicodedata.normalize("NFKC", text).casefold())
    return " ".join(re.split(r"[\s\-‐-―]+", plain.strip()))


def signs_of(text: str) -> str:
    """Return the signs of a name that are no letters and tell it from others."""
    if text.replace(" ", "").isalnum():
        return ""
    return "".join(sign for sign in fold(text) if sign in SIGNS or _is_telling(sign))


def _is_telling(sign: str) -> bool:
    return unicodedata.category(sign) in ("Sc", "So", "Sm") and sign not in SEPARATING_SIGNS


def near_words(word: str, known: Iterable[str]) -> list[tuple[str, int]]:
    """Return the known words that are at most one slip away, in longer words two, each with the slips."""
    scorer: Any = OSA.distance
    near = process.extract(word, known, scorer=scorer, score_cutoff=most_slips(word), limit=None)
    return [(other, int(slips)) for other, slips, _ in near]


def most_slips(word: str) -> int:
    """Return how many slips may be made in a word."""
    return 0 if len(word) < 3 else 1 if len(word) < 6 else 2


def nearest_key(typed: str, keys: Iterable[str]) -> str:
    """Return the key that is nearest to what was typed instead of one; empty if none is near."""
    return min(((slips, key) for key, slips in near_words(fold(typed), keys)), default=(0, ""))[1]


# The one that is meant


def the_one_meant[Bearer](
    typed: str,
    spellings: Spellings[Bearer],
    *,
    offered: Callable[[Bearer], Choice],
    nothing: str,
    is_possible: Callable[[Bearer], bool] = lambda bearer: True,
) -> Bearer:
    """Return who is meant by what was typed; raise `Unclear` with choices if that could be several, or is nobody.

    `nothing` is the message where none fits. It may not depend on anything but what was typed.
    """
    meant = spellings.meant_by(typed, is_possible)
    if len(meant) == 1:
        return meant[0]
    if meant:
        choices = [offered(bearer) for bearer in meant[:MOST_OFFERED]]
        raise Unclear(f"“{typed}” could be more than one. Choose which:", typed=typed, choices=choices)
    near = [spelling.bearer for spelling in spellings.near(typed, is_possible)][:MOST_OFFERED]
    question = " Did you mean:" if near else ""
    raise Unclear(f"{nothing}{question}", typed=typed, choices=map(offered, near))
