"""The filters of the lists: what a visitor may choose, read from an address that anybody may have written.

An address can hold only what its author could see. A value that its reader cannot see is left out, in the same words
whether it comes later in the story or is nonsense.
"""

from collections.abc import Mapping
from functools import reduce
from operator import and_
from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.http import urlencode

from characters.kinds import CHARACTER, Kind
from characters.values.lists import Chip, Choice, ChoiceGroup, Narrowing
from episodes.names import CommonName

from .roster import Roster

SORTS = {"name": "Name", "first": "First seen", "newest": "Newest known"}
SORTS_OF_OTHERS = {"name": "Name", "first": "First heard of"}
MOST_VALUES = 50  # of one filter; nobody ticks more
MOST_OFFERED = 120  # values of one filter, the most common ones; the shorter the list, the more of the others

type Chosen = Mapping[str, list[str]]
"""The values that are chosen in each filter."""


class KnownValues(forms.MultipleChoiceField):
    """Keeps the values that are known, and remembers whether there were others."""

    left_out = False

    def to_python(self, value: Any) -> list[str]:
        asked = set(super().to_python(value)[:MOST_VALUES]) - {""}
        known = [choice for choice in _choices_of(self) if choice in asked]
        self.left_out = len(known) < len(asked)
        return known


class KnownValue(forms.ChoiceField):
    """Keeps one value if it is known, and remembers whether there was another."""

    left_out = False

    def to_python(self, value: Any) -> str:
        text = super().to_python(value)
        known = text in _choices_of(self)
        self.left_out = bool(text) and not known
        return text if known else ""


def _choices_of(field: Any) -> list[str]:
    return [value for value, _ in field.choices]


class AnyOfFilter(django_filters.MultipleChoiceFilter):
    """Narrows a list to whoever has any of the chosen values."""

    field_class = KnownValues


class SortFilter(django_filters.ChoiceFilter):
    """Keeps the order that was chosen; the list does the sorting."""

    field_class = KnownValue


class ListFilter(django_filters.FilterSet):
    """What a visitor chose of what a list offers; it narrows the roster, where a filter set would narrow a queryset."""

    def __init__(self, asked: QueryDict, kind: Kind, roster: Roster) -> None:
        super().__init__(asked, QuerySet(kind.model).none())
        self.roster, self.facets = roster, roster.facets
        for name, facet in self.facets.items():
            known = set(asked.getlist(name)) & facet.labels.keys()
            self.filters[name].extra["choices"] = [(value, facet.labels[value]) for value in sorted(known)]
        self.form.is_valid()
        self.chosen = {name: self.form.cleaned_data.get(name) or [] for name in self.facets}
        self.sort = self.form.cleaned_data.get("sort") or "name"
        self.left_out = any(getattr(field, "left_out", False) for field in self.form.fields.values())

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
                    label=f"{self.filters[name].label}: {self.facets[name].labels[value]}",
                    url=self._url(address, always, without=(name, value)),
                    without=self._count_without(name, value),
                )
                for name, values in self.chosen.items()
                for value in values
            ),
            sorts=tuple(
                Choice(value, CommonName(label), 0, value == self.sort)
                for value, label in self.filters["sort"].extra["choices"]
            ),
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
            label=str(self.filters[name].label),
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


class CharacterFilter(ListFilter):
    species = AnyOfFilter(label="Species")
    status = AnyOfFilter(label="Status")
    faction = AnyOfFilter(label="Faction now")
    role = AnyOfFilter(label="Role now")
    tag = AnyOfFilter(label="Tag")
    relation = AnyOfFilter(label="Relation")
    first = AnyOfFilter(label="First seen")
    voice = AnyOfFilter(label="Voice")
    sort = SortFilter(choices=list(SORTS.items()))


class SubjectFilter(ListFilter):
    """The filters of every other kind."""

    tag = AnyOfFilter(label="Tag")
    first = AnyOfFilter(label="First heard of")
    sort = SortFilter(choices=list(SORTS_OF_OTHERS.items()))


def filter_for(kind: Kind) -> type[ListFilter]:
    """Return what the list of a kind can be narrowed by."""
    return CharacterFilter if kind is CHARACTER else SubjectFilter
