"""Pages that must come whatever is broken: they need no database, no session and no request."""

import logging
from collections.abc import Mapping

from django.conf import settings
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils.csp import build_policy

logger = logging.getLogger(__name__)

BUSY_FOR = 5  # seconds after which to try again


def plain_page(
    template: str, status: int, context: Mapping[str, object] | None = None, *, retry_after: int = BUSY_FOR
) -> HttpResponse:
    """Return a page made from its template and the context alone, with the headers that middleware gives others.

    Who may come again is told after how many seconds (`retry_after`).
    """
    try:
        content = str(render_to_string(template, dict(context or {})))
    except Exception:  # such as a list of static files that was never made
        logger.exception("The page %s cannot be shown", template)
        content = (
            f"<!doctype html><title>{status}</title><p>Something broke ({status}). Please go back and try again.</p>"
        )
    response = HttpResponse(content, status=status)
    response["Cache-Control"] = "private, no-store"
    response["Content-Security-Policy"] = build_policy(settings.SECURE_CSP)
    response["X-Content-Type-Options"] = "nosniff"
    response["Referrer-Policy"] = settings.SECURE_REFERRER_POLICY
    if settings.SECURE_HSTS_SECONDS:  # which browsers heed over https alone
        response["Strict-Transport-Security"] = f"max-age={settings.SECURE_HSTS_SECONDS}; includeSubDomains; preload"
    if status in (429, 503):
        response["Retry-After"] = str(retry_after)
    return response
