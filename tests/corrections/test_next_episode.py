"""The episode after the last one: whoever has watched all that is published can decide it."""

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client

from characters.models import Alias, Revelation
from corrections.models import Correction, State
from corrections.sending import adding
from episodes.models import Episode
from tests.corrections.desk import QUEUE, address, at_the_desk, content_of, decide_by_form, page_of
from tests.corrections.letters import new, sent, set_to, somebody, status_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def next_one(author: User) -> Correction:
    """Episode 4, which is not published yet, with what is learned in it."""
    somebody()
    episode = adding("episodes.episode", {"title": "The Fourth", "synopsis": "All is told."}, key="4")
    return sent(episode, new(Revelation, key="told", text="[[ann]] flies.", revealed_in_id=4), by=author)


def test_who_has_watched_all_is_given_it_and_decides_it(desk: Client, next_one: Correction) -> None:
    queue = content_of(desk.get(QUEUE))
    assert "folded" not in queue
    assert "episode 4" in queue
    assert "The Fourth" in queue
    assert desk.post(address("next"))["Location"] == page_of(next_one)
    assert "Ann" in content_of(desk.get(page_of(next_one)))
    decide_by_form(desk, next_one, do="accept")
    assert Episode.objects.get(number=4).title == "The Fourth"
    assert Correction.objects.get().state == State.ACCEPTED


def test_the_page_is_previewed_at_it(desk: Client, next_one: Correction) -> None:
    page = content_of(desk.get(page_of(next_one)))
    latest = address("preview", next_one.pk, 4)
    assert f'href="{latest}?page=episodes.episode' in page
    preview = desk.get(latest, {"page": "episodes.episode:4"}).content.decode()
    assert "flies" in preview
    assert "All is told." in preview
    assert desk.get(address("preview", next_one.pk, 5)).status_code == 404


def test_it_is_folded_for_whoever_has_not_watched_all(author: User, moderator: User, next_one: Correction) -> None:
    behind = at_the_desk(moderator, episode=2)
    assert "folded · episode 4" in content_of(behind.get(QUEUE))
    assert "Open it all the same" in content_of(behind.get(page_of(next_one)))
    assert behind.post(address("next"))["Location"] == QUEUE


def test_other_corrections_are_not_previewed_beyond_the_last_episode(desk: Client, author: User) -> None:
    correction = sent(set_to(status_of(somebody()), "value", "dead"), by=author)
    assert address("preview", correction.pk, 3) in content_of(desk.get(page_of(correction)))
    assert address("preview", correction.pk, 4) not in content_of(desk.get(page_of(correction)))


def test_newcomers_are_named_in_the_queue(desk: Client, author: User) -> None:
    keys = ["0b8e1e9c-6e1a-4d5c-9b63-1d1f4b3f0001", "0b8e1e9c-6e1a-4d5c-9b63-1d1f4b3f0002"]
    people = [
        adding("characters.character", {"key": name.lower(), "revealed_in": 3}, key=key)
        for key, name in zip(keys, ("Cy", "Dee"), strict=True)
    ]
    names = [
        new(Alias, character_id=key, name=name, headline=True, revealed_in_id=3)
        for key, name in zip(keys, ("Cy", "Dee"), strict=True)
    ]
    sent(*people, *names, by=author)
    line = next(iter(desk.get(QUEUE).context["cl"].result_list)).line
    assert sorted(line.about) == ["Cy", "Dee"]


def test_newcomers_are_named_in_texts_of_the_same_correction(desk: Client, author: User) -> None:
    key = "0b8e1e9c-6e1a-4d5c-9b63-1d1f4b3f0003"
    correction = sent(
        adding("characters.character", {"key": "cy", "revealed_in": 3}, key=key),
        new(Alias, character_id=key, name="Cyrus", headline=True, revealed_in_id=3),
        new(Revelation, key="told", text="[[cy]] flies, and [[nobody]] sees it.", revealed_in_id=3),
        by=author,
    )
    page = content_of(desk.get(page_of(correction)))
    shown = re.sub(r"<[^>]*>", "", re.sub(r"<textarea.*?</textarea>", "", page, flags=re.DOTALL))
    assert "Cyrus flies, and [[nobody]] sees it." in shown
    assert "[[cy]]" not in shown
