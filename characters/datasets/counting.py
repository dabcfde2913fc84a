"""What rows are counted as when a load says what it did: those of a kind, and chapters by themselves."""

from collections import Counter
from typing import Any

from characters.kinds import Kind, kind_of
from episodes.axes import is_on_second_axis
from episodes.models import Episode
from episodes.units import current

CHAPTER = "chapter"  # of a second axis; its rows are of the kind of episodes

type Counted = Kind | str


def counted_as(row: Any) -> Counted:
    return CHAPTER if isinstance(row, Episode) and is_on_second_axis(row.number) else kind_of(row)


def in_words(counts: Counter[Counted]) -> str:
    """Return how many rows there are of what, such as “1 alias, 2 characters”."""
    words = []
    for what, number in counts.items():
        one, many = _words_for(what)
        words.append((many, f"{number} {one if number == 1 else many}"))
    return ", ".join(text for _, text in sorted(words))


def _words_for(what: Counted) -> tuple[str, str]:
    if isinstance(what, str):
        return current().second_one, current().second_many
    return str(what.model._meta.verbose_name), str(what.model._meta.verbose_name_plural)
