"""Names sort as in an English index, and in one order whoever sorts them."""

import unicodedata
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from episodes.order import sort_key
from tests.names_in_order import IN_ORDER


def test_names_sort_as_in_an_index() -> None:
    shuffled = Random(4).sample(IN_ORDER, len(IN_ORDER))
    assert sorted(shuffled, key=sort_key) == IN_ORDER


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Unit 9" + "9" * 30, "Unit 1" + "0" * 31),
        ("Chapter 1.9", "Chapter 1.10"),
        ("5 %", "5 a"),
        ("Ann", "Ann B"),
        ("ann b", "Ann C"),
        ("Øyvind", "Ozan"),
        ("Þór", "Thorn"),
        ("Straße", "Strassen"),
        ("R\u00e9my", "Remy A"),
        ("Zoe", "Ωmega"),
        ("Ωmega", "Анна"),
        ("るじゅ", "レッド"),
        ("レッド", "神奈川"),
    ],
)
def test_one_comes_before_the_other(before: str, after: str) -> None:
    assert sort_key(before) < sort_key(after)


@pytest.mark.parametrize(
    "alike",
    [("Red-Star", "Red Star", "red/star"), ("O'Brien", "OBrien", "O’Brien"), ("Unit 7", "unit 007", "Ｕｎｉｔ ７")],
)
def test_what_does_not_decide(alike: tuple[str, ...]) -> None:
    """Between names that differ in case, accents or punctuation alone no other name has a place."""
    places = [sort_key(name) for name in alike]
    assert {key.split("\t")[0] for key in places} == {places[0].split("\t")[0]}
    assert sort_key(f"{alike[0]} A") > max(places)


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(st.lists(TEXTS, unique=True, max_size=20), st.randoms())
def test_the_order_is_total_and_that_of_bytes(names: list[str], random: Random) -> None:
    in_order = sorted(names, key=sort_key)
    random.shuffle(names)
    assert sorted(names, key=sort_key) == in_order
    assert sorted(names, key=lambda name: sort_key(name).encode()) == in_order
    assert len({sort_key(name) for name in names}) == len(names)


@given(st.integers(0, 10**40), st.integers(0, 10**40))
def test_numbers_sort_by_value(one: int, other: int) -> None:
    assert (sort_key(f"Unit {one}") < sort_key(f"Unit {other}")) == (one < other)
    assert (sort_key(f"Unit {one:,}") < sort_key(f"Unit {other}")) == (one < other or (one == other and one >= 1000))


@given(TEXTS)
def test_accents_and_case_decide_last(name: str) -> None:
    plain = sort_key(name).split("\t")[0]
    assert sort_key(unicodedata.normalize("NFD", name)).split("\t")[0] == plain
    assert sort_key(f"\u00ad{name}\u0301" if name else "").split("\t")[0] == plain
