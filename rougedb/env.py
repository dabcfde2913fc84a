"""Settings from the environment; whatever cannot be right is refused by name."""

import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured


def text(name: str, default: str = "") -> str:
    """The value of a variable, or the content of the file that NAME_FILE names: there it is in no list of processes."""
    value, path = (os.environ.get(each, "").strip() for each in (name, f"{name}_FILE"))
    if not path:
        return value or default
    if value:
        raise ImproperlyConfigured(f"{name} and {name}_FILE are both set: one of them must go.")
    try:
        return Path(path).read_text().strip() or default
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(f"{name}_FILE must name a text file that can be read: {path}.") from error


def boolean(name: str, *, default: bool = False) -> bool:
    value = text(name).lower()
    if value in ("1", "true", "yes", "on"):
        return True
    if value in ("0", "false", "no", "off"):
        return False
    if value:
        raise ImproperlyConfigured(f"{name} must be true or false, not {value!r}.")
    return default


def words(name: str) -> list[str]:
    """A comma-separated list."""
    return [word.strip() for word in text(name).split(",") if word.strip()]


def keys(name: str) -> list[str]:
    """A comma-separated list of long random texts, which are not repeated in the error."""
    values = words(name)
    if any(len(value) < 32 for value in values):
        raise ImproperlyConfigured(f"{name} must be random texts of at least 32 characters, separated by commas.")
    return values


def label(name: str) -> str:
    """A short name of plain letters, digits, hyphens and underscores, such as may stand in the name of a cookie."""
    value = text(name)
    if not re.fullmatch(r"[A-Za-z0-9_-]{0,40}", value):
        raise ImproperlyConfigured(f"{name} must be at most 40 letters from a to z, digits, - and _, not {value!r}.")
    return value


def integer(name: str, default: int, *, least: int = 0) -> int:
    value = text(name)
    if not value:
        return default
    if not (value.isascii() and value.isdigit()):
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}.")
    if int(value) < least:
        raise ImproperlyConfigured(f"{name} must be at least {least}, not {value}.")
    return int(value)


def directory(name: str, default: Path) -> Path:
    path = Path(text(name) or default)
    if not path.is_absolute():
        raise ImproperlyConfigured(f"{name} must be an absolute path, not {str(path)!r}.")
    return path


def one_of(name: str, choices: tuple[str, ...], default: str) -> str:
    value = text(name, default).upper()
    if value not in choices:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(choices)}, not {value!r}.")
    return value


def url(name: str, *, schemes: tuple[str, ...], default: str = "") -> str:
    """A URL with one of the schemes; its value is not repeated in the error, as it may hold a password."""
    value = text(name, default)
    if value and urlsplit(value).scheme not in schemes:
        raise ImproperlyConfigured(f"{name} must be a URL that starts with {' or '.join(f'{s}:' for s in schemes)}.")
    return value


def urls(name: str, *, schemes: tuple[str, ...]) -> list[str]:
    """A comma-separated list of URLs; a comma within one is written as %2C."""
    values = words(name)
    if any(urlsplit(value).scheme not in schemes for value in values):
        raise ImproperlyConfigured(
            f"{name} must be URLs that start with {' or '.join(f'{s}:' for s in schemes)}, separated by commas."
        )
    return values


def origin(name: str, default: str) -> str:
    """Return a scheme and a host, such as https://rougedb.example.org, without a slash at its end."""
    value = url(name, schemes=("http", "https"), default=default).rstrip("/")
    parts = urlsplit(value)
    if not parts.hostname or value != f"{parts.scheme}://{parts.netloc}" or "@" in parts.netloc:
        raise ImproperlyConfigured(f"{name} must be a scheme and a host alone, as in https://rougedb.example.org.")
    return value


def refuse_overlap(name: str, directory: Path, served: Path) -> None:
    """Refuse a directory that is, holds, or lies within one that is served."""
    ours, theirs = directory.resolve(), served.resolve()
    if ours.is_relative_to(theirs) or theirs.is_relative_to(ours):
        raise ImproperlyConfigured(f"{name} must lie apart from {served}, as files from there are sent to anybody.")


def mailer(name: str, default: str) -> dict[str, Any]:
    """An entry of MAILERS: `console:`, `smtp://user:password@host:25`, `smtp+tls://…:587` or `smtps://…:465`."""
    value = url(name, schemes=("console", "smtp", "smtp+tls", "smtps"), default=default)
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        raise ImproperlyConfigured(f"{name} must name a host and a port that is a number.") from None
    if parts.scheme == "console":
        return {"BACKEND": "rougedb.mail.ReadableConsole"}
    if not parts.hostname:
        raise ImproperlyConfigured(f"{name} must name a host, as in smtp://localhost:25.")
    return {
        "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "OPTIONS": {
            "host": parts.hostname,
            "port": port or {"smtp": 25, "smtp+tls": 587, "smtps": 465}[parts.scheme],
            "username": unquote(parts.username or ""),
            "password": unquote(parts.password or ""),
            "use_tls": parts.scheme == "smtp+tls",
            "use_ssl": parts.scheme == "smtps",
            "timeout": 10,  # seconds
        },
    }
