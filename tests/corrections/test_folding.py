"""Moderators are not spoiled: corrections of later episodes are folded."""

import re
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils.html import escape, format_html

from characters.models import Alias, Character, Revelation
from corrections.desk import claims, discretion
from corrections.desk.discretion import HIDDEN, NOT_TOLD
from corrections.desk.questions import comment
from corrections.letter import Letter
from corrections.models import Correction
from corrections.sending import removing
from episodes.models import Episode, Series
from tests.corrections.desk import (
    QUEUE,
    address,
    content_of,
    decide_by_form,
    in_bulk,
    page_of,
    verdict,
)
from tests.corrections.letters import accepted, new, sent, set_to, somebody, status_of, summary_of
from tests.people import person

pytestmark = pytest.mark.django_db


def test_it_folds_a_correction_of_a_later_episode_until_it_is_opened_on_purpose(halfway: Client, author: User) -> None:
    zed = somebody("zed", name="Zed the Late", since=3)
    correction = sent(set_to(status_of(zed), "value", "dead"), by=author, letter=Letter("He dies at last."))
    secrets = ("Zed", "He dies", "author")
    queue = content_of(halfway.get(QUEUE)).partition('id="result_list"')[2].partition("</table>")[0]
    assert "folded · episode 3" in queue
    assert not any(secret in queue for secret in secrets)
    page = content_of(halfway.get(page_of(correction)))
    assert "Open it all the same" in page
    assert not any(secret in page for secret in secrets)
    assert correction not in halfway.get(QUEUE, {"q": "dies"}).context["cl"].result_list
    asked = halfway.get(address("preview", correction.pk, 3))
    assert "Zed" not in asked.content.decode()
    halfway.post(address("open", correction.pk))
    assert "He dies at last." in content_of(halfway.get(page_of(correction)))


def test_nobody_decides_or_undoes_what_is_folded_for_them(halfway: Client, author: User) -> None:
    zed = somebody("zed", name="Zed the Late", since=3)
    waits, done = (sent(set_to(status_of(zed), "value", value), by=author) for value in ("dead", "missing"))
    accepted(done, by=person("other", role="moderator"))
    page = halfway.post(page_of(waits), {"do": "accept", "version": 1, "comment": "So it is."}, follow=True)
    assert "You had typed: So it is." in page.content.decode()
    assert "Zed" not in page.content.decode()
    halfway.post(address("undo", done.pk))
    assert status_of(zed).value == "missing"
    for correction in (waits, done):
        halfway.post(address("open", correction.pk))
    halfway.post(address("undo", done.pk))
    assert status_of(zed).value == "alive"
    decide_by_form(halfway, waits, do="accept")
    assert status_of(zed).value == "dead"


def test_it_folds_a_correction_whose_text_mentions_a_later_episode(halfway: Client, author: User) -> None:
    ann = somebody()
    Alias.objects.create(character=ann, name="Queen Ann", kind="title", revealed_in_id=3)
    correction = sent(set_to(summary_of(ann, "Somebody."), "value", "She is Queen Ann."), by=author)
    page = content_of(halfway.get(page_of(correction)))
    assert "Queen" not in page
    assert "Open it all the same" in page
    preview = address("preview", correction.pk, 1)
    assert "Queen" not in halfway.get(preview).content.decode()
    assert "Queen" in halfway.get(preview, {"open": "1"}).content.decode()
    halfway.post(address("open", correction.pk))
    assert "Queen" in halfway.get(preview).content.decode()


def test_it_folds_a_correction_with_a_name_that_another_has_later(halfway: Client, author: User) -> None:
    ann, bea = somebody(), somebody("bea", name="Bea")
    Alias.objects.create(character=bea, name="Cyan Star", revealed_in_id=3)
    page = content_of(
        halfway.get(page_of(sent(new(Alias, character=ann, name="Cyan Star", revealed_in_id=1), by=author)))
    )
    assert "Open it all the same" in page
    assert "Bea" not in page


ALREADY = "Alias with this Character and Name already exists."


def test_it_hides_why_it_cannot_be_applied_until_it_is_opened(halfway: Client, author: User) -> None:
    ann = somebody()
    Alias.objects.create(character=ann, name="Queen", kind="title", revealed_in_id=3)
    correction = sent(new(Alias, character=ann, name="Queen", kind="title", revealed_in_id=1), by=author)
    change = correction.changes.get()
    looks = (
        lambda: halfway.get(page_of(correction)),
        lambda: halfway.get(address("preview", correction.pk, 1)),
        lambda: halfway.post(QUEUE, in_bulk(halfway, "accept_selected", correction), follow=True),
        lambda: decide_by_form(halfway, correction, verdict(change, "accept")),
        lambda: halfway.get(page_of(correction)),
    )
    for look in looks:
        page = unescape(look().content.decode())
        assert "The reason may mention an episode you have not watched" in page
        assert ALREADY not in page
        correction.refresh_from_db()
    assert address("open", correction.pk) in page
    halfway.post(address("open", correction.pk))
    page = content_of(halfway.get(page_of(correction)))
    assert page.count(ALREADY) == 3  # as it stands, and twice in the thread


def test_filters_find_nothing_folded(halfway: Client, author: User) -> None:
    folded = sent(set_to(status_of(somebody("zed", since=3)), "value", "dead"), by=author, letter=Letter("He dies."))

    def found(**asked: str) -> list[Correction]:
        return list(halfway.get(QUEUE, asked).context["cl"].result_list)

    assert found() == found(state="all") == found(claim="free") == found(**{"from": "2"}) == [folded]
    telling = {
        "of": "characters.trait", "author__id__exact": str(author.pk), "kind__exact": "suggestion",
    }  # fmt: skip
    for name, value in telling.items():
        assert found(**{name: value}) == []
    for name, value in {"reason__contains": "dies", "state__exact": "open"}.items():
        assert halfway.get(QUEUE, {name: value})["Location"] == f"{QUEUE}?e=1"  # no filter of the queue
    assert not halfway.get(QUEUE, {"_facets": "True"}).context["cl"].add_facets
    halfway.post(address("open", folded.pk))
    assert found(of="characters.trait") == [folded]


def test_names_are_those_of_the_moderators_own_episode(halfway: Client, author: User) -> None:
    ann = somebody(name="the stranger")
    Alias.objects.create(character=ann, name="Queen Ann", headline=True, revealed_in_id=3)
    somebody("zed", name="Zed", since=3)
    correction = sent(new(Alias, character=ann, name="the guest", revealed_in_id=1), by=author)
    for page in (halfway.get(QUEUE), halfway.get(page_of(correction))):
        assert "the stranger" in content_of(page)
        assert "Queen Ann" not in content_of(page)
        assert "Zed" not in content_of(page)


def test_an_opened_correction_is_named_as_of_its_own_episode(halfway: Client, author: User, moderator: User) -> None:
    """What was opened on purpose tells no more of the others."""
    ann, bea = somebody(name="the stranger"), somebody("bea", name="the guest", since=2)
    Alias.objects.create(character=ann, name="Queen Ann", headline=True, revealed_in_id=3)
    Alias.objects.create(character=bea, name="Queen Bea", headline=True, revealed_in_id=3)
    own = sent(new(Alias, character=ann, name="Annie", revealed_in_id=1), by=moderator)
    of_two = sent(new(Alias, character=bea, name="Bee", revealed_in_id=2), by=author)
    of_three = sent(new(Alias, character=ann, name="Her Majesty", revealed_in_id=3), by=author)
    for correction in (of_two, of_three):
        halfway.post(address("open", correction.pk))
    lines = {each: each.line.about for each in halfway.get(QUEUE).context["cl"].result_list}
    assert lines == {own: ("the stranger",), of_two: ("the guest",), of_three: ("Queen Ann",)}


def test_it_does_not_show_an_end_in_a_later_episode(halfway: Client, author: User) -> None:
    ann, bea = somebody(), somebody("bea", name="Bea")
    tie = new_tie(ann, bea)
    page = content_of(halfway.get(page_of(sent(removing(tie), by=author))))
    assert "a later episode" in page
    assert "episode 3" not in page


def new_tie(ann: Character, bea: Character) -> Any:
    return ann.relationships.create(kind="friend", target=bea, revealed_in_id=1, ended_in_id=3)


def test_the_start_page_counts_unfolded_corrections(halfway: Client, author: User) -> None:
    sent(set_to(status_of(somebody()), "value", "dead"), by=author)
    sent(set_to(status_of(somebody("zed", since=3)), "value", "dead"), by=author)
    page = halfway.get("/admin/").content.decode()
    assert "<strong>1</strong> waits" in page


def test_it_does_not_fold_what_the_moderator_wrote_or_decided(halfway: Client, author: User, moderator: User) -> None:
    zed = somebody("zed", name="Zed the Late", since=3)
    own = sent(new(Alias, character=zed, name="Zeddy", revealed_in_id=3), by=moderator)
    decided = sent(set_to(status_of(zed), "value", "dead"), by=author)
    other = sent(new(Alias, character=zed, name="Zee", revealed_in_id=3), by=author)
    accepted(decided, by=moderator)
    for correction, folded in ((own, False), (decided, False), (other, True)):
        assert ("Open it all the same" in content_of(halfway.get(page_of(correction)))) == folded
    assert "1 of them folded" in content_of(halfway.get(QUEUE))


def test_a_row_that_went_on_to_a_later_episode_is_not_told_by_an_earlier_correction(
    halfway: Client, author: User, moderator: User
) -> None:
    """What stands around a change is its row as it is now, which somebody may have rewritten for a later episode."""
    ann = somebody()
    row = Revelation.objects.create(key="she", text="Ann sings.", certainty="claimed", revealed_in_id=1, position=1)
    row.characters.add(ann)
    decided = sent(set_to(row, "certainty", "hinted"), by=author)
    accepted(decided, by=moderator)
    waits = sent(set_to(Revelation.objects.get(), "certainty", "confirmed"), by=author)
    moved = Revelation.objects.get()
    accepted(
        sent(set_to(moved, "revealed_in", 3), set_to(moved, "text", "Ann reigns.")),
        by=person("other", role="moderator"),
    )
    for page in (f"{QUEUE}?state=all", page_of(decided), page_of(waits)):
        assert "reigns" not in content_of(halfway.get(page))


# What people wrote has no episode of its own


TELLING = "Queen Ann"


def correction_with(words: str, by: User, *, link: str = "") -> Correction:
    """A correction of the first episode; from the third on, Ann is known as a queen."""
    ann = somebody()
    Alias.objects.create(character=ann, name=TELLING, kind="title", revealed_in_id=3)
    return sent(set_to(status_of(ann), "value", "dead"), by=by, letter=Letter(words, evidence_url=link))


def test_it_hides_a_reason_that_names_what_comes_later(halfway: Client, author: User) -> None:
    correction = correction_with("It turns out that she is queen  ann.", author)
    assert "turns out" not in content_of(halfway.get(page_of(correction)))
    assert str(HIDDEN) in content_of(halfway.get(page_of(correction)))
    assert "dead" in content_of(halfway.get(page_of(correction)))
    halfway.post(address("open", correction.pk))
    assert "It turns out" in content_of(halfway.get(page_of(correction)))


@pytest.mark.parametrize("written", ["in the reason", "in the author's name"])
def test_a_search_finds_nothing_by_words_that_are_hidden(
    halfway: Client, desk: Client, author: User, written: str
) -> None:
    teller, why = (author, "She is queen Ann.") if written == "in the reason" else (person("Queen-Ann"), "Seen.")
    correction = correction_with(why, teller)
    for searching, found in ((halfway, []), (desk, [correction])):
        assert list(searching.get(QUEUE, {"q": "queen"}).context["cl"].result_list) == found
    halfway.post(address("open", correction.pk))
    assert list(halfway.get(QUEUE, {"q": "queen"}).context["cl"].result_list) == [correction]


@pytest.mark.parametrize("name", ["O'Neil", "Smith & Sons"])
def test_a_refusal_that_is_html_tells_no_later_name_either(halfway: Client, name: str) -> None:
    Alias.objects.create(character=somebody(), name=name, kind="title", revealed_in_id=3)
    says = format_html("It says “{}”.", name)
    assert discretion.told([says, "It says nothing."], 2) == [NOT_TOLD, "It says nothing."]
    assert discretion.told([says], 3) == [f"It says “{escape(name)}”."]


def test_it_shows_a_reason_that_names_nothing_later(halfway: Client, author: User) -> None:
    assert "She is gone, Ann." in content_of(halfway.get(page_of(correction_with("She is gone, Ann.", author))))


def test_whoever_has_watched_all_reads_every_reason(desk: Client, author: User) -> None:
    assert TELLING in content_of(desk.get(page_of(correction_with(f"She is {TELLING}.", author))))


def test_it_hides_comments_evidence_and_names_that_tell_of_what_comes_later(
    halfway: Client, desk: Client, moderator: User
) -> None:
    teller = person("Queen-Ann")
    correction = correction_with("", teller, link="https://example.org/wiki/queen_ann")
    Correction.objects.filter(pk=correction.pk).update(credit="Her, Queen Ann")
    comment(correction, "Seen: she is Queen Ann.", by=moderator)
    pages = (page_of(correction), QUEUE, address("person", teller.pk))
    for page in pages:
        told = content_of(halfway.get(page)).lower()
        assert not [each for each in ("queen ann", "queen-ann", "queen_ann", "seen:") if each in told], page
        assert "queen" in content_of(desk.get(page)).lower()


def test_it_hides_the_reason_of_a_verdict_and_of_what_was_published(
    halfway: Client, desk: Client, author: User
) -> None:
    correction = correction_with(f"She is {TELLING}.", author)
    accepted(correction, by=person("second", role="moderator"), why=f"Yes, {TELLING} it is.")
    history = reverse("admin:characters_character_history", args=[Character.objects.get().pk])
    for page in (page_of(correction), history):
        assert TELLING not in content_of(halfway.get(page))
        assert TELLING in content_of(desk.get(page))


def test_it_hides_the_name_of_who_has_claimed_it(halfway: Client, desk: Client, author: User) -> None:
    correction = correction_with("", author)
    claims.claim(correction, by=person("Queen-Ann", role="moderator"))
    for page in (page_of(correction), QUEUE):
        assert "Queen-Ann" not in content_of(halfway.get(page))
        assert "Queen-Ann" in content_of(desk.get(page))
    assert "Somebody whose name tells of a later episode is on it." in content_of(halfway.get(page_of(correction)))
    for send in ({"do": "accept"}, {"do": "claim"}):
        address_of_it = address("claim", correction.pk) if send["do"] == "claim" else page_of(correction)
        for client, told in ((halfway, False), (desk, True)):
            answer = client.post(address_of_it, send | {"version": correction.version}, follow=True).content.decode()
            assert "has claimed this correction" in answer
            assert ("Queen-Ann has claimed" in answer) == told


def test_it_hides_the_name_of_who_decided_it(halfway: Client, desk: Client, author: User) -> None:
    correction = correction_with("", author)
    version = correction.version
    accepted(correction, by=person("Queen-Ann", role="moderator"))
    history = reverse("admin:characters_character_history", args=[Character.objects.get().pk])
    for page in (page_of(correction), history):
        assert "Queen-Ann" not in content_of(halfway.get(page))
        assert "Queen-Ann" in content_of(desk.get(page))
    for client, told in ((halfway, False), (desk, True)):
        answer = client.post(page_of(correction), {"do": "accept", "version": version}).content.decode()
        assert "has already accepted this correction" in answer
        assert ("Queen-Ann has already" in answer) == told


def test_the_desk_has_the_words_of_the_show(halfway: Client, author: User) -> None:
    Series.objects.create(pk=1, title="A book", unit="chapter", units="chapters", watched="read")
    Episode.objects.filter(number=3).update(label="12.5")
    ann = somebody()
    sent(new(Alias, character=ann, name="Annie", revealed_in_id=3), by=author)
    assert "You see what is known at chapter 1." in halfway.get(QUEUE).content.decode()
    folded = content_of(halfway.get(page_of(Correction.objects.get())))
    assert "It is about chapter 12.5, and you have read up to chapter 1." in folded
    halfway.post(address("open", Correction.objects.get().pk))
    opened = content_of(halfway.get(page_of(Correction.objects.get())))
    assert "Ann at chapter " in re.sub(r"<[^>]+>|\s+", " ", opened)
    assert "12.5</a>" in opened
    assert "(unchanged before 12.5)" in opened
    asked = halfway.get(address("preview", sent(new(Alias, character=ann, name="Nan", revealed_in_id=1)).pk, 3))
    assert "That is later than you have read." in asked.content.decode()
