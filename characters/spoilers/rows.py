"""Collect the names and texts of the database for the spoiler linter."""

from collections.abc import Collection, Iterator
from typing import Any

from characters.kinds import ALIAS, KINDS, TAGGINGS, Kind, kind_of

from .linter import Corpus, KnownName, LintedText, Location
from .texts import heading_of, name_of, texts_of

NAMING = (ALIAS, *TAGGINGS)


def corpus_of_database() -> Corpus:
    """Return all names and texts of the show."""
    rows = {kind: list(with_its_owner(kind)) for kind in (*NAMING, *(kind for kind in KINDS if kind.texts))}
    names = [name_of_row(row) for kind in NAMING for row in rows[kind]]
    return Corpus(names, [text for of_kind in rows.values() for row in of_kind for text in texts_of_row(row)])


def names_in_database(*, without: Collection[Any] = ()) -> list[KnownName]:
    """Return all names but those of certain rows, by key: a form is about to change them."""
    return [name_of_row(row) for kind in NAMING for row in with_its_owner(kind) if row.pk not in without]


def name_of_row(row: Any) -> KnownName:
    """Return the name or the tag that a row gives its owner."""
    name = _name_in(row)
    if name is None:
        raise TypeError(f"{type(row).__name__} is no name.")
    return name


def texts_of_row(row: Any) -> Iterator[LintedText]:
    """Yield the texts of a row as it is in memory, whether it is saved or not."""
    if getattr(row, "known_in", None) is None:  # a tag without anybody who has it is on no page
        return
    kind = kind_of(row)
    if kind not in NAMING and not kind.texts:
        return
    home = kind.home_of(row)
    owner = heading_of(kind, row) if home is row else str(home)
    yield from texts_of(kind, row, owner, lambda field, what: _form_of(row, what), _name_in(row))


def _name_in(row: Any) -> KnownName | None:
    kind = kind_of(row)
    if kind not in NAMING:
        return None
    return name_of(kind, row, kind_of(kind.home_of(row)), lambda field, what: _form_of(row, what))


def _form_of(row: Any, what: str) -> Location:
    home = kind_of(row).home_of(row)
    return Location(what=what, form=(home._meta.label_lower, None if home._state.adding else home.pk))


def with_its_owner(kind: Kind) -> Any:
    """Return the rows of a kind, read together with what they belong to."""
    to_one = [*kind.owners, *kind.connects, *(["tag"] if kind in TAGGINGS else [])]
    rows: Any = kind.model._default_manager.all()
    return rows.select_related(*to_one) if to_one else rows
