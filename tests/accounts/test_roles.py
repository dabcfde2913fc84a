"""A role at the desk is one choice, in the admin of accounts and at the command line, and it lets somebody in."""

from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command
from django.test import Client

from characters.roles import MODERATORS
from tests.people import PASSWORD, person

pytestmark = pytest.mark.django_db

DATES = {"date_joined_0": "2026-01-01", "date_joined_1": "00:00:00", "last_login_0": "", "last_login_1": ""}


@pytest.fixture
def chief(db: None) -> Client:
    client = Client()
    client.force_login(person("chief", role="superuser"))
    return client


def can_moderate(user: User) -> bool:
    """Whether somebody who signs in anew is let into the queue, and may decide."""
    client = Client()
    client.force_login(user)
    inside = client.get("/admin/corrections/correction/").status_code == 200
    return inside and User.objects.get(pk=user.pk).has_perm("corrections.decide")


def saved(chief: Client, user: User, **chosen: Any) -> Any:
    form = {"username": user.username, "is_active": "on", **DATES, **chosen}
    return chief.post(f"/admin/auth/user/{user.pk}/change/", form)


def test_one_choice_makes_a_moderator_and_unmakes_one(chief: Client) -> None:
    ann = person("ann", role="contributor")
    assert not can_moderate(ann)
    assert saved(chief, ann, role="moderator").status_code == 302
    assert can_moderate(ann)
    assert 'value="moderator" selected' in chief.get(f"/admin/auth/user/{ann.pk}/change/").content.decode()
    assert ann.groups.filter(name="contributors").exists()
    saved(chief, ann, role="editor")
    assert not User.objects.get(pk=ann.pk).has_perm("corrections.decide")
    saved(chief, ann, role="none")
    assert not User.objects.get(pk=ann.pk).is_staff


def test_another_change_leaves_a_role_as_it_is(chief: Client) -> None:
    ann = person("ann", role="moderator")
    saved(chief, ann, role="moderator", first_name="Ann")
    assert can_moderate(ann)
    assert User.objects.get(pk=ann.pk).first_name == "Ann"


def test_a_group_alone_is_shown_as_no_role_and_one_choice_mends_it(chief: Client) -> None:
    ann = person("ann")
    ann.groups.add(Group.objects.get(name=MODERATORS))
    assert 'value="none" selected' in chief.get(f"/admin/auth/user/{ann.pk}/change/").content.decode()
    saved(chief, ann, role="moderator")
    assert can_moderate(ann)


def test_who_becomes_a_superuser_is_let_in(chief: Client) -> None:
    ann = person("ann")
    saved(chief, ann, role="none", is_superuser="on")
    assert can_moderate(ann)


def test_a_new_account_can_have_a_role_at_once(chief: Client) -> None:
    new = {"username": "bea", "usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
    assert chief.post("/admin/auth/user/add/", new | {"role": "moderator"}).status_code == 302
    assert can_moderate(User.objects.get(username="bea"))


def test_the_list_says_and_filters_roles(chief: Client) -> None:
    person("mo", role="moderator")
    person("ed", role="editor")
    person("ann")
    for role, expected in (("moderator", {"mo"}), ("editor", {"ed"}), ("none", {"ann", "chief"})):
        listed = chief.get("/admin/auth/user/", {"role": role}).context["cl"].result_list
        assert {user.username for user in listed} == expected


def test_moderators_cannot_give_roles(db: None) -> None:
    client = Client()
    client.force_login(person("mo", role="moderator"))
    ann = person("ann")
    assert saved(client, ann, role="moderator").status_code == 403
    assert not can_moderate(ann)


def test_the_command_makes_the_first_moderator() -> None:
    ann = person("ann")
    out = StringIO()
    call_command("give_role", "ann", "moderator", stdout=out)
    assert out.getvalue() == "ann can use the admin as moderator.\n"
    assert can_moderate(ann)
    call_command("give_role", "ann", "none", stdout=StringIO())
    assert not can_moderate(ann)


def test_the_command_says_what_is_wrong() -> None:
    person("gone", is_active=False)
    for name, message in (("nobody", "no account “nobody”"), ("gone", "is closed")):
        with pytest.raises(CommandError, match=message):
            call_command("give_role", name, "moderator")
    with pytest.raises(CommandError):
        call_command("give_role", "gone", "king")
