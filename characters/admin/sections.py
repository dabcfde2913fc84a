"""The sections of a subject in the admin: a page that lists all of its rows, and a small form for each kind of them.

A main character has hundreds of rows. In one form they cost seconds, and what is wrong in one of them is hard to find.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.admin.options import InlineModelAdmin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.text import Truncator

from characters.kinds import KINDS, TAGGINGS, kind_of, values_of
from characters.models import Portrait, Subject
from characters.models.shown_keys import with_shown_keys
from characters.moderation.nameable import NameableSubjects
from corrections.sending import Proposed, setting
from episodes.horizon import horizon_of, sees_up_to
from episodes.known import is_reached

from .horizon import known

SECTION = "section"  # the parameter of a subject's address that says which of them is edited
MOST_SHOWN = 240  # characters of a text in the list


@dataclass(frozen=True, slots=True)
class SectionKind:
    """Some kinds of rows that are edited together; one without inlines is for the subject itself."""

    slug: str
    title: str
    explains: str
    inlines: tuple[type[InlineModelAdmin], ...] = ()


APPEARANCE = SectionKind("appearance", "First appearance", "In which episode it comes, and where its page is.")


@dataclass(frozen=True, slots=True)
class ListedRow:
    """A row of a subject in words, with the address at which it is edited."""

    what: str
    text: str
    url: str
    since: int
    until: int | None = None
    picture: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """What a subject has of one section."""

    kind: SectionKind
    rows: list[ListedRow]
    url: str


def sections_of(model_admin: Any, request: HttpRequest, subject: Subject) -> Iterator[Section]:
    """Yield the sections of a subject, with all rows that somebody may see."""
    speaker = NameableSubjects(sees_up_to(request))
    for kind in model_admin.sections:
        url = address_of_section(subject, kind.slug)
        inlines = [inline(model_admin.model, model_admin.admin_site) for inline in kind.inlines]
        shown = [inline for inline in inlines if inline.has_view_or_change_permission(request, subject)]
        rows = [row for inline in shown for row in _rows_of(inline, request, subject, url, speaker)]
        yield Section(kind, rows, url)


def _rows_of(
    inline: Any, request: HttpRequest, subject: Subject, url: str, speaker: NameableSubjects
) -> Iterator[ListedRow]:
    """Yield the rows of an inline, in the order of its form."""
    kind = kind_of(inline.model)
    foreign_key: Any = inline.model._meta.get_field(inline.fk_name or kind.foreign_key_to(type(subject)))
    prefix = foreign_key.remote_field.get_accessor_name()
    rows = inline.get_queryset(request).filter(**{foreign_key.name: subject})
    for number, row in enumerate(rows.select_related("tag") if kind in TAGGINGS else rows):
        values = values_of(row)
        yield ListedRow(
            kind.noun_for(values) if kind.noun_for is not None else kind.noun,
            kind.title(values, speaker),
            f"{url}#{prefix}-{number}",
            row.revealed_in_id,
            end if (end := getattr(row, "ended_in_id", None)) is None or is_reached(end, sees_up_to(request)) else None,
            row.image.url if isinstance(row, Portrait) else "",
        )


def revelations_of(request: HttpRequest, subject: Any) -> list[ListedRow]:
    """Return the revelations that concern a subject; each has a form of its own."""
    return [
        ListedRow(
            row.get_certainty_display().lower(), Truncator(with_shown_keys(row.text)).chars(MOST_SHOWN),
            reverse("admin:characters_revelation_change", args=[row.pk]), row.revealed_in_id,
        )
        for row in known(subject.revelations.order_by("revealed_in", "position", "key"), horizon_of(request))
    ]  # fmt: skip


def address_of_new_revelation(subject: Any) -> str:
    """Return the address of the form for a new revelation that concerns a subject."""
    concerned = type(subject).revelations.rel.field.name
    return f"{reverse('admin:characters_revelation_add')}?{concerned}={subject.pk}"


def address_of_section(subject: Subject, slug: str = "") -> str:
    """Return the address of the form of a section, or of the page that lists all of them."""
    address = reverse(f"admin:characters_{subject._meta.model_name}_change", args=[subject.pk])
    return f"{address}?{SECTION}={slug}" if slug else address


# Moving to another episode


def moving_along(subject: Subject, *, since: int, to: int) -> Iterator[Proposed]:
    """Yield what moves all rows of a subject that are revealed in one episode to another."""
    for kind in KINDS:
        for name in kind.owners + kind.connects:
            if kind.related_model(name) is type(subject):
                moved: Any = kind.model._base_manager.filter(**{name: subject.pk, "revealed_in": since})
                yield from (setting(row, "revealed_in", since, to) for row in moved)
