"""Keeps what was typed where a form cannot be taken: the sender is signed out, or the form's token is out of date.

The answer is a page that holds the form again, to be sent once more; nothing is stored here. It echoes only what a page
of this site sent, so that another site cannot fill in a form in our name.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.csrf import csrf_failure as csrf_failure_of_django

from .requests import form_of, is_same_origin

MOST_CHARACTERS = 1_000_000


def middleware(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Answer a form of the admin with a page that keeps it, instead of a redirect to sign in that loses it."""

    def keeping(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if request.method == "POST" and _is_for_staff(request.path) and _leads_to_sign_in(response):
            return kept(request, is_signed_out=True)  # its token was right, or no view would have answered
        return response

    return keeping


def _is_for_staff(path: str) -> bool:
    return path.startswith("/admin/") and path not in (reverse("admin:login"), reverse("admin:logout"))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Serve as CSRF_FAILURE_VIEW: a sign-in, in another window too, makes the tokens of open forms invalid."""
    if is_same_origin(request) and not request.path.startswith("/accounts/"):  # those hold passwords and codes
        return kept(request, is_signed_out=False)
    return csrf_failure_of_django(request, reason)


def kept(request: HttpRequest, *, is_signed_out: bool) -> HttpResponse:
    """Return a page with the posted fields, without passwords and files."""
    fields = [
        (name, value)
        for name, values in form_of(request).lists()
        for value in values
        if name != "csrfmiddlewaretoken" and "password" not in name
    ]
    context: dict[str, Any] = {
        "fields": fields,
        "is_signed_out": is_signed_out,
        "is_too_long": sum(len(name) + len(str(value)) for name, value in fields) > MOST_CHARACTERS,
        "files": [file.name for _, files in request.FILES.lists() for file in files],
        "has_password": any("password" in name for name in form_of(request)),
        "is_multipart": request.content_type == "multipart/form-data",
        "action": request.get_full_path(),
    }
    response = render(request, "kept_form.html", context, status=403)
    response["Cache-Control"] = "private, no-store"
    return response


def _leads_to_sign_in(response: HttpResponseBase) -> bool:
    address = urlsplit(response.get("Location", "")).path
    return response.status_code == 302 and address in (reverse("admin:login"), reverse("account_login"))
