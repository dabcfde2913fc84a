"""The public page as it would be, and pictures that wait."""

from html import unescape
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.files.storage import default_storage
from django.test import Client

from characters.models import Alias, Portrait
from characters.pictures import files
from corrections import rows
from corrections.models import State
from corrections.sending import removing
from tests.corrections.desk import (
    address,
    at_the_desk,
    content_of,
    page_of,
    verdict,
)
from tests.corrections.letters import accepted, new, sent, set_to, somebody, status_of
from tests.corrections.pictures import a_portrait_of
from tests.datasets.pictures import files_of
from tests.people import person

pytestmark = pytest.mark.django_db


def test_it_shows_the_public_page_and_writes_nothing(desk: Client, author: User) -> None:
    ann = somebody()
    portrait, name = a_portrait_of(ann)
    correction = sent(new(Alias, character=ann, name="Annie Lee", headline=True, revealed_in_id=2), portrait, by=author)
    before = {kind.label: rows.all_values(kind) for kind in rows.registered()}
    shown = {episode: desk.get(address("preview", correction.pk, episode)) for episode in (0, 1, 2)}
    pages = {episode: response.content.decode() for episode, response in shown.items()}
    assert "The page does not exist yet at this episode" in pages[0]
    assert "Annie Lee" not in pages[1]
    assert "Annie Lee" in pages[2]
    assert all("Preview" in page and "<script" not in page for page in pages.values())
    image = correction.changes.get(model="characters.portrait")
    assert address("picture", correction.pk, image.pk, "after") in pages[1]
    assert default_storage.url(files.published_name(name).removesuffix(".webp")) not in pages[1]
    assert shown[2]["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in shown[2]["Content-Security-Policy"]
    assert {kind.label: rows.all_values(kind) for kind in rows.registered()} == before
    assert not default_storage.exists(files.published_name(name))
    correction.refresh_from_db()
    assert correction.state == State.OPEN


def test_the_correction_links_a_preview_at_every_episode(desk: Client, author: User) -> None:
    correction = sent(new(Alias, character=somebody(), name="Annie", revealed_in_id=2), by=author)
    page = content_of(desk.get(page_of(correction)))
    assert all(address("preview", correction.pk, episode) in page for episode in range(4))
    assert 'class="differs">2</a>' in page
    assert "unchanged before 2" in page


def test_it_shows_values_as_edited_so_far_and_keeps_none(desk: Client, author: User) -> None:
    ann = somebody()
    names = [new(Alias, character=ann, name=name, revealed_in_id=2) for name in ("Annie Lee", "Anna")]
    correction = sent(set_to(status_of(ann), "value", "dead"), *names, by=author)
    status, annie, anna = correction.changes.order_by("position")
    typed = verdict(status, "leave", value="dead tired") | verdict(annie, "leave")
    before = {kind.label: rows.all_values(kind) for kind in rows.registered()}
    shown = desk.post(address("preview", correction.pk, 2), typed | verdict(anna, "reject")).content.decode()
    assert "Dead tired" in shown
    assert "Annie Lee" in shown
    assert "Anna" not in shown
    bad = desk.post(address("preview", correction.pk, 2), verdict(status, "accept", value=""))
    assert "Value: This field is required." in bad.content.decode()
    assert {kind.label: rows.all_values(kind) for kind in rows.registered()} == before
    assert [change.altered for change in correction.changes.all()] == [False] * 3


def test_it_says_why_there_is_no_preview(desk: Client, author: User) -> None:
    ann = somebody(since=2)
    correction = sent(new(Alias, character=ann, name="Early", revealed_in_id=1), by=author)
    page = unescape(desk.get(address("preview", correction.pk, 2)).content.decode())
    assert "before its character" in page


def test_only_staff_see_a_picture_that_waits(desk: Client, author: User) -> None:
    portrait, name = a_portrait_of(somebody())
    correction = sent(portrait, by=author)
    change = correction.changes.get()
    at = address("picture", correction.pk, change.pk, "after")
    response = desk.get(at)
    assert (response.status_code, response["Content-Type"]) == (200, "image/webp")
    assert "no-store" in response["Cache-Control"]
    assert at in content_of(desk.get(page_of(correction)))
    assert at_the_desk(person(role="editor")).get(at).status_code == 200
    for stranger in (at_the_desk(None), at_the_desk(person(role="contributor"))):
        assert stranger.get(at).status_code == 302
    assert Client().get(default_storage.url(name)).status_code == 404
    assert desk.get(address("picture", correction.pk, change.pk, "before")).status_code == 404
    other = sent(set_to(status_of(somebody("bea")), "value", "x"), by=author)
    assert desk.get(address("picture", other.pk, change.pk, "after")).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_looking_moves_no_picture(desk: Client, author: User, moderator: User) -> None:
    """Neither is the new one public while it is tried, nor is the old one taken down."""
    ann = somebody()
    portrait, _ = a_portrait_of(ann)
    accepted(sent(portrait, by=author), by=moderator)
    before = files_of(Path(default_storage.path("")))
    another, _ = a_portrait_of(ann, colour="red")
    correction = sent(another, removing(Portrait.objects.get()), by=author)
    assert desk.get(address("preview", correction.pk, 1)).status_code == 200
    assert desk.get(page_of(correction)).status_code == 200
    assert files_of(Path(default_storage.path(""))) == before
    assert len(before) == 10
