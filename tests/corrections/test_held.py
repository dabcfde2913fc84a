"""Law 1: from what its author sees, a correction that could not be published waits like any other.

A row that they do not know may be in its way.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.test import Client

from characters.models import Alias, Character, Revelation, Trait
from corrections.desk import questions
from corrections.models import Change, Correction, State
from corrections.sending import Proposed, new_receipt, removing
from episodes.models import Episode
from tests.corrections.desk import at_the_desk
from tests.corrections.forms import fields_of, send_on
from tests.corrections.letters import accepted, new, sent, set_to, somebody
from tests.people import person

pytestmark = pytest.mark.django_db
AT = 3  # the author's episode; what is revealed in 9 is in the way


@pytest.fixture
def ann(db: None) -> Character:
    for number in range(10):
        Episode.objects.create(number=number)
    return somebody()


@pytest.fixture
def moderator(ann: Character) -> User:
    return person("judge", role="moderator")


def same_name(ann: Character) -> Proposed:
    Alias.objects.create(character=ann, name="Annie", revealed_in_id=9)
    return new(Alias, character=ann, name="Annie", revealed_in_id=2)


def moved_to_later(ann: Character) -> Proposed:
    habit = Trait.objects.create(character=ann, attribute="habit", value="sings", revealed_in_id=1)
    proposed = set_to(habit, "revealed_in", 2)
    Trait.objects.filter(pk=habit.pk).update(revealed_in_id=9)
    return proposed


def gone(ann: Character) -> Proposed:
    habit = Trait.objects.create(character=ann, attribute="habit", value="sings", revealed_in_id=1)
    proposed = set_to(habit, "value", "hums")
    habit.delete()
    return proposed


def needed_by_a_later_row(ann: Character) -> Proposed:
    bea = somebody("bea", name="Bea", since=1)
    proposed = removing(bea.aliases.get())
    Revelation.objects.create(key="late", text="[[bea]] was [[ann]].", revealed_in_id=9).characters.set([bea])
    return proposed


WAYS = [same_name, moved_to_later, gone, needed_by_a_later_row]


def answers(client: Client, *addresses: str) -> list[tuple[int, dict[str, str], bytes]]:
    asked = [client.get(address) for address in addresses]
    return [(each.status_code, dict(each.headers), each.content) for each in asked]


@pytest.mark.parametrize("asked_before", [False, True], ids=["waiting", "asked"])
@pytest.mark.parametrize("by_receipt", [True, False], ids=["receipt", "account"])
@pytest.mark.parametrize("in_the_way", WAYS, ids=lambda way: way.__name__)
def test_what_could_not_be_published_looks_as_before(
    ann: Character, moderator: User, in_the_way: Callable[..., Any], by_receipt: bool, asked_before: bool
) -> None:
    author, receipt = (None, new_receipt()) if by_receipt else (person("author"), "")
    other = set_to(ann.traits.get(attribute="status"), "value", "missing") if in_the_way is same_name else None
    correction = sent(*filter(None, [in_the_way(ann), other]), by=author, receipt=receipt)
    if asked_before:
        questions.ask(correction, "Where is it seen?", by=moderator, version=correction.version)
    client = at_the_desk(author, episode=AT)
    own = f"/corrections/receipt/{receipt}/" if receipt else f"/corrections/{correction.pk}/"
    addresses = [own, f"{own}again/", *([] if receipt else ["/corrections/"])]
    before, form = answers(client, *addresses), client.get(f"{own}again/")
    accepted(correction, by=moderator, altered=False)
    correction.refresh_from_db()
    assert correction.is_undecided, "nothing was in its way"
    assert answers(client, *addresses) == before
    if form.status_code == 200:
        assert "version" in fields_of(form)
        assert send_on(client, f"{own}again/", form, reason="I looked again.").status_code == 303


def test_a_moderator_s_edit_that_is_held_is_not_told_either(ann: Character, moderator: User) -> None:
    author, bea = person("author"), somebody("bea", name="Bea")
    correction = sent(new(Trait, character=ann, attribute="habit", value="hums", revealed_in_id=2), by=author)
    change = Change.objects.get()
    Trait.objects.create(pk=UUID(change.row), character=ann, attribute="habit", value="sings", revealed_in_id=9)
    client, addresses = at_the_desk(author, episode=AT), [f"/corrections/{correction.pk}/", "/corrections/"]
    before = answers(client, *addresses)
    final = (change.after or {}) | {"character": str(bea.pk), "value": "hums [[bea]]", "revealed_in": 5}
    accepted(correction, by=moderator, altered=True, final=final)
    assert Change.objects.get().outcome == Change.Outcome.CONFLICT
    assert answers(client, *addresses) == before


def test_a_row_that_was_moved_later_does_not_tell_where(ann: Character, moderator: User) -> None:
    author = person("author")
    habit = Trait.objects.create(character=ann, attribute="habit", value="sings", revealed_in_id=1)
    correction = sent(set_to(habit, "value", "hums"), by=author)
    Trait.objects.filter(pk=habit.pk).update(revealed_in_id=9)
    accepted(correction, by=moderator, accept=False, why="No.")
    page = at_the_desk(author, episode=AT).get(f"/corrections/{correction.pk}/").content.decode()
    assert "hums" in page
    assert "episode 9" not in page


def test_what_follows_from_a_removal_does_not_add_to_the_pages_it_is_about(ann: Character, moderator: User) -> None:
    author = person("author")
    somebody("bea", name="Bea")
    first = Revelation.objects.create(key="first", text="She sings.", revealed_in_id=1)
    later = Revelation.objects.create(key="later", text="She hums.", revealed_in_id=9, supersedes=first)
    later.characters.set(Character.objects.filter(key="bea"))
    correction = sent(removing(first), by=author)
    accepted(correction, by=moderator)
    assert Correction.objects.get().state == State.ACCEPTED
    assert Change.objects.filter(follows=True).exists()
    client = at_the_desk(author, episode=AT)
    for address in (f"/corrections/{correction.pk}/", "/corrections/"):
        page = client.get(address).content.decode()
        assert "Your correction" in page
        assert "Bea" not in page
