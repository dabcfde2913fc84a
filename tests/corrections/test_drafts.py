"""Drafts: what is typed and not sent is kept for whoever typed it, and for nobody else."""

import json
import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from characters.models import Alias, Character, Revelation, Trait
from corrections import drafts, forgetting
from corrections.models import Correction, FormDraft
from corrections.own_data import drafts_of
from episodes.models import Episode
from tests.characters.sheets import a_revelation, as_opened, with_rows
from tests.characters.sheets import address_of as week_of
from tests.characters.test_admin import as_filled_in, change_address, section_address, with_row
from tests.corrections.desk import at_the_desk
from tests.corrections.forms import OWN, fields_of, send_on
from tests.corrections.letters import sent, set_to, somebody, status_of
from tests.people import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor(ann: Character) -> Client:
    return at_the_desk(person(role="editor"), episode=4)


def facts(row: Character) -> str:
    return section_address(row, "facts")


def filled_in(page: Any, **also: Any) -> dict[str, Any]:
    """What a browser sends with the form of a section, with the hidden fields of its draft."""
    state = page.context["draft"]
    hidden = {"_base": page.context["base"], "_draft": state.token, "as": state.owner}
    return as_filled_in(page) | hidden | page.context.get("fields_again", {}) | also


def with_habit(client: Client, row: Character, value: str = "hums", address: str = "") -> dict[str, Any]:
    data = filled_in(client.get(address or facts(row)))
    return with_row(data, "traits", attribute="habit", value=value, revealed_in=2)


def keep(client: Client, address: str, data: dict[str, Any]) -> Any:
    """As the script keeps it."""
    return client.post(address, data | {"_keep_draft": "script"}, headers=OWN)


def text(response: Any) -> str:
    return unescape(response.content.decode())


def offered(response: Any) -> str:
    """Return the address of the draft that a page offers to go on with."""
    found = re.search(r'<a href="([^"]+)">Go on with your draft of \d\d:\d\d</a>', response.content.decode())
    return unescape(found[1]) if found else ""


def value_sent(field: str) -> Any:
    """Return a value of the one row that the one correction adds."""
    values: Any = Correction.objects.get().changes.current().get().after
    return values[field]


# In the admin


def test_what_was_typed_is_offered_and_opens_as_it_was(editor: Client, ann: Character) -> None:
    assert keep(editor, facts(ann), with_habit(editor, ann)).json()["says"].startswith("Kept as a draft at ")
    address = offered(editor.get(facts(ann)))
    assert address.startswith(facts(ann))
    page = editor.get(address)
    assert "This is your draft" in text(page)
    assert "hums" in as_filled_in(page).values()
    assert not Correction.objects.exists()


def test_one_that_is_not_finished_opens_without_complaints(editor: Client, ann: Character) -> None:
    keep(editor, facts(ann), with_habit(editor, ann, value=""))
    page = editor.get(offered(editor.get(facts(ann))))
    assert page.context["errors"] == []
    assert "errornote" not in text(page)
    assert "errorlist" not in text(page)


def test_it_goes_once_it_is_sent(editor: Client, ann: Character) -> None:
    keep(editor, facts(ann), with_habit(editor, ann))
    editor.post(facts(ann), filled_in(editor.get(offered(editor.get(facts(ann))))))
    assert value_sent("value") == "hums"
    assert not FormDraft.objects.exists()
    late = keep(editor, facts(ann), with_habit(editor, ann) | {"_draft": "2026-01-01T00:00:00+00:00"})
    assert "was sent or thrown away" in late.json()["problem"], "a save that was under way does not bring it back"
    assert not FormDraft.objects.exclude(saved_at=None).exists()


def test_it_stays_where_what_is_sent_is_wrong(editor: Client, ann: Character) -> None:
    keep(editor, facts(ann), with_habit(editor, ann, value=""))
    page = editor.post(facts(ann), filled_in(editor.get(offered(editor.get(facts(ann))))))
    assert page.context["errors"]
    assert FormDraft.objects.exists()
    assert not offered(page), "it is in this form already"
    assert keep(editor, facts(ann), filled_in(page)).status_code == 200


def test_it_is_thrown_away(editor: Client, ann: Character) -> None:
    keep(editor, facts(ann), with_habit(editor, ann))
    assert editor.post(facts(ann), {"_throw_draft_away": "1"}).status_code == 303
    assert not offered(editor.get(facts(ann)))
    assert not FormDraft.objects.exists()


def test_the_button_keeps_it_without_a_script(editor: Client, ann: Character) -> None:
    response = editor.post(facts(ann), with_habit(editor, ann) | {"_keep_draft": "1"})
    assert response.status_code == 303
    page = editor.get(response["Location"])
    assert "Kept as a draft; nothing is sent yet." in text(page)
    assert "hums" in as_filled_in(page).values()
    again = editor.post(facts(ann), filled_in(page) | {"_keep_draft": "1"})
    assert again.status_code == 303, "it goes on with its own"
    assert not Correction.objects.exists()


def test_each_form_has_its_own(editor: Client, ann: Character) -> None:
    keep(editor, facts(ann), with_habit(editor, ann))
    assert not offered(editor.get(section_address(ann, "names")))
    assert not offered(editor.get(facts(somebody("bea", name="Bea"))))


def test_nobody_else_is_offered_it(editor: Client, ann: Character) -> None:
    keep(editor, facts(ann), with_habit(editor, ann))
    other = at_the_desk(person("other", role="editor"), episode=4)
    assert not offered(other.get(facts(ann)))
    assert "hums" not in text(other.get(f"{facts(ann)}&draft=open"))
    other.post(facts(ann), {"_throw_draft_away": "1"})
    assert FormDraft.objects.exists()


def test_a_form_that_another_opened_on_this_computer_is_not_kept_as_ones_own(editor: Client, ann: Character) -> None:
    data = with_habit(editor, ann)
    other = at_the_desk(person("other", role="editor"), episode=4)
    answer = keep(other, facts(ann), data)
    assert (answer.status_code, "as somebody else" in answer.json()["problem"]) == (409, True)
    assert not FormDraft.objects.filter(user__username="other").exclude(saved_at=None).exists()


def test_a_lost_session_keeps_nothing_and_the_draft_waits(editor: Client, ann: Character) -> None:
    data = with_habit(editor, ann)
    keep(editor, facts(ann), data)
    assert keep(Client(), facts(ann), data).status_code == 403
    assert FormDraft.objects.count() == 1


def test_it_is_folded_before_the_episode_it_was_written_at(editor: Client, ann: Character) -> None:
    keep(editor, facts(ann), with_habit(editor, ann, value="knows the end"))
    editor.cookies["progress"] = "2"
    page = editor.get(facts(ann))
    assert "wrote at a later point of the show" in text(page)
    assert not offered(page)
    assert "knows the end" not in text(editor.get(f"{facts(ann)}&draft=open"))
    answer = keep(editor, facts(ann), with_habit(editor, ann))
    assert (answer.status_code, "Throw it away first" in answer.json()["problem"]) == (409, True)
    editor.cookies["progress"] = "4"
    assert "knows the end" in text(editor.get(offered(editor.get(facts(ann)))))


def test_an_earlier_one_is_not_written_over_unseen(editor: Client, ann: Character) -> None:
    """As in two windows, or where what was offered is left alone."""
    first, second = with_habit(editor, ann), with_habit(editor, ann, value="sings")
    keep(editor, facts(ann), first)
    assert keep(editor, facts(ann), second).status_code == 409
    page = editor.post(facts(ann), second | {"_keep_draft": "1"})
    assert "there is one already" in text(page)
    assert "sings" in as_filled_in(page).values()
    assert "hums" in text(editor.get(offered(editor.get(facts(ann)))))


def test_what_was_published_since_is_said(editor: Client, ann: Character) -> None:
    keep(editor, facts(ann), with_habit(editor, ann))
    page = editor.get(offered(editor.get(facts(ann))))
    assert "others have changed this" not in text(page)
    Trait.objects.filter(character=ann).update(value="missing")
    page = editor.get(offered(editor.get(facts(ann))))
    assert "others have changed this" in text(page)
    assert "it was “alive” and is “missing” now" in text(page)
    editor.post(facts(ann), filled_in(page))
    assert value_sent("value") == "hums"


def test_a_row_that_is_gone_is_said(editor: Client, ann: Character) -> None:
    keep(editor, facts(ann), with_habit(editor, ann))
    Trait.objects.filter(character=ann).delete()
    page = editor.get(offered(editor.get(facts(ann))))
    assert "was changed or removed meanwhile" in text(page)
    assert "hums" in text(page)


def test_what_a_form_is_about_is_kept_along(editor: Client, ann: Character) -> None:
    """A waiting change that was opened again, left as a draft, and sent after that replaces what waited."""
    editor.post(facts(ann), with_habit(editor, ann))
    [(_, address)] = editor.get(facts(ann)).context["own_waiting"]
    data = {name: "sings" if value == "hums" else value for name, value in filled_in(editor.get(address)).items()}
    keep(editor, facts(ann), data)
    editor.post(facts(ann), filled_in(editor.get(offered(editor.get(facts(ann))))))
    assert value_sent("value") == "sings"


def test_what_must_not_be_kept_is_left_out(editor: Client, ann: Character) -> None:
    data = with_habit(editor, ann) | {
        "old_password": "secret",
        "nothing_here": "x",
        "csrfmiddlewaretoken": "t",
        "a": "\0b",
    }
    keep(editor, facts(ann), data)
    values = FormDraft.objects.get().values
    assert not {"old_password", "nothing_here", "csrfmiddlewaretoken", "_draft", "as", "_keep_draft"} & values.keys()
    assert values["a"] == ["b"]


def test_one_that_is_too_long_is_refused_and_stays_in_the_form(
    editor: Client, ann: Character, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = with_habit(editor, ann)
    monkeypatch.setattr(drafts, "MOST_BYTES", 100)
    page = editor.post(facts(ann), data | {"_keep_draft": "1"})
    assert "too long to be kept" in text(page)
    assert "hums" in as_filled_in(page).values()
    assert not FormDraft.objects.exclude(saved_at=None).exists()


def test_the_oldest_makes_room(editor: Client, ann: Character, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drafts, "MOST_DRAFTS", 2)
    others = [somebody(key, name=key.title()) for key in ("bea", "cid")]
    for row in (ann, *others):
        keep(editor, facts(row), with_habit(editor, row))
    assert [bool(offered(editor.get(facts(row)))) for row in (ann, *others)] == [False, True, True]


def test_who_may_not_fill_in_a_form_keeps_nothing(editor: Client, ann: Character) -> None:
    data = with_habit(editor, ann)
    reader = at_the_desk(person("reader", is_staff=True), episode=4)
    assert keep(reader, facts(ann), data | {"as": "reader"}).status_code == 403
    assert not FormDraft.objects.filter(user__username="reader").exists()


def test_a_form_of_a_new_row_and_one_without_sections(editor: Client, ann: Character) -> None:
    row = Revelation.objects.create(key="r", text="[[ann]] runs.", revealed_in_id=2)
    for address in (change_address(row), "/admin/characters/revelation/add/"):
        data = filled_in(editor.get(address)) | {"text": "[[ann]] hides."}
        assert keep(editor, address, data).status_code == 200
        assert "[[ann]] hides." in text(editor.get(offered(editor.get(address))))


def test_a_draft_of_what_is_not_there_is_a_miss(editor: Client, ann: Character) -> None:
    hidden = somebody("zed", name="Zed", since=4)
    data = with_habit(editor, ann)
    editor.cookies["progress"] = "2"
    gone = facts(hidden).replace(str(hidden.pk), "00000000-0000-4000-8000-000000000000")
    answers = [keep(editor, address, data) for address in (facts(hidden), gone)]
    assert {answer.status_code for answer in answers} == {302}
    assert not FormDraft.objects.exclude(saved_at=None).exists()


# The week of an episode


def test_the_week_of_an_episode(editor: Client, ann: Character) -> None:
    address = week_of(3)
    page = editor.get(address)
    data = with_rows(as_opened(page), revelations=[a_revelation("[[ann]] runs."), a_revelation("")])
    data |= {"_draft": page.context["draft"].token, "as": "editor", "episode-title": "The Run"}
    assert keep(editor, address, data).status_code == 200
    page = editor.get(offered(editor.get(address)))
    assert "[[ann]] runs." in text(page)
    assert "Nothing is saved yet" not in text(page)
    assert "errorlist" not in text(page)
    assert "others have changed this" not in text(page)
    Episode.objects.filter(number=3).update(title="Another")
    page = editor.get(offered(editor.get(address)))
    assert "is “Another” now" in text(page)
    again = as_opened(page) | {"_draft": page.context["draft"].token, "as": "editor"}
    editor.post(address, again)  # the title is asked about once more
    assert FormDraft.objects.exists()


def test_the_week_of_an_episode_that_is_not_there_yet(ann: Character) -> None:
    address = week_of(5)
    moderator = at_the_desk(person(role="moderator"), episode=4)
    page = moderator.get(address)
    data = as_opened(page) | {"as": "moderator", "_draft": "", "episode-title": "The Run"}
    response = moderator.post(address, data | {"_keep_draft": "1"})
    page = moderator.get(response["Location"])
    assert "The Run" in text(page)
    moderator.post(address, as_opened(page) | {"as": "moderator", "_draft": page.context["draft"].token})
    assert Episode.objects.get(number=5).title == "The Run"
    assert not FormDraft.objects.exists()


# Who else


def beat(client: Client, address: str, name: str) -> Any:
    return client.post(address, {"_form_is_open": "1", "as": name})


def test_who_else_has_a_form_open_is_said(editor: Client, ann: Character) -> None:
    ada = at_the_desk(person("ada", role="editor"), episode=4)
    assert beat(ada, facts(ann), "ada").json() == {"others": ""}
    assert "ada has this form open (just now)." in text(editor.get(facts(ann)))
    assert beat(editor, facts(ann), "editor").json() == {"others": "ada has this form open (just now)."}
    FormDraft.objects.filter(user__username="ada").update(seen_at=timezone.now() - timedelta(minutes=2, seconds=5))
    assert "ada has this form open (2\xa0minutes ago)." in text(editor.get(facts(ann)))
    FormDraft.objects.filter(user__username="ada").update(seen_at=timezone.now() - timedelta(minutes=11))
    assert "ada" not in text(editor.get(facts(ann)))
    assert (
        "open" not in text(editor.get(section_address(ann, "names"))).partition("data-others")[2].partition("</p>")[0]
    )


def test_who_else_adds_something_is_not_said(editor: Client) -> None:
    ada, address = at_the_desk(person("ada", role="editor"), episode=4), reverse("admin:characters_tag_add")
    beat(ada, address, "ada")
    assert "ada" not in text(editor.get(address))
    assert beat(editor, address, "editor").json() == {"others": ""}


def test_without_a_script_it_is_said_by_the_draft(editor: Client, ann: Character) -> None:
    ada = at_the_desk(person("ada", role="editor"), episode=4)
    ada.post(facts(ann), with_habit(ada, ann) | {"_keep_draft": "1"})
    assert "ada has this form open" in text(editor.get(facts(ann)))
    ada.post(facts(ann), filled_in(ada.get(offered(ada.get(facts(ann))))))
    assert "ada has this form open" not in text(editor.get(facts(ann))), "it was sent"


def test_nobody_is_named_whose_work_or_name_is_of_a_later_episode(editor: Client, ann: Character) -> None:
    ada = at_the_desk(person("ada", role="editor"), episode=4)
    beat(ada, facts(ann), "ada")
    editor.cookies["progress"] = "2"
    assert "Somebody else has this form open (just now)." in text(editor.get(facts(ann)))
    assert "ada has" not in text(editor.get(facts(ann)))
    FormDraft.objects.update(episode=2)
    assert "ada has this form open" in text(editor.get(facts(ann)))
    Alias.objects.create(character=ann, name="Ada", revealed_in_id=4)
    assert "Somebody else has this form open" in text(editor.get(facts(ann)))


# The public form


def public_form(row: Character, query: str = "") -> str:
    return f"/corrections/new/characters/{row.public_id}/{query}"


@pytest.fixture
def reader(ann: Character) -> Client:
    return at_the_desk(person("reader"), episode=3)


def begun(client: Client, row: Character, query: str = "", **typed: str) -> dict[str, Any]:
    return fields_of(client.get(public_form(row, query or f"?row={status_of(row).pk}&add=alias"))) | typed


def test_a_contributors_form_is_kept_for_who_is_signed_in(reader: Client, ann: Character) -> None:
    data = begun(reader, ann, reason="It is so.", **{"new0-name": "Annie", "nothing_here": ""})
    assert keep(reader, public_form(ann), data).status_code == 200
    page = reader.get(public_form(ann))
    assert offered(page) == public_form(ann, "?draft=open")
    page = reader.get(offered(page))
    assert fields_of(page)["new0-name"] == ["Annie"]
    assert fields_of(page)["reason"] == ["It is so."]
    assert "Not sent yet" not in text(page)
    assert reader.post(public_form(ann, "?draft=open"), fields_of(page), headers=OWN).status_code == 303
    assert value_sent("name") == "Annie"
    assert not FormDraft.objects.exists()


def test_a_contributor_is_not_told_who_else_has_a_form_open(reader: Client, ann: Character) -> None:
    ada = at_the_desk(person("ada"), episode=3)
    keep(ada, public_form(ann), begun(ada, ann))
    assert keep(reader, public_form(ann), begun(reader, ann)).json()["others"] == ""
    for address in (public_form(ann), public_form(ann, "?own-words"), reverse("propose-character")):
        ada.post(address, {"_form_is_open": "1", "as": "ada"}, headers=OWN)
        beats = reader.post(address, {"_form_is_open": "1", "as": "reader"}, headers=OWN)
        assert beats.json() == {"others": ""}


def test_the_button_of_the_public_form(reader: Client, ann: Character) -> None:
    data = begun(reader, ann, **{"new0-name": "Annie"})
    response = reader.post(public_form(ann), data | {"_keep_draft": "1"}, headers=OWN)
    page = reader.get(response["Location"])
    assert "Kept as a draft; nothing is sent yet." in text(page)
    assert fields_of(page)["new0-name"] == ["Annie"]
    assert reader.post(public_form(ann), {"_throw_draft_away": "1"}, headers=OWN).status_code == 303
    assert not FormDraft.objects.exists()


def test_a_note_is_kept_beside_the_rest_of_its_form(reader: Client, ann: Character) -> None:
    data = begun(reader, ann, **{"new0-name": "Annie"})
    keep(reader, public_form(ann), data)
    own_words = public_form(ann, "?own-words")
    typed = {"note": "Her name is wrong.", "evidence_url": "", "page": "/graph/", "as": "reader", "_draft": ""}
    assert keep(reader, own_words, typed).status_code == 200
    page = reader.get(public_form(ann))
    assert "You have a draft of this form" in text(page)
    assert "You have a draft of this note" in text(page)
    assert "Her name is wrong." not in text(page)
    opened = reader.get(public_form(ann, "?own-words&draft=open"))
    assert "Her name is wrong.</textarea>" in text(opened)
    assert 'name="page" value="/graph/"' in text(opened)
    assert "You have a draft of this form" in text(opened)
    token = re.search(r'name="_draft" value="([^"]+)" data-draft="[^"]*own-words"', text(opened))
    assert token
    by_button = reader.post(own_words, typed | {"_draft": token[1], "_keep_draft": "1"}, headers=OWN)
    assert "Kept as a draft; nothing is sent yet." in text(reader.get(by_button["Location"]))
    reader.cookies["progress"] = "2"
    assert "Her name is wrong." not in text(reader.get(public_form(ann, "?own-words&draft=open")))
    reader.cookies["progress"] = "3"
    assert reader.post(public_form(ann), typed | {"note": "Hers."}, headers=OWN).status_code == 303
    assert (Correction.objects.get().kind, FormDraft.objects.get().address) == ("note", public_form(ann))
    keep(reader, own_words, typed)
    assert reader.post(own_words, {"_throw_draft_away": "1"}, headers=OWN).status_code == 303
    assert FormDraft.objects.get().address == public_form(ann)
    lost = at_the_desk(None, episode=3).post(own_words, typed | {"_keep_draft": "1"}, headers=OWN)
    assert "you are signed out" in text(lost)
    assert "Her name is wrong.</textarea>" in text(lost)


def test_somebody_missing_is_kept(reader: Client, ann: Character) -> None:
    address = reverse("propose-character")
    typed = {"name": "", "definition": "Clerk of the council", "reason": "Seen.", "as": "reader", "_draft": ""}
    assert keep(reader, address, typed).status_code == 200
    page = reader.get(offered(reader.get(address)))
    assert "Not sent yet" not in text(page)
    assert "errorlist" not in text(page)
    sent_on = fields_of(page)
    assert (sent_on["definition"], sent_on["reason"]) == (["Clerk of the council"], ["Seen."])
    assert reader.post(address, sent_on, headers=OWN).status_code == 422
    assert FormDraft.objects.exists()
    too_late = reader.post(address, sent_on | {"_draft": "x", "_keep_draft": "1"}, headers=OWN)
    assert "Clerk of the council" in text(too_late)
    assert "Nothing was kept as a draft" in text(too_late)
    assert reader.post(address, sent_on | {"name": "Oren"}, headers=OWN).status_code == 303
    assert not FormDraft.objects.exists()
    again = f"/corrections/{Correction.objects.get().pk}/again/"
    keep(reader, again, fields_of(reader.get(again)) | {"name": "Orin"})
    reopened = reader.get(offered(reader.get(again)))
    assert fields_of(reopened)["name"] == ["Orin"]
    assert reader.post(again, fields_of(reopened), headers=OWN).status_code == 303
    assert Alias.objects.count() == 1
    name: Any = Correction.objects.get().changes.current().get(model="characters.alias").after
    assert name["name"] == "Orin"


def test_another_site_keeps_and_throws_away_nothing(reader: Client, ann: Character) -> None:
    data = begun(reader, ann)
    keep(reader, public_form(ann), data)
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    assert reader.post(public_form(ann), {"_throw_draft_away": "1"}, headers=elsewhere).status_code == 403
    assert reader.post(public_form(ann), data | {"_keep_draft": "1"}, headers=elsewhere).status_code == 403
    assert FormDraft.objects.count() == 1


def test_what_was_changed_since_is_said_at_its_row(reader: Client, ann: Character) -> None:
    row = status_of(ann)
    keep(reader, public_form(ann), begun(reader, ann, **{f"{row.pk}-value": "dead"}))
    Trait.objects.filter(pk=row.pk).update(value="missing")
    page = reader.get(offered(reader.get(public_form(ann))))
    assert fields_of(page)[f"{row.pk}-value"] == ["dead"]
    assert "is now:</strong> missing" in text(page)


def test_a_contributors_draft_is_folded_at_an_earlier_episode(reader: Client, ann: Character) -> None:
    keep(reader, public_form(ann), begun(reader, ann, **{"new0-name": "Annie the Late"}))
    reader.cookies["progress"] = "2"
    page = reader.get(public_form(ann))
    assert "at a different point of the show" in text(page)
    assert not offered(page)
    assert "Annie the Late" not in text(reader.get(public_form(ann, "?draft=open")))
    reader.cookies["progress"] = "4"
    assert offered(reader.get(public_form(ann)))


def test_one_of_a_correction_that_was_sent_is_for_its_own_episode_alone(reader: Client, ann: Character) -> None:
    """What is in that form follows from the episode, and what is left out of it stays as it was."""
    send_on(reader, public_form(ann), reader.get(public_form(ann, "?add=alias")), new0__name="Annie")
    address = f"/corrections/{Correction.objects.get().pk}/again/"
    data = fields_of(reader.get(address)) | {"new0-name": ["Anna"]}
    keep(reader, address, data)
    reader.cookies["progress"] = "4"
    assert not offered(reader.get(address))
    reader.cookies["progress"] = "3"
    page = reader.get(offered(reader.get(address)))
    assert reader.post(address, fields_of(page), headers=OWN).status_code == 303
    assert value_sent("name") == "Anna"


def test_a_lost_session_in_the_public_form_says_so_and_keeps_what_was_typed(reader: Client, ann: Character) -> None:
    data = begun(reader, ann, **{"new0-name": "Annie"})
    nameless = at_the_desk(None, episode=3)
    assert keep(nameless, public_form(ann), data).status_code == 409
    page = nameless.post(public_form(ann), data | {"_keep_draft": "1"}, headers=OWN)
    assert "you are signed out" in text(page)
    assert fields_of(page)["new0-name"] == ["Annie"]
    assert not FormDraft.objects.exists()


def test_the_nameless_form_says_nothing_of_drafts_on_the_server(reader: Client, ann: Character) -> None:
    keep(reader, public_form(ann), begun(reader, ann))
    page = text(at_the_desk(None, episode=3).get(public_form(ann, "?add=alias&draft=open")))
    assert "Keep as a draft" not in page
    assert "_draft" not in page
    assert 'data-draft-here data-episode="3" hidden' in page


# What is kept about people


def test_old_drafts_are_forgotten(editor: Client, ann: Character) -> None:
    bea = somebody("bea", name="Bea")
    keep(editor, facts(ann), with_habit(editor, ann))
    keep(editor, facts(bea), with_habit(editor, bea))
    beat(editor, section_address(ann, "names"), "editor")
    FormDraft.objects.filter(address=facts(ann)).update(saved_at=timezone.now() - forgetting.DRAFTS_AFTER)
    FormDraft.objects.filter(saved_at=None).update(seen_at=timezone.now() - timedelta(days=1))
    call_command("forget", verbosity=0)
    assert [draft.address for draft in FormDraft.objects.all()] == [facts(bea)]


def test_they_are_in_the_file_of_ones_own_data(editor: Client, ann: Character) -> None:
    keep(editor, facts(ann), with_habit(editor, ann))
    user = FormDraft.objects.get().user
    [mine] = drafts_of(user)
    assert (mine["form"], mine["episode"]) == (facts(ann), 4)
    assert ["hums"] in mine["typed"].values()
    assert "_base" not in json.dumps(mine["typed"])
    assert drafts_of(person("other")) == []


def test_they_go_with_the_account(reader: Client, ann: Character) -> None:
    keep(reader, public_form(ann), begun(reader, ann))
    sent(
        set_to(status_of(ann), "value", "dead"), by=FormDraft.objects.get().user
    )  # so that the account is kept by another name
    reader.post("/accounts/reauthenticate/?next=/accounts/delete/", {"password": "a-long-and-quite-odd-one"})
    reader.post("/accounts/delete/", {"sure": "yes", "password": "a-long-and-quite-odd-one"})
    assert not FormDraft.objects.exists()
