"""The names and texts of one row. Rows of the database and entries of a data set have the same fields."""

from collections.abc import Callable, Iterator
from typing import Any

from characters.kinds import ALIAS, TAGGINGS, Kind
from episodes.gate import Prose

from .linter import TAG_KIND, KnownName, LintedText, Place

type Locate = Callable[[str, str], Place]
"""Takes a field and what to call the text in it; returns where it can be changed."""


def heading_of(kind: Kind, row: Any) -> str:
    """Return what to call a row that has an admin form of its own, such as “episode 3”."""
    return " ".join((kind.name, *(str(getattr(row, name)) for name in kind.natural_key({}))))


def name_of(kind: Kind, row: Any, owner: Kind, locate: Locate) -> KnownName | None:
    """Return the name or the tag that a row gives a subject of the kind `owner`; None for other rows."""
    if kind is ALIAS:
        group = owner.name if owner.page and owner.page.is_group else ""
        return KnownName(
            row.name,
            row.kind,
            row.known_in,
            locate("name", ""),
            group=group,
            common_word=row.common_word,
            also_from=row.also_known_in,
        )
    if kind in TAGGINGS:
        return KnownName(str(row.tag).lower(), TAG_KIND, row.known_in, locate("tag", ""), also_from=row.also_known_in)
    return None


def texts_of(kind: Kind, row: Any, owner: str, locate: Locate, name: KnownName | None = None) -> Iterator[LintedText]:
    """Yield the texts of a row. `owner` is what to call the row in whose admin form it is edited."""
    if name is not None and name.describes:
        field, noun = ("tag", "a tag") if name.is_tag else ("name", "a name")
        where = locate(field, f"{noun} of {owner}")
        yield LintedText(name.name, name.known_from, where, field, any_case=name.is_tag, also_in=name.also_from)
    attribute = str(getattr(row, "attribute", "")).replace("_", " ")
    for field, label in kind.texts:
        if text := getattr(row, field):
            place = locate(field, label.format(owner=owner, attribute=attribute))
            is_markdown = isinstance(kind.model._meta.get_field(field), Prose)
            also_in = getattr(row, "also_known_in", None)
            yield LintedText(text, row.known_in, place, field, markdown=is_markdown, also_in=also_in)
