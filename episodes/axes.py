"""The two axes on which one story may be told, such as an anime and its manga, and how far somebody is on both.

Places of the second axis come after all of the first, whose numbers have four digits: chapter 34 is the place 10,034.
So a place is still one number and sorts, and what reads or asks for episodes stops before them. Here and below
`second` is the number on the second axis, 34, and a place is what rows hold.
"""

from collections.abc import Callable, Iterable
from typing import Self

from django.db import connection
from django.http import HttpRequest

SECOND_AXIS = 10_000
BEYOND_ALL = 2 * SECOND_AXIS  # after every place of either axis

_EPISODES = '"episodes_episode"'  # models are made with what this module says
LAST_EPISODE = f'SELECT MAX("number") FROM {_EPISODES} WHERE "number" <= {SECOND_AXIS}'  # noqa: S608 - our own
LAST_PLACE = f'SELECT MAX("number") FROM {_EPISODES}'  # noqa: S608 - our own


class Progress(int):
    """How far somebody is: as a number the last episode watched, and beside it the last chapter read, or 0.

    What knows nothing of a second axis reads the first alone, and so tells less. Equality and hash are those of the
    number: a value that differed from its own number would break what compares it with an episode, and one that is
    equal to it cannot be told from it by dictionaries, `lru_cache` or a formatted text. So whatever keeps something for
    a viewer keeps it under `key_of()`, never under the value itself. Arithmetic gives plain numbers.
    """

    second: int

    def __new__(cls, number: int, second: int = 0) -> Self:
        self = super().__new__(cls, number)
        self.second = second
        return self

    @property
    def place(self) -> int:
        """The last place that is read on the second axis; that axis itself, which is no place, before its first."""
        return place_of(self.second)


def reaching(progress: int, *places: int) -> Progress:
    """Return progress that has reached some places as well, each on its own axis."""
    first = max(int(progress), *(place for place in (0, *places) if not is_on_second_axis(place)))
    return Progress(first, max(second_of(progress), *(second_of_place(place) for place in (0, *places))))


def second_of(progress: int) -> int:
    """Return how far somebody is on the second axis; 0 for a plain number, which says nothing of it."""
    return getattr(progress, "second", 0)


def grouped_by_progress[T](items: Iterable[T], progress_of: Callable[[T], int]) -> list[tuple[int, list[T]]]:
    """Return items by the progress that each goes with; as keys of a dictionary two of one first axis would be one."""
    groups: dict[str, tuple[int, list[T]]] = {}
    for item in items:
        progress = progress_of(item)
        groups.setdefault(key_of(progress), (progress, []))[1].append(item)
    return list(groups.values())


def key_of(progress: int) -> str:
    """Return the key of a viewer's progress: another for each pair, and of one axis the number as it is."""
    second = second_of(progress)
    return f"{int(progress)}+{second}" if second else f"{int(progress)}"


def place_of(second: int) -> int:
    """Return the place of a number on the second axis."""
    return SECOND_AXIS + second


def is_on_second_axis(place: int) -> bool:
    return place > SECOND_AXIS


def second_of_place(place: int) -> int:
    """Return the number that a place has on the second axis, or 0 if it is one of the first."""
    return max(place - SECOND_AXIS, 0)


def own_number(place: int) -> int:
    """Return the number that a place has on its own axis."""
    return second_of_place(place) or place


def end() -> Progress:
    """Return the last number of each axis; in one statement by hand, as nearly every request asks."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT ({LAST_EPISODE}), ({LAST_PLACE})")
        episode, place = cursor.fetchone()
    return Progress(episode or 0, second_of_place(place or 0))


def end_for(request: HttpRequest) -> Progress:
    """Return `end()`, as the edition says that this request is answered with, where it has been read."""
    edition = getattr(request, "edition", None)
    if edition is not None:
        return Progress(edition.last_episode, edition.last_chapter)
    if not hasattr(request, "end"):
        request.end = end()  # type: ignore[attr-defined]
    there: Progress = request.end  # type: ignore[attr-defined]
    return there


def last_chapter() -> int:
    """Return the last number of the second axis, or 0 in a show of one."""
    return end().second


def last_chapter_for(request: HttpRequest) -> int:
    return end_for(request).second
