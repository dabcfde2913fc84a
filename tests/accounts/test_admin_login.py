"""The admin has no door of its own."""

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.test import Client

from tests.people import PASSWORD, person, sign_in, signed_in

pytestmark = pytest.mark.django_db


def test_the_admin_sends_to_the_one_sign_in_and_back() -> None:
    person("ed", is_staff=True)
    client = Client()
    response = client.get("/admin/", follow=True)
    assert response.request["PATH_INFO"] == "/accounts/login/"
    assert b'name="next" value="/admin/"' in response.content
    assert sign_in(client, "ed", next="/admin/")["Location"] == "/admin/"
    assert client.get("/admin/").status_code == 200


def test_its_own_form_is_gone() -> None:
    person("ed", is_staff=True)
    response = Client().post("/admin/login/", {"username": "ed", "password": "x"})
    assert response["Location"].startswith("/accounts/login/?next=")


def test_its_own_page_for_a_new_password_is_gone() -> None:
    person("ed", role="editor")
    form = {"old_password": PASSWORD, "new_password1": "a-quite-odd-new-one", "new_password2": "a-quite-odd-new-one"}
    assert signed_in("ed").post("/admin/password_change/", form)["Location"] == "/accounts/password/change/"
    assert User.objects.get().check_password(PASSWORD)


def test_others_stay_outside() -> None:
    person("ann")
    response = signed_in("ann").get("/admin/", follow=True)
    assert response.status_code == 403
    assert "You are signed in as ann" in response.content.decode()


def test_next_leads_nowhere_else() -> None:
    person("ann")
    assert sign_in(Client(), next="https://evil.example/")["Location"] == "/"


@pytest.mark.parametrize("page", ["/accounts/login/", "/accounts/signup/", "/admin/login/"])
@pytest.mark.parametrize("address", ["//[", "//\uff0fevil.example"])
def test_next_may_be_nonsense(page: str, address: str) -> None:
    assert Client().get(page, {"next": address}, follow=True).status_code == 200


def test_whoever_works_there_needs_a_second_factor(settings: Any) -> None:
    settings.STAFF_SECOND_FACTOR = True
    mo = person("mo", role="moderator")
    client = signed_in("mo")
    for path in ("/admin/", "/admin/corrections/correction/", "/admin/password_change/"):
        assert client.get(path)["Location"] == "/accounts/2fa/", path
    assert client.post("/admin/corrections/correction/", {"next": "1"})["Location"] == "/accounts/2fa/"
    assert "signs in with a second factor" in client.get("/accounts/2fa/").content.decode()
    assert client.get("/").status_code == 200
    Authenticator.objects.create(user=mo, type=Authenticator.Type.WEBAUTHN, data={})
    assert client.get("/admin/").status_code == 200


def test_who_is_refused_is_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    person("ed", role="editor")
    signed_in("ed").get("/admin/auth/user/")
    signed_in("ed").post("/progress/", {"episode": "1"}, headers={"Sec-Fetch-Site": "cross-site"})
    refused = [record for record in caplog.records if getattr(record, "status_code", 0) == 403]
    assert [(record.name, record.levelname) for record in refused] == [("django.request", "WARNING")] * 2
