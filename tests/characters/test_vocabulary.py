"""The closed lists."""

import pytest

from characters.vocabulary import RelationshipKind


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        (RelationshipKind.FRIEND, "is a friend of"),
        (RelationshipKind.ALLY, "is an ally of"),
        (RelationshipKind.FAMILY, "is family to"),
        (RelationshipKind.SUSPECTED_TO_BE, "is suspected to be"),
        (RelationshipKind.KILLED, "killed"),
        (RelationshipKind.SHARES_BODY, "shares a body with"),
    ],
)
def test_a_kind_of_relation_reads_as_part_of_a_sentence(kind: RelationshipKind, sentence: str) -> None:
    assert kind.sentence == sentence
