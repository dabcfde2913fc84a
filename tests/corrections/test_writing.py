"""Where the write door is open."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import connection

from characters.models import Alias, Revelation
from corrections.deciding import publish
from corrections.models import Correction
from corrections.sending import removing
from corrections.trial import as_if_applied
from corrections.undoing import undo
from episodes.gate import is_content_writable
from tests.corrections.letters import accepted, new, sent, set_to, somebody, status_of

pytestmark = pytest.mark.django_db


@contextmanager
def recorded_writes() -> Iterator[list[tuple[str, bool]]]:
    """Record the table of each write to content, and whether the door was open."""
    tables = {model._meta.db_table for model in apps.get_app_config("characters").get_models(include_auto_created=True)}
    writes: list[tuple[str, bool]] = []

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        verb, _, rest = sql.partition('"')
        table = rest.partition('"')[0]
        if verb.strip() in ("INSERT INTO", "UPDATE", "DELETE FROM") and table in tables:
            writes.append((table, is_content_writable()))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        yield writes


def a_correction_of_all_actions() -> Correction:
    ann, bea = somebody(), somebody("bea", name="Bea")
    first = Revelation.objects.create(key="first", text="She is good.", revealed_in_id=1)
    second = Revelation.objects.create(key="second", text="She is not.", revealed_in_id=2, supersedes=first)
    return sent(
        set_to(status_of(ann), "value", "dead"), new(Alias, character=ann, name="Annie", revealed_in_id=2),
        set_to(second, "characters", [str(bea.pk)]), removing(first),
    )  # fmt: skip


def test_it_is_open_for_all_writes_of_a_decision_and_of_an_undo(moderator: User) -> None:
    correction = a_correction_of_all_actions()
    with recorded_writes() as writes:
        assert accepted(correction, by=moderator).failure is None
        count = len(writes)
        publish(undo(correction, by=moderator), by=moderator)
    assert count > 3
    assert len(writes) > count
    assert all(is_open for _, is_open in writes)
    assert not is_content_writable()


def test_it_is_open_for_the_writes_of_a_trial_and_closed_while_one_looks(moderator: User) -> None:
    correction = a_correction_of_all_actions()
    with recorded_writes() as writes, as_if_applied(correction):
        assert not is_content_writable()
    assert len(writes) > 3
    assert all(is_open for _, is_open in writes)
