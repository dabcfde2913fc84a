"""Another key for a subject, with all texts that name it by the key."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from characters.lore.pages.tags import public_id_of_tag
from characters.models import Character, CharacterTag, Revelation, Tag, Term, Trait
from characters.text.slugs import slug_of
from corrections.deciding import DecisionResult
from corrections.models import Change, Correction, Edition
from corrections.undoing import undo
from episodes.models import Episode
from tests.characters.test_admin import change_address
from tests.corrections.desk import at_the_desk, content_of, page_of
from tests.corrections.letters import accepted, sent, set_to, somebody, summary_of
from tests.people import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann(moderator: User) -> Character:
    return somebody()


def renamed(ann: Character, key: str, *, by: User) -> tuple[Correction, DecisionResult]:
    correction = sent(set_to(ann, "key", key), kind=Correction.Kind.EDIT)
    return correction, accepted(correction, by=by)


def texts() -> list[str]:
    traits = Trait.objects.filter(attribute="summary").order_by("value").values_list("value", flat=True)
    return [*traits, *Revelation.objects.values_list("text", flat=True)]


def test_all_texts_name_it_by_the_new_key(ann: Character, moderator: User) -> None:
    bea = somebody("bea", name="Bea")
    summary_of(bea, "With [[ann]], or [[ann|her]], not [[anna]].")
    somebody("anna", name="Anna")
    Revelation.objects.create(key="r", text="[[ann]] sings.", revealed_in_id=1)
    Episode.objects.filter(number=2).update(synopsis="[[ann]] again.")
    _, result = renamed(ann, "ann_b", by=moderator)
    assert not result.failure
    assert texts() == ["With [[ann_b]], or [[ann_b|her]], not [[anna]].", "[[ann_b]] sings."]
    assert Episode.objects.get(number=2).synopsis == "[[ann_b]] again."


def test_it_is_undone_as_one_also_in_what_was_written_since(ann: Character, moderator: User) -> None:
    summary_of(ann, "[[ann]] waits.")
    correction, _ = renamed(ann, "ann_b", by=moderator)
    Trait.objects.filter(attribute="summary").update(value="[[ann_b]] went.")
    assert correction.changes.count() == 1
    accepted(undo(correction, by=moderator), by=person("other", role="moderator"))
    assert texts() == ["[[ann]] went."]


def test_what_waits_and_what_was_published_names_it_by_the_new_key(ann: Character, moderator: User) -> None:
    summary = summary_of(ann, "[[ann]] waits.")
    earlier = sent(set_to(summary, "value", "[[ann]] sleeps."))
    accepted(earlier, by=moderator)
    summary.refresh_from_db()
    waiting = sent(set_to(summary, "value", "[[ann]] dreams."))
    renamed(ann, "ann_b", by=moderator)
    assert earlier.changes.get().became == "[[ann_b]] sleeps."
    assert not accepted(waiting, by=moderator).failure
    assert texts() == ["[[ann_b]] dreams."]
    accepted(undo(earlier, by=moderator), by=person("other", role="moderator"))
    assert texts() == ["[[ann_b]] dreams."]  # changed since, so that the undo is held


def test_a_decision_publishes_the_key_that_came_while_it_waited_for_another(
    ann: Character, moderator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    summary = summary_of(ann, "[[ann]] waits.")
    waiting = sent(set_to(summary, "value", "[[ann]] dreams."))
    begin = Edition.begin

    def begins_after_the_other() -> None:
        monkeypatch.setattr(Edition, "begin", begin)
        renamed(ann, "ann_b", by=person("other", role="moderator"))

    monkeypatch.setattr(Edition, "begin", begins_after_the_other)
    assert not accepted(waiting, by=moderator).failure
    assert texts() == ["[[ann_b]] dreams."]


def test_a_key_that_another_kind_has_is_refused_and_nothing_is_rewritten(ann: Character, moderator: User) -> None:
    summary_of(ann, "[[ann]] waits.")
    Term.objects.create(key="place", revealed_in_id=0)
    _, result = renamed(ann, "place", by=moderator)
    assert "has this key already" in str(result.failure)
    assert texts() == ["[[ann]] waits."]


def test_a_text_that_would_be_too_long_is_named(ann: Character, moderator: User) -> None:
    definition = "[[ann]]" + "x" * (89 - len("ann"))
    Trait.objects.create(character=ann, attribute="definition", value=definition, revealed_in_id=1)
    _, result = renamed(ann, "anna_", by=moderator)
    assert "the value of fact" in str(result.failure)
    assert "at most" in str(result.failure)
    _, result = renamed(ann, "anne", by=moderator)
    assert not result.failure


def test_it_takes_as_many_statements_however_many_texts_there_are(ann: Character, moderator: User) -> None:
    def statements(key: str) -> int:
        correction = sent(set_to(Character.objects.get(pk=ann.pk), "key", key), kind=Correction.Kind.EDIT)
        with CaptureQueriesContext(connection) as captured:
            assert not accepted(correction, by=moderator).failure
        return len(captured)

    Revelation.objects.create(key="r", text="[[ann]] sings.", revealed_in_id=1)
    few = statements("b")
    for number in range(20):
        Revelation.objects.create(key=f"r{number}", text="[[b]] sings.", revealed_in_id=1)
    assert statements("c") <= few


# The page


def address(ann: Character) -> str:
    return change_address(ann, "rename")


def test_a_moderator_looks_and_renames(ann: Character, desk: Client) -> None:
    summary_of(somebody("bea", name="Bea"), "With [[ann]].")
    page = desk.get(address(ann))
    assert "With [[ann]]." in content_of(page)
    assert "Change the key to" not in content_of(page)
    page = desk.post(address(ann), {"key": "ann_b", "do": "look"})
    assert "Change the key to ann_b" in content_of(page)
    assert not Change.objects.exists()
    response = desk.post(address(ann), {"key": "ann_b", "do": "send", "_base": page.context["base"]})
    assert response.status_code == 302
    assert texts() == ["With [[ann_b]]."]


@pytest.mark.parametrize(
    ("key", "message"), [("ann", "already"), ("bea", "Another character"), ("Ann B", "A key is made of")]
)
def test_a_key_that_cannot_be_is_said(ann: Character, desk: Client, key: str, message: str) -> None:
    somebody("bea", name="Bea")
    assert message in content_of(desk.post(address(ann), {"key": key, "do": "send"}))
    assert not Change.objects.exists()


def test_of_two_who_rename_the_second_is_told(ann: Character, desk: Client) -> None:
    first, second = (desk.get(address(ann)).context["base"] for _ in range(2))
    desk.post(address(ann), {"key": "ann_b", "do": "send", "_base": first})
    page = desk.post(address(ann), {"key": "ann_c", "do": "send", "_base": second})
    assert "ann_b" in content_of(page)
    assert Character.objects.get(pk=ann.pk).key == "ann_b"


def test_of_an_editor_it_waits_and_the_desk_says_what_follows(ann: Character, moderator: User, desk: Client) -> None:
    editor = at_the_desk(person(role="editor"))
    editor.post(address(ann), {"key": "ann_b", "do": "send"})
    assert Character.objects.get(pk=ann.pk).key == "ann"
    assert "Texts that name it by the key are rewritten" in content_of(desk.get(page_of(Correction.objects.get())))


def test_texts_of_later_episodes_are_not_listed(ann: Character, moderator: User, halfway: Client) -> None:
    bea = somebody("bea", name="Bea")
    summary_of(bea, "With [[ann]] now.")
    summary_of(bea, "With [[ann]] later.", since=3)
    page = content_of(halfway.get(address(ann)))
    assert "With [[ann]] now." in page
    assert "later." not in page.replace("later episodes", "")
    halfway.post(address(ann), {"key": "ann_b", "do": "send"})
    assert texts() == ["With [[ann_b]] later.", "With [[ann_b]] now."]


# Tags, whose addresses hold their names


def test_the_former_addresses_of_a_tag_lead_on_for_those_who_know_it(moderator: User) -> None:
    tag = Tag.objects.create(name="spy", slug="spy")
    CharacterTag.objects.create(content_object=somebody(), tag=tag, revealed_in_id=2)
    for name in ("agent", "double agent"):
        tag.refresh_from_db()
        new_name = sent(set_to(tag, "name", name), set_to(tag, "slug", slug_of(name)))
        assert accepted(new_name, by=moderator).failure is None
    client = Client()

    def seen(episode: int, path: str) -> Any:
        client.cookies["progress"] = str(episode)
        return client.get(path)

    for former in ("spy", "agent"):
        ids = public_id_of_tag(former), public_id_of_tag("zzznever")
        for path, unknown in (
            (f"/tags/{former}/", "/tags/zzznever/"),
            (f"/t/{ids[0]}/", f"/t/{ids[1]}/"),
            (f"/changes/tags/{ids[0]}/", f"/changes/tags/{ids[1]}/"),
        ):
            response = seen(2, path)
            assert (response.status_code, response["Location"].split("/")[-2]) in (
                (302, "double-agent"),
                (302, public_id_of_tag("double-agent")),
            )
            hidden, miss = seen(1, path), seen(1, unknown)
            assert (hidden.status_code, miss.status_code) == (404, 404)
            assert without_address(hidden, path) == without_address(miss, unknown)


def without_address(response: Any, path: str) -> bytes:
    content = re.sub(rb'name="csrfmiddlewaretoken"[^>]*', b"", response.content)
    return content.replace(path.encode(), b"").replace(path.strip("/").split("/")[-1].encode(), b"")
