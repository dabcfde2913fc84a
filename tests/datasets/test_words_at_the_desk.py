"""The admin and the forms of contributors speak of the units of a show as the show does."""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from django.test import Client
from django.urls import Resolver404, resolve

from tests.people import person
from tests.seasons import harbour
from tests.shows import load_show

pytestmark = pytest.mark.django_db

OTHER_WORD = re.compile(r"[^.]{0,60}\bepisodes?\b[^.]{0,30}", re.IGNORECASE)
LINK = re.compile(r'href="(/[^"#]*)"')
TEXT = re.compile(r"<(?:script|style)\b.*?</(?:script|style)>|<[^>]*>", re.DOTALL)
PERMISSIONS = re.compile(r"<select\b[^>]*ermissions.*?</select>", re.DOTALL)  # as Django names them in the database
ASKED = "if not an episode: chapter"  # of the show, for its words
LEFT_OUT = ("/static/", "/media/", "/accounts/logout/", "/admin/logout/", "/admin/jsi18n/")


def pages_of_each_kind(client: Client) -> Iterator[tuple[str, str]]:
    """Yield an address of each route that links lead to from the start page and the admin, and its page."""
    waiting, seen = ["/", "/admin/"], set()
    while waiting:
        address = waiting.pop(0)
        try:
            route = resolve(address.partition("?")[0])
        except Resolver404:
            continue
        kind = (route.url_name, route.kwargs.get("kind"), re.sub(r"=[^&]*\d[^&]*", "=", address.partition("?")[2]))
        if kind in seen or address.startswith(LEFT_OUT):
            continue
        seen.add(kind)
        response = client.get(address)
        if response.status_code == 200 and response["Content-Type"].startswith("text/html"):
            page = response.content.decode()
            yield address, page
            waiting += [unescape(found) for found in LINK.findall(page)]


def test_whoever_edits_or_corrects_reads_the_words_of_the_show(tmp_path: Path) -> None:
    load_show(tmp_path, **harbour())
    client = Client()
    client.force_login(person(role="superuser", at=4))
    client.cookies["progress"] = "4"
    said = {
        address: found
        for address, page in pages_of_each_kind(client)
        if (found := OTHER_WORD.findall(TEXT.sub(" ", PERMISSIONS.sub("", page)).replace(ASKED, "")))
    }
    assert not said
