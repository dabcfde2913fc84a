"""Where a subject is mentioned, with links to the forms in which that can be changed."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.contrib import admin
from django.utils.html import format_html
from django.utils.safestring import SafeString

from characters.kinds import kind_of
from characters.models import Subject, texts_mentioning
from characters.models.shown_keys import with_shown_keys
from characters.spoilers.linter import form_in_admin
from characters.text.mentions import mentioned_keys
from characters.text.prose import shortened
from episodes.neighbours import neighbours

from .sections import address_of_section

MOST_SHOWN = 160  # characters of a text


class Mention(NamedTuple):
    """A text that mentions somebody."""

    where: str  # such as “the text of revelation “e5.1””
    text: str
    url: str
    known_in: int


def mentions_of(subject: Subject) -> Iterator[Mention]:
    """Yield every text that mentions a subject, also those of its own rows, in the order of episodes."""
    found = [(row.known_in or 0, row, field) for row, field in neighbours().mentioning(subject.key)]
    for known_in, row, field in sorted(found, key=lambda each: each[0]):
        text = getattr(row, field.attname)
        if subject.key in mentioned_keys(text):
            where = f"the {field.verbose_name} of {row._meta.verbose_name} “{row}”"
            yield Mention(where, shortened(with_shown_keys(text), MOST_SHOWN), _form_of(row), known_in)


def links_to_mentions(subject: Subject) -> Iterator[SafeString]:
    """Yield a link to the form of each row that mentions a subject and would stay without it."""
    for row, where in texts_mentioning(subject):
        yield format_html('<a href="{}">{}</a> mentions {}', _form_of(row), where, subject)


def _form_of(row: Any) -> str:
    """Return the address of the form that a text stands in: of a subject, of the section that has the row."""
    home = kind_of(row).home_of(row)
    if not isinstance(home, Subject):
        return form_in_admin(home._meta.label_lower, home.pk)
    sections = admin.site._registry[type(home)].sections  # type: ignore[attr-defined]
    slugs = (each.slug for each in sections if any(inline.model is type(row) for inline in each.inlines))
    return address_of_section(home, next(slugs, ""))
