"""Two shows on one machine, from one checkout, by settings alone: in one browser, which sends cookies to any port."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from http.cookiejar import CookieJar
from typing import Any, NamedTuple
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener

import pytest
from django.conf import settings
from django.db import connection

from tests.people import OWN, PASSWORD
from tests.seasons import harbour
from tests.server.conftest import database_url, free_port, running
from tests.shows import character, write_show

pytestmark = pytest.mark.django_db

BEGIN = """
from django.contrib.auth import get_user_model
from django.core.management import call_command
call_command("load_dataset", verbosity=0)
get_user_model().objects.create_user("{name}", password="{password}")
"""
SHOWS = {
    "lights": harbour(),
    "mills": {"series": {"title": "Old Mills"}, "characters": [character("jo")]},
}


class Site(NamedTuple):
    url: str
    name: str


@pytest.fixture(scope="module")
def sites(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Site]]:
    """Serve two shows, each with somebody who has an account of the show's name."""
    with django_db_blocker.unblock(), ExitStack() as stack:
        connection.close()
        found = {}
        for name, show in SHOWS.items():
            files, port = tmp_path_factory.mktemp(name), free_port()
            connection.creation.clone_test_db(suffix=name, verbosity=0)  # to migrate takes longer than all the rest
            stack.callback(connection.creation.destroy_test_db, suffix=name, verbosity=0)
            told = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ} | {
                "DEBUG": "true", "SITE_URL": f"http://127.0.0.1:{port}", "SITE_NAME": f"{name}db", "NAMESPACE": name,
                "DATASET_DIR": str(write_show(files / "show", **show)),
                "DATABASE_URL": database_url(connection.creation.get_test_db_clone_settings(name)["NAME"]),
                "MEDIA_ROOT": str(files / "media"), "ARCHIVE_ROOT": str(files / "archive"),
            }  # fmt: skip
            begin = BEGIN.format(name=name, password=PASSWORD)
            manage = [sys.executable, "-W", "ignore", str(settings.BASE_DIR / "manage.py")]
            subprocess.run([*manage, "shell", "--no-imports", "-c", begin], env=told, check=True)  # noqa: S603
            serve = [*manage, "runserver", "--noreload", f"127.0.0.1:{port}"]
            stack.enter_context(running(serve, port, files / "log", **told))
            found[name] = Site(told["SITE_URL"], told["SITE_NAME"])
        yield found


def test_in_one_browser_neither_takes_anything_from_the_other(sites: dict[str, Site]) -> None:
    jar = CookieJar()
    browser = build_opener(HTTPCookieProcessor(jar))

    def ask(url: str, **form: str) -> str:
        sent = Request(url, urlencode(form).encode() if form else None, headers=OWN)  # noqa: S310
        with browser.open(sent) as answer:
            return str(answer.read().decode())

    for name, site in sites.items():
        form = ask(f"{site.url}/accounts/login/")
        [token] = set(re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', form))
        ask(f"{site.url}/accounts/login/", login=name, password=PASSWORD, csrfmiddlewaretoken=token)
    lights, mills = sites["lights"].url, sites["mills"].url
    ask(f"{lights}/progress/", episode="2", sure="yes", next="/")
    ask(f"{mills}/progress/", episode="1", sure="yes", next="/")

    assert "You are at S1 E2" in ask(f"{lights}/")
    assert "You are at episode 1" in ask(f"{mills}/")
    for name, site in sites.items():
        profile = ask(f"{site.url}/accounts/")
        assert site.name in profile
        assert {other for other in sites if re.search(rf"\b{other}\b", profile)} == {name}
    assert {cookie.name.partition("_")[0] for cookie in jar} == {*sites}
