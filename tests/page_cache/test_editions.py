"""Each state of what public pages show has a stamp of its own, whoever writes and however."""

import re
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import connection, models, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from characters.models import FormerAddress, Revelation, Term
from corrections import editions
from corrections.models import Change, Correction, Edition
from corrections.scratch import nothing_is_kept
from episodes.models import Episode, Series, Viewer
from tests.databases import SharedShow
from tests.people import person, sign_in

CONTENT = [Series, Episode, *apps.get_app_config("characters").get_models(include_auto_created=True)]
READ = re.compile(r'(?:FROM|JOIN)\s+"(\w+)"')
# In step with the index by triggers, or made of these.
FULL_TEXT = {"characters_search_names", "characters_search_texts", "characters_search_vocabulary"}
PAGES = (
    "/", "/characters/", "/factions/?sort=first", "/tags/", "/episodes/", "/episodes/3/", "/graph/", "/recap/",
    "/changes/", "/search/?q=rouge", "/search/?q=zzzz", "/search/suggest/?q=ro", "/sitemap.xml", "/nothing/",
    "/?as_of=2", "/changes/episodes/3/",
)  # fmt: skip

pytestmark = pytest.mark.django_db


def stamp() -> str:
    edition = editions.current()
    assert edition is not None
    return edition.stamp


@pytest.mark.parametrize("model", CONTENT, ids=lambda model: model._meta.label)
def test_no_write_of_content_leaves_the_edition_as_it_was(real_show: None, model: type[models.Model]) -> None:
    table = model._meta.db_table
    term = Term.objects.all()[0]
    Revelation.objects.get_or_create(revealed_in_id=1, key="of a term")[0].terms.add(term)
    FormerAddress.objects.get_or_create(term=term, revealed_in=term.revealed_in, address="0000former")
    stamps = [stamp()]
    with transaction.atomic(), connection.cursor() as cursor:
        columns = [field.column for field in model._meta.concrete_fields]
        names, key = ", ".join(f'"{column}"' for column in columns), model._meta.pk.column
        cursor.execute(f'SELECT {names} FROM "{table}" LIMIT 1')
        row = cursor.fetchone()
        is_it = f'WHERE "{key}" = %s', [row[columns.index(key)]]
        for statement, values in (
            (f'UPDATE "{table}" SET "{key}" = "{key}" {is_it[0]}', is_it[1]),
            (f'DELETE FROM "{table}" {is_it[0]}', is_it[1]),
            (f'INSERT INTO "{table}" ({names}) VALUES ({", ".join(["%s"] * len(row))})', row),
        ):
            cursor.execute(statement, values)
            assert cursor.rowcount == 1
            stamps.append(stamp())
    assert len(set(stamps)) == 4


def test_pages_that_are_kept_read_nothing_else(real_show: None, an_applied_change: Change) -> None:
    """Should one of them come to read another table, its writes have to give a stamp too."""
    client = Client()
    client.cookies["progress"] = "9"
    with CaptureQueriesContext(connection) as captured:
        person_page = next(
            link
            for link in re.findall(r'href="(/characters/\w+/[^"/]+/)"', client.get("/characters/").content.decode())
        )
        for address in (*PAGES, person_page, f"{person_page}then/"):
            assert client.get(address).status_code in (200, 404), address
    read = {table for query in captured for table in READ.findall(query["sql"])}
    partly = {partly.model._meta.db_table for partly in editions.SHOWN_IN_PART}
    content = {model._meta.db_table for model in CONTENT}
    assert read - content - partly - FULL_TEXT == {Edition._meta.db_table}
    assert len(read) > 15


@pytest.fixture
def an_applied_change(db: None) -> Change:
    Episode.objects.get_or_create(number=1)
    author = person("ann", at=1)
    Viewer.objects.filter(user=author).update(wants_credit=True)
    correction = Correction.objects.create(author=author, credit="ann", revealed_in=1, state="accepted")
    now = correction.created_at
    return Change.objects.create(
        correction=correction, position=0, action="set", model="episodes.episode", row="1", path="title",
        decision="accepted", outcome="applied", applied_at=now,
    )  # fmt: skip


def test_what_the_list_of_changes_shows_gives_a_stamp(an_applied_change: Change) -> None:
    correction = an_applied_change.correction
    user = correction.author
    writes: list[Any] = [
        lambda: User.objects.filter(pk=user.pk).update(username="anne"),
        lambda: Viewer.objects.filter(user=user).update(credit_name="Anne"),
        lambda: Viewer.objects.filter(user=user).update(wants_credit=False),
        lambda: Correction.objects.filter(pk=correction.pk).update(revealed_in=2),
        lambda: Correction.objects.filter(pk=correction.pk).update(also_in=10_003),
        lambda: Correction.objects.filter(pk=correction.pk).update(besides=1),
        lambda: Correction.objects.filter(pk=correction.pk).update(author=None),
        lambda: Change.objects.filter(pk=an_applied_change.pk).update(outcome="conflict"),
        lambda: Viewer.objects.filter(user=user).update(wants_credit=True),
        lambda: Viewer.objects.filter(user=user).delete(),
        lambda: correction.delete(),
    ]
    for number, write in enumerate(writes):
        before = stamp()
        write()
        assert stamp() != before, number


@pytest.mark.parametrize("table", ["corrections_change", "episodes_viewer"])
def test_emptying_a_table_that_is_shown_in_part_gives_a_stamp(an_applied_change: Change, table: str) -> None:
    before = stamp()
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(f'TRUNCATE "{table}" CASCADE')
        else:
            cursor.execute(f'DELETE FROM "{table}"')
    assert stamp() != before


def test_accounts_and_corrections_that_nobody_sees_hold_up_no_publication(an_applied_change: Change) -> None:
    bob = person("bob", at=1)
    before = stamp()
    assert sign_in(Client(), "bob").status_code == 302
    Viewer.objects.filter(user=bob).update(progress=2)
    User.objects.filter(pk=bob.pk).update(username="robert")
    sent = Correction.objects.create(author=bob, revealed_in=1)
    Change.objects.create(correction=sent, position=0, action="remove", model="episodes.episode", row="1")
    Correction.objects.filter(pk=sent.pk).update(revealed_in=0, state="rejected")
    Correction.objects.filter(pk=an_applied_change.correction_id).update(reason="because", version=7)
    bob.delete()
    assert stamp() == before


def test_no_stamp_comes_twice_though_the_number_does(an_applied_change: Change) -> None:
    seen = []
    for _ in range(3):
        with transaction.atomic():
            Episode.objects.filter(number=1).update(title=str(uuid4()))
            edition = Edition.objects.get()
            seen.append((edition.number, edition.stamp))
            transaction.set_rollback(True)
    assert len({number for number, _ in seen}) == 1
    assert len({stamp for _, stamp in seen}) == 3


def test_a_trial_leaves_the_edition_alone(an_applied_change: Change) -> None:
    before = stamp()
    with nothing_is_kept():
        Episode.objects.filter(number=1).update(title="Tried")
        if connection.vendor == "postgresql":
            assert str(Edition.objects.get().stamp) == before  # or whoever publishes would wait for the trial to end
            assert editions.current() is None  # or what is made of what it tries would be kept for others
    assert stamp() == before
    Episode.objects.filter(number=1).update(title="Meant")
    assert stamp() != before


def test_the_writes_of_a_load_draw_one_stamp_and_nothing_is_kept_meanwhile(an_applied_change: Change) -> None:
    installed, before = editions._installed(), stamp()
    with transaction.atomic(), editions.one_stamp():
        Episode.objects.filter(number=1).update(title="Loaded")
        assert editions.current() is None
    loaded = stamp()
    assert loaded != before
    assert editions._installed() == installed
    Episode.objects.filter(number=1).update(title="Written")
    assert stamp() != loaded


def test_a_load_that_fails_leaves_the_edition_and_the_triggers_as_they_were(an_applied_change: Change) -> None:
    installed, before = editions._installed(), stamp()

    @transaction.atomic
    def load() -> None:
        with editions.one_stamp():
            Episode.objects.filter(number=1).update(title="Loaded")
            raise ValueError("It is wrong.")

    with pytest.raises(ValueError, match="wrong"):
        load()
    assert stamp() == before
    assert editions._installed() == installed


def test_triggers_go_before_a_migration_and_come_back_after_it(an_applied_change: Change) -> None:
    installed, before = editions._installed(), stamp()
    editions.unwatch(plan=[])
    assert editions._installed() == installed
    editions.unwatch(plan=["a migration"])
    assert editions._installed() == {}
    Episode.objects.filter(number=1).update(title="Unseen")
    Edition.begin()
    assert editions.current() is None  # nor would there be one again, had the migration failed
    editions.watch(CONTENT)
    assert editions._installed() == installed
    assert stamp() != before


def test_an_empty_database_has_an_edition_once_something_is_written(db: None) -> None:
    Edition.objects.all().delete()
    assert editions.current() is None
    Episode.objects.create(number=7)
    assert editions.current() == editions.CurrentEdition(stamp(), 7)


def test_the_show_of_the_tests_has_an_edition_even_if_a_test_that_commits_came_first(real_show: None) -> None:
    Edition.objects.all().delete()
    SharedShow.draw_stamp()
    assert editions.current() is not None
