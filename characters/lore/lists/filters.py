"""The filters of the lists: what a visitor may choose, read from an address that anybody may have written.

An address can hold only what its author could see. A value that its reader cannot see is left out, in the same words
whether it comes later in the story or is nonsense.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.http import urlencode

from characters.kinds import CHARACTER, Kind
from characters.values.lists import Chip, Choice, ChoiceGroup, Narrowing

from .facets import Facet, Id, Source, narrowed_to

SORTS = {"name": "Name", "first": "First seen", "newest": "Newest known"}
MOST_VALUES = 50  # of one filter; nobody ticks more
MOST_OFFERED = 120  # values of one filter, the most common ones; the shorter the list, the more of the others


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
    """What a visitor chose, of what the facets offer.

    Only what is chosen is read of everybody; of the other facets what those have who fit, unless nothing is chosen.
    """

    def __init__(self, data: QueryDict, queryset: QuerySet, source: Source) -> None:
        super().__init__(data, queryset)
        names = [name for name, choosing in self.filters.items() if isinstance(choosing, AnyOfFilter)]
        asked = {name: set(data.getlist(name)) for name in names}
        self.facets = {name: source.facet(name) for name in names if asked[name]}
        for name in names:
            labels = self.facets[name].labels if name in self.facets else {}
            self.filters[name].facet = self.facets.get(name, Facet(()))
            self.filters[name].extra["choices"] = [
                (value, labels[value]) for value in sorted(asked[name] & labels.keys())
            ]
        self.form.is_valid()
        chosen = {name: self.form.cleaned_data.get(name) or [] for name in self.facets}
        self.has_choices = any(chosen.values())
        self.source = narrowed_to(source, self.fitting(chosen)) if self.has_choices else source
        others = {name: self.source.facet(name) for name in names if name not in self.facets}
        self.facets = {name: self.facets.get(name) or others[name] for name in names}

    def fitting(self, chosen: Mapping[str, list[str]]) -> set[Id]:
        """Return who fits some choices, of which there is at least one."""
        return set.intersection(*(self.facets[name].having(values) for name, values in chosen.items() if values))

    @cached_property
    def chosen(self) -> dict[str, list[str]]:
        return {name: self.form.cleaned_data.get(name) or [] for name in self.facets}

    @property
    def sort(self) -> str:
        return self.form.cleaned_data.get("sort") or "name"

    @property
    def left_out(self) -> bool:
        return any(getattr(field, "left_out", False) for field in self.form.fields.values())

    def narrowing(self, everybody: int, address: str, always: Mapping[str, str]) -> Narrowing:
        """Return what the page shows: choices with their counts, chips, and the address of this very list.

        `everybody` is how many the list holds if nothing is chosen.
        """
        return Narrowing(
            groups=tuple(self._group(name) for name in self.facets),
            chips=tuple(
                Chip(
                    label=f"{self.filters[name].label}: {self.facets[name].labels[value]}",
                    url=self._url(address, always, without=(name, value)),
                    without=self._count_without(name, value, everybody),
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

    def _count_without(self, name: str, value: str, everybody: int) -> int:
        kept = {
            other: [each for each in values if (other, each) != (name, value)] for other, values in self.chosen.items()
        }
        return len(self.fitting(kept)) if any(kept.values()) else everybody

    def _group(self, name: str) -> ChoiceGroup:
        """Return the choices of one filter, each with how many the list would hold, the other filters as they are."""
        facet = self.facets[name]
        others = {other: values for other, values in self.chosen.items() if values and other != name}
        fitting = self.fitting(others) if others else None
        choices = [
            Choice(value, label, len(bearers if fitting is None else bearers & fitting), value in self.chosen[name])
            for value, label in facet.labels.items()
            for bearers in (facet.bearers[value],)
        ]
        fit = [choice for choice in choices if choice.count or choice.chosen]
        offered = sorted(fit, key=lambda choice: (not choice.chosen, -choice.count, *_numbers_then_words(choice)))
        return ChoiceGroup(
            name=name,
            label=str(self.filters[name].label),
            choices=tuple(sorted(offered[:MOST_OFFERED], key=_numbers_then_words)),
            rarer=max(len(offered) - MOST_OFFERED, 0),
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


def choices_of(kind: Kind) -> list[str]:
    """Return the names of the filters that hold any number of values."""
    return [name for name, choosing in filter_for(kind).base_filters.items() if isinstance(choosing, AnyOfFilter)]
