"""What a moderator typed on the page of a correction stays there, whatever else they press."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from characters.models import Alias, Character, Relationship, Revelation
from corrections.desk import review, verdict_forms
from corrections.models import Change, Correction, FormDraft
from tests.corrections.desk import address, at_the_desk, content_of, decide_by_form, filled_in, page_of, verdict
from tests.corrections.letters import new, sent, set_to, somebody, status_of
from tests.people import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def names(author: User, moderator: User) -> list[Change]:
    """Three names of Ann in a correction that waits."""
    ann = somebody()
    added = [new(Alias, character=ann, name=name, revealed_in_id=2) for name in ("Anna", "Annie", "Nancy")]
    return list(sent(*added, by=author).changes.order_by("position"))


def typed_on(desk: Client, change: Change) -> tuple[Any, Any, Any]:
    """Return what the page has in the fields for a change, and the comment."""
    page = desk.get(page_of(change.correction))
    [form] = [form for each, form in page.context["changes"] if each.change == change]
    return form["decision"].value(), form["why"].value(), page.context["comment"]["comment"].value()


@pytest.mark.parametrize(
    ("button", "more"), [("claim", {"do": "claim"}), ("claim", {"do": "over"}), ("open", {}), ("next", {})]
)
def test_what_is_typed_is_there_after_another_button(
    desk: Client, names: list[Change], button: str, more: dict[str, str]
) -> None:
    first = names[0]
    rejects = verdict(first, "reject", why="No source.") | {"comment": "Look at 12:30."}
    where = address(button) if button == "next" else address(button, first.correction_id)
    desk.post(where, rejects | more | {"after": str(first.correction_id)})
    assert typed_on(desk, first) == ("reject", "No source.", "Look at 12:30.")
    assert not first.correction.events.filter(kind="remarked").exists()


def test_a_comment_alone_is_sent_and_the_verdicts_stay(desk: Client, names: list[Change]) -> None:
    first = names[0]
    decide_by_form(desk, first.correction, verdict(first, "accept", name="Anna B."), do="say", comment="Hm.")
    page = desk.get(page_of(first.correction))
    assert page.context["comment"]["comment"].value() is None or not page.context["comment"]["comment"].value()
    assert page.context["changes"][0][1]["value-name"].value() == "Anna B."


def test_what_is_decided_or_untouched_is_not_kept(desk: Client, names: list[Change]) -> None:
    first, correction = names[0], names[0].correction
    desk.post(address("claim", correction.pk), {"do": "claim", "comment": " "})
    assert typed_on(desk, first)[0] == "leave"
    desk.post(address("claim", correction.pk), {"do": "release"} | verdict(first, "accept", why="It is."))
    desk.post(page_of(correction), filled_in(Correction.objects.get()) | verdict(first, "accept"))
    assert "You had typed this" not in content_of(desk.get(page_of(correction)))


# A large correction in parts


@pytest.fixture
def in_parts(names: list[Change], monkeypatch: pytest.MonkeyPatch) -> list[Change]:
    monkeypatch.setattr(review, "MOST_SHOWN", 1)
    return names


def turned(desk: Client, change: Change, to: int, *verdicts: dict[str, Any]) -> str:
    data = {name: value for each in verdicts for name, value in each.items()}
    return content_of(desk.post(address("turn", change.correction_id), data | {"to": str(to)}, follow=True))


def test_verdicts_on_several_parts_are_decided_together(desk: Client, in_parts: list[Change]) -> None:
    anna, annie, nancy = in_parts
    second = turned(desk, anna, 2, verdict(anna, "accept"))
    assert "Annie" in second
    assert "Nancy" not in second
    third = turned(desk, anna, 3, verdict(annie, "reject", why="A nickname."))
    assert "What you said of 2 other changes is kept" in third
    assert "Annie" in turned(desk, anna, 2, verdict(nancy, "leave"))
    assert typed_on_part(desk, annie, 2) == ("reject", "A nickname.")
    decide_by_form(desk, anna.correction, verdict(nancy, "accept"), part="3")
    assert sorted(Character.objects.get().aliases.values_list("name", flat=True)) == ["Ann", "Anna", "Nancy"]
    annie.refresh_from_db()
    assert (annie.decision, annie.why) == ("rejected", "A nickname.")


def typed_on_part(desk: Client, change: Change, part: int) -> tuple[Any, Any]:
    [(each, form)] = desk.get(f"{page_of(change.correction)}?part={part}").context["changes"]
    assert each.change == change
    return form["decision"].value(), form["why"].value()


def test_accepting_the_rest_is_about_the_part_on_the_page(desk: Client, in_parts: list[Change]) -> None:
    anna, annie, nancy = in_parts
    turned(desk, anna, 2, verdict(anna, "reject", why="No."))
    decide_by_form(desk, anna.correction, verdict(annie, "leave"), do="accept", part="2")
    for change in in_parts:
        change.refresh_from_db()
    assert [each.decision for each in in_parts] == ["rejected", "accepted", "pending"]
    assert nancy.decision == "pending"


def test_what_is_wrong_on_another_part_is_shown(desk: Client, in_parts: list[Change]) -> None:
    anna, annie, _ = in_parts
    turned(desk, anna, 2, verdict(anna, "reject", why=""))
    page = content_of(decide_by_form(desk, anna.correction, verdict(annie, "accept"), part="2"))
    assert "A rejection needs a reason" in page
    assert "Changes 1 to 1 of 3" in page
    assert typed_on_part(desk, annie, 2)[0] == "accept"
    assert not Change.objects.exclude(decision="pending").exists()


def test_a_part_that_is_not_there_is_the_nearest(desk: Client, in_parts: list[Change]) -> None:
    for asked, shown in (("9", "3 to 3"), ("x", "1 to 1"), ("0", "1 to 1")):
        assert f"Changes {shown} of 3" in content_of(desk.get(page_of(in_parts[0].correction), {"part": asked}))


# Rows by name, where there are many


def test_of_many_rows_one_is_chosen_by_name(
    desk: Client, author: User, moderator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verdict_forms, "MOST_LISTED", 1)
    ann, bea, cleo = somebody(), somebody("bea", name="Bea"), somebody("other_bea", name="Bea")
    correction = sent(new(Relationship, source=ann, target=bea, kind="ally", revealed_in_id=2), by=author)
    change = correction.changes.get()
    page = desk.get(page_of(correction))
    [(_, form)] = page.context["changes"]
    assert form["value-source"].value() == "Ann"
    offered = page.context["suggestions"]["names-of-character"]
    assert offered == ["Ann", "Bea", "Bea (2)"]
    others = {"source": "ann", "kind": "ally", "certainty": "confirmed", "revealed_in": "2"}
    wrong = content_of(decide_by_form(desk, correction, verdict(change, "accept", **others, target="Zed")))
    assert "Nothing is called “Zed” here" in wrong
    other = ({"Bea", "Bea (2)"} - {form["value-target"].value()}).pop()
    decide_by_form(desk, correction, verdict(change, "accept", **others, target=other))
    relation = Relationship.objects.get()
    assert (relation.source, relation.target) == (ann, cleo)


def test_several_rows_stand_one_in_a_line(
    desk: Client, author: User, moderator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verdict_forms, "MOST_LISTED", 1)
    ann, bea = somebody(), somebody("bea", name="Bea")
    told = Revelation.objects.create(key="r", text="Sings.", revealed_in_id=1)
    correction = sent(set_to(told, "characters", [str(bea.pk)]), by=author)
    change = correction.changes.get()
    [(_, form)] = desk.get(page_of(correction)).context["changes"]
    assert form["value-characters"].value() == "Bea"
    decide_by_form(desk, correction, verdict(change, "accept", characters="Bea\r\nAnn"))
    assert set(told.characters.all()) == {ann, bea}
    change.refresh_from_db()
    assert change.altered


def test_who_may_not_decide_turns_nothing(names: list[Change]) -> None:
    editor = Client()
    editor.force_login(person(role="editor"))
    assert editor.post(address("turn", names[0].correction_id), {"to": "2"}).status_code == 403
    assert status_of(Character.objects.get()).value == "alive"


def as_typed(desk: Client, change: Change, *verdicts: dict[str, Any], **others: Any) -> Any:
    """What the script sends while somebody types: the changes that they touched."""
    by = User.objects.get(pk=desk.session["_auth_user_id"]).get_username()
    typed = {"as": by, "_draft": "", "_keep_draft": "script"} | others
    for each in verdicts:
        typed |= each
    return desk.post(page_of(change.correction), typed)


def test_what_is_typed_outlives_the_window_and_the_session(desk: Client, moderator: User, names: list[Change]) -> None:
    first, second, _ = names
    kept = as_typed(desk, first, verdict(first, "reject", why="No source.")).json()
    assert kept["says"].startswith("Kept as a draft")
    as_typed(desk, first, verdict(second, "accept"), _draft=kept["token"])
    desk.logout()
    again = at_the_desk(moderator)
    assert typed_on(again, first)[:2] == ("reject", "No source.")
    assert typed_on(again, second)[0] == "accept"
    assert typed_on(at_the_desk(person("another", role="moderator")), first)[0] == "leave"
    assert not first.correction.events.exclude(kind="sent").exists()
    page = again.get(page_of(first.correction)).content.decode()
    assert "nothing of it is sent yet" in page
    decide_by_form(again, first.correction)
    first.refresh_from_db()
    assert first.decision == "rejected"
    assert "nothing of it is sent yet" not in again.get(page_of(first.correction)).content.decode()


def test_two_windows_do_not_write_over_each_other(desk: Client, names: list[Change]) -> None:
    first = names[0]
    as_typed(desk, first, verdict(first, "reject", why="No source."))
    answer = as_typed(desk, first, verdict(first, "accept"))  # of a window that was opened before
    assert (answer.status_code, "another window" in answer.json()["problem"]) == (409, True)
    assert typed_on(desk, first)[0] == "reject"


def test_what_is_typed_is_folded_at_an_earlier_episode_and_can_be_thrown_away(
    desk: Client, moderator: User, names: list[Change]
) -> None:
    first = names[0]
    as_typed(desk, first, verdict(first, "reject", why="No source."))
    before = at_the_desk(moderator, episode=2)
    assert typed_on(before, first)[0] == "leave"
    assert typed_on(desk, first)[0] == "reject"
    desk.post(page_of(first.correction), {"_throw_draft_away": "1"})
    assert typed_on(desk, first)[0] == "leave"


def test_what_is_too_long_or_by_somebody_else_is_not_kept_and_said(desk: Client, names: list[Change]) -> None:
    first = names[0]
    answer = as_typed(desk, first, comment="x" * 200_001)
    assert (answer.status_code, "too long" in answer.json()["problem"]) == (409, True)
    answer = as_typed(desk, first, verdict(first, "accept"), **{"as": "another"})
    assert (answer.status_code, "as somebody else" in answer.json()["problem"]) == (409, True)
    assert not FormDraft.objects.exists()
