"""Reads what a request brings: forms, numbers, and the site and the address that it comes from."""

from ipaddress import ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.http import HttpRequest, QueryDict


def form_of(request: HttpRequest) -> QueryDict:
    """Return the posted form; it is empty if the request names a charset that does not exist."""
    try:
        return request.POST
    except LookupError:
        return QueryDict()


def whole_number(text: str | None, *, digits: int = 6) -> int | None:
    """Return the text as a whole number, or None unless it is one of at most so many digits, without a leading zero."""
    is_plain = text and len(text) <= digits and text.isascii() and text.isdigit() and (text[0] != "0" or text == "0")
    return int(text) if text and is_plain else None


def cookie_name(request: HttpRequest, name: str, *, prefix: str = "__Host-") -> str:
    """Return the name of a cookie; over https it has the prefix that keeps neighbouring hosts from setting it.

    A cookie that is sent to a part of the site alone cannot have `__Host-`, and takes `__Secure-`.
    """
    return f"{prefix if request.is_secure() else ''}{settings.COOKIE_PREFIX}{name}"


def absolute_address(path: str) -> str:
    """Return the address of a page as visitors use it; the Host header would follow whoever sends the request."""
    return f"{settings.SITE_URL}{path}"


def message_id(name: str) -> str:
    """Return the Message-ID of a mail of this site; programs for mail show one of two mails that have the same."""
    return f"<{name}@{urlsplit(settings.SITE_URL).hostname}>"


def with_parameter(address: str, parameter: str) -> str:
    """Return an address with one parameter more, such as `page=2`."""
    return f"{address}{'&' if '?' in address else '?'}{parameter}"


def is_same_origin(request: HttpRequest) -> bool:
    """Return whether a page of this site sent the request.

    Browsers say so in Sec-Fetch-Site, which no page can set. Pages therefore need no CSRF token, and have the same
    bytes for everybody at the same episode. Older browsers send at least the origin or the referrer.
    """
    fetch_site = request.headers.get("Sec-Fetch-Site")
    if fetch_site is not None:
        return fetch_site == "same-origin"
    return _from_this_site(request, request.headers.get("Origin") or request.headers.get("Referer")) is not None


def sending_page(request: HttpRequest) -> SplitResult | None:
    """Return the address of the page of this site that sent the request, or None if the browser does not say it."""
    return _from_this_site(request, request.headers.get("Referer"))


def _from_this_site(request: HttpRequest, address: str | None) -> SplitResult | None:
    try:
        parts = urlsplit(address or "")
    except ValueError:
        return None
    return parts if (parts.scheme, parts.netloc) == (request.scheme, request.get_host()) else None


def client_address(request: HttpRequest) -> str:
    """Return the address that the limits count by; behind our proxy, that is the last one in X-Forwarded-For."""
    text = request.META.get("REMOTE_ADDR", "")
    if settings.BEHIND_PROXY:
        text = request.headers.get("X-Forwarded-For", text).rpartition(",")[2].strip()
    try:
        address = ip_address(text)
    except ValueError:
        return "unknown"
    address = getattr(address, "ipv4_mapped", None) or address
    if address.version == 6:  # one household has a whole network of them
        return str(ip_network(f"{address}/64", strict=False))
    return str(address)


def networks_around(address: str) -> str:
    """Return the IPv6 /48 of what `client_address` returned, or an empty text: of IPv4 one address is dear enough."""
    return str(ip_network(address).supernet(new_prefix=48)) if address.endswith("/64") else ""
