"""Make files of a data set out of a table or a wiki, for an editor to gate: nothing goes into the site from here.

What has no episode is never given one. It is written as a comment, with a question mark in the place of the episode.
"""

import csv
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from characters.models import Alias
from characters.text.slugs import key_of
from characters.vocabulary import Attribute
from episodes.names import REACHING_SIGN
from episodes.texts import CONTROLS

from .reading import MOST_BYTES, read

type Headings = Mapping[str, tuple[str, ...]]
"""Under which headings of a source what stands, by our words."""

NAME, SINCE, FACTION, ALIAS = "name", "since", "faction", "alias"
# Of what a source may tell, the headings under which most of them tell it.
HEADINGS: Headings = {
    NAME: ("name", "character", "full name"),
    SINCE: ("since", "first appearance", "first appeared", "first seen", "first", "debut"),
    FACTION: ("faction", "affiliation", "affiliations", "team"),
    ALIAS: ("alias", "aliases", "also known as", "other names", "nickname", "nicknames"),
    **{attribute.value: (attribute.value, str(attribute.label)) for attribute in Attribute},
}
MOST_OF_A_NAME = Alias._meta.get_field("name").max_length or 0
ALREADY, UNNAMED = "is in the data set already", f"has no name, or one of more than {MOST_OF_A_NAME} letters"
HEADER = """\
# From {source}, to be gated by you and moved into {name} of the show.
# A name stands at the first appearance: if the audience learns it later, move it, and write a placeholder in its place.
# Where no episode is told there is a question mark: write the one after which the audience knows it.
"""
OF_THE_REST = "# No episode is told of this:"
QUOTES = "“”\"'"
# What wikis note behind a group that somebody was in for a time, or that is not supposed to be known.
NOTE = re.compile(
    r"\s*\(((?:former|previous|temporar|brief|defect|secret|undercover|disband|infiltrat)[^()]*)\)$", re.IGNORECASE
)


class ImportFailed(Exception):
    """Raised with what is wrong with a source, and what to do."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a source tells of one character."""

    place: str  # in the source
    fields: Mapping[str, tuple[str, ...]]
    unread: tuple[str, ...] = ()  # what has a heading that is none of ours

    @property
    def name(self) -> str:
        return next(iter(self.fields.get(NAME, ())), "")


@dataclass(slots=True)
class Imported:
    """The files that were made, and what is left to an editor."""

    files: dict[str, str] = field(default_factory=dict)
    gated: int = 0
    without: list[str] = field(default_factory=list)  # characters without an episode, each with what was told instead
    left_out: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)  # headings, the most frequent first


class FirstAppearances:
    """Which episode somebody means: by its number, its label or its title, if that is clear."""

    def __init__(self, episodes: Iterable[Mapping[str, Any]], unit: str) -> None:
        self.meant: dict[str, set[float]] = {}
        self.titles: dict[float, str] = {}
        for row in episodes:
            number, label, title = row["number"], str(row.get("label") or ""), str(row.get("title") or "")
            self.titles[number] = as_typed(title)
            for words in (f"{number}", f"{unit} {number}", label, f"{unit} {label}" if label else "", title):
                if words:
                    self.meant.setdefault(as_typed(words), set()).add(number)

    def number_of(self, said: Sequence[str]) -> float | None:
        """Return the one episode that a source names; nothing if it names none that there is, or several."""
        for pieces in (said, [piece for text in said for piece in re.split(r"[;,/]", text)]):
            numbers = {number for piece in pieces for number in self._meant_by(piece)}
            if numbers:
                return next(iter(numbers)) if len(numbers) == 1 else None
        return None

    def _meant_by(self, words: str) -> set[float]:
        """Return the episodes that some words mean, such as “Episode 5”, “Fog” or “Episode 5: Fog”."""
        for said in (words, words.strip(QUOTES)):  # wikis write titles in quotes
            if found := self.meant.get(as_typed(said)):
                return found
        number, _, title = words.partition(":")
        title = as_typed(title.strip().strip(QUOTES))
        return {each for each in self.meant.get(as_typed(number), ()) if title and self.titles[each] in ("", title)}


def as_typed(words: str) -> str:
    return "".join(words.split()).casefold()


def as_heading(words: str) -> str:
    """Return a heading as it is compared: “First appearance”, “first_appearance” and “firstAppearance” are one."""
    return as_typed(re.sub("[_-]", " ", words))


def group_as_typed(words: str) -> str:
    """Return the name of a group as it is compared: “the Salt Guild” and “Salt Guild” are one."""
    return as_typed(re.sub(r"^the\s+", "", words.strip(), flags=re.IGNORECASE))


def headings_of(given: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return under which headings what stands, from texts such as “name=Full name”; of the rest the usual ones."""
    headings = dict(HEADINGS)
    for text in given:
        ours, equals, theirs = text.partition("=")
        if not equals or ours not in HEADINGS or not theirs.strip():
            ours_are = ", ".join(HEADINGS)
            raise ImportFailed(f"“{text}” maps nothing: write OURS=THEIRS, with one of {ours_are} before the =.")
        headings[ours] = (theirs,)
    return headings


def from_table(path: Path, headings: Headings) -> Iterator[Told]:
    """Read the rows of a CSV file, or the objects in the list of a JSON file."""
    rows = list(_objects(path) if path.suffix.lower() == ".json" else _lines(path))
    there = {as_heading(key) for _, row in rows for key in row}
    for ours, theirs in headings.items():
        if (ours == NAME or theirs != HEADINGS[ours]) and not there & set(map(as_heading, theirs)):
            columns = ", ".join(dict.fromkeys(key for _, row in rows for key in row)) or "none"
            missing = f"{path.name} has no column “{theirs[0]}” for {ours}"
            raise ImportFailed(f"{missing}; it has {columns}. Say which one it is by --map.")
    for place, row in rows:
        yield Told(place, told_in(headings, row, _pieces), unread_of(headings, row, _pieces))


def told_in[Value](
    headings: Headings, values: Mapping[str, Value], pieces_of: Callable[[Value], tuple[str, ...]]
) -> dict[str, tuple[str, ...]]:
    """Return by our words what stands under the headings of a source."""
    told: dict[str, tuple[str, ...]] = {}
    values = {as_heading(heading): value for heading, value in values.items()}
    for ours, theirs in headings.items():
        found = (pieces_of(values[heading]) for heading in map(as_heading, theirs) if heading in values)
        if pieces := next(filter(None, found), None):
            told[ours] = pieces
    return told


def unread_of[Value](
    headings: Headings, values: Mapping[str, Value], pieces_of: Callable[[Value], tuple[str, ...]]
) -> tuple[str, ...]:
    """Return the headings under which something stands that is not taken over."""
    ours = {as_heading(heading) for theirs in headings.values() for heading in theirs}
    return tuple(heading for heading, value in values.items() if as_heading(heading) not in ours and pieces_of(value))


def _pieces(value: Any) -> tuple[str, ...]:
    values = value if isinstance(value, list) else re.split(r"[;\n]", str(value if value is not None else ""))
    return cleaned(str(each) for each in values if not isinstance(each, dict | list))


def cleaned(values: Iterable[str]) -> tuple[str, ...]:
    """Return texts on one line each, without what no data set may hold; none that is empty."""
    return tuple(filter(None, (" ".join(REACHING_SIGN.sub("", CONTROLS.sub(" ", each)).split()) for each in values)))


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ImportFailed(f"{path.name} is larger than {MOST_BYTES // 1024**2} MB. Cut it into parts.")
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise ImportFailed(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ImportFailed(f"{path.name}:{line} is not UTF-8. Save it so (in a spreadsheet: “CSV UTF-8”).") from error


def _lines(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    text = _text(path)
    first = text.partition("\n")[0]
    comma = max(",;\t", key=first.count)  # spreadsheets of some countries write semicolons
    rows = csv.DictReader(text.splitlines(keepends=True), delimiter=comma, restkey="", strict=True)
    try:
        for row in rows:
            yield f"{path.name}:{rows.line_num}", {key: value for key, value in row.items() if key}
    except csv.Error as error:
        raise ImportFailed(f"{path.name}:{rows.line_num} is not CSV: {error}.") from error


def _objects(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    try:
        data = json.loads(_text(path))
    except json.JSONDecodeError as error:
        raise ImportFailed(f"{path.name}:{error.lineno} is not JSON: {error.msg}.") from error
    except RecursionError as error:
        raise ImportFailed(f"{path.name} is nested too deeply.") from error
    if not isinstance(data, list) or not all(isinstance(each, dict) for each in data):
        raise ImportFailed(f'{path.name} must be a list of objects, one for each character: [{{"name": …}}, …].')
    for number, each in enumerate(data, start=1):
        yield f"{path.name}, object {number}", each


def imported(source: str, told: Iterable[Told], show: Path) -> Imported:
    """Return the files for what a source tells of the characters of a show, of which some may be there already."""
    series, episodes, characters, factions = (
        _data(show / f"{name}.yaml") for name in ("series", "episodes", "characters", "factions")
    )
    unit = str((series or {}).get("unit") or "episode")
    first = FirstAppearances([row for row in episodes or [] if isinstance(row, dict) and "number" in row], unit)
    if not first.titles:
        raise ImportFailed(f"{show / 'episodes.yaml'} has no episodes to find first appearances in. Write them first.")
    known, groups = _keys_by_name(characters, as_typed), _keys_by_name(factions, group_as_typed)
    keys = _Keys([*known.values(), *groups.values()])
    result, entries, new_groups = Imported(), [], {}
    unread: Counter[str] = Counter()
    for each in told:
        unread.update(each.unread)
        if not each.name or len(each.name) > MOST_OF_A_NAME or as_typed(each.name) in known:
            why = ALREADY if each.name and as_typed(each.name) in known else UNNAMED
            result.left_out.append(f"{each.name[:60] or each.place}: {why}")
            continue
        for group in each.fields.get(FACTION, ()):
            group, _ = _group_and_note(group)
            if group_as_typed(group) not in groups:
                groups[group_as_typed(group)] = new_groups[group] = keys.new(group, "faction")
        number = first.number_of(each.fields.get(SINCE, ()))
        if number is None:
            said = ", ".join(each.fields.get(SINCE, ()))
            result.without.append(f"{each.name}: {f'“{said}”' if said else 'nothing'} is told ({each.place})")
        else:
            result.gated += 1
        entries.append(_entry(each, keys.new(each.name, "character"), number, groups))
    result.unread = [heading for heading, _ in unread.most_common()]
    result.files["characters.yaml"] = HEADER.format(source=source, name="characters.yaml") + "".join(entries)
    if new_groups:
        names = "".join(_commented(_opening(name, key, None)) for name, key in new_groups.items())
        result.files["factions.yaml"] = HEADER.format(source=source, name="factions.yaml") + names
    return result


def _data(path: Path) -> Any:
    if not path.exists():
        return None
    document = read(path)
    if document.problems:
        raise ImportFailed(f"{document.problems[0]}")
    return document.data


def _group_and_note(said: str) -> tuple[str, str]:
    """Return the name of a group, and what a source notes behind it, such as “formerly”."""
    found = NOTE.search(said)
    return (said[: found.start()], found[1]) if found and found.start() else (said, "")


def _keys_by_name(entries: Any, as_compared: Callable[[str], str]) -> dict[str, str]:
    rows = [row for row in entries or [] if isinstance(row, dict)]
    return {
        as_compared(str(alias.get("name", ""))): str(row.get("key", ""))
        for row in rows
        for alias in row.get("aliases") or []
        if isinstance(alias, dict)
    }


class _Keys:
    """Keys that no entry has yet."""

    def __init__(self, taken: Iterable[str]) -> None:
        self.taken = Counter(taken)

    def new(self, name: str, otherwise: str) -> str:
        plain = key_of(name) or otherwise
        number, key = 1, plain
        while key in self.taken:
            number += 1
            key = f"{plain}_{number}"
        self.taken[key] += 1
        return key


def _entry(told: Told, key: str, number: float | None, groups: Mapping[str, str]) -> str:
    """Return the entry of a character; what has no episode is a comment in it, or all of it is one."""
    rest = []
    if memberships := told.fields.get(FACTION):
        rest += ["  memberships:", *(_membership(*_group_and_note(each), groups) for each in memberships)]
    traits = [(name, value) for name, values in told.fields.items() if name in Attribute for value in values]
    if traits:
        rest += ["  traits:", *(f"    - {_flow(attribute=name, value=value, since=None)}" for name, value in traits)]
    names = [
        f"    - {_flow(name=name, since=None)}"
        for name in dict.fromkeys(told.fields.get(ALIAS, ()))
        if name != told.name and len(name) <= MOST_OF_A_NAME
    ]
    lines = _opening(told.name, key, number)
    if number is None:
        said = "; ".join(told.fields.get(SINCE, ()))
        return _commented([*lines, *names, *rest], f"{told.place}; first appearance: {said or 'not told'}")
    return (
        "".join(f"{line}\n" for line in lines)
        + _commented(names)
        + (f"  {OF_THE_REST}\n{_commented(rest)}" if rest else "")
    )


def _membership(group: str, note: str, groups: Mapping[str, str]) -> str:
    row = f"    - {_flow(faction=groups[group_as_typed(group)], since=None)}"
    return f"{row}  # {note}" if note else row


def _opening(name: str, key: str, number: float | None) -> list[str]:
    since = "?" if number is None else f"{number}"
    alias = _flow(name=name, headline=True, since=number)
    return [f"- key: {key}", f"  revealed_in: {since}", "  aliases:", f"    - {alias}"]


def _flow(*, since: float | None, **values: Any) -> str:
    """Return a row on one line, with a question mark where no episode is known."""
    text = yaml.safe_dump(values, default_flow_style=True, allow_unicode=True, width=10**6, sort_keys=False).strip()
    return f"{text[:-1]}, revealed_in: {'?' if since is None else since}}}"


def _commented(lines: Iterable[str], note: str = "") -> str:
    said = [note] if note else []
    return "".join(f"# {line}\n" for line in [*said, *lines])
