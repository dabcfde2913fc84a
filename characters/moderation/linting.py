"""Warnings of the spoiler linter for moderators, about the rows of a correction."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache

from django.db import models

from characters.models import Alias
from characters.spoilers.linter import (
    Finding,
    KnownName,
    LintedText,
    Location,
    Vocabulary,
    findings_in,
    names_on_the_second_axis,
    same_name,
    texts_on_the_second_axis,
)
from characters.spoilers.rows import name_of_row, names_in_database, texts_of_row
from corrections.rows import Findings, SharedName, SpoilerWarning
from episodes.axes import BEYOND_ALL, Progress, second_of
from episodes.known import is_reached
from episodes.units import named


def warnings_of(rows: Iterable[models.Model]) -> Findings[SpoilerWarning]:
    """Read the names of the show; return a function that finds what texts and names of rows say too early."""
    rows = list(rows)
    texts, own_names = [list(texts_of_row(row)) for row in rows], _names_of(rows)
    if not any(texts) and not any(own_names):
        return lambda: [[] for _ in rows]
    names = names_in_database()
    second_texts = [texts_on_the_second_axis(of_row) for of_row in texts]
    own_there = [_on_the_second_axis(own) for own in own_names]

    def warnings() -> list[list[SpoilerWarning]]:
        found = _warnings(texts, own_names, names)
        if not any(second_texts) and not any(own_there):
            return found
        there = _warnings(second_texts, own_there, names_on_the_second_axis(names))
        return [_each_once([*first, *second]) for first, second in zip(found, there, strict=True)]

    return warnings


def _warnings(
    texts: list[list[LintedText]], own_names: list[KnownName | None], names: list[KnownName]
) -> list[list[SpoilerWarning]]:
    vocabulary = Vocabulary(names)
    return [
        [_warned(finding) for text in of_row for finding in findings_in(text, vocabulary)] + _too_early(own, names)
        for of_row, own in zip(texts, own_names, strict=True)
    ]


def _on_the_second_axis(own: KnownName | None) -> KnownName | None:
    """Return a name as of its place on the second axis, or None if it has none there."""
    return names_on_the_second_axis([own])[0] if own is not None and own.also_from else None


def _each_once(warnings: list[SpoilerWarning]) -> list[SpoilerWarning]:
    """Leave out what is found once more: what one axis tells too early is most often too early on the other."""
    return list({(each.field, each.text): each for each in reversed(warnings)}.values())[::-1]


def reader_of_names() -> Callable[[str, int], int]:
    """Read the names of the show; return a function that finds the latest episode of those that a text says too early.

    Names are found in any case: people write reasons and choose their own names as they like.
    """
    names = names_in_database()

    @cache
    def vocabulary(second: int) -> Vocabulary:
        """Return the names for a reader of the second axis, to whom those of there are known from the start."""
        if not second:
            return Vocabulary(names)
        reader = Progress(0, second)
        return Vocabulary(
            replace(name, known_from=0) if name.also_from is not None and is_reached(name.also_from, reader) else name
            for name in names
        )

    def latest_named(text: str, episode: int) -> int:
        linted = LintedText(text, int(episode), Location(), "", any_case=True)
        found = findings_in(linted, vocabulary(second_of(episode)))
        return max((finding.known_from for finding in found), default=0)

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
    if first.known_from >= BEYOND_ALL:  # whom the axis does not tell at all
        return []
    claim = f"the {first.noun} “{first.name}” is revealed in {named(first.known_from)}"
    return [SpoilerWarning("name", own.name, first.known_from, claim, first.where.location.url, first.also_from)]


def _shared(name: KnownName) -> SharedName:
    label, key = name.where.location.form
    return SharedName("name", f"{label}:{key}", name.known_from, name.also_from)


def _of_others(own: KnownName | None, names: Iterable[KnownName]) -> Iterable[KnownName]:
    if own is None:
        return []
    form = own.where.location.form
    return [name for name in names if not name.is_tag and name.where.location.form != form and same_name(name, own)]


def _warned(finding: Finding) -> SpoilerWarning:
    since, also = finding.known_from, finding.also_from
    if not finding.is_ever_known and also is not None:
        since, also = also, None
    return SpoilerWarning(finding.field, finding.words, since, finding.claim, finding.revealed_by.url, also)
