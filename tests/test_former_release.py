"""A database of the former release, with people and corrections, is migrated, and all goes on from there.

`tests/former/make` says how it was made; what is in it, `tests/former/populate.py`.
"""

import json
import lzma
import os
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import connection
from PIL import Image

from characters.lore import Lore
from characters.models import Portrait, Trait
from corrections.models import Correction, State
from rougedb.backups import database
from tests.corrections.desk import at_the_desk, decide_by_form, page_of, verdict
from tests.corrections.forms import fields_of, send_form
from tests.databases import postgresql_server
from tests.former.facts import counts, states, titles
from tests.people import seen_by, signed_in
from tests.test_outages import connected_to
from tests.twins import ask

pytestmark = pytest.mark.django_db(transaction=True)

DUMPS = Path(__file__).parent / "former"


@pytest.fixture
def former(db: None, tmp_path: Path) -> Iterator[None]:
    """Put the former database beside that of the tests, and migrate it."""
    dump = tmp_path / "dump"
    dump.write_bytes(lzma.decompress((DUMPS / f"{connection.vendor}.xz").read_bytes()))
    name = str(tmp_path / "site.sqlite3")
    if connection.vendor == "postgresql":
        name = f"former_{os.getpid()}"
        create(name)
    try:
        with connected_to(NAME=name):
            database.load(dump)
            call_command("migrate", verbosity=0)
            draw_pictures()
            yield
    finally:
        if connection.vendor == "postgresql":
            drop(name)


def draw_pictures() -> None:
    """Make pictures of the size of those that the dump has the names of."""
    for name, width, height in Portrait.objects.values_list("image", "width", "height"):
        path = Path(default_storage.path(name))
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (width, height)).save(path, lossless=True)


def create(name: str) -> None:
    with postgresql_server() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}"')


def drop(name: str) -> None:
    with postgresql_server() as cursor:
        cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.mark.usefixtures("former")
def test_a_database_of_the_former_release_goes_on(settings: Any) -> None:
    facts = json.loads((DUMPS / "facts.json").read_text())
    assert (counts(), states()) == (facts["counts"], facts["states"])
    assert {at: titles(int(at)) for at in facts["titles"]} == facts["titles"]
    call_command("check", stdout=StringIO(), fail_level="WARNING")
    call_command("migrate", check_unapplied=True, stdout=StringIO())
    call_command("makemigrations", check_changes=True, dry_run=True, verbosity=0)
    connection.check_constraints()
    for address in Lore(2).addresses():
        assert ask(address, progress=2)[0] == 200, address

    settings.PASSWORD_HASHERS = ["episodes.accounts.hashing.Hasher"]  # as that release had it
    ann = signed_in("ann", at=2)
    assert seen_by(ann) == 2

    waiting = Correction.objects.get(author__username="ann", state=State.OPEN)
    own_page = ann.get(f"/corrections/{waiting.pk}/").content.decode()
    assert "at large" in own_page
    assert "It is in the credits too." in own_page
    desk = at_the_desk(User.objects.get(username="moderator"), episode=2)
    assert desk.get(page_of(waiting)).status_code == 200
    decide_by_form(desk, waiting, *(verdict(change, "accept") for change in waiting.changes.all()))
    assert Correction.objects.get(pk=waiting.pk).state == State.ACCEPTED
    assert Trait.objects.get(attribute="habit", value="whistles").revealed_in_id == 2

    status = Trait.objects.get(value="at large")
    address = f"/corrections/new/characters/{status.character.public_id}/?row={status.pk}"
    field = next(name for name, [value, *_] in fields_of(ann.get(address)).items() if value == "at large")
    assert send_form(ann, address, **{field: "back again"}).status_code in (302, 303)
    new = Correction.objects.latest("created_at")
    decide_by_form(desk, new, verdict(new.changes.get(), "accept"))
    assert Trait.objects.get(pk=status.pk).value == "back again"
    page = ask(f"/characters/{status.character.public_id}/x/", progress=2)
    assert "back again" in ann.get(dict(page[1])["Location"]).content.decode().lower()
