"""The shortest ways from one character to another, over what ties them and over the factions they have in common.

Whom a search meets is bounded by who is known: of 20,000 characters and 160,000 ties it may meet all, once.
"""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from sys import getsizeof
from typing import NamedTuple

from characters.lore.kept import kept
from characters.lore.knowledge import Knowledge

from .rim import Rim, rim_of

MOST_SHOWN = 5  # ways that are equally short
MOST_COMPARED = 200  # of which those are chosen


@dataclass(frozen=True, slots=True)
class Web:
    """Who is one step from whom: characters by their places on the rim, and after them the factions."""

    starts: "array[int]"
    others: "array[int]"

    def beside(self, node: int) -> "array[int]":
        return self.others[self.starts[node] : self.starts[node + 1]]

    @property
    def size(self) -> int:
        return getsizeof(self.starts) + getsizeof(self.others)


class Ways(NamedTuple):
    """Some of the shortest ways, each by its nodes, and how many there are."""

    shown: list[tuple[int, ...]]
    number: int


def web_of(knowledge: Knowledge) -> Web:
    """Return everybody, their ties and their factions as steps from one to the next."""
    return kept(knowledge, "web of the map", lambda: _made(rim_of(knowledge)))


def _made(rim: Rim) -> Web:
    factions = [stretch for stretch in rim.stretches if stretch.faction]
    others: list[set[int]] = [set() for _ in range(len(rim) + len(factions))]
    for one, other in zip(rim.sources, rim.targets, strict=True):
        others[one].add(other)
        others[other].add(one)
    for faction, stretch in enumerate(factions, start=len(rim)):
        for place in stretch.belonging:
            others[place].add(faction)
            others[faction].add(place)
    starts, steps = array("I", [0]), array("I")
    for beside in others:
        steps.extend(sorted(beside))
        starts.append(len(steps))
    return Web(starts, steps)


def shortest(web: Web, one: int, other: int, people: int) -> Ways:
    """Return the shortest ways between two; of those equally short, the ones with fewest factions on them first.

    Nodes from `people` on are factions.
    """
    levels = [{one: 1}]  # who is so many steps away, and over how many ways
    met = {one}
    while levels[-1] and other not in levels[-1]:
        reached: dict[int, int] = {}
        for node, ways in levels[-1].items():
            for beside in web.beside(node):
                if beside not in met:
                    reached[beside] = reached.get(beside, 0) + ways
        met.update(reached)
        levels.append(reached)
    if other not in levels[-1]:
        return Ways([], 0)

    def back_from(node: int, level: int) -> Iterator[tuple[int, ...]]:
        if level == 0:
            yield (node,)
            return
        for before in web.beside(node):
            if before in levels[level - 1]:
                for way in back_from(before, level - 1):
                    yield (*way, node)

    compared = islice(back_from(other, len(levels) - 1), MOST_COMPARED)
    ranked = sorted(compared, key=lambda way: (sum(node >= people for node in way), way))
    return Ways(ranked[:MOST_SHOWN], levels[-1][other])
