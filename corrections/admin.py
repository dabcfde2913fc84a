"""The queue of corrections in the admin. The pages of one correction are in `desk/`."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.contrib.admin.views.main import ChangeList
from django.db.models import Q, QuerySet
from django.forms import CharField, TextInput
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from episodes.names import listed
from episodes.requests import whole_number

from . import rows
from .deciding import REASON_NEEDED
from .desk import bulk_decisions, buttons, correction_page, next_in_queue, note_page, page_preview, people, queue
from .desk.access import CHANGE, user_of
from .desk.clearance import Clearance, clearance_of, unfolded
from .desk.discretion import Discretion
from .desk.lists import OfferedFilters
from .desk.queue_filters import (
    SAFE_PARAMETERS,
    AuthorFilter,
    ChangedFilter,
    ClaimFilter,
    EpisodeFilter,
    StateFilter,
)
from .desk.verdict_forms import REASONS
from .models import Correction
from .notes import median_of_reports
from .wording import in_short


class QueueList(OfferedFilters):
    def get_queryset(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Leave folded corrections out where a filter would tell what their columns hide."""
        corrections = super().get_queryset(request, *args, **kwargs)
        if self.get_filters_params().keys() <= SAFE_PARAMETERS:
            return corrections
        return unfolded(corrections, clearance_of(request))

    def get_results(self, request: HttpRequest) -> None:
        """Give each correction its line, and where its sender is got rid of."""
        super().get_results(request)
        self.result_list = list(self.result_list)
        lines = queue.lines(self.result_list, clearance_of(request))
        may_decide = request.user.has_perm("corrections.decide")
        for correction in self.result_list:
            correction.line = lines[correction]
            can_be_spam = may_decide and correction.is_undecided and not correction.line.folded
            correction.spammer = people.address_of_spammer(correction) if can_be_spam else ""


class ReasonForm(ActionForm):
    why = CharField(
        required=False, label="Reason for rejecting:",
        widget=TextInput(attrs={"list": "reasons", "size": 40}),
    )  # fmt: skip


@admin.register(Correction)
class CorrectionAdmin(admin.ModelAdmin):
    list_display = ["age", "pages", "what", "by", "state_in_words", "claim"]
    list_display_links = ["age", "pages"]
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
    search_fields = ["author__username"]  # get_search_results() adds more
    search_help_text = "Search by the name of the corrected page, by author, or by a word of the reason."
    actions = ["accept_selected", "reject_selected"]
    action_form = ReasonForm
    ordering = [queue.REPORTS_FIRST, "created_at", "id"]
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # they would count folded corrections as well

    # Permissions; whether somebody may decide is checked again by `decide()`

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # corrections are decided, not edited

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("corrections.decide")

    def get_urls(self) -> list[URLPattern]:
        views: dict[str, tuple[str, Callable[..., HttpResponse]]] = {
            "next": ("next/", next_in_queue.take_next),
            "bulk": ("bulk/<uuid:pk>/", bulk_decisions.page),
            "open": ("<uuid:pk>/open/", buttons.unfold),
            "claim": ("<uuid:pk>/claim/", buttons.claim),
            "turn": ("<uuid:pk>/turn/", buttons.turn),
            "undo": ("<uuid:pk>/undo/", buttons.undo),
            "hold": ("<uuid:pk>/hold/", note_page.hold),
            "change_for": ("<uuid:pk>/change-for/", note_page.change_for),
            "preview": ("<uuid:pk>/preview/<number:episode>/", page_preview.preview),
            "picture": ("<uuid:pk>/picture/<uuid:change>/<slug:which>/", page_preview.picture),
            "person": ("people/<number:account>/", people.page),
            "person_undo": ("people/<number:account>/undo/", people.undo),
            "sender": ("<uuid:pk>/sender/", people.page),
            "sender_undo": ("<uuid:pk>/sender/undo/", people.undo),
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
    def pages(self, correction: Any) -> str | SafeString:
        line: queue.QueueLine = correction.line
        if line.folded:
            return format_html('<span class="folded">folded · {}</span>', line.place)
        return listed(line.about) + (f" and {line.more} more" if line.more else "") or "the show"

    @admin.display(description="changes")
    def what(self, correction: Any) -> str | SafeString:
        line: queue.QueueLine = correction.line
        if line.folded:
            return ""
        return format_html('{}<div class="proposed">{}</div>', line.kinds, line.says) if line.says else line.kinds

    @admin.display(description="author")
    def by(self, correction: Any) -> str | SafeString:
        line: queue.QueueLine = correction.line
        names = listed(filter(None, [line.author, line.credit]))
        return (
            format_html('{} <a class="spam" href="{}">spam …</a>', names, correction.spammer)
            if correction.spammer
            else names
        )

    @admin.display(description="state")
    def state_in_words(self, correction: Any) -> str:
        return "" if correction.line.folded else correction.get_state_display()

    @admin.display(description="claimed by")
    def claim(self, correction: Any) -> str:
        line: queue.QueueLine = correction.line
        return line.claimed_by

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return QueueList

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """Search in unfolded corrections only, so that a search tells nothing of what is folded."""
        if not (words := search_term.strip()):
            return queryset, False
        clearance = clearance_of(request)
        about = [
            f"{kind.label}:{key}"
            for kind in rows.registered()
            if kind.page is not None and kind.page.find is not None
            for key in kind.page.find(words, clearance.progress)
        ]
        matching = Correction.objects.filter(
            Q(pk__in=_by_what_is_written(words, clearance))
            | Q(changes__subjects__subject__in=about, changes__replaced=False)
        )
        return queryset.filter(pk__in=unfolded(matching, clearance).values("pk")), False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        clearance = clearance_of(request)
        waiting = Correction.objects.undecided()
        count, count_unfolded = waiting.count(), unfolded(waiting, clearance).count()
        context = {
            "title": "Waiting corrections" if "state" not in request.GET else "Corrections",
            "waiting": count,
            "folded": count - count_unfolded,
            "report_wait": in_short(median_of_reports()),
            "wait": in_short(queue.median_wait()),
            "may_decide": self.has_decide_permission(request),
            "episodes": range(clearance.last_episode + 1),
            "reasons": REASONS,
            "bulk": bulk_decisions.latest_of(user_of(request)),
        }
        return super().changelist_view(request, context | (extra_context or {}))

    # Actions on several corrections, for the clear ones

    @admin.action(description="Accept all changes of the selected", permissions=["decide"])
    def accept_selected(self, request: HttpRequest, queryset: QuerySet[Correction]) -> HttpResponse:
        return bulk_decisions.begin(request, _listed(request, queryset), accept=True)

    @admin.action(description="Reject the selected, with the reason given", permissions=["decide"])
    def reject_selected(self, request: HttpRequest, queryset: QuerySet[Correction]) -> HttpResponse | None:
        why = request.POST.get("why", "").strip()[:1000]
        if not why:
            messages.error(request, REASON_NEEDED)
            return None
        return bulk_decisions.begin(request, _listed(request, queryset), accept=False, why=why)

    # The page of one correction

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        correction = self.get_object(request, object_id)
        if correction is None:
            return super().change_view(request, object_id, form_url, extra_context)  # redirects with a message
        return note_page.page(request, correction) if correction.is_note else correction_page.page(request, correction)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Redirect to the page, whose thread is the history."""
        return HttpResponseRedirect(reverse(CHANGE, args=[object_id]))


def _listed(request: HttpRequest, corrections: QuerySet[Correction]) -> list[tuple[UUID, int | None]]:
    """Return the chosen corrections, oldest first, with the version that was in the list when they were chosen."""
    chosen = corrections.order_by("created_at", "id").values_list("pk", flat=True)
    return [(pk, whole_number(request.POST.get(f"version-{pk}"), digits=8)) for pk in chosen]


def _by_what_is_written(words: str, clearance: Clearance) -> list[UUID]:
    """Return the corrections with these words in their reason or their author's name, where this moderator reads it."""
    found = Correction.objects.filter(Q(author__username__icontains=words) | Q(reason__icontains=words))
    discretion, term = Discretion(clearance), words.casefold()
    return [
        correction.pk
        for correction in unfolded(found, clearance).select_related("author")
        if any(
            term in text.casefold() and discretion.words(correction, text) == text
            for text in (correction.reason, correction.author.username if correction.author else "")
        )
    ]
