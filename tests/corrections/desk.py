"""The moderators' desk, as a browser sends it."""

import re
from html import unescape
from typing import Any

from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from corrections.models import Change, Correction

QUEUE = reverse("admin:corrections_correction_changelist")


def at_the_desk(user: User | None, *, episode: int = 3) -> Client:
    """Somebody who has watched up to that episode."""
    client = Client()
    client.cookies["progress"] = str(episode)
    if user is not None:
        client.force_login(user)
    return client


def page_of(correction: Correction) -> str:
    return reverse("admin:corrections_correction_change", args=[correction.pk])


def address(name: str, *args: Any) -> str:
    return reverse(f"admin:corrections_correction_{name}", args=args)


def filled_in(correction: Correction, *, do: str = "decide", **others: Any) -> dict[str, Any]:
    return {"version": correction.version, "do": do} | others


def in_bulk(client: Client, action: str, *chosen: Correction, **others: Any) -> dict[str, Any]:
    """As the list of them all sends it, with what it says itself of each."""
    page = client.get(QUEUE, {"state": "all"}).content.decode()
    versions = dict(re.findall(r'name="(version-[^"]+)" value="(\d+)"', page))
    return {"action": action, "_selected_action": [str(each.pk) for each in chosen]} | versions | others


def verdict(change: Change, decision: str, **values: Any) -> dict[str, Any]:
    """`verdict(change, "accept", value="dead")`; values are of the model's fields, besides `why`, `over` and `seen`."""
    own = {"why", "over", "seen"}
    told = {name: value for name, value in values.items() if name in own}
    altered = {f"value-{name}": value for name, value in values.items() if name not in own}
    if altered:
        altered["shown"] = "True"
    return {f"{change.pk}-{name}": value for name, value in ({"decision": decision} | told | altered).items()}


def decide_by_form(desk: Client, correction: Correction, *verdicts: dict[str, Any], **others: Any) -> Any:
    data = filled_in(correction, **others)
    for each in verdicts:
        data |= each
    return desk.post(page_of(correction), data, follow=True)


def content_of(response: Any) -> str:
    """Return the text of a page, without what the admin puts around it."""
    content = unescape(response.content.decode())
    return content[content.index('id="content"') :]
