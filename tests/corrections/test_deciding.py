"""The write door: deciding, publishing and undoing, without pages."""

from contextlib import nullcontext
from threading import Event, Thread
from time import sleep

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction

from characters import vocabulary
from characters.models import (
    Alias,
    Character,
    CharacterTag,
    Faction,
    Membership,
    Relationship,
    Revelation,
    Tag,
    Trait,
    Unmasking,
    Word,
)
from corrections import rows
from corrections.conflicts import current_value
from corrections.deciding import Verdict, decide, publish
from corrections.errors import AlreadyDecided, HeldBack, Refused
from corrections.models import Change, Correction, State
from corrections.sending import Sender, removing, removing_with_all, send, setting
from corrections.undoing import undo
from episodes.models import Episode
from tests.corrections.letters import accepted, new, sent, set_to, somebody
from tests.people import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def moderator(db: None) -> User:
    for number in range(4):
        Episode.objects.create(number=number)
    return person(role="moderator")


@pytest.fixture
def contributor(moderator: User) -> User:
    return person(role="contributor")


def status_of(character: Character) -> Trait:
    return character.traits.get(attribute="status")


def everything() -> dict[str, dict[str, rows.Values]]:
    return {kind.label: rows.all_values(kind) for kind in rows.registered()}


def test_nothing_is_published_before_somebody_accepts_it(moderator: User, contributor: User) -> None:
    status = status_of(somebody())
    before = everything()
    correction = sent(set_to(status, "value", "dead"), by=contributor)
    assert everything() == before
    assert accepted(correction, by=moderator).correction.state == State.ACCEPTED
    status.refresh_from_db()
    assert status.value == "dead"


def test_each_change_is_decided_by_itself(moderator: User, contributor: User) -> None:
    ann = somebody()
    status = status_of(ann)
    correction = sent(
        set_to(status, "value", "dead"), new(Alias, character=ann, name="Annie", revealed_in_id=2), by=contributor
    )
    first, second = correction.changes.all()
    verdicts = {first.pk: Verdict(accept=False, why="She is not."), second.pk: Verdict(accept=True)}
    decided = decide(correction, by=moderator, version=1, verdicts=verdicts)
    assert decided.correction.state == State.PARTLY
    assert ann.aliases.filter(name="Annie").exists()
    status.refresh_from_db()
    assert status.value == "alive"
    first.refresh_from_db()
    assert (first.decision, first.why) == ("rejected", "She is not.")


def test_a_part_can_be_decided_first_and_the_rest_later(moderator: User, contributor: User) -> None:
    ann = somebody()
    correction = sent(
        set_to(status_of(ann), "value", "dead"),
        new(Trait, character=ann, attribute="age", value="17", revealed_in_id=1),
    )
    first, second = correction.changes.all()
    decide(correction, by=moderator, version=1, verdicts={first.pk: Verdict(accept=True)})
    correction.refresh_from_db()
    assert correction.state == State.OPEN
    decide(correction, by=moderator, version=2, verdicts={second.pk: Verdict(accept=False, why="No source.")})
    correction.refresh_from_db()
    assert correction.state == State.PARTLY


def test_a_moderator_may_alter_what_they_accept(moderator: User, contributor: User) -> None:
    status = status_of(somebody())
    correction = sent(set_to(status, "value", "ded"), by=contributor)
    accepted(correction, by=moderator, final="dead", altered=True)
    status.refresh_from_db()
    change = correction.changes.get()
    assert (status.value, change.after, change.final) == ("dead", "ded", "dead")
    assert Correction.objects.get().author == contributor


def test_a_rejection_needs_a_reason(moderator: User, contributor: User) -> None:
    correction = sent(set_to(status_of(somebody()), "value", "dead"), by=contributor)
    with pytest.raises(Refused, match="reason"):
        decide(correction, by=moderator, version=1, verdicts={correction.changes.get().pk: Verdict(accept=False)})


@pytest.mark.parametrize("role", ["contributor", "editor", "nobody"])
def test_only_moderators_decide(moderator: User, role: str) -> None:
    status = status_of(somebody())
    correction = sent(set_to(status, "value", "dead"))
    with pytest.raises(Refused, match="moderators"):
        accepted(correction, by=person("else", role=role))
    status.refresh_from_db()
    assert status.value == "alive"


def test_nobody_decides_their_own(moderator: User) -> None:
    correction = sent(set_to(status_of(somebody()), "value", "dead"), by=moderator)
    with pytest.raises(Refused, match="own"):
        accepted(correction, by=moderator)


def test_a_superuser_decides_their_own_and_that_is_marked(moderator: User) -> None:
    root = person(role="superuser")
    correction = sent(set_to(status_of(somebody()), "value", "dead"), by=root)
    assert accepted(correction, by=root).correction.by_author
    assert not accepted(sent(set_to(status_of(somebody("bea")), "value", "x")), by=root).correction.by_author


def test_who_comes_second_is_told_who_was_first(moderator: User, contributor: User) -> None:
    correction = sent(set_to(status_of(somebody()), "value", "dead"), by=contributor)
    accepted(correction, by=moderator)
    with pytest.raises(AlreadyDecided, match="moderator has already accepted this correction"):
        decide(
            correction, by=person("other", role="moderator"), version=1,
            verdicts={correction.changes.get().pk: Verdict(accept=False, why="No.")},
        )  # fmt: skip


def test_what_has_changed_meanwhile_is_held_and_the_rest_goes(moderator: User, contributor: User) -> None:
    ann = somebody()
    status = status_of(ann)
    stale = set_to(status, "value", "dead")
    correction = sent(stale, new(Alias, character=ann, name="Annie", revealed_in_id=2), by=contributor)
    Trait.objects.filter(pk=status.pk).update(value="missing")
    decided = accepted(correction, by=moderator)
    assert [change.path for change in decided.held] == ["value"]
    assert decided.correction.state == State.OPEN
    assert ann.aliases.filter(name="Annie").exists()
    status.refresh_from_db()
    assert status.value == "missing"


def test_a_conflict_is_overridden_only_by_who_saw_what_stands_there(moderator: User, contributor: User) -> None:
    status = status_of(somebody())
    correction = sent(set_to(status, "value", "dead"), by=contributor)
    Trait.objects.filter(pk=status.pk).update(value="missing")
    accepted(correction, by=moderator)
    change = correction.changes.get()
    seen = current_value(change, Trait.objects.get(pk=status.pk))
    Trait.objects.filter(pk=status.pk).update(value="asleep")
    assert accepted(correction, by=moderator, override=True, seen=seen).held
    assert not accepted(correction, by=moderator, override=True, seen="asleep").held
    status.refresh_from_db()
    assert status.value == "dead"


def test_what_a_moderator_altered_stands_when_it_was_held_and_is_accepted_later(
    moderator: User, contributor: User
) -> None:
    status = status_of(somebody())
    correction = sent(set_to(status, "value", "dead"), by=contributor)
    Trait.objects.filter(pk=status.pk).update(value="missing")
    assert accepted(correction, by=moderator, altered=True, final="undead").held
    assert not accepted(correction, by=moderator, override=True, seen="missing").held
    status.refresh_from_db()
    assert status.value == "undead"


def test_what_is_so_already_is_no_conflict(moderator: User, contributor: User) -> None:
    status = status_of(somebody())
    correction = sent(set_to(status, "value", "dead"), by=contributor)
    Trait.objects.filter(pk=status.pk).update(value="dead")
    assert accepted(correction, by=moderator).correction.state == State.ACCEPTED
    assert correction.changes.get().outcome == Change.Outcome.ALREADY


def test_two_may_add_the_same_name(moderator: User, contributor: User) -> None:
    ann = somebody()
    one, other = (sent(new(Alias, character=ann, name="Annie", revealed_in_id=2), by=contributor) for _ in "ab")
    accepted(one, by=moderator)
    accepted(other, by=moderator)
    assert ann.aliases.filter(name="Annie").count() == 1
    assert other.changes.get().outcome == Change.Outcome.ALREADY


def test_a_name_that_clashes_could_not_be_applied_and_is_not_lost(moderator: User, contributor: User) -> None:
    ann = somebody()
    correction = sent(new(Alias, character=ann, name="Ann", kind="title", revealed_in_id=2), by=contributor)
    decided = accepted(correction, by=moderator)
    assert decided.failure is not None
    assert "already exists" in str(decided.failure)
    correction.refresh_from_db()
    assert correction.state == State.FAILED
    assert correction.changes.get().decision == Change.Decision.PENDING
    assert ann.aliases.count() == 1
    name = rows.values_of(Alias(character=ann, name="Annie", revealed_in_id=2))
    assert accepted(correction, by=moderator, altered=True, final=name).correction.state == State.ACCEPTED


def test_all_of_it_or_nothing(moderator: User, contributor: User) -> None:
    """The second change breaks a rule of the model, so the first is not written either."""
    ann = somebody(since=2)
    before = everything()
    correction = sent(
        set_to(status_of(ann), "value", "dead"), new(Alias, character=ann, name="Early", revealed_in_id=1)
    )
    assert accepted(correction, by=moderator).failure is not None
    assert everything() == before


def test_rows_that_need_each_other_are_checked_together(moderator: User, contributor: User) -> None:
    """A character cannot appear before its name, nor the name before the character: both move at once."""
    ann = somebody(since=2)
    changes = [set_to(row, "revealed_in", 1) for row in (ann.aliases.get(), status_of(ann), ann)]
    assert accepted(sent(*changes, by=contributor), by=moderator).correction.state == State.ACCEPTED
    ann.refresh_from_db()
    assert ann.revealed_in_id == 1


def test_a_headline_is_handed_over(moderator: User, contributor: User) -> None:
    ann = somebody()
    second = Alias.objects.create(character=ann, name="Annie", revealed_in_id=1)
    changes = [set_to(second, "headline", True), set_to(ann.aliases.get(name="Ann"), "headline", False)]
    assert accepted(sent(*changes), by=moderator).correction.state == State.ACCEPTED
    assert ann.aliases.get(headline=True).name == "Annie"


def test_somebody_new_comes_with_a_name(moderator: User, contributor: User) -> None:
    nameless = Character(key="bea", revealed_in_id=1)
    assert accepted(sent(new(Character, id=nameless.pk, key="bea", revealed_in_id=1)), by=moderator).failure
    whole = sent(
        new(Alias, character=nameless, name="Bea", headline=True, revealed_in_id=1),
        new(Character, id=nameless.pk, key="bea", revealed_in_id=1),
    )
    assert accepted(whole, by=moderator).correction.state == State.ACCEPTED
    assert Character.objects.get(key="bea").aliases.get().name == "Bea"


def test_a_row_that_is_gone_holds_the_change(moderator: User, contributor: User) -> None:
    status = status_of(somebody())
    correction = sent(set_to(status, "value", "dead"), by=contributor)
    status.delete()
    decided = accepted(correction, by=moderator)
    assert len(decided.held) == 1
    assert correction.changes.get().after == "dead"


def test_a_child_of_a_row_that_is_gone_fails_with_the_reason(moderator: User, contributor: User) -> None:
    ann = somebody()
    correction = sent(new(Alias, character=ann, name="Annie", revealed_in_id=2), by=contributor)
    ann.delete()
    decided = accepted(correction, by=moderator)
    assert decided.failure is not None
    assert "does not exist" in str(decided.failure) or "gone" in str(decided.failure)


def test_a_row_renamed_meanwhile_is_not_removed_blindly(moderator: User, contributor: User) -> None:
    ann = somebody()
    alias = Alias.objects.create(character=ann, name="Annie", revealed_in_id=2)
    correction = sent(removing(alias), by=contributor)
    Alias.objects.filter(pk=alias.pk).update(name="Anya")
    assert accepted(correction, by=moderator).held
    assert Alias.objects.filter(pk=alias.pk).exists()


def test_lists_of_others_are_merged_by_who_is_in_them(moderator: User, contributor: User) -> None:
    ann, bea, cy = somebody(), somebody("bea", name="Bea"), somebody("cy", name="Cy")
    told = Revelation.objects.create(key="told", text="They meet.", revealed_in_id=1)
    told.characters.set([ann, bea])
    correction = sent(set_to(told, "characters", [str(ann.pk)]), by=contributor)  # takes Bea out
    told.characters.add(cy)
    accepted(correction, by=moderator)
    assert set(told.characters.all()) == {ann, cy}


def test_nothing_is_deleted_in_passing(moderator: User, contributor: User) -> None:
    ann = somebody()
    correction = sent(removing(ann), by=contributor)
    decided = accepted(correction, by=moderator)
    assert decided.failure is not None
    assert "other rows depend on it" in str(decided.failure)
    assert ann.aliases.exists()


def a_whole_life() -> tuple[Character, Faction]:
    """A character with everything that can hang on one."""
    ann, bea = somebody(), somebody("bea", name="Bea")
    group = Faction.objects.create(key="group", revealed_in_id=1)
    Alias.objects.create(faction=group, name="Group", headline=True, revealed_in_id=1)
    Membership.objects.create(character=ann, faction=group, role="Head", revealed_in_id=1, ended_in_id=3)
    Relationship.objects.create(source=bea, kind="friend", target=ann, revealed_in_id=1)
    Unmasking.objects.create(persona=ann, identity=bea, revealed_in_id=3)
    CharacterTag.objects.create(
        content_object=ann, tag=Tag.objects.create(name="brave", slug="brave"), revealed_in_id=2
    )
    first = Revelation.objects.create(key="first", text="She is good.", revealed_in_id=1)
    second = Revelation.objects.create(key="second", text="She is not.", revealed_in_id=2, supersedes=first)
    first.characters.set([ann, bea])
    second.characters.set([ann])
    second.factions.set([group])
    return ann, group


def test_undo_restores_the_exact_former_state_and_undo_of_undo_the_later_one(moderator: User) -> None:
    ann, group = a_whole_life()
    gone_too = Revelation.objects.get(key="first")
    states = [everything()]
    correction = sent(*removing_with_all([ann, group, gone_too]))
    assert accepted(correction, by=moderator).failure is None
    states.append(everything())
    assert not Character.objects.filter(key="ann").exists()
    undone = undo(correction, by=moderator)
    publish(undone, by=moderator)
    assert everything() == states[0]
    publish(undo(undone, by=moderator), by=moderator)
    assert everything() == states[1]


def test_who_points_to_a_row_that_goes_no_longer_does(moderator: User, contributor: User) -> None:
    """A belief is removed; what superseded it stays. Its author, who may be before that, is told nothing of it."""
    first = Revelation.objects.create(key="first", text="She is good.", revealed_in_id=1)
    second = Revelation.objects.create(key="second", text="She is not.", revealed_in_id=3, supersedes=first)
    before = everything()
    correction = sent(removing(first), by=contributor)
    assert accepted(correction, by=moderator).correction.state == State.ACCEPTED
    second.refresh_from_db()
    assert second.supersedes is None
    assert [change.row for change in correction.changes.proposed()] == [str(first.pk)]
    correction.refresh_from_db()
    assert correction.revealed_in == 1
    publish(undo(correction, by=moderator), by=moderator)
    assert everything() == before


def test_nothing_follows_from_a_removal_that_is_held(moderator: User, contributor: User) -> None:
    first = Revelation.objects.create(key="first", text="She is good.", revealed_in_id=1)
    second = Revelation.objects.create(key="second", text="She is not.", revealed_in_id=3, supersedes=first)
    correction = sent(removing(first), by=contributor)
    Revelation.objects.filter(pk=first.pk).update(text="She is very good.")
    assert accepted(correction, by=moderator).held
    second.refresh_from_db()
    assert second.supersedes == first


def test_undo_meets_the_same_conflict_check(moderator: User) -> None:
    status = status_of(somebody())
    correction = sent(set_to(status, "value", "dead"))
    accepted(correction, by=moderator)
    accepted(sent(set_to(Trait.objects.get(pk=status.pk), "value", "missing")), by=moderator)
    with pytest.raises(HeldBack):
        publish(undo(correction, by=moderator), by=moderator)
    status.refresh_from_db()
    assert status.value == "missing"


def test_an_editor_without_the_right_cannot_publish(moderator: User) -> None:
    editor = person(role="editor")
    correction = send(
        [set_to(status_of(somebody()), "value", "dead")], sender=Sender(editor), kind=Correction.Kind.EDIT
    )
    with pytest.raises(Refused):
        publish(correction, by=editor)
    with pytest.raises(Refused):
        publish(correction, by=moderator)  # somebody else's


def test_a_correction_belongs_to_the_latest_episode_it_touches(moderator: User) -> None:
    ann = somebody()
    status = status_of(ann)
    late = Membership(character=ann, revealed_in_id=1, ended_in_id=3)
    assert sent(set_to(status, "value", "dead")).revealed_in == 1
    assert sent(set_to(status, "value", "dead"), new(Alias, character=ann, name="A", revealed_in_id=2)).revealed_in == 2
    assert sent(setting(status, "revealed_in", 3, 1)).revealed_in == 3
    assert sent(new(Membership, id=late.pk, character=ann, revealed_in_id=1, ended_in_id=3)).revealed_in == 3
    late.faction = a_whole_life_elsewhere()
    late.save()
    # An end that its author may not know of does not keep the correction from being seen.
    assert sent(set_to(late, "role", "Head")).revealed_in == 1


def a_whole_life_elsewhere() -> Faction:
    return Faction.objects.create(key="group", revealed_in_id=1)


def test_a_change_says_whose_pages_it_is_about(moderator: User) -> None:
    ann, bea = somebody(), somebody("bea", name="Bea")
    told = Revelation.objects.create(key="told", text="Ann appears.", revealed_in_id=1)
    told.characters.set([ann])
    correction = sent(set_to(told, "characters", [str(bea.pk)]))
    about = set(correction.changes.get().subjects.values_list("subject", flat=True))
    assert about == {rows.reference(ann), rows.reference(bea)}


@pytest.mark.parametrize("read_before", [False, True], ids=["anew", "in a request that read its words before"])
def test_one_correction_adds_a_kind_and_what_is_of_it(moderator: User, *, read_before: bool) -> None:
    ann, bea = somebody(), somebody("bea", name="Bea")
    word = new(Word, section="relation", key="avenges", label="avenges", bond="conflict", revealed_in_id=2)
    tie = new(Relationship, source=ann, target=bea, kind="avenges", revealed_in_id=2)
    words = vocabulary.stored()
    with vocabulary.using(lambda: words) if read_before else nullcontext():
        assert accepted(sent(tie, word), by=person("root", role="superuser")).failure is None
        early = new(Relationship, source=bea, target=ann, kind="avenges", revealed_in_id=1)
        failure = accepted(sent(early), by=moderator).failure
    assert Relationship.objects.get().kind == "avenges"
    assert "is known from episode 2 on" in str(failure)


@pytest.mark.django_db(transaction=True)
def test_of_two_moderators_one_alone_gives_an_attribute_of_the_show_its_only_value(author: User) -> None:
    Word.objects.create(section="attribute", key="bounty", label="Bounty", single=True, revealed_in_id=0)
    ann = somebody()
    first, second = (
        sent(new(Trait, character=ann, attribute="bounty", value=value, revealed_in_id=1), by=author)
        for value in ("a crown", "a ship")
    )
    mina, mona, is_decided = person("mina", role="moderator"), person("mona", role="moderator"), Event()

    def decide_and_take_a_while() -> None:
        with transaction.atomic():
            accepted(first, by=mina)
            is_decided.set()
            sleep(0.5)
        connection.close()

    other = Thread(target=decide_and_take_a_while)
    other.start()
    is_decided.wait(10)
    result = accepted(second, by=mona)
    other.join()
    assert "There is another value of this attribute for this episode." in str(result.failure)
    assert [each.value for each in Trait.objects.filter(attribute="bounty")] == ["a crown"]
