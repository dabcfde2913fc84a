"""How often one may try to sign in, whoever counts: the database does, so several processes count together."""

import ast
import inspect
import re
from typing import Any

import pytest
from allauth.core.internal import ratelimit
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.contrib.auth.models import User
from django.core import mail
from django.core.cache import cache
from django.test import Client, RequestFactory

from episodes.accounts import attempts, sign_in_limits
from episodes.models import Use
from tests.accounts.test_no_enumeration import shown
from tests.at_once import at_once
from tests.people import PASSWORD, link_in_last_mail, person, sign_in, signed_in, who

pytestmark = pytest.mark.django_db
HERE, THERE, ELSEWHERE = ({"REMOTE_ADDR": f"192.0.2.{number}"} for number in (1, 2, 3))
TOO_MANY = "Too many failed"


@pytest.fixture(autouse=True)
def limits_hold(settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = settings.MFA_RATE_LIMITS = {}  # allauth's own, which hold unless others are named


def guess(client: Client, name: str = "ann", times: int = 5, **where: str) -> str:
    """Try wrong passwords, and return the last page."""
    form = {"login": name, "password": "wrong"}
    return [client.post("/accounts/login/", form, **where).content.decode() for _ in range(times)][-1]


def may_sign_in(client: Client, name: str = "ann", **where: str) -> bool:
    response = client.post("/accounts/login/", {"login": name, "password": PASSWORD}, **where)
    assert response.status_code == 302 or TOO_MANY in response.content.decode()
    return response.status_code == 302


def test_guessing_is_slowed_down() -> None:
    person("ann")
    assert TOO_MANY not in guess(Client())
    assert TOO_MANY in guess(Client(), times=1)
    assert not may_sign_in(Client())
    for _ in range(40):
        last = sign_in(Client(), "nobody", "wrong")
    assert last.status_code == 429
    assert "Too many tries" in last.content.decode()


def test_nobody_locks_a_name_for_others() -> None:
    person("ann")
    guess(Client(**HERE))
    assert not may_sign_in(Client(**HERE))
    assert may_sign_in(Client(**THERE))


def test_nobody_locks_a_known_browser_out_not_even_at_its_own_address() -> None:
    person("ann")
    person("bea")
    known = signed_in("ann")
    known.post("/accounts/logout/")
    guess(Client())
    assert not may_sign_in(Client())
    assert may_sign_in(known)
    others = signed_in("bea")
    others.post("/accounts/logout/")
    assert not may_sign_in(others), "it is known to another account"


def test_a_known_browser_cannot_guess_on_forever() -> None:
    person("ann")
    known = signed_in("ann")
    known.post("/accounts/logout/")
    assert TOO_MANY not in guess(known, times=10)
    assert TOO_MANY in guess(known, times=1)
    assert not may_sign_in(known)


def test_what_a_browser_says_of_itself_is_signed() -> None:
    person("ann")
    client = Client()
    client.cookies["known_browser"] = f"abc.{User.objects.get().pk}:forged"
    guess(client)
    assert not may_sign_in(client)


def test_guessing_from_many_addresses_is_slowed_down_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "OF_NAME", attempts.Limit("name", 7, 3600))
    person("ann")
    known = signed_in("ann")
    known.post("/accounts/logout/")
    guess(Client(**HERE), times=4)
    guess(Client(**THERE), times=3)
    assert not may_sign_in(Client(**ELSEWHERE))
    assert may_sign_in(known)
    Client().post("/accounts/password/reset/", {"email": "ann@example.org"})
    client = Client(**ELSEWHERE)
    form = client.get(link_in_last_mail())["Location"]
    client.post(form, {"password1": PASSWORD, "password2": PASSWORD})
    assert may_sign_in(client), "a new password by mail is a way in"


def test_a_lock_does_not_tell_which_address_belongs_to_a_name() -> None:
    person("ann")
    guess(Client())
    answers = [shown(sign_in(Client(), f"{name}@example.org", "wrong")) for name in ("ann", "nobody")]
    assert answers[0] == answers[1]
    assert TOO_MANY not in answers[0][2]


def test_what_succeeds_does_not_count() -> None:
    person("ann")
    for _ in range(12):
        signed_in("ann")
    assert not Use.objects.filter(key=attempts.limits._hash_of(attempts.OF_NAME.action, "ann")).exists()


@pytest.mark.django_db(transaction=True)
def test_of_twelve_guesses_at_once_five_are_tried() -> None:
    person("ann")
    pages = at_once(12, lambda: sign_in(Client(), "ann", "wrong").content.decode())
    assert sum("are not correct" in page for page in pages) == 5


@pytest.mark.django_db(transaction=True)
def test_of_twelve_uses_of_a_limit_of_allauth_as_many_pass_as_fit_in(settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"signup": "5/m/ip"}
    request = RequestFactory().post("/accounts/signup/")
    allowed = at_once(12, lambda: ratelimit.consume(request, app="allauth.account", action="signup"))
    assert sum(bool(usage) for usage in allowed) == 5


def test_asking_for_headers_alone_counts_nothing() -> None:
    for address in ("/accounts/login/", "/accounts/signup/", "/accounts/2fa/webauthn/login/"):
        Client().head(address)
        Client().options(address)
        Client().get(address)
    assert not Use.objects.exists()


# Without the cache


@pytest.fixture
def no_cache(settings: Any) -> None:
    """A Redis that does not answer."""
    backend = "django.core.cache.backends.redis.RedisCache"
    settings.CACHES = settings.CACHES | {"default": {"BACKEND": backend, "LOCATION": "redis://127.0.0.1:1/0"}}
    with pytest.raises(Exception, match="refused"):
        cache.get("anything")


@pytest.mark.usefixtures("no_cache")
def test_without_the_cache_accounts_work_and_limits_hold() -> None:
    form = {"username": "eve", "email": "eve@example.org", "password1": PASSWORD}
    assert Client().post("/accounts/signup/", form).status_code == 302
    Client().post(link_in_last_mail())
    assert Client().post("/accounts/password/reset/", {"email": "eve@example.org"}).status_code == 302
    client = signed_in("eve")
    assert who(client) == "eve"
    assert client.post("/accounts/reauthenticate/", {"password": PASSWORD}).status_code == 302
    assert TOO_MANY in guess(Client(), "eve", times=6)
    assert len(mail.outbox) == 2


@pytest.mark.usefixtures("no_cache")
def test_a_code_of_an_app_counts_once_for_all_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    app = totp.TOTP(Authenticator(user=person("ann"), type=Authenticator.Type.TOTP, data={"secret": "A" * 32}))
    monkeypatch.setattr(totp, "validate_totp_code", lambda *args: True)
    assert [app.validate_code("123456") for _ in range(2)] == [True, False]


# What of allauth is replaced


def parameters(source: str, name: str) -> list[str]:
    """Return the names of the parameters that a function has in the source, whatever was put in its place."""
    functions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
    arguments = next(function.args for function in functions if function.name == name)
    return [argument.arg for argument in [*arguments.args, *arguments.kwonlyargs]]


@pytest.mark.parametrize(
    ("module", "name", "ours"),
    [
        (ratelimit, "_consume_single_rate", sign_in_limits._consume),
        (ratelimit, "clear", sign_in_limits._clear),
        (totp, "_mark_code_used", sign_in_limits._mark_code_used),
    ],
)
def test_what_is_replaced_is_there_and_takes_the_same(module: Any, name: str, ours: Any) -> None:
    theirs = parameters(inspect.getsource(module), name)
    assert [each for each in inspect.signature(ours).parameters if each != "totp"] == [e for e in theirs if e != "self"]


def test_nothing_else_of_allauth_that_we_use_asks_the_cache() -> None:
    source = inspect.getsource(ratelimit)
    users = re.findall(r"^def (\w+)|^class (\w+)|\b(cache)\.\w+\(", source, flags=re.MULTILINE)
    within, asking = "", set()
    for function, group, found in users:
        within = function or group or within
        if found:
            asking.add(within)
    assert asking == {"cache_lock", "SingleRateLimitUsage", "_consume_single_rate", "clear"}
