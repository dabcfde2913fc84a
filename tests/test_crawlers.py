"""Crawlers are kept from what multiplies: the same pages by other ways, at other episodes, sorted and filtered."""

import re
from html import unescape

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db

LINK = re.compile(r'<a\b[^>]*\bhref="(/[^"#]*)"[^>]*>')
PAGES = re.compile(r'<nav class="pages[^"]*".*?</nav>', re.DOTALL)  # of a list; the sitemap has all that they lead to
MULTIPLIES = re.compile(r"\?|/then/$|^/corrections/new/|^/changes/.")
ROUGE = re.compile(r'"(/characters/\w+/rouge-redstar/)"')


def page(address: str, progress: int) -> str:
    client = Client()
    client.cookies["progress"] = str(progress)
    return client.get(address).content.decode()


@pytest.mark.parametrize("progress", [0, 13])
@pytest.mark.parametrize(
    "address",
    [
        "/", "/characters/", "/characters/?species=nean&sort=first", "/characters/?species=nean&status=x&first=9",
        "/factions/", "/graph/", "/recap/", "/recap/?since=0", "/episodes/3/", "/search/?q=rogue+redstr", "rouge",
    ],
)  # fmt: skip
def test_links_to_what_multiplies_are_not_to_be_followed(real_show: None, address: str, progress: int) -> None:
    if address == "rouge" and (found := ROUGE.search(page("/characters/", progress))):
        address = found[1]
    links = list(LINK.finditer(PAGES.sub("", page(address, progress))))
    assert links
    # The pencils beside each entry lead where robots.txt forbids all; to say so 137 times would be 2 kB of a page.
    followed = [
        unescape(link[1])
        for link in links
        if MULTIPLIES.search(unescape(link[1])) and 'rel="nofollow"' not in link[0] and 'class="correct"' not in link[0]
    ]
    assert followed == []


def test_robots_txt_names_what_multiplies_and_where_all_the_rest_is() -> None:
    lines = Client().get("/robots.txt").content.decode().splitlines()
    assert lines[0] == "User-agent: *"
    for path in ("/*?", "/*/then/", "/changes/*/", "/watching/", "/search/", "/corrections/", "/accounts/", "/admin/"):
        assert f"Disallow: {path}" in lines
    assert "Disallow: /" not in lines
    assert lines[-1].startswith("Sitemap: http")
