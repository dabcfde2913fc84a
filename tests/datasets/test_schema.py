"""Every kind of row has its place in the files, and every field its key."""

import pytest
from pydantic import TypeAdapter, ValidationError

from characters.datasets.schema import FILES, Entry, RequiredText, fields_of, parts_of
from characters.kinds import KINDS, TAG, Kind, kind_of_file

DERIVED = {"position"}  # from the order of the entries

# Each kind with its shape, and with the fields that follow from the entry which it is listed in.
SHAPES: list[tuple[Kind, type[Entry], set[str]]] = [
    *((kind_of_file(file), shape, set()) for file, shape in FILES.items()),
    *(
        (part, shape, {*part.owners, part.foreign_key_to(kind.model)})
        for kind in KINDS
        for part, shape in parts_of(kind).items()
    ),
]


def test_every_kind_is_in_the_files() -> None:
    assert {*KINDS} - {kind for kind, _, _ in SHAPES} == {TAG}  # a tag is made when a row names it


@pytest.mark.parametrize(("kind", "shape", "given"), SHAPES, ids=[kind.name for kind, _, _ in SHAPES])
def test_entries_have_the_fields_of_their_models(kind: Kind, shape: type[Entry], given: set[str]) -> None:
    fields = fields_of(shape).keys() - {part.part_of_entry for part in parts_of(kind)}
    assert fields <= {field.name for field in kind.model._meta.get_fields()}
    assert {*kind.fields} - fields <= given | DERIVED


@pytest.mark.parametrize("code", [0x00, 0x08, 0x0B, 0x0C, 0x0E, 0x1B, 0x1F, 0x7F, 0x80, 0x85, 0x9F])
def test_controls_are_refused_by_their_codes(code: int) -> None:
    with pytest.raises(ValidationError, match=f"the character U\\+{code:04X} is not allowed"):
        TypeAdapter(RequiredText).validate_python(f"a{chr(code)}b")


def test_line_breaks_tabs_and_what_merely_looks_odd_are_kept() -> None:
    text = "a\r\n\tb ~\u00a0\u00ad\u200b\ud7ff\ue000\ufeff\U0001f600c"
    assert TypeAdapter(RequiredText).validate_python(text) == text
