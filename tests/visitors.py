"""Browsers of visitors, by how far they have come."""

from django.contrib.auth.models import User
from django.test import Client

from episodes.axes import key_of


def at(progress: int | str, user: User | None = None, **cookies: str) -> Client:
    """Return the browser of somebody at a progress, or with this text for it, who may be signed in."""
    client = Client()
    if user is not None:
        client.force_login(user)
    client.cookies["progress"] = progress if isinstance(progress, str) else key_of(progress)
    for name, value in cookies.items():
        client.cookies[name] = value
    return client
