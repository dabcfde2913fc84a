"""The editors' admin site: its start page lists what waits, with a report for each kind of gap."""

from dataclasses import dataclass
from datetime import date
from functools import wraps
from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.contrib.admin import AdminSite, ModelAdmin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, QueryDict
from django.shortcuts import redirect
from django.template.response import SimpleTemplateResponse, TemplateResponse
from django.urls import URLPattern, URLResolver, path
from django.utils import timezone

from characters.models.shown_keys import standing_in
from corrections.editing import is_key
from episodes.axes import SECOND_AXIS, last_chapter_for
from episodes.horizon import horizon_of, is_lifted, sees_up_to, set_lifted
from episodes.known import is_reached
from episodes.models import Episode
from episodes.progress import local_path
from episodes.units import speaking_of

from .horizon import stand_ins
from .reports import REPORTS, Report

PATTERNS = ("__regex", "__iregex")  # end the names of parameters by which a list looks for a regular expression


def leave_out_what_is_no_id(request: HttpRequest, model: type[Model]) -> None:
    """Leave out of the rows chosen in a list what cannot be a key: Django would look for it and fail."""
    posted = request.POST.copy()
    chosen = request.POST.getlist(ACTION_CHECKBOX_NAME)
    posted.setlist(ACTION_CHECKBOX_NAME, [text for text in chosen if is_key(model, text)])
    request.POST = posted  # type: ignore[assignment]


def leave_out_what_breaks_lists(request: HttpRequest) -> None:
    """Leave out of what an address asks for what Django asks all the same, whatever becomes of it.

    PostgreSQL refuses NUL characters, and SQLite may never end with a regular expression, while all wait for it.
    """
    meant = QueryDict(mutable=True)
    for name, texts in request.GET.lists():
        if not name.endswith(PATTERNS):
            meant.setlist(name, [text.replace("\x00", "") for text in texts])
    if meant != request.GET:
        request.GET = meant  # type: ignore[assignment]


def with_second_factor(view: Any) -> Any:
    """Lead whoever works here without a second factor to where they add one, if `STAFF_SECOND_FACTOR` asks for it."""

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if settings.STAFF_SECOND_FACTOR and request.user.is_staff and not is_mfa_enabled(request.user):
            messages.warning(request, "Whoever works at the desk signs in with a second factor. Please add one here.")
            return redirect("mfa_index")
        return view(request, *args, **kwargs)

    return checked


def _within_horizon(view: Any) -> Any:
    """Return a view that shows other handles for keys which tell more than somebody knows, in its page as well."""

    @wraps(view)
    def seen(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        with standing_in(stand_ins(horizon_of(request))):
            response = view(request, *args, **kwargs)
            return response.render() if isinstance(response, SimpleTemplateResponse) else response

    return seen


MOST_CHAPTERS = 20  # the latest, in a list


class Desk(AdminSite):
    site_header = site_title = settings.SITE_NAME
    index_title = "What waits"

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        inner = with_second_factor(super().admin_view(view, cacheable))
        model_admin = getattr(view, "__self__", None)

        @wraps(inner)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            leave_out_what_breaks_lists(request)
            if isinstance(model_admin, ModelAdmin) and ACTION_CHECKBOX_NAME in request.POST:
                leave_out_what_is_no_id(request, model_admin.model)
            return inner(request, *args, **kwargs)

        return _within_horizon(checked)

    def get_urls(self) -> list[URLPattern | URLResolver]:
        report = path("reports/<slug:slug>/", self.admin_view(self.report), name="report")
        horizon = path("horizon/", self.admin_view(self.set_horizon), name="horizon")
        return [report, horizon, *super().get_urls()]

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Lead to the page of accounts: it limits tries of the old password, and reports a change by mail."""
        return redirect("account_change_password")

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Call lists what the show calls them, also on a page that speaks of its second axis alone."""
        apps = super().get_app_list(request, app_label)
        with speaking_of(0):
            for model in (each for app in apps for each in app["models"]):
                model["name"] = str(model["name"])
        return apps

    # How far somebody sees

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        has_horizon = bool(request.user.is_staff) and (horizon_of(request) is not None or is_lifted(request))
        horizon = {"has_horizon": has_horizon, "horizon": horizon_of(request)}
        return super().each_context(request) | horizon | {"last_chapter": lambda: last_chapter_for(request)}

    def set_horizon(self, request: HttpRequest) -> HttpResponse:
        """Show everything for this session, or only what is known at the editor's episode again."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        set_lifted(request, lifted=request.POST.get("show") == "everything")
        return redirect(local_path(request.POST.get("next", "")))

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        episodes = list(Episode.objects.filter(number__lt=SECOND_AXIS).only("number", "aired_on"))
        context = {
            "airing": on_air(episodes, timezone.localdate())
            if request.user.has_perm("episodes.change_episode")
            else None,
            "episodes": [episode.number for episode in episodes],
            "next_episode": episodes[-1].number + 1
            if episodes and request.user.has_perm("episodes.add_episode")
            else None,
            "chapters": list(
                Episode.objects.filter(number__gt=SECOND_AXIS)
                .order_by("-number")
                .values_list("number", flat=True)[:MOST_CHAPTERS]
            )[::-1]
            if last_chapter_for(request)
            else [],
            "waiting": [
                Waiting.of(report, sees_up_to(request))
                for report in REPORTS
                if request.user.has_perm(report.permission)
            ],
        }
        return super().index(request, context | (extra_context or {}))

    def report(self, request: HttpRequest, slug: str) -> HttpResponse:
        report = next((each for each in REPORTS if each.slug == slug), None)
        if report is None:
            raise Http404
        if not request.user.has_perm(report.permission):
            raise PermissionDenied
        if request.method == "POST" and report.is_measured_first:
            report.measure()
            return redirect(report.url)
        gaps = report.gaps()
        shown = (
            gaps if "later" in request.GET else [gap for gap in gaps if is_reached(gap.episode, sees_up_to(request))]
        )
        context = self.each_context(request) | {
            "title": report.title,
            "report": report,
            "gaps": shown,
            "folded": len(gaps) - len(shown),
            "is_unknown": report.is_measured_first and report.episodes() is None,
            "reasons": any(gap.why for gap in gaps),
            "episodes": Episode.objects.filter(number__lt=SECOND_AXIS).values_list("number", flat=True),
        }
        return TemplateResponse(request, "admin/report.html", context)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A report on the start page, with how many gaps an editor at an episode is shown."""

    report: Report
    count: int | None
    folded: int

    @classmethod
    def of(cls, report: Report, progress: int) -> "Waiting":
        episodes = report.episodes()
        if episodes is None:
            return cls(report, None, 0)
        count = sum(is_reached(episode, progress) for episode in episodes)
        return cls(report, count, len(episodes) - count)


@dataclass(frozen=True, slots=True)
class OnAir:
    """The newest episode, or the first that is to come if none has aired, and the next one."""

    number: int
    aired_on: date | None
    has_aired: bool
    next: int | None = None
    next_on: date | None = None


def on_air(episodes: list[Episode], today: date) -> OnAir | None:
    """Return the episode of the week by air dates alone, which are public as the numbers are."""
    dated = [(episode.aired_on, episode.number) for episode in episodes if episode.number and episode.aired_on]
    aired = max((each for each in dated if each[0] <= today), default=None)
    coming = min((each for each in dated if each[0] > today), default=None)
    if aired is None:
        first = coming or next(((None, episode.number) for episode in episodes if episode.number), None)
        return OnAir(first[1], first[0], has_aired=False) if first else None
    if coming is None:
        return OnAir(aired[1], aired[0], has_aired=True)
    return OnAir(aired[1], aired[0], has_aired=True, next=coming[1], next_on=coming[0])
