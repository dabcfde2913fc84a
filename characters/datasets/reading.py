"""Read YAML with line numbers, and refuse whatever in it could run code or use up the memory."""

import zlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from yaml.events import AliasEvent, NodeEvent
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from . import quick

AS_TEXT = ("tag:yaml.org,2002:value", "tag:yaml.org,2002:merge")  # “=” and “<<”, which mean nothing here

DATE = "tag:yaml.org,2002:timestamp"

type YamlPath = tuple[str | int, ...]

MOST_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    file: str
    line: int
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.message}"


class DatasetError(Exception):
    """Raised with everything that is wrong with a data set, and with how many rows are refused only because of that."""

    def __init__(self, problems: list[Problem], consequences: int = 0, left: Sequence[object] = ()) -> None:
        self.problems = sorted(set(problems))
        self.consequences = consequences
        self.left = left  # rows of the database that are in no file
        self.findings: Sequence[object] = ()  # what texts say too early, as far as that can be told
        super().__init__("\n".join(map(str, self.problems)))


@dataclass(slots=True)
class Document:
    """A file's data, and the line on which each part of it begins."""

    name: str
    content: bytes = b""
    data: Any = None
    lines: dict[YamlPath, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    blamed: set[YamlPath] = field(default_factory=set)  # the entries, and their fields, that problems are in
    kept: dict[YamlPath, list[int]] = field(default_factory=dict)  # of lists: the places of the parts that can be read
    lost: set[str] = field(default_factory=set)  # the keys of entries with which something is wrong
    is_lost: bool = False  # nothing in it can be read
    consequences: int = 0  # references in it to what is lost in any file
    is_plain: bool = False  # the quick parser has read it, and can find the lines within
    found: quick.Lines | None = None  # those lines, as long as they are not forgotten
    packed: bytes = b""  # the content, once it is put away

    def line_of(self, path: YamlPath) -> int:
        """Return the line on which a part begins, or else the nearest part around it."""
        if self.is_plain:
            if self.found is None:
                content = zlib.decompress(self.packed) if self.packed else self.content
                self.found = quick.lines_of(content.decode())
            return _line_within(self.found, path)
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def complain(self, path: YamlPath, message: str) -> None:
        self.blamed.add(path[:2])
        self.problems.append(Problem(self.name, self.line_of(path), message))

    def put_away(self) -> None:
        """Hold what lines are found in, should anybody ask for one, in as little memory as may be."""
        self.found, self.packed, self.content = None, zlib.compress(self.content, level=1), b""


@dataclass(slots=True)  # several are made for each row: to freeze them would take three times as long
class FilePlace:
    """A part of a file, such as the one that a row comes from."""

    document: Document
    path: YamlPath

    def part(self, *steps: str | int) -> "FilePlace":
        if self.document.kept:
            match steps:
                case (str(name), int(number)) if kept := self.document.kept.get((*self.path, name)):
                    steps = (name, kept[number])
        return FilePlace(self.document, (*self.path, *steps))

    def is_blamed(self, name: str) -> bool:
        """Return whether a problem was noted in a field of an entry."""
        return (*self.path, name)[:2] in self.document.blamed

    def complain(self, message: str) -> None:
        self.document.complain(self.path, message)

    @property
    def line(self) -> int:
        return self.document.line_of(self.path)


def read(path: Path) -> Document:
    """Read a file; what is wrong with it is noted in the document's problems."""
    document = Document(path.name)
    try:
        if path.stat().st_size > MOST_BYTES:
            document.complain((), f"The file is larger than {MOST_BYTES // 1024**2} MB.")
            return document
        document.content = path.read_bytes()
        text = document.content.decode()
        if _read_quickly(text, document) or _has_unseen_breaks(text, document):
            return document
        loader = _Loader(text)
        loader.document = document
        node = loader.get_single_node()
        if node is not None:
            document.data = _plain(loader, node, (), document)
    except OSError as error:
        document.complain((), f"It cannot be read: {error.strerror}.")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        document.problems.append(Problem(path.name, line, "This is not UTF-8."))
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        message = f"The character U+{error.character:04X} is not allowed."
        document.problems.append(Problem(path.name, line, message))
    except RecursionError:
        document.complain((), "It is nested too deeply.")
    except yaml.MarkedYAMLError as error:
        document.problems.append(_not_yaml(path.name, error))
    except yaml.YAMLError as error:
        document.complain((), f"This is not YAML: {str(error).splitlines()[0]}.")
    return document


# What is wrong where PyYAML says this, as people write data sets; {line} is where that began which it could not end.
CAUSES = {
    "mapping values are not allowed": "A text with “: ” in it needs quotes, and a line the same indent as its "
    "neighbours.",
    "expected ',' or ": "The bracket of line {line} is not closed before this, or a text in it needs quotes, as one "
    "with a comma, “: ” or a bracket does.",
    "expected <block end>": "This line is indented otherwise than those it belongs to, from line {line} on; or a text "
    "here or right above it begins with a bracket or a quote, and is not in quotes as a whole.",
    "found unexpected end of stream": "The quote that begins here is not closed.",
    "found unexpected document separator": "The quote of line {line} is not closed.",
    "found character '\\t'": "Indent with spaces, not with tabs.",
    "that cannot start any token": "A text that begins with this sign needs quotes.",
    "expected alphabetic or numeric character": "A text that begins with & or * needs quotes.",
    "could not find expected ':'": "After a key stands “: ”; and of a text of several lines each is indented further "
    "than its key.",
    "found unknown escape character": "Within \"…\" a backslash is written twice; within '…' it is a sign like others.",
}


def _not_yaml(file: str, error: yaml.MarkedYAMLError) -> Problem:
    """Say where a file is no YAML, in the words of the parser, and what to write instead."""
    said = str(error.problem or error.context)
    cause = next((cause for words, cause in CAUSES.items() if words in said), "")
    begun, mark = error.context_mark, error.problem_mark or error.context_mark
    if begun and said == "found unexpected end of stream":  # that is the end of the file, which nobody has to mend
        mark = begun
    cause = cause.format(line=begun.line + 1 if begun else mark.line + 1 if mark else 1)
    return Problem(file, mark.line + 1 if mark else 1, f"This is not YAML: {said}. {cause}".rstrip())


def _read_quickly(text: str, document: Document) -> bool:
    """Read a text that nothing is wrong with; return whether that is so."""
    try:
        document.data = quick.parse(text)
    except quick.Unusual:
        return False
    document.is_plain = True
    return True


def _has_unseen_breaks(text: str, document: Document) -> bool:
    """Return whether a text breaks lines where no editor shows it, which is noted; within quotes it is a character."""
    places = [found.start() for found in quick.UNSEEN_BREAK.finditer(text)]
    quoted: list[range] = []
    if places:
        with suppress(yaml.YAMLError):
            quoted += (
                range(token.start_mark.index, token.end_mark.index)
                for token in yaml.scan(text)
                if isinstance(token, yaml.ScalarToken) and token.style in ("'", '"')
            )
    for place in places:
        if text[place] == "\u0085" or not any(place in words for words in quoted):
            line, code = text.count("\n", 0, place) + 1, f"{ord(text[place]):04X}"
            message = f"The character U+{code} breaks the line here, where nobody sees it. Take it out."
            document.problems.append(Problem(document.name, line, message))
    return bool(document.problems)


def _line_within(lines: quick.Lines, path: YamlPath) -> int:
    """Return the line of a part, or else of the nearest part around it."""
    for step in path:
        match lines:
            case (_, within) if step in within:
                lines = within[step]
            case _:
                break
    return lines if isinstance(lines, int) else lines[0]


class _Loader(yaml.SafeLoader):
    """A loader that notes anchors, aliases and tags as problems, and reads on as if they were not there."""

    document: Document

    def compose_node(self, parent: Node | None, index: Any) -> Node | None:
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        start, end = event.start_mark, event.end_mark
        if isinstance(event, AliasEvent):
            self.get_event()  # type: ignore[no-untyped-call]
            self._complain(event, "YAML aliases (*) are not allowed.")
            return ScalarNode("tag:yaml.org,2002:null", "", start, end)
        if isinstance(event, NodeEvent) and event.anchor is not None:
            self._complain(event, "YAML anchors (&) are not allowed.")
            event.anchor = None
        tag = getattr(event, "tag", None)
        if tag is not None:
            self._complain(event, f"YAML tags ({tag}) are not allowed.")
            event.tag = None
            event.implicit = (True, False) if isinstance(event, yaml.ScalarEvent) else True
        return super().compose_node(parent, index)

    def _complain(self, event: Any, message: str) -> None:
        self.document.problems.append(Problem(self.document.name, event.start_mark.line + 1, message))


def _plain(loader: _Loader, node: Node, path: YamlPath, document: Document) -> Any:
    """Return a node as lists, dicts and plain values, and note in the document on which line each part begins."""
    document.lines[path] = node.start_mark.line + 1
    if isinstance(node, SequenceNode):
        return [_plain(loader, child, (*path, number), document) for number, child in enumerate(node.value)]
    if isinstance(node, MappingNode):
        return _plain_mapping(loader, node, path, document)
    if node.tag in AS_TEXT:
        return node.value
    if node.tag == quick.INTEGER and not quick.PLAIN_INTEGER.fullmatch(node.value):
        return quick.UnclearNumber(node.value)
    try:
        return loader.construct_object(node, deep=True)
    except ValueError as error:
        wrong = "is no date" if node.tag == DATE else "cannot be read"
        document.complain(path, f"“{node.value}” {wrong}: {error}.")
        return None


def _plain_mapping(loader: _Loader, node: MappingNode, path: YamlPath, document: Document) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        key = key_node.value if isinstance(key_node, ScalarNode) else None
        if key is None:
            document.lines[(*path, "?")] = line
            document.complain((*path, "?"), "A key must be a plain word.")
            continue
        if key in values:
            document.lines[(*path, f"{key}?")] = line
            document.complain((*path, f"{key}?"), f"“{key}” is given twice.")
            continue
        values[key] = _plain(loader, value_node, (*path, key), document)
        document.lines[(*path, key)] = line
    return values
