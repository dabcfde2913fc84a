"""Every kind of row has its place in the files, and every field its key."""

import pytest

from characters.datasets.schema import FILES, Entry, parts_of
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
    fields = shape.model_fields.keys() - {part.part_of_entry for part in parts_of(kind)}
    assert fields <= {field.name for field in kind.model._meta.get_fields()}
    assert {*kind.fields} - fields <= given | DERIVED
