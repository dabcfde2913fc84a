"""Whatever stands in Japanese says so, to be read out in it and to be drawn in a typeface for it."""

import re
from html.parser import HTMLParser

import pytest

from characters.models import Character, Faction, Term
from tests.conftest import Visitor

WITHOUT_END = {"meta", "link", "input", "br", "img", "hr", "source", "wbr"}
is_japanese = re.compile("[\u3041-\u30ff\u3400-\u9fff]").search


class Unmarked(HTMLParser):
    """Collects texts in Japanese for which no element says so, except in the title, which can hold no element."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[tuple[str, str | None]] = []
        self.texts: list[str] = []
        self.marked = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag not in WITHOUT_END:
            self.open.append((tag, dict(attributes).get("lang")))

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, text: str) -> None:
        if not is_japanese(text) or any(tag == "title" for tag, _ in self.open):
            return
        if next((language for _, language in reversed(self.open) if language), None) == "ja":
            self.marked += 1
        else:
            self.texts.append(text)


@pytest.mark.django_db
@pytest.mark.usefixtures("real_show")
def test_every_text_in_japanese_says_its_language(visitor: Visitor) -> None:
    client = visitor(13)
    subjects = [each for model in (Character, Faction, Term) for each in model.objects.as_of(13)]
    addresses = {f"/c/{each.public_id}/" for each in subjects} | {f"/episodes/{number}/" for number in range(14)}
    addresses |= {"/", "/episodes/", "/recap/?since=0", "/search/?q=ルージュ", "/search/?q=カーニバル"}
    addresses |= {"/search/suggest/?q=ル", "/changes/"}
    pages = {address: Unmarked(client.get(address, follow=True).content.decode()) for address in sorted(addresses)}
    assert {address: page.texts for address, page in pages.items() if page.texts} == {}
    assert sum(page.marked > 0 for page in pages.values()) > 40
