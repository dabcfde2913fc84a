"""What a visitor has to fetch, compressed as the server does it: the bytes are the same each time."""

import gzip
import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from characters.models import Character
from tests.conftest import Visitor

STATIC = Path(settings.BASE_DIR) / "static"
KB = 1000
COMPRESSED_ALREADY = (".woff2", ".png")

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("real_show")]


@pytest.fixture
def page(visitor: Visitor) -> str:
    """The longest page there is."""
    rouge = Character.objects.as_of(13).get(key="rouge_redstar")
    return visitor(13).get(f"/c/{rouge.public_id}/", follow=True).content.decode()


def weight(content: bytes, name: str = "") -> int:
    return len(content if name.endswith(COMPRESSED_ALREADY) else gzip.compress(content, mtime=0))


def weights(page: str, pattern: str) -> dict[str, int]:
    names = set(re.findall(pattern, page))
    return {name: weight((STATIC / name).read_bytes(), name) for name in names}


def test_a_character_page_weighs_less_than_100_kb(page: str) -> None:
    linked = r'<(?:link|script)[^>]*(?:href|src)="/static/([^"]+\.(?:css|js|woff2|svg))"'
    parts = weights(page, linked) | {"the page": weight(page.encode())}
    fonts = {name for name in parts if name.endswith(".woff2")}
    assert len(fonts) == 4
    assert sum(parts.values()) < 100 * KB, sorted(parts.items(), key=lambda part: -part[1])


def test_scripts_weigh_less_than_40_kb(page: str) -> None:
    scripts = weights(page, r'src="/static/([^"]+\.js)"')
    assert scripts
    assert sum(weight for name, weight in scripts.items() if "graph" not in name) < 40 * KB, scripts


def test_every_font_that_the_sheet_names_is_there_and_most_are_not_fetched_unasked(page: Any) -> None:
    sheet = (STATIC / "css/site.css").read_text()
    fonts = set(re.findall(r'url\("\.\./(vendor/[^"]+)"\)', sheet))
    assert all((STATIC / font).is_file() for font in fonts)
    preloaded = set(re.findall(r'rel="preload" href="/static/([^"]+)"', page))
    english = {font for font in fonts if not re.search("-ext|-600|shippori", font)}
    assert preloaded == english
