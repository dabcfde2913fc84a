"""Signs in with a passkey, keeping the challenge in a signed cookie: in a session, each GET would write a row."""

from typing import Any

from allauth.core.internal import ratelimit
from allauth.mfa.webauthn.internal.auth import STATE_SESSION_KEY
from allauth.mfa.webauthn.views import login_webauthn
from django.core import signing
from django.http import HttpRequest, HttpResponseBase

from .. import limits
from ..requests import cookie_name

SECONDS = 600  # from the challenge to its answer
SALT = "rougedb.passkey_challenge"


def sign_in(request: HttpRequest) -> HttpResponseBase:
    """Answer as allauth's view does, which finds the challenge in the session for as long as it runs.

    It finds no other there: one of a second step after a password may be answered without the PIN of the key.
    """
    before, was_modified = dict(request.session.items()), request.session.modified
    request.session.pop(STATE_SESSION_KEY, None)
    if request.method == "POST" and (challenge := _challenge_of(request)):
        if not ratelimit.consume(request, app="allauth.mfa", action="webauthn_login", dry_run=True):
            return ratelimit.respond_429(request)
        if limits.consume("passkey challenge", challenge["challenge"], most=1, seconds=SECONDS):
            request.session[STATE_SESSION_KEY] = challenge
    response = login_webauthn(request)
    challenge = request.session.pop(STATE_SESSION_KEY, None)
    if dict(request.session.items()) == before:
        request.session.modified = was_modified
    if request.method == "GET" and challenge:
        response.set_cookie(
            _cookie_name(request), signing.dumps(challenge, salt=SALT), max_age=SECONDS,
            path=request.path, secure=request.is_secure(), httponly=True, samesite="Strict",
        )  # fmt: skip
    return response


def _challenge_of(request: HttpRequest) -> dict[str, Any] | None:
    try:
        return signing.loads(request.COOKIES.get(_cookie_name(request), ""), salt=SALT, max_age=SECONDS)
    except signing.BadSignature:
        return None


def _cookie_name(request: HttpRequest) -> str:
    return cookie_name(request, "passkey_challenge", prefix="__Secure-")
