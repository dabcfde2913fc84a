"""The quick parser reads what the slow one reads, with the same lines, and leaves it alone if anything is unusual."""

from pathlib import Path

import pytest

from characters.datasets import quick, reading
from tests.shows import REAL_SHOW


def read_slowly(path: Path, monkeypatch: pytest.MonkeyPatch) -> reading.Document:
    def refuse(text: str) -> None:
        raise quick.Unusual

    with monkeypatch.context() as patched:
        patched.setattr(quick, "parse", refuse)
        return reading.read(path)


@pytest.mark.parametrize("path", sorted(REAL_SHOW.glob("*.yaml")), ids=lambda path: path.stem)
def test_both_read_the_same_with_the_same_lines(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    document, slowly = reading.read(path), read_slowly(path, monkeypatch)
    assert document.is_plain
    assert document.data == slowly.data
    for part in slowly.lines:
        for place in (part, (*part, "no such part"), (*part, 99)):
            assert document.line_of(place) == slowly.line_of(place), place


@pytest.mark.parametrize(
    "text",
    ["a: 1\na: 2", "a: &b 1", "a: *b", "a: !!str 1", "&b a: 1", "!!str a: 1", "[", "? [a]\n: 1",
     "a: 2024-13-45", "a: 1\n---\nb: 1", "a: \x07", "a: \x7f", "a: \ufffe", "a: \ud800", "a: =",
     "[" * 2000 + "]" * 2000],
)  # fmt: skip
def test_what_is_unusual_is_left_to_the_slow_parser(text: str) -> None:
    with pytest.raises(quick.Unusual):
        quick.parse(text)


@pytest.mark.parametrize(
    "text",
    ["", "# a comment", "a: [1, 2.5, yes, ~, 2024-01-02, x]\n'b': |\n  c\n  d\n", "- \n- a",
     "[010, 1:30, 1_0, -0, +3, 0x10, -7]"],
)  # fmt: skip
def test_plain_values_are_the_same(tmp_path: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(text)
    assert reading.read(path).data == read_slowly(path, monkeypatch).data


@pytest.mark.parametrize("text", ["0", "7", "-7", "120"])
def test_integers_are_read_as_people_write_them(text: str) -> None:
    assert quick.parse(text) == int(text)


@pytest.mark.parametrize("text", ["010", "-0", "+3", "1_0", "1:30", "0x10", "00"])
def test_what_yaml_takes_for_another_integer_is_none(text: str) -> None:
    assert quick.parse(text) == quick.UnclearNumber(text)


@pytest.mark.parametrize("text", ["'1'", '"yes"', "'~'", '"2024-01-02"', "'='"])
def test_what_stands_in_quotes_is_text(text: str) -> None:
    assert quick.parse(text) == text[1:-1]
