"""Warnings of the spoiler linter for moderators, about the rows of a correction."""

from collections.abc import Iterable

from django.db import models

from characters.models import Alias
from characters.spoilers.linter import Finding, KnownName, Vocabulary, findings_in, same_name
from characters.spoilers.rows import name_of_row, names_in_database, texts_of_row
from corrections.rows import SharedName, SpoilerWarning


def warnings_of(rows: Iterable[models.Model]) -> list[list[SpoilerWarning]]:
    """Return for each row what its texts and its name say too early."""
    rows = list(rows)
    texts = [list(texts_of_row(row)) for row in rows]
    if not any(texts) and not any(isinstance(row, Alias) for row in rows):
        return [[] for _ in rows]
    names = names_in_database()
    vocabulary = Vocabulary(names)
    return [
        [_warned(finding) for text in own_texts for finding in findings_in(text, vocabulary)] + _too_early(row, names)
        for row, own_texts in zip(rows, texts, strict=True)
    ]


def _too_early(row: models.Model, names: Iterable[KnownName]) -> list[SpoilerWarning]:
    """Warn of a name by which somebody else is known, but only from a later episode on."""
    others = [name for name in _of_others(row, names) if not name.describes]
    first = min(others, key=lambda name: name.known_from, default=None)
    if not isinstance(row, Alias) or first is None or first.known_from <= row.revealed_in_id:
        return []
    claim = f"the {first.noun} “{first.name}” is revealed in episode {first.known_from}"
    return [SpoilerWarning("name", row.name, first.known_from, claim, first.where.url)]


def others_of_that_name(rows: Iterable[models.Model]) -> list[list[SharedName]]:
    """Return for each row the others that bear its name as well."""
    rows = list(rows)
    names = names_in_database() if any(isinstance(row, Alias) for row in rows) else []
    return [[_shared(name) for name in _of_others(row, names)] for row in rows]


def _shared(name: KnownName) -> SharedName:
    label, key = name.where.form
    return SharedName("name", f"{label}:{key}", name.known_from)


def _of_others(row: models.Model, names: Iterable[KnownName]) -> Iterable[KnownName]:
    if not isinstance(row, Alias):
        return []
    own = name_of_row(row)
    return [name for name in names if not name.is_tag and name.where.form != own.where.form and same_name(name, own)]


def _warned(finding: Finding) -> SpoilerWarning:
    return SpoilerWarning(finding.field, finding.words, finding.known_from, finding.claim, finding.revealed_by.url)
