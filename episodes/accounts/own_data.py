"""One's own data in one file: what the site keeps about an account and what its owner wrote, and nothing of others.

Each app adds its part with `register`. A part holds what its owner gave and may read: never what moderators say among
themselves, and no row as it stands now, which may be later than its owner has watched.
"""

from collections.abc import Callable
from datetime import date
from typing import Any

from allauth.account.decorators import reauthentication_required
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from ..models import Viewer
from ..visits import Visit
from .pages import signed_in_user
from .sign_in_log import note

type Part = Callable[[User], Any]

_PARTS: dict[str, Part] = {}


def register(name: str, part: Part) -> None:
    """Add a part to the file of everybody: what it returns has to fit into JSON."""
    _PARTS[name] = part


def own_data_of(user: User) -> dict[str, Any]:
    """Return all that is kept about an account, part by part."""
    return {"account": _account(user)} | {name: part(user) for name, part in _PARTS.items()}


@login_required
@reauthentication_required  # type: ignore[untyped-decorator]
@require_safe
def download(request: Visit) -> HttpResponse:
    user = signed_in_user(request)
    note("own data taken out", request, user)
    response = JsonResponse(own_data_of(user), json_dumps_params={"indent": 2, "ensure_ascii": False})
    response["Content-Disposition"] = f'attachment; filename="{file_name(timezone.localdate())}"'
    return response


def file_name(day: date) -> str:
    return f"my-data-{day:%Y-%m-%d}.json"


def _account(user: User) -> dict[str, Any]:
    viewer = Viewer.objects.filter(user=user).first()
    return {
        "user_name": user.username,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "joined": user.date_joined,
        "last_signed_in": user.last_login,
        "roles": list(user.groups.order_by("name").values_list("name", flat=True)),
        "mail_addresses": list(
            EmailAddress.objects.filter(user=user).order_by("email").values("email", "verified", "primary")
        ),
        "second_factors": list(
            Authenticator.objects.filter(user=user).order_by("pk").values("type", "created_at", "last_used_at")
        ),
        "sessions": list(
            UserSession.objects.filter(user=user).order_by("created_at").values("created_at", "ip", "user_agent")
        ),
        "watched_up_to": viewer.progress if viewer else None,
        **({"read_up_to": viewer.second} if viewer and viewer.second else {}),
        "wants_credit": viewer.wants_credit if viewer else False,
        "credit_name": viewer.credit_name if viewer else "",
    }
