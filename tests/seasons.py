"""A small show of two seasons with a special between them, whose parts are heard."""

from typing import Any

from tests.shows import character, revelation, trait

EPISODES: list[dict[str, Any]] = [
    {"number": 101, "season": "Season 1: Salt", "label": "S1 E1", "title": "The Keeper"},
    {"number": 102, "season": "Season 1: Salt", "label": "S1 E2", "title": "Fog"},
    {"number": 102.5, "kind": "special", "title": "Before the Light"},
    {"number": 201, "season": "Season 2: Storm", "label": "S2 E1", "title": "Return"},
]


def harbour() -> dict[str, Any]:
    """Return the files of the show."""
    return {
        "series": {"title": "Harbour Lights", "unit": "part", "units": "parts", "watched": "heard"},
        "episodes": [dict(each) for each in EPISODES],
        "characters": [
            character("mara", since=101, traits=[trait("occupation", "keeper", since=102.5)]),
            character("ash", since=201),
        ],
        "revelations": [revelation("lamp", "[[mara]] lights the lamp.", since=102)],
    }
