"""Writes the data set of a made-up show as long as the longest: the same files each time.

python -m bench.long_show DIR [UNITS CHARACTERS FACTIONS]
"""

import random
import sys
from collections.abc import Iterator, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

import yaml

UNITS, CHARACTERS, FACTIONS = 1_134, 1_390, 321
FEW, SEASON, VOLUME = 200, 10, 54  # units
IN_CHAPTERS = {"unit": "chapter", "units": "chapters", "watched": "read"}
TAGS = tuple(f"trade of {number}" for number in range(60))
VOICES, WRITERS = 240, 40
KINDS = ("ally", "enemy", "friend", "family", "partner")
ONSETS = ("b", "br", "d", "f", "g", "h", "j", "k", "l", "m", "n", "p", "r", "s", "st", "t", "v", "z")
VOWELS = ("a", "e", "i", "o", "u", "ai", "ou")


def files(units: int = UNITS, characters: int = CHARACTERS, factions: int = FACTIONS) -> dict[str, Any]:
    """Return what the files of the show hold; many come early, and the first few are in everything."""
    dice = random.Random(f"{units} {characters} {factions}")
    names = _names(dice)
    since = sorted(min(units, int(units * dice.random() ** 1.5) + 1) for _ in range(characters))
    keys = [f"c{number}" for number in range(characters)]
    groups = [f"f{number}" for number in range(factions)]
    founded = sorted(min(units, int(units * dice.random() ** 1.5) + 1) for _ in groups)
    voices, writers = ([f"{next(names)} {next(names)}" for _ in range(count)] for count in (VOICES, WRITERS))
    return {
        "series": {"title": "The Long Way"} | (IN_CHAPTERS if units > FEW else {}),
        "episodes": [
            {
                "number": number,
                **_place(number, units),
                "title": next(names),
                "synopsis": f"[[{keys[0]}]] travels on.",
                "writers": [writers[number % WRITERS]],
            }
            for number in range(1, units + 1)
        ],
        "factions": [
            {"key": key, "revealed_in": first, "aliases": [_headline(f"House {next(names)}", first)]}
            for key, first in zip(groups, founded, strict=True)
        ],
        "characters": [
            {
                "key": key,
                "revealed_in": first,
                "aliases": [_headline(f"{next(names)} {next(names)}", first)],
                "traits": [
                    {"attribute": "occupation", "value": next(names).lower(), "revealed_in": first},
                    {"attribute": "definition", "value": f"Traveller from {next(names)}", "revealed_in": first},
                    {"attribute": "voice_actor", "value": dice.choice(voices), "revealed_in": first},
                ],
                "tags": [{"name": _early(dice, TAGS), "revealed_in": first}],
                "memberships": _memberships(dice, groups, founded, first, units),
            }
            for key, first in zip(keys, since, strict=True)
        ],
        "relationships": list(_ties(dice, keys, since, units)),
        "revelations": list(_revelations(dice, keys, since, units)),
    }


def write(directory: Path, **size: int) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    for name, data in files(**size).items():
        (directory / f"{name}.yaml").write_text(yaml.dump(data, Dumper=yaml.CSafeDumper, sort_keys=False))
    return directory


def _place(number: int, units: int) -> dict[str, str]:
    """Return what a unit is called, and where it stands: in few units, an episode of a season."""
    if units > FEW:
        return {"label": f"Chapter {number}", "season": f"Volume {(number - 1) // VOLUME + 1}"}
    season, place = (number - 1) // SEASON + 1, (number - 1) % SEASON + 1
    return {"label": f"S{season} E{place}", "season": f"Season {season}"}


def _names(dice: random.Random) -> Iterator[str]:
    given: set[str] = set()
    while True:
        name = "".join(dice.choice(ONSETS) + dice.choice(VOWELS) for _ in range(3)).capitalize()
        if name not in given:
            given.add(name)
            yield name


def _headline(name: str, first: int) -> dict[str, Any]:
    return {"name": name, "headline": True, "revealed_in": first}


def _memberships(
    dice: random.Random, groups: list[str], founded: list[int], first: int, units: int
) -> list[dict[str, Any]]:
    place = groups.index(_early(dice, groups))
    joined = max(first, founded[place])
    return [{"faction": groups[place], "revealed_in": min(units, joined)}]


def _early[Thing](dice: random.Random, things: Sequence[Thing]) -> Thing:
    """Choose one of them, the first ones most often."""
    [thing] = dice.choices(things, cum_weights=list(accumulate(1 / (place + 1) for place in range(len(things)))))
    return thing


def _ties(dice: random.Random, keys: list[str], since: list[int], units: int) -> Iterator[dict[str, Any]]:
    weights, tied = list(accumulate(1 / (place + 1) for place in range(len(keys)))), set()
    for other in range(1, len(keys)):
        for one in dice.choices(range(other), cum_weights=weights[:other], k=2):
            if (one, other) not in tied:
                tied.add((one, other))
                first = dice.randint(max(since[one], since[other]), units)
                yield {"source": keys[one], "kind": dice.choice(KINDS), "target": keys[other], "revealed_in": first}


def _revelations(dice: random.Random, keys: list[str], since: list[int], units: int) -> Iterator[dict[str, Any]]:
    for number in range(1, units + 1):
        known = sum(first <= number for first in since)
        for part in range(3):
            who = sorted({dice.randrange(max(1, min(known, 12))), dice.randrange(max(1, known))})
            if known:
                met = " met ".join(f"[[{keys[place]}]]" for place in who)
                yield {
                    "key": f"r{number}-{part}", "revealed_in": number, "text": f"{met} once more.",
                    "characters": [keys[place] for place in who],
                }  # fmt: skip


if __name__ == "__main__":
    sizes = dict(zip(("units", "characters", "factions"), map(int, sys.argv[2:]), strict=False))
    print(write(Path(sys.argv[1]), **sizes))
