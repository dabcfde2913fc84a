"""Read the infoboxes of characters from a MediaWiki XML dump, of which nothing is believed to be harmless.

The dump is read page by page: neither its size nor that of any page costs memory. Document types, and so entities that
grow or lead to other files, are refused.
"""

import re
from collections.abc import Collection, Iterator
from itertools import islice
from pathlib import Path
from typing import IO, Any

import mwparserfromhell
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, iterparse
from mwparserfromhell.nodes import Comment, Tag, Wikilink

from .importing import NAME, Headings, ImportFailed, Told, as_typed, cleaned, told_in, unread_of

MOST_OF_A_PAGE = 16 * 1024 * 1024  # bytes of XML between the ends of two revisions
MOST_READ = 200_000  # characters of a page; an infobox stands at its top
MOST_OF_A_BOX, MOST_OF_A_VALUE = 50_000, 2_000  # characters
MOST_NESTED, MOST_TRIED = 20, 5
OPENING = re.compile(r"\{\{\s*([^{}|\n<]{1,80})")
MARKS = re.compile(r"\{\{|\}\}|\[\[|\]\]|\|")
CLOSES = {"}}": "{{", "]]": "[["}
ARTICLES = "0"  # the namespace
FILES = ("file:", "image:", "category:")


class _Metered:
    """A file of which no page may be so long that it fills the memory."""

    def __init__(self, file: IO[bytes], name: str) -> None:
        self.file, self.name, self.read_since = file, name, 0

    def read(self, size: int) -> bytes:
        part = self.file.read(size)
        self.read_since += len(part)
        if self.read_since > MOST_OF_A_PAGE:
            raise ImportFailed(f"{self.name} has a page of over {MOST_OF_A_PAGE // 1024**2} MB, which is no article.")
        return part


def from_wiki(path: Path, headings: Headings, templates: Collection[str]) -> Iterator[Told]:
    """Read the first infobox of each article; which templates are infoboxes can be said by name."""
    for title, text in articles(path):
        values = infobox_in(text, templates)
        if values is not None:
            told = {NAME: cleaned([title]), **told_in(headings, values, _in_words)}
            yield Told(f"page “{title}”", told, unread_of(headings, values, _in_words))


def articles(path: Path) -> Iterator[tuple[str, str]]:
    """Yield title and text of each article of a dump that is no redirect, as its last revision has them."""
    try:
        with path.open("rb") as file:
            yield from _articles(_Metered(file, path.name))
    except OSError as error:
        raise ImportFailed(f"{path} cannot be read: {error.strerror}.") from error
    except ParseError as error:
        line, _ = error.position
        raise ImportFailed(f"{path.name}:{line} is not XML: {error.msg}. Is the dump unpacked, and whole?") from error
    except DefusedXmlException as error:
        raise ImportFailed(f"{path.name} has a document type or entities, which no dump of MediaWiki has.") from error


def _articles(file: Any) -> Iterator[tuple[str, str]]:
    path: list[Any] = []
    page: dict[str, Any] = {}
    for event, element in iterparse(file, events=("start", "end"), forbid_dtd=True):
        if event == "start":
            path.append(element)
            continue
        path.pop()
        name = element.tag.rpartition("}")[2]
        if name in ("title", "ns", "text"):
            page[name] = element.text or ""
        elif name == "redirect":
            page[name] = True
        if name in ("revision", "page") or len(path) <= 1:
            file.read_since = 0
            if path:
                path[-1].remove(element)
        if name == "page":
            if page.get("ns", ARTICLES) == ARTICLES and "redirect" not in page:
                yield page.get("title", ""), page.get("text", "")
            page = {}


def infobox_in(text: str, templates: Collection[str]) -> dict[str, str] | None:
    """Return the fields of the first infobox as they are written; None where there is none."""
    wanted = {as_typed(name.replace("_", " ")) for name in templates}
    names = ((found.end(), as_typed(found[1].replace("_", " "))) for found in OPENING.finditer(text[:MOST_READ]))
    boxes = (end for end, name in names if (name in wanted if wanted else "infobox" in name or name == "character"))
    for begin in islice(boxes, MOST_TRIED):
        fields = _fields_from(text, begin)
        if fields is not None:
            pairs = (field.partition("=") for field in fields)
            return {
                " ".join(name.replace("_", " ").split()): value
                for name, _, value in pairs
                if len(value) <= MOST_OF_A_VALUE
            }
    return None


def _fields_from(text: str, begin: int) -> list[str] | None:
    """Return what stands between the bars of a template; None if it does not end, or is nested without sense.

    The parser takes minutes for a page that is nothing but openings, so it is given single values alone.
    """
    fields, last, opened = [], begin, ["{{"]
    for found in MARKS.finditer(text, begin, begin + MOST_OF_A_BOX):
        mark = found[0]
        if mark in CLOSES.values():
            opened.append(mark)
            if len(opened) > MOST_NESTED:
                return None
        elif CLOSES.get(mark) == opened[-1]:
            opened.pop()
        if not opened or (mark == "|" and len(opened) == 1):
            fields.append(text[last : found.start()])
            last = found.end()
        if not opened:
            return fields[1:]  # before the first bar stands the rest of its name
    return None


def _in_words(value: str) -> tuple[str, ...]:
    """Return the lines of a value in plain words, without notes, pictures and comments."""
    code = mwparserfromhell.parse(value)
    for node in code.ifilter(recursive=True):
        is_note = isinstance(node, Tag) and str(node.tag).strip().lower() in ("ref", "gallery")
        is_file = isinstance(node, Wikilink) and str(node.title).strip().lower().startswith(FILES)
        if is_note or is_file or isinstance(node, Comment):
            _drop(code, node)
        elif isinstance(node, Tag) and str(node.tag).strip().lower() in ("br", "li"):
            _drop(code, node, "\n")
    lines = code.strip_code(normalize=True, collapse=True).splitlines()
    return cleaned(line.strip().lstrip("*#") for line in lines)


def _drop(code: Any, node: Any, instead: str = "") -> None:
    try:
        code.replace(node, instead)
    except ValueError:  # it went with what it was in
        return
