"""What the log says: which request a line belongs to, and neither secrets nor what was read, searched for or typed."""

import json
import logging
import re
import time
from collections.abc import Callable
from contextvars import ContextVar
from datetime import UTC, datetime
from secrets import token_hex

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.urls import Resolver404, resolve

type View = Callable[[HttpRequest], HttpResponseBase]

logger = logging.getLogger(__name__)

# A receipt and the keys of mails let whoever knows the address in; it may also stand in a query, as `next`.
SECRET_IN_ADDRESS = re.compile(r"((?:receipt|reset(?:/|%2F)key|confirm-email)(?:/|%2F))[^/%\s?&\"'<>]+", re.IGNORECASE)
ID_OF_PROXY = re.compile(r"[0-9a-f]{16,32}")  # such as nginx's $request_id

_request_id: ContextVar[str] = ContextVar("request_id", default="")


def request_id() -> str:
    """Return the id of the request that is answered here; empty outside of requests."""
    return _request_id.get()


def numbered(get_response: View) -> View:
    """Give each request an id, the proxy's if there is one, and note how it was answered if `LOG_REQUESTS` says so."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        own = request.id_in_log = _id_of(request)  # type: ignore[attr-defined]
        token = _request_id.set(own)
        began = time.perf_counter()
        try:
            response = get_response(request)
            if settings.LOG_REQUESTS:
                took = (time.perf_counter() - began) * 1000
                logger.info("%s %s %d %d ms", request.method, route_of(request), response.status_code, took)
            return response
        finally:
            _request_id.reset(token)

    return middleware


def route_of(request: HttpRequest) -> str:
    """Return the pattern of a request's address: the address itself may hold names of the show."""
    try:
        return f"/{(request.resolver_match or resolve(request.path_info)).route}"
    except Resolver404:
        return "(no such address)"


def _id_of(request: HttpRequest) -> str:
    told = request.headers.get("X-Request-ID", "") if settings.BEHIND_PROXY else ""
    return told if ID_OF_PROXY.fullmatch(told) else token_hex(16)


def id_of(record: logging.LogRecord) -> str:
    """Return the id of the request that a record is about, which may be answered by then."""
    return request_id() or getattr(getattr(record, "request", None), "id_in_log", "")


class RouteForPath(logging.Filter):
    """Lets Django's own lines about a request name its route in place of its address."""

    def filter(self, record: logging.LogRecord) -> bool:
        request = getattr(record, "request", None)
        if isinstance(request, HttpRequest) and isinstance(record.args, tuple):
            record.args = tuple(route_of(request) if each == request.path else each for each in record.args)
        return True


class WithoutSecrets(logging.Formatter):
    """Formats a record with its traceback: the request's id first, and a dash for each secret in an address."""

    def format(self, record: logging.LogRecord) -> str:
        line, own = self.masked(record), id_of(record)
        return f"[{own}] {line}" if own else line

    def masked(self, record: logging.LogRecord) -> str:
        """Return what a record says, without secrets."""
        return SECRET_IN_ADDRESS.sub(r"\1-", super().format(record))


class Json(WithoutSecrets):
    """Formats a record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        said = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "request": id_of(record),
            "message": self.masked(record),
        }
        return json.dumps({name: value for name, value in said.items() if value}, ensure_ascii=False)
