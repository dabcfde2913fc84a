"""The HTML of every kind of page is valid, by the W3C's own checker."""

import os
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.urls import Resolver404, resolve

from characters.models import Character, Trait
from corrections.models import Correction
from rougedb.pages import plain_page
from tests.corrections.letters import accepted, new, sent, set_to
from tests.people import OWN, person
from tests.twins import links_of

pytestmark = [pytest.mark.django_db, pytest.mark.laws, pytest.mark.usefixtures("real_show")]

OF_EACH_VIEW = 3  # pages
ELSEWHERE = ("/static/", "/media/", "/admin/logout/", "/accounts/logout/", "/admin/jsi18n/")
CHECKER = Path(sys.prefix) / "vnu.jar"
# Django's own, in the admin: the empty choice of a field that looks up, the form of passwords, hidden initial values.
NOT_OURS = (
    "Element “option” without attribute “label” must not be empty.",
    "Attribute “disabled” not allowed on element “div” at this point.",
    "An “input” element with a “type” attribute whose value is “hidden” must not have any “aria-*” attributes.",
)


@pytest.fixture
def java() -> str:
    program = shutil.which("java")
    if program and CHECKER.exists():
        return program
    if os.environ.get("CI") == "true":
        pytest.fail("Java or the checker is missing, and CI skips nothing.")
    pytest.skip("The checker of HTML is not there (make validator; on Debian: apt install default-jre-headless)")


def pages(client: Client, *starts: str) -> dict[str, bytes]:
    """Return what links lead to, a few pages of each view, whatever their status."""
    waiting, found, seen = list(starts), {}, defaultdict(int)
    while waiting:
        address = waiting.pop(0)
        try:
            view = resolve(urlsplit(address).path)
        except Resolver404:
            continue
        kind = view.route, bool(urlsplit(address).query)
        if address in found or seen[kind] == OF_EACH_VIEW:
            continue
        seen[kind] += 1
        response = client.get(address)
        if response.get("Content-Type", "").startswith("text/html") and not response.streaming:
            found[address] = response.content
        links = {*links_of(found.get(address, b"")), response.get("Location", "")}
        waiting += sorted(link for link in links if link.startswith("/") and not link.startswith(ELSEWHERE))
    return {address: page for address, page in found.items() if page}


def errors_in(told: dict[str, bytes], java: str, directory: Path) -> dict[str, str]:
    """Return what the checker finds, each message once, with the first address that has it."""
    names = {}
    for number, (address, page) in enumerate(told.items()):
        path = directory / f"{number}.html"
        path.write_bytes(page)
        names[str(number)] = address
    command = [
        java,
        "-jar",
        str(CHECKER),
        "--errors-only",
        "--format",
        "gnu",
        "--stdout",
        *map(str, directory.iterdir()),
    ]
    output = subprocess.run(command, capture_output=True, text=True, check=False).stdout  # noqa: S603
    found = re.findall(r"/(\d+)\.html\":[\d.-]+: error: (.*)", output)
    return {
        message: names[number]
        for number, message in reversed(found)
        if not (message in NOT_OURS and names[number].startswith("/admin/"))
    }


def assert_valid(told: dict[str, bytes], java: str, directory: Path) -> None:
    found = errors_in(told, java, directory)
    assert not found, "\n".join(f"{address}: {message}" for message, address in found.items())


def test_the_checker_finds_what_is_wrong(java: str, tmp_path: Path) -> None:
    wrong = b"<!doctype html><html lang=en><title>x</title><p><b>text</p><ul><p>x</p></ul>"
    assert len(errors_in({"/": wrong}, java, tmp_path)) >= 2


def visitor(at: int, user: Any = None) -> Client:
    client = Client(raise_request_exception=False)
    client.cookies["progress"] = str(at)
    if user:
        client.force_login(user)
    return client


@pytest.mark.parametrize("at", [0, 13])
def test_public_pages_are_valid(java: str, tmp_path: Path, at: int) -> None:
    client = visitor(at)
    told = pages(client, "/", "/accounts/login/", "/accounts/signup/", "/accounts/password/reset/")
    told["missing"] = client.get("/nothing/").content
    told["ahead"] = client.get(f"/?as_of={at + 1}").content
    told["back"] = client.get(f"/?as_of={max(at - 1, 0)}").content
    for form in [address for address in told if address.startswith(("/corrections/new/", "/accounts/"))]:
        told[f"{form} sent empty"] = client.post(form, {"reason": ""}, headers=OWN).content
    assert len(told) > 15
    assert_valid(told, java, tmp_path)


def test_pages_of_accounts_and_of_the_desk_are_valid(java: str, tmp_path: Path) -> None:
    rouge = Character.objects.get(key="rouge_redstar")
    status = Trait.objects.filter(attribute="status", character=rouge).first()
    ann, root = person("ann", at=13), person(role="superuser", at=13)
    accepted(sent(set_to(status, "value", "dead"), by=ann), by=root)
    sent(new(Trait, character=rouge, attribute="habit", value="whistles", revealed_in_id=2), by=ann)
    told = pages(visitor(13, ann), "/accounts/", "/corrections/")
    desk = visitor(13, root)
    told |= pages(
        desk, "/admin/", *(f"/admin/corrections/correction/{each.pk}/change/" for each in Correction.objects.all())
    )
    for form in [address for address in told if address.endswith(("/add/", "/change/"))]:
        told[f"{form} sent empty"] = desk.post(form, {}).content
    assert len(told) > 40
    assert_valid(told, java, tmp_path)


def test_pages_of_outages_are_valid(java: str, tmp_path: Path) -> None:
    typed = {"is_form": True, "typed": ["<b> & what was typed"]}
    told = {
        word: plain_page("503.html", 503, typed | {"outage": word}).content for word in ("busy", "read-only", "away")
    }
    told |= {
        str(status): plain_page("unread.html", status, {"status": status}).content for status in (400, 408, 411, 413)
    }
    told["500"] = plain_page("500.html", 500, typed).content
    refused = Client(enforce_csrf_checks=True).post("/accounts/login/", {})
    told["403"] = refused.content
    assert_valid(told, java, tmp_path)
