"""Fill a database of the former release, with its own code: `make` runs this in a checkout of it."""
# mypy: disable-error-code="import-not-found"

import json
import os
import sys
from pathlib import Path
from typing import Any

import django

sys.path.insert(0, os.getcwd())
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rougedb.settings")
django.setup()

from corrections.apply import Verdict, decide  # noqa: E402
from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from facts import counts, states, titles  # noqa: E402  # the neighbour of this file

from characters.models import Portrait, Trait  # noqa: E402
from corrections.sending import Letter, Sender, answer, undo, withdraw  # noqa: E402
from tests.corrections.letters import accepted, new, sent, set_to  # noqa: E402
from tests.people import person  # noqa: E402

UNTIL = 2  # episodes


def populate(directory: Path) -> None:
    """Load a part of the real show and let some people correct it."""
    call_command("load_dataset", directory, verbosity=0)
    ann, bea = person("ann", at=2), person("bea", at=3)
    moderator, editor = person(role="moderator", at=3), person(role="editor", at=1)
    person(role="superuser")
    status, *others = Trait.objects.filter(attribute="status", revealed_in_id__lte=2).order_by("pk")[:6]
    letter = Letter("She says so herself.", evidence_episode=2, evidence_time="12:30")

    accepted(sent(set_to(status, "value", "missing"), by=ann, letter=letter), by=moderator)
    both = sent(*(set_to(trait, "value", "missing") for trait in others[:2]), by=bea, letter=letter)
    first, second = both.changes.all()
    verdicts = {first.pk: Verdict(accept=True), second.pk: Verdict(accept=False, why="Nobody says so.")}
    decide(both, by=moderator, version=1, verdicts=verdicts)
    refused = sent(set_to(others[2], "value", "gone"), receipt="a-receipt-of-somebody")
    accepted(refused, by=moderator, accept=False, why="Not in this episode.")
    withdrawn = sent(set_to(others[3], "value", "gone"), by=ann)
    withdraw(withdrawn, sender=Sender(ann), version=1)
    held = sent(set_to(status, "value", "dead"), by=bea)
    accepted(sent(set_to(Trait.objects.get(pk=status.pk), "value", "away"), by=editor, letter=letter), by=moderator)
    accepted(held, by=moderator)
    undone = sent(set_to(others[4], "value", "away"), by=ann)
    accepted(undone, by=moderator)
    undo(undone, by=moderator, reason="It was right before.")

    caption = Portrait.objects.order_by("pk").first()
    waiting = sent(
        set_to(Trait.objects.get(pk=others[2].pk), "value", "at large"),
        new(Trait, character=status.character, attribute="habit", value="whistles", revealed_in_id=2),
        set_to(caption, "caption", "In the light of the stage"),
        by=ann, letter=letter,
    )  # fmt: skip
    answer(waiting, "It is in the credits too.", sender=Sender(ann))


def facts_of_it() -> dict[str, Any]:
    settings.ALLOWED_HOSTS = ["testserver"]
    return {"counts": counts(), "states": states(), "titles": {at: titles(at) for at in range(UNTIL + 1)}}


if __name__ == "__main__":
    populate(Path(sys.argv[1]))
    Path(sys.argv[2]).write_text(json.dumps(facts_of_it(), ensure_ascii=False, indent=1) + "\n")
