"""Corrections to test with."""

from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import Model

from characters.indexing import rebuild
from characters.models import Alias, Character, SearchEntry, Trait
from corrections import rows
from corrections.deciding import DecisionResult, Verdict, decide
from corrections.models import Correction
from corrections.sending import Proposed, Sender, adding, send, setting


def somebody(key: str = "ann", *, name: str = "Ann", since: int = 1) -> Character:
    """A character with a name and a status."""
    character = Character.objects.create(key=key, revealed_in_id=since)
    Alias.objects.create(character=character, name=name, headline=True, revealed_in_id=since)
    Trait.objects.create(character=character, attribute="status", value="alive", revealed_in_id=since)
    return character


def set_to(row: Model, path: str, after: Any) -> Proposed:
    """As somebody proposes who sees the row as it is."""
    return setting(row, path, rows.value_of(row, path), after)


def new(model: type[Model], **values: Any) -> Proposed:
    row = model(**values)
    return adding(row._meta.label_lower, rows.values_of(row), key=str(row.pk or ""))


def sent(*proposed: Proposed, by: User | None = None, receipt: str = "", **values: Any) -> Correction:
    return send(proposed, sender=Sender(by, receipt=receipt), **values)


def accepted(correction: Correction, *, by: User, **verdict: Any) -> DecisionResult:
    fresh = Correction.objects.get(pk=correction.pk)
    verdicts: dict[UUID, Verdict] = {
        change.pk: Verdict(**{"accept": True} | verdict)
        for change in fresh.changes.current().filter(decision="pending")
    }
    return decide(fresh, by=by, version=fresh.version, verdicts=verdicts)


def status_of(character: Character) -> Trait:
    return character.traits.get(attribute="status")


def summary_of(character: Character, text: str, *, since: int = 1) -> Trait:
    return Trait.objects.create(character=character, attribute="summary", value=text, revealed_in_id=since)


def entries() -> set[tuple[Any, ...]]:
    """What the search index holds."""
    return set(SearchEntry.objects.values_list("id", "kind", "row", "is_name", "words"))


def entries_made_anew() -> set[tuple[Any, ...]]:
    rebuild()
    return entries()
