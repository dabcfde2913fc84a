"""One's own page: credit, and leaving."""

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group, User
from django.test import Client

from characters.roles import CONTRIBUTORS
from corrections.models import Correction
from episodes.models import Viewer
from tests.people import PASSWORD, person, sign_in, signed_in, who

pytestmark = pytest.mark.django_db


def test_it_is_for_whoever_is_signed_in() -> None:
    for address in (
        "/accounts/",
        "/accounts/delete/",
        "/accounts/email/",
        "/accounts/2fa/",
        "/accounts/password/change/",
    ):
        assert Client().get(address)["Location"].startswith("/accounts/login/?next="), address


def test_credit_is_given_to_whoever_wants_it() -> None:
    user = person("ann")
    client = signed_in("ann")
    assert Viewer.objects.get(user=user).credit == ""
    client.post("/accounts/", {"wants_credit": "on", "credit_name": ""})
    assert Viewer.objects.get(user=user).credit == "ann"
    response = client.post("/accounts/", {"wants_credit": "on", "credit_name": "Ann Lee"}, follow=True)
    assert Viewer.objects.get(user=user).credit == "Ann Lee"
    assert "Saved." in response.content.decode()
    client.post("/accounts/", {"credit_name": "Ann Lee"})
    assert Viewer.objects.get(user=user).credit == ""


def test_the_form_changes_nothing_else() -> None:
    user = person("ann", at=3)
    client = signed_in("ann")
    for name in ("Annie", "x" * 81):  # the second is too long, so nothing of it is saved
        client.post("/accounts/", {"progress": "9", "second": "9", "user": "99", "credit_name": name})
        viewer = Viewer.objects.get(user=user)
        assert (viewer.progress, viewer.second, viewer.credit_name) == (3, 0, "Annie")


def leave(client: Client) -> None:
    assert client.get("/accounts/delete/")["Location"].startswith("/accounts/reauthenticate/")
    client.post("/accounts/reauthenticate/?next=/accounts/delete/", {"password": PASSWORD})
    assert b"Delete your account?" in client.get("/accounts/delete/").content
    client.post("/accounts/delete/", {})
    assert who(client) == "ann", "not without saying so"
    assert client.post("/accounts/delete/", {"sure": "on"})["Location"] == "/"


def test_leaving_takes_the_person_away_and_keeps_the_work() -> None:
    user = person("ann", first_name="Ann", is_staff=True, at=3)
    user.groups.add(Group.objects.get(name=CONTRIBUTORS))
    other = signed_in("ann")
    client = signed_in("ann")
    correction = Correction.objects.create(author=user, reason="It is so.")
    leave(client)

    assert who(client) is None
    assert who(other) is None
    gone = User.objects.get(pk=user.pk)
    assert (gone.email, gone.get_full_name(), gone.is_active, gone.is_staff) == ("", "", False, False)
    assert "ann" not in gone.username
    assert not gone.has_usable_password()
    for rows in (EmailAddress, Authenticator, Viewer):
        assert not rows.objects.exists(), rows
    assert not gone.groups.exists()
    assert Correction.objects.get(pk=correction.pk).author == gone
    sign_in(client)
    assert who(client) is None


def test_the_name_and_the_address_are_free_again() -> None:
    person("ann")
    leave(signed_in("ann"))
    told = {"username": "ann", "email": "ann@example.org", "password1": PASSWORD}
    Client().post("/accounts/signup/", told)
    assert User.objects.filter(username="ann", is_active=True).exists()


def test_leaving_by_a_link_is_not_possible() -> None:
    person("ann")
    client = signed_in("ann")
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    client.get("/accounts/delete/?sure=on")
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client.cookies
    response = strict.post("/accounts/delete/", {"sure": "on"})
    assert response.status_code == 403
    assert "Please try again" in response.content.decode()
    assert who(client) == "ann"


def test_a_moderator_who_leaves_keeps_a_name_for_the_record() -> None:
    user = person("judge", role="moderator")
    correction = Correction.objects.create(decided_by=user, state="rejected")
    client = signed_in("judge")
    client.post("/accounts/reauthenticate/?next=/accounts/delete/", {"password": PASSWORD})
    assert "What you decided stays as well" in client.get("/accounts/delete/").content.decode()
    client.post("/accounts/delete/", {"sure": "on"})
    correction.refresh_from_db()
    assert correction.decided_by is not None
    assert correction.decided_by.username.startswith("former-moderator-")


@pytest.mark.parametrize("several", [False, True])
def test_an_administrator_who_deletes_an_account_is_told_that_its_work_keeps_a_name(several: bool) -> None:
    judge = person("judge", role="moderator")
    correction = Correction.objects.create(decided_by=judge, state="rejected")
    desk = Client()
    desk.force_login(person("root", role="superuser"))
    address, posted = f"/admin/auth/user/{judge.pk}/delete/", {"post": "yes"}
    if several:
        address = "/admin/auth/user/"
        posted |= {"action": "delete_selected", "_selected_action": str(judge.pk)}
    asked = desk.post(address, {name: value for name, value in posted.items() if name != "post"})
    assert "gets a name made up for it" in (asked if several else desk.get(address)).content.decode()
    desk.post(address, posted)
    correction.refresh_from_db()
    assert correction.decided_by is not None
    assert correction.decided_by.username.startswith("former-moderator-")
    assert not correction.decided_by.is_active
    assert not EmailAddress.objects.filter(email="judge@example.org").exists()
