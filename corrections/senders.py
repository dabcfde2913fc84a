"""Who is at the other end of a request, as `sending` knows them."""

from ipaddress import ip_address, ip_network

from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest

from .sending import Sender


def sender_of(request: HttpRequest, receipt: str = "") -> Sender:
    user = request.user if isinstance(request.user, User) and request.user.is_active else None
    return Sender(user, address=client_address(request), receipt=receipt)


def client_address(request: HttpRequest) -> str:
    """What the limits count by; of a forwarded request what our own proxy added, which is the last."""
    told = request.META.get("REMOTE_ADDR", "")
    if settings.BEHIND_PROXY:
        told = request.headers.get("X-Forwarded-For", told).rpartition(",")[2].strip()
    try:
        address = ip_address(told)
    except ValueError:
        return "unknown"
    address = getattr(address, "ipv4_mapped", None) or address
    if address.version == 6:  # one household has a whole network of them
        return str(ip_network(f"{address}/64", strict=False))
    return str(address)
