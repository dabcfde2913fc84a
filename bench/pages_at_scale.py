"""What each page of a made-up show costs: CPU, statements and bytes, as one visitor gets it through the whole site."""

from statistics import median
from time import process_time
from typing import Any

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings
from django.urls import reverse

from characters.lore import Lore
from episodes.progress import COOKIE

from .questions import BEGINNING, COMMON, TAG

ROUNDS = 3
NEAREST = "brouzzk"  # in no name, and near to some: “did you mean” compares it with all that are visible


def addresses(progress: int) -> dict[str, str]:
    """Return a page of each kind; the character and the faction are of the first episodes of any such show."""
    lore = Lore(progress)
    character = lore.address_of("characters", f"c{0:011}") or ""
    faction = lore.address_of("factions", f"f{1:011}") or ""
    return {
        "home": "/",
        "list": "/characters/",
        "list, filtered": f"/characters/?tag={TAG}",
        "character": character,
        "then and now": f"{character}then/?episode={progress // 2}",
        "faction": faction,
        "episode": reverse("episode", args=[progress]),
        "episodes": reverse("episodes"),
        "tag": reverse("tag", args=[TAG]),
        "map": reverse("graph"),
        "map, since": f"{reverse('graph')}?since={progress - 1}",
        "map of one": f"{reverse('graph')}?of=c{0:011}",
        "linked": f"{reverse('linked')}?a=c{0:011}&b=c{1:011}",
        "recap": reverse("recap"),
        "recap, of all": f"{reverse('recap')}?since=0",
        "search": f"{reverse('search')}?q={COMMON}",
        "search, a slip": f"{reverse('search')}?q={NEAREST}",
        "suggestions": f"{reverse('suggest')}?q={BEGINNING}",
    }


def measured(progress: int) -> list[dict[str, Any]]:
    """Return CPU in milliseconds (the median of some rounds), statements and bytes of each page."""
    # Static files are not collected here, so they go by their plain names; and nothing speaks https.
    plain = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    with override_settings(STORAGES=settings.STORAGES | plain, SECURE_SSL_REDIRECT=False):
        return _figures(progress)


def _figures(progress: int) -> list[dict[str, Any]]:
    visitor = Client(headers={"host": "localhost"})
    visitor.cookies[COOKIE] = str(progress)
    figures = []
    for name, address in addresses(progress).items():
        start = process_time()
        with CaptureQueriesContext(connection) as statements:
            answer = visitor.get(address)
        first = (process_time() - start) * 1000  # before whatever is kept of the whole show is there
        asked = len(statements)  # the next request empties the log
        if answer.status_code != 200:
            raise RuntimeError(f"{address} was answered with {answer.status_code}.")
        times = []
        for _ in range(ROUNDS):
            start = process_time()
            visitor.get(address)
            times.append((process_time() - start) * 1000)
        size = len(answer.content)
        figures.append({
            "page": name, "progress": progress, "cpu": median(times), "first": first, "statements": asked, "bytes": size
        })  # fmt: skip
    return figures
