"""People with accounts, and how they sign in."""

import re
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client

PASSWORD = "a-long-and-quite-odd-one"
OWN = {"Sec-Fetch-Site": "same-origin"}
LINK = re.compile(r"https?://[^/]+(/\S+)")


def person(name: str = "ann", *, confirmed: bool = True, **values: Any) -> User:
    user = User.objects.create_user(name, f"{name}@example.org", PASSWORD, **values)
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=confirmed)
    return user


def sign_in(client: Client, name: str = "ann", password: str = PASSWORD, **also: Any) -> Any:
    return client.post("/accounts/login/", {"login": name, "password": password, **also})


def signed_in(name: str = "ann", *, at: int | None = None) -> Client:
    """A new browser, at some episode, in which this person has signed in."""
    client = Client()
    if at is not None:
        client.cookies["progress"] = str(at)
    assert sign_in(client, name).status_code == 302
    return client


def who(client: Client) -> str | None:
    """Whose name the home page shows as signed in."""
    found = re.search(r'href="/accounts/">([^<]+)<', client.get("/").content.decode())
    return found.group(1) if found else None


def link_in_last_mail() -> str:
    found = LINK.search(mail.outbox[-1].body)
    assert found, mail.outbox[-1].body
    return found.group(1)
