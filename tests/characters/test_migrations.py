"""A database of an earlier release is brought up to date by `migrate` alone, and shows the same as one made today."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from characters.lore import Lore
from characters.models import Alias, SearchEntry, Tag
from episodes.models import ShownName, TakenName
from tests.people import person
from tests.shows import character, load_show, revelation
from tests.twins import ask

FORMER = {"characters": "0006_terms", "episodes": "0004_encrypt_app_secrets"}


def migrate(**targets: str) -> None:
    for app, target in targets.items():
        call_command("migrate", app, target, verbosity=0)


def former(app: str, model: str) -> Any:
    """Return a model as the tables are now."""
    return MigrationExecutor(connection).loader.project_state(list(FORMER.items())).apps.get_model(app, model)


def derived_rows() -> dict[str, set[tuple[Any, ...]]]:
    entries = {(*row[:2], str(row[2]), *row[3:]) for row in SearchEntry.objects.values_list()}
    keys = {
        (name, bytes(key))
        for model in (Alias, Tag)
        for name, key in model._base_manager.values_list("name", "sort_key")
    }
    return {
        "entries": entries,
        "keys": keys,
        "slugs": set(Tag.objects.values_list("name", "slug")),
        "skeletons": set(ShownName.objects.values_list("user", "skeleton")),
        "names": set(TakenName.objects.values_list("user", "folded")),
    }


@pytest.mark.laws  # `tests/test_former_release.py` migrates from the last release
@pytest.mark.django_db(transaction=True)
def test_a_former_database_is_brought_up_to_date(tmp_path: Path) -> None:
    people = [character(f"p{at}", f"Unit {at}", tags=[{"name": "c++", "revealed_in": 1}]) for at in range(1, 13)]
    told = [revelation("met", "[[p2]] met [[p10]] on the red planet.", since=1, characters=["p2", "p10"])]
    load_show(tmp_path, characters=people, terms=[character("t", "Émeraude")], revelations=told)
    person("R\u00e9my")
    addresses = [*Lore(1).addresses(), "/search/?q=planet", "/search/?q=emeraude", "/search/?q=unit"]
    before, pages = derived_rows(), {address: ask(address, progress=1) for address in addresses}
    assert all(before.values())
    try:
        migrate(**FORMER)
        former("characters", "Tag").objects.update(slug="c")
        former("characters", "SearchEntry").objects.filter(is_name=True).delete()
        assert not {"characters_search_vocabulary", "episodes_takenname"} & set(connection.introspection.table_names())
    finally:
        call_command("migrate", verbosity=0)
    assert derived_rows() == before
    assert {address: ask(address, progress=1) for address in addresses} == pages
    assert User.objects.count() == 1
