"""Deciding on the page of a correction: a verdict on each change."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.storage import default_storage
from django.test import Client

from characters.models import Alias, Portrait, Trait
from characters.pictures import files
from corrections.models import Change, Correction, State
from episodes.models import Series
from tests.corrections.desk import content_of, decide_by_form, filled_in, page_of, verdict
from tests.corrections.letters import accepted, new, sent, set_to, somebody, status_of, summary_of
from tests.corrections.pictures import a_portrait_of
from tests.people import person

pytestmark = pytest.mark.django_db


def test_it_publishes_a_value_as_the_moderator_edited_it(desk: Client, author: User) -> None:
    summary = summary_of(somebody(), "Ann waits.")
    correction = sent(set_to(summary, "value", "Ann wayts here."), by=author)
    change = correction.changes.get()
    decide_by_form(desk, correction, verdict(change, "accept", value="Ann waits\r\nhere."))
    summary.refresh_from_db()
    change.refresh_from_db()
    assert (summary.value, change.altered, change.after) == ("Ann waits\nhere.", True, "Ann wayts here.")


def test_it_does_not_take_an_untouched_value_for_an_edited_one(desk: Client, author: User) -> None:
    """Browsers send all fields, with line ends of their own."""
    ann = somebody()
    name = new(Alias, character=ann, name="Annie", revealed_in_id=2)
    summary = new(Trait, character=ann, attribute="summary", value="One.\n\nTwo.", revealed_in_id=1)
    correction = sent(name, summary, by=author)
    data = filled_in(correction, do="accept")
    page = desk.get(page_of(correction))
    for _, form in page.context["changes"]:
        for field in form:
            value = field.value()
            if value not in (None, False, ""):
                data[field.html_name] = value.replace("\n", "\r\n") if isinstance(value, str) else value
    desk.post(page_of(correction), data)
    assert not correction.changes.filter(altered=True).exists()
    assert correction.changes.filter(decision="accepted").count() == 2


def test_it_can_edit_all_fields_of_an_added_row(desk: Client, author: User) -> None:
    ann, bea = somebody(), somebody("bea", name="Bea")
    correction = sent(new(Alias, character=ann, name="Annie", revealed_in_id=2), by=author)
    change = correction.changes.get()
    values = {"character": str(bea.pk), "name": "Beatrix", "kind": "title", "language": "en", "revealed_in": "3"}
    decide_by_form(desk, correction, verdict(change, "accept", faction="", **values))
    alias = bea.aliases.get(name="Beatrix")
    assert (alias.kind, alias.revealed_in_id) == ("title", 3)
    assert not ann.aliases.filter(name="Annie").exists()


def test_a_show_of_one_axis_has_no_second_places_to_choose(desk: Client, author: User) -> None:
    correction = sent(new(Alias, character=somebody(), name="Annie", revealed_in_id=2), by=author)
    page = content_of(desk.get(page_of(correction)))
    assert "-value-revealed_in" in page
    assert "-value-also_in" not in page


def test_it_keeps_the_order_of_a_list(desk: Client, author: User) -> None:
    series = Series.objects.create(id=1, title="The show")
    correction = sent(set_to(series, "music", ["Zoe", "Bob"]), by=author)
    change = correction.changes.get()
    decide_by_form(desk, correction, verdict(change, "accept", music="Zoe\r\nBob\r\nAmy"))
    series.refresh_from_db()
    assert series.music == ["Zoe", "Bob", "Amy"]


def test_it_decides_each_change_by_itself(desk: Client, author: User) -> None:
    ann = somebody()
    correction = sent(
        set_to(status_of(ann), "value", "dead"), new(Alias, character=ann, name="Annie", revealed_in_id=2), by=author
    )
    first, second = correction.changes.all()
    response = decide_by_form(desk, correction, verdict(first, "reject", why="She lives."), verdict(second, "leave"))
    correction.refresh_from_db()
    assert correction.state == State.OPEN
    assert "Decided in part" in content_of(response) or "Decided in part" in response.content.decode()
    decide_by_form(desk, correction, do="accept")
    correction.refresh_from_db()
    assert correction.state == State.PARTLY


def test_the_accept_button_accepts_a_single_change_or_all_that_are_not_rejected(desk: Client, author: User) -> None:
    """Of one change it accepts that one, of several all that were not rejected."""
    ann = somebody()
    one = sent(set_to(status_of(ann), "value", "dead"), by=author)
    decide_by_form(desk, one, verdict(one.changes.get(), "reject", why="No."), do="accept")
    assert one.changes.get().decision == "accepted"
    two = sent(*(new(Alias, character=ann, name=name, revealed_in_id=2) for name in ("Annie", "Nan")), by=author)
    decide_by_form(desk, two, verdict(two.changes.first(), "reject", why="No."), do="accept")
    assert [change.decision for change in two.changes.all()] == ["rejected", "accepted"]


def _of_whom_more_is_known_later() -> Trait:
    ann = somebody()
    Alias.objects.create(character=ann, name="Queen Ann", kind="title", revealed_in_id=3)
    return summary_of(ann, "Somebody.")


def _pressed(desk: Client, correction: Correction, do: str, **fields: str) -> str:
    """Press a button of the page as it stands there, with all that its form has."""
    form = content_of(desk.get(page_of(correction)))
    doubted = re.findall('name="doubted" value="([^"]+)"', form)
    return str(decide_by_form(desk, correction, fields, do=do, doubted=doubted).content.decode())


def test_the_accept_button_asks_before_it_accepts_what_the_linter_finds_something_in(
    desk: Client, author: User
) -> None:
    summary = _of_whom_more_is_known_later()
    correction = sent(
        new(Alias, character=summary.character, name="Annie", revealed_in_id=2),
        set_to(summary, "value", "She is Queen Ann."), by=author,
    )  # fmt: skip
    page = _pressed(desk, correction, "accept", comment="Thank you.")
    assert "Nothing was decided yet" in page
    assert page.count("Accept, edit or reject it.") == 1
    assert page.index("“Queen Ann”") < page.index("Accept, edit or reject it.")
    assert "Thank you." in page
    assert "Accept all not rejected" not in page
    assert not correction.changes.exclude(decision="pending").exists()
    _pressed(desk, correction, "sure")
    assert not correction.changes.exclude(decision="accepted").exists()


def test_the_accept_button_does_not_ask_about_what_was_decided_one_by_one(desk: Client, author: User) -> None:
    summary = _of_whom_more_is_known_later()
    for choice, becomes in (("accept", "accepted"), ("reject", "rejected")):
        correction = sent(
            new(Alias, character=summary.character, name=f"To {choice}", revealed_in_id=2),
            set_to(summary, "value", f"She is Queen Ann, to {choice}."), by=author,
        )  # fmt: skip
        _pressed(desk, correction, "accept", **verdict(correction.changes.get(action="set"), choice, why="No."))
        assert {change.action: change.decision for change in correction.changes.all()} == {
            "add": "accepted", "set": becomes,
        }  # fmt: skip


def test_it_asks_about_a_single_change_whatever_it_has(desk: Client, author: User) -> None:
    correction = sent(set_to(_of_whom_more_is_known_later(), "value", "She is Queen Ann."), by=author)
    change = correction.changes.get()
    for choice in ("leave", "reject"):
        assert "Nothing was decided yet" in _pressed(desk, correction, "accept", **verdict(change, choice, why="No."))
    _pressed(desk, correction, "accept", **verdict(change, "accept"))
    assert correction.changes.get().decision == "accepted"


def test_it_requires_a_reason_for_a_rejection_and_keeps_what_was_typed(desk: Client, author: User) -> None:
    ann = somebody()
    correction = sent(
        set_to(status_of(ann), "value", "dead"), new(Alias, character=ann, name="Annie", revealed_in_id=2), by=author
    )
    first, second = correction.changes.all()
    response = decide_by_form(
        desk, correction, verdict(first, "reject"), verdict(second, "reject", why="Nobody calls her so."),
        comment="Thank you all the same.",
    )  # fmt: skip
    page = content_of(response)
    assert "A rejection needs a reason" in page
    assert "Nobody calls her so." in page
    assert "Thank you all the same." in page
    assert not correction.changes.exclude(decision="pending").exists()


def test_it_does_not_lose_an_edited_value_that_is_left_undecided(desk: Client, author: User) -> None:
    correction = sent(set_to(status_of(somebody()), "value", "ded"), by=author)
    response = decide_by_form(desk, correction, verdict(correction.changes.get(), "leave", value="dead"))
    assert "You have altered this change" in content_of(response)
    assert "dead</textarea>" in content_of(response)


def test_it_says_who_decided_first_and_keeps_the_comment(desk: Client, author: User) -> None:
    correction = sent(set_to(status_of(somebody()), "value", "dead"), by=author)
    change = correction.changes.get()
    accepted(correction, by=person("other", role="moderator"))
    response = decide_by_form(desk, correction, verdict(change, "reject", why="Surely not."), comment="My remark.")
    page = response.content.decode()
    assert "Other has already accepted this correction" in page
    assert "My remark." in page
    assert "Surely not." in page


def test_it_shows_at_the_change_why_it_could_not_be_applied(desk: Client, author: User) -> None:
    ann = somebody()
    correction = sent(new(Alias, character=ann, name="Ann", kind="title", revealed_in_id=2), by=author)
    response = decide_by_form(desk, correction, verdict(correction.changes.get(), "accept"), comment="Yes.")
    assert "already exists" in content_of(response)
    assert "Yes.</textarea>" in content_of(response)
    correction.refresh_from_db()
    assert correction.state == State.FAILED
    assert f'name="version" value="{correction.version}"' in content_of(response)


def test_it_overrides_a_conflict_only_if_the_moderator_saw_the_current_value(desk: Client, author: User) -> None:
    status = status_of(somebody())
    correction = sent(set_to(status, "value", "dead"), by=author)
    change = correction.changes.get()
    Trait.objects.filter(pk=status.pk).update(value="missing")
    page = desk.get(page_of(correction))
    assert "It has changed since the author looked" in content_of(page)
    form = page.context["changes"][0][1]
    seen = form["seen"].value()
    decide_by_form(desk, correction, verdict(change, "accept", seen=seen))
    correction.refresh_from_db()
    assert correction.state == State.OPEN  # held: nobody said that it may go over
    Trait.objects.filter(pk=status.pk).update(value="asleep")
    for forged in (seen, "asleep", ""):
        decide_by_form(desk, correction, verdict(change, "accept", seen=forged, over="on"))
        correction.refresh_from_db()
        status.refresh_from_db()
        assert (correction.state, status.value) == (State.OPEN, "asleep")
    seen = desk.get(page_of(correction)).context["changes"][0][1]["seen"].value()
    decide_by_form(desk, correction, verdict(change, "accept", seen=seen, over="on"))
    status.refresh_from_db()
    assert status.value == "dead"


@pytest.mark.parametrize("do", ["ask", "say", "decide", "accept"])
def test_it_refuses_a_comment_that_is_too_long_and_keeps_it_in_the_form(desk: Client, author: User, do: str) -> None:
    correction = sent(set_to(status_of(somebody()), "value", "dead"), by=author)
    page = desk.post(page_of(correction), filled_in(correction, do=do, comment="x" * 2001)).content.decode()
    assert "at most 2,000 characters" in page
    assert "x" * 2001 in page
    assert correction.events.count() == 1


def test_it_makes_an_accepted_picture_public(
    desk: Client, author: User, django_capture_on_commit_callbacks: Any
) -> None:
    portrait, name = a_portrait_of(somebody())
    correction = sent(portrait, by=author)
    with django_capture_on_commit_callbacks(execute=True):
        decide_by_form(desk, correction, do="accept")
    published = Portrait.objects.get().image.name
    assert published == files.published_name(name) != name
    assert default_storage.exists(published)
    assert (Change.objects.get().became or {})["image"] == published


def test_it_shows_names_for_keys_in_a_text_to_be_edited(desk: Client, author: User) -> None:
    ann = somebody("key_of_ann")
    Alias.objects.create(character=ann, name="Queen Ann", headline=True, revealed_in_id=3)
    bea, _ = somebody("first_key", name="Bea"), somebody("other_key", name="Bea")
    summary = summary_of(ann, "[[key_of_ann]] waits.")
    text = "[[key_of_ann]] meets [[key_of_ann|her]] and [[first_key]]."
    correction = sent(set_to(summary, "value", text), by=author)
    change = correction.changes.get()
    [(_, form)] = desk.get(page_of(correction)).context["changes"]
    [field] = form.value_fields
    # As of the episode of the row; where two have one name, the key alone says who is meant.
    assert field.value() == "[[Ann]] meets [[Ann|her]] and [[first_key]]."
    decide_by_form(desk, correction, verdict(change, "leave", value=field.value()))
    assert "You have altered" not in content_of(desk.get(page_of(correction)))
    decide_by_form(desk, correction, verdict(change, "accept", value=field.value()))
    change.refresh_from_db()
    summary.refresh_from_db()
    assert (change.altered, summary.value, bea.key) == (False, text, "first_key")


def test_a_text_that_is_edited_with_names_is_published_with_keys(desk: Client, author: User) -> None:
    ann = somebody("key_of_ann")
    correction = sent(set_to(summary_of(ann, "She waits."), "value", "[[key_of_ann]] wayts."), by=author)
    change = correction.changes.get()
    decide_by_form(desk, correction, verdict(change, "accept", value="[[Ann]] waits."))
    change.refresh_from_db()
    assert (change.altered, change.final) == (True, "[[key_of_ann]] waits.")
