"""Settings come from the environment, and nonsense is refused by name."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from rougedb import env

SERVER = {
    "SECRET_KEY": "a-key-for-tests-that-is-long-enough-and-quite-random-2f8a",
    "ALLOWED_HOSTS": "rougedb.example",
    "SITE_URL": "https://rougedb.example",
}


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Python with these variables and no others of ours: in this process pytest is there, and that is told."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return subprocess.run(  # noqa: S603
        [sys.executable, "-W", "ignore", *arguments],
        cwd=settings.BASE_DIR, env=kept | environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def manage(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return run("manage.py", *arguments, **environment)


def setting(name: str, **environment: str) -> str:
    """Return a setting as a server has it."""
    done = run("-c", f"from rougedb import settings; print(settings.{name})", **environment)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


LARGE = "PIL boto3 docutils hypothesis psycopg psycopg_pool pytest redis sentry_sdk tqdm unittest yaml"
LOADED = f"import sys, rougedb.asgi, rougedb.urls; print(*[name for name in '{LARGE}'.split() if name in sys.modules])"


def test_a_worker_on_sqlite_holds_nothing_in_memory_that_it_does_not_need() -> None:
    """psycopg takes 12 MB of each worker, redis 6, Pillow 4, and the others are of commands, tests and extras."""
    done = run("-c", LOADED, **SERVER, DJANGO_SETTINGS_MODULE="rougedb.settings")
    assert (done.returncode, done.stdout.strip()) == (0, "")


def test_development_needs_nothing() -> None:
    assert manage("check").returncode == 0


def test_a_server_passes_the_deployment_check() -> None:
    result = manage("check", "--deploy", "--fail-level", "WARNING", **SERVER)
    assert (result.returncode, result.stderr) == (0, "")


def test_a_key_in_a_file_makes_a_server_too(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text(SERVER["SECRET_KEY"])
    told = {name: value for name, value in SERVER.items() if name != "SECRET_KEY"}
    result = manage("check", "--deploy", "--fail-level", "WARNING", SECRET_KEY_FILE=f"{key}", **told)
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize(
    ("told", "warned"),
    [
        ({"DATABASE_URL": "postgres://u:p@db.example/d"}, ["W001"]),
        ({"DATABASE_URL": "postgres://u:p@db.example/d?sslmode=require"}, ["W001"]),
        ({"DATABASE_URL": "postgres://u:p@db.example/d?sslmode=verify-full"}, []),
        ({"DATABASE_URL": "postgres://u:p@127.0.0.1/d", "REDIS_URL": "redis://localhost/0"}, []),
        ({"DATABASE_URL": "postgres://u@%2Fvar%2Frun%2Fpostgresql/d", "REDIS_URL": "unix:///run/redis.sock"}, []),
        (
            {
                "DATABASE_URL": "postgres://u@127.0.0.1/d",
                "REPLICA_URLS": "postgres://u@127.0.0.1/d,postgres://u@h.example/d",
            },
            ["W001"],
        ),
        (
            {"MEDIA_BUCKET": "a", "ARCHIVE_BUCKET": "b", "S3_ENDPOINT_URL": "http://s3.example"},
            ["W004"],
        ),
        ({"REDIS_URL": "redis://cache.example/0", "EMAIL_URL": "smtp://mail.example:25"}, ["W002", "W003"]),
        ({"REDIS_URL": "rediss://cache.example/0", "EMAIL_URL": "smtp+tls://mail.example"}, []),
        ({"SECRET_KEY_FALLBACKS": "b" * 50}, ["W005"]),
        ({"SECRET_KEY_FALLBACKS": "b" * 50, "CONTENT_KEY": "b" * 50}, []),
    ],
    ids=str,
)
def test_the_deployment_check_warns(told: dict[str, str], warned: list[str]) -> None:
    result = manage("check", "--deploy", "--tag", "security", **SERVER | told)
    assert re.findall(r"rougedb\.(W\d+)", result.stderr) == warned


def test_a_secret_may_lie_in_a_file(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text(f"{SERVER['SECRET_KEY']}\n")
    told = SERVER | {"SECRET_KEY": "", "SECRET_KEY_FILE": str(key)}
    assert setting("SECRET_KEY", **told) == SERVER["SECRET_KEY"]


def test_a_new_secret_key_changes_no_address() -> None:
    ask = "from characters import public_ids as ids; print(ids.public_id_for('ann'), ids.file_token_for(b''))"
    before, other, after = (
        manage("shell", "-v0", "-c", ask, **SERVER | told).stdout
        for told in ({}, {"SECRET_KEY": "b" * 50}, {"SECRET_KEY": "b" * 50, "CONTENT_KEY": SERVER["SECRET_KEY"]})
    )
    assert before == after != other


# Settings alone are read in a third of the time that a command takes.
REFUSAL = """
from django.core.exceptions import ImproperlyConfigured
try:
    from rougedb import settings
except ImproperlyConfigured as refusal:
    print(refusal)
"""


def test_debug_is_off_unless_asked_for() -> None:
    assert setting("DEBUG", **SERVER) == "False"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"DEBUG": "maybe"}, "DEBUG must be true or false, not 'maybe'"),
        ({"DEBUG": "false", "SECRET_KEY": ""}, "SECRET_KEY must be set"),
        ({"ALLOWED_HOSTS": ""}, "ALLOWED_HOSTS must name the hosts"),
        ({"ALLOWED_HOSTS": " , "}, "ALLOWED_HOSTS must name the hosts"),
        ({"DATABASE_URL": "mysql://u:secret@h/d"}, "DATABASE_URL must be a URL that starts with sqlite:"),
        ({"DATABASE_URL": "rougedb"}, "DATABASE_URL must be a URL"),
        ({"REDIS_URL": "http://h"}, "REDIS_URL must be a URL that starts with redis:"),
        ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS must name the hosts"),
        ({"ALLOWED_HOSTS": "other.example"}, "ALLOWED_HOSTS must name the host of SITE_URL too"),
        ({"SITE_URL": ""}, "SITE_URL must be the address that visitors use"),
        ({"SITE_URL": "rougedb.example"}, "SITE_URL must be a URL that starts with http: or https:"),
        ({"SITE_URL": "https://rougedb.example/wiki"}, "SITE_URL must be a scheme and a host alone"),
        ({"SITE_URL": "https://ann:secret@rougedb.example"}, "SITE_URL must be a scheme and a host alone"),
        ({"MEDIA_ROOT": "/srv/one", "ARCHIVE_ROOT": "/srv/one"}, "ARCHIVE_ROOT must lie apart from /srv/one"),
        ({"MEDIA_ROOT": "/srv/one", "ARCHIVE_ROOT": "/srv/one/two"}, "ARCHIVE_ROOT must lie apart from /srv/one"),
        ({"MEDIA_ROOT": "/srv/one/two", "ARCHIVE_ROOT": "/srv/one"}, "ARCHIVE_ROOT must lie apart from /srv/one/two"),
        ({"MEDIA_ROOT": "/srv/x/../one", "ARCHIVE_ROOT": "/srv/one"}, "ARCHIVE_ROOT must lie apart from /srv/x/../one"),
        ({"STATIC_ROOT": "/srv/one", "ARCHIVE_ROOT": "/srv/one/two"}, "ARCHIVE_ROOT must lie apart from /srv/one"),
        ({"REPLICA_URLS": "mysql://h/d"}, "REPLICA_URLS must be URLs that start with postgres:"),
        ({"REPLICA_URLS": "postgres://h/d"}, "REPLICA_URLS needs PostgreSQL in DATABASE_URL"),
        (
            {"REPLICA_URLS": "postgres://h/d", "DATABASE_URL": "postgres://h/d", "PAGE_CACHE_MB": "0"},
            "REPLICA_URLS needs PAGE_CACHE_MB",
        ),
        ({"MEDIA_BUCKET": "one"}, "MEDIA_BUCKET and ARCHIVE_BUCKET must name two buckets"),
        ({"MEDIA_BUCKET": "one", "ARCHIVE_BUCKET": "one"}, "MEDIA_BUCKET and ARCHIVE_BUCKET must name two buckets"),
        ({"THREADS": "0"}, "THREADS must be at least 1, not 0"),
        ({"DATABASE_CONNECTIONS": "many"}, "DATABASE_CONNECTIONS must be a whole number"),
        ({"HSTS_SECONDS": "a year"}, "HSTS_SECONDS must be a whole number, not 'a year'"),
        ({"HSTS_SECONDS": "-1"}, "HSTS_SECONDS must be a whole number"),
        ({"SECRET_KEY_FILE": "/nowhere"}, "SECRET_KEY and SECRET_KEY_FILE are both set"),
        ({"SECRET_KEY": "", "SECRET_KEY_FILE": "/nowhere"}, "SECRET_KEY_FILE must name a text file that can be read"),
        ({"SECRET_KEY_FALLBACKS": "short"}, "SECRET_KEY_FALLBACKS must be random texts of at least 32 characters"),
        ({"MFA_KEYS": "a-secret-that-is-short"}, "MFA_KEYS must be random texts of at least 32 characters"),
        ({"BEHIND_PROXY": "2"}, "BEHIND_PROXY must be true or false"),
        ({"MEDIA_ROOT": "rel/ative"}, "MEDIA_ROOT must be an absolute path"),
        ({"DEBUG": "true", "HSTS_SECONDS": "abc"}, "HSTS_SECONDS must be a whole number"),
        ({"LOG_LEVEL": "loud"}, "LOG_LEVEL must be one of"),
        ({"EMAIL_URL": "imap://u:secret@h"}, "EMAIL_URL must be a URL that starts with console:"),
        ({"EMAIL_URL": "smtp://u:secret@h:mail"}, "EMAIL_URL must name a host and a port that is a number"),
        ({"EMAIL_URL": "smtp:"}, "EMAIL_URL must name a host"),
    ],
    ids=str,
)
def test_nonsense_is_refused_with_a_clear_message(wrong: dict[str, str], said: str) -> None:
    refused = run("-c", REFUSAL, **(SERVER | wrong)).stdout
    assert said in refused
    assert "secret" not in refused  # no password from a URL is repeated


def test_commands_say_why_they_do_not_begin() -> None:
    result = manage("check", **SERVER | {"THREADS": "0"})
    assert result.returncode != 0
    assert "THREADS must be at least 1, not 0" in result.stderr


@pytest.mark.parametrize(
    ("value", "options"),
    [
        ("smtp://mail.example", ("mail.example", 25, "", "", False, False)),
        ("smtp+tls://ann:p%40ss@mail.example", ("mail.example", 587, "ann", "p@ss", True, False)),
        ("smtps://ann@mail.example:4650", ("mail.example", 4650, "ann", "", False, True)),
    ],
)
def test_where_mail_goes(monkeypatch: pytest.MonkeyPatch, value: str, options: tuple[object, ...]) -> None:
    monkeypatch.setenv("EMAIL_URL", value)
    told = env.mailer("EMAIL_URL", default="console:")["OPTIONS"]
    assert tuple(told[name] for name in ("host", "port", "username", "password", "use_tls", "use_ssl")) == options


def test_mail_goes_to_the_console_in_development_alone() -> None:
    assert "Console" in setting("MAILERS", DEBUG="true")
    assert "smtp" in setting("MAILERS", **SERVER)


def test_no_neighbour_can_plant_a_cookie_on_a_server() -> None:
    assert setting("SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME", **SERVER) == "__Host-sessionid __Host-csrftoken"


def test_every_setting_that_is_read_is_explained() -> None:
    source = (settings.BASE_DIR / "rougedb/settings.py").read_text()
    example = (settings.BASE_DIR / ".env.example").read_text()
    for name in re.findall(r"env\.\w+\(\s*\"(\w+)\"", source):
        assert re.search(rf"^{name}=", example, re.MULTILINE), name


def test_demo_logins_are_for_development_alone() -> None:
    result = manage("demo_logins", **SERVER)
    assert result.returncode != 0
    assert "DEBUG=true" in result.stderr
