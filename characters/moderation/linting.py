"""Warnings of the spoiler linter for moderators, about the rows of a correction."""

from collections.abc import Callable, Iterable

from django.db import models

from characters.models import Alias
from characters.spoilers.linter import Finding, KnownName, LintedText, Location, Vocabulary, findings_in, same_name
from characters.spoilers.rows import name_of_row, names_in_database, texts_of_row
from corrections.rows import Findings, SharedName, SpoilerWarning
from episodes.units import named


def warnings_of(rows: Iterable[models.Model]) -> Findings[SpoilerWarning]:
    """Read the names of the show; return a function that finds what texts and names of rows say too early."""
    rows = list(rows)
    texts, own_names = [list(texts_of_row(row)) for row in rows], _names_of(rows)
    if not any(texts) and not any(own_names):
        return lambda: [[] for _ in rows]
    names = names_in_database()

    def warnings() -> list[list[SpoilerWarning]]:
        vocabulary = Vocabulary(names)
        return [
            [_warned(finding) for text in of_row for finding in findings_in(text, vocabulary)] + _too_early(own, names)
            for of_row, own in zip(texts, own_names, strict=True)
        ]

    return warnings


def reader_of_names() -> Callable[[str, int], int]:
    """Read the names of the show; return a function that finds the latest episode of those that a text says too early.

    Names are found in any case: people write reasons and choose their own names as they like.
    """
    vocabulary = Vocabulary(names_in_database())

    def latest_named(text: str, episode: int) -> int:
        linted = LintedText(text, episode, Location(), "", any_case=True)
        return max((finding.known_from for finding in findings_in(linted, vocabulary)), default=0)

    return latest_named


def others_of_that_name(rows: Iterable[models.Model]) -> Findings[SharedName]:
    """Read the names of the show; return a function that finds for each row the others that bear its name as well."""
    own_names = _names_of(rows)
    names = names_in_database() if any(own_names) else []
    return lambda: [[_shared(name) for name in _of_others(own, names)] for own in own_names]


def _names_of(rows: Iterable[models.Model]) -> list[KnownName | None]:
    return [name_of_row(row) if isinstance(row, Alias) else None for row in rows]


def _too_early(own: KnownName | None, names: Iterable[KnownName]) -> list[SpoilerWarning]:
    """Warn of a name by which somebody else is known, but only from a later episode on."""
    others = [name for name in _of_others(own, names) if not name.describes]
    first = min(others, key=lambda name: name.known_from, default=None)
    if own is None or first is None or first.known_from <= own.known_from:
        return []
    claim = f"the {first.noun} “{first.name}” is revealed in {named(first.known_from)}"
    return [SpoilerWarning("name", own.name, first.known_from, claim, first.where.url)]


def _shared(name: KnownName) -> SharedName:
    label, key = name.where.form
    return SharedName("name", f"{label}:{key}", name.known_from)


def _of_others(own: KnownName | None, names: Iterable[KnownName]) -> Iterable[KnownName]:
    if own is None:
        return []
    return [name for name in names if not name.is_tag and name.where.form != own.where.form and same_name(name, own)]


def _warned(finding: Finding) -> SpoilerWarning:
    return SpoilerWarning(finding.field, finding.words, finding.known_from, finding.claim, finding.revealed_by.url)
