"""The filters of the queue."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from corrections import rows
from corrections.models import Change, Correction, State
from episodes.names import Name
from episodes.progress import parse_episode
from episodes.units import worded

from .access import user_of
from .clearance import clearance_of
from .discretion import Discretion

SAFE_PARAMETERS = {"state", "claim", "from", "to"}  # by which folded corrections are found: they tell nothing of them


class ChoiceFilter(admin.SimpleListFilter):
    """A filter that ignores values which it does not offer."""

    def value(self) -> str | None:
        value = super().value()
        return value if value in dict(self.lookup_choices) else None


class StateFilter(ChoiceFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("all", "All"), *State.choices]

    def choices(self, changelist: Any) -> Any:
        default, *others = super().choices(changelist)
        yield default | {"display": "Waiting"}
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case None:
                return queryset.undecided()  # type: ignore[attr-defined]
            case "all":
                return queryset
        return queryset.filter(state=self.value())


class ClaimFilter(ChoiceFilter):
    title = "claim"
    parameter_name = "claim"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("free", "Free"), ("mine", "Mine"), ("others", "Claimed by others")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        claimed = Correction.objects.claimed()
        match self.value():
            case "free":
                return queryset.exclude(pk__in=claimed.values("pk"))
            case "mine":
                return queryset.filter(pk__in=claimed.filter(claimed_by=user_of(request)).values("pk"))
            case "others":
                return queryset.filter(pk__in=claimed.exclude(claimed_by=user_of(request)).values("pk"))
        return queryset


class ChangedFilter(ChoiceFilter):
    title = "what is changed"
    parameter_name = "of"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        kinds = ((kind.label, str(kind.model._meta.verbose_name)) for kind in rows.registered())
        return sorted(kinds, key=lambda choice: choice[1])

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() is None:
            return queryset
        changed = Change.objects.filter(model=self.value()).current()
        return queryset.filter(pk__in=changed.values("correction"))


class EpisodeFilter(admin.ListFilter):
    """Filters from one episode to another. Corrections of what is on no page by itself have no episode."""

    title = worded("{one}")
    template = "admin/corrections/correction/episode_filter.html"
    names = ("from", "to")

    def __init__(self, request: HttpRequest, params: dict[str, Any], model: Any, model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        numbers = {name: params.pop(name, [""])[-1] for name in self.names}
        self.used_parameters = {name: text for name, text in numbers.items() if parse_episode(text) is not None}

    def has_output(self) -> bool:
        return True

    def expected_parameters(self) -> list[str | None]:
        return list(self.names)

    def choices(self, changelist: Any) -> Any:
        """Return for the template the two numbers, and the other parameters to keep."""
        request_values = changelist.get_filters_params()
        kept = [(name, values[-1]) for name, values in request_values.items() if name not in self.names]
        if changelist.query:
            kept.append(("q", changelist.query))
        yield {"kept": kept, "selected": True, "display": "", "query_string": "?"} | {
            f"episode_{name}": self.used_parameters.get(name, "") for name in self.names
        }

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        for name, lookup in zip(self.names, ("revealed_in__gte", "revealed_in__lte"), strict=True):
            if name in self.used_parameters:
                queryset = queryset.filter(**{lookup: int(str(self.used_parameters[name]))})
        return queryset


class AuthorFilter(admin.RelatedOnlyFieldListFilter):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.empty_value_display = SafeString("without an account")

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        discretion = Discretion(clearance_of(request))
        choices = super().field_choices(field, request, model_admin)
        return [(key, discretion.name_apart(Name(name))) for key, name in choices]
