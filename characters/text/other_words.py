"""Other words for what somebody is: who looks for the detective means the investigator.

They lead from what viewers type to what shows write, one way, and are tried only where a query by itself finds nobody
of that name and nobody who is known as that. A word that belongs to one show alone is a variant among its names.
"""

from collections.abc import Iterator
from itertools import islice

from .words import Query, parse

OTHER_WORDS = {
    "android": ("robot",),
    "bar": ("night club",),
    "boss": ("chief", "leader", "commander"),
    "cop": ("police", "investigator"),
    "cops": ("police",),
    "dad": ("father",),
    "detective": ("investigator", "inspector"),
    "doc": ("doctor",),
    "grandma": ("grandmother",),
    "granny": ("grandmother",),
    "kidnapper": ("abductor",),
    "mom": ("mother",),
    "mum": ("mother",),
    "nightclub": ("night club",),
    "officer": ("police", "investigator"),
    "photographer": ("journalist",),
    "physician": ("doctor",),
    "policeman": ("police", "investigator"),
    "reporter": ("journalist",),
    "robot": ("android",),
    "robots": ("android",),
    "ruler": ("leader",),
    "sis": ("sister",),
    "soldiers": ("mercenaries",),
    "spaceship": ("liner", "airship"),
    "spy": ("informer", "double agent"),
    "traitor": ("double agent", "informer"),
    "vocalist": ("singer",),
}


MOST_TRIED = 6  # for each the index is asked again


def in_other_words(query: Query) -> Iterator[Query]:
    """Yield the query with another word in the place of one that has some, the nearest first."""
    return islice(_replaced(query), MOST_TRIED)


def _replaced(query: Query) -> Iterator[Query]:
    words = query.words
    for place, word in enumerate(words):
        for other in OTHER_WORDS.get(word, ()):
            yield parse(" ".join([*words[:place], other, *words[place + 1 :]]))
