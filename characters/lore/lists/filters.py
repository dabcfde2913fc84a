"""The filters of the lists: what a visitor may choose, read from an address that anybody may have written.

An address can hold only what its author could see. A value that its reader cannot see is left out, in the same words
whether it comes later in the story or is nonsense.
"""

from collections.abc import Mapping
from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.http import urlencode

from characters.kinds import CHARACTER, Kind
from characters.values.lists import Chip, Choice, ChoiceGroup, Narrowing

from .facets import Facet, Id

SORTS = {"name": "Name", "first": "First seen", "newest": "Newest known"}
MOST_VALUES = 50  # of one filter; nobody ticks more


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
    facet = Facet(())

    def filter(self, qs: QuerySet, value: list[str]) -> QuerySet:
        return qs.filter(pk__in=self.facet.having(value)) if value else qs


class SortFilter(django_filters.ChoiceFilter):
    """Keeps the order that was chosen; the list does the sorting."""

    field_class = KnownValue

    def filter(self, qs: QuerySet, value: str) -> QuerySet:
        return qs


class ListFilter(django_filters.FilterSet):
    """What a visitor chose, of what the facets offer."""

    def __init__(self, data: QueryDict, queryset: QuerySet, facets: dict[str, Facet]) -> None:
        super().__init__(data, queryset)
        for name, facet in facets.items():
            choosing = self.filters[name]
            choosing.facet = facet
            choosing.extra["choices"] = [(value, facet.labels[value]) for value in sorted(facet.labels)]
        self.facets = facets
        self.form.is_valid()

    @property
    def chosen(self) -> dict[str, list[str]]:
        return {name: self.form.cleaned_data.get(name) or [] for name in self.facets}

    @property
    def sort(self) -> str:
        return self.form.cleaned_data.get("sort") or "name"

    @property
    def left_out(self) -> bool:
        return any(getattr(field, "left_out", False) for field in self.form.fields.values())

    def narrowing(self, everybody: set[Id], address: str, always: Mapping[str, str]) -> Narrowing:
        """Return what the page shows: choices with their counts, chips, and the address of this very list."""
        return Narrowing(
            groups=tuple(self._group(name, everybody) for name in self.facets),
            chips=tuple(
                Chip(
                    label=f"{self.filters[name].label}: {self.facets[name].labels[value]}",
                    url=self._url(address, always, without=(name, value)),
                    without=len(self._fitting(everybody, without=(name, value))),
                )
                for name, values in self.chosen.items()
                for value in values
            ),
            sorts=tuple(
                Choice(value, label, 0, value == self.sort) for value, label in self.filters["sort"].extra["choices"]
            ),
            left_out=self.left_out,
            url=self._url(address, always),
            url_now=self._url(address, {}),
            clear_url=f"{address}?{urlencode(always)}" if always else address,
        )

    def _fitting(self, everybody: set[Id], without: tuple[str, str]) -> set[Id]:
        kept = {name: [each for each in values if (name, each) != without] for name, values in self.chosen.items()}
        return everybody.intersection(*(self.facets[name].having(values) for name, values in kept.items() if values))

    def _group(self, name: str, everybody: set[Id]) -> ChoiceGroup:
        """Return the choices of one filter, each with how many the list would hold, the other filters as they are."""
        chosen, facet = self.chosen, self.facets[name]
        others = [self.facets[other].having(values) for other, values in chosen.items() if values and other != name]
        fitting = everybody.intersection(*others)
        choices = [
            Choice(value, label, len(bearers & fitting if others else bearers), value in chosen[name])
            for value, label in facet.labels.items()
            for bearers in (facet.bearers[value],)
        ]
        return ChoiceGroup(
            name=name,
            label=str(self.filters[name].label),
            choices=tuple(sorted((c for c in choices if c.count or c.chosen), key=_numbers_then_words)),
        )

    def _url(self, address: str, always: Mapping[str, str], without: tuple[str, str] | None = None) -> str:
        pairs = [(name, value) for name, values in self.chosen.items() for value in values if (name, value) != without]
        pairs += [("sort", self.sort)] if self.sort != "name" else []
        pairs += always.items()
        return f"{address}?{urlencode(pairs)}" if pairs else address


def _numbers_then_words(choice: Choice) -> tuple[int, str, str]:
    return int(choice.value) if choice.value.isdecimal() else -1, choice.label.casefold(), choice.value


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
    sort = SortFilter(choices=[("name", "Name"), ("first", "First heard of")])


def filter_for(kind: Kind) -> type[ListFilter]:
    """Return what the list of a kind can be narrowed by."""
    return CharacterFilter if kind is CHARACTER else SubjectFilter
