"""The names and texts of the database, for the spoiler linter."""

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any

from django.db import models

from characters.models import Alias, CharacterTag, FactionTag, Membership, Portrait, Revelation, Trait
from episodes.models import Episode, Series

from .linter import TAG, Corpus, Name, Text, Where

# Rows and entries ---------------------------------------------------------------------------------------------------

type Locate = Callable[[str, str], Where]

"""Takes the field and what to call the place."""

# Field, whether it is Markdown, and what it is called. Rows and entries of data sets have the same fields.
READ: dict[str, tuple[tuple[str, bool, str], ...]] = {
    "series": (("premise", True, "the premise"),),
    "episode": (
        ("title", False, "the title of {owner}"),
        ("native_title", False, "the native title of {owner}"),
        ("synopsis", True, "the synopsis of {owner}"),
    ),
    "trait": (("value", True, "the {attribute} of {owner}"),),
    "membership": (("role", False, "a role of {owner}"),),
    "portrait": (
        ("alt_text", False, "the alt text of a portrait of {owner}"),
        ("caption", True, "the caption of a portrait of {owner}"),
        ("credit", False, "the credit of a portrait of {owner}"),
    ),
    "revelation": (("text", True, "the text of {owner}"),),
}


def _texts_of(kind: str, row: Any, known_in: int, owner: str, locate: Locate) -> Iterator[Text]:
    attribute = row.attribute.replace("_", " ") if kind == "trait" else ""
    for name, markdown, label in READ[kind]:
        if words := getattr(row, name):
            where = locate(name, label.format(owner=owner, attribute=attribute))
            yield Text(words, known_in, where, name, markdown=markdown)


def _texts_of_name(name: Name, owner: str, locate: Locate) -> Iterator[Text]:
    if name.describes:
        word = "a tag" if name.kind == TAG else "a name"
        field_name = "tag" if name.kind == TAG else "name"
        where = locate(field_name, f"{word} of {owner}")
        yield Text(name.name, name.known_from, where, field_name, any_case=name.kind == TAG)


# From the database --------------------------------------------------------------------------------------------------


def corpus_of_database() -> Corpus:
    names = names_in_database()
    rows = [
        *Series.objects.all(),
        *Episode.objects.all(),
        *_aliases(),
        *_taggings(),
        *(row for model in (Trait, Membership, Portrait) for row in _with_owners(model)),
        *Revelation.objects.all(),
    ]
    return Corpus(names, [text for row in rows for text in texts_of_row(row)])


def names_in_database(*, without: Collection[Any] = ()) -> list[Name]:
    """`without` has the keys of rows that a form is about to change."""
    return [name_of_row(row) for row in (*_aliases(), *_taggings()) if row.pk not in without]


def name_of_row(row: Any) -> Name:
    if isinstance(row, Alias):
        return Name(
            row.name, row.kind, row.revealed_in_id, _form_of(row, "name", ""),
            of_faction=row.faction_id is not None, common_word=row.common_word,
        )  # fmt: skip
    return Name(row.tag.name, TAG, row.revealed_in_id, _form_of(row, "tag", ""))


def texts_of_row(row: Any) -> Iterator[Text]:
    """The texts of a row as it stands, saved or not."""
    if getattr(row, "known_in", None) is None:  # a tag by itself shows nowhere
        return

    def locate(field_name: str, what: str) -> Where:
        return _form_of(row, field_name, what)

    if isinstance(row, Alias | CharacterTag | FactionTag):
        yield from _texts_of_name(name_of_row(row), str(_owner_of(row)), locate)
    else:
        kind = str(row._meta.model_name)
        if kind in READ:
            yield from _texts_of(kind, row, row.known_in, _called(row), locate)


def _called(row: Any) -> str:
    match row:
        case Episode():
            return f"episode {row.number}"
        case Revelation():
            return f"revelation {row.key}"
    return str(_owner_of(row))


def _owner_of(row: Any) -> Any:
    """The row with a form of its own in which this one stands."""
    match row:
        case Alias() | Trait():
            return row.owner
        case Membership() | Portrait():
            return row.character
        case CharacterTag() | FactionTag():
            return row.content_object
    return row


def _form_of(row: Any, field_name: str, what: str) -> Where:
    owner = _owner_of(row)
    return Where(what=what, form=(owner._meta.label_lower, None if owner._state.adding else owner.pk))


def _with_owners(model: type[models.Model]) -> Iterable[Any]:
    owners = [name for name in ("character", "faction") if hasattr(model, name)]
    return model._base_manager.select_related(*owners)


def _aliases() -> Iterable[Any]:
    return _with_owners(Alias)


def _taggings() -> Iterator[Any]:
    for model in (CharacterTag, FactionTag):
        yield from model._base_manager.select_related("content_object", "tag")
