"""People with accounts, and how they sign in."""

import re
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group, User
from django.core import mail
from django.test import Client

from characters.roles import CONTRIBUTORS, EDITORS, MODERATORS
from episodes.models import Viewer

PASSWORD = "a-long-and-quite-odd-one"
GROUPS = {"contributor": CONTRIBUTORS, "editor": EDITORS, "moderator": MODERATORS}
OWN = {"Sec-Fetch-Site": "same-origin"}
LINK = re.compile(r"https?://[^/]+(/\S+)")


def person(name: str = "", *, role: str = "", at: int | None = None, **values: Any) -> User:
    """Somebody with a confirmed address, and a number of their own if they have signed in before.

    Who has a role bears its name, unless they have another, and is of the staff if it is one of those.
    """
    name = name or role or "ann"
    values.setdefault("is_staff", role in ("editor", "moderator", "superuser"))
    values.setdefault("is_superuser", role == "superuser")
    user = User.objects.create_user(name, f"{name}@example.org", PASSWORD, **values)
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    if role in GROUPS:
        user.groups.add(Group.objects.get(name=GROUPS[role]))
    if at is not None:
        Viewer.objects.create(user=user, progress=at)
    return User.objects.get(pk=user.pk)  # without what it remembers of its permissions


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
    found = re.search(
        r'href="/accounts/">Account<span class="visually-hidden"> of ([^<]+)<', client.get("/").content.decode()
    )
    return found.group(1) if found else None


def link_in_last_mail() -> str:
    found = LINK.search(mail.outbox[-1].body)
    assert found, mail.outbox[-1].body
    return found.group(1)


def seen_by(client: Client) -> int:
    """The episode that the site shows this browser."""
    found = re.search(r"You are at episode (\d+)", client.get("/episodes/").content.decode())
    return int(found.group(1)) if found else 0


def set_progress(client: Client, episode: int, **also: str) -> Any:
    return client.post("/progress/", {"episode": str(episode), "sure": "yes", **also}, headers=OWN)


def answer(client: Client, episode: int, name: str = "ann") -> Any:
    """Press one of the two buttons of the offer, as it stands on the page."""
    page = client.get("/").content.decode().partition('class="offer"')[2].partition("</section>")[0]
    assert f'name="account" value="{name}"' in page
    assert f'name="episode" value="{episode}"' in page
    assert 'name="sure"' in page, "who sees both numbers is not asked once more"
    return set_progress(client, episode, account=name)
