import fcntl
import gc
import os
import pickle
import shutil
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.files.storage import default_storage
from django.core.handlers.base import BaseHandler
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponseBase
from django.test import Client, override_settings
from hypothesis import settings as hypothesis_settings
from PIL import Image
from pytest_django.plugin import blocking_manager_key

from characters import vocabulary
from characters.datasets.loading import load
from characters.lore import kept
from characters.models import Character
from characters.pictures import decoder, encoding
from characters.pictures.files import DIRECTORY, normalised
from corrections import senders
from episodes import units
from episodes.models import Episode
from rougedb.page_cache import current, store
from tests.corrections.letters import somebody
from tests.databases import SharedShow, TableOfTheShow, sql_that_deletes, write_show
from tests.nets import gate_net, write_net
from tests.shows import REAL_SHOW
from tests.twins import Answer, crawl
from tests.visitors import at

# The same examples in each run: what fails fails for everybody, and a slow machine breaks no deadline.
hypothesis_settings.register_profile("repeatable", derandomize=True, deadline=None)
hypothesis_settings.load_profile("repeatable")

gc.set_threshold(100_000, 20, 50)  # a show in memory makes each collection slow, and tests are short

# What a browser or the checker of HTML makes of a page follows from the page.
OF_PAGES = {"browser", "html"}

type Visitor = Callable[[int], Client]

_numbers = count()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL, leave out what says the same on every database, and on SQLite what is of PostgreSQL alone."""
    left_out = [item for item in items if not _is_of_this_database(item)]
    items[:] = [item for item in items if _is_of_this_database(item)]
    config.hook.pytest_deselected(items=left_out)


def _is_of_this_database(item: pytest.Item) -> bool:
    if connection.vendor != "postgresql":
        return item.get_closest_marker("postgresql") is None
    return _depends_on_the_database(item)


def _depends_on_the_database(item: pytest.Item) -> bool:
    fixtures = {"db", "transactional_db", "django_db_setup"} & set(getattr(item, "fixturenames", ()))
    asks = item.get_closest_marker("django_db") or fixtures
    return bool(asks) and item.path.parent.name not in OF_PAGES


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """In CI nothing is skipped: a test that skips itself there fails."""
    report = yield
    if report.skipped and os.environ.get("CI") == "true" and not hasattr(report, "wasxfail"):
        report.outcome, report.longrepr = "failed", f"CI skips nothing: {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def files_of_tests(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("files")


@pytest.fixture(autouse=True)
def media(settings: Any, files_of_tests: Path) -> Iterator[None]:
    """Give the test directories of its own for pictures; the first picture makes them, and the end removes them."""
    directory = files_of_tests / str(next(_numbers))
    settings.MEDIA_ROOT = directory / "media"
    archive = {"OPTIONS": {"location": directory / "archive"}}
    settings.STORAGES = settings.STORAGES | {"archive": settings.STORAGES["archive"] | archive}
    yield
    shutil.rmtree(directory, ignore_errors=True)  # it may not be there, or a request that was broken off still writes


@pytest.fixture(autouse=True, scope="session")
def pictures_are_encoded_once() -> Iterator[None]:
    """The same few are loaded again and again, and to encode them takes longer than to write all rows."""
    encode, encoded = encoding._encode, {}

    def remembering(picture: Image.Image, kind: str, **options: Any) -> bytes:
        pixels = sha256(picture.tobytes()).digest()  # themselves they would fill hundreds of megabytes
        asked = picture.mode, picture.size, pixels, kind, tuple(options.items())
        if asked not in encoded:
            encoded[asked] = encode(picture, kind, **options)
        return encoded[asked]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(encoding, "_encode", remembering)
        yield


@pytest.fixture(autouse=True)
def nothing_is_kept_of_other_tests() -> None:
    """What is kept was made by the code as an earlier test had it, which may have been patched."""
    store.clear()
    current.forget()
    units.use(units.Units)  # a page that was read without a request says what its show is called
    vocabulary.use(vocabulary.stored)  # and in which words
    kept.forget()


@pytest.fixture(autouse=True, scope="session")
def quick_sign_in() -> Iterator[None]:
    """Passwords need not be safe here, and limits would be counted together for all tests that share a cache.

    To change a setting takes longer than what many a test does, so this is not done for each.
    """
    told: dict[str, Any] = {"ACCOUNT_RATE_LIMITS": False, "MFA_RATE_LIMITS": False}
    told["PASSWORD_HASHERS"] = ["tests.hashers.QuickHasher"]
    with override_settings(**told), pytest.MonkeyPatch.context() as patched:
        patched.setattr(senders, "MOST_UPLOADED_AN_HOUR", 10**6)
        yield


@pytest.fixture(autouse=True)
def requests_pass_over_the_write_net(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a request writes of the show goes through the write door; tests themselves may write as they like."""
    get_response = BaseHandler.get_response

    def watched(handler: BaseHandler, request: HttpRequest) -> HttpResponseBase:
        with write_net():
            return get_response(handler, request)

    monkeypatch.setattr(BaseHandler, "get_response", watched)


@pytest.fixture
def netted(db: None) -> Iterator[None]:
    with gate_net():
        yield


@pytest.fixture
def visitor(netted: None) -> Visitor:
    """A browser at some episode; whatever it asks for passes over the net."""
    return at


@pytest.fixture
def newcomer(visitor: Visitor) -> Client:
    return visitor(0)


@pytest.fixture(scope="session")
def files_of_all_processes(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """Return the directory of this test run that all of its processes share."""
    own = tmp_path_factory.getbasetemp()
    return own if worker_id == "master" else own.parent


@contextmanager
def one_at_a_time(path: Path) -> Iterator[None]:
    """Let one process make what is to lie at this path, and the others wait for it."""
    with path.with_suffix(".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """SQLite in a file: in memory, the threads of a live server share one connection, and now and then its rows."""
    if connection.vendor == "sqlite":
        connection.settings_dict["TEST"]["NAME"] = str(tmp_path_factory.mktemp("database") / "test.sqlite3")
        connection.settings_dict["OPTIONS"]["init_command"] += " PRAGMA synchronous=OFF;"


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """Take the file that `first_to_migrate` has copied for the database of the tests."""
    return connection.vendor == "sqlite"


@pytest.fixture(scope="session")
def migrated(files_of_all_processes: Path) -> Path:
    """Return where the first process to migrate on SQLite puts a copy of the file."""
    return files_of_all_processes / "migrated.sqlite3"


@pytest.fixture(scope="session")
def first_to_migrate(django_db_modify_db_settings: None, migrated: Path) -> Iterator[Callable[[], None]]:
    """Give each process what the first has migrated on SQLite, for which the others wait: it takes seven seconds."""
    own = connection.settings_dict["TEST"]["NAME"]
    if connection.vendor != "sqlite":
        yield lambda: None
        return
    with ExitStack() as turn:
        turn.enter_context(one_at_a_time(migrated))
        if migrated.exists():
            turn.close()
            shutil.copyfile(migrated, own)

        def share() -> None:
            if Path(own).exists() and not migrated.exists():  # no test of this run may have asked for a database
                connection.close()  # which writes all of it into the one file
                shutil.copyfile(own, migrated)
            turn.close()

        yield share


@pytest.fixture(scope="session")
def django_db_setup(
    first_to_migrate: Callable[[], None], django_db_setup: None, django_db_blocker: Any
) -> Iterator[None]:
    """A request that the browser broke off may leave its connection, and PostgreSQL drops no database in use."""
    with django_db_blocker.unblock():
        first_to_migrate()
    yield
    if connection.vendor == "postgresql":
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


@pytest.fixture(scope="session")
def tables_of_the_real_show(
    django_db_setup: None, django_db_blocker: Any, files_of_all_processes: Path
) -> list[TableOfTheShow]:
    """Load the show once a run and keep its rows: writing them is quick, checking them is what takes its time."""
    kept = files_of_all_processes / "show"
    with one_at_a_time(kept):
        if not kept.exists():
            with django_db_blocker.unblock():
                kept.write_bytes(pickle.dumps(loaded()))
        tables: list[TableOfTheShow] = pickle.loads(kept.read_bytes())  # noqa: S301 - our own
    return tables


def loaded() -> list[TableOfTheShow]:
    with transaction.atomic():
        load(REAL_SHOW)
        models = [
            *apps.get_app_config("episodes").get_models(),
            *apps.get_app_config("characters").get_models(True),
        ]
        with connection.cursor() as cursor:
            tables = [TableOfTheShow.of(model, cursor) for model in models]
        transaction.set_rollback(True)
    return tables


@pytest.fixture(scope="session")
def pictures_of_the_real_show(files_of_all_processes: Path) -> Path:
    """Return a directory with the pictures as they are kept, without the copies that only a browser asks for."""
    directory = files_of_all_processes / "pictures"
    with one_at_a_time(directory):
        if not directory.exists():
            directory.mkdir()
            for path in sorted(REAL_SHOW.glob("portraits/*")):
                with decoder.trusting(), path.open("rb") as file:  # as the loader does, which waits for no turn
                    picture = normalised(file)
                (directory / str(picture.name)).write_bytes(picture.read())
    return directory


@pytest.fixture(scope="session")
def shared_show(tables_of_the_real_show: list[TableOfTheShow], django_db_blocker: Any) -> Iterator[SharedShow]:
    with django_db_blocker.unblock():
        shared = SharedShow(tables_of_the_real_show)
        yield shared
        shared.remove()


@pytest.fixture
def database_of_the_test(request: pytest.FixtureRequest, django_db_blocker: Any) -> Iterator[None]:
    """Run tests of the real show where it is already, unless they commit what they write."""
    marker = request.node.get_closest_marker("django_db")
    used = {*request.fixturenames}
    commits = (marker and marker.kwargs.get("transaction")) or used & {"transactional_db", "live_server"}
    if "real_show" not in used or commits:
        yield
        return
    shared = request.getfixturevalue("shared_show")
    with django_db_blocker.unblock():
        shared.use(shared.name)
    yield
    with django_db_blocker.unblock():
        shared.use(shared.empty)


@pytest.fixture
def _django_db_helper(database_of_the_test: None, _django_db_helper: None) -> None:
    """Begin the test's transaction, as pytest-django does, once the database is chosen."""


@pytest.fixture
def real_show(
    db: None, shared_show: SharedShow, tables_of_the_real_show: list[TableOfTheShow], pictures_of_the_real_show: Path
) -> None:
    """Have Metallic Rouge in the database, as the loader writes it, and its pictures in the storage."""
    portraits = Path(default_storage.path(DIRECTORY))
    portraits.mkdir(parents=True, exist_ok=True)
    for picture in pictures_of_the_real_show.iterdir():
        os.link(picture, portraits / picture.name)  # no test writes into a picture: it is removed or another is stored
    if shared_show.is_in_use:
        shared_show.draw_stamp()
    else:
        write_show(tables_of_the_real_show)


@pytest.fixture
def crawl_real_show(real_show: None, files_of_all_processes: Path) -> Callable[[int], dict[str, Answer]]:
    """Return what crawls all of the real show at an episode, once a run: ask before you change anything in it."""

    def crawled(progress: int) -> dict[str, Answer]:
        kept = files_of_all_processes / f"crawled-at-{progress}"
        with one_at_a_time(kept):
            if not kept.exists():
                kept.write_bytes(pickle.dumps(crawl(progress)))
            answers: dict[str, Answer] = pickle.loads(kept.read_bytes())  # noqa: S301 - our own
        return answers

    return crawled


@pytest.fixture(autouse=True, scope="session")
def postgresql_deletes_instead_of_truncating() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        if connection.vendor == "postgresql":
            patched.setattr(type(connection.ops), "sql_flush", sql_that_deletes)
        yield


BETWEEN_VACUUMS = 10  # tests
_since_vacuum = 0


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    """What a test has rolled back stays in PostgreSQL's tables, and is walked over, until somebody cleans up."""
    global _since_vacuum
    yield
    _since_vacuum += 1
    is_of_tests = str(connection.settings_dict["NAME"]).startswith("test_")
    if connection.vendor != "postgresql" or not is_of_tests or _since_vacuum < BETWEEN_VACUUMS:
        return
    _since_vacuum = 0
    tables = [model._meta.db_table for model in apps.get_models(include_auto_created=True)]
    with item.config.stash[blocking_manager_key].unblock(), connection.cursor() as cursor:
        cursor.execute(f"VACUUM {', '.join(tables)}")


@pytest.fixture
def ann(db: None) -> Character:
    """A character of a show of four episodes, known from the first."""
    for number in range(5):
        Episode.objects.create(number=number)
    return somebody()
