"""Who of the staff may use a view of the desk, and what several of those views need."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from corrections.models import Correction
from episodes.names import Name

CHANGELIST = "admin:corrections_correction_changelist"
CHANGE = "admin:corrections_correction_change"
TEMPLATES = "admin/corrections/correction"

type View = Callable[..., HttpResponse]


def _with_permission(permission: str) -> Callable[[View], View]:
    """Return a decorator for views that are behind the login of the admin already."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.has_perm(permission):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return decorate


for_viewers = _with_permission("corrections.view_correction")
for_moderators = _with_permission("corrections.decide")


def user_of(request: HttpRequest) -> User:
    return request.user  # type: ignore[return-value]


def page_address(correction: Correction) -> str:
    return reverse(CHANGE, args=[correction.pk])


def link_to(correction: Correction, words: str, more: str) -> SafeString:
    """Return a message that begins with a link to a correction."""
    return format_html('<a href="{}">{}</a> {}', page_address(correction), words, more)


def author_in_words(correction: Correction) -> str:
    if correction.author is not None:
        return Name(correction.author.get_username())
    return "the loader" if correction.kind == Correction.Kind.IMPORT else "somebody with a receipt"


def credit_in_words(correction: Correction) -> str:
    """Return the public name of the author, which moderators read before it is published."""
    return f"named as “{Name(correction.credit)}”" if correction.credit else ""
