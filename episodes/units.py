"""What the show calls its units, such as episodes or chapters, and how people read which of them is meant.

Rows hold the place of a unit in the order of release: 1, 2, 3. Its label may be another thing: “S2 E5”, “12.5”,
“Special 1”. Words and labels are public, and the same for every viewer.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace

from django.http import HttpRequest
from django.utils.functional import lazy
from django.utils.html import format_html
from django.utils.safestring import SafeString

from .axes import is_on_second_axis, own_number, place_of, second_of, second_of_place
from .names import Name, capital
from .requests import whole_number


@dataclass(frozen=True, slots=True)
class Units:
    """The words of a show, and the labels of the units that have one."""

    one: str = "episode"
    many: str = "episodes"
    watched: str = "watched"
    second_one: str = "chapter"  # on the second axis, if the show has one
    second_many: str = "chapters"
    second_read: str = "read"
    labels: Mapping[int, str] = field(default_factory=dict)  # by place, of both axes
    are_told: bool = False  # whether there is a show that says so

    @classmethod
    def of(cls, show: Mapping[str, object], labels: Mapping[int, str]) -> "Units":
        """Return what the row of a show says; where it says nothing, a unit is an episode that is watched."""
        given = {word: str(show[name]) for word, name in COLUMNS.items() if show.get(name)}
        words = cls(**given, labels=labels, are_told=bool(show))
        return replace(words, labels=words._without_the_word())

    def _without_the_word(self) -> dict[int, str]:
        """Return labels such as “Chapter 12” of a show in chapters as “12”, and none that is the number itself."""
        others = set(self.labels.values())
        bare = {number: self._bare(label, self.word(number)) for number, label in self.labels.items()}
        short = {number: label if bare[number] in others else bare[number] for number, label in self.labels.items()}
        return {number: label for number, label in short.items() if label != f"{own_number(number)}"}

    def _bare(self, label: str, one: str) -> str:
        """Return a label without the word for a unit before its numeral."""
        word, _, rest = label.strip().partition(" ")
        return rest.strip() if word.casefold() == one.casefold() and _is_numeral(rest.strip()) else label

    def word(self, number: int) -> str:
        """Return what a unit at a place of either axis is called: “episode”, “chapter”."""
        return self.second_one if is_on_second_axis(number) else self.one

    @property
    def a(self) -> str:
        """A unit with its article, as in "an episode"."""
        return f"{'an' if self.one[:1].lower() in 'aeiou' else 'a'} {self.one}"

    @property
    def a_second(self) -> str:
        """A unit of the second axis with its article."""
        return f"{'an' if self.second_one[:1].lower() in 'aeiou' else 'a'} {self.second_one}"

    @property
    def aired(self) -> str:
        """What happened to a unit on its date."""
        return "aired" if self.watched == "watched" else "published"

    @property
    def broadcaster(self) -> str:
        """Who chose the date of a unit."""
        return "broadcaster" if self.watched == "watched" else "publisher"

    @property
    def directed(self) -> str:
        """What the directors of a unit have done with it; of one that is read they are who drew it."""
        return "drawn" if self.watched == "read" else "directed"

    def at(self, number: int) -> "Units":
        """Return the words for a unit at a place of either axis, which then is `one`."""
        if not is_on_second_axis(number):
            return self
        return replace(self, one=self.second_one, many=self.second_many, watched=self.second_read)

    def short(self, number: int) -> int | Name:
        """Return the label of a unit, or its number: for where a list or a chip shows no more than that."""
        return Name(self.labels[number]) if number in self.labels else own_number(number)

    def named(self, number: int) -> str:
        """Return what a sentence calls a unit: “episode 5”, “episode 12.5”, or “S2 E5” where that says it all."""
        short = self.short(number)
        return short if isinstance(short, Name) and not _is_numeral(short) else f"{self.word(number)} {short}"

    def number_of(self, said: str) -> int | None:
        """Return the unit that somebody means by a label or a number; of several that are called so, the first."""
        return self._place_of(said, self.one, is_second=False)

    def second_number_of(self, said: str) -> int | None:
        """Return the same of the second axis, as a number there."""
        place = self._place_of(said, self.second_one, is_second=True)
        return None if place is None else second_of_place(place)

    def _place_of(self, said: str, one: str, *, is_second: bool) -> int | None:
        typed, bare = _typed(said), self._bare(said, one)
        labels = {place: label for place, label in self.labels.items() if is_on_second_axis(place) == is_second}
        found = [place for place, label in labels.items() if _typed(label) in (typed, _typed(bare))]
        number = whole_number(bare.strip(), digits=4)
        if found or number is None:
            return min(found, default=None)
        place = place_of(number) if is_second else number
        return None if place in labels else place

    def span(self, first: int, last: int, between: str = "–") -> str:
        """Return what a sentence calls several units in a row, such as “episodes 3–5”."""
        ends = self.short(first), self.short(last)
        are_of_one_axis = is_on_second_axis(first) == is_on_second_axis(last)
        if are_of_one_axis and all(isinstance(end, int) or _is_numeral(end) for end in ends):
            many = self.second_many if is_on_second_axis(first) else self.many
            return f"{many} {ends[0]}{between}{ends[1]}"
        return f"{self.named(first)} to {self.named(last)}"


COLUMNS = {  # of the show
    "one": "unit",
    "many": "units",
    "watched": "watched",
    "second_one": "second_unit",
    "second_many": "second_units",
    "second_read": "second_read",
}

_current: ContextVar[Callable[[], Units]] = ContextVar("units of the show", default=Units)


_meant: ContextVar[int] = ContextVar("the place that a page is about", default=0)


@contextmanager
def speaking_of(place: int) -> Iterator[None]:
    """Let texts that say “the {one}” mean a unit of the axis of a place, such as “the chapter”, within a block."""
    token = _meant.set(place)
    try:
        yield
    finally:
        _meant.reset(token)


def _spoken_of() -> Units:
    """Return the words of the show, as the page that is being made means them."""
    return current().at(_meant.get())


def current() -> Units:
    """Return the words and labels of the show that this code works for."""
    return _current.get()()


def use(read: Callable[[], Units]) -> None:
    """Let whatever follows take words and labels from there, until the block around it ends."""
    _current.set(read)


@contextmanager
def using(read: Callable[[], Units]) -> Iterator[None]:
    """Let a block take words and labels from what this returns."""
    token = _current.set(read)
    try:
        yield
    finally:
        _current.reset(token)


def named(number: int) -> str:
    """Return what a sentence calls a unit, such as “episode 5”.

    Of progress on two axes it names both places, or the second alone for whoever has not begun the first.
    """
    units, second = current(), second_of(number)
    if not second:
        return units.named(number)
    chapter = units.named(place_of(second))
    return f"{units.named(int(number))} and {chapter}" if number else chapter


def named_apart(progress: int, other: int) -> str:
    """Return what a sentence calls progress beside other progress: only the axes on which it is another."""
    units, (first, second) = current(), (int(progress), second_of(progress))
    places = [units.named(first)] if first != int(other) else []
    if second != second_of(other):
        places.append(units.named(place_of(second)) if second else f"{units.second_one} 0")
    return " and ".join(places)


def short(number: int) -> int | Name:
    """Return the label of a unit, or its number."""
    return current().short(number)


def second_unit() -> str:
    """Return what one unit of the second axis is called, such as “chapter”."""
    return current().second_one


def before_the_first() -> str:
    """Return when somebody knows the premise alone."""
    return f"before the first {current().one}"


def from_to(first: int, last: int) -> str:
    """Return what a sentence calls units in a row, such as “episodes 3 to 5”."""
    return current().span(first, last, " to ")


def prefix(number: int) -> SafeString:
    """Return the word before the number of a unit for those who hear a page; a label such as “S2 E5” needs none."""
    units = current()
    label = units.short(number)
    if isinstance(label, Name) and not _is_numeral(label):
        return SafeString()
    return format_html('<span class="visually-hidden">{} </span>', capital(units.word(number)))


def _worded(text: str) -> str:
    units = _spoken_of()
    words = {"one": units.one, "many": units.many, "a": units.a, "second": units.second_one}
    words |= {"a_second": units.a_second, "aired": units.aired, "broadcaster": units.broadcaster}
    return text.format(
        **words, watched=units.watched, **{name.capitalize(): capital(each) for name, each in words.items()}
    )


worded = lazy(_worded, str)
"""Return a text that takes the words of the show when it is shown: “the {one}” is “the episode” or “the chapter”."""


class Words:
    """The words of the show for templates, as they are when a page is made."""

    def __getattr__(self, name: str) -> str:
        return str(getattr(_spoken_of(), name))

    def at(self, number: int) -> Units:
        """Return the words for a unit at a place, whatever the page is about."""
        return current().at(number)


def for_templates(request: HttpRequest) -> dict[str, Words]:
    """Let Django's templates say `units.one` (a context processor)."""
    return {"units": Words()}


def _typed(label: str) -> str:
    """Return a label as people may type it: in small letters, without spaces."""
    return "".join(label.split()).casefold()


def _is_numeral(label: str) -> bool:
    return label[:1].isdigit()
