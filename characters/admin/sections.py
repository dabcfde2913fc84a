"""The sections of a subject in the admin: a page that lists all of its rows, and a small form for each kind of them.

A main character has hundreds of rows. In one form they cost seconds, and what is wrong in one of them is hard to find.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.admin.options import InlineModelAdmin
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.text import Truncator

from characters.kinds import KINDS, TAGGINGS, kind_of, values_of
from characters.models import Portrait, Subject
from characters.models.shown_keys import shown_key, with_shown_keys
from characters.moderation.nameable import NameableSubjects
from corrections.sending import Proposed, setting
from episodes.horizon import horizon_of, sees_up_to
from episodes.known import is_reached
from episodes.requests import whole_number
from episodes.units import worded

from .horizon import known

SECTION = "section"  # the parameter of a subject's address that says which of them is edited
PAGE = "page"  # the parameter that says which of the rows a form has, where there are many
MOST_SHOWN = 240  # characters of a text in the list
MOST_ROWS = 100  # of one kind in a form, and in the list of a section
MOST_REVELATIONS = 200  # that are listed; each has a form of its own


@dataclass(frozen=True, slots=True)
class SectionKind:
    """Some kinds of rows that are edited together; one without inlines is for the subject itself."""

    slug: str
    title: str
    explains: str
    inlines: tuple[type[InlineModelAdmin], ...] = ()


REVELATIONS = SectionKind("revelations", "Revelations", "What the audience learns of it.")
APPEARANCE = SectionKind("appearance", "First appearance", worded("In which {one} it comes, and where its page is."))


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
    more: int = 0  # rows that are not listed

    @property
    def count(self) -> int:
        return len(self.rows) + self.more


def sections_of(model_admin: Any, request: HttpRequest, subject: Subject) -> Iterator[Section]:
    """Yield the sections of a subject, with all rows that somebody may see."""
    speaker = NameableSubjects(sees_up_to(request))
    for kind in model_admin.sections:
        url = address_of_section(subject, kind.slug)
        inlines = [inline(model_admin.model, model_admin.admin_site) for inline in kind.inlines]
        shown = [inline for inline in inlines if inline.has_view_or_change_permission(request, subject)]
        rows, more = [], 0
        for inline in shown:
            of_inline = _rows_in(inline, subject, inline.get_queryset(request))
            listed = list(_listed(inline, request, subject, of_inline, url, speaker))
            more += of_inline.count() - MOST_ROWS if len(listed) > MOST_ROWS else 0
            rows += listed[:MOST_ROWS]
        yield Section(kind, rows, url, more)


def _foreign_key(inline: Any, subject: Subject) -> Any:
    """Return the field by which the rows of an inline point to their subject."""
    return inline.model._meta.get_field(inline.fk_name or kind_of(inline.model).foreign_key_to(type(subject)))


def _rows_in(inline: Any, subject: Subject, rows: QuerySet[Any]) -> QuerySet[Any]:
    return rows.filter(**{_foreign_key(inline, subject).name: subject})


def _prefix(inline: Any, subject: Subject) -> str:
    return str(_foreign_key(inline, subject).remote_field.get_accessor_name())


def page_of_section(request: HttpRequest) -> int:
    return max(1, whole_number(request.GET.get(PAGE)) or 1)


def pages_of(most: int, page: int) -> list[int | str]:
    """Return the numbers of the pages that so many rows are shown in, of many the first, the last and those around."""
    pages = Paginator(range(most), MOST_ROWS)
    return list(pages.get_elided_page_range(min(page, pages.num_pages)))


def _listed(
    inline: Any, request: HttpRequest, subject: Subject, rows: QuerySet[Any], url: str, speaker: NameableSubjects
) -> Iterator[ListedRow]:
    """Yield the first rows of an inline and, if there are more, one of them, in the order of its form."""
    kind = kind_of(inline.model)
    prefix = _prefix(inline, subject)
    shown = rows.select_related("tag") if kind in TAGGINGS else rows
    for number, row in enumerate(shown[: MOST_ROWS + 1]):
        values = values_of(row)
        yield ListedRow(
            kind.noun_for(values) if kind.noun_for is not None else kind.noun,
            kind.title(values, speaker),
            f"{url}#{prefix}-{number}",
            row.revealed_in_id,
            end if (end := getattr(row, "ended_in_id", None)) is None or is_reached(end, sees_up_to(request)) else None,
            row.image.url if isinstance(row, Portrait) else "",
        )


def revelations_of(request: HttpRequest, subject: Any) -> Section:
    """Return the revelations that concern a subject; each has a form of its own."""
    rows = known(subject.revelations.order_by("revealed_in", "position", "key"), horizon_of(request))
    listed = [
        ListedRow(
            row.get_certainty_display().lower(), Truncator(with_shown_keys(row.text)).chars(MOST_SHOWN),
            reverse("admin:characters_revelation_change", args=[row.pk]), row.revealed_in_id,
        )
        for row in rows[: MOST_REVELATIONS + 1]
    ]  # fmt: skip
    more = rows.count() - MOST_REVELATIONS if len(listed) > MOST_REVELATIONS else 0
    address = reverse("admin:characters_revelation_changelist")
    found = f"{address}?{urlencode({'q': getattr(subject, 'newest_name', None) or shown_key(subject.key)})}"
    return Section(REVELATIONS, listed[:MOST_REVELATIONS], found, more)


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
