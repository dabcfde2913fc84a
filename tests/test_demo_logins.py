"""`make run` ends with three logins that work."""

import re
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client

from characters.management.commands import demo_logins


@pytest.fixture
def told(db: None, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    settings.DEBUG = True
    monkeypatch.setattr(demo_logins, "LOGINS_FILE", tmp_path / "var" / "logins.txt")

    def tell() -> dict[str, str]:
        out = StringIO()
        call_command("demo_logins", stdout=out)
        assert "http://127.0.0.1:8000/" in out.getvalue()
        return dict(re.findall(r"^  (editor|moderator|contributor) +(\S+)$", out.getvalue(), re.MULTILINE))

    return tell


def test_they_log_in(told: Any) -> None:
    passwords = told()
    assert set(passwords) == {"editor", "moderator", "contributor"}
    assert len(set(passwords.values())) == 3
    for name, password in passwords.items():
        client = Client()
        assert client.login(username=name, password=password)
        assert client.get("/admin/").status_code == (302 if name == "contributor" else 200)


def test_they_are_made_once(told: Any) -> None:
    assert told() == told()


def test_a_database_that_never_saw_them_gets_new_ones(told: Any) -> None:
    before = told()
    User.objects.all().delete()
    after = told()
    assert before != after
    assert Client().login(username="editor", password=after["editor"])
