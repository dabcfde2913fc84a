"""What a site says, in words that the former release and this one share: how many rows, and the title of each page."""

import re
from html import unescape
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.models import User
from django.test import Client

from characters.models import Alias, Character, Membership, Portrait, Relationship, Revelation, Trait, Unmasking
from corrections.models import Change, Correction, Event
from episodes.models import Episode, Viewer

COUNTED: tuple[Any, ...] = (
    Alias, Change, Character, Correction, EmailAddress, Episode, Event, Membership, Portrait, Relationship, Revelation,
    Trait, Unmasking, User, Viewer,
)  # fmt: skip


def counts() -> dict[str, int]:
    return {model.__name__: model._base_manager.count() for model in COUNTED}


def states() -> dict[str, int]:
    found = list(Correction.objects.values_list("state", flat=True))
    return {state: found.count(state) for state in sorted(set(found))}


def titles(progress: int) -> dict[str, str]:
    """Return the title of the page of each character, faction and episode, by the address that it has."""
    client = Client()
    client.cookies["progress"] = str(progress)
    lists = "".join(client.get(f"/{name}/").content.decode() for name in ("characters", "factions", "episodes"))
    found = sorted(set(re.findall(r'href="(/(?:characters|factions|episodes)/[^/"?#]+/(?:[^/"?#]+/)?)"', lists)))
    return {address: _title(client.get(address).content.decode()) for address in found}


def _title(page: str) -> str:
    [heading] = re.findall(r"<h1[^>]*>(.*?)</h1>", page, re.DOTALL)
    return " ".join(unescape(re.sub("<[^>]+>|[\u2068\u2069]", "", heading)).split())
