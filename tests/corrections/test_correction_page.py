"""The page of one correction, as a moderator reads it."""

import re
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.core.files.storage import default_storage
from django.test import Client

from characters.models import Alias, Character, Portrait, Revelation, Trait
from corrections import archive
from corrections.desk import review
from corrections.letter import Letter
from corrections.models import Change
from corrections.sending import setting
from episodes.models import Viewer
from tests.corrections.desk import QUEUE, content_of, decide_by_form, page_of, verdict
from tests.corrections.letters import accepted, new, sent, set_to, somebody, status_of, summary_of
from tests.corrections.pictures import a_portrait_of
from tests.people import person

pytestmark = pytest.mark.django_db


def test_it_shows_values_in_words(desk: Client, author: User) -> None:
    ann, bea = somebody(), somebody("bea", name="Bea")
    told_twice = Revelation.objects.create(key="r", text="[[ann]] waits.", revealed_in_id=1)
    correction = sent(
        set_to(told_twice, "characters", [str(bea.pk)]), set_to(told_twice, "certainty", "hinted"),
        new(Alias, character=ann, name="Annie", revealed_in_id=2), by=author,
    )  # fmt: skip
    page = content_of(desk.get(page_of(correction)))
    assert "<ins>Bea</ins>" in page
    assert "<del>Confirmed</del> → <ins>Hinted</ins>" in page
    assert "<ins>episode 2 · Title of 2</ins>" in page
    assert str(ann.pk) not in page.partition("<details")[0]


def test_it_shows_what_the_linter_says_of_the_new_text(desk: Client, author: User) -> None:
    ann = somebody()
    Alias.objects.create(character=ann, name="Queen Ann", kind="title", revealed_in_id=3)
    summary = summary_of(ann, "Somebody.")
    correction = sent(set_to(summary, "value", "She is Queen Ann."), by=author)
    assert "It says “Queen Ann”" in content_of(desk.get(page_of(correction)))
    assert "It says" not in content_of(desk.get(page_of(sent(set_to(summary, "value", "She is nobody."), by=author))))


def test_it_links_other_corrections_of_the_same_row(desk: Client, author: User) -> None:
    status = status_of(somebody())
    one, other = (sent(set_to(status, "value", value), by=author) for value in ("dead", "missing"))
    assert page_of(other) in content_of(desk.get(page_of(one)))


def test_it_comes_while_the_file_of_a_picture_is_gone(
    desk: Client, author: User, moderator: User, django_capture_on_commit_callbacks: Any
) -> None:
    portrait, _ = a_portrait_of(somebody())
    with django_capture_on_commit_callbacks(execute=True):
        accepted(sent(portrait, by=author), by=moderator)
    published = Portrait.objects.get()
    correction = sent(set_to(published, "alt_text", "Ann, from afar"), by=author)
    archive.archive().delete(published.image.name)
    default_storage.delete(published.image.name)
    assert "from afar" in content_of(desk.get(page_of(correction)))
    decide_by_form(desk, correction, verdict(correction.changes.get(), "accept"))
    assert Portrait.objects.get().alt_text == "Ann, from afar"


def test_it_shows_undecided_changes_first(
    desk: Client, author: User, moderator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(review, "MOST_SHOWN", 2)
    ann = somebody()
    names = [new(Alias, character=ann, name=name, revealed_in_id=2) for name in ("Anna", "Annie", "Nancy")]
    correction = sent(*names, by=author)
    assert "Nancy" not in content_of(desk.get(page_of(correction)))
    first = correction.changes.order_by("position")[0]
    decide_by_form(desk, correction, verdict(first, "accept"))
    page = content_of(desk.get(page_of(correction)))
    assert "Nancy" in page
    assert "Annie" in page


def test_it_shows_the_name_under_which_the_author_will_be_credited(desk: Client, author: User) -> None:
    Viewer.objects.create(user=author, wants_credit=True, credit_name="Ann of the West")
    correction = sent(set_to(status_of(somebody()), "value", "dead"), by=author)
    for page in (page_of(correction), QUEUE):
        assert "named as “Ann of the West”" in content_of(desk.get(page))
    person_of_no_name = sent(set_to(status_of(somebody("bea", name="Bea")), "value", "dead"), by=person("shy"))
    assert "named as" not in content_of(desk.get(page_of(person_of_no_name)))


def test_it_puts_what_the_author_saw_into_words_too(desk: Client, author: User) -> None:
    summary = summary_of(somebody(), "[[ann]] waits.")
    correction = sent(set_to(summary, "value", "[[ann]] sleeps."), by=author)
    Trait.objects.filter(pk=summary.pk).update(value="[[ann]] runs.")
    then = content_of(desk.get(page_of(correction))).partition("<h3>Then</h3>")[2].partition("<h3>")[0]
    assert '<span class="mention" title="[[ann]]">Ann</span> waits.' in then


def test_it_shows_when_it_was_sent_and_the_record_of_its_author(halfway: Client, author: User, moderator: User) -> None:
    zed = somebody("zed", since=3)
    folded = sent(set_to(status_of(zed), "value", "dead"), by=author)
    assert "It was sent just now." in content_of(halfway.get(page_of(folded)))
    correction = sent(set_to(status_of(somebody()), "value", "dead"), by=author)
    accepted(correction, by=moderator)
    page = content_of(halfway.get(page_of(correction)))
    assert "just now ago" not in page
    assert "Their others: 0 accepted, 0 rejected, 1 waiting" in page


def test_it_says_nothing_of_the_others_of_somebody_without_an_account(desk: Client) -> None:
    """Each of these has a receipt of its own, so that nobody can tell which are by the same person."""
    correction = sent(set_to(status_of(somebody()), "value", "dead"), receipt="one")
    assert "Their others" not in content_of(desk.get(page_of(correction)))


def test_a_change_of_one_field_shows_the_row_it_is_about(desk: Client, author: User) -> None:
    ann, bea = somebody(), somebody("bea", name="Bea")
    tie = ann.relationships.create(kind="controls", target=bea, revealed_in_id=1)
    correction = sent(set_to(tie, "ended_in", 3), by=author)
    for decided in (False, True):
        page = content_of(desk.get(page_of(correction)))
        same = re.findall(r'<div class=" same">\s*<dt>([^<]+)</dt>\s*<dd class="text">(.*?)</dd>', page, re.DOTALL)
        shown = [(label, re.sub("<[^>]+>", "", value)) for label, value in same]
        assert shown == [
            ("source", "Ann"), ("kind", "controls"), ("target", "Bea"), ("certainty", "Confirmed"),
            ("revealed in", "episode 1 · Title of 1"),
        ]  # fmt: skip
        assert "<ins>episode 3" in page
        if not decided:
            accepted(correction, by=person("other", role="moderator"))


def test_reasons_and_messages_name_whom_they_mention(desk: Client, author: User, moderator: User) -> None:
    correction = sent(set_to(status_of(somebody()), "value", "dead"), by=author, letter=Letter("[[ann]] dies."))
    decide_by_form(desk, correction, do="say", comment="Does [[ann|the woman]] die?")
    decide_by_form(
        desk, correction, verdict(correction.changes.get(), "reject", why="[[ann]] lives."), comment="So [[ann]] lives."
    )
    page = content_of(desk.get(page_of(correction)))
    for text in ("Ann dies.", "Does the woman die?", "Ann lives.", "So Ann lives."):
        assert text in page
    assert "[[ann" not in page


def test_what_an_account_that_is_gone_decided_is_not_said_to_be_by_the_author(desk: Client, author: User) -> None:
    correction = sent(set_to(status_of(somebody()), "value", "dead"), by=author)
    accepted(correction, by=person("gone", role="moderator"))
    User.objects.filter(username="gone").delete()
    thread = content_of(desk.get(page_of(correction))).partition("<h2>Thread</h2>")[2]
    assert "<strong>A former moderator</strong> decided" in thread
    assert "Its author" not in thread


def test_it_shows_who_else_has_a_name(desk: Client, author: User) -> None:
    ann, bea = somebody(), somebody("bea", name="Bea")
    Alias.objects.create(character=bea, name="Cyan Star", revealed_in_id=3)
    Alias.objects.create(character=bea, name="Captain", kind="title", revealed_in_id=1)
    early = sent(new(Alias, character=ann, name="Cyan Star", revealed_in_id=1), by=author)
    page = content_of(desk.get(page_of(early)))
    assert "the name “Cyan Star” is revealed in episode 3" in page
    assert "Also a name of Bea, from episode 3." in page
    shared = content_of(desk.get(page_of(sent(new(Alias, character=ann, name="captain", revealed_in_id=2), by=author))))
    assert "Also a name of Bea, from episode 1." in shared
    assert "It says" not in shared
    own = content_of(desk.get(page_of(sent(new(Alias, character=bea, name="Captain", revealed_in_id=2), by=author))))
    assert "Also a name" not in own


def test_it_shows_a_change_whose_row_is_gone(desk: Client, author: User) -> None:
    status = status_of(somebody())
    correction = sent(set_to(status, "value", "dead"), by=author)
    Character.objects.all().delete()
    page = content_of(desk.get(page_of(correction)))
    assert "What it changes is gone" in page
    assert Change.objects.get().decision == "pending"


def test_one_with_thousands_of_changes_has_a_page(desk: Client, author: User) -> None:
    ann = somebody()
    status = status_of(ann)
    other = sent(set_to(status, "value", "missing"), by=author)
    changes = [setting(status, "value", "alive", "dead")]
    changes += [setting(Trait(pk=uuid4()), "value", "alive", "dead") for _ in range(1100)]
    correction = sent(*changes, by=author, kind="import")
    page = content_of(desk.get(page_of(correction)))
    assert f"/{other.pk}/" in page
