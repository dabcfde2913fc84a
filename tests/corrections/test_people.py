"""The page of one person at the desk: what they sent, undoing all of it at once, and blocking them from sending."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from characters.models import Alias, Character, Relationship, Trait
from corrections import blocking
from corrections.deciding import publish
from corrections.letter import Letter
from corrections.models import Block, Correction, State
from corrections.sending import Place, Sender, merging_into, removing, send, send_note
from corrections.undoing import is_undone, undo
from corrections.undoing_everything import plan
from tests.corrections.desk import QUEUE, address, at_the_desk, content_of, page_of
from tests.corrections.forms import send_form
from tests.corrections.letters import accepted, entries, entries_made_anew, new, sent, set_to, somebody, status_of
from tests.people import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def spammer(moderator: User) -> User:
    return person("spammer")


def published(*proposed: Any, by: User, moderator: User) -> Correction:
    correction = sent(*proposed, by=by)
    assert accepted(correction, by=moderator).failure is None
    correction.refresh_from_db()
    assert correction.state == State.ACCEPTED
    return correction


def page_of_person(user: User) -> str:
    return address("person", user.pk)


def undone(desk: Client, user: User, **chosen: Any) -> Any:
    """Look at what it does, and agree."""
    looked_at = desk.get(address("person_undo", user.pk)).content.decode()
    stamp = re.search(r'name="stamp" value="(\w*)"', looked_at)
    assert stamp
    data = {"stamp": stamp[1], "reason": "Spam.", **chosen}
    return desk.post(address("person_undo", user.pk), data, follow=True)


# What they sent and did


def test_it_shows_all_that_somebody_sent_and_did(desk: Client, moderator: User, spammer: User) -> None:
    status = status_of(somebody())
    mine = published(set_to(status, "value", "dead"), by=spammer, moderator=moderator)
    rejected = sent(set_to(status, "value", "missing"), by=spammer)
    accepted(rejected, by=moderator, accept=False, why="No.")
    others = sent(set_to(status, "value", "asleep"), by=person("other"))
    content = content_of(desk.get(page_of_person(spammer)))
    assert page_of(mine) in content
    assert page_of(rejected) in content
    assert page_of(others) not in content
    assert "1 accepted" in content
    assert "1 rejected" in content
    only = content_of(desk.get(page_of_person(spammer), {"state": "rejected"}))
    assert page_of(rejected) in only
    assert page_of(mine) not in only
    done = content_of(desk.get(page_of_person(moderator)))
    assert "Done at the desk" in done
    assert page_of(mine) in done
    assert page_of_person(spammer) in content_of(desk.get(page_of(mine)))


def test_it_folds_what_tells_of_later_episodes(halfway: Client, spammer: User) -> None:
    ann, other = somebody(), person("mo", role="moderator")
    published(new(Alias, character=ann, name="Mastermind", revealed_in_id=3), by=spammer, moderator=other)
    for where in ("person", "person_undo"):
        content = content_of(halfway.get(address(where, spammer.pk)))
        assert "Mastermind" not in content
        assert "later episode" in content or "folded · episode 3" in content


def test_those_without_an_account_are_told_apart_by_address(desk: Client) -> None:
    status = status_of(somebody())
    one = sent(set_to(status, "value", "dead"))
    same = sent(set_to(status, "value", "asleep"))
    other = sent(set_to(status, "value", "missing"))
    Correction.objects.filter(pk__in=[one.pk, same.pk]).update(sender="a" * 64)
    Correction.objects.filter(pk=other.pk).update(sender="b" * 64)
    content = content_of(desk.get(address("sender", one.pk)))
    assert page_of(same) in content
    assert page_of(other) not in content
    assert "a" * 64 not in content


def test_a_correction_of_an_account_leads_to_the_page_of_the_account(desk: Client, author: User) -> None:
    correction = sent(set_to(status_of(somebody()), "value", "dead"), by=author)
    assert desk.get(address("sender", correction.pk))["Location"] == page_of_person(author)


# Undoing everything


def test_it_undoes_everything_as_one_correction(desk: Client, moderator: User, spammer: User) -> None:
    ann, bea = somebody(), somebody("bea", name="Bea")
    before = everything()
    first = published(set_to(status_of(ann), "value", "dead"), by=spammer, moderator=moderator)
    published(set_to(status_of(ann), "value", "asleep"), by=spammer, moderator=moderator)
    published(new(Alias, character=ann, name="Buy", revealed_in_id=1), by=spammer, moderator=moderator)
    published(removing(status_of(bea)), by=spammer, moderator=moderator)
    waiting = sent(set_to(status_of(ann), "value", "missing"), by=spammer)
    looked_at = content_of(desk.get(address("person_undo", spammer.pk)))
    assert "3 changes, to undo 4 corrections" in looked_at
    assert "Ann: " in looked_at
    assert everything() != before
    page = undone(desk, spammer, reject="on")
    assert "1 waiting corrections were rejected" in page.content.decode()
    assert everything() == before
    assert Correction.objects.filter(kind="undo").count() == 1
    first.refresh_from_db()
    assert is_undone(first)
    assert "all of its author" in content_of(desk.get(page_of(first)))
    waiting.refresh_from_db()
    assert waiting.state == State.REJECTED
    assert not plan(Correction.objects.filter(author=spammer)).proposed


def everything() -> list[Any]:
    models: list[Any] = [Character, Alias, Trait, Relationship]
    return [list(model.objects.order_by("pk").values()) for model in models]


def test_what_others_changed_since_stays_and_is_listed(desk: Client, moderator: User, spammer: User) -> None:
    ann = somebody()
    other = person("other")
    published(set_to(status_of(ann), "value", "dead"), by=spammer, moderator=moderator)
    published(set_to(status_of(ann), "value", "asleep"), by=other, moderator=moderator)
    published(new(Alias, character=ann, name="Buy", revealed_in_id=1), by=spammer, moderator=moderator)
    looked_at = content_of(desk.get(address("person_undo", spammer.pk)))
    assert "changed since by other" in looked_at
    undone(desk, spammer)
    assert status_of(ann).value == "asleep"
    assert not Alias.objects.filter(name="Buy").exists()


def test_what_was_merged_away_and_brought_back_has_not_changed(desk: Client, moderator: User, spammer: User) -> None:
    ann, bea = somebody(), somebody("bea", name="Bea", since=2)
    alias = Alias.objects.create(character=ann, name="Buy", revealed_in_id=2)  # which both have then: one goes
    published(
        new(Alias, character=bea, name="Buy", revealed_in_id=2), set_to(bea.aliases.get(), "name", "Rubbish"),
        by=spammer, moderator=moderator,
    )  # fmt: skip
    merged = sent(merging_into(bea, ann), kind=Correction.Kind.EDIT)
    assert accepted(merged, by=moderator).failure is None
    assert Alias.objects.filter(name="Buy").get() == alias
    publish(undo(merged, by=moderator), by=moderator)
    assert plan(Correction.objects.filter(author=spammer)).kept == []
    undone(desk, spammer)
    assert list(bea.aliases.values_list("name", flat=True)) == ["Bea"]


def test_what_was_undone_with_another_value_has_changed(desk: Client, moderator: User, spammer: User) -> None:
    status = status_of(somebody())
    published(set_to(status, "value", "dead"), by=spammer, moderator=moderator)
    others = published(set_to(status_of(status.character), "value", "asleep"), by=person("other"), moderator=moderator)
    assert accepted(undo(others, by=moderator), by=person("judge", role="moderator"), final="ill", altered=True)
    assert status_of(status.character).value == "ill"
    undone(desk, spammer)
    assert status_of(status.character).value == "ill"


def test_a_page_on_which_others_have_built_stays_whole(desk: Client, moderator: User, spammer: User) -> None:
    ann = somebody()
    cid = Character(key="cid", revealed_in_id=1)
    alias = Alias(character=cid, name="Cid", headline=True, revealed_in_id=1)
    tie = Relationship(source=ann, kind="ally", target=cid, revealed_in_id=1)
    made = [new(Character, pk=cid.pk, key="cid", revealed_in_id=1, public_id=cid.public_id)]
    made += [new(Alias, pk=alias.pk, character=cid, name="Cid", headline=True, revealed_in_id=1)]
    made += [new(Relationship, pk=tie.pk, source=ann, kind="ally", target=cid, revealed_in_id=1)]
    published(*made, by=spammer, moderator=moderator)
    published(set_to(status_of(ann), "value", "dead"), by=spammer, moderator=moderator)
    trait = new(Trait, character=cid, attribute="occupation", value="cook", revealed_in_id=1)
    published(trait, by=person("other"), moderator=moderator)
    looked_at = content_of(desk.get(address("person_undo", spammer.pk)))
    assert "others have built on it" in looked_at
    assert "Cid: " in looked_at
    undone(desk, spammer)
    assert Trait.objects.filter(character=cid, value="cook").exists()
    assert Alias.objects.filter(name="Cid").exists()
    assert Relationship.objects.filter(target=cid).exists()
    assert status_of(ann).value == "alive"


def test_what_was_undone_before_is_not_published_again(desk: Client, moderator: User, spammer: User) -> None:
    ann = somebody()
    bad = published(set_to(status_of(ann), "value", "dead"), by=spammer, moderator=moderator)
    desk.post(address("undo", bad.pk))
    assert status_of(ann).value == "alive"
    planned = plan(Correction.objects.filter(author=spammer))
    assert (planned.proposed, planned.kept) == ([], [])


def test_an_own_undo_is_not_turned_into_a_redo(moderator: User) -> None:
    ann, editor = somebody(), person(role="editor")
    bad = published(set_to(status_of(ann), "value", "dead"), by=editor, moderator=moderator)
    accepted(undo(bad, by=editor), by=moderator)
    assert status_of(ann).value == "alive"
    assert plan(Correction.objects.filter(author=editor)).proposed == []


def test_an_own_undo_of_what_another_published_is_undone(desk: Client, moderator: User) -> None:
    ann, editor = somebody(), person(role="editor")
    good = published(set_to(status_of(ann), "value", "dead"), by=person("other"), moderator=moderator)
    accepted(undo(good, by=editor), by=moderator)
    undone(desk, editor)
    assert status_of(ann).value == "dead"


def test_it_can_be_undone_itself(desk: Client, moderator: User, spammer: User) -> None:
    ann = somebody()
    bad = published(set_to(status_of(ann), "value", "dead"), by=spammer, moderator=moderator)
    undone(desk, spammer)
    desk.post(address("undo", Correction.objects.get(kind="undo").pk))
    assert status_of(ann).value == "dead"
    bad.refresh_from_db()
    assert not is_undone(bad)
    assert [str(each.later.author) for each in plan(Correction.objects.filter(author=spammer)).kept if each.later] == [
        moderator.username
    ]


def test_nothing_is_done_that_was_not_looked_at(desk: Client, moderator: User, spammer: User) -> None:
    ann = somebody()
    published(set_to(status_of(ann), "value", "dead"), by=spammer, moderator=moderator)
    stale = plan(Correction.objects.filter(author=spammer)).stamp
    published(new(Alias, character=ann, name="Buy", revealed_in_id=1), by=spammer, moderator=moderator)
    data = {"stamp": stale, "reason": "Spam.", "block": "on"}
    page = desk.post(address("person_undo", spammer.pk), data, follow=True)
    assert "something was published meanwhile" in page.content.decode()
    assert 'value="Spam."' in page.content.decode()
    assert status_of(ann).value == "dead"
    assert not Block.objects.exists()


def test_a_reason_is_needed(desk: Client, moderator: User, spammer: User) -> None:
    ann = somebody()
    published(set_to(status_of(ann), "value", "dead"), by=spammer, moderator=moderator)
    assert "This field is required" in undone(desk, spammer, reason=" ").content.decode()
    assert status_of(ann).value == "dead"


def test_it_takes_as_many_statements_however_much_is_undone(desk: Client, moderator: User) -> None:
    ann = somebody()

    def statements(count: int) -> int:
        sender = person(f"spammer{count}")
        proposed = []
        for number in range(count):
            other = Character(key=f"buy.{count}.{number}", revealed_in_id=1)
            proposed += [
                new(Character, id=other.pk, key=other.key, public_id=other.public_id, revealed_in_id=1),
                new(Alias, character=other, name="Buy", headline=True, revealed_in_id=1),
                new(Trait, character=ann, attribute="habit", value=f"Buys [[{other.key}]].", revealed_in_id=1),
            ]
        published(*proposed, by=sender, moderator=moderator)
        for name in ("one", "two"):  # each changes what the one before added
            changes = [set_to(each, "name", f"Buy {name}") for each in Alias.objects.filter(name__startswith="Buy")]
            published(*changes, by=sender, moderator=moderator)
        assert entries() == entries_made_anew()
        with CaptureQueriesContext(connection) as captured:
            undone(desk, sender)
        return len(captured)

    few, many = statements(12), statements(36)
    assert Character.objects.get() == ann
    assert many <= few
    assert entries() == entries_made_anew()


def test_what_will_be_undone_is_shown_with_as_many_statements_however_much(desk: Client, moderator: User) -> None:
    def statements(count: int, key: str) -> int:
        sender, other = person(f"spammer_{key}"), person(f"other_{key}")
        every = [status_of(somebody(f"{key}{number}")) for number in range(count)]
        published(*(set_to(each, "value", "dead") for each in every), by=sender, moderator=moderator)
        later = Trait.objects.filter(pk__in=[each.pk for each in every[::2]])
        published(*(set_to(each, "value", "missing") for each in later), by=other, moderator=moderator)
        with CaptureQueriesContext(connection) as captured:
            page = content_of(desk.get(address("person_undo", sender.pk)))
        assert page.count("changed since by") == len(every[::2])
        return len(captured)

    statements(1, "first")  # what is read once per process
    assert statements(8, "many") <= statements(2, "few")


# Blocking


@pytest.mark.parametrize("has_account", [True, False])
def test_the_form_tells_who_is_blocked_and_keeps_what_they_wrote(desk: Client, author: User, has_account: bool) -> None:
    status = status_of(somebody())
    client = at_the_desk(author if has_account else None)
    form = f"/corrections/new/characters/{status.character.public_id}/?row={status.pk}"
    assert send_form(client, form, **{f"{status.pk}-value": "dead"}).status_code == 303
    correction = Correction.objects.get()
    where = address("person", author.pk) if has_account else address("sender", correction.pk)
    desk.post(where, {"do": "block", "reason": "Advertising."})
    refused = send_form(client, form, **{f"{status.pk}-value": "quite dead"})
    assert refused.status_code == 403
    assert "a moderator has blocked" in refused.content.decode()
    assert "The reason: Advertising." in refused.content.decode()
    assert "quite dead" in refused.content.decode()
    assert Correction.objects.count() == 1


def test_who_is_blocked_reads_why_and_until_when(desk: Client, author: User) -> None:
    status = status_of(somebody())
    day = (timezone.now() + timedelta(days=3)).date()
    desk.post(page_of_person(author), {"do": "block", "reason": "Advertising.", "until": day.isoformat()})
    with pytest.raises(blocking.Blocked, match=r"until .*23:59 UTC. The reason: Advertising."):
        sent(set_to(status, "value", "dead"), by=author)
    sent(set_to(status, "value", "dead"), by=person("other"))
    assert "Let them send again" in content_of(desk.get(page_of_person(author)))
    desk.post(page_of_person(author), {"do": "lift"})
    sent(set_to(status, "value", "dead"), by=author)


def test_a_block_ends_by_itself(desk: Client, author: User) -> None:
    status = status_of(somebody())
    desk.post(page_of_person(author), {"do": "block", "reason": "Advertising.", "until": ""})
    assert Block.objects.in_force().get().until is None
    Block.objects.update(until=timezone.now() - timedelta(seconds=1))
    sent(set_to(status, "value", "dead"), by=author)


@pytest.mark.parametrize("wrong", [{"until": "2001-01-01"}, {"reason": ""}, {"until": "soon"}])
def test_a_wrong_block_is_refused_and_kept_in_the_form(desk: Client, author: User, wrong: dict[str, str]) -> None:
    typed = {"do": "block", "reason": "Advertising.", "until": ""} | wrong
    content = desk.post(page_of_person(author), typed).content.decode()
    assert "errorlist" in content
    assert f'value="{typed["reason"] or typed["until"]}"' in content or not typed["reason"]
    assert not Block.objects.exists()


def test_a_block_that_is_refused_is_at_its_field(desk: Client, author: User) -> None:
    reason = re.compile(r'<input[^>]* name="reason"[^>]*>')
    for page, posted in ((page_of_person(author), {"do": "block"}), (address("person_undo", author.pk), {"stamp": ""})):
        for field, is_at_it in ((desk.get(page), False), (desk.post(page, {"reason": ""} | posted), True)):
            found = reason.search(content_of(field))
            assert found is not None
            assert ("autofocus" in found[0]) == is_at_it


@pytest.mark.parametrize("role", ["moderator", "superuser"])
def test_moderators_cannot_be_blocked(desk: Client, role: str) -> None:
    other = person("chief", role=role)
    page = desk.post(page_of_person(other), {"do": "block", "reason": "Hm."}, follow=True)
    assert "Moderators cannot be blocked" in page.content.decode()
    assert not Block.objects.exists()


def test_who_has_no_account_is_blocked_by_address(desk: Client) -> None:
    ann = somebody()
    correction = sent(set_to(status_of(ann), "value", "dead"))
    Correction.objects.filter(pk=correction.pk).update(sender="a" * 64)
    desk.post(address("sender", correction.pk), {"do": "block", "reason": "Advertising."})
    with pytest.raises(blocking.Blocked, match="without an account from your address"):
        blocking.refuse_if_blocked(None, {"a" * 64})
    blocking.refuse_if_blocked(None, {"b" * 64})
    blocking.refuse_if_blocked(person("other"), {"a" * 64})


def test_an_account_can_be_blocked_with_its_addresses(desk: Client, author: User) -> None:
    correction = sent(set_to(status_of(somebody()), "value", "dead"), by=author)
    Correction.objects.filter(pk=correction.pk).update(sender="a" * 64)
    desk.post(page_of_person(author), {"do": "block", "reason": "Advertising.", "addresses": "on"})
    for user, senders in ((author, set()), (None, {"a" * 64})):
        with pytest.raises(blocking.Blocked):
            blocking.refuse_if_blocked(user, senders)


def test_a_block_by_address_outlives_a_new_secret_key(moderator: User, settings: Any) -> None:
    sender = Sender(address="192.0.2.1")
    blocking.block(user=None, senders={sender.address_hash}, reason="Advertising.", until=None, by=moderator)
    settings.SECRET_KEY = "n" * 50
    with pytest.raises(blocking.Blocked):
        send([set_to(status_of(somebody()), "value", "dead")], sender=sender)


@pytest.mark.parametrize("has_account", [True, False])
def test_a_spammer_is_gone_in_two_clicks(desk: Client, moderator: User, spammer: User, has_account: bool) -> None:
    """From the queue or the page of a correction, be something of theirs published or not."""
    status = status_of(somebody())
    sender = Sender(spammer) if has_account else Sender(address="192.0.2.1")
    spam = [send([set_to(status, "value", word)], sender=sender) for word in ("dead", "cheap", "pills")]
    note = send_note(Letter("Buy!"), Place("/", (), 1), sender=sender, kind=Correction.Kind.NOTE)
    if has_account:
        accepted(spam[0], by=moderator)
    leads = {spam_link(desk.get(page)) for page in (QUEUE, page_of(spam[2]), page_of(note))}
    if not has_account:  # each of them leads to all of the same address
        leads = {next(iter(leads))}
    (lead,) = leads
    form = desk.get(lead).content.decode()
    assert 'value="It is spam."' in form
    stamp = re.search(r'name="stamp" value="(\w*)"', form)
    ticked = re.findall(r'type="checkbox" name="(\w+)"[^>]* checked', form)
    desk.post(lead, {"stamp": stamp[1] if stamp else "", "reason": "It is spam.", **dict.fromkeys(ticked, "on")})
    assert status_of(status.character).value == "alive"
    assert Block.objects.in_force().get().user == (spammer if has_account else None)
    assert not Correction.objects.undecided().exists()


def spam_link(page: Any) -> str:
    found = re.search(r'href="([^"]+)">spam …</a>', page.content.decode())
    return found[1] if found else ""


def test_nobody_of_the_desk_is_taken_for_a_spammer(desk: Client, moderator: User) -> None:
    status = status_of(somebody())
    by_an_editor = sent(set_to(status, "value", "dead"), by=person(role="editor"))
    assert not spam_link(desk.get(page_of(by_an_editor)))
    by_anybody = sent(set_to(status, "value", "asleep"), by=person("spammer"))
    assert not spam_link(at_the_desk(User.objects.get(username="editor")).get(page_of(by_anybody)))


def test_only_moderators_see_it(author: User) -> None:
    for name in ("person", "person_undo"):
        assert at_the_desk(person(f"ed-{name}", role="editor")).get(address(name, author.pk)).status_code == 403
