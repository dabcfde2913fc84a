"""Answers of the server itself, which show nothing of any show."""

import logging
import re
import sys
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import DatabaseError, InterfaceError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe
from prometheus_client import generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from episodes.requests import absolute_address, form_of

from .logs import request_id
from .metrics import registry
from .outage import outage_of
from .pages import plain_page
from .readiness import NO_DATABASE, what_is_missing, what_is_wrong

logger = logging.getLogger(__name__)

PLAIN_TEXT = "text/plain; charset=utf-8"
SECRET_FIELD = re.compile("pass|token|code|secret|credential|key|receipt", re.IGNORECASE)
GOOD_FOR = timedelta(days=90)  # how long what security.txt says may be relied on
NOT_TYPED = re.compile(r"[0-9a-f-]{20,}")  # ids, and what says which version of a row a form was opened with
SHORTEST_TYPED = 20  # characters; what is shorter is typed again sooner than found and copied


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Point crawlers to the sitemap."""
    return render(request, "robots.txt", {"sitemap": absolute_address("/sitemap.xml")}, content_type=PLAIN_TEXT)


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Answer that the process is alive."""
    return HttpResponse("ok\n", content_type=PLAIN_TEXT)


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Answer whether pages can be served, and what is wrong besides, or with 503 and what keeps them from it."""
    if problem := what_is_missing():
        logger.error("Not ready: %s", problem)
        return HttpResponse(f"{problem}\n", status=503, content_type=PLAIN_TEXT)
    return HttpResponse("\n".join(["ready", *what_is_wrong(), ""]), content_type=PLAIN_TEXT)


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer whoever knows `METRICS_TOKEN` with numbers for Prometheus; for all others there is no such address."""
    if not settings.METRICS_TOKEN or not constant_time_compare(
        request.headers.get("Authorization", ""), f"Bearer {settings.METRICS_TOKEN}"
    ):
        raise Http404
    try:
        return HttpResponse(generate_latest(registry()), content_type=CONTENT_TYPE_LATEST)
    except (DatabaseError, InterfaceError):
        return HttpResponse(f"{NO_DATABASE}\n", status=503, content_type=PLAIN_TEXT)


@require_safe
def security_txt(request: HttpRequest) -> HttpResponse:
    """Say whom to tell of a weakness (RFC 9116); there is no such address if `CONTACT_EMAIL` names nobody."""
    if not settings.CONTACT_EMAIL:
        raise Http404
    expires = (timezone.now() + GOOD_FOR).replace(hour=0, minute=0, second=0, microsecond=0)
    lines = [
        f"Contact: mailto:{settings.CONTACT_EMAIL}",
        f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}",
        "Preferred-Languages: en",
        f"Canonical: {absolute_address(request.path)}",
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


ANSWERS = {  # by their addresses, of which `urls` has names
    "/robots.txt": robots,
    "/healthz": healthz,
    "/readyz": readyz,
    "/metrics": metrics,
    "/.well-known/security.txt": security_txt,
}
OF_THE_PROCESS = ("/healthz", "/readyz", "/metrics")  # balancers and monitors ask a server by its own address


def of_the_server(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Answer for the server before anything is read of a visitor: a session or progress would need the database."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if (view := ANSWERS.get(request.path_info)) is not None:
            if request.path_info not in OF_THE_PROCESS:
                request.get_host()  # raises an error if the site does not answer to it
            try:
                return view(request)
            except Http404:
                pass  # for this client there is no such address, so it gets the page of all that is missing
        return get_response(request)

    return middleware


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Serve as Django's `handler400`: say that a form was too long or cannot be read, and that nothing was saved."""
    if isinstance(exception, RequestDataTooBig):
        most = f"{settings.DATA_UPLOAD_MAX_MEMORY_SIZE / 1024**2:.1f} MB of text"
        return plain_page("unread.html", 413, {"status": 413, "most": most})
    return plain_page("unread.html", 400, {"status": 400})


def server_error(request: HttpRequest) -> HttpResponse:
    """Serve as Django's `handler500`: say what broke or what the site lacks, and show what was typed."""
    context: dict[str, object] = {"is_form": request.method == "POST", "typed": _typed_texts(request)}
    if outage := outage_of(sys.exception()):
        return plain_page("503.html", 503, context | {"outage": outage.word}, retry_after=outage.retry_after)
    return plain_page("500.html", 500, context | {"reference": request_id()})


def _typed_texts(request: HttpRequest) -> list[str]:
    """Return the longer texts of the posted form; of accounts nothing, and never what may be a secret."""
    if request.method != "POST" or request.path.startswith("/accounts/"):
        return []
    try:
        fields = form_of(request).lists()
    except Exception:  # it may be the form itself that cannot be read
        return []
    return [
        value
        for name, values in fields
        if not SECRET_FIELD.search(name)
        for value in values
        if len(value) >= SHORTEST_TYPED and not NOT_TYPED.fullmatch(value)
    ]
