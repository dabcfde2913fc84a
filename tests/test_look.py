"""How a site looks and what it is called comes from settings and from the directory of its data set."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.template import engines
from django.test import Client

PAGE = """
import django; django.setup()
from django.template.loader import render_to_string
from types import SimpleNamespace as Any
from django.template import engines
env = engines["jinja2"].env
print(env.globals["site_name"], env.globals["look"], env.globals["card_alt"])
print(render_to_string("500.html"))
from django.contrib.staticfiles.finders import find
print(find("hero.svg"), find("look.css"))
"""


def said_with(**variables: str) -> str:
    """Return what a site with these settings says."""
    environment = {"DEBUG": "true", "DJANGO_SETTINGS_MODULE": "rougedb.settings", "PATH": "/usr/bin:/bin"} | variables
    command, at = [sys.executable, "-c", PAGE], settings.BASE_DIR
    answer = subprocess.run(command, env=environment, cwd=at, capture_output=True, text=True, check=True)  # noqa: S603
    return answer.stdout


def test_a_show_without_a_look_has_none_of_another_show(tmp_path: Path) -> None:
    said = said_with(DATASET_DIR=str(tmp_path), SITE_NAME="lightsdb")
    assert said.startswith("lightsdb () \n")
    assert "<title>Something broke · lightsdb</title>" in said
    assert said.rstrip().endswith("None None")


def test_the_look_lies_beside_the_data(tmp_path: Path) -> None:
    (tmp_path / "look").mkdir()
    (tmp_path / "look/look.css").write_text(":root { --rust: #123456 }")
    assert said_with(DATASET_DIR=str(tmp_path)).rstrip().endswith(f"None {tmp_path}/look/look.css")


@pytest.mark.django_db
def test_pages_link_the_sheet_of_the_look(monkeypatch: pytest.MonkeyPatch, client: Client, settings: Any) -> None:
    settings.PAGE_CACHE_BYTES = 0  # other processes may have kept this page with the look that it has
    monkeypatch.setitem(engines["jinja2"].env.globals, "look", ("look.css",))
    page = client.get("/").content.decode()
    assert page.index("css/site.css") < page.index("look.css")
    assert 'class="hero plain"' in page
    assert "og:image" not in page
