"""Checks of `manage.py check --deploy`: what goes to another machine in plain, and a new key that changes addresses."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Warning
from django.db import DEFAULT_DB_ALIAS

HERE = {"", "localhost", "127.0.0.1", "::1"}


def encrypted_connections(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Return a warning for each service elsewhere that is asked without TLS, or without a look at its certificate."""
    return list(_warnings())


def key_of_content(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Return a warning if a new SECRET_KEY came without a key for what has to stay as it is."""
    if not settings.SECRET_KEY_FALLBACKS or settings.CONTENT_KEY != settings.SECRET_KEY:
        return []
    said = "SECRET_KEY is a new one, and CONTENT_KEY is not set: what is loaded from now on gets other addresses."
    return [Warning(said, hint="Set CONTENT_KEY to the first SECRET_KEY.", id="rougedb.W005")]


def _warnings() -> Iterator[CheckMessage]:
    for alias, database in settings.DATABASES.items():
        host = database.get("HOST") or ""
        if not _is_here(host) and database.get("OPTIONS", {}).get("sslmode") != "verify-full":
            setting = "DATABASE_URL" if alias == DEFAULT_DB_ALIAS else f"REPLICA_URLS ({alias})"
            yield _warning("W001", setting, "Add ?sslmode=verify-full.")
    bucket = urlsplit(settings.STORAGES["default"].get("OPTIONS", {}).get("endpoint_url") or "")
    if bucket.scheme == "http" and not _is_here(bucket.hostname or ""):
        yield _warning("W004", "S3_ENDPOINT_URL", "Begin it with https:.")
    redis = urlsplit(settings.REDIS_URL)
    if redis.scheme == "redis" and not _is_here(redis.hostname or ""):
        yield _warning("W002", "REDIS_URL", "Begin it with rediss:.")
    mail = settings.MAILERS["default"].get("OPTIONS", {})
    if not _is_here(mail.get("host", "")) and not (mail["use_tls"] or mail["use_ssl"]):
        yield _warning("W003", "EMAIL_URL", "Begin it with smtps: or smtp+tls:.")


def _is_here(host: str) -> bool:
    return host in HERE or host.startswith("/")  # a socket


def _warning(number: str, setting: str, hint: str) -> CheckMessage:
    return Warning(f"{setting} leads to another machine in plain.", hint=hint, id=f"rougedb.{number}")
