"""How the public pages put values into HTML."""

import enum
from typing import Any

import pytest
from django.template import engines
from django.utils.safestring import mark_safe
from markupsafe import Markup, escape

from episodes.names import Name


class Loud(str):
    def __html__(self) -> str:
        return f"<b>{self.upper()}</b>"


class Answer(enum.IntEnum):
    ALL = 42


VALUES = (
    "a <b> & 'c' \"d\"", Name("<Ann>"), Name("\u05d0<"), mark_safe("<i>&</i>"), Markup("<u>&</u>"), Loud("so"),
    0, -1, 2.5, float("inf"), True, None, Answer.ALL, ["<"], b"<", 10**30,
)  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_value_is_escaped_as_markupsafe_does_it(value: Any) -> None:
    page = engines["jinja2"].from_string("{% macro m(v) %}[{{ v }}]{% endmacro %}{{ value }}{{ m(value) }}")
    assert page.render({"value": value}) == f"{escape(value)}[{escape(value)}]"


def test_a_name_that_nobody_gave_is_an_error_there_too() -> None:
    with pytest.raises(Exception, match="'nobody' is undefined"):
        engines["jinja2"].from_string("{{ nobody }}").render({})
