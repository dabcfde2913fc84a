"""The admin for whoever has not watched everything: what is revealed later is not there, until they lift that.

Everything here follows `horizon_of(request)`: the last episode of which somebody sees rows, or None if nothing is
hidden. Rows that are hidden are in no list, choice, form or history, and a form that does not have them leaves them
alone. What could tell of them is said in words that are always the same. Whatever has to look at them, such as deleting
a page with all its rows, waits until the editor shows everything.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import cache, reduce
from operator import or_
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import ActionLocation
from django.contrib.admin.options import BaseModelAdmin, IncorrectLookupParameters
from django.contrib.admin.utils import build_q_object_from_lookup_parameters
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.text import slugify, smart_split

from characters.kinds import SUBJECTS, TAGGINGS, Kind
from characters.models import Alias, Revelation, Tag
from characters.models.shown_keys import shown_key, with_shown_keys
from characters.spoilers.linter import spoiler_error
from characters.text.mentions import MENTION
from corrections.desk.discretion import NOT_TOLD, reader_of_later
from corrections.desk.lists import OfferedFilters
from corrections.editing import DELETE_SELECTED
from episodes.gate import Gated
from episodes.horizon import horizon_of
from episodes.known import is_known, is_reached, place_reached
from episodes.models import Episode
from episodes.texts import ProseInForm
from episodes.units import current, worded

from .selects import RowSelect, RowsSelect

OTHER_PLACES = ("ended_in", "also_in", "also_ended_in")  # of a row, which may be later than what makes it known
NO_LATER_EPISODE = worded("Choose {a} up to {{}}. To write about a later one, show everything first.")
SHOW_ALL_FIRST = worded(
    "Nothing was deleted. Rows of later {many} than you have {watched} may hang on it: show everything first."
)


# Which rows are known


def known(rows: QuerySet[Any], horizon: int | None) -> QuerySet[Any]:
    """Leave out what is revealed after the horizon; tags are known by who bears them, and new ones to everybody."""
    if horizon is None:
        return rows
    if rows.model is Tag:
        taggings = [kind.model._base_manager.filter(tag=OuterRef("pk")) for kind in TAGGINGS]
        is_borne = reduce(or_, (Q(Exists(each.filter(is_known(horizon)))) for each in taggings))
        return rows.filter(is_borne | ~reduce(or_, (Q(Exists(each)) for each in taggings)))
    return rows.filter(_known_at(rows.model, horizon))


def _known_at(model: type[models.Model], horizon: int, prefix: str = "") -> Q:
    if model is Episode:
        return Q(**{f"{prefix}number__lte": horizon})
    return is_known(horizon, prefix) if issubclass(model, Gated) else Q()


def known_along(model: type[models.Model], path: str, horizon: int) -> Q:
    """Return the condition that all rows on the way to a field are known, for the same join as what is looked up."""
    condition, prefix = Q(), ""
    for name in path.split("__"):
        field = model._meta.get_field(name)
        if not field.is_relation or field.related_model is Episode:
            break
        model, prefix = field.related_model, f"{prefix}{name}__"  # type: ignore[assignment]
        condition &= _known_at(model, horizon, prefix)
    return condition


def stand_ins(horizon: int | None) -> Callable[[], Mapping[str, str]]:
    """Return a function that finds what stands for keys at a horizon: the name that is known there, as a key has it.

    It stands for every key that is not that name already, so that none tells by its shape that another name comes. Keys
    of whoever is not known yet are among them, so that nobody can guess one.
    """

    @cache
    def found() -> dict[str, str]:
        if horizon is None:
            return {}
        handles, taken = dict[str, str](), set[str]()
        for kind in SUBJECTS:
            rows = kind.model._base_manager.order_by("public_id")
            names = _newest_names(kind, horizon)
            for pk, key, public_id, since in rows.values_list("pk", "key", "public_id", "revealed_in_id"):
                handle = _as_key(names.get(pk, "")) if is_reached(since, horizon) else ""
                handles[key] = public_id if not handle or handle in taken else handle
                taken.add(handle)
        for key, episode, pk in Revelation.objects.values_list("key", "revealed_in_id", "pk"):
            handles[key] = f"e{episode:02}.{pk.hex[:8]}"
        return {key: handle for key, handle in handles.items() if key != handle}

    return found


def _newest_names(kind: Kind, horizon: int) -> dict[Any, str]:
    headlines = Alias.objects.filter(is_known(horizon), headline=True, **{f"{kind.name}__isnull": False})
    return dict(headlines.order_by("revealed_in").values_list(f"{kind.name}_id", "name"))


def _as_key(name: str) -> str:
    """Return a name as a key has it: in small letters without accents; empty if it has other letters."""
    folded = slugify(name).replace("-", "_")
    return folded if MENTION.fullmatch(f"[[{folded}]]") else ""


# Forms


class HorizonForm(forms.ModelForm):
    """A form that shows no value from after the horizon, keeps those it does not show, and tells nothing of them."""

    horizon: int | None = None  # of the request that the class is made for

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.hidden: dict[str, tuple[Any, Any]] = {}  # what is shown instead of a value, and the value
        if self.horizon is not None:
            self._hide_places(self.horizon)
            self._hide_keys()

    def _hide_places(self, horizon: int) -> None:
        for name in OTHER_PLACES:
            place = getattr(self.instance, f"{name}_id", None)
            if name in self.fields and place is not None and not is_reached(place, horizon):
                self._hide(name, None, Episode(number=place))

    def _hide_keys(self) -> None:
        key = getattr(self.instance, "key", "")
        if "key" in self.fields and shown_key(key) != key:
            self._hide("key", shown_key(key), key)
        for field in self.fields.values():
            if isinstance(field, ProseInForm):
                field.prepare_value = with_shown_keys  # type: ignore[method-assign, assignment]

    def _hide(self, name: str, shown: Any, value: Any) -> None:
        self.hidden[name] = shown, value
        self.initial[name] = shown

    def _post_clean(self) -> None:
        for name, (shown, value) in self.hidden.items():
            if name not in self.cleaned_data:
                continue
            if (self.cleaned_data[name] or None) == shown:
                self.cleaned_data[name] = value
            elif name in OTHER_PLACES:
                self.add_error(name, NOT_TOLD)
        super()._post_clean()  # type: ignore[misc]

    def _update_errors(self, errors: ValidationError) -> None:
        """Take the errors of the model, in other words where they could tell of a row that is hidden."""
        if self.horizon is not None:
            errors = _untelling(errors, self.horizon)
        super()._update_errors(errors)  # type: ignore[misc]


def _untelling(errors: ValidationError, horizon: int) -> ValidationError:
    tells_of_later = reader_of_later(horizon)

    def untold(of_field: Iterable[ValidationError]) -> list[ValidationError]:
        return [ValidationError(NOT_TOLD) if any(map(tells_of_later, each.messages)) else each for each in of_field]

    if hasattr(errors, "error_dict"):
        return ValidationError({name: untold(of_field) for name, of_field in errors.error_dict.items()})
    return ValidationError(untold(errors.error_list))


def spoiler_error_within(horizon: int | None, words: str, places: tuple[int, int | None], url: str, claim: str) -> str:
    """Return the error message for a text that says a name too early; a name from after the horizon is not told."""
    if horizon is not None and place_reached(*places, horizon) is None:
        return f"It says “{words}”, which is a name of a later {current().one}."
    return spoiler_error(words, url, claim)


# Lists and pages


class KnownRows(BaseModelAdmin):
    """Offers and lists the rows that are known at the horizon."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return known(super().get_queryset(request), horizon_of(request))

    def get_field_queryset(self, db: str | None, db_field: Any, request: HttpRequest) -> QuerySet[Any] | None:
        queryset = super().get_field_queryset(db, db_field, request)
        if horizon_of(request) is None:
            return queryset
        every: QuerySet[Any] = db_field.remote_field.model._default_manager.all()
        return known(every if queryset is None else queryset, horizon_of(request))

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", RowSelect(db_field, self.admin_site))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", RowsSelect(db_field, self.admin_site))
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field: Any = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.related_model is Episode and (horizon := horizon_of(request)) is not None:
            field.error_messages["invalid_choice"] = NO_LATER_EPISODE.format(horizon)
        return field


class KnownList(OfferedFilters):
    """A list without the numbers of what each filter finds, which Django counts over hidden rows as well.

    Where rows are hidden, nobody asks by other fields who has an unmasking of a later episode, or guesses a hidden key
    letter by letter.
    """

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        self.horizon = horizon_of(request)
        self.takes_any_field = self.horizon is None
        super().__init__(request, *args, **kwargs)
        if self.horizon is not None:
            self.is_facets_optional = False
            self.search_help_text = (self.search_help_text or "").replace("by key, ", "by ")  # it is not looked at

    @property
    def add_facets(self) -> bool:
        return self._add_facets and self.horizon is None

    @add_facets.setter
    def add_facets(self, wanted: bool) -> None:
        self._add_facets = wanted


class KnownFilter(admin.RelatedFieldListFilter):
    """Narrows a list by another row, as far as that and the rows between are known."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        horizon = horizon_of(request)
        if horizon is None:
            return super().field_choices(field, request, model_admin)
        return [(row.pk, str(row)) for row in known(field.related_model._default_manager.all(), horizon)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        horizon = horizon_of(request)
        if horizon is None or not self.used_parameters:
            return super().queryset(request, queryset)
        try:
            wanted = build_q_object_from_lookup_parameters(self.used_parameters)  # type: ignore[arg-type]
            return queryset.filter(wanted & known_along(queryset.model, self.field_path, horizon))
        except (ValueError, ValidationError) as error:
            raise IncorrectLookupParameters(error) from error


class WithinHorizon(KnownRows, admin.ModelAdmin):
    """A ModelAdmin of what is revealed in an episode."""

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, *args, **kwargs)
        form.horizon = horizon_of(request)
        return form

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return KnownList

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> Any:
        """Find every word of a search in some field, by way of rows that are known."""
        horizon = horizon_of(request)
        if horizon is None or not search_term:
            return super().get_search_results(request, queryset, search_term)
        found = self.model._base_manager.all()
        for word in smart_split(search_term):
            names = [name for name in self.get_search_fields(request) if name != "key"]  # which is not what one reads
            fields = (self._found_in(name, word, horizon) for name in names)
            found = found.filter(pk__in=self.model._base_manager.filter(reduce(or_, fields)).values("pk"))
        return queryset.filter(pk__in=found.values("pk")), False

    def _found_in(self, name: str, word: str, horizon: int) -> Q:
        return Q(**{f"{name}__icontains": word}) & known_along(self.model, name, horizon)

    # Deleting takes along what hangs on a row

    def get_actions(self, request: HttpRequest, action_location: Any = ActionLocation.CHANGE_LIST) -> Any:
        actions = super().get_actions(request, action_location)
        if horizon_of(request) is not None:
            actions.pop(DELETE_SELECTED, None)
        return actions

    def delete_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        row = self.get_object(request, object_id)
        if horizon_of(request) is None or row is None or not self.has_delete_permission(request, row):
            return super().delete_view(request, object_id, *args, **kwargs)
        messages.warning(request, SHOW_ALL_FIRST)
        form = f"admin:{self.opts.app_label}_{self.opts.model_name}_change"
        return HttpResponseRedirect(reverse(form, args=[row.pk]))
