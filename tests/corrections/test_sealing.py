"""Values that a form carries along, and nobody can read or change."""

from typing import Any

import pytest
from django.core import signing

from corrections.editing import BASE, SALT, posted_base
from corrections.sealing import STEP, seal, unseal

BASES: list[dict[str, dict[str, Any]]] = [{}, {"a:1": {"name": "Änn", "ended_in": None}}, {"a:1": {"x": "y" * 9999}}]


@pytest.mark.parametrize("base", BASES, ids=len)
def test_what_is_sealed_comes_back(base: Any) -> None:
    assert unseal(seal(base)) == base


def test_its_length_does_not_tell_one_value_from_another() -> None:
    assert len(seal({"a:1": {"ended_in": None}})) == len(seal({"a:1": {"ended_in": 12}}))
    assert len(seal("".join(map(str, range(STEP))))) > len(seal(""))


@pytest.mark.parametrize("sealed", ["", "x", "Ä", seal({})[:-9] + "AAAAAAAA="], ids=range(4))
def test_nothing_else_is_opened(sealed: str) -> None:
    assert unseal(sealed) is None


def test_a_form_that_was_kept_before_there_were_seals_is_read(rf: Any) -> None:
    base = {"a:1": {"name": "Ann"}}
    request = rf.post("/", {BASE: signing.dumps(base, salt=SALT, compress=True)})
    assert posted_base(request) == base
    assert posted_base(rf.post("/", {BASE: "not ours"})) is None
