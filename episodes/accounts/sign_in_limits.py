"""Lets allauth count in the database: its own limits are lists in the cache of each process, and fail with Redis.

It has no setting for that, so `install` replaces the four functions that read and write the cache.
`tests/accounts/test_sign_in_limits.py` fails if allauth no longer has them.
"""

from typing import Any

from allauth.core.exceptions import RateLimited
from allauth.core.internal import ratelimit
from allauth.mfa import app_settings as mfa_settings
from allauth.mfa.totp.internal.auth import TOTP
from django.http import HttpRequest

from .. import limits


def install() -> None:
    ratelimit._consume_single_rate = _consume
    ratelimit.clear = _clear
    TOTP._mark_code_used = _mark_code_used


def _consume(
    request: HttpRequest, *, app: str, action: str, rate: ratelimit.Rate, key: str | None = None,
    user: Any = None, dry_run: bool = False, raise_exception: bool = False,
) -> limits.Counted | None:  # fmt: skip
    counter = ratelimit.get_cache_key(request, app=app, action=action, rate=rate, key=key, user=user)
    usage: limits.Counted | None
    if request.method in ("HEAD", "OPTIONS"):  # allauth itself lets GET pass, but forgets these
        usage = limits.Counted()
    elif dry_run:
        usage = limits.Counted() if limits.used("allauth", counter) + 1 <= rate.amount else None
    else:
        use = limits.record("allauth", counter, most=rate.amount, seconds=rate.duration)
        usage = limits.Counted((use,)) if use else None
    if usage is None and raise_exception:
        raise RateLimited
    return usage


def _clear(
    request: HttpRequest, *, app: str, action: str, config: Any = None, key: str | None = None, user: Any = None
) -> None:
    for rate in ratelimit.get_rates(app=app, action=action, config=config):
        counter = ratelimit.get_cache_key(request, app=app, action=action, rate=rate, key=key, user=user)
        limits.reset("allauth", counter)


def _mark_code_used(totp: TOTP, code: str) -> bool:
    """Return whether this code of an app was not used yet; two processes with caches of their own would both say so."""
    key = totp._get_used_cache_key(code)
    return limits.consume("code of an app", key, most=1, seconds=mfa_settings.TOTP_PERIOD)
