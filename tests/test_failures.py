"""What visitors see, and what is kept, while a part of the machinery is broken."""

import logging
import socket
import sqlite3
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache, caches
from django.core.cache.backends.redis import RedisCache
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone
from django_ox.models import OxTask
from psycopg_pool import PoolTimeout
from redis.exceptions import TimeoutError as RedisTimeoutError

from characters import indexing
from characters.models import SearchEntry, Trait
from corrections.models import Correction, State
from episodes.models import Episode, Series
from rougedb import readiness, views
from rougedb.cache import DispensableRedisCache
from rougedb.logs import WithoutSecrets
from tests.corrections.letters import accepted, sent, set_to, somebody, status_of
from tests.people import PASSWORD, person

TYPED = "Rouge is the sister of somebody, and it took me an hour to write this."
FORM = {"text": f"{TYPED} <b>", "password": "a-secret-of-twenty-letters", "csrftoken": "t" * 40, "short": "zyx"}
FORM |= {"row": "6641fc03-2eaa-413d-8af6-6722ed738bee", "text-seen": "3b3057629629dd71a2d7"}  # nobody has typed these


@pytest.fixture
def client(db: None) -> Client:
    Series.objects.create(id=1, title="Metallic Rouge")
    return Client(raise_request_exception=False)


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return what makes every query of a page fail with an error."""

    def with_error(error: Exception) -> None:
        def fail(*args: object, **kwargs: object) -> None:
            raise error

        monkeypatch.setattr("characters.middleware.Lore", fail)

    return with_error


def test_it_is_ready_when_the_database_is(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    ready = client.get("/readyz")
    assert (ready.status_code, ready.content) == (200, b"ready\n")
    missing = [("characters", "9999_later")]
    monkeypatch.setattr("rougedb.readiness.MigrationExecutor.migration_plan", lambda planned, targets: missing)
    lacking = client.get("/readyz")
    assert (lacking.status_code, lacking.content[:30]) == (503, b"The database lacks migrations:")

    def away(connection: Any) -> None:
        raise OperationalError("connection refused, user=secret")

    monkeypatch.setattr("rougedb.readiness.MigrationExecutor", away)
    down = client.get("/readyz")
    assert (down.status_code, down.content) == (503, b"The database does not answer.\n")
    assert client.get("/healthz").status_code == 200


def test_what_is_wrong_besides_keeps_nobody_from_reading(
    client: Client, settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def told() -> list[str]:
        reply = client.get("/readyz")
        ready, *wrong, last = reply.content.decode().split("\n")
        assert (reply.status_code, ready, last) == (200, "ready", "")
        return [line.partition(":")[0] for line in wrong]

    assert told() == []
    Episode.objects.create(number=0)
    SearchEntry.objects.all().delete()
    assert told() == ["The search index is not in step"]
    indexing.rebuild()
    settings.TASK_WORKER, settings.WORKER_HEARTBEAT = True, str(tmp_path / "heartbeat")
    task = OxTask.objects.create(task_path="x", backend_name="default", enqueued_at=timezone.now())
    assert told() == ["The worker is silent."]
    (tmp_path / "heartbeat").touch()
    assert told() == []
    OxTask.objects.filter(pk=task.pk).update(enqueued_at=timezone.now() - timedelta(minutes=5))
    assert told() == ["Tasks are waiting, and no worker takes them."]
    task.delete()
    monkeypatch.setattr(cache, "get", lambda key: None)
    assert told() == ["The cache does not answer"]


def test_an_operator_is_told_before_something_is_lost(
    client: Client, settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def told() -> list[str]:
        return client.get("/readyz").content.decode().split("\n")[1:-1]

    settings.BACKUP_ROOT = tmp_path / "backups"
    missing = ["There is no backup of the last 36 hours."]
    assert told() == missing
    for hours, name, expected in ((40, "", missing), (2, ".part", missing), (2, "", [])):
        at = timezone.now() - timedelta(hours=hours)
        made = settings.BACKUP_ROOT / f"{at:%Y-%m-%dT%H-%M-%SZ}{name}"
        made.mkdir(parents=True)
        (made / "manifest.json").touch()
        assert told() == expected
    free = readiness.LEAST_FREE
    monkeypatch.setattr(readiness, "disk_usage", lambda folder: SimpleNamespace(free=free))
    assert told() == []
    free -= 1
    assert told() == ["A disk is nearly full."]


def test_an_operator_is_told_that_nothing_can_be_saved(
    client: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    if connection.vendor == "sqlite":
        (tmp_path / "database.sqlite3").touch()
        monkeypatch.setitem(connection.settings_dict, "NAME", tmp_path / "database.sqlite3")
        assert client.get("/readyz").content == b"ready\n"
        monkeypatch.setattr(readiness, "access", lambda path, mode: False)
    else:
        assert client.get("/readyz").content == b"ready\n"
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION READ ONLY")
    assert client.get("/readyz").content == b"ready\nNothing can be saved: the database takes no changes.\n"


def closed_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.mark.parametrize("path", ["/", "/corrections/new/characters/x/"])
def test_an_error_gives_back_what_was_typed(client: Client, broken: Any, path: str) -> None:
    broken(RuntimeError("a mistake"))
    page = client.post(path, FORM).content.decode()
    assert "Something broke" in page
    assert f"{TYPED} &lt;b&gt;" in page
    assert "nothing was lost" not in page.lower()
    assert not [value for value in FORM.values() if value in page]


def test_an_error_repeats_nothing_of_accounts(client: Client, broken: Any) -> None:
    broken(RuntimeError("a mistake"))
    page = client.post("/accounts/login/", {"login": TYPED, "password": PASSWORD}).content.decode()
    assert "Something broke" in page
    assert TYPED not in page


def test_an_error_of_a_page_that_was_only_read_speaks_of_no_form(client: Client, broken: Any) -> None:
    broken(RuntimeError("a mistake"))
    assert "sent" not in client.get("/").content.decode()


def test_a_form_that_cannot_be_read_is_no_second_error(client: Client, broken: Any, monkeypatch: Any) -> None:
    def fail(request: object) -> None:
        raise OSError

    monkeypatch.setattr(views, "form_of", fail)
    broken(RuntimeError("a mistake"))
    assert client.post("/", FORM).status_code == 500


def test_the_page_of_an_error_comes_even_without_its_template(client: Client, broken: Any, settings: Any) -> None:
    settings.TEMPLATES = [settings.TEMPLATES[0] | {"DIRS": [], "APP_DIRS": False}]
    broken(RuntimeError("a mistake"))
    response = client.get("/")
    assert response.status_code == 500
    assert "Please go back and try again" in response.content.decode()


def test_a_database_without_connections_is_busy(client: Client, broken: Any) -> None:
    error = OperationalError("couldn't get a connection after 5.00 sec")
    error.__cause__ = PoolTimeout()
    broken(error)
    response = client.post("/", FORM)
    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert TYPED in response.content.decode()
    assert response["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize(
    ("code", "status"),
    [
        (sqlite3.SQLITE_BUSY, 503),
        (sqlite3.SQLITE_LOCKED, 503),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, 503),
        (sqlite3.SQLITE_ERROR, 500),  # such as a table that is missing
    ],
)
def test_sqlite_is_busy_while_it_is_locked(client: Client, broken: Any, code: int, status: int) -> None:
    cause = sqlite3.OperationalError()
    cause.sqlite_errorcode = code
    error = OperationalError()
    error.__cause__ = cause
    broken(error)
    assert client.get("/").status_code == status


def test_redirects_are_private_too(client: Client) -> None:
    response = client.get("/characters")
    assert (response.status_code, response["Location"]) == (301, "/characters/")
    assert response["Cache-Control"] == "private, no-store"
    assert "Cookie" in response["Vary"]


def test_the_redirect_to_https_is_private_too(client: Client, settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = True
    response = client.get("/characters/")
    assert (response.status_code, response["Location"]) == (301, "https://testserver/characters/")
    assert response["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("path", ["/characters/zzzzzzzzzz/nobody", "/corrections/receipt/nothing"])
def test_redirects_tell_nothing(client: Client, path: str) -> None:
    """The slash is added to whatever looks like an address, whether or not there is anything."""
    assert client.get(path).status_code == client.get(f"{path}x").status_code


def test_a_cache_that_is_down_is_empty(client: Client, settings: Any, caplog: pytest.LogCaptureFixture) -> None:
    cache = {"BACKEND": "rougedb.cache.DispensableRedisCache", "LOCATION": f"redis://127.0.0.1:{closed_port()}/0"}
    settings.CACHES = settings.CACHES | {"default": cache}
    redis = caches["default"]
    with caplog.at_level(logging.WARNING):
        redis.set("key", 1)
        assert redis.get("key", "default") == "default"
        assert (redis.add("key", 1), redis.incr("key", 2), redis.delete("key")) == (True, 2, False)
    assert "Going on without the cache" in caplog.text
    person("ann", at=3)
    assert client.post("/accounts/login/", {"login": "ann", "password": PASSWORD}).status_code == 302
    assert client.post("/accounts/password/reset/", {"email": "ann@example.org"}).status_code == 302


def test_a_redis_that_hangs_is_waited_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def hang(*arguments: Any) -> None:
        asked.append(arguments)
        raise RedisTimeoutError

    monkeypatch.setattr(RedisCache, "get", hang)
    for _ in range(3):
        redis = DispensableRedisCache("redis://hanging.example/0", {})  # each thread has its own
        assert redis.get("key", "default") == "default"
    assert len(asked) == 1
    DispensableRedisCache._away_until["redis://hanging.example/0"] = 0.0
    assert redis.get("key", "default") == "default"
    assert len(asked) == 2


@pytest.mark.django_db(transaction=True)
def test_a_decision_stands_though_its_mail_was_refused(settings: Any) -> None:
    smtp = "django.core.mail.backends.smtp.EmailBackend"
    settings.MAILERS = {"default": {"BACKEND": smtp, "OPTIONS": {"host": "127.0.0.1", "port": closed_port()}}}
    Episode.objects.create(number=1)
    ann, moderator = person("ann", at=3), User.objects.create_superuser("mod")
    status = status_of(somebody())
    correction = sent(set_to(status, "value", "dead"), by=ann)
    accepted(correction, by=moderator)
    assert Correction.objects.get().state == State.ACCEPTED
    assert Trait.objects.get(pk=status.pk).value == "dead"


def formatted(message: str, *arguments: object) -> str:
    record = logging.LogRecord("django.request", logging.WARNING, "", 0, message, arguments, None)
    return WithoutSecrets().format(record)


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/corrections/receipt/Secret_1/", "/corrections/receipt/-/"),
        ("/corrections/receipt/Secret_1/answer/", "/corrections/receipt/-/answer/"),
        ("/accounts/password/reset/key/1-secret-23/", "/accounts/password/reset/key/-/"),
        ("/accounts/confirm-email/MQ:secret:x/", "/accounts/confirm-email/-/"),
        ("/search/?next=%2Fcorrections%2Freceipt%2FSecret%2F", "/search/?next=%2Fcorrections%2Freceipt%2F-%2F"),
        ("/characters/abc/rouge/", "/characters/abc/rouge/"),
    ],
)  # fmt: skip
def test_secrets_in_addresses_are_masked(path: str, shown: str) -> None:
    assert formatted("Not Found: %s", path) == f"Not Found: {shown}"


def test_a_form_with_more_text_than_is_read_is_refused_in_words(client: Client, settings: Any) -> None:
    Episode.objects.create(number=0)
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1024
    headers = {"Sec-Fetch-Site": "same-origin"}
    answer = client.post("/corrections/new/episodes/0/", {"reason": "x" * 2000}, headers=headers)
    assert answer.status_code == 413
    assert "larger than 0.0 MB of text" in answer.content.decode()
    assert answer["Cache-Control"] == "private, no-store"
