"""Rounds that need real processes on a real database: `python -m tests.corrections.rounds`.

`test_rounds` runs this on a database of its own. Every line that begins with a bracket is one round, as JSON: its
kind, and what came of it. The others are mails.
"""

import json
import multiprocessing
import os
import re
import signal
from collections.abc import Callable
from functools import partial
from typing import Any

import django
from django.db import connection

ROUNDS = 10 if connection.vendor == "postgresql" else 4  # SQLite lets only one write, so that they hardly meet
FEW = 3  # of what has two ends that are both right
NAMES_OF_KILLED = 3
KILLS = 10  # one at every second statement that writes
CROWD = 25
LIST = "/admin/characters/revelation/"
processes = multiprocessing.get_context("fork")


def main() -> None:
    django.setup()
    from django.core.management import call_command

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
        undo_all: FEW,
        block: FEW,
        dismiss: FEW,
        merge: FEW,
        merge_both: FEW,
        rename: FEW,
        hold_back: FEW,
        bulk_edit: ROUNDS,
        drafts: ROUNDS,
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


def accepting(correction: Any, who: str) -> Callable[[], str]:
    """A moderator accepts all of it; what is said is the state that it is in afterwards, and why it was not applied."""

    def task() -> str:
        from django.contrib.auth.models import User

        from tests.corrections.letters import accepted

        result = accepted(correction, by=User.objects.get(username=who))
        return f"{result.correction.state}: {result.failure}" if result.failure else result.correction.state

    return task


def undo_all(number: int) -> dict[str, Any]:
    """One moderator undoes everything of somebody, and the other accepts one more correction of theirs."""
    from django.contrib.auth.models import User

    from characters.models import Trait
    from corrections.models import Correction
    from corrections.undoing_everything import plan, undo_everything
    from tests.corrections.letters import accepted, sent, set_to, somebody, status_of
    from tests.people import person

    def begin() -> tuple[Trait, Correction, str]:
        author = person(f"author_{number}")
        status = status_of(somebody(f"undo_all_{number}"))
        accepted(sent(set_to(status, "value", "first"), by=author), by=User.objects.get(username="one"))
        status.refresh_from_db()
        waiting = sent(set_to(status, "value", "second"), by=author)
        return status, waiting, plan(Correction.objects.filter(author=author)).stamp

    status, waiting, stamp = with_fresh_connection(begin)

    def undoing() -> str:
        theirs = Correction.objects.filter(author=waiting.author_id)
        undo_everything(theirs, by=User.objects.get(username="one"), reason="Spam.", stamp=stamp)
        return "undone"

    said = at_once(undoing, accepting(waiting, "other"))
    value = with_fresh_connection(lambda: Trait.objects.get(pk=status.pk).value)
    outcome = with_fresh_connection(lambda: waiting.changes.get().outcome)
    return {"said": said, "value": value, "outcome": outcome}


def block(number: int) -> dict[str, Any]:
    """A moderator blocks somebody who sends at that moment, and who then tries once more."""
    from django.contrib.auth.models import User

    from characters.models import Trait
    from corrections import blocking
    from corrections.errors import Blocked
    from corrections.models import Block, Correction
    from tests.corrections.letters import sent, set_to, somebody, status_of
    from tests.people import person

    def begin() -> tuple[Trait, User]:
        return status_of(somebody(f"block_{number}")), person(f"blocked_{number}")

    status, author = with_fresh_connection(begin)

    def sending() -> str:
        sent(set_to(Trait.objects.get(pk=status.pk), "value", "spam"), by=User.objects.get(pk=author.pk))
        return "sent"

    def blocked() -> str:
        by = User.objects.get(username="one")
        blocking.block(user=User.objects.get(pk=author.pk), senders=set(), reason="Spam.", until=None, by=by)
        return "blocked"

    said = at_once(sending, blocked)

    def look() -> dict[str, Any]:
        count = Correction.objects.filter(author=author).count()
        try:
            again = sending()
        except Blocked as error:
            again = str(error)
        in_force = Block.objects.filter(user=author).in_force().count()
        return {"said": said, "sent": count, "again": again, "blocks": in_force}

    return with_fresh_connection(look)


def dismiss(number: int) -> dict[str, Any]:
    """A moderator decides while their role is taken away, and then tries once more."""
    from django.contrib.auth.models import User

    from characters.models import Trait
    from characters.roles import Role, give_role
    from corrections.errors import Refused
    from corrections.models import Correction
    from tests.corrections.letters import sent, set_to, somebody, status_of
    from tests.people import person

    def begin() -> tuple[Trait, list[Correction]]:
        person(f"dismissed_{number}", role="moderator")
        status = status_of(somebody(f"dismiss_{number}"))
        other = status_of(somebody(f"dismiss_{number}_more"))
        both = [set_to(each, "value", "dead") for each in (status, other)]
        return status, [sent(each, kind=Correction.Kind.EDIT) for each in both]

    status, (first, second) = with_fresh_connection(begin)

    def dismissing() -> str:
        give_role(User.objects.get(username=f"dismissed_{number}"), Role.NONE)
        return "dismissed"

    said = at_once(accepting(first, f"dismissed_{number}"), dismissing)

    def look() -> dict[str, Any]:
        try:
            again = accepting(second, f"dismissed_{number}")()
        except Refused as error:
            again = str(error)
        now = Correction.objects.get(pk=first.pk)
        value = Trait.objects.get(pk=status.pk).value
        return {"said": said, "state": now.state, "value": value, "again": again}

    return with_fresh_connection(look)


def merge(number: int) -> dict[str, Any]:
    """One moderator merges somebody into another, and the other accepts a new row of whoever goes."""
    from characters.models import Character, Trait
    from corrections.models import Correction
    from corrections.sending import merging_into
    from tests.corrections.letters import new, sent, somebody

    def begin() -> list[Correction]:
        goes, stays = (somebody(f"merge_{number}_{which}", name=which) for which in ("goes", "stays"))
        habit = new(Trait, character=goes, attribute="habit", value=f"of merge {number}", revealed_in_id=2)
        return [sent(each, kind=Correction.Kind.EDIT) for each in (merging_into(goes, stays), habit)]

    merging, habit = with_fresh_connection(begin)
    said = at_once(accepting(merging, "one"), accepting(habit, "other"))

    def look() -> dict[str, Any]:
        keys = Character.objects.filter(key__startswith=f"merge_{number}_").values_list("key", flat=True)
        habits = Trait.objects.filter(attribute="habit", value=f"of merge {number}")
        return {"said": said, "there": list(keys), "habits": list(habits.values_list("character__key", flat=True))}

    return with_fresh_connection(look)


def merge_both(number: int) -> dict[str, Any]:
    """Two moderators merge the same two, each the other way round."""
    from characters.models import Alias, Character
    from corrections.models import Correction
    from corrections.sending import merging_into
    from tests.corrections.letters import sent, somebody

    def begin() -> list[Correction]:
        ann, bea = (somebody(f"both_{number}_{which}", name=which) for which in ("ann", "bea"))
        return [sent(each, kind=Correction.Kind.EDIT) for each in (merging_into(ann, bea), merging_into(bea, ann))]

    both = with_fresh_connection(begin)
    said = at_once(accepting(both[0], "one"), accepting(both[1], "other"))

    def look() -> dict[str, Any]:
        keys = list(Character.objects.filter(key__startswith=f"both_{number}_").values_list("key", flat=True))
        names = Alias.objects.filter(character__key__in=keys).order_by("name").values_list("name", flat=True)
        return {"said": said, "there": keys, "names": list(names)}

    return with_fresh_connection(look)


def rename(number: int) -> dict[str, Any]:
    """One moderator changes a key, and the other accepts a text that names its bearer by the old one."""
    from characters.models import Trait
    from corrections.models import Correction
    from tests.corrections.letters import new, sent, set_to, somebody

    def begin() -> list[Correction]:
        ann = somebody(f"rename_{number}")
        told = {"character": ann, "attribute": "summary", "value": f"[[rename_{number}]] sings.", "revealed_in_id": 2}
        both = set_to(ann, "key", f"renamed_{number}"), new(Trait, **told)
        return [sent(each, kind=Correction.Kind.EDIT) for each in both]

    renaming, text = with_fresh_connection(begin)
    said = at_once(accepting(renaming, "one"), accepting(text, "other"))
    of_text = Trait.objects.filter(attribute="summary", character__key=f"renamed_{number}")
    values = with_fresh_connection(lambda: list(of_text.values_list("value", flat=True)))
    return {"said": said, "texts": values}


def hold_back(number: int) -> dict[str, Any]:
    """Two moderators hold back what a report is about, and in some rounds both publish a change for it meanwhile."""
    from django.contrib.auth.models import User
    from django.db import transaction

    from characters.models import Trait
    from corrections import holding
    from corrections.deciding import publish
    from corrections.letter import Letter
    from corrections.models import Correction
    from corrections.sending import Place, Sender, send, send_note
    from tests.corrections.letters import set_to, somebody, status_of

    def begin() -> tuple[Correction, Trait, Trait]:
        ann = somebody(f"held_{number}")
        told = Trait.objects.create(character=ann, attribute="summary", value="She sings.", revealed_in_id=2)
        page = Place("/", (f"characters.character:{ann.pk}",), 2)
        return send_note(Letter(), page, sender=Sender(), kind=Correction.Kind.REPORT), told, status_of(ann)

    report, told, status = with_fresh_connection(begin)

    def holding_back(who: str) -> str:
        holding.hold(report, by=User.objects.get(username=who), chosen=[f"characters.trait:{told.pk}"])
        return "held"

    def changing(who: str, path: str, value: Any) -> str:
        by = User.objects.get(username=who)
        with transaction.atomic():
            change = send([set_to(status, path, value)], sender=Sender(by), kind=Correction.Kind.EDIT, note=report)
            return publish(change, by=by).correction.state

    tasks = [partial(holding_back, who) for who in ("one", "other")]
    if number % 2:
        tasks += [partial(changing, "one", "value", "dead"), partial(changing, "other", "inferred", True)]
    said = at_once(*tasks)

    def look() -> dict[str, Any]:
        now = Correction.objects.get(pk=report.pk)
        told.refresh_from_db()
        return {"said": said, "state": now.state, "holds": len(holding.holds_of(now)), "told_in": told.revealed_in_id}

    return with_fresh_connection(look)


def bulk_edit(number: int) -> dict[str, Any]:
    """Two moderators change one field of the same rows, which both have looked at, from the list of the admin."""
    from characters.models import Revelation
    from corrections.models import Correction

    keys = [f"bulk_{number}_{place}" for place in range(4)]

    def begin() -> list[tuple[Any, dict[str, Any]]]:
        rows = [Revelation.objects.create(key=key, text="She sings.", revealed_in_id=1) for key in keys]
        chosen = [str(row.pk) for row in rows]
        looked_at = []
        for who, order, value in (("one", chosen, "Volume 1"), ("other", chosen[::-1], "Volume 2")):
            client = signed_in(who)
            asked = {"action": "change_one_field", "_selected_action": order, "_field": "source", "value": value}
            page = client.post(LIST, asked | {"do": "look"}).content.decode()
            base = re.search(r'name="_base" value="([^"]*)"', page)
            looked_at.append((client, asked | {"do": "send", "_base": base[1] if base else ""}))
        return looked_at

    def sending(client: Any, data: dict[str, Any]) -> str:
        response = client.post(LIST, data)
        return "saved" if response.status_code == 302 else "told" if b"errorlist" in response.content else "lost"

    said = at_once(*(partial(sending, client, data) for client, data in with_fresh_connection(begin)))

    def look() -> dict[str, Any]:
        values = sorted(set(Revelation.objects.filter(key__in=keys).values_list("source", flat=True)))
        about = Revelation.objects.filter(key__in=keys).values_list("pk", flat=True)
        sent = Correction.objects.filter(changes__row__in=map(str, about)).distinct()
        return {"said": said, "values": values, "states": [each.state for each in sent]}

    return with_fresh_connection(look)


def drafts(number: int) -> dict[str, Any]:
    """Two moderators keep what they typed into one form, one of them from two windows, where some drafts are there."""
    from corrections.models import FormDraft
    from tests.corrections.letters import somebody

    def keep(address: str, client: Any, who: str, typed: str, token: str = "") -> Any:
        data = {"_keep_draft": "script", "as": who, "_draft": token, "traits-0-value": typed}
        return client.post(address, data).json()

    def begin() -> tuple[str, list[Any], str]:
        ann = somebody(f"drafted_{number}")
        address = f"/admin/characters/character/{ann.pk}/change/?section=facts"
        clients = [signed_in(who) for who in ("one", "one", "other")]
        return address, clients, keep(address, clients[0], "one", "before")["token"] if number % 2 else ""

    address, clients, token = with_fresh_connection(begin)

    def keeping(client: Any, who: str, typed: str) -> str:
        return str(keep(address, client, who, typed, token if who == "one" else "").get("problem", "kept"))

    typed = ("first", "second", "of the other")
    said = at_once(
        *(
            partial(keeping, client, who, text)
            for client, who, text in zip(clients, ("one", "one", "other"), typed, strict=True)
        )
    )

    def look() -> dict[str, Any]:
        kept = (
            FormDraft.objects.filter(address=address).order_by("user__username").values_list("user__username", "values")
        )
        return {"said": said, "typed": typed, "kept": [(who, values["traits-0-value"][0]) for who, values in kept]}

    return with_fresh_connection(look)


def signed_in(who: str) -> Any:
    """Return a moderator's browser at the desk."""
    from django.contrib.auth.models import User

    from tests.corrections.desk import at_the_desk

    client = at_the_desk(User.objects.get(username=who))
    client.defaults["SERVER_NAME"] = "localhost"
    return client


def kill(number: int) -> dict[str, Any]:
    """A moderator's process is killed at some step of applying: a little later in every round."""
    from django.contrib.auth.models import User

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

        def dying(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
            nonlocal steps
            result = execute(sql, *rest)
            steps += sql.startswith(("INSERT", "UPDATE", "DELETE"))
            if steps > 2 * number:
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        with connection.execute_wrapper(dying):
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
