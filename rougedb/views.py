"""Answers of the server itself, which show nothing of any show."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Point crawlers to the sitemap."""
    return render(
        request, "robots.txt", {"sitemap": request.build_absolute_uri("/sitemap.xml")}, content_type="text/plain"
    )


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Answer that the process is alive."""
    return HttpResponse("ok\n", content_type="text/plain")
