"""Every kind of page of the real show, on a phone and at a desk, by day and by night: nothing for axe to find, nothing
that the console says, nothing that moves while it is drawn, nothing too small for a thumb.

One page in four by day on a phone belongs to the tests; the others, and all at a desk and by night, are exhaustive."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page

from characters.lore.telling import voice_id
from characters.models import Alias, Character, Faction, Trait
from corrections.models import Correction
from tests.browser.conftest import Open
from tests.browser.findings import (
    DESK,
    PHONE,
    SHIFTS,
    axe_findings,
    axe_findings_by_night,
    be,
    looks,
    restless,
    settle,
    unhandy,
    watched,
)
from tests.corrections.letters import accepted, new, sent, set_to
from tests.people import PASSWORD, person

NOWHERE = "/no-such-page/"

type Way = str | Callable[[Page], Any]
type Look = Callable[..., list[str]]


def go(page: Page, way: Way) -> str:
    if not isinstance(way, str):
        way(page)
        settle(page)
        return f"{page.url} ({way.__name__})"
    response = page.goto(way)
    settle(page)
    assert response is not None
    assert response.status == (404 if way == NOWHERE else 200), way
    return way


ONE_IN = 4
SOME, OTHERS = f"one in {ONE_IN}, on a phone", "the others, on a phone"


@pytest.fixture(params=looks(SOME, OTHERS, "at a desk, and by night"))
def look(whole_show: None, live_server: Any, browser_at: Open, request: pytest.FixtureRequest) -> Look:
    """Go these ways one after the other, and return all that is wrong on them."""
    is_phone = request.param in (SOME, OTHERS)
    screen = PHONE if is_phone else DESK

    def look_at(ways: Sequence[Way], *, episode: int, user: User | None = None, thumbs: bool = True) -> list[str]:
        context = browser_at(viewport=screen, reduced_motion="reduce")  # else axe would meet colours half way
        be(context, live_server.url, episode=episode, user=user)
        page = context.new_page()
        page.add_init_script(SHIFTS)
        said = watched(page)
        found = []
        some = ways[::ONE_IN]
        for way in some if request.param == SOME else [way for way in ways if way not in some] if is_phone else ways:
            where = go(page, way)
            # At a desk Django's tables in the admin widen their columns while more rows arrive.
            findings = restless(page) if is_phone or thumbs else set()
            page.evaluate("document.querySelectorAll('details').forEach((it) => { it.open = true; })")
            if thumbs and is_phone:
                findings |= unhandy(page)
            findings |= {*axe_findings(page), *([] if is_phone else axe_findings_by_night(page))}
            found += [f"{where}: {finding}" for finding in sorted(findings)]
        return found + said

    return look_at


def with_errors(page: Page) -> None:
    rouge = Character.objects.get(key="rouge_redstar")
    page.goto(f"/corrections/new/characters/{rouge.public_id}/?add=alias&add=revelation&add=portrait")
    page.get_by_role("button", name="Send to the moderators").click()
    page.get_by_role("alert").first.wait_for()


def receipt(page: Page) -> None:
    rouge = Character.objects.get(key="rouge_redstar")
    page.goto(f"/corrections/new/characters/{rouge.public_id}/?add=alias")
    page.get_by_label("Name (required)", exact=True).fill("Red")
    page.get_by_label("Why?").fill("She is called so at the bar.")
    page.get_by_role("button", name="Send to the moderators").click()
    page.get_by_label("Your receipt").wait_for()


def leap(page: Page) -> None:
    page.goto("/")
    page.get_by_role("button", name="Episode 9").click()
    page.get_by_role("button", name="Yes, I have watched up to 9").wait_for()


def signed_up_wrongly(page: Page) -> None:
    page.goto("/accounts/signup/")
    page.get_by_label("Username").fill("a@b")
    page.get_by_label("Email").fill("carol@example.org")
    page.get_by_label("Password", exact=True).fill("short")
    page.get_by_role("button", name="Make my account").click()
    page.locator(".errorlist").first.wait_for()


def suggestions(page: Page) -> None:
    page.goto("/")
    page.get_by_role("combobox", name="Search names").press_sequentially("ro")
    page.get_by_role("option").first.wait_for()


def sessions(page: Page) -> None:
    page.goto("/accounts/sessions/")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button").first.click()
    page.get_by_role("heading", name="Sessions").wait_for()


def test_a_newcomers(look: Look) -> None:
    ways = [
        "/", "/characters/", "/episodes/", "/episodes/0/", "/tags/", "/search/?q=rouge", "/?as_of=3", leap, NOWHERE,
        "/changes/", "/accounts/login/", "/accounts/signup/", signed_up_wrongly, "/accounts/password/reset/",
    ]  # fmt: skip
    assert look(ways, episode=0) == []


def test_those_of_somebody_at_5(look: Look) -> None:
    rouge, naomi = (Character.objects.get(key=key) for key in ("rouge_redstar", "naomi_orthmann"))
    faction = Faction.objects.as_of(5).get(key="aletheia")
    status = rouge.traits.as_of(5).first()
    moderator = person(role="moderator")
    accepted(sent(set_to(status, "value", "somebody else")), by=moderator)
    ways = [
        "/", "/characters/", "/characters/?status=alive", f"/c/{rouge.public_id}/", f"/c/{rouge.public_id}/?as_of=2",
        "/factions/", f"/factions/{faction.public_id}/", "/episodes/5/", "/tags/", "/tags/nean/",
        f"/characters/{rouge.public_id}/-/then/", "/graph/", "/graph/?as_of=2", f"/graph/?of={rouge.public_id}",
        f"/linked/?a={rouge.public_id}&b=naomi", "/linked/?a=rouge&b=noami", "/recap/?since=2", "/recap/?since=5",
        "/search/?q=rouge", "/search/?q=nothing+of+the+kind", suggestions, "/changes/", "/about/", "/privacy/",
        f"/changes/characters/{rouge.public_id}/", "/voices/", f"/voices/{voice_id('Yume Miyamoto')}/", "/staff/",
        f"/corrections/new/characters/{naomi.public_id}/", with_errors, receipt,
    ]  # fmt: skip
    assert look(ways, episode=5) == []


def test_those_of_ones_own_account(look: Look) -> None:
    contributor = person(role="contributor", at=5)
    rouge = Character.objects.get(key="rouge_redstar")
    sent(new(Alias, character=rouge, name="Red", revealed_in_id=1), by=contributor)
    own = Correction.objects.get(author=contributor)
    ways = [
        "/accounts/", "/accounts/email/", "/accounts/password/change/", "/accounts/2fa/", "/accounts/2fa/webauthn/",
        "/accounts/reauthenticate/", "/accounts/logout/", "/accounts/delete/", "/corrections/", "/watching/",
        f"/corrections/{own.pk}/", sessions,
    ]  # fmt: skip
    assert look(ways, episode=5, user=contributor) == []


def test_a_moderators(look: Look) -> None:
    rouge = Character.objects.get(key="rouge_redstar")
    contributor = person(role="contributor", at=5)
    status = rouge.traits.as_of(5).first()
    for proposed in (set_to(status, "value", "asleep"), new(Trait, character=rouge, attribute="habit", value="hums")):
        sent(proposed, by=contributor)
    first = Correction.objects.earliest("created_at")
    admin = "/admin/characters/"
    ways = [
        "/admin/", "/admin/corrections/correction/", f"/admin/corrections/correction/{first.pk}/change/",
        f"{admin}character/", f"{admin}character/{rouge.pk}/change/", f"{admin}character/{rouge.pk}/history/",
        f"{admin}revelation/add/", "/admin/reports/spoilers/", "/admin/reports/summaries/",
        "/admin/episodes/episode/5/learned/",
    ]  # fmt: skip
    assert look(ways, episode=5, user=person(role="moderator", at=5), thumbs=False) == []
