"""Read YAML that nothing is wrong with by way of libyaml, which is many times quicker than PyYAML's own parser.

Whatever is wrong or merely unusual is left to `reading`, so that there is one place that words problems.
"""

import re
import sys
from dataclasses import dataclass
from typing import Any, NamedTuple

import yaml
from yaml.events import (
    DocumentEndEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
    StreamStartEvent,
)
from yaml.nodes import ScalarNode

STRING = "tag:yaml.org,2002:str"

UNSEEN_BREAK = re.compile("[\u0085\u2028\u2029]")  # YAML breaks lines at these, and no editor shows it

INTEGER = "tag:yaml.org,2002:int"

PLAIN = frozenset(f"tag:yaml.org,2002:{name}" for name in ("null", "bool", "int", "float", "timestamp"))

PLAIN_INTEGER = re.compile(r"-?[1-9][0-9]*|0")


@dataclass(frozen=True, slots=True)
class UnclearNumber:
    """What YAML takes for another number than people may: 010 is eight, 1:30 is ninety. No field takes it."""

    text: str


type Lines = dict[Any, int | tuple[int, Lines]]
"""The line of each part of a list or mapping, with the lines within it: far smaller than a path for each part."""


class Unusual(Exception):
    """Something is wrong with a text, or unusual in it; the slow parser says what."""


class Part(NamedTuple):
    data: Any
    line: int
    within: Lines | None = None

    @property
    def lines(self) -> int | tuple[int, Lines]:
        return self.line if self.within is None else (self.line, self.within)


def parse(text: str) -> Part | None:
    """Return the content of a text, None if it is empty; raise Unusual if that is better left to the slow parser."""
    if not yaml.__with_libyaml__ or UNSEEN_BREAK.search(text):
        raise Unusual
    try:
        return _Parser(yaml.CSafeLoader(text)).document()
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise Unusual from error


class _Parser:
    def __init__(self, loader: Any) -> None:
        self.loader = loader

    def document(self) -> Part | None:
        self._expect(StreamStartEvent)
        event = self.loader.get_event()
        if isinstance(event, StreamEndEvent):
            return None
        if not isinstance(event, DocumentStartEvent):
            raise Unusual
        part = self._part(self.loader.get_event())
        self._expect(DocumentEndEvent)
        self._expect(StreamEndEvent)
        return part

    def _expect(self, event: type[yaml.Event]) -> None:
        if not isinstance(self.loader.get_event(), event):
            raise Unusual

    def _part(self, event: Any) -> Part:
        kind = type(event)
        if kind not in (ScalarEvent, MappingStartEvent, SequenceStartEvent) or event.anchor or event.tag:
            raise Unusual
        line = _line_of(event)
        if kind is ScalarEvent:
            return Part(self._scalar(event), line)
        return self._mapping(line) if kind is MappingStartEvent else self._sequence(line)

    def _scalar(self, event: Any) -> Any:
        tag = self.loader.resolve(ScalarNode, event.value, event.implicit)
        if tag == STRING:
            return event.value
        if tag not in PLAIN:
            raise Unusual
        if tag == INTEGER and not PLAIN_INTEGER.fullmatch(event.value):
            return UnclearNumber(event.value)
        return self.loader.yaml_constructors[tag](self.loader, ScalarNode(tag, event.value))

    def _sequence(self, line: int) -> Part:
        values: list[Any] = []
        lines: Lines = {}
        while not isinstance(event := self.loader.get_event(), SequenceEndEvent):
            part = self._part(event)
            lines[len(values)] = part.lines
            values.append(part.data)
        return Part(values, line, lines)

    def _mapping(self, line: int) -> Part:
        values: dict[str, Any] = {}
        lines: Lines = {}
        while not isinstance(event := self.loader.get_event(), MappingEndEvent):
            if not isinstance(event, ScalarEvent) or event.anchor or event.tag or event.value in values:
                raise Unusual
            part = self._part(self.loader.get_event())
            key = sys.intern(event.value)  # the same in thousands of entries
            values[key] = part.data
            key_line = _line_of(event)
            lines[key] = key_line if part.within is None else (key_line, part.within)
        return Part(values, line, lines)


def _line_of(event: Any) -> int:
    return int(event.start_mark.line) + 1
