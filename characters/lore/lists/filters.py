"""The filters of the lists: what a visitor may choose, read from an address that anybody may have written.

An address can hold only what its author could see. A value that its reader cannot see is left out, in the same words
whether it comes later in the story or is nonsense.
"""

from collections.abc import Mapping
from functools import reduce
from operator import and_

from django.http import QueryDict
from django.utils.http import urlencode

from characters.kinds import CHARACTER, Kind
from characters.values.lists import Chip, Choice, ChoiceGroup, Narrowing
from episodes.names import CommonName

from .facets import labels_of
from .roster import Roster

SORTS = {"name": "Name", "first": "First seen", "newest": "Newest known"}
SORTS_OF_OTHERS = {"name": "Name", "first": "First heard of"}
MOST_VALUES = 50  # of one filter; nobody ticks more
MOST_OFFERED = 120  # values of one filter, the most common ones; the shorter the list, the more of the others

type Chosen = Mapping[str, list[str]]
"""The values that are chosen in each filter."""


class ListFilter:
    """What a visitor chose of what a list offers."""

    def __init__(self, asked: QueryDict, kind: Kind, roster: Roster) -> None:
        self.roster, self.facets = roster, roster.facets
        self.labels = labels_of(kind)
        self.sorts = SORTS if kind is CHARACTER else SORTS_OF_OTHERS
        values = {name: set(asked.getlist(name)[:MOST_VALUES]) - {""} for name in self.facets}
        self.chosen = {name: sorted(values[name] & facet.labels.keys()) for name, facet in self.facets.items()}
        sort = asked.get("sort", "")
        self.sort = sort if sort in self.sorts else "name"
        is_unknown = {name for name in values if len(self.chosen[name]) < len(values[name])}
        self.left_out = bool(is_unknown) or (bool(sort) and sort not in self.sorts)

    def fitting(self, chosen: Chosen) -> int:
        """Return who fits some choices, as bits of the roster."""
        fitting = (self.facets[name].having(values) for name, values in chosen.items() if values)
        return reduce(and_, fitting, self.roster.everybody)

    def narrowing(self, address: str, always: Mapping[str, str]) -> Narrowing:
        """Return what the page shows: choices with their counts, chips, and the address of this very list."""
        return Narrowing(
            groups=tuple(self._group(name) for name in self.facets),
            chips=tuple(
                Chip(
                    label=f"{self.labels[name]}: {self.facets[name].labels[value]}",
                    url=self._url(address, always, without=(name, value)),
                    without=self._count_without(name, value),
                )
                for name, values in self.chosen.items()
                for value in values
            ),
            sorts=tuple(Choice(value, CommonName(label), 0, value == self.sort) for value, label in self.sorts.items()),
            left_out=self.left_out,
            url=self._url(address, always),
            url_now=self._url(address, {}),
            clear_url=f"{address}?{urlencode(always)}" if always else address,
        )

    def _count_without(self, name: str, value: str) -> int:
        left = [each for each in self.chosen[name] if each != value]
        return self.fitting({**self.chosen, name: left}).bit_count()

    def _group(self, name: str) -> ChoiceGroup:
        """Return the choices of one filter, each with how many the list would hold, the other filters as they are."""
        facet, chosen = self.facets[name], self.chosen[name]
        others = self.fitting({**self.chosen, name: []})
        counts = {value: (bearers & others).bit_count() for value, bearers in facet.bearers.items()}
        fit = [value for value, count in counts.items() if count or value in chosen]
        offered = set(sorted(fit, key=lambda value: (value not in chosen, -counts[value]))[:MOST_OFFERED])
        return ChoiceGroup(
            name=name,
            label=self.labels[name],
            choices=tuple(
                Choice(value, facet.labels[value], counts[value], value in chosen) for value in fit if value in offered
            ),
            rarer=len(fit) - len(offered),
        )

    def _url(self, address: str, always: Mapping[str, str], without: tuple[str, str] | None = None) -> str:
        pairs = [(name, value) for name, values in self.chosen.items() for value in values if (name, value) != without]
        pairs += [("sort", self.sort)] if self.sort != "name" else []
        pairs += always.items()
        return f"{address}?{urlencode(pairs)}" if pairs else address
