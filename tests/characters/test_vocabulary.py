"""The closed lists."""

import pytest

from characters.vocabulary import DEFAULT


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("friend", "is a friend of"),
        ("ally", "is an ally of"),
        ("family", "is family to"),
        ("suspected_to_be", "is suspected to be"),
        ("killed", "killed"),
        ("shares_body", "shares a body with"),
    ],
)
def test_a_kind_of_relation_reads_as_part_of_a_sentence(kind: str, sentence: str) -> None:
    assert DEFAULT.relation(kind).sentence == sentence
