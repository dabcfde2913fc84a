"""The queue of corrections, in the admin."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.forms import CharField, TextInput
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from episodes.progress import parse_episode
from episodes.requests import whole_number

from . import deciding, queue, rows
from .apply import Refused, Verdict, decide
from .models import Change, Correction, State
from .queue import Sight
from .reading import Trial, try_out
from .verdicts import REASONS

TELL_NOTHING = {"state", "claim", "from", "to"}  # filters of what is folded


# The queue


class OneOfThese(admin.SimpleListFilter):
    def value(self) -> str | None:
        """Whatever else is asked for counts as nothing."""
        asked = super().value()
        return asked if asked in dict(self.lookup_choices) else None


class StateFilter(OneOfThese):
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


class ClaimFilter(OneOfThese):
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
                return queryset.filter(pk__in=claimed.filter(claimed_by=deciding.person_of(request)).values("pk"))
            case "others":
                return queryset.filter(pk__in=claimed.exclude(claimed_by=deciding.person_of(request)).values("pk"))
        return queryset


class ChangedFilter(OneOfThese):
    title = "what is changed"
    parameter_name = "of"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return sorted((kind.label, str(kind.model._meta.verbose_name)) for kind in rows.registered())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() is None:
            return queryset
        changed = Change.objects.filter(model=self.value()).current()
        return queryset.filter(pk__in=changed.values("correction"))


class EpisodeFilter(admin.ListFilter):
    """From one episode to another; what shows on no page by itself belongs to none."""

    title = "episode"
    template = "admin/corrections/correction/episode_filter.html"
    names = ("from", "to")

    def __init__(self, request: HttpRequest, params: dict[str, Any], model: Any, model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        asked = {name: params.pop(name, [""])[-1] for name in self.names}
        self.others = {name: values[-1] for name, values in params.items()}
        self.used_parameters = {name: text for name, text in asked.items() if parse_episode(text) is not None}

    def has_output(self) -> bool:
        return True

    def expected_parameters(self) -> list[str | None]:
        return list(self.names)

    def choices(self, changelist: Any) -> Any:
        """For the template: the two fields, and what else is asked for."""
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
        self.empty_value_display = SafeString("nobody with an account")


class Queue(ChangeList):
    def get_queryset(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """What is folded is not found by a filter that tells what its columns hide."""
        if any("\x00" in value for values in self.filter_params.values() for value in values):
            raise IncorrectLookupParameters
        found = super().get_queryset(request, *args, **kwargs)
        if self.get_filters_params().keys() <= TELL_NOTHING:
            return found
        return queue.unfolded(found, queue.sight_of(request))

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)
        told = queue.lines(self.result_list, queue.sight_of(request))
        for correction in self.result_list:
            correction.line = told[correction]


class ReasonForm(ActionForm):
    why = CharField(
        required=False, label="Reason, where rejected:",
        widget=TextInput(attrs={"list": "reasons", "size": 40}),
    )  # fmt: skip


@admin.register(Correction)
class CorrectionAdmin(admin.ModelAdmin):
    list_display = ["age", "about", "what", "by", "standing", "claim"]
    list_display_links = ["age", "about"]
    list_filter = [
        StateFilter,
        ClaimFilter,
        "kind",
        ChangedFilter,
        EpisodeFilter,
        ("author", AuthorFilter),
    ]
    list_select_related = ["author", "claimed_by"]
    list_per_page = 50
    search_fields = ["author__username"]  # and what get_search_results() adds
    search_help_text = "By a name that the corrected page bears, by author, or by a word of the reason."
    actions = ["accept_selected", "reject_selected"]
    action_form = ReasonForm
    ordering = ["created_at", "id"]
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # they count what is folded as well

    # Who may do what; deciding is checked by the door as well

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # not by a form of its own fields

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("corrections.decide")

    def get_urls(self) -> list[URLPattern]:
        views: dict[str, tuple[str, Callable[..., HttpResponse]]] = {
            "next": ("next/", deciding.take_next),
            "open": ("<uuid:pk>/open/", deciding.unfold),
            "claim": ("<uuid:pk>/claim/", deciding.claim),
            "undo": ("<uuid:pk>/undo/", deciding.undo),
            "preview": ("<uuid:pk>/preview/<int:episode>/", deciding.preview),
            "picture": ("<uuid:pk>/picture/<uuid:change>/<slug:which>/", deciding.picture),
        }
        own = [
            path(route, self.admin_site.admin_view(view), name=f"corrections_correction_{name}")
            for name, (route, view) in views.items()
        ]
        return [*own, *super().get_urls()]

    # Columns

    @admin.display(description="waiting", ordering="created_at")
    def age(self, correction: Any) -> str:
        return queue.age_of(correction)

    @admin.display(description="about")
    def about(self, correction: Any) -> str | SafeString:
        line: queue.Line = correction.line
        if line.folded:
            return format_html('<span class="folded">folded · episode {}</span>', line.episode)
        return ", ".join(line.about) + (f" and {line.more} more" if line.more else "") or "the show"

    @admin.display(description="changes")
    def what(self, correction: Any) -> str:
        return "" if correction.line.folded else correction.line.kinds

    @admin.display(description="author")
    def by(self, correction: Any) -> str:
        told = [deciding.author_of(correction), deciding.named_as(correction)]
        return "" if correction.line.folded else ", ".join(filter(None, told))

    @admin.display(description="state")
    def standing(self, correction: Any) -> str:
        return "" if correction.line.folded else correction.get_state_display()

    @admin.display(description="claimed by")
    def claim(self, correction: Any) -> str:
        return str(correction.claimed_by) if correction.is_claimed and not correction.line.folded else ""

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return Queue

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """What is folded is not found by what it says."""
        if not (words := search_term.strip()):
            return queryset, False
        sight = queue.sight_of(request)
        about = [
            f"{kind.label}:{key}"
            for kind in rows.registered()
            if kind.page is not None and kind.page.find is not None
            for key in kind.page.find(words, sight.progress)
        ]
        found = Correction.objects.filter(
            Q(author__username__icontains=words)
            | Q(reason__icontains=words)
            | Q(changes__subjects__subject__in=about, changes__replaced=False)
        )
        return queryset.filter(pk__in=queue.unfolded(found, sight).values("pk")), False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        sight = queue.sight_of(request)
        waiting = Correction.objects.undecided()
        count, unfolded = waiting.count(), queue.unfolded(waiting, sight).count()
        context = {
            "title": "Corrections that wait" if "state" not in request.GET else "Corrections",
            "waiting": count,
            "folded": count - unfolded,
            "wait": queue.in_short(wait) if (wait := queue.median_wait()) is not None else "",
            "may_decide": self.has_decide_permission(request),
            "sight": sight,
            "episodes": range(sight.last_episode + 1),
            "reasons": REASONS,
        }
        return super().changelist_view(request, context | (extra_context or {}))

    # For the clear ones

    @admin.action(description="Accept all changes of the selected", permissions=["decide"])
    def accept_selected(self, request: HttpRequest, queryset: QuerySet[Correction]) -> None:
        def verdicts(correction: Correction) -> dict[UUID, Verdict]:
            return {change.pk: Verdict(accept=True) for change in deciding.pending(correction)}

        self._decide_each(request, queryset, verdicts, done="accepted", linted=True)

    @admin.action(description="Reject the selected, with the reason given", permissions=["decide"])
    def reject_selected(self, request: HttpRequest, queryset: QuerySet[Correction]) -> None:
        why = request.POST.get("why", "").strip()[:1000]
        if not why:
            messages.error(request, "A rejection needs a reason: it is what the contributor learns from.")
            return

        def verdicts(correction: Correction) -> dict[UUID, Verdict]:
            return {change.pk: Verdict(accept=False, why=why) for change in deciding.pending(correction)}

        self._decide_each(request, queryset, verdicts, done="rejected", linted=False)

    def _decide_each(
        self, request: HttpRequest, queryset: QuerySet[Correction],
        verdicts: Callable[[Correction], dict[UUID, Verdict]], *, done: str, linted: bool,
    ) -> None:  # fmt: skip
        """Each through the door by itself; whatever is not clear is left, and said."""
        sight = queue.sight_of(request)
        decided = 0
        for correction in queryset.order_by("created_at", "id"):
            trial = try_out(correction, sight.at(correction)) if linted else Trial()
            if sight.folds(correction, trial.told_in):
                left = "It tells of a later episode than yours; open it first."
            elif _version_listed(request, correction) != correction.version:
                left = "It was not in the list as it stands now; look at it by itself."
            elif trial.is_too_large:
                left = "It is too large for its texts to be checked; look at it by itself."
            elif trial.warned:
                left = "Its texts say what is revealed later; look at it by itself."
            else:
                left = _decided(correction, sight, deciding.person_of(request), verdicts(correction))
            if left:
                messages.warning(
                    request, deciding.link_to(correction, f"One sent {queue.ago(correction)} is left.", left)
                )
            else:
                decided += 1
        if decided:
            messages.success(request, f"{decided} {done}.")

    # One correction: see `deciding`

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        correction = self.get_object(request, object_id)
        if correction is None:
            return super().change_view(request, object_id, form_url, extra_context)  # says so, and leads back
        return deciding.page(request, correction)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Its thread is its history."""
        return HttpResponseRedirect(reverse(deciding.CHANGE, args=[object_id]))


def _version_listed(request: HttpRequest, correction: Correction) -> int | None:
    """As it was in the list that was answered: what was amended since, nobody has seen."""
    return whole_number(request.POST.get(f"version-{correction.pk}"), digits=8)


def _decided(correction: Correction, sight: Sight, by: User, verdicts: dict[UUID, Verdict]) -> str:
    """Why it is not, if it is not."""
    try:
        decided = decide(correction, by=by, version=correction.version, verdicts=verdicts)
    except Refused as error:
        return str(error)
    if decided.failure is not None:
        return sight.why(correction, f"It could not be applied: {decided.failure}")
    if decided.held:
        return f"{len(decided.held)} of its changes are held, as what stands there has changed."
    return ""
