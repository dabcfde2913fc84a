"""No style sheet gives a name capitals that it does not have."""

from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from characters.models import Character, Faction
from tests.browser.conftest import Open
from tests.browser.findings import be
from tests.people import person
from tests.shows import character, episode, headline, load_show, revelation, trait

pytestmark = pytest.mark.django_db(transaction=True)

# The text nodes that hold a name and are drawn in other letters; SVG has no first letter.
CHANGED = """() => [...document.querySelectorAll("body, body *")].filter((it) =>
  [...it.childNodes].some((node) => node.nodeType === 3 && /eX-D|ßolo/.test(node.textContent))
  && (getComputedStyle(it).textTransform !== "none"
    || (/^\\s*(eX-D|ßolo)/.test(it.textContent) && getComputedStyle(it, "::first-letter").textTransform !== "none")
  )).map((it) => it.outerHTML.slice(0, 150))"""


@pytest.fixture
def show(live_server: Any, tmp_path: Path) -> None:
    load_show(
        tmp_path,
        series={"title": "eX-Driver", "studio": "eX-Dot", "writers": ["eX-Dan"]},
        episodes=[episode(number, title=f"eX-Day {number}", synopsis="[[ann]] drives.") for number in (1, 2)],
        factions=[{"key": "guild", "revealed_in": 1, "aliases": [headline("eX-Drivers", since=1)]}],
        characters=[
            character(
                key, name,
                aliases=[{"name": f"{name}!", "revealed_in": 1}],
                traits=[trait("summary", "[[ann]] drives.", since=1), trait("voice_actor", "eX-Dora", since=1),
                        trait("species", "new", since=2)],
                tags=[{"name": "fast", "revealed_in": 1}],
                memberships=[{"faction": "guild", "role": "eX-Dean", "revealed_in": 1}],
            )
            for key, name in (("ann", "eX-Dana"), ("bea", "ßolo"))
        ],
        relationships=[{"source": "ann", "kind": "ally", "target": "bea", "revealed_in": 1}],
        revelations=[revelation("r", "[[ann]] won.", since=1, characters=["ann"])],
    )  # fmt: skip


def test_names_are_drawn_in_their_own_letters(show: None, live_server: Any, browser_at: Open) -> None:
    ann, guild = Character.objects.get(key="ann"), Faction.objects.get(key="guild")
    context = browser_at()
    be(context, live_server.url, episode=2, user=person(role="superuser"))
    page = context.new_page()
    changed = {}
    for address in (
        "/", "/characters/", "/factions/", "/episodes/", "/episodes/1/", "/tags/fast/", "/graph/", "/recap/?since=0",
        "/search/?q=ex", "/changes/", f"/c/{ann.public_id}/", f"/factions/{guild.public_id}/",
        f"/characters/{ann.public_id}/x/then/?episode=1",
        f"/corrections/new/characters/{ann.public_id}/?row={ann.traits.all()[0].pk}&add=alias",
        reverse("admin:characters_character_change", args=[ann.pk]), "/admin/episodes/episode/1/learned/",
        reverse("admin:characters_character_history", args=[ann.pk]), "/admin/characters/character/",
    ):  # fmt: skip
        page.goto(address)
        if found := page.evaluate(CHANGED):
            changed[address] = found
    assert changed == {}
