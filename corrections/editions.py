"""Which edition of the show the database holds, and the triggers that give each state of it a stamp of its own.

Pages are kept under the stamp. A trigger sees every write, whoever sends it: the write door, the admin, a command, or
somebody at a prompt of the database.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from uuid import UUID, uuid4

from django.contrib.auth.models import User
from django.db import DEFAULT_DB_ALIAS, connection, models, transaction

from episodes import reading
from episodes.axes import LAST_EPISODE, LAST_PLACE, second_of_place
from episodes.models import Viewer

from .models import Change, ChangeSubject, Correction, Edition

EDITION, VIEWER, CHANGE = (f'"{model._meta.db_table}"' for model in (Edition, Viewer, Change))
CURRENT = f'SELECT "stamp", ({LAST_EPISODE}), ({LAST_PLACE}) FROM {EDITION} WHERE "id" = 1'  # noqa: S608
NONE = UUID(int=0)  # the stamp as long as there are no triggers
NONE_AS_STORED = (NONE.hex, str(NONE))  # on SQLite in hexadecimal digits
PREFIX = "edition_"  # of the names of triggers; a hash of what they do follows
WITHOUT = "rougedb.nothing_is_kept"  # a setting of a transaction on PostgreSQL that is going to be rolled back
OUTSIDE = f" AND coalesce(current_setting('{WITHOUT}', TRUE), '') <> 'on'"


@dataclass(frozen=True, slots=True)
class CurrentEdition:
    """What a request has to know before it reads anything else."""

    stamp: str
    last_episode: int
    last_chapter: int = field(default=0, kw_only=True)  # 0 in a show of one axis
    database: str = field(default=DEFAULT_DB_ALIAS, compare=False)  # that it was read from


def current() -> CurrentEdition | None:
    """Return the edition that this connection sees, or that to the replica which is read from, in one statement.

    There is none as long as writes give no stamp, nor in a trial, whose writes give none either.
    """
    with reading.connection().cursor() as cursor:
        cursor.execute(CURRENT + OUTSIDE if connection.vendor == "postgresql" else CURRENT)
        row = cursor.fetchone()
    if not row or (stamp := str(row[0])) in NONE_AS_STORED:
        return None
    return CurrentEdition(stamp, row[1] or 0, reading.source(), last_chapter=second_of_place(row[2] or 0))


@dataclass(frozen=True, slots=True)
class Partly:
    """A table of which public pages show some columns of some rows.

    Whatever else is written there must not lock the edition: who signs in would wait for a publication.
    """

    model: type[models.Model]
    columns: tuple[str, ...]
    shown: str  # a condition on {row}


SHOWN_IN_PART = (  # by “Recent changes”
    Partly(
        Change,
        ("correction_id", "position", "action", "model", "row", "path", "outcome", "applied_at", "replaced", "follows"),
        '{row}."applied_at" IS NOT NULL',
    ),
    Partly(
        ChangeSubject,
        ("change_id", "subject"),
        f'EXISTS (SELECT 1 FROM {CHANGE} WHERE "id" = {{row}}."change_id" AND "applied_at" IS NOT NULL)',  # noqa: S608
    ),
    Partly(
        Correction,
        ("kind", "author_id", "credit", "revealed_in_id", "also_in_id", "besides"),
        f'EXISTS (SELECT 1 FROM {CHANGE} WHERE "correction_id" = {{row}}."id" AND "applied_at" IS NOT NULL)',  # noqa: S608
    ),
    Partly(Viewer, ("user_id", "wants_credit", "credit_name"), '{row}."wants_credit"'),
    Partly(
        User,
        ("username",),
        f'EXISTS (SELECT 1 FROM {VIEWER} WHERE "user_id" = {{row}}."id" AND "wants_credit")',  # noqa: S608
    ),
)


@transaction.atomic
def watch(content: Iterable[type[models.Model]]) -> None:
    """Install the triggers on tables of content, and on those that public pages show in part."""
    make = _for_postgresql if connection.vendor == "postgresql" else _for_sqlite
    wanted = {trigger.name: trigger for trigger in make(list(content))}
    there = _installed()
    if wanted.keys() == there.keys():
        return
    _drop({name: table for name, table in there.items() if name not in wanted})
    with connection.cursor() as cursor:
        for name in wanted.keys() - there.keys():
            for statement in wanted[name].statements:
                cursor.execute(statement)
    Edition.begin()
    Edition.objects.update(stamp=uuid4())  # nobody knows what was written before they were there


@transaction.atomic
def unwatch(plan: Sequence[object] = (), **kwargs: object) -> None:
    """Remove the triggers before migrations (receives `pre_migrate`); `watch` brings them back afterwards.

    SQLite writes a table anew to change it. It would lose its triggers, and could not take the name of a table that
    the triggers of others write to. Should a migration fail, they stay away, and nothing is kept until one succeeds.
    """
    if plan and (there := _installed()):
        _drop(there)
        Edition.objects.update_or_create(id=1, defaults={"stamp": NONE})


def _drop(triggers: Mapping[str, str]) -> None:
    with connection.cursor() as cursor:
        for name, table in triggers.items():
            cursor.execute(f'DROP TRIGGER "{name}"' + (f' ON "{table}"' if connection.vendor != "sqlite" else ""))


@dataclass(frozen=True, slots=True)
class _Trigger:
    table: str
    template: Sequence[str]  # statements with {name}

    @property
    def name(self) -> str:
        return PREFIX + sha256("\n".join([self.table, *self.template]).encode()).hexdigest()[:16]

    @property
    def statements(self) -> list[str]:
        return [statement.replace("{name}", self.name) for statement in self.template]


def _installed() -> dict[str, str]:
    """Return the tables of the triggers that are there, by the name of the trigger."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'")
        else:
            cursor.execute(
                "SELECT tgname, relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid WHERE NOT tgisinternal"
            )
        return {name: table for name, table in cursor.fetchall() if name.startswith(PREFIX)}


def _differs(columns: Iterable[str], operator: str) -> str:
    return " OR ".join(f'OLD."{column}" {operator} NEW."{column}"' for column in columns)


# SQLite


def _for_sqlite(content: list[type[models.Model]]) -> Iterator[_Trigger]:
    # Not ON CONFLICT: whatever the writing statement says of conflicts would hold here too.
    stamp = (
        f'UPDATE {EDITION} SET "number" = "number" + 1, "stamp" = lower(hex(randomblob(16)));'  # noqa: S608
        f" INSERT INTO {EDITION} SELECT 1, 1, lower(hex(randomblob(16)))"
        f" WHERE NOT EXISTS (SELECT 1 FROM {EDITION})"
    )
    for model in content:
        for event in ("INSERT", "UPDATE", "DELETE"):
            yield _sqlite(model._meta.db_table, event, "1", stamp)
    for partly in SHOWN_IN_PART:
        table, old, new = partly.model._meta.db_table, *(partly.shown.format(row=row) for row in ("OLD", "NEW"))
        yield _sqlite(table, "INSERT", new, stamp)
        yield _sqlite(table, "UPDATE", f"({_differs(partly.columns, 'IS NOT')}) AND ({old} OR {new})", stamp)
        yield _sqlite(table, "DELETE", old, stamp)


def _sqlite(table: str, event: str, when: str, stamp: str) -> _Trigger:
    return _Trigger(table, [f'CREATE TRIGGER "{{name}}" AFTER {event} ON "{table}" WHEN {when} BEGIN {stamp}; END'])


# PostgreSQL


def _for_postgresql(content: list[type[models.Model]]) -> Iterator[_Trigger]:
    stamp = (
        f'INSERT INTO {EDITION} ("id", "number", "stamp") VALUES (1, 1, gen_random_uuid())'  # noqa: S608
        f' ON CONFLICT ("id") DO UPDATE SET "number" = {EDITION}."number" + 1, "stamp" = gen_random_uuid();'
    )
    for model in content:
        yield _postgresql(
            model._meta.db_table, "AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE", "STATEMENT", "TRUE", stamp
        )
    for partly in SHOWN_IN_PART:
        table, old, new = partly.model._meta.db_table, *(partly.shown.format(row=row) for row in ("OLD", "NEW"))
        changed = f"({_differs(partly.columns, 'IS DISTINCT FROM')}) AND ({old} OR {new})"
        is_shown = f"CASE TG_OP WHEN 'INSERT' THEN {new} WHEN 'DELETE' THEN {old} ELSE {changed} END"
        yield _postgresql(table, "AFTER INSERT OR UPDATE OR DELETE", "ROW", is_shown, stamp)
        yield _postgresql(table, "AFTER TRUNCATE", "STATEMENT", "TRUE", stamp)


def _postgresql(table: str, events: str, each: str, when: str, stamp: str) -> _Trigger:
    return _Trigger(
        table,
        [
            'CREATE OR REPLACE FUNCTION "{name}"() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN'
            f" IF coalesce(current_setting('{WITHOUT}', TRUE), '') <> 'on' AND ({when}) THEN {stamp} END IF;"
            " RETURN NULL; END $$",
            f'CREATE TRIGGER "{{name}}" {events} ON "{table}" FOR EACH {each} EXECUTE FUNCTION "{{name}}"()',
        ],
    )


def draw_no_stamp() -> None:
    """Let triggers pass over the rest of this part of a transaction, which is going to be rolled back.

    On PostgreSQL they would lock the edition, and whoever publishes would wait for a trial to end.
    """
    if connection.vendor == "postgresql":
        _draw_stamps(on=False)


@contextmanager
def one_stamp() -> Iterator[None]:
    """Draw one stamp for all that is written in a block of a transaction, at its end.

    On PostgreSQL each stamp is another version of the one row, and to draw the next it passes all of them: among 85,000
    writes of one load that took all of the time. On SQLite the triggers of each row take a tenth of it.
    """
    if connection.vendor == "postgresql":
        _draw_stamps(on=False)
        yield
        _draw_stamps(on=True)
    else:
        with _without_triggers():
            yield
    Edition.objects.exclude(stamp=NONE).update(stamp=uuid4())


@contextmanager
def _without_triggers() -> Iterator[None]:
    """Take the triggers of SQLite away for a block of a transaction, in which nothing is kept."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger'")
        there = [trigger for trigger in cursor.fetchall() if trigger[0].startswith(PREFIX)]
    _drop({name: table for name, table, _ in there})
    stamp = Edition.objects.values_list("stamp", flat=True).get(id=1)
    Edition.objects.update(stamp=NONE)
    yield
    with connection.cursor() as cursor:
        for *_, statement in there:
            cursor.execute(statement)
    Edition.objects.update(stamp=stamp)


def _draw_stamps(*, on: bool) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL {WITHOUT} = '{'off' if on else 'on'}'")
