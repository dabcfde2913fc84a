"""The moderators' desk: what they are shown of a correction, and what becomes of what they fill in."""

from html import unescape
from io import BytesIO
from threading import Event, Thread
from time import sleep
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from PIL import Image

from characters.models import Alias, Character, CharacterTag, Portrait, Revelation, Tag, Trait
from characters.pictures import files
from corrections import history, rows, trial
from corrections.desk import correction_page
from corrections.desk.claims import claim
from corrections.desk.diffs import diff_of_words
from corrections.editing import REASON
from corrections.errors import Refused
from corrections.letter import Letter
from corrections.models import Change, Correction, State
from corrections.sending import Sender, adding, amend, removing
from episodes.accounts import forget
from episodes.models import Episode, Series, Viewer
from tests.corrections.desk import QUEUE, address, at_the_desk, filled_in, in_bulk, page_of, verdict
from tests.corrections.letters import accepted, new, sent, set_to, somebody
from tests.people import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def moderator(db: None) -> User:
    for number in range(4):
        Episode.objects.create(number=number, title=f"Title of {number}" if number else "")
    return person(role="moderator")


@pytest.fixture
def desk(moderator: User) -> Client:
    return at_the_desk(moderator)


@pytest.fixture
def author(moderator: User) -> User:
    return person("author")


def status_of(character: Character) -> Trait:
    return character.traits.get(attribute="status")


def summary_of(character: Character, text: str, *, since: int = 1) -> Trait:
    return Trait.objects.create(character=character, attribute="summary", value=text, revealed_in_id=since)


def told(response: Any) -> str:
    """What a page says, without the marks of the admin around it."""
    content = unescape(response.content.decode())
    return content[content.index('id="content"') :]


def decide_by_form(desk: Client, correction: Correction, *verdicts: dict[str, Any], **others: Any) -> Any:
    data = filled_in(correction, **others)
    for each in verdicts:
        data |= each
    return desk.post(page_of(correction), data, follow=True)


# What differs


def test_texts_are_compared_by_words_and_mentions_read_as_names() -> None:
    shown = diff_of_words("[[ann]] is good.", "[[ann]] is very bad.", {"[[ann]]": "Ann"})
    ann = '<span class="mention" title="[[ann]]">Ann</span>'
    assert shown == f"<span>{ann} is </span><del>good</del><ins>very bad</ins><span>.</span>"


def test_what_was_sent_is_text_and_no_markup() -> None:
    assert "<script>" not in diff_of_words("a", "<script>alert(1)</script>", {})
    assert "&lt;" in diff_of_words("a", "<script>", {"<script>": "<b>"})


def test_values_are_in_words(desk: Client, author: User) -> None:
    ann, bea = somebody(), somebody("bea", name="Bea")
    told_twice = Revelation.objects.create(key="r", text="[[ann]] waits.", revealed_in_id=1)
    correction = sent(
        set_to(told_twice, "characters", [str(bea.pk)]), set_to(told_twice, "certainty", "hinted"),
        new(Alias, character=ann, name="Annie", revealed_in_id=2), by=author,
    )  # fmt: skip
    page = told(desk.get(page_of(correction)))
    assert "<ins>Bea</ins>" in page
    assert "<del>Confirmed</del> → <ins>Hinted</ins>" in page
    assert "<ins>episode 2 · Title of 2</ins>" in page
    assert str(ann.pk) not in page.partition("<details")[0]


def test_the_linter_reads_the_text_as_it_would_be(desk: Client, author: User) -> None:
    ann = somebody()
    Alias.objects.create(character=ann, name="Queen Ann", kind="title", revealed_in_id=3)
    summary = summary_of(ann, "Somebody.")
    correction = sent(set_to(summary, "value", "She is Queen Ann."), by=author)
    assert "It says “Queen Ann”" in told(desk.get(page_of(correction)))
    assert "It says" not in told(desk.get(page_of(sent(set_to(summary, "value", "She is nobody."), by=author))))


def test_others_that_touch_the_same_row_are_linked(desk: Client, author: User) -> None:
    status = status_of(somebody())
    one, other = (sent(set_to(status, "value", value), by=author) for value in ("dead", "missing"))
    assert page_of(other) in told(desk.get(page_of(one)))


def test_a_tag_by_itself_is_decided_like_the_rest(desk: Client, author: User) -> None:
    tag = Tag.objects.create(name="brave", slug="brave")
    read, chosen = (sent(set_to(tag, "name", name), by=author) for name in ("Brave", "bold"))
    assert "<ins>Brave</ins>" in told(desk.get(page_of(read)))
    assert desk.post(address("next"), follow=True).redirect_chain[-1][0] == page_of(read)
    desk.post(QUEUE, in_bulk(desk, "accept_selected", chosen))
    chosen.refresh_from_db()
    assert chosen.state == State.ACCEPTED


def test_a_tag_that_is_renamed_has_its_slug_along(desk: Client) -> None:
    tag = Tag.objects.create(name="brave", slug="brave")
    Tag.objects.create(name="bold", slug="bold")
    form = reverse("admin:characters_tag_change", args=[tag.pk])
    desk.post(form, {"name": "Very Brave"})
    tag.refresh_from_db()
    assert (tag.name, tag.slug) == ("very brave", "very-brave")
    assert {change.path for change in Change.objects.all()} == {"name", "slug"}
    page = desk.post(form, {"name": "Bold!"}).content.decode()
    assert "errorlist" in page
    tag.refresh_from_db()
    assert tag.slug == "very-brave"


def test_the_form_of_a_tag_is_there_whoever_bears_it(desk: Client) -> None:
    tag = Tag.objects.create(name="brave", slug="brave")
    form = reverse("admin:characters_tag_change", args=[tag.pk])
    assert "nobody bears it" in desk.get(form).content.decode()
    CharacterTag.objects.create(content_object=somebody(), tag=tag, revealed_in_id=2)
    assert "at least one letter" in desk.post(form, {"name": "!"}).content.decode()


# Deciding


def test_a_word_is_edited_and_then_accepted(desk: Client, author: User) -> None:
    summary = summary_of(somebody(), "Ann waits.")
    correction = sent(set_to(summary, "value", "Ann wayts here."), by=author)
    change = correction.changes.get()
    decide_by_form(desk, correction, verdict(change, "accept", value="Ann waits\r\nhere."))
    summary.refresh_from_db()
    change.refresh_from_db()
    assert (summary.value, change.altered, change.after) == ("Ann waits\nhere.", True, "Ann wayts here.")


def test_what_was_not_touched_is_not_altered(desk: Client, author: User) -> None:
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


def test_an_added_row_is_edited_in_all_its_fields(desk: Client, author: User) -> None:
    ann, bea = somebody(), somebody("bea", name="Bea")
    correction = sent(new(Alias, character=ann, name="Annie", revealed_in_id=2), by=author)
    change = correction.changes.get()
    values = {"character": str(bea.pk), "name": "Beatrix", "kind": "title", "language": "en", "revealed_in": "3"}
    decide_by_form(desk, correction, verdict(change, "accept", faction="", **values))
    alias = bea.aliases.get(name="Beatrix")
    assert (alias.kind, alias.revealed_in_id) == ("title", 3)
    assert not ann.aliases.filter(name="Annie").exists()


def test_a_list_keeps_the_order_in_which_it_was_written(desk: Client, author: User) -> None:
    series = Series.objects.create(title="The show")
    correction = sent(set_to(series, "music", ["Zoe", "Bob"]), by=author)
    change = correction.changes.get()
    decide_by_form(desk, correction, verdict(change, "accept", music='["Zoe", "Bob", "Amy"]'))
    series.refresh_from_db()
    assert series.music == ["Zoe", "Bob", "Amy"]


def test_what_is_decided_makes_room_on_a_long_correction(
    desk: Client, author: User, moderator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(correction_page, "MOST_SHOWN", 2)
    ann = somebody()
    names = [new(Alias, character=ann, name=name, revealed_in_id=2) for name in ("Anna", "Annie", "Nancy")]
    correction = sent(*names, by=author)
    assert "Nancy" not in told(desk.get(page_of(correction)))
    first = correction.changes.order_by("position")[0]
    decide_by_form(desk, correction, verdict(first, "accept"))
    page = told(desk.get(page_of(correction)))
    assert "Nancy" in page
    assert "Annie" in page


def test_how_its_author_will_be_named_is_read_first(desk: Client, author: User) -> None:
    Viewer.objects.create(user=author, wants_credit=True, credit_name="Ann of the West")
    correction = sent(set_to(status_of(somebody()), "value", "dead"), by=author)
    for page in (page_of(correction), QUEUE):
        assert "named as “Ann of the West”" in told(desk.get(page))
    person_of_no_name = sent(set_to(status_of(somebody("bea", name="Bea")), "value", "dead"), by=person("shy"))
    assert "named as" not in told(desk.get(page_of(person_of_no_name)))


def test_who_leaves_takes_their_name_along(author: User) -> None:
    Viewer.objects.create(user=author, wants_credit=True, credit_name="Ann of the West")
    correction = sent(set_to(status_of(somebody()), "value", "dead"), by=author)
    assert correction.credit == "Ann of the West"
    forget(author)
    correction.refresh_from_db()
    assert correction.credit == ""


def test_so_does_who_is_deleted_altogether(author: User) -> None:
    Viewer.objects.create(user=author, wants_credit=True, credit_name="Ann of the West")
    correction = sent(set_to(status_of(somebody()), "value", "dead"), by=author)
    author.delete()
    correction.refresh_from_db()
    assert correction.credit == ""


def test_each_change_by_itself_in_one_form(desk: Client, author: User) -> None:
    ann = somebody()
    correction = sent(
        set_to(status_of(ann), "value", "dead"), new(Alias, character=ann, name="Annie", revealed_in_id=2), by=author
    )
    first, second = correction.changes.all()
    response = decide_by_form(desk, correction, verdict(first, "reject", why="She lives."), verdict(second, "leave"))
    correction.refresh_from_db()
    assert correction.state == State.OPEN
    assert "Decided in part" in told(response) or "Decided in part" in response.content.decode()
    decide_by_form(desk, correction, do="accept")
    correction.refresh_from_db()
    assert correction.state == State.PARTLY


def test_the_button_that_accepts_means_it(desk: Client, author: User) -> None:
    """Of one change it accepts that one, of several all that were not rejected."""
    ann = somebody()
    one = sent(set_to(status_of(ann), "value", "dead"), by=author)
    decide_by_form(desk, one, verdict(one.changes.get(), "reject", why="No."), do="accept")
    assert one.changes.get().decision == "accepted"
    two = sent(*(new(Alias, character=ann, name=name, revealed_in_id=2) for name in ("Annie", "Nan")), by=author)
    decide_by_form(desk, two, verdict(two.changes.first(), "reject", why="No."), do="accept")
    assert [change.decision for change in two.changes.all()] == ["rejected", "accepted"]


def test_a_rejection_without_a_reason_keeps_what_was_typed(desk: Client, author: User) -> None:
    ann = somebody()
    correction = sent(
        set_to(status_of(ann), "value", "dead"), new(Alias, character=ann, name="Annie", revealed_in_id=2), by=author
    )
    first, second = correction.changes.all()
    response = decide_by_form(
        desk, correction, verdict(first, "reject"), verdict(second, "reject", why="Nobody calls her so."),
        comment="Thank you all the same.",
    )  # fmt: skip
    page = told(response)
    assert "A rejection needs a reason" in page
    assert "Nobody calls her so." in page
    assert "Thank you all the same." in page
    assert not correction.changes.exclude(decision="pending").exists()


def test_what_is_altered_and_left_undecided_is_not_lost(desk: Client, author: User) -> None:
    correction = sent(set_to(status_of(somebody()), "value", "ded"), by=author)
    response = decide_by_form(desk, correction, verdict(correction.changes.get(), "leave", value="dead"))
    assert "You have altered it" in told(response)
    assert "dead</textarea>" in told(response)


def test_who_comes_second_is_told_and_keeps_the_comment(desk: Client, author: User) -> None:
    correction = sent(set_to(status_of(somebody()), "value", "dead"), by=author)
    change = correction.changes.get()
    accepted(correction, by=person("other", role="moderator"))
    response = decide_by_form(desk, correction, verdict(change, "reject", why="Surely not."), comment="My remark.")
    page = response.content.decode()
    assert "Other was first: accepted" in page
    assert "My remark." in page
    assert "Surely not." in page


def test_why_it_could_not_be_applied_stands_at_the_change(desk: Client, author: User) -> None:
    ann = somebody()
    correction = sent(new(Alias, character=ann, name="Ann", kind="title", revealed_in_id=2), by=author)
    response = decide_by_form(desk, correction, verdict(correction.changes.get(), "accept"), comment="Yes.")
    assert "already exists" in told(response)
    assert "Yes.</textarea>" in told(response)
    correction.refresh_from_db()
    assert correction.state == State.FAILED
    assert f'name="version" value="{correction.version}"' in told(response)


def test_an_undo_that_cannot_be_sent_says_why(desk: Client, author: User, monkeypatch: pytest.MonkeyPatch) -> None:
    correction = sent(set_to(status_of(somebody()), "value", "dead"), by=author)
    accepted(correction, by=person("other", role="moderator"))

    def refuse(*args: Any, **values: Any) -> None:
        raise ValidationError("It is too large.")

    monkeypatch.setattr(history, "undo", refuse)
    address = reverse("admin:characters_character_history", args=[Character.objects.get().pk])
    response = desk.post(address, {"correction": str(correction.pk)}, follow=True)
    assert "It is too large." in response.content.decode()


def test_a_conflict_is_accepted_only_over_what_was_seen(desk: Client, author: User) -> None:
    status = status_of(somebody())
    correction = sent(set_to(status, "value", "dead"), by=author)
    change = correction.changes.get()
    Trait.objects.filter(pk=status.pk).update(value="missing")
    page = desk.get(page_of(correction))
    assert "It has changed since the author looked" in told(page)
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


def test_what_its_author_saw_reads_like_the_rest(desk: Client, author: User) -> None:
    summary = summary_of(somebody(), "[[ann]] waits.")
    correction = sent(set_to(summary, "value", "[[ann]] sleeps."), by=author)
    Trait.objects.filter(pk=summary.pk).update(value="[[ann]] runs.")
    then = told(desk.get(page_of(correction))).partition("<h3>Then</h3>")[2].partition("<h3>")[0]
    assert '<span class="mention" title="[[ann]]">Ann</span> waits.' in then


def test_asked_back_it_leaves_the_queue(desk: Client, author: User) -> None:
    correction = sent(set_to(status_of(somebody()), "value", "dead"), by=author)
    desk.post(page_of(correction), filled_in(correction, do="ask", comment="Where is that shown?"))
    correction.refresh_from_db()
    assert correction.state == State.ASKED
    assert "Where is that shown?" in told(desk.get(page_of(correction)))
    assert "Nothing else waits" in desk.post(address("next"), follow=True).content.decode()


def test_the_next_is_none_whose_text_names_what_comes_later(author: User) -> None:
    ann, zed = somebody(), somebody("zed", since=3)
    Alias.objects.filter(character=zed).update(name="Zed")
    telling = sent(set_to(status_of(ann), "value", "looks for Zed"), by=author)
    free = sent(new(Alias, character=ann, name="Free", revealed_in_id=1), by=author)
    client = at_the_desk(person("one", role="moderator"), episode=1)
    assert client.post(address("next"))["Location"] == page_of(free)
    accepted(free, by=person("two", role="moderator"))
    assert "tells, at a closer look, of later episodes" in client.post(address("next"), follow=True).content.decode()
    nothing_after = client.post(address("next"), {"after": str(telling.pk)}, follow=True).content.decode()
    assert "Nothing else waits for you." in nothing_after
    telling.refresh_from_db()
    assert telling.claimed_by is None
    client = at_the_desk(person("three", role="moderator"), episode=3)
    assert client.post(address("next"))["Location"] == page_of(telling)


def test_the_next_is_found_behind_many_that_tell_too_much(author: User) -> None:
    ann, zed = somebody(), somebody("zed", since=3)
    Alias.objects.filter(character=zed).update(name="Zed")
    status = status_of(ann)
    for number in range(21):
        sent(set_to(status, "value", f"looks for Zed {number}"), by=author, kind="edit")
    free = sent(new(Alias, character=ann, name="Free", revealed_in_id=1), by=author)
    client = at_the_desk(person("one", role="moderator"), episode=1)
    assert client.post(address("next"))["Location"] == page_of(free)


def test_after_a_decision_comes_the_next(desk: Client, author: User, moderator: User) -> None:
    ann = somebody()
    first = sent(set_to(status_of(ann), "value", "dead"), by=author)
    sent(new(Alias, character=ann, name="Mine", revealed_in_id=1), by=moderator)  # nobody decides their own
    taken = sent(new(Alias, character=ann, name="Taken", revealed_in_id=1), by=author)
    at_the_desk(person("other", role="moderator")).post(address("claim", taken.pk), {"do": "claim"})
    later = sent(new(Alias, character=ann, name="Late", revealed_in_id=3), by=author)
    Correction.objects.filter(pk=later.pk).update(evidence_episode=3)
    free = sent(new(Alias, character=ann, name="Free", revealed_in_id=1), by=author)
    client = at_the_desk(moderator, episode=1)
    response = client.post(page_of(first), filled_in(first, do="accept"))
    assert response["Location"] == page_of(free)
    free.refresh_from_db()
    assert free.claimed_by is None  # nobody asked for it
    client.post(address("next"))
    free.refresh_from_db()
    assert free.claimed_by == moderator


@pytest.mark.django_db(transaction=True)
def test_of_two_who_claim_at_once_one_does(moderator: User, author: User) -> None:
    correction = sent(set_to(status_of(somebody()), "value", "dead"), by=author)
    is_claimed, other = Event(), person("other", role="moderator")

    def claim_and_take_a_while() -> None:
        with transaction.atomic():
            claim(correction, by=moderator)
            is_claimed.set()
            sleep(0.5)
        connection.close()

    first = Thread(target=claim_and_take_a_while)
    first.start()
    is_claimed.wait(10)
    with pytest.raises(Refused, match="is on it"):
        claim(correction, by=other)
    first.join()


# In bulk


def test_the_clear_ones_are_accepted_together_and_the_others_left(desk: Client, author: User) -> None:
    ann = somebody()
    Alias.objects.create(character=ann, name="Queen Ann", kind="title", revealed_in_id=3)
    summary = summary_of(ann, "Somebody.")
    clear = sent(new(Alias, character=ann, name="Annie", revealed_in_id=2), by=author)
    tells = sent(set_to(summary, "value", "She is Queen Ann."), by=author)
    clash = sent(new(Alias, character=ann, name="Ann", kind="title", revealed_in_id=2), by=author)
    stale = sent(set_to(status_of(ann), "value", "dead"), by=author)
    Trait.objects.filter(attribute="status").update(value="missing")
    chosen = (clear, tells, clash, stale)
    page = desk.post(QUEUE, in_bulk(desk, "accept_selected", *chosen), follow=True).content.decode()
    states = [Correction.objects.get(pk=each.pk).state for each in chosen]
    assert states == [State.ACCEPTED, State.OPEN, State.FAILED, State.OPEN]
    assert "1 accepted" in page
    assert page.count("is left.") == 3


@pytest.mark.parametrize("action", ["accept_selected", "reject_selected"])
def test_what_was_amended_since_the_list_was_loaded_is_left(desk: Client, author: User, action: str) -> None:
    status = status_of(somebody())
    correction = sent(set_to(status, "value", "dead"), by=author)
    data = in_bulk(desk, action, correction, why="No.")
    amend(correction, [set_to(status, "value", "asleep")], sender=Sender(author), version=1, letter=Letter())
    nothing_listed = {name: value for name, value in data.items() if not name.startswith("version-")}
    for posted in (data, nothing_listed):
        assert "not in the list as it stands now" in desk.post(QUEUE, posted, follow=True).content.decode()
        correction.refresh_from_db()
        assert correction.state == State.OPEN
    desk.post(QUEUE, in_bulk(desk, action, correction, why="No."))
    correction.refresh_from_db()
    assert not correction.is_undecided


def test_what_is_too_large_to_be_checked_is_left_and_says_so(
    desk: Client, author: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial, "MOST_TRIED", 1)
    ann = somebody()
    names = [new(Alias, character=ann, name=name, revealed_in_id=2) for name in ("Annie", "Anna")]
    correction = sent(*names, by=author)
    chosen = in_bulk(desk, "accept_selected", correction)
    assert "too large for its texts to be checked" in desk.post(QUEUE, chosen, follow=True).content.decode()
    correction.refresh_from_db()
    assert correction.state == State.OPEN
    assert "nobody has checked its texts" in told(desk.get(page_of(correction)))


def test_rejecting_in_bulk_needs_a_reason(desk: Client, author: User) -> None:
    correction = sent(set_to(status_of(somebody()), "value", "dead"), by=author)
    data = in_bulk(desk, "reject_selected", correction)
    desk.post(QUEUE, data)
    correction.refresh_from_db()
    assert correction.state == State.OPEN
    desk.post(QUEUE, data | {"why": "There is no source for it."})
    correction.refresh_from_db()
    assert correction.state == State.REJECTED


# Protected from spoilers


@pytest.fixture
def halfway(moderator: User) -> Client:
    return at_the_desk(moderator, episode=1)


def test_what_comes_later_is_folded_until_opened_on_purpose(halfway: Client, author: User) -> None:
    zed = somebody("zed", name="Zed the Late", since=3)
    correction = sent(set_to(status_of(zed), "value", "dead"), by=author, letter=Letter("He dies at last."))
    secrets = ("Zed", "He dies", "author")
    queue = told(halfway.get(QUEUE)).partition('id="result_list"')[2].partition("</table>")[0]
    assert "folded · episode 3" in queue
    assert not any(secret in queue for secret in secrets)
    page = told(halfway.get(page_of(correction)))
    assert "Open it all the same" in page
    assert not any(secret in page for secret in secrets)
    assert correction not in halfway.get(QUEUE, {"q": "dies"}).context["cl"].result_list
    asked = halfway.get(address("preview", correction.pk, 3))
    assert "Zed" not in asked.content.decode()
    halfway.post(address("open", correction.pk))
    assert "He dies at last." in told(halfway.get(page_of(correction)))


def test_a_bulk_decision_leaves_what_is_folded(halfway: Client, author: User) -> None:
    correction = sent(set_to(status_of(somebody("zed", since=3)), "value", "dead"), by=author)
    for action in ("accept_selected", "reject_selected"):
        data = in_bulk(halfway, action, correction, why="No.")
        assert "later episode than yours" in halfway.post(QUEUE, data, follow=True).content.decode()
    correction.refresh_from_db()
    assert correction.state == State.OPEN


def test_a_text_that_says_too_much_is_folded_as_well(halfway: Client, author: User) -> None:
    ann = somebody()
    Alias.objects.create(character=ann, name="Queen Ann", kind="title", revealed_in_id=3)
    correction = sent(set_to(summary_of(ann, "Somebody."), "value", "She is Queen Ann."), by=author)
    page = told(halfway.get(page_of(correction)))
    assert "Queen" not in page
    assert "Open it all the same" in page


ALREADY = "Alias with this Character and Name already exists."


def test_why_it_cannot_be_applied_is_told_once_it_is_opened(halfway: Client, author: User) -> None:
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
        assert "why may tell of a later episode than yours" in page
        assert ALREADY not in page
        correction.refresh_from_db()
    assert address("open", correction.pk) in page
    halfway.post(address("open", correction.pk))
    page = told(halfway.get(page_of(correction)))
    assert page.count(ALREADY) == 3  # as it stands, and twice in the thread


def test_a_filter_tells_nothing_of_what_is_folded(halfway: Client, author: User) -> None:
    folded = sent(set_to(status_of(somebody("zed", since=3)), "value", "dead"), by=author, letter=Letter("He dies."))

    def found(**asked: str) -> list[Correction]:
        return list(halfway.get(QUEUE, asked).context["cl"].result_list)

    assert found() == found(state="all") == found(claim="free") == found(**{"from": "2"}) == [folded]
    telling = {
        "of": "characters.trait", "author__id__exact": str(author.pk), "kind__exact": "suggestion",
        "reason__contains": "dies", "state__exact": "open",
    }  # fmt: skip
    for name, value in telling.items():
        assert found(**{name: value}) == []
    assert not halfway.get(QUEUE, {"_facets": "True"}).context["cl"].add_facets
    halfway.post(address("open", folded.pk))
    assert found(of="characters.trait") == [folded]


def test_names_are_those_of_the_moderators_own_episode(halfway: Client, author: User) -> None:
    ann = somebody(name="the stranger")
    Alias.objects.create(character=ann, name="Queen Ann", headline=True, revealed_in_id=3)
    somebody("zed", name="Zed", since=3)
    correction = sent(new(Alias, character=ann, name="the guest", revealed_in_id=1), by=author)
    for page in (halfway.get(QUEUE), halfway.get(page_of(correction))):
        assert "the stranger" in told(page)
        assert "Queen Ann" not in told(page)
        assert "Zed" not in told(page)


def test_each_is_named_as_of_its_own_episode(halfway: Client, author: User, moderator: User) -> None:
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


def test_an_end_that_comes_later_is_not_told(halfway: Client, author: User) -> None:
    ann, bea = somebody(), somebody("bea", name="Bea")
    tie = new_tie(ann, bea)
    page = told(halfway.get(page_of(sent(removing(tie), by=author))))
    assert "a later episode" in page
    assert "episode 3" not in page


def new_tie(ann: Character, bea: Character) -> Any:
    return ann.relationships.create(kind="friend", target=bea, revealed_in_id=1, ended_in_id=3)


def test_the_start_page_counts_only_what_is_not_folded(halfway: Client, author: User) -> None:
    sent(set_to(status_of(somebody()), "value", "dead"), by=author)
    sent(set_to(status_of(somebody("zed", since=3)), "value", "dead"), by=author)
    page = halfway.get("/admin/").content.decode()
    assert "<strong>1</strong> waits" in page


def test_what_is_ones_own_is_not_folded(halfway: Client, author: User, moderator: User) -> None:
    zed = somebody("zed", name="Zed the Late", since=3)
    own = sent(new(Alias, character=zed, name="Zeddy", revealed_in_id=3), by=moderator)
    decided = sent(set_to(status_of(zed), "value", "dead"), by=author)
    other = sent(new(Alias, character=zed, name="Zee", revealed_in_id=3), by=author)
    accepted(decided, by=moderator)
    for correction, folded in ((own, False), (decided, False), (other, True)):
        assert ("Open it all the same" in told(halfway.get(page_of(correction)))) == folded
    assert "1 of them folded" in told(halfway.get(QUEUE))


# Of whoever sent it


def test_when_it_was_sent_and_what_else_its_author_sent(halfway: Client, author: User, moderator: User) -> None:
    zed = somebody("zed", since=3)
    folded = sent(set_to(status_of(zed), "value", "dead"), by=author)
    assert "It was sent just now." in told(halfway.get(page_of(folded)))
    correction = sent(set_to(status_of(somebody()), "value", "dead"), by=author)
    accepted(correction, by=moderator)
    page = told(halfway.get(page_of(correction)))
    assert "just now ago" not in page
    assert "Their others: 0 accepted, 0 rejected, 1 waiting" in page


def test_who_has_no_account_is_named_in_the_filter(desk: Client, author: User) -> None:
    status = status_of(somebody())
    sent(set_to(status, "value", "dead"), by=author)
    sent(set_to(status, "value", "asleep"), receipt="x" * 24)
    link = told(desk.get(QUEUE)).partition("author__isnull=True")[2].partition("</a>")[0]
    assert "nobody with an account" in link


# The names of others


def test_a_name_that_another_bears_is_told(desk: Client, author: User) -> None:
    ann, bea = somebody(), somebody("bea", name="Bea")
    Alias.objects.create(character=bea, name="Cyan Star", revealed_in_id=3)
    Alias.objects.create(character=bea, name="Captain", kind="title", revealed_in_id=1)
    early = sent(new(Alias, character=ann, name="Cyan Star", revealed_in_id=1), by=author)
    page = told(desk.get(page_of(early)))
    assert "the name “Cyan Star” is revealed in episode 3" in page
    assert "Also a name of Bea, from episode 3." in page
    shared = told(desk.get(page_of(sent(new(Alias, character=ann, name="captain", revealed_in_id=2), by=author))))
    assert "Also a name of Bea, from episode 1." in shared
    assert "It says" not in shared
    own = told(desk.get(page_of(sent(new(Alias, character=bea, name="Captain", revealed_in_id=2), by=author))))
    assert "Also a name" not in own


def test_whose_name_it_is_later_folds_it(halfway: Client, author: User) -> None:
    ann, bea = somebody(), somebody("bea", name="Bea")
    Alias.objects.create(character=bea, name="Cyan Star", revealed_in_id=3)
    page = told(halfway.get(page_of(sent(new(Alias, character=ann, name="Cyan Star", revealed_in_id=1), by=author))))
    assert "Open it all the same" in page
    assert "Bea" not in page


# The real page


def picture() -> Any:
    content = BytesIO()
    Image.new("RGB", (60, 80), "teal").save(content, "PNG")
    return files.normalised(content)


def a_portrait_of(ann: Character) -> tuple[Any, str]:
    name = files.archive_upload(picture())
    values = rows.values_of(
        Portrait(character=ann, alt_text="Ann, from behind", credit="me", licence="CC0", revealed_in_id=1)
    )
    return adding("characters.portrait", values | {"image": name}), name


def test_a_preview_is_the_public_page_and_leaves_nothing(desk: Client, author: User) -> None:
    ann = somebody()
    portrait, name = a_portrait_of(ann)
    correction = sent(new(Alias, character=ann, name="Annie Lee", headline=True, revealed_in_id=2), portrait, by=author)
    before = {kind.label: rows.all_values(kind) for kind in rows.registered()}
    shown = {episode: desk.get(address("preview", correction.pk, episode)) for episode in (0, 1, 2)}
    pages = {episode: response.content.decode() for episode, response in shown.items()}
    assert "Nothing is known of it at this episode" in pages[0]
    assert "Annie Lee" not in pages[1]
    assert "Annie Lee" in pages[2]
    assert all("Preview" in page and "<script" not in page for page in pages.values())
    image = correction.changes.get(model="characters.portrait")
    assert address("picture", correction.pk, image.pk, "after") in pages[1]
    assert default_storage.url(name) not in pages[1]
    assert shown[2]["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in shown[2]["Content-Security-Policy"]
    assert {kind.label: rows.all_values(kind) for kind in rows.registered()} == before
    assert not default_storage.exists(name)
    correction.refresh_from_db()
    assert correction.state == State.OPEN


def test_the_page_is_previewed_before_it_changes_as_well(desk: Client, author: User) -> None:
    correction = sent(new(Alias, character=somebody(), name="Annie", revealed_in_id=2), by=author)
    page = told(desk.get(page_of(correction)))
    assert all(address("preview", correction.pk, episode) in page for episode in range(4))
    assert 'class="differs">2</a>' in page
    assert "unchanged before 2" in page


def test_a_preview_of_what_was_altered_shows_that_and_keeps_nothing(desk: Client, author: User) -> None:
    ann = somebody()
    names = [new(Alias, character=ann, name=name, revealed_in_id=2) for name in ("Annie Lee", "Anna")]
    correction = sent(set_to(status_of(ann), "value", "dead"), *names, by=author)
    status, annie, anna = correction.changes.order_by("position")
    typed = verdict(status, "leave", value="dead tired") | verdict(annie, "leave")
    before = {kind.label: rows.all_values(kind) for kind in rows.registered()}
    shown = desk.post(address("preview", correction.pk, 2), typed | verdict(anna, "reject")).content.decode()
    assert "dead tired" in shown
    assert "Annie Lee" in shown
    assert "Anna" not in shown
    bad = desk.post(address("preview", correction.pk, 2), verdict(status, "accept", value=""))
    assert "Value: This field is required." in bad.content.decode()
    assert {kind.label: rows.all_values(kind) for kind in rows.registered()} == before
    assert [change.altered for change in correction.changes.all()] == [False] * 3


def test_a_preview_that_cannot_be_says_why(desk: Client, author: User) -> None:
    ann = somebody(since=2)
    correction = sent(new(Alias, character=ann, name="Early", revealed_in_id=1), by=author)
    page = unescape(desk.get(address("preview", correction.pk, 2)).content.decode())
    assert "before its character" in page


def test_a_picture_that_waits_is_seen_by_staff_alone(desk: Client, author: User) -> None:
    portrait, name = a_portrait_of(somebody())
    correction = sent(portrait, by=author)
    change = correction.changes.get()
    at = address("picture", correction.pk, change.pk, "after")
    response = desk.get(at)
    assert (response.status_code, response["Content-Type"]) == (200, "image/webp")
    assert "no-store" in response["Cache-Control"]
    assert at in told(desk.get(page_of(correction)))
    assert at_the_desk(person(role="editor")).get(at).status_code == 200
    for stranger in (at_the_desk(None), at_the_desk(person(role="contributor"))):
        assert stranger.get(at).status_code == 302
    assert Client().get(default_storage.url(name)).status_code == 404
    assert desk.get(address("picture", correction.pk, change.pk, "before")).status_code == 404
    other = sent(set_to(status_of(somebody("bea")), "value", "x"), by=author)
    assert desk.get(address("picture", other.pk, change.pk, "after")).status_code == 404


def test_a_portrait_is_accepted_and_then_public(
    desk: Client, author: User, django_capture_on_commit_callbacks: Any
) -> None:
    portrait, name = a_portrait_of(somebody())
    correction = sent(portrait, by=author)
    with django_capture_on_commit_callbacks(execute=True):
        decide_by_form(desk, correction, do="accept")
    assert Portrait.objects.get().image.name == name
    assert default_storage.exists(name)


# Undo


def test_undo_publishes_and_a_conflict_waits_in_the_queue(desk: Client, author: User) -> None:
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
    assert "It has changed since the author looked" in told(page)
    status.refresh_from_db()
    assert status.value == "missing"


def test_what_is_published_is_undone_while_the_rest_of_it_waits(desk: Client, author: User) -> None:
    ann = somebody()
    status = status_of(ann)
    correction = sent(
        set_to(status, "value", "dead"), new(Alias, character=ann, name="Nan", revealed_in_id=2), by=author
    )
    assert address("undo", correction.pk) not in told(desk.get(page_of(correction)))
    decide_by_form(desk, correction, verdict(correction.changes.get(action="set"), "accept"))
    correction.refresh_from_db()
    assert correction.state == State.OPEN
    assert address("undo", correction.pk) in told(desk.get(page_of(correction)))
    history = desk.get(f"/admin/characters/character/{ann.pk}/history/")
    assert f"{correction.changes.get(action='set').applied_at:%B %Y}" in told(history)
    desk.post(address("undo", correction.pk))
    status.refresh_from_db()
    assert status.value == "alive"


def test_an_editors_undo_waits(author: User, moderator: User) -> None:
    status = status_of(somebody())
    correction = sent(set_to(status, "value", "dead"), by=author)
    accepted(correction, by=moderator)
    at_the_desk(person(role="editor")).post(address("undo", correction.pk))
    status.refresh_from_db()
    assert status.value == "dead"
    assert Correction.objects.get(undoes=correction).state == State.OPEN


# The queue


def test_filters_search_and_the_median(desk: Client, author: User, moderator: User) -> None:
    ann, bea = somebody(), somebody("bea", name="Bea", since=2)
    of_ann = sent(set_to(status_of(ann), "value", "dead"), by=author)
    of_bea = sent(new(Alias, character=bea, name="Bee", revealed_in_id=3), by=moderator, letter=Letter("A nickname."))

    def found(**asked: str) -> set[Correction]:
        return set(desk.get(QUEUE, asked).context["cl"].result_list)

    assert found() == {of_ann, of_bea}
    assert found(q="Ann") == found(**{"from": "1", "to": "1"}) == found(of="characters.trait") == {of_ann}
    assert found(q="nickname") == found(**{"from": "2"}) == {of_bea}
    assert found(author__id__exact=str(author.pk)) == {of_ann}
    assert found(kind__exact="undo") == set()
    desk.post(address("claim", of_bea.pk), {"do": "claim"})
    assert found(claim="mine") == {of_bea}
    assert found(claim="free") == {of_ann}
    accepted(of_ann, by=moderator)
    assert found() == {of_bea}
    assert found(state="accepted") == {of_ann}
    assert found(state="all") == {of_ann, of_bea}
    assert "(median)" in desk.get(QUEUE).content.decode()


def test_the_queue_asks_the_database_equally_often_however_long_it_is(
    desk: Client, author: User, django_assert_max_num_queries: Any
) -> None:
    ann = somebody()
    for number in range(15):
        sent(
            set_to(status_of(ann), "value", f"dead {number}"),
            new(Alias, character=ann, name=f"Name {number}", revealed_in_id=1), kind="edit",
        )  # fmt: skip
    with django_assert_max_num_queries(30):
        desk.get(QUEUE)


def test_a_change_that_is_not_there_does_not_break_the_page(desk: Client, author: User) -> None:
    status = status_of(somebody())
    correction = sent(set_to(status, "value", "dead"), by=author)
    Character.objects.all().delete()
    page = told(desk.get(page_of(correction)))
    assert "What it changes is gone" in page
    assert Change.objects.get().decision == "pending"


def test_a_nul_breaks_nothing(desk: Client, author: User) -> None:
    status = status_of(somebody())
    said, other = (sent(set_to(status, "value", value), by=author) for value in ("dead", "asleep"))
    desk.post(page_of(said), filled_in(said, do="say", comment="Wh\x00y?"))
    assert said.events.get(kind="remarked").text == "Why?"
    desk.post(QUEUE, in_bulk(desk, "reject_selected", other, why="No\x00."))
    assert Correction.objects.get(pk=other.pk).is_undecided  # the form of the list refuses it
    accepted(said, by=person("other", role="moderator"))
    desk.post(address("undo", said.pk), {"reason": "Wr\x00ong."})
    assert said.undone_by.get().reason == "Wrong."
    desk.post(reverse("admin:characters_tag_add"), {"name": "brave", REASON: "Th\x00ere."})
    assert Correction.objects.get(kind="edit").reason == "There."
    for name in ("of", "state", "claim", "kind__exact", "reason__contains"):
        assert desk.get(QUEUE, {name: "a\x00"}, follow=True).status_code == 200


@pytest.mark.parametrize("name", ["of", "state", "claim"])
def test_what_no_filter_offers_counts_as_nothing(desk: Client, author: User, name: str) -> None:
    waiting = sent(set_to(status_of(somebody()), "value", "dead"), by=author)
    assert list(desk.get(QUEUE, {name: "nonsense"}).context["cl"].result_list) == [waiting]


@pytest.mark.parametrize("do", ["ask", "say", "decide", "accept"])
def test_what_is_too_long_to_say_is_kept_in_the_form(desk: Client, author: User, do: str) -> None:
    correction = sent(set_to(status_of(somebody()), "value", "dead"), by=author)
    page = desk.post(page_of(correction), filled_in(correction, do=do, comment="x" * 2001)).content.decode()
    assert "at most 2,000 characters" in page
    assert "x" * 2001 in page
    assert correction.events.count() == 1
