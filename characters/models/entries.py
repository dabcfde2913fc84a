"""The search index."""

from django.db import models

from episodes.axes import SECOND_AXIS, place_of
from episodes.gate import GatedQuerySet


class SearchEntry(models.Model):
    """A gated row's words, for `search`; `indexing` makes it from the row and keeps it in step.

    A row that is told on a second axis as well has a second entry, with the words that its readers know it by.

    The key begins with the episode, so that the gate is a range of keys and “newest known first” their order.
    """

    EPISODE_SHIFT = 48  # below are that many bits of the row's own id

    id = models.BigIntegerField(primary_key=True)
    # No foreign key: an entry must not keep an episode from being deleted.
    revealed_in = models.PositiveSmallIntegerField(db_column="revealed_in_id")
    # Of an entry at a place of the second axis the row's place on the first: once that is reached, this one is no more.
    # A row that the second axis alone tells has one entry, and the same place in both.
    first_in = models.PositiveSmallIntegerField(null=True)
    kind = models.CharField(max_length=15)  # as `kinds.py` calls it
    row = models.UUIDField(db_index=True)
    is_name = models.BooleanField()
    words = models.TextField()

    objects = GatedQuerySet.as_manager()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.kind}: {self.words[:60]}"

    @classmethod
    def ceiling(cls, progress: int) -> int:
        """Return the first key beyond what somebody at this episode may know."""
        return (progress + 1) << cls.EPISODE_SHIFT

    @classmethod
    def second_range(cls, second: int) -> tuple[int, int]:
        """Return the keys between which all entries lie that somebody has reached on the second axis."""
        return cls.ceiling(SECOND_AXIS), cls.ceiling(place_of(second))

    @staticmethod
    def gate_word(progress: int) -> str:
        """Return the word for “before episode 2ⁿ”, by which PostgreSQL's index does not read far beyond the gate."""
        return _power_word("@", int(progress))

    @staticmethod
    def second_gate_word(second: int) -> str:
        """Return the same word for a number of the second axis, whose entries have words of their own."""
        return _power_word("#", second)


def _power_word(sign: str, number: int) -> str:
    return f"'{sign}{min(number.bit_length(), 15)}'"
