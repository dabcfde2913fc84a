"""A form that cannot be taken comes back with what was typed, to be sent again."""

import html
import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from episodes import kept_forms
from episodes.models import Episode
from tests.people import OWN, person, sign_in
from tests.shows import episode, load_show

pytestmark = pytest.mark.django_db
ADDRESS = "/admin/episodes/episode/1/change/"
TEXT = 'What was <typed> & "quoted",\nfor an hour'


@pytest.fixture
def editor(tmp_path: Path) -> Client:
    """A browser in which a moderator has the form of an episode open; tokens are checked."""
    load_show(tmp_path, characters=[], episodes=[episode(1)])
    person(role="moderator")
    client = Client(enforce_csrf_checks=True)
    client.cookies["progress"] = "1"
    sign_in_with_token(client)
    return client


def sign_in_with_token(client: Client) -> None:
    token = token_on(client.get("/accounts/login/"))
    assert sign_in(client, "moderator", csrfmiddlewaretoken=token).status_code == 302


def token_on(page: Any) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.content.decode())
    assert found
    return found[1]


def form_on(page: Any) -> dict[str, str]:
    """Return the fields that the page sends when its button is pressed."""
    fields = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page.content.decode())
    return {html.unescape(name): html.unescape(value) for name, value in fields}


def typed_on(page: Any) -> dict[str, str]:
    return {
        "csrfmiddlewaretoken": token_on(page), "number": "1", "title": "Another", "synopsis": TEXT, "_save": "Save",
    }  # fmt: skip


def test_a_form_that_is_sent_after_the_session_ended_is_kept_over_the_sign_in(editor: Client) -> None:
    typed = typed_on(editor.get(ADDRESS))
    Session.objects.all().delete()
    page = editor.post(ADDRESS, typed, headers=OWN)
    assert page.status_code == 403
    assert "you are signed out" in page.content.decode()
    assert page["Cache-Control"] == "private, no-store"
    assert not Session.objects.exists(), "nothing is stored on the server"

    other_window = sign_in_with_token
    other_window(editor)
    stale = editor.post(ADDRESS, form_on(page), headers=OWN)  # the token changed with the sign-in
    assert stale.status_code == 403
    assert "Please send it again" in stale.content.decode()
    assert form_on(stale)["synopsis"] == TEXT
    assert editor.post(ADDRESS, form_on(stale), headers=OWN).status_code == 302
    assert Episode.objects.get(number=1).title == "Another"


def test_what_another_site_sends_is_not_echoed(editor: Client) -> None:
    typed = typed_on(editor.get(ADDRESS))
    Session.objects.all().delete()
    for form, headers in (
        (typed | {"csrfmiddlewaretoken": "x" * 64}, {"Sec-Fetch-Site": "cross-site"}),
        (typed | {"csrfmiddlewaretoken": "x" * 64}, {}),
    ):
        page = editor.post(ADDRESS, form, headers=headers)
        assert page.status_code == 403
        assert "Another" not in page.content.decode()


def test_passwords_and_files_are_not_kept(editor: Client) -> None:
    token = token_on(editor.get(ADDRESS))
    Session.objects.all().delete()
    file = SimpleUploadedFile("face.png", b"no picture")
    form = {"csrfmiddlewaretoken": token, "username": "eve", "password1": "secret-one", "image": file}
    page = editor.post("/admin/characters/character/add/", form, headers=OWN).content.decode()
    assert "secret-one" not in page
    assert 'name="username" value="eve"' in page
    assert "Choose again after you have sent it: face.png" in page
    assert 'enctype="multipart/form-data"' in page


def test_what_is_too_long_is_not_echoed(editor: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_forms, "MOST_CHARACTERS", 100)
    typed = typed_on(editor.get(ADDRESS)) | {"synopsis": "long " * 100}
    Session.objects.all().delete()
    page = editor.post(ADDRESS, typed, headers=OWN).content.decode()
    assert "too long to be kept" in page
    assert "long long" not in page


def test_forms_of_accounts_are_never_echoed(editor: Client) -> None:
    page = editor.post("/accounts/login/", {"login": "moderator", "password": "secret-one"}, headers=OWN)
    assert page.status_code == 403
    assert "Please try again" in page.content.decode()
    assert "secret-one" not in page.content.decode()
