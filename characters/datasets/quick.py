"""Read YAML that nothing is wrong with by way of libyaml, which is many times quicker than PyYAML's own parser.

Whatever is wrong or merely unusual is left to `reading`, so that there is one place that words problems.
"""

import re
import sys
from dataclasses import dataclass
from typing import Any

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

LONGEST_KEPT = 20  # characters

PLAIN_INTEGER = re.compile(r"-?[1-9][0-9]*|0")


@dataclass(frozen=True, slots=True)
class UnclearNumber:
    """What YAML takes for another number than people may: 010 is eight, 1:30 is ninety. No field takes it."""

    text: str


type Lines = int | tuple[int, dict[Any, "Lines"]]
"""The line of a part, and those of the parts of a list or mapping: far smaller than a path for each part."""


class Unusual(Exception):
    """Something is wrong with a text, or unusual in it; the slow parser says what."""


def parse(text: str) -> Any:
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
        self.plain: dict[str, Any] = {}  # what short words without quotes mean, as most stand there again and again

    def document(self) -> Any:
        self._expect(StreamStartEvent)
        event = self.loader.get_event()
        if isinstance(event, StreamEndEvent):
            return None
        if not isinstance(event, DocumentStartEvent):
            raise Unusual
        data = self._part(self.loader.get_event())
        self._expect(DocumentEndEvent)
        self._expect(StreamEndEvent)
        return data

    def _expect(self, event: type[yaml.Event]) -> None:
        if not isinstance(self.loader.get_event(), event):
            raise Unusual

    def _part(self, event: Any) -> Any:
        kind = type(event)
        if kind not in (ScalarEvent, MappingStartEvent, SequenceStartEvent) or event.anchor or event.tag:
            raise Unusual
        if kind is ScalarEvent:
            return self._scalar(event)
        return self._mapping() if kind is MappingStartEvent else self._sequence()

    def _scalar(self, event: Any) -> Any:
        if not event.implicit[0]:  # it is in quotes, or a block
            return event.value
        if event.value in self.plain:
            return self.plain[event.value]
        value = self._plain_scalar(event)
        if len(event.value) <= LONGEST_KEPT:
            self.plain[event.value] = value
        return value

    def _plain_scalar(self, event: Any) -> Any:
        tag = self.loader.resolve(ScalarNode, event.value, event.implicit)
        if tag == STRING:
            return event.value
        if tag not in PLAIN:
            raise Unusual
        if tag == INTEGER and not PLAIN_INTEGER.fullmatch(event.value):
            return UnclearNumber(event.value)
        return self.loader.yaml_constructors[tag](self.loader, ScalarNode(tag, event.value))

    def _sequence(self) -> list[Any]:
        values: list[Any] = []
        while type(event := self.loader.get_event()) is not SequenceEndEvent:
            values.append(self._part(event))
        return values

    def _mapping(self) -> dict[str, Any]:
        values: dict[str, Any] = {}
        while type(event := self.loader.get_event()) is not MappingEndEvent:
            if type(event) is not ScalarEvent or event.anchor or event.tag or event.value in values:
                raise Unusual
            # The keys are the same in thousands of entries.
            values[sys.intern(event.value)] = self._part(self.loader.get_event())
        return values


def lines_of(text: str) -> Lines:
    """Return the lines of a text that `parse` has read, which nobody asks for as long as nothing is wrong with it."""
    loader = yaml.CSafeLoader(text)
    while isinstance(event := loader.get_event(), StreamStartEvent | DocumentStartEvent):
        pass
    return _lines_from(loader, event)


def _lines_from(loader: Any, first: Any) -> Lines:
    """Return the lines of the part that begins with this event."""
    parts: dict[Any, Lines] = {}
    line = int(first.start_mark.line) + 1
    match first:
        case SequenceStartEvent():
            while type(event := loader.get_event()) is not SequenceEndEvent:
                parts[len(parts)] = _lines_from(loader, event)
        case MappingStartEvent():
            while type(key := loader.get_event()) is not MappingEndEvent:
                match _lines_from(loader, loader.get_event()):
                    case (_, within):
                        parts[sys.intern(key.value)] = key.start_mark.line + 1, within
                    case _:
                        parts[sys.intern(key.value)] = key.start_mark.line + 1
        case _:
            return line
    return line, parts
