"""Reports errors to Sentry, or what speaks its protocol, if `SENTRY_DSN` names one: code and traceback, no data."""

from typing import Any

from django.core.exceptions import ImproperlyConfigured

from .logs import request_id

# What a report says of a request, of a machine, and of the code. All else may hold names of the show or of people.
KEPT = ("event_id", "timestamp", "level", "platform", "release", "environment", "exception", "transaction", "sdk")


def start(dsn: str) -> None:
    """Send errors from now on; raise ImproperlyConfigured if the client for it is not installed."""
    try:
        import sentry_sdk
        from sentry_sdk.integrations.django import DjangoIntegration
        from sentry_sdk.integrations.logging import LoggingIntegration
    except ImportError as error:
        raise ImproperlyConfigured("SENTRY_DSN needs: pip install -r requirements/sentry.txt") from error
    sentry_sdk.init(
        dsn,
        default_integrations=False,
        integrations=[DjangoIntegration(transaction_style="url"), LoggingIntegration(level=None, event_level=None)],
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        before_send=scrubbed,
    )


def scrubbed(event: Any, hint: Any) -> Any:
    """Return what may leave of a report: where in the code it broke, and the id to find its request in the log."""
    for each in event.get("exception", {}).get("values", ()):
        each.pop("value", None)  # a message of the database quotes rows
    return {name: event[name] for name in KEPT if name in event} | {"tags": {"request": request_id()}}
