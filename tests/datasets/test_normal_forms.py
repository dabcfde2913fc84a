"""é is one letter, whether it is sent as one code or as an e with an accent: names, values and tags are the same."""

import unicodedata
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from characters.datasets.loading import load
from characters.datasets.reading import DatasetError
from characters.models import Alias, Character, Tag, Trait
from tests.shows import character, load_show, trait, write_show

pytestmark = pytest.mark.django_db

COMPOSED, DECOMPOSED = "Ren\u00e9e", "Rene\u0301e"
OF_AN_ALIAS = {"aliases": [{"name": name, "revealed_in": 1} for name in (COMPOSED, DECOMPOSED)]}
OF_A_TRAIT = {"traits": [trait("habit", value, since=1) for value in (COMPOSED, DECOMPOSED)]}
OF_A_TAG = {"tags": [{"name": name, "revealed_in": 1} for name in (COMPOSED, DECOMPOSED)]}


def show(form: str) -> list[dict[str, Any]]:
    name = unicodedata.normalize(form, COMPOSED)
    tag = {"name": name, "revealed_in": 1}
    return [character("ann", name, traits=[trait("habit", name, since=1)], tags=[tag])]


@pytest.mark.parametrize("values", [OF_AN_ALIAS, OF_A_TRAIT, OF_A_TAG])
def test_a_data_set_has_it_once(tmp_path: Path, values: dict[str, Any]) -> None:
    write_show(tmp_path, characters=[character("ann", **values)])
    with pytest.raises(DatasetError, match="This is given twice"):
        load(tmp_path)


@pytest.mark.parametrize(("first", "then"), [("NFC", "NFD"), ("NFD", "NFC")])
def test_it_is_the_same_when_it_is_loaded_again(tmp_path: Path, first: str, then: str) -> None:
    load_show(tmp_path, characters=show(first))
    before = {(row._meta.label, row.pk) for model in (Alias, Trait, Tag) for row in model._base_manager.all()}
    load(write_show(tmp_path, characters=show(then)))
    assert {(row._meta.label, row.pk) for model in (Alias, Trait, Tag) for row in model._base_manager.all()} == before


def test_no_other_door_lets_it_in_twice(tmp_path: Path) -> None:
    load_show(tmp_path, characters=show("NFC"))
    ann = Character._base_manager.get()
    for row in (
        Alias(character=ann, name=DECOMPOSED, revealed_in_id=1),
        Trait(character=ann, attribute="habit", value=DECOMPOSED, revealed_in_id=1),
        Tag(name=DECOMPOSED),
    ):
        with pytest.raises(ValidationError):
            row.full_clean()
    Alias(character=ann, name="Rene\u0301", revealed_in_id=1).full_clean()
