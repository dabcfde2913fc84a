"""Rounds that need real processes on a real database: `python -m tests.corrections.rounds`.

`test_rounds` runs this on a database of its own. Every line that it prints is one round, as JSON: its kind, and what
came of it.
"""

import json
import multiprocessing
import os
import signal
from collections.abc import Callable
from functools import partial
from typing import Any

import django

ROUNDS = 20
NAMES_OF_KILLED = 3
KILLS = 2 * (NAMES_OF_KILLED + 2) + 2  # one at each step: rows, what is noted at each, the correction and its event
CROWD = 25
processes = multiprocessing.get_context("fork")


def main() -> None:
    django.setup()
    from django.core.management import call_command
    from django.db import connection

    connection.settings_dict["OPTIONS"].pop("pool", None)  # processes that are forked cannot share one
    if connection.vendor == "sqlite":  # what a process wrote outlives it, and the machine is not killed
        connection.settings_dict["OPTIONS"]["init_command"] += " PRAGMA synchronous=OFF;"
    call_command("migrate", verbosity=0)
    prepare()
    connection.close()
    rounds: dict[Callable[[int], dict[str, Any]], int] = {
        kill: KILLS,
        race: ROUNDS,
        twins: ROUNDS,
        edit: ROUNDS,
        crowd: 1,
    }
    for play, times in rounds.items():
        for number in range(times):
            print(json.dumps([play.__name__, play(number)]), flush=True)  # noqa: T201


def prepare() -> None:
    from episodes.models import Episode
    from tests.people import person

    for number in range(4):
        Episode.objects.get_or_create(number=number)
    for name in ("one", "other"):
        person(name, role="moderator")


def at_once(*tasks: Callable[[], str]) -> list[str]:
    """What each said that ran in a process of its own, begun at the same moment."""
    start, answers = processes.Barrier(len(tasks)), processes.SimpleQueue()

    def run(place: int, task: Callable[[], str]) -> None:
        start.wait()
        try:
            answers.put((place, task()))
        except Exception as error:
            answers.put((place, f"{type(error).__name__}: {error}"))

    running = [processes.Process(target=run, args=(place, task)) for place, task in enumerate(tasks)]
    for process in running:
        process.start()
    said = dict(answers.get() for _ in running)
    for process in running:
        process.join()
    return [said[place] for place in range(len(tasks))]


def with_fresh_connection[T](task: Callable[[], T]) -> T:
    from django.db import connection

    try:
        return task()
    finally:
        connection.close()


def race(number: int) -> dict[str, Any]:
    """Two moderators decide one correction, one way and the other."""
    from django.contrib.auth.models import User

    from characters.models import Alias
    from corrections.deciding import Verdict, decide
    from corrections.models import Correction
    from tests.corrections.letters import new, sent, somebody

    name = f"Raced {number}"

    def begin() -> Correction:
        ann = somebody(f"race_{number}")
        return sent(new(Alias, character=ann, name=name, revealed_in_id=2), kind=Correction.Kind.EDIT)

    correction = with_fresh_connection(begin)

    def deciding(who: str, *, accept: bool) -> Callable[[], str]:
        def task() -> str:
            (change,) = correction.changes.all()
            verdict = Verdict(accept=accept, why="No.")
            decide(correction, by=User.objects.get(username=who), version=1, verdicts={change.pk: verdict})
            return "decided"

        return task

    said = at_once(deciding("one", accept=True), deciding("other", accept=False))

    def look() -> dict[str, Any]:
        now = Correction.objects.get(pk=correction.pk)
        return {
            "said": said, "state": now.state, "by": now.decided_by and now.decided_by.username,
            "rows": Alias.objects.filter(name=name).count(),
            "decided": now.events.filter(kind="decided").count(),
        }  # fmt: skip

    return with_fresh_connection(look)


def twins(number: int) -> dict[str, Any]:
    """Two corrections add the same name, and two moderators accept them."""
    from django.contrib.auth.models import User

    from characters.models import Alias
    from corrections.models import Correction
    from tests.corrections.letters import accepted, new, sent, somebody

    name = f"Twin {number}"

    def begin() -> list[Correction]:
        ann = somebody(f"twins_{number}")
        same = [new(Alias, character=ann, name=name, revealed_in_id=2) for _ in range(2)]
        return [sent(each, kind=Correction.Kind.EDIT) for each in same]

    both = with_fresh_connection(begin)

    def accepting(correction: Correction, who: str) -> Callable[[], str]:
        return lambda: accepted(correction, by=User.objects.get(username=who)).correction.state

    said = at_once(accepting(both[0], "one"), accepting(both[1], "other"))

    def look() -> dict[str, Any]:
        outcomes = sorted(correction.changes.get().outcome for correction in both)
        return {"said": said, "rows": Alias.objects.filter(name=name).count(), "outcomes": outcomes}

    return with_fresh_connection(look)


def edit(number: int) -> dict[str, Any]:
    """Two who may publish save the same field, each having seen the same value."""
    from django.contrib.auth.models import User

    from characters.models import Trait
    from corrections.deciding import publish
    from corrections.models import Correction
    from corrections.sending import Proposed, Sender, send
    from tests.corrections.letters import set_to, somebody, status_of

    wanted = {who: f"{who} {number}" for who in ("one", "other")}

    def begin() -> tuple[Trait, dict[str, Proposed]]:
        status = status_of(somebody(f"edit_{number}"))
        return status, {who: set_to(status, "value", value) for who, value in wanted.items()}

    status, changes = with_fresh_connection(begin)

    def look() -> str:
        return Trait.objects.get(pk=status.pk).value

    def saving(who: str) -> Callable[[], str]:
        def task() -> str:
            user = User.objects.get(username=who)
            correction = send([changes[who]], sender=Sender(user), kind=Correction.Kind.EDIT)
            publish(correction, by=user)
            return "published"

        return task

    said = at_once(*(saving(who) for who in wanted))
    return {"said": said, "value": with_fresh_connection(look), "wanted": list(wanted.values())}


def crowd(number: int) -> dict[str, Any]:
    """Many send a correction from one address at the same moment."""
    from characters.models import Trait
    from corrections.models import Correction
    from corrections.sending import Sender, new_receipt, send
    from tests.corrections.letters import set_to, somebody, status_of

    status = with_fresh_connection(lambda: status_of(somebody(f"crowd_{number}")))

    def task(name: str) -> str:
        proposed = set_to(Trait.objects.get(pk=status.pk), "value", name)
        send([proposed], sender=Sender(address="192.0.2.1", receipt=new_receipt()))
        return "sent"

    said = at_once(*(partial(task, f"crowd {place}") for place in range(CROWD)))
    return {"said": said, "sent": with_fresh_connection(Correction.objects.exclude(sender="").count)}


def kill(number: int) -> dict[str, Any]:
    """A moderator's process is killed at some step of applying: a little later in every round."""
    from django.contrib.auth.models import User
    from django.db import models

    from characters.models import Alias, Trait
    from corrections import rows
    from corrections.models import Correction
    from tests.corrections.letters import accepted, new, sent, set_to, somebody, status_of

    def everything() -> str:
        content = {kind.label: rows.all_values(kind) for kind in rows.registered()}
        decided = list(Correction.objects.order_by("created_at").values_list("state", "version", "events__kind"))
        return json.dumps([content, decided], sort_keys=True, default=str)

    def begin() -> tuple[Correction, str]:
        ann = somebody(f"kill_{number}")
        names = [
            new(Alias, character=ann, name=f"{number}.{place}", revealed_in_id=2) for place in range(NAMES_OF_KILLED)
        ]
        status = set_to(status_of(ann), "value", f"status {number}")
        habit = new(Trait, character=ann, attribute="habit", value=f"{number}", revealed_in_id=1)
        correction = sent(*names, status, habit, kind=Correction.Kind.EDIT)
        return correction, everything()

    correction, before = with_fresh_connection(begin)

    def die_while_applying() -> str:
        steps = 0
        save = models.Model.save

        def dying(self: models.Model, *args: Any, **kwargs: Any) -> None:
            nonlocal steps
            save(self, *args, **kwargs)
            steps += 1
            if steps > number:
                os.kill(os.getpid(), signal.SIGKILL)

        models.Model.save = dying  # type: ignore[method-assign]
        return accepted(correction, by=User.objects.get(username="one")).correction.state

    process = processes.Process(target=die_while_applying)
    process.start()
    process.join()

    def look() -> dict[str, Any]:
        untouched = everything() == before
        state = accepted(correction, by=User.objects.get(username="other")).correction.state
        return {"exit": process.exitcode, "untouched": untouched, "then": state}

    return with_fresh_connection(look)


if __name__ == "__main__":
    main()
