"""While the database is full, locked, read-only or gone, kept pages go on, and writes are answered in words."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from threading import Timer
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.test import Client

from characters.models import Character
from corrections import editions
from corrections.models import Change, Correction, State
from episodes.models import Episode, Viewer
from rougedb.page_cache import current
from tests.characters.test_admin import as_filled_in, section_address
from tests.corrections.desk import at_the_desk, filled_in, page_of, verdict
from tests.corrections.forms import OWN, fields_of
from tests.corrections.letters import sent, set_to, somebody, summary_of
from tests.people import PASSWORD, person, set_progress, signed_in

pytestmark = pytest.mark.django_db(transaction=True)

type Outage = Callable[[], AbstractContextManager[None]]

TYPED = "It took her an hour to find out that this is not so. " * 18
SECURITY_TXT = "/.well-known/security.txt"
LONG = TYPED * 8  # more than the last pages of a small database have room for


def run(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


@contextmanager
def read_only() -> Iterator[None]:
    """Let the database refuse what this connection writes, as a standby or a read-only disk does."""
    statement = "PRAGMA query_only = {}" if connection.vendor == "sqlite" else "SET default_transaction_read_only = {}"
    run(statement.format("on"))
    try:
        yield
    finally:
        run(statement.format("off"))


@contextmanager
def full() -> Iterator[None]:
    """Let the database grow no further (SQLite), or fail as on a full disk when a row is added (PostgreSQL)."""
    if connection.vendor == "sqlite":
        run("VACUUM", "PRAGMA max_page_count = 1")  # as few as there are
        try:
            yield
        finally:
            run("PRAGMA max_page_count = 1073741823")
        return
    tables = ("corrections_correction", "corrections_event", "django_session", "episodes_viewer", "auth_user")
    run(
        "CREATE FUNCTION disk_is_full() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$",
        *(f"CREATE TRIGGER full_{table} BEFORE INSERT OR UPDATE ON {table} EXECUTE FUNCTION disk_is_full()"
          for table in tables),
    )  # fmt: skip
    try:
        yield
    finally:
        run("DROP FUNCTION disk_is_full CASCADE")


@contextmanager
def away() -> Iterator[None]:
    """Let nobody connect: the file cannot be opened, or the server refuses connections."""
    if connection.vendor == "sqlite":
        elsewhere = {"NAME": str(Path(connection.settings_dict["NAME"]).parent / "gone" / "nothing.sqlite3")}
    else:
        elsewhere = {"PORT": "1"}
    with connected_to(**elsewhere):
        yield


@contextmanager
def connected_to(**elsewhere: str) -> Iterator[None]:
    connection.close()
    with pytest.MonkeyPatch.context() as patched:
        for name, value in elsewhere.items():
            patched.setitem(connection.settings_dict, name, value)
        try:
            yield
        finally:
            connection.close()


@pytest.fixture
def ann(db: None) -> Character:
    for number in range(3):
        Episode.objects.create(number=number, title=f"Title of {number}" if number else "")
    ann = somebody()
    summary_of(ann, "A singer.")
    return ann


class Visitors:
    """The people of these tests, with the forms that they have open before anything breaks."""

    def __init__(self, ann: Character) -> None:
        summary = ann.traits.get(attribute="summary")
        person("ann", at=2)
        self.anonymous = Client(raise_request_exception=False)
        self.anonymous.cookies["progress"] = "2"
        self.account = signed_in("ann", at=2)
        self.moderator = at_the_desk(person(role="moderator"))
        for client in (self.account, self.moderator):
            client.raise_request_exception = False
        self.form_address = f"/corrections/new/characters/{ann.public_id}/?row={summary.pk}"
        self.form = fields_of(self.anonymous.get(self.form_address))
        self.correction = sent(set_to(summary, "value", LONG[:-1]))
        self.admin_address = section_address(ann, "facts")
        page = self.moderator.get(self.admin_address)
        self.admin_form = as_filled_in(page) | {"_base": page.context["base"]}

    def send_correction(self) -> Any:
        field = next(name for name, [value, *_] in self.form.items() if value == "A singer.")
        return self.anonymous.post(self.form_address, self.form | {field: LONG, "reason": TYPED}, headers=OWN)

    def decide(self) -> Any:
        change = self.correction.changes.get()
        data = filled_in(self.correction, comment=TYPED) | verdict(change, "accept", why=TYPED)
        return self.moderator.post(page_of(self.correction), data)

    def save_in_the_admin(self) -> Any:
        field = next(name for name, value in self.admin_form.items() if value == "A singer.")
        return self.moderator.post(self.admin_address, self.admin_form | {field: LONG, "_reason": TYPED})

    def sign_up(self) -> Any:
        data = {"username": "bea", "email": "bea@example.org", "password1": PASSWORD}
        return Client(raise_request_exception=False).post("/accounts/signup/", data)

    def set_own_progress(self) -> Any:
        return set_progress(self.account, 1)


WRITES = [Visitors.send_correction, Visitors.decide, Visitors.save_in_the_admin]
OF_ACCOUNTS = [Visitors.sign_up, Visitors.set_own_progress]


def counted() -> list[Any]:
    return [
        Correction.objects.count(), Change.objects.count(), Correction.objects.filter(state=State.OPEN).count(),
        Viewer.objects.get(user__username="ann").progress,
    ]  # fmt: skip


def test_a_database_that_takes_no_writes_is_read_and_says_so(ann: Character) -> None:
    visitors = Visitors(ann)
    before = counted()
    with read_only():
        for address in ("/", "/characters/", "/search/?q=ann", visitors.form_address, "/accounts/login/"):
            assert visitors.anonymous.get(address).status_code == 200, address
        assert visitors.account.get("/accounts/").status_code == 200
        assert visitors.moderator.get(visitors.admin_address).status_code == 200
        assert set_progress(visitors.anonymous, 1).status_code == 303  # it is in the cookie alone
        for write in [*WRITES, *OF_ACCOUNTS]:
            assert_refused(write(visitors), shows=write in WRITES)
    assert counted() == before
    assert visitors.send_correction().status_code == 303
    assert visitors.decide().status_code == 302


def test_a_full_disk_is_told_and_the_form_comes_back(ann: Character) -> None:
    visitors = Visitors(ann)
    before = counted()
    with full():
        assert visitors.anonymous.get("/characters/").status_code == 200
        for write in WRITES:
            assert_refused(write(visitors), shows=True)
    assert counted() == before
    assert visitors.send_correction().status_code == 303


def assert_refused(response: Any, *, shows: bool) -> None:
    page = response.content.decode()
    assert (response.status_code, response.get("Retry-After")) == (503, "60"), page[-3000:]
    assert "The site cannot save anything at the moment." in page
    assert (TYPED.strip() in page) == shows
    assert "csrfmiddlewaretoken" not in page


def test_kept_pages_are_served_while_the_database_is_away(ann: Character, monkeypatch: pytest.MonkeyPatch) -> None:
    visitors = Visitors(ann)
    kept = visitors.anonymous.get("/episodes/")
    with away():
        for _ in range(2):
            again = visitors.anonymous.get("/episodes/")
            assert (again.status_code, again.content) == (200, kept.content)
        made = visitors.anonymous.get("/characters/")
        assert (made.status_code, made["Retry-After"]) == (503, "60")
        assert "cannot reach its database" in made.content.decode()
        assert visitors.account.get("/episodes/").status_code == 503
        refused = visitors.send_correction()
        assert refused.status_code == 503
        assert TYPED.strip() in refused.content.decode()
    assert visitors.send_correction().status_code == 303
    monkeypatch.setattr(current, "AWAY", 0)  # as if that time were over
    Episode.objects.filter(number=1).update(title="Another title")
    assert "Another title" in Client(headers={"cookie": "progress=2"}).get("/episodes/").content.decode()


def test_the_server_speaks_for_itself_while_the_database_is_away(ann: Character, settings: Any) -> None:
    """Whatever is asked along: neither cookies nor an episode are read for these."""
    settings.CONTACT_EMAIL, settings.METRICS_TOKEN = "help@example.org", "right"
    visitors = Visitors(ann)
    visitors.account.cookies["progress"] = "2"
    expected = {path: (200, Client().get(path).content) for path in ("/healthz", "/robots.txt", SECURITY_TXT)}
    expected |= dict.fromkeys(("/readyz", "/metrics"), (503, b"The database does not answer.\n"))
    with away():
        for path, told in expected.items():
            for client in (Client(raise_request_exception=False), visitors.anonymous, visitors.account):
                answer = client.get(path, {"as_of": "9"}, headers={"Authorization": "Bearer right"})
                assert (answer.status_code, answer.content) == told, path


def test_nobody_sees_a_later_episode_while_the_database_is_away(ann: Character) -> None:
    visitors = Visitors(ann)
    assert visitors.anonymous.get("/episodes/").status_code == 200
    newcomer = Client(raise_request_exception=False)
    with away():
        assert newcomer.get("/episodes/").status_code == 503


@pytest.mark.parametrize(
    ("content", "name"), [(b"no database at all" * 1000, "none_of_this_name"), (b"", "postgres")], ids=["none", "empty"]
)
def test_what_is_no_database_of_the_site_is_away(ann: Character, content: bytes, name: str, tmp_path: Path) -> None:
    visitors = Visitors(ann)
    assert visitors.anonymous.get("/episodes/").status_code == 200
    other = tmp_path / "other.sqlite3"
    other.write_bytes(content)
    with connected_to(NAME=str(other) if connection.vendor == "sqlite" else name):
        answers = [visitors.anonymous.get(path).status_code for path in ("/episodes/", "/characters/")]
    assert answers == [200, 503]


@pytest.mark.parametrize("is_released", [True, False])
def test_a_lock_is_waited_for_and_then_told(ann: Character, is_released: bool) -> None:
    """Another connection writes. Reading goes on; who writes waits for it, as long as the settings say."""
    visitors = Visitors(ann)
    with write_lock() as release:
        run("PRAGMA busy_timeout = 3000" if connection.vendor == "sqlite" else "SET lock_timeout = '3s'")
        assert visitors.anonymous.get("/characters/").status_code == 200
        released = Timer(0.5, release)
        if is_released:
            released.start()
        answer = visitors.decide()
        if is_released:
            released.join()
            assert answer.status_code == 302
        else:
            assert (answer.status_code, answer["Retry-After"]) == (503, "5")
            assert "more requests than it can answer" in answer.content.decode()
            assert TYPED.strip() in answer.content.decode()


@contextmanager
def write_lock() -> Iterator[Callable[[], Any]]:
    told = connection.settings_dict
    if connection.vendor == "sqlite":
        other: Any = sqlite3.connect(told["NAME"], isolation_level=None, check_same_thread=False)
        other.execute("BEGIN IMMEDIATE")
    else:
        other = psycopg.connect(
            dbname=told["NAME"], user=told["USER"], password=told["PASSWORD"], host=told["HOST"], port=told["PORT"]
        )
        other.execute(f"SELECT * FROM {editions.EDITION} FOR UPDATE")
    try:
        yield other.rollback
    finally:
        other.close()
        connection.close()  # with how long it waits
