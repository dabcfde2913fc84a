"""Threads of hundreds of entries, on the pages of corrections and of notes."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from corrections.letter import Letter
from corrections.models import MOST_SAID, Correction, Event
from corrections.sending import Place, Sender, send_note
from tests.corrections.desk import address, content_of, page_of
from tests.corrections.letters import sent, set_to, somebody, status_of
from tests.people import person

pytestmark = pytest.mark.django_db


@pytest.fixture(params=["correction", "note"])
def letter(request: pytest.FixtureRequest, author: User) -> Correction:
    status = status_of(somebody())
    if request.param == "correction":
        return sent(set_to(status, "value", "dead"), by=author)
    page = f"/characters/{status.character.public_id}/ann/"
    place = Place(page, (f"characters.character:{status.character.pk}",), 2)
    return send_note(Letter("She is tired."), place, sender=Sender(author), kind=Correction.Kind.NOTE)


def said(letter: Correction, *texts: str) -> None:
    now, by = timezone.now(), list(User.objects.order_by("pk"))
    letter.events.all().delete()
    Event.objects.bulk_create(
        Event(correction=letter, kind=Event.Kind.REMARKED, by=by[n % len(by)], text=text, at=now + timedelta(seconds=n))
        for n, text in enumerate(texts)
    )


def remarks_on(page: str) -> list[int]:
    return [int(number) for number in re.findall(r"Remark (\d+)", page)]


def test_the_newest_entries_are_shown_and_lead_to_the_earlier_ones(desk: Client, letter: Correction) -> None:
    said(letter, *(f"Remark {n}" for n in range(45)))
    page, seen = content_of(desk.get(page_of(letter))), []
    assert remarks_on(page) == [*range(25, 45)]
    while True:
        seen = remarks_on(page) + seen
        if not (earlier := re.search(r'name="thread" value="(\d+)">Earlier entries', page)):
            break
        response = desk.post(address("turn", letter.pk), {"thread": earlier[1], "comment": "Typed."}, follow=True)
        page = content_of(response)
        assert response.redirect_chain[0][0].endswith("#thread")
        assert "Typed." in page
    assert seen == [*range(45)]
    assert "Newest entries" in page
    assert remarks_on(content_of(desk.get(page_of(letter), {"thread": 45}))) == []


def test_a_short_thread_leads_nowhere(desk: Client, letter: Correction) -> None:
    said(letter, *(f"Remark {n}" for n in range(20)))
    page = content_of(desk.get(page_of(letter)))
    assert remarks_on(page) == [*range(20)]
    assert 'name="thread"' not in page


def test_an_editor_follows_links(letter: Correction) -> None:
    said(letter, *(f"Remark {n}" for n in range(25)))
    editor = Client()
    editor.cookies["progress"] = "3"
    editor.force_login(person("editor", role="editor"))
    assert remarks_on(content_of(editor.get(page_of(letter)))) == [*range(5, 25)]
    link = re.search(r'href="(\?[^"]+)#thread">Earlier', editor.get(page_of(letter)).content.decode())
    assert link is not None
    assert remarks_on(content_of(editor.get(page_of(letter) + link[1].replace("&amp;", "&")))) == [*range(5)]


@pytest.mark.parametrize(
    "text", ["o" * MOST_SAID, "\U0001f600" * MOST_SAID, '"' * MOST_SAID, "\u200b" * (MOST_SAID // 4)]
)
def test_a_page_is_no_larger_for_a_long_thread(desk: Client, letter: Correction, text: str) -> None:
    said(letter, *[text] * 400)
    assert len(desk.get(page_of(letter)).content) < 150_000


def test_an_entry_costs_no_statement(halfway: Client, author: User) -> None:
    letter = sent(set_to(status_of(somebody()), "value", "dead"), by=author)
    for n in range(60):
        person(f"p{n}")

    def statements(count: int) -> int:
        said(letter, *(f"Of [[ann]], {n}." for n in range(count)))
        halfway.get(page_of(letter))
        with CaptureQueriesContext(connection) as queries:
            assert halfway.get(page_of(letter)).content.count(b"Of Ann") == min(count, 20)
        return len(queries)

    assert statements(3) == statements(18) == statements(60)


def test_the_author_reads_the_newest_and_is_led_to_the_earlier_ones(letter: Correction, author: User) -> None:
    said(letter, *(f"Remark {n}" for n in range(45)))
    reader = Client()
    reader.cookies["progress"] = "3"
    reader.force_login(author)
    address, seen = f"/corrections/{letter.pk}/", []
    page = reader.get(address).content.decode()
    assert remarks_on(page) == [*range(25, 45)]
    assert "Newest entries" not in page
    while True:
        seen = remarks_on(page) + seen
        if not (earlier := re.search(r'href="([^"#]+)#thread">Earlier entries', page)):
            break
        page = reader.get(earlier[1]).content.decode()
        assert f'href="{address}#thread">Newest entries' in page
    assert seen == [*range(45)]
