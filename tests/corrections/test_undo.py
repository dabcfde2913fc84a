"""Undoing on the page of a correction."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils.html import strip_tags

from characters.models import Alias, Character, CharacterTag, Tag, Trait
from corrections import history as row_history
from corrections import rows
from corrections.models import Correction, State
from corrections.sending import removing
from corrections.wording import RowNames
from tests.corrections.desk import QUEUE, address, at_the_desk, content_of, decide_by_form, page_of, verdict
from tests.corrections.letters import accepted, new, sent, set_to, somebody, status_of
from tests.people import person

pytestmark = pytest.mark.django_db


def test_it_publishes_the_undo_and_lets_a_conflict_wait_in_the_queue(desk: Client, author: User) -> None:
    status = status_of(somebody())
    correction = sent(set_to(status, "value", "dead"), by=author)
    decide_by_form(desk, correction, do="accept")
    page = desk.post(address("undo", correction.pk), {"reason": "Too soon."}, follow=True)
    status.refresh_from_db()
    assert status.value == "alive"
    assert "Undone." in page.content.decode()
    again = sent(set_to(status, "value", "dead"), by=author)
    decide_by_form(desk, again, do="accept")
    Trait.objects.filter(pk=status.pk).update(value="missing")
    page = desk.post(address("undo", again.pk), follow=True)
    assert "waits here for another moderator" in page.content.decode()
    waiting = Correction.objects.get(undoes=again)
    assert waiting.state == State.OPEN
    assert "It has changed since the author looked" in content_of(page)
    status.refresh_from_db()
    assert status.value == "missing"


def test_it_undoes_what_is_published_while_the_rest_waits(desk: Client, author: User) -> None:
    ann = somebody()
    status = status_of(ann)
    correction = sent(
        set_to(status, "value", "dead"), new(Alias, character=ann, name="Nan", revealed_in_id=2), by=author
    )
    assert address("undo", correction.pk) not in content_of(desk.get(page_of(correction)))
    decide_by_form(desk, correction, verdict(correction.changes.get(action="set"), "accept"))
    correction.refresh_from_db()
    assert correction.state == State.OPEN
    assert address("undo", correction.pk) in content_of(desk.get(page_of(correction)))
    history = desk.get(f"/admin/characters/character/{ann.pk}/history/")
    assert f"{correction.changes.get(action='set').applied_at:%B %Y}" in content_of(history)
    desk.post(address("undo", correction.pk))
    status.refresh_from_db()
    assert status.value == "alive"


def test_an_undo_names_those_whom_it_removed_as_far_as_somebody_knows(desk: Client, author: User) -> None:
    ann, bea = somebody(), Character(key="bea_before", revealed_in_id=2)
    tag = Tag(id=77, name="daring", slug="daring")
    correction = sent(
        new(Character, id=bea.pk, key=bea.key, revealed_in_id=2),
        new(Alias, character_id=bea.pk, name="Bea", headline=True, revealed_in_id=2),
        new(Alias, character_id=bea.pk, name="Beatrix", headline=True, revealed_in_id=3),
        new(Tag, id=tag.pk, name=tag.name, slug=tag.slug),
        new(CharacterTag, content_object_id=bea.pk, tag_id=tag.pk, revealed_in_id=2),
        new(Trait, character=ann, attribute="habit", value="Waits for [[bea_before]].", revealed_in_id=3),
        by=author,
    )
    decide_by_form(desk, correction, do="accept")
    desk.post(address("undo", correction.pk))
    undo = Correction.objects.get(undoes=correction)
    assert undo.state == State.ACCEPTED
    assert not Character.objects.filter(pk=bea.pk).exists()
    for each in (correction, undo):
        page = content_of(desk.get(page_of(each)))
        assert "Beatrix" in page.partition("</h1>")[0]
        assert "Waits for Beatrix." in strip_tags(page)
        assert "gone, or not known" not in page
        assert "daring" in page
    line = content_of(desk.get(QUEUE, {"state": "all"}))
    assert "Beatrix" in line
    assert "a character" not in line
    names = RowNames(2, changes=undo.changes.all())
    assert names.of_pages([rows.reference(bea)]) == {rows.reference(bea): "Bea"}
    assert RowNames(1, changes=undo.changes.all()).of_pages([rows.reference(bea)]) == {}


def test_a_former_name_is_not_told_of_somebody_who_is_there_and_known_later(author: User) -> None:
    ann = somebody()
    undo = sent(removing(ann.aliases.get()), by=author)
    ann.aliases.update(revealed_in=3)
    assert RowNames(2, changes=undo.changes.all()).of_pages([rows.reference(ann)]) == {}


def test_what_was_added_before_the_model_had_a_field_is_undone_and_redone(desk: Client, author: User) -> None:
    ann = somebody()
    correction = sent(new(Alias, character=ann, name="Nan", revealed_in_id=2), by=author)
    accepted(correction, by=person("other", role="moderator"))
    change = correction.changes.get()
    for name in ("after", "became"):
        whole = getattr(change, name)
        if whole:
            setattr(change, name, {key: value for key, value in whole.items() if key != "inferred"})
    assert change.became is not None
    assert "inferred" not in change.became
    change.save()
    desk.post(address("undo", correction.pk))
    assert not Alias.objects.filter(name="Nan").exists()
    desk.post(address("undo", Correction.objects.get(undoes=correction).pk))
    assert Alias.objects.get(name="Nan").inferred is False


def test_an_undo_that_was_undone_is_not_said_to_undo(desk: Client, author: User) -> None:
    correction = sent(set_to(status_of(somebody()), "value", "dead"), by=author)
    decide_by_form(desk, correction, do="accept")
    desk.post(address("undo", correction.pk))
    assert "Undone by" in content_of(desk.get(page_of(correction)))
    desk.post(address("undo", Correction.objects.get(undoes=correction).pk))
    assert "Undone by" not in content_of(desk.get(page_of(correction)))


def test_much_that_breaks_a_rule_says_which_change_does(author: User, moderator: User) -> None:
    ann = somebody()
    proposed = [new(Alias, character=ann, name=f"Nan {number}", revealed_in_id=2) for number in range(25)]
    twice = new(Trait, character=ann, attribute="status", value="dead", revealed_in_id=1)
    nowhere = new(Trait, character=Character(), attribute="habit", value="hums", revealed_in_id=1)
    early = new(Trait, character=ann, attribute="habit", value="Meets [[nobody]].", revealed_in_id=1)
    for wrong, said in (
        (twice, "There is another value of this attribute"),
        (nowhere, "Its character does not exist"),
        (early, "no character, faction or term has this key"),
    ):
        correction = sent(*proposed, wrong, by=author)
        failure = accepted(correction, by=moderator).failure
        assert failure is not None
        assert [change.position for change in failure.messages if change is not None] == [25]
        assert said in str(failure)
    assert ann.aliases.count() == 1


def test_the_undo_of_an_editor_waits(author: User, moderator: User) -> None:
    status = status_of(somebody())
    correction = sent(set_to(status, "value", "dead"), by=author)
    accepted(correction, by=moderator)
    at_the_desk(person(role="editor")).post(address("undo", correction.pk))
    status.refresh_from_db()
    assert status.value == "dead"
    assert Correction.objects.get(undoes=correction).state == State.OPEN


def test_the_history_says_why_an_undo_cannot_be_sent(
    desk: Client, author: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    correction = sent(set_to(status_of(somebody()), "value", "dead"), by=author)
    accepted(correction, by=person("other", role="moderator"))

    def refuse(*args: Any, **values: Any) -> None:
        raise ValidationError("It is too large.")

    monkeypatch.setattr(row_history, "undo", refuse)
    history = reverse("admin:characters_character_history", args=[Character.objects.get().pk])
    response = desk.post(history, {"correction": str(correction.pk)}, follow=True)
    assert "It is too large." in response.content.decode()
