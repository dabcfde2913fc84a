"""Trying a correction out keeps nobody waiting, and costs no more than its bounds."""

import sys
from collections.abc import Callable
from threading import Thread
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.urls import reverse

from characters.admin import lint
from characters.models import Revelation
from characters.moderation import linting
from characters.spoilers.linter import KnownName, LintedText, Location, Vocabulary, findings_in
from corrections import scratch, trial
from corrections.models import State
from corrections.trial import as_if_applied, try_out
from tests.corrections.desk import address, content_of, decide_by_form, page_of, verdict
from tests.corrections.letters import accepted, sent, set_to, somebody, status_of, summary_of

pytestmark = pytest.mark.django_db


def in_another_thread(task: Callable[[], Any]) -> Any:
    """Return what a task returns that has a connection of its own, or how it failed, within ten seconds."""
    answers: list[Any] = ["It waited too long."]

    def run() -> None:
        try:
            answers.append(task())
        except Exception as error:
            answers.append(repr(error))
        finally:
            connection.close()

    thread = Thread(target=run, daemon=True)
    thread.start()
    thread.join(10)
    return answers[-1]


@pytest.mark.django_db(transaction=True)
def test_while_one_is_tried_another_one_is_sent_and_published(moderator: User, author: User) -> None:
    ann, bea = somebody(), somebody("bea", name="Bea")
    tried = sent(set_to(status_of(ann), "value", "dead"), by=author)

    def send_and_decide() -> str:
        correction = sent(set_to(status_of(bea), "value", "missing"), by=author)
        return accepted(correction, by=moderator).correction.state

    with as_if_applied(tried):
        assert status_of(ann).value == "dead"
        assert in_another_thread(send_and_decide) == State.ACCEPTED
    assert [status_of(each).value for each in (ann, bea)] == ["alive", "missing"]


def test_nothing_is_left_of_a_trial_within_a_transaction(author: User) -> None:
    ann = somebody()
    with as_if_applied(sent(set_to(status_of(ann), "value", "dead"), by=author)):
        assert status_of(ann).value == "dead"
    assert status_of(ann).value == "alive"


@pytest.mark.django_db(transaction=True)
def test_a_database_too_large_to_be_copied_is_tried_all_the_same(author: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scratch, "MOST_COPIED", 1)
    ann = somebody()
    with as_if_applied(sent(set_to(status_of(ann), "value", "dead"), by=author)):
        assert status_of(ann).value == "dead"
    assert status_of(ann).value == "alive"


@pytest.fixture
def linted(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether there was a transaction, whenever a linter looked at a text."""
    seen: list[bool] = []

    def watched(text: LintedText, vocabulary: Vocabulary) -> Any:
        seen.append(connection.in_atomic_block)
        return findings_in(text, vocabulary)

    for module in (linting, lint):
        monkeypatch.setattr(module, "findings_in", watched)
    return seen


@pytest.mark.django_db(transaction=True)
def test_texts_are_linted_outside_of_any_transaction(
    desk: Client, moderator: User, author: User, linted: list[bool]
) -> None:
    correction = sent(set_to(summary_of(somebody(), "She is good."), "value", "She is not."), by=author)
    desk.get(page_of(correction))
    assert linted == [False]
    decide_by_form(desk, correction, verdict(correction.changes.get(), "accept"))
    assert set(linted) == {False}
    revelation = Revelation.objects.create(key="first", text="She is good.", revealed_in_id=1)
    page = desk.get(reverse("admin:characters_revelation_change", args=[revelation.pk]))
    form = page.context["adminform"].form
    data = {name: form[name].value() for name in form.fields if form[name].value() is not None}
    linted.clear()
    saved = desk.post(page.request["PATH_INFO"], data | {"text": "She is not.", "_base": page.context["base"]})
    assert saved.status_code == 302
    assert linted
    assert set(linted) == {False}
    assert Revelation.objects.get(key="first").text == "She is not."


def test_names_of_new_pages_are_found_without_linting(author: User, linted: list[bool]) -> None:
    correction = sent(set_to(summary_of(somebody(), "She is good."), "value", "She is not."), by=author)
    tried = try_out(correction, 3)
    assert not linted
    assert tried.warnings == {}
    assert len(linted) == 1


def test_a_correction_with_more_text_than_can_be_checked_is_not_tried(
    desk: Client, author: User, monkeypatch: pytest.MonkeyPatch, linted: list[bool]
) -> None:
    correction = sent(set_to(summary_of(somebody(), "She is good."), "value", "She is not."), by=author)
    assert not try_out(correction, 3).is_too_large
    monkeypatch.setattr(trial, "MOST_TEXT_TRIED", len("She is not.") - 1)
    assert try_out(correction, 3).is_too_large
    assert "too large for its texts to be checked" in content_of(desk.get(page_of(correction)))
    assert not linted
    assert "too large to be tried" in desk.get(address("preview", correction.pk, 2)).content.decode()


def calls_of(task: Callable[[], Any]) -> int:
    """Return how many functions a task calls, as a measure of its work that does not depend on the machine."""
    calls = 0

    def count(frame: Any, event: str, argument: Any) -> None:
        nonlocal calls
        calls += event == "call"

    sys.setprofile(count)
    try:
        task()
    finally:
        sys.setprofile(None)
    return calls


def test_the_linter_has_about_twice_the_work_with_twice_the_text() -> None:
    known = [
        KnownName(name, "name", since, Location(what=name)) for name, since in (("Ann", 1), ("Bea", 9), ("Cea", 9))
    ]
    vocabulary = Vocabulary(known)
    text = "Ann met Bea and Cea. "
    assert {match.name.name for match in vocabulary.mentions_of_later_names(text, 1)} == {"Bea", "Cea"}
    once = calls_of(lambda: vocabulary.mentions_of_later_names(text * 200, 1))
    assert calls_of(lambda: vocabulary.mentions_of_later_names(text * 400, 1)) < 3 * once
