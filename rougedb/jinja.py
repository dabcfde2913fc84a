"""The language of the public pages: Jinja, in which a page costs a tenth of what it costs in Django's own."""

import re
from collections.abc import Callable, Iterable, MutableMapping
from functools import lru_cache
from itertools import groupby
from operator import attrgetter
from typing import Any

from django.conf import settings
from django.contrib.humanize.templatetags.humanize import apnumber, intcomma
from django.template.defaultfilters import date, linebreaks_filter, linebreaksbr, pluralize, truncatechars
from django.templatetags.static import static
from django.utils.safestring import SafeString
from jinja2 import Environment, StrictUndefined, Template
from jinja2.runtime import Context
from markupsafe import Markup, _escape_inner, escape  # type: ignore[attr-defined]

from characters.lore.knowledge import path
from episodes.axes import Progress, key_of
from episodes.names import capital, in_text
from episodes.requests import absolute_address
from episodes.units import Words, from_to, named, named_apart, prefix, short


def environment(**options: Any) -> Environment:
    """Return the environment of `templates/pages/`; there, a name that nobody gave is an error."""
    # A line of tags alone leaves no blank line behind.
    options |= {"undefined": StrictUndefined, "trim_blocks": True, "lstrip_blocks": True}
    made = Pages(**options, keep_trailing_newline=True)
    made.template_class = Page
    made.context_class = Values
    # What a page shows are values with attributes: nothing there is looked up as in a dictionary.
    made.getattr = getattr  # type: ignore[assignment, method-assign]
    made.globals |= {"url": path, "static": address_of_file, "absolute": absolute_address}
    made.globals |= {"units": Words(), "from_to": from_to}
    made.globals |= {"site_name": settings.SITE_NAME, "look": settings.LOOK, "card_alt": settings.CARD_ALT}
    made.filters |= {"runs": runs, "lang": lang, "linebreaks": linebreaks_filter}
    made.filters |= {"unit": named, "short": short, "prefix": prefix, "key": key_of, "apart": named_apart}
    made.filters |= {
        each.__name__: each
        for each in (apnumber, capital, date, in_text, intcomma, linebreaksbr, pluralize, truncatechars)
    }
    return made


class Pages(Environment):
    """An environment in which no template has globals of its own."""

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Return the globals themselves: in a ChainMap, each import compares them all in Python."""
        return super().make_globals(d) if d else self.globals


class Values(Context):
    """What a template was given; what it calls is called with what stands there, and never with the context itself."""

    def call(self, called: Callable[..., Any], /, *args: Any, **options: Any) -> Any:
        options.pop("_loop_vars", None)
        options.pop("_block_vars", None)
        return called(*args, **options)


class Page(Template):
    """A compiled template that puts what it shows into HTML by `in_html`."""

    @classmethod
    def from_code(cls, *args: Any, **kwargs: Any) -> Template:
        template = super().from_code(*args, **kwargs)
        template.root_render_func.__globals__["escape"] = in_html
        return template


SAFE = frozenset((SafeString, Markup))
NUMBERS = frozenset((int, float, Progress))


def in_html(value: Any) -> str:
    """Return a value as `escape` does, but as plain text, since it is only joined to others.

    Made into Markup each time, a map costs a tenth more, and the page of a character a twelfth.
    """
    kind = type(value)
    if kind is str:
        return _escape_inner(value)
    if kind in SAFE:
        return value
    return str(value) if kind in NUMBERS else escape(value)


@lru_cache(2**8)
def address_of_file(path: str) -> str:
    """Return the address of a file among our own, as Django's `static` tag does."""
    return static(path)


def runs(rows: Iterable[Any], attribute: str) -> list[tuple[Any, list[Any]]]:
    """Return rows that stand together and have the same value of an attribute, each time with that value."""
    return [(value, list(of_value)) for value, of_value in groupby(rows, attrgetter(attribute))]


has_japanese = re.compile("[\u3041-\u30ff\u3400-\u9fff]").search


def lang(text: str, language: str = "") -> Markup:
    """Return the attribute that says in which language a text is, or else, by its letters, that it is Japanese."""
    language = language or ("ja" if has_japanese(text) else "")
    return Markup(' lang="{}"').format(language) if language else Markup("")
