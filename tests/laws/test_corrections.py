"""Law 1 for corrections: who is before what they touch knows nothing of them, whatever becomes of them."""

from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User

from characters.models import Alias, Character, Membership, Revelation, Trait
from corrections import rows
from corrections.models import Correction
from corrections.sending import Proposed, adding, removing, setting
from episodes.gate import Ends, Gated
from episodes.models import Episode, Viewer
from tests.corrections.letters import accepted, sent, set_to
from tests.laws.test_no_leak import assert_twins
from tests.nets import net_lifted
from tests.people import person
from tests.shows import character, episode, headline, load_show, revelation, trait
from tests.twins import Answer, answers, ask, everything_asked, forms

pytestmark = pytest.mark.django_db
LAST = 9


@pytest.fixture
def moderator(tmp_path: Path) -> User:
    load_show(
        tmp_path / "show",
        episodes=[episode(number) for number in range(1, LAST + 1)],
        factions=[{"key": "guild", "revealed_in": 2, "aliases": [headline("The Guild", since=2)]}],
        characters=[
            character(
                "ann", traits=[trait("status", "alive", since=1), trait("status", "dead", since=9)],
                memberships=[{"faction": "guild", "role": "agent", "revealed_in": 3, "ended_in": 9}],
            ),
            character("bea", since=9),
        ],
        revelations=[
            revelation("early", "[[ann]] sets out.", since=1, characters=["ann"]),
            revelation("late", "[[bea]] was [[ann]] all along.", since=9, characters=["ann", "bea"]),
        ],
    )  # fmt: skip
    return person("judge", role="moderator")


def of_every_kind() -> list[Proposed]:
    ann = Character.objects.get(key="ann")
    ids = {"character": str(ann.pk)}
    early, late = Revelation.objects.get(key="early"), Revelation.objects.get(key="late")
    blank = rows.values_of(Alias(revealed_in_id=9, name="Queen Mab")) | ids
    return [
        set_to(Trait.objects.get(value="dead"), "value", "murdered"),
        adding("characters.alias", blank),
        setting(Membership.objects.get(), "ended_in", 9, 8),
        setting(early, "revealed_in", 1, 9),
        removing(late),
        set_to(Character.objects.get(key="bea"), "revealed_in", 8),
    ]


def asked(progress: int) -> dict[str, Answer]:
    also = {*forms(progress), "/changes/", "/changes/?page=2", "/corrections/"}
    also |= {f"/corrections/{correction.pk}/" for correction in Correction.objects.all()}
    return everything_asked(progress, also=also)


@pytest.mark.parametrize("number", range(6))
def test_one_for_episode_9_is_invisible_at_8_before_and_after_it_is_decided(moderator: User, number: int) -> None:
    before = asked(8)
    with net_lifted():
        correction = sent(of_every_kind()[number], by=person("author"))
    assert correction.revealed_in == 9
    assert_twins(before, answers(before, progress=8))
    with net_lifted():
        verdict: dict[str, Any] = {"accept": number % 2 == 0, "why": "Bea is Queen Mab."}
        accepted(correction, by=moderator, **verdict)
    after = answers(before, progress=8)
    if number == 2:  # an end that is known at 8 now: the pages tell it, but not that it was moved
        before, after = ({"/changes/": each["/changes/"]} for each in (before, after))
    assert_twins(before, after)


def cut(progress: int) -> None:
    """Take away what comes later, and leave all else in its place: a row that was corrected keeps its id."""
    for model in apps.get_models():
        if issubclass(model, Gated):
            model.objects.filter(revealed_in__gt=progress).delete()
        if issubclass(model, Ends):
            model._base_manager.filter(ended_in__gt=progress).update(ended_in=None)
    Episode.objects.filter(number__gt=progress).update(title="", native_title="", synopsis="")
    Correction.objects.filter(revealed_in__gt=progress).delete()


def test_full_site_and_cut_site_tell_the_same_of_what_changed(moderator: User) -> None:
    """Open and decided corrections in both; in the cut one those that come later are not there."""
    author = person("author")
    Viewer.objects.create(user=author, wants_credit=True, credit_name="A friend")
    with net_lifted():
        ann = Character.objects.get(key="ann")
        early = [
            set_to(Trait.objects.get(value="alive"), "value", "alive and well"),
            adding("characters.alias", rows.values_of(Alias(character=ann, name="Annie", revealed_in_id=4))),
            set_to(Membership.objects.get(), "role", "master"),
            set_to(Revelation.objects.get(key="early"), "text", "[[ann]] leaves."),
        ]
        for proposed in [*early, *of_every_kind()]:
            accepted(sent(proposed, by=author, kind="edit"), by=moderator)
            sent(set_to(ann.aliases.get(headline=True), "name", "Anna"), by=author, kind="edit")
    told = {progress: asked(progress) for progress in (8, 4, 2)}
    assert b"thanks to A friend" in told[8]["/changes/"].body
    for progress, full in told.items():
        cut(progress)
        assert_twins(full, answers(full, progress=progress))


def test_of_what_changed_nothing_is_told_but_that_it_did(moderator: User) -> None:
    with net_lifted():
        early = Revelation.objects.get(key="early")
        accepted(sent(set_to(early, "text", "Queen Mab sets out."), letter=None), by=moderator, why="Told in 2.")
        accepted(sent(set_to(Revelation.objects.get(key="early"), "text", "[[ann]] sets out.")), by=moderator)
        accepted(sent(set_to(Character.objects.get(key="ann"), "key", "ann_the_queen")), by=moderator)
        gone = sent(removing(Revelation.objects.get(key="early")))
        accepted(gone, by=moderator)
    body = ask("/changes/", progress=9).body.decode()
    assert body.count("Revelation changed") == 2
    assert body.count("Revelation removed") == 1
    assert ">Ann</a>" in body
    for hidden in ("Queen Mab", "sets out", "ann_the_queen", "Told in 2", moderator.username, "First appearance"):
        assert hidden not in body, hidden


def test_what_is_published_is_told_while_the_rest_of_it_waits(moderator: User) -> None:
    with net_lifted():
        status, role = Trait.objects.get(revealed_in=1), Membership.objects.get()
        partly = sent(set_to(status, "value", "x"), set_to(role, "role", "captain"))
        Membership.objects.filter(pk=role.pk).update(role="guest")
        assert len(accepted(partly, by=moderator).held) == 1
        between = sent(set_to(Revelation.objects.get(key="early"), "text", "[[ann]] goes."))
        accepted(between, by=moderator)
        latest = max(partly.revealed_in or 0, between.revealed_in or 0)
    body = ask("/changes/", progress=9).body.decode()
    assert body.index("Revelation changed") < body.index("Fact changed")  # by when it was published
    assert "Membership changed" not in body
    with net_lifted():
        accepted(partly, by=moderator, override=True, seen="guest")
    body = ask("/changes/", progress=latest).body.decode()
    assert body.index("Membership changed") < body.index("Revelation changed")


def test_nobody_is_named_who_did_not_ask_for_it(moderator: User) -> None:
    shy, proud = person("shy"), person("proud")
    Viewer.objects.create(user=shy, wants_credit=False, credit_name="Shy")
    Viewer.objects.create(user=proud, wants_credit=True)
    with net_lifted():
        for author, word in ((shy, "x"), (proud, "y"), (None, "z")):
            accepted(sent(set_to(Trait.objects.get(revealed_in=1), "value", word), by=author), by=moderator)
    body = ask("/changes/", progress=9).body.decode()
    assert "thanks to proud" in body
    assert "shy" not in body.casefold()


def test_a_name_that_no_moderator_has_read_is_shown_to_nobody(moderator: User) -> None:
    """It would stand at every episode, whatever it tells."""
    author = person("author")
    viewer = Viewer.objects.create(user=author, wants_credit=True, credit_name="Somebody")
    with net_lifted():
        waiting = sent(set_to(Trait.objects.get(revealed_in=1), "value", "x"), by=author)
        viewer.credit_name = "Ann dies in 9"
        viewer.save()
        accepted(waiting, by=moderator)
    assert "thanks to" not in ask("/changes/", progress=2).body.decode()
    viewer.credit_name = "Somebody"
    viewer.save()
    assert "thanks to Somebody" in ask("/changes/", progress=2).body.decode()
    viewer.wants_credit = False
    viewer.save()
    assert "Somebody" not in ask("/changes/", progress=2).body.decode()


def test_pages_of_what_changed(moderator: User, django_assert_max_num_queries: Any) -> None:
    with net_lifted():
        for number in range(35):
            status = Trait.objects.get(revealed_in=1)
            accepted(sent(set_to(status, "value", f"state {number}"), kind="edit"), by=moderator)
    with django_assert_max_num_queries(20):
        first = ask("/changes/", progress=9).body.decode()
    assert first.count("Fact changed") == 30
    assert "/changes/?page=2" in first
    second = ask("/changes/?page=2", progress=9).body.decode()
    assert second.count("Fact changed") == 5
    assert "/changes/?page=1" in second
    assert ask("/changes/?page=x", progress=9).body.decode().count("Fact changed") == 30
    assert "Nothing yet" in ask("/changes/?page=99", progress=9).body.decode()
