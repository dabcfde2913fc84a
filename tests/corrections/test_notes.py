"""What readers say in their own words, and what moderators make of it."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client
from django.utils import timezone

from characters.models import Alias, Character, Relationship, Revelation, Trait
from corrections import blocking, holding, notes
from corrections.deciding import publish
from corrections.errors import Refused
from corrections.letter import Letter
from corrections.models import Correction, Event, State
from corrections.sending import MOST_AN_HOUR, Place, Sender, send_note
from corrections.undoing import undo
from episodes.models import Episode
from tests.characters.test_admin import as_filled_in, section_address
from tests.corrections.desk import QUEUE, address, at_the_desk, content_of, in_bulk, page_of
from tests.corrections.forms import OWN
from tests.corrections.letters import accepted, sent, set_to, somebody
from tests.people import person
from tests.visitors import at

pytestmark = pytest.mark.django_db
REPORTS = "/corrections/too-much/"


@pytest.fixture
def ann(db: None) -> Character:
    for number in range(6):
        Episode.objects.create(number=number, title=f"Title {number}" if number else "")
    return somebody()


@pytest.fixture
def moderator(ann: Character) -> User:
    return person("judge", role="moderator")


@pytest.fixture
def contributor(ann: Character) -> User:
    return person(role="contributor")


def form_of(character: Character) -> str:
    return f"/corrections/new/characters/{character.public_id}/"


def page_of_character(character: Character, name: str = "ann") -> str:
    return f"/characters/{character.public_id}/{name}/"


def note(client: Client, character: Character, text: str = "Her name is wrong.", **also: str) -> Any:
    return client.post(form_of(character), {"note": text} | also, headers=OWN)


def report(client: Client, page: str, **also: str) -> Any:
    return client.post(REPORTS, {"page": page} | also, headers=OWN)


def noted(character: Character, *, by: User | None = None, episode: int = 2, kind: str = "note") -> Correction:
    place = Place(page_of_character(character), (f"characters.character:{character.pk}",), episode)
    return send_note(Letter("It is wrong."), place, sender=Sender(by), kind=Correction.Kind(kind))


def dead(form: Any) -> dict[str, Any]:
    """Return the form of her facts as a browser sends it, with another status."""
    data = as_filled_in(form) | {"_base": form.context["base"]}
    return data | {name: "dead" for name, value in data.items() if name.endswith("-value") and value == "alive"}


# A note


def test_a_note_is_a_line_and_waits_with_a_receipt(ann: Character) -> None:
    reader = at(2)
    assert "Say it in your own words" in reader.get(form_of(ann)).content.decode()
    response = note(reader, ann, evidence_url="example.org/a")
    assert response.status_code == 303
    kept = Correction.objects.get()
    assert (kept.kind, kept.state, kept.reason, kept.evidence_url) == (
        "note", "open", "Her name is wrong.", "https://example.org/a",
    )  # fmt: skip
    assert (kept.about, kept.revealed_in, kept.sent_in) == ([f"characters.character:{ann.pk}"], 2, 2)
    receipt = reader.get(response["Location"]).content.decode()
    assert "Your note" in receipt
    assert "Her name is wrong." in receipt
    assert "What you asked for" not in receipt
    earlier = at(1).get(response["Location"]).content.decode()
    assert "Her name is wrong." not in earlier
    assert "This is about episode 2" in earlier


def test_a_page_without_a_form_of_its_own_is_named_by_the_note(ann: Character) -> None:
    form = "/corrections/new/episodes/2/?page=/graph/"
    assert '<input type="hidden" name="page" value="/graph/"' in at(2).get(form).content.decode()
    at(2).post("/corrections/new/episodes/2/", {"note": "A line is missing.", "page": "/graph/"}, headers=OWN)
    assert (Correction.objects.get().page, Correction.objects.get().about) == ("/graph/", [])


@pytest.mark.parametrize(
    "elsewhere",
    ["//example.org/", "https://example.org/", "/admin/", "/corrections/receipt/secret/", "/nowhere/", "x", "/\n/"],
)
def test_no_other_address_is_kept(ann: Character, elsewhere: str) -> None:
    note(at(2), ann, page=elsewhere)
    assert Correction.objects.get().page.startswith(f"/c/{ann.public_id}/")
    assert report(at(2), elsewhere).status_code == 200
    assert Correction.objects.count() == 1


def test_what_was_written_stays_when_something_is_wrong(ann: Character) -> None:
    response = note(at(2), ann, "x" * 2001, evidence_url="no address at all")
    assert response.status_code == 422
    assert "x" * 2001 in response.content.decode()
    assert "no address at all" in response.content.decode()
    assert note(at(2), ann, "").status_code == 422
    assert at(2).post(form_of(ann), {"note": "Hello"}, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert not Correction.objects.exists()


def test_programs_are_sent_away_with_thanks(ann: Character) -> None:
    assert note(at(2), ann, nothing_here="cheap").status_code == 303
    assert report(at(2), page_of_character(ann), nothing_here="cheap").status_code == 303
    assert not Correction.objects.exists()


def test_notes_and_reports_count_for_the_limits(ann: Character) -> None:
    for _ in range(MOST_AN_HOUR - 1):
        noted(ann, kind="note", by=None)
    Correction.objects.update(sender=Sender(address="127.0.0.1").address_hash)
    assert note(at(2), ann).status_code == 303
    refused = report(at(2), page_of_character(ann), note="The twist.")
    assert refused.status_code == 429
    assert "The twist." in refused.content.decode()


def test_whoever_is_blocked_sends_no_note(ann: Character, contributor: User, moderator: User) -> None:
    blocking.block(user=contributor, senders=set(), reason="Enough.", until=None, by=moderator)
    response = note(at(2, contributor), ann)
    assert response.status_code == 403
    assert "Enough." in response.content.decode()


def test_a_page_that_is_not_known_yet_is_as_good_as_none(ann: Character) -> None:
    bea = somebody("bea", name="Bea", since=4)
    hidden, nowhere = page_of_character(bea, "x"), "/characters/zzzzzzzzzzzz/x/"
    answers = []
    for page in (hidden, nowhere):
        response = report(at(2), page)
        shown = at(2).get(response["Location"]).content.decode()
        answers.append(re.sub(r"receipt/[\w-]+|\d\d:\d\d(:\d\d)?", "", shown.replace(page, "PAGE")))
    assert answers[0] == answers[1]
    assert [each.about for each in Correction.objects.all()] == [[], []]


# At the desk


def test_a_moderator_closes_it_with_a_reason_that_its_sender_reads(
    ann: Character, moderator: User, contributor: User, django_capture_on_commit_callbacks: Any
) -> None:
    sent_note = noted(ann, by=contributor)
    desk = at_the_desk(moderator)
    assert "It is wrong." in content_of(desk.get(QUEUE))
    page = content_of(desk.get(page_of(sent_note)))
    assert "It is wrong." in page
    form = {"version": sent_note.version, "do": "close"}
    assert notes.REASON_NEEDED in desk.post(page_of(sent_note), form).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        desk.post(page_of(sent_note), form | {"comment": "She is called so in the credits."})
    sent_note.refresh_from_db()
    assert (sent_note.state, sent_note.decided_by) == (State.REJECTED, moderator)
    read = at(2, contributor).get(f"/corrections/{sent_note.pk}/").content.decode()
    assert "Closed without a change" in read
    assert "She is called so in the credits." in read
    assert "at a note of yours" in mail.outbox[-1].body
    assert "credits" not in mail.outbox[-1].body


def test_a_note_of_a_later_episode_is_folded(ann: Character, moderator: User) -> None:
    late = noted(ann, episode=5)
    desk = at_the_desk(moderator, episode=3)
    assert "It is wrong." not in content_of(desk.get(QUEUE))
    assert "It is wrong." not in content_of(desk.get(page_of(late)))
    assert "It is wrong." in content_of(at_the_desk(moderator, episode=5).get(page_of(late)))


def test_what_is_saved_for_a_note_closes_it(ann: Character, moderator: User, contributor: User) -> None:
    sent_note = noted(ann, by=contributor)
    desk = at_the_desk(moderator, episode=5)
    response = desk.post(address("change_for", sent_note.pk))
    assert response["Location"] == f"/admin/characters/character/{ann.pk}/change/"
    form = section_address(ann, "facts")
    shown = desk.get(form)
    assert f'name="_answers" value="{sent_note.pk}" checked' in shown.content.decode()
    desk.post(form, dead(shown) | {"_answers": str(sent_note.pk)})
    change = Correction.objects.get(kind="edit")
    sent_note.refresh_from_db()
    assert (change.note, change.state, sent_note.state) == (sent_note, State.ACCEPTED, State.ACCEPTED)
    read = at(2, contributor).get(f"/corrections/{sent_note.pk}/").content.decode()
    assert "Dealt with" in read
    assert "published a change for it" in read
    assert "_answers" not in desk.get(form).content.decode()


def test_what_is_saved_with_the_box_unticked_is_for_no_note(ann: Character, moderator: User) -> None:
    sent_note = noted(ann)
    desk = at_the_desk(moderator, episode=5)
    desk.post(address("change_for", sent_note.pk))
    form = section_address(ann, "facts")
    desk.post(form, dead(desk.get(form)))
    assert Correction.objects.get(kind="edit").note is None
    assert Correction.objects.get(kind="note").is_undecided


def test_accepting_several_leaves_notes_and_rejecting_closes_them(ann: Character, moderator: User) -> None:
    sent_note = noted(ann)
    desk = at_the_desk(moderator)
    desk.post(QUEUE, in_bulk(desk, "accept_selected", sent_note))
    sent_note.refresh_from_db()
    assert sent_note.state == State.OPEN
    desk.post(QUEUE, in_bulk(desk, "reject_selected", sent_note, why="Spam."))
    sent_note.refresh_from_db()
    assert sent_note.state == State.REJECTED


def test_nobody_closes_their_own_note(ann: Character, moderator: User) -> None:
    own = noted(ann, by=moderator)
    with pytest.raises(Refused, match="your own"):
        notes.close(own, by=moderator, version=own.version, dealt_with=True, words="")
    with pytest.raises(Refused, match="Only moderators"):
        notes.close(own, by=person(role="editor"), version=own.version, dealt_with=True, words="")


# This told me too much


def test_one_click_reports_a_page(ann: Character) -> None:
    reader, page = at(3), page_of_character(ann)
    assert (
        f'action="{REPORTS}" method="post"><button class="copy" name="page" value="{page}">'
        in reader.get(page).content.decode()
    )
    response = report(reader, page)
    assert response.status_code == 303
    kept = Correction.objects.get()
    assert (kept.kind, kept.page, kept.sent_in, kept.about) == ("report", page, 3, [f"characters.character:{ann.pk}"])
    after = reader.get(response["Location"]).content.decode()
    assert "What told it?" in after
    reader.post(f"{response['Location']}answer/", {"text": "The picture."}, headers=OWN)
    assert "The picture." in reader.get(response["Location"]).content.decode()


def test_a_page_of_an_earlier_episode_is_reported_at_that_episode(ann: Character) -> None:
    report(at(3), f"{page_of_character(ann)}?as_of=1")
    report(at(3), f"{page_of_character(ann)}?as_of=5")
    assert set(Correction.objects.values_list("sent_in", flat=True)) == {1, 3}


def test_another_site_reports_nothing(ann: Character) -> None:
    response = at(3).post(REPORTS, {"page": "/"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert response.status_code == 403
    assert not Correction.objects.exists()


def test_reports_come_first_and_their_median_time_is_shown(ann: Character, moderator: User) -> None:
    first = noted(ann)
    late = noted(ann, kind="report")
    desk = at_the_desk(moderator)
    listed = content_of(desk.get(QUEUE))
    assert listed.index(page_of(late)) < listed.index(page_of(first))
    assert re.search(rf'<a href="{page_of(late)}[^"]*">\W?Ann\W?</a>', listed)
    assert desk.post(address("next"))["Location"] == page_of(late)
    notes.close(late, by=moderator, version=late.version, dealt_with=True, words="")
    Correction.objects.filter(pk=late.pk).update(created_at=timezone.now() - timedelta(hours=7, minutes=5))
    assert "Reports that a page told too much took <strong>7 hours</strong>" in content_of(desk.get(QUEUE))
    assert "Lately that took 7 hours" in at(2).get(f"{REPORTS}?page=/").content.decode()
    assert "Lately" not in at(1).get(f"{REPORTS}?page=/").content.decode()


def newly_told(ann: Character) -> tuple[Trait, Revelation]:
    summary = Trait.objects.create(character=ann, attribute="summary", value="She is Bea.", revealed_in_id=3)
    revelation = Revelation.objects.create(
        key="she", text="Ann is Bea.", certainty="confirmed", revealed_in_id=3, position=1
    )
    revelation.characters.add(ann)
    return summary, revelation


def held_back(report: Correction, *, by: User) -> holding.Held:
    everything = {holding.reference_of(each) for each in holding.newly_shown(report)}
    return holding.hold(report, by=by, chosen=everything)


def test_one_click_holds_back_what_a_page_newly_shows(ann: Character, moderator: User) -> None:
    summary, revelation = newly_told(ann)
    older = Alias.objects.get()
    told = noted(ann, episode=3, kind="report")
    assert "Ann is Bea." in at(3).get(page_of_character(ann)).content.decode()
    desk = at_the_desk(moderator, episode=5)
    ticked = [f"characters.{row._meta.model_name}:{row.pk}" for row in (summary, revelation)]
    looked_at = desk.get(page_of(told)).content.decode()
    assert "Hold back what is new there" in looked_at
    assert sorted(re.findall(r'name="row" value="([^"]+)" checked', looked_at)) == sorted(ticked)
    page = content_of(desk.post(address("hold", told.pk), {"row": ticked}, follow=True))
    for row in (summary, revelation, older):
        row.refresh_from_db()
    assert (summary.revealed_in_id, revelation.revealed_in_id, older.revealed_in_id) == (4, 4, 1)
    assert "Ann is Bea." in page
    shown = at(3).get(page_of_character(ann)).content.decode()
    assert "Ann is Bea." not in shown
    assert "She is Bea." not in shown
    assert "Ann is Bea." in at(4).get(page_of_character(ann)).content.decode()
    told.refresh_from_db()
    assert told.is_undecided
    assert Event.objects.filter(correction=told, kind=Event.Kind.HELD).exists()
    with pytest.raises(Refused, match="held back already"):
        held_back(told, by=moderator)
    (held,) = holding.holds_of(told)
    publish(undo(held, by=moderator), by=moderator)
    summary.refresh_from_db()
    assert summary.revealed_in_id == 3
    assert holding.holds_of(told) == []
    assert told.is_undecided


def test_what_is_not_ticked_stays(ann: Character, moderator: User) -> None:
    summary, revelation = newly_told(ann)
    told, desk = noted(ann, episode=3, kind="report"), at_the_desk(moderator, episode=5)
    earlier = Alias.objects.get()
    for ticked in ([], [f"characters.alias:{earlier.pk}"], ["nothing"]):
        refused = desk.post(address("hold", told.pk), {"row": ticked}, follow=True)
        assert "none of the rows" in refused.content.decode()
    desk.post(address("hold", told.pk), {"row": [f"characters.trait:{summary.pk}"]})
    for row in (summary, revelation, earlier):
        row.refresh_from_db()
    assert (summary.revealed_in_id, revelation.revealed_in_id, earlier.revealed_in_id) == (4, 3, 1)


def test_who_holds_back_learns_nothing_of_what_comes_next(ann: Character, moderator: User) -> None:
    """The correction that holds it back is of the next episode, and what is held may be rewritten for that."""
    summary, _ = newly_told(ann)
    Alias.objects.create(character=ann, name="Queen Mab", headline=True, revealed_in_id=4)
    told, desk = noted(ann, episode=3, kind="report"), at_the_desk(moderator, episode=3)
    desk.post(address("hold", told.pk), {"row": [f"characters.trait:{summary.pk}"]})
    (hold,) = holding.holds_of(told)
    accepted(sent(set_to(Trait.objects.get(pk=summary.pk), "value", "She dies.")), by=person("other", role="moderator"))
    assert "fact, changed since" in content_of(desk.get(page_of(told)))
    for page in (page_of(told), page_of(hold), f"{QUEUE}?state=all"):
        shown = content_of(desk.get(page))
        assert "Mab" not in shown
        assert "She dies" not in shown
    assert "Mab" not in content_of(desk.post(address("undo", hold.pk), follow=True))


def test_what_is_held_back_has_not_changed_where_a_change_was_undone(ann: Character, moderator: User) -> None:
    summary, _ = newly_told(ann)
    told, desk = noted(ann, episode=3, kind="report"), at_the_desk(moderator, episode=5)
    held_back(told, by=moderator)
    rewritten = sent(set_to(Trait.objects.get(pk=summary.pk), "value", "She dies."))
    accepted(rewritten, by=moderator)
    assert "fact, changed since" in content_of(desk.get(page_of(told)))
    publish(undo(rewritten, by=moderator), by=moderator)
    page = content_of(desk.get(page_of(told)))
    assert "changed since" not in page
    assert summary.value in page
    rewritten = sent(set_to(Trait.objects.get(pk=summary.pk), "value", "She lives."))
    accepted(rewritten, by=moderator)
    judge = person("other", role="moderator")
    accepted(undo(rewritten, by=moderator), by=judge, final="She dies.", altered=True)
    page = content_of(desk.get(page_of(told)))
    assert "fact, changed since" in page
    assert "She dies" not in page


def test_what_the_next_episode_has_in_its_place_is_taken_away_for_as_long(ann: Character, moderator: User) -> None:
    """Moved on, it would be there beside the one of the next episode, or instead of it."""
    summary, _ = newly_told(ann)
    Trait.objects.create(character=ann, attribute="summary", value="She was Bea.", revealed_in_id=4)
    told = noted(ann, episode=3, kind="report")
    held = held_back(told, by=moderator)
    assert held.left == []
    held.correction.refresh_from_db()
    assert held.correction.revealed_in == 4
    assert not Trait.objects.filter(pk=summary.pk).exists()
    desk = at_the_desk(moderator, episode=5)
    assert "summary: She is Bea." in content_of(desk.get(page_of(told)))
    assert "She was Bea." in at(4).get(page_of_character(ann)).content.decode()
    assert "removed" not in at(3).get("/changes/").content.decode()
    desk.post(address("undo", held.correction.pk))
    assert Trait.objects.get(pk=summary.pk).revealed_in_id == 3


def test_what_is_folded_is_neither_held_back_nor_opened_in_its_form(ann: Character, moderator: User) -> None:
    summary, _ = newly_told(ann)
    told, desk = noted(ann, episode=3, kind="report"), at_the_desk(moderator, episode=2)
    for name, data in (("hold", {"row": [f"characters.trait:{summary.pk}"]}), ("change_for", {})):
        response = desk.post(address(name, told.pk), data, follow=True)
        assert response.redirect_chain == [(page_of(told), 302)]
        assert "Ann" not in content_of(response)
    assert Trait.objects.get(pk=summary.pk).revealed_in_id == 3


def test_an_address_that_tells_of_a_later_episode_is_hidden(ann: Character, moderator: User) -> None:
    """Anybody can send a page with words of their own in its address, which may look back to an earlier episode."""
    Alias.objects.create(character=ann, name="Queen Mab", revealed_in_id=4)
    note(at(4), ann, page="/search/?q=Ann+is+queen+mab&as_of=1")
    note(at(4), ann, page="/search/?q=Ann+is+queen+mab&as_of=1")
    one, other = Correction.objects.order_by("created_at")
    assert one.sent_in == 1
    page = content_of(at_the_desk(moderator, episode=2).get(page_of(one)))
    assert "mab" not in page.casefold()
    assert "Open it on purpose" in page
    assert page_of(other) in page
    assert "queen+mab" in content_of(at_the_desk(moderator, episode=5).get(page_of(one)))


def test_a_folded_note_on_the_same_page_is_one_of_a_later_episode(ann: Character, moderator: User) -> None:
    noted(ann, episode=4, kind="report")
    page = content_of(at_the_desk(moderator, episode=2).get(page_of(noted(ann, episode=2))))
    assert "one folded, of episode 4" in page
    assert "told too much" not in page


def test_what_others_stand_on_stays(ann: Character, moderator: User) -> None:
    bea = somebody("bea", name="Bea", since=3)
    told = noted(bea, episode=3, kind="report")
    told.about = [f"characters.character:{bea.pk}"]
    told.save()
    desk = at_the_desk(moderator, episode=5)
    ticked = [holding.reference_of(each) for each in holding.newly_shown(told)]
    page = unescape(desk.post(address("hold", told.pk), {"row": ticked}, follow=True).content.decode())
    assert "Left as they are, because others stand on them: name: Bea." in page
    assert Alias.objects.get(character=bea).revealed_in_id == 3
    assert Trait.objects.get(character=bea).revealed_in_id == 4


def test_an_end_that_is_told_is_held_back(ann: Character, moderator: User) -> None:
    newly_told(ann)
    bea = somebody("bea", name="Bea")
    ally = Relationship.objects.create(source=ann, target=bea, kind="ally", revealed_in_id=1, ended_in_id=3)
    held_back(noted(ann, episode=3, kind="report"), by=moderator)
    ally.refresh_from_db()
    assert (ally.revealed_in_id, ally.ended_in_id) == (1, 4)


def test_only_a_moderator_holds_back_and_only_where_there_is_a_later_episode(ann: Character, moderator: User) -> None:
    newly_told(ann)
    told = noted(ann, episode=3, kind="report")
    assert at_the_desk(person(role="editor")).post(address("hold", told.pk)).status_code == 403
    with pytest.raises(Refused, match="no later episode"):
        held_back(noted(ann, episode=5, kind="report"), by=moderator)
    of_the_map = send_note(Letter(), Place("/graph/", (), 3), sender=Sender(), kind=Correction.Kind.REPORT)
    with pytest.raises(Refused, match="nobody in particular"):
        held_back(of_the_map, by=moderator)
    with pytest.raises(Refused, match="none of the rows"):
        held_back(noted(ann, episode=2, kind="report"), by=moderator)
    with pytest.raises(Refused, match="decided already"):
        held_back(noted(ann, episode=3), by=moderator)


def test_a_change_for_a_note_that_waits_leaves_it_open(ann: Character, moderator: User) -> None:
    sent_note = noted(ann)
    change = sent(set_to(ann.traits.get(), "value", "dead"), by=person(role="editor"), kind="edit", note=sent_note)
    sent_note.refresh_from_db()
    assert sent_note.is_undecided
    assert sent_note.events.filter(kind=Event.Kind.PROPOSED).exists()
    assert page_of(change) in content_of(at_the_desk(moderator).get(page_of(sent_note)))


@pytest.mark.parametrize("button", ["claim", "hold", "change_for", "open"])
def test_a_comment_that_is_typed_is_there_after_another_button(ann: Character, moderator: User, button: str) -> None:
    summary, revelation = newly_told(ann)
    told, desk = noted(ann, episode=3, kind="report"), at_the_desk(moderator, episode=5)
    typed = {"comment": "It tells who Bea is.", "ticks": "1", "do": "claim"}
    rows = [f"characters.trait:{summary.pk}"] if button == "hold" else []
    desk.post(address(button, told.pk), typed | {"row": rows})
    page = desk.get(page_of(told)).content.decode()
    assert "It tells who Bea is.</textarea>" in page
    if button != "hold":
        assert f'value="characters.revelation:{revelation.pk}">' in page, "what was not ticked is not"
    desk.post(page_of(told), {"do": "say", "version": told.version, "comment": "It tells who Bea is."})
    assert "It tells who Bea is.</textarea>" not in desk.get(page_of(told)).content.decode()
