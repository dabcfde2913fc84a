"""What became of it: for whoever sent it, by account or receipt, and for nobody else."""

import re
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from characters.models import Alias, Character, Trait
from corrections import rows, views
from corrections.deciding import Verdict, decide
from corrections.desk import claims, questions
from corrections.letter import Letter
from corrections.models import Change, Correction, State
from corrections.sending import Sender, adding, new_receipt, setting
from corrections.thread import version_for_author
from corrections.undoing import undo
from episodes.models import Episode
from tests.corrections.desk import at_the_desk
from tests.corrections.forms import OWN, fields_of, send_on
from tests.corrections.letters import accepted, new, sent, set_to, somebody, summary_of
from tests.people import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def status(db: None) -> Trait:
    for number in range(10):
        Episode.objects.create(number=number)
    return somebody().traits.get()


@pytest.fixture
def moderator(status: Trait) -> User:
    return person("judge", role="moderator")


@pytest.fixture
def contributor(status: Trait) -> User:
    return person(role="contributor")


def browser(progress: int = 5, user: User | None = None) -> Client:
    client = Client()
    if user:
        client.force_login(user)
    client.cookies["progress"] = str(progress)
    return client


def pages(correction: Correction, receipt: str = "") -> dict[str, str]:
    base = f"/corrections/receipt/{receipt}/" if receipt else f"/corrections/{correction.pk}/"
    return {name: f"{base}{name}/" if name else base for name in ("", "again", "withdraw", "answer")}


def text(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200, response.status_code
    return response.content.decode()


def test_one_s_own_are_listed(status: Trait, contributor: User) -> None:
    correction = sent(set_to(status, "value", "dead"), by=contributor)
    somebody_else = sent(set_to(status, "value", "asleep"), by=person("else"))
    body = text(browser(user=contributor), "/corrections/")
    assert f"/corrections/{correction.pk}/" in body
    assert f"/corrections/{somebody_else.pk}/" not in body
    assert "Waiting for a moderator" in body
    assert ">Ann" in body or "Ann<" in body


def test_the_list_takes_as_many_queries_however_long(
    status: Trait, contributor: User, django_assert_max_num_queries: Any
) -> None:
    client = browser(user=contributor)
    for number in range(30):
        sent(set_to(status, "value", f"dead {number}"), by=contributor, kind="edit")
        if number in (0, 29):
            with django_assert_max_num_queries(36):
                assert client.get("/corrections/").status_code == 200


def test_who_is_not_signed_in_is_asked_to_and_learns_nothing(status: Trait, contributor: User) -> None:
    correction = sent(set_to(status, "value", "dead"), by=contributor)
    for pk in (correction.pk, "00000000-0000-4000-8000-000000000000"):
        response = browser().get(f"/corrections/{pk}/")
        assert response["Location"] == f"/accounts/login/?next=/corrections/{pk}/"


@pytest.mark.parametrize("who", ["anonymous", "contributor", "editor", "moderator", "superuser", "other receipt"])
@pytest.mark.parametrize("by_receipt", [True, False], ids=["receipt", "account"])
def test_nobody_else_reads_or_changes_it(status: Trait, who: str, by_receipt: bool) -> None:
    author, receipt = (None, new_receipt()) if by_receipt else (person("author"), "")
    correction = sent(set_to(status, "value", "dead"), by=author, receipt=receipt)
    other = new_receipt()
    sent(set_to(status, "value", "asleep"), receipt=other)
    client = browser(user=None if who in ("anonymous", "other receipt") else person("stranger", role=who))
    for name, address in pages(correction).items():
        data = {"text": "Mine.", "version": "1", "reason": "x"}
        assert client.post(address, data, headers=OWN).status_code in (404, 405, 302), name
        assert client.get(address).status_code in (302, 404, 405), name
    if who == "other receipt":
        assert client.get(f"/corrections/receipt/{other}/{correction.pk}/").status_code == 404
        client.post(f"/corrections/receipt/{other}/withdraw/", {"version": "1"}, headers=OWN)
    correction.refresh_from_db()
    assert (correction.state, correction.version) == (State.OPEN, 1)
    assert correction.events.count() == 1


def test_a_receipt_is_a_key_and_the_database_has_only_its_hash(status: Trait) -> None:
    receipt = new_receipt()
    correction = sent(set_to(status, "value", "dead"), receipt=receipt)
    response = browser().get(f"/corrections/receipt/{receipt}/")
    assert f"{settings.SITE_URL}/corrections/receipt/{receipt}/" in response.content.decode()
    assert response["Referrer-Policy"] == "strict-origin"
    assert response["X-Robots-Tag"] == "noindex"
    assert receipt not in str(Correction.objects.filter(pk=correction.pk).values().get())
    for wrong in (receipt[:-1], receipt.swapcase(), correction.receipt, "x", "\x00", "x" * 500):
        assert browser().get(f"/corrections/receipt/{wrong}/").status_code == 404


@pytest.mark.parametrize("by_receipt", [True, False], ids=["receipt", "account"])
def test_amended_until_it_is_claimed(status: Trait, moderator: User, by_receipt: bool) -> None:
    author, receipt = (None, new_receipt()) if by_receipt else (person("author"), "")
    correction = sent(set_to(status, "value", "ded"), by=author, receipt=receipt)
    client, address = browser(user=author), pages(correction, receipt)["again"]
    form = client.get(address)
    assert fields_of(form)[f"{status.pk}-value"] == ["ded"]
    response = send_on(client, address, form, **{f"{status.pk}-value": "dead"})
    assert response["Location"] == pages(correction, receipt)[""]
    assert correction.changes.current().get().after == "dead"
    assert correction.changes.count() == 2
    late = client.get(address)
    claims.claim(correction, by=moderator)
    refused = send_on(client, address, late, **{f"{status.pk}-value": "gone"})
    assert refused.status_code == 409
    assert "a moderator is working on it" in refused.content.decode()
    assert fields_of(refused)[f"{status.pk}-value"] == ["gone"]
    assert correction.changes.current().get().after == "dead"
    assert "again/" not in text(client, pages(correction, receipt)[""])


def test_a_page_that_has_grown_old_changes_nothing(status: Trait, contributor: User) -> None:
    correction = sent(set_to(status, "value", "ded"), by=contributor)
    client, address = browser(user=contributor), pages(correction)["again"]
    old = client.get(address)
    send_on(client, address, old, **{f"{status.pk}-value": "dead"})
    refused = send_on(client, address, old, **{f"{status.pk}-value": "gone"})
    assert refused.status_code == 409
    assert "since you opened this" in refused.content.decode()
    assert client.post(pages(correction)["withdraw"], {"version": "1"}, headers=OWN).status_code == 409
    for version in ("", "x", "-1", "9" * 400, "\x00"):
        response = client.post(pages(correction)["withdraw"], {"version": version}, headers=OWN)
        assert response.status_code == 409, version
    correction.refresh_from_db()
    assert correction.state == State.OPEN


def test_what_is_left_can_be_changed_while_the_rest_is_decided(
    status: Trait, moderator: User, contributor: User
) -> None:
    alias, title = status.character.aliases.get(), somebody("bea", name="Bea").aliases.get()
    changes = [set_to(status, "value", "ded"), set_to(alias, "name", "Anna"), set_to(title, "name", "Beatrice")]
    correction = sent(*changes, by=contributor)
    first, second, _ = correction.changes.order_by("position")
    verdicts = {first.pk: Verdict(accept=False, why="It is not spelt so."), second.pk: Verdict(accept=True)}
    decide(correction, by=moderator, version=1, verdicts=verdicts)
    client, again = browser(user=contributor), pages(correction)["again"]
    form = client.get(again)
    assert f"{status.pk}-value" not in fields_of(form)
    assert send_on(client, again, form, **{f"{title.pk}-name": "Beatrix"}).status_code == 303
    correction.refresh_from_db()
    assert correction.state == State.OPEN
    now = [(each.after, each.decision) for each in correction.changes.current().order_by("position")]
    assert now == [("ded", "rejected"), ("Anna", "accepted"), ("Beatrix", "pending")]
    accepted(correction, by=moderator)
    correction.refresh_from_db()
    assert correction.state == State.PARTLY
    title.refresh_from_db()
    assert title.name == "Beatrix"


def test_what_an_editor_sent_is_not_squeezed_into_the_form(status: Trait) -> None:
    editor = person(role="editor")
    correction = sent(set_to(status, "value", "dead"), by=editor, kind="edit")
    client, address = browser(user=editor), pages(correction)
    assert "again/" not in text(client, address[""])
    assert "Withdraw this correction" in text(client, address[""])
    assert client.get(address["again"])["Location"] == address[""]


def test_a_fact_of_one_of_two_stays_with_them(status: Trait, contributor: User) -> None:
    """Ann is Bea from 5 on. Sent at 6, and changed at 4, where each has a page of her own."""
    from characters.models import Unmasking
    from tests.corrections.letters import new

    ann, bea = Character.objects.get(), somebody("bea", name="Bea")
    Unmasking.objects.create(persona=bea, identity=ann, revealed_in_id=5)
    facts = [
        new(Trait, character=who, attribute="habit", value=f"of {who.key}", revealed_in_id=1) for who in (ann, bea)
    ]
    correction = sent(*facts, by=contributor)
    again = pages(correction)["again"]
    client = browser(4, contributor)
    assert send_on(client, again, client.get(again), reason="I looked again.").status_code == 303
    told = [each.after or {} for each in correction.changes.current()]
    now = {values["character"]: values["value"] for values in told}
    assert now == {str(ann.pk): "of ann", str(bea.pk): "of bea"}


def test_no_row_is_lost_that_is_more_than_a_form_holds(
    status: Trait, contributor: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    from characters.contributing import draft, reopening
    from characters.models import Alias
    from tests.corrections.letters import new

    for module in (draft, reopening):
        monkeypatch.setattr(module, "MOST_NEW", 2)
    names = ["Anna", "Annie", "Nancy"]
    ann = status.character
    correction = sent(*(new(Alias, character=ann, name=name, revealed_in_id=1) for name in names), by=contributor)
    client, address = browser(user=contributor), pages(correction)["again"]
    assert send_on(client, address, client.get(address), reason="I looked again.").status_code == 303
    assert sorted((each.after or {})["name"] for each in correction.changes.current()) == names


def test_what_is_gone_since_is_no_earlier_for_that(status: Trait, moderator: User, contributor: User) -> None:
    late = Trait.objects.create(character=status.character, attribute="habit", value="hides", revealed_in_id=9)
    correction = sent(set_to(late, "value", "murders"), by=contributor, letter=Letter("She is a murderer."))
    late.delete()
    accepted(correction, by=moderator, accept=False, why="The murder is told elsewhere.")
    correction.refresh_from_db()
    assert correction.revealed_in == 9
    for address in (pages(correction)[""], "/corrections/"):
        assert "murder" not in text(browser(2, contributor), address)
        assert "murder" in text(browser(9, contributor), address)


def test_who_went_back_before_all_of_it_is_not_led_to_an_empty_form(status: Trait, contributor: User) -> None:
    late = Trait.objects.create(character=status.character, attribute="habit", value="hides", revealed_in_id=9)
    correction = sent(set_to(late, "value", "murders"), by=contributor)
    assert "again/" in text(browser(9, contributor), pages(correction)[""])
    assert "again/" not in text(browser(8, contributor), pages(correction)[""])


def test_an_address_that_is_sent_to_leads_back_to_the_page(status: Trait, contributor: User) -> None:
    """The small forms of each page come back to where they were."""
    receipt = new_receipt()
    correction = sent(set_to(status, "value", "dead"), receipt=receipt)
    own = pages(correction, receipt)
    for name in ("answer", "withdraw"):
        assert browser().get(own[name])["Location"] == own[""]
        assert browser(user=contributor).get(pages(correction)[name]).status_code == 404
    assert correction.events.count() == 1


def test_withdrawn(status: Trait, contributor: User) -> None:
    correction = sent(set_to(status, "value", "dead"), by=contributor)
    client = browser(user=contributor)
    for headers in ({}, {"Sec-Fetch-Site": "cross-site"}):
        assert client.post(pages(correction)["withdraw"], {"version": "1"}, headers=headers).status_code == 403
    own = {"version": version_for_author(correction)}
    assert client.post(pages(correction)["withdraw"], own, headers=OWN).status_code == 303
    correction.refresh_from_db()
    assert correction.state == State.WITHDRAWN
    assert "Withdrawn" in text(client, pages(correction)[""])


@pytest.mark.parametrize("by_receipt", [True, False], ids=["receipt", "account"])
def test_a_question_is_answered(status: Trait, moderator: User, by_receipt: bool) -> None:
    author, receipt = (None, new_receipt()) if by_receipt else (person("author"), "")
    correction = sent(set_to(status, "value", "dead"), by=author, receipt=receipt)
    questions.ask(correction, "Where do you see that, of [[ann]]?", by=moderator, version=1)
    client, address = browser(user=author), pages(correction, receipt)
    body = text(client, address[""])
    assert "A moderator has a question" in body
    assert "Where do you see that, of Ann?" in body
    assert client.post(address["answer"], {"text": " "}, headers=OWN).status_code == 409
    assert client.post(address["answer"], {"text": "At <b>12:03</b>.\x00"}, headers=OWN).status_code == 303
    correction.refresh_from_db()
    assert correction.state == State.OPEN
    assert "At &lt;b&gt;12:03&lt;/b&gt;." in text(client, address[""])


def test_revised_after_a_rejection(status: Trait, moderator: User, contributor: User) -> None:
    correction = sent(set_to(status, "value", "ded"), by=contributor)
    accepted(correction, by=moderator, accept=False, why="A slip: see [[ann]].")
    client, address = browser(user=contributor), pages(correction)
    assert "A slip: see Ann." in text(client, address[""])
    form = client.get(address["again"])
    assert fields_of(form)[f"{status.pk}-value"] == ["ded"]
    response = send_on(client, address["again"], form, **{f"{status.pk}-value": "dead"})
    assert response.status_code == 303
    revised = Correction.objects.get(revises=correction)
    assert (revised.author, revised.changes.get().after) == (contributor, "dead")
    correction.refresh_from_db()
    assert correction.state == State.REJECTED


def test_what_a_moderator_made_of_it_is_shown_from_its_episode_on(
    status: Trait, moderator: User, contributor: User
) -> None:
    later = somebody("the_queen", name="Queen Mab", since=5)
    Trait.objects.filter(pk=status.pk).update(revealed_in_id=5)
    status.refresh_from_db()
    correction = sent(set_to(status, "value", "loves sombody"), by=contributor)
    accepted(correction, by=moderator, final="loves [[the_queen]]", altered=True)
    assert later.revealed_in_id == 5
    body = text(browser(5, contributor), pages(correction)[""])
    assert "after a moderator changed it" in body
    assert "loves Queen Mab" in body
    before = text(browser(4, contributor), pages(correction)[""])
    for hidden in ("Queen", "the_queen", "sombody"):
        assert hidden not in before, hidden


def test_a_new_row_that_is_moved_to_a_later_episode_stays_there(
    status: Trait, moderator: User, contributor: User
) -> None:
    from characters.models import Alias
    from tests.corrections.letters import new

    ann = Character.objects.get()
    correction = sent(new(Alias, character=ann, name="Annie", revealed_in_id=3), by=contributor)
    late = rows.values_of(Alias(character=ann, name="Annabel", revealed_in_id=9))
    accepted(correction, by=moderator, altered=True, final=late)
    body = text(browser(3, contributor), pages(correction)[""])
    assert "Annie" in body
    assert "Annabel" not in body
    assert "episode 9" not in body
    assert "Annabel" in text(browser(9, contributor), pages(correction)[""])


def test_a_conflict_or_a_failure_is_between_moderators(status: Trait, moderator: User, contributor: User) -> None:
    correction = sent(setting(status, "revealed_in", 1, 0), set_to(status, "value", "x"), by=contributor)
    decided = accepted(correction, by=moderator)
    assert decided.failure
    assert "Revealed in episode 0" in correction.events.get(kind="failed").text
    body = text(browser(user=contributor), pages(correction)[""])
    assert "Waiting for a moderator" in body
    assert "Revealed in episode" not in body
    Trait.objects.filter(pk=status.pk).update(value="asleep")
    other = sent(setting(status, "value", "alive", "dead"), by=contributor)
    assert accepted(other, by=moderator).held
    body = text(browser(user=contributor), pages(other)[""])
    assert "Not decided yet" in body
    assert "held" not in body


def test_the_mail_on_a_decision_leads_to_the_page(
    status: Trait, moderator: User, contributor: User, django_capture_on_commit_callbacks: Any, settings: Any
) -> None:
    correction = sent(set_to(status, "value", "dead"), by=contributor)
    with django_capture_on_commit_callbacks(execute=True):
        accepted(correction, by=moderator)
    address = f"/corrections/{correction.pk}/"
    assert f"{settings.SITE_URL}{address}" in mail.outbox[0].body
    assert "Accepted" in text(browser(user=contributor), address)


def test_a_claim_is_told_without_a_name(status: Trait, moderator: User, contributor: User) -> None:
    correction = sent(set_to(status, "value", "dead"), by=contributor)
    claims.claim(correction, by=moderator)
    body = text(browser(user=contributor), pages(correction)[""])
    assert "A moderator is looking at it" in body
    assert moderator.username not in body
    Correction.objects.update(claimed_until=timezone.now())
    assert "Waiting for a moderator" in text(browser(user=contributor), pages(correction)[""])


def test_a_picture_that_was_rejected_comes_back_with_the_form(status: Trait, moderator: User) -> None:
    from tests.corrections.forms import send_form
    from tests.corrections.test_contributing import picture

    ann = Character.objects.get()
    client = browser()
    response = send_form(
        client, f"/corrections/new/characters/{ann.public_id}/?add=portrait",
        new0__image=picture(), new0__credit="Me", new0__licence="CC0", new0__alt_text="Ann",
    )  # fmt: skip
    accepted(Correction.objects.get(), by=moderator, accept=False, why="Too dark.")
    address = response["Location"] + "again/"
    form = client.get(address)
    assert "Your picture is kept" in form.content.decode()
    assert send_on(client, address, form, new0__alt_text="Ann at night").status_code == 303
    first, second = Change.objects.order_by("correction__created_at")
    assert (first.after or {})["image"] == (second.after or {})["image"]


def test_sender_of_an_inactive_account_is_nobody(status: Trait, contributor: User) -> None:
    assert not Sender().wrote(sent(set_to(status, "value", "dead"), by=contributor))


def test_what_is_about_a_later_episode_stays_there_when_one_has_gone_back(status: Trait, moderator: User) -> None:
    from characters.models import Alias, Revelation
    from tests.corrections.forms import send_form

    ann = Character.objects.get()
    address = f"/corrections/new/characters/{ann.public_id}/?add=alias&add=revelation&row={status.pk}"
    new_rows = {
        "new0__name": "Queen Mab", "new0__revealed_in": "9",
        "new1__text": "[[Ann]] is Mab.", "new1__revealed_in": "9", "new1__characters": "Ann",
    }  # fmt: skip
    receipt = send_form(browser(9), address, **new_rows, **{f"{status.pk}-value": "ded"})["Location"]
    again = receipt + "again/"
    client = browser(8)
    form = client.get(again)
    for hidden in ("Mab", "It is so."):
        assert hidden not in form.content.decode(), hidden
    assert "2 changes about later episodes stay as they are." in form.content.decode()
    assert send_on(client, again, form, reason="", **{f"{status.pk}-value": "dead"}).status_code == 303
    correction = Correction.objects.get()
    assert correction.reason == "It is so."
    accepted(correction, by=moderator)
    assert Alias.objects.get(name="Queen Mab").revealed_in_id == Revelation.objects.get().revealed_in_id == 9
    status.refresh_from_db()
    assert status.value == "dead"


@pytest.mark.parametrize(("opened", "sent_at"), [(9, 8), (8, 9)])
def test_nothing_is_sent_from_another_episode_than_it_was_opened_at(
    status: Trait, contributor: User, opened: int, sent_at: int
) -> None:
    from characters.models import Alias
    from tests.corrections.letters import new

    late = new(Alias, character=Character.objects.get(), name="Mab", revealed_in_id=9)
    correction = sent(late, set_to(status, "value", "ded"), by=contributor)
    again = pages(correction)["again"]
    form = browser(opened, contributor).get(again)
    client = browser(sent_at, contributor)
    refused = send_on(client, again, form, **{f"{status.pk}-value": "dead"})
    assert refused.status_code in (409, 422)
    assert send_on(client, again, refused).status_code in (409, 422)
    assert {(change.action, change.replaced) for change in correction.changes.all()} == {("add", False), ("set", False)}


def test_an_episode_that_is_not_offered_is_not_taken_for_the_first(status: Trait) -> None:
    ann = Character.objects.get()
    address = f"/corrections/new/characters/{ann.public_id}/?add=alias"
    form = browser(9).get(address)
    refused = send_on(browser(8), address, form, new0__name="Mab", new0__revealed_in="9")
    assert refused.status_code == 422
    assert fields_of(refused)["new0-revealed_in"] == [""]
    assert send_on(browser(8), address, refused).status_code == 422
    assert not Correction.objects.exists()


def test_what_was_withdrawn_in_another_tab_is_sent_anew_knowingly(status: Trait, contributor: User) -> None:
    correction = sent(set_to(status, "value", "ded"), by=contributor)
    client, address = browser(user=contributor), pages(correction)
    form = client.get(address["again"])
    client.post(address["withdraw"], {"version": version_for_author(correction)}, headers=OWN)
    refused = send_on(client, address["again"], form, **{f"{status.pk}-value": "dead"})
    assert refused.status_code == 409
    assert "your correction was withdrawn meanwhile" in refused.content.decode()
    assert fields_of(refused)[f"{status.pk}-value"] == ["dead"]
    assert Correction.objects.count() == 1
    assert send_on(client, address["again"], refused).status_code == 303
    assert Correction.objects.get(revises=correction).changes.get().after == "dead"


def test_while_a_moderator_looks_at_it_there_is_no_form(status: Trait, moderator: User, contributor: User) -> None:
    correction = sent(set_to(status, "value", "ded"), by=contributor)
    claims.claim(correction, by=moderator)
    client, address = browser(user=contributor), pages(correction)
    assert client.get(address["again"])["Location"] == address[""]
    assert "cannot be changed just now; you can still write below" in text(client, address[""])


def test_why_and_what_was_said_wait_for_the_episode_too(status: Trait, moderator: User, contributor: User) -> None:
    from characters.models import Alias
    from tests.corrections.letters import new

    late = new(Alias, character=Character.objects.get(), name="Mab", revealed_in_id=9)
    correction = sent(late, by=contributor, letter=Letter("They crown her.", 9, "12:03", "https://crown.example/"))
    questions.comment(correction, "Crowned indeed?", by=moderator)
    accepted(correction, by=moderator, accept=False, why="No crown.")
    secrets = ("Mab", "crown", "12:03")
    for address in (pages(correction)[""], "/corrections/"):
        before = text(browser(8, contributor), address).casefold()
        for secret in secrets:
            assert secret.casefold() not in before, (address, secret)
    assert "This is about episode 9" in text(browser(8, contributor), pages(correction)[""])
    assert all(secret in text(browser(9, contributor), pages(correction)[""]) for secret in secrets)
    assert browser(8, contributor).get(pages(correction)["again"])["Location"] == pages(correction)[""]


def test_an_answer_has_a_length_and_a_pace(status: Trait, contributor: User, monkeypatch: pytest.MonkeyPatch) -> None:
    from corrections import sending

    monkeypatch.setattr(sending, "MOST_ANSWERS_AN_HOUR", 2)
    correction = sent(set_to(status, "value", "dead"), by=contributor)
    client, address = browser(user=contributor), pages(correction)
    too_long = client.post(address["answer"], {"text": "x" * 2001}, headers=OWN)
    assert too_long.status_code == 409
    assert "at most 2,000 characters" in too_long.content.decode()
    assert "x" * 2001 in too_long.content.decode()
    for line in ("x\r\n" * 1000, "More."):
        assert client.post(address["answer"], {"text": line}, headers=OWN).status_code == 303
    refused = client.post(address["answer"], {"text": "And more."}, headers=OWN)
    assert refused.status_code == 409
    assert "And more." in refused.content.decode()
    assert correction.events.filter(kind="said").count() == 2


def test_amending_has_a_pace(status: Trait, contributor: User, monkeypatch: pytest.MonkeyPatch) -> None:
    from corrections import sending

    monkeypatch.setattr(sending, "MOST_AMENDED_AN_HOUR", 1)
    correction = sent(set_to(status, "value", "dead"), by=contributor)
    client, again = browser(user=contributor), pages(correction)["again"]
    value = f"{status.pk}-value"
    assert send_on(client, again, client.get(again), **{value: "missing"}).status_code == 303
    refused = send_on(client, again, client.get(again), **{value: "asleep"})
    assert refused.status_code == 409
    assert fields_of(refused)[value] == ["asleep"]
    assert correction.changes.current().get().after == "missing"


def test_an_undo_is_told_once_it_is_published(status: Trait, moderator: User, contributor: User) -> None:
    correction = sent(set_to(status, "value", "dead"), by=contributor)
    accepted(correction, by=moderator)
    undone = undo(correction, by=person(role="editor"))
    address, client = pages(correction)[""], browser(user=contributor)
    assert "undid it" not in text(client, address)
    assert "undone later" not in text(client, "/corrections/")
    accepted(undone, by=moderator)
    assert "undid it" in text(client, address)
    for told in (text(client, address), text(client, "/corrections/")):
        assert "Accepted, and undone later" in told
    accepted(undo(undone, by=person("other", role="editor")), by=moderator)
    assert "undone later" not in text(client, address)


def test_a_part_that_is_undone_is_told_as_a_part(status: Trait, moderator: User, contributor: User) -> None:
    alias = status.character.aliases.get()
    correction = sent(set_to(status, "value", "dead"), set_to(alias, "name", "Anna"), by=contributor)
    accepted(correction, by=moderator)
    first, second = correction.changes.order_by("position")
    address, client = pages(correction)[""], browser(user=contributor)
    accepted(undo(correction, by=person(role="editor"), only=first.pk), by=moderator)
    assert text(client, address).count("A part of it is still published.") == 1
    accepted(undo(correction, by=person("other", role="editor"), only=second.pk), by=moderator)
    assert text(client, address).count("undid it") == 2
    assert text(client, address).count("A part of it is still published.") == 1


def test_what_a_moderator_wrote_is_theirs_when_they_are_gone(status: Trait, moderator: User) -> None:
    receipt = new_receipt()
    correction = sent(set_to(status, "value", "dead"), receipt=receipt)
    questions.comment(correction, "Thank you for this.", by=moderator)
    moderator.delete()
    body = text(browser(), pages(correction, receipt)[""])
    assert "Thank you for this." in body
    assert "<strong>A moderator</strong> wrote" in body


def test_moderators_write_no_novels_either(status: Trait, moderator: User, contributor: User) -> None:
    from django.core.exceptions import ValidationError

    correction = sent(set_to(status, "value", "dead"), by=contributor)
    with pytest.raises(ValidationError, match="at most 2,000"):
        questions.ask(correction, "x" * 2001, by=moderator, version=1)
    with pytest.raises(ValidationError, match="at most 2,000"):
        questions.comment(correction, "x" * 2001, by=moderator)


@pytest.mark.parametrize("by_receipt", [True, False], ids=["receipt", "account"])
def test_what_was_sent_again_and_its_earlier_tell_of_each_other(
    status: Trait, moderator: User, by_receipt: bool
) -> None:
    author, receipt = (None, new_receipt()) if by_receipt else (person("author"), "")
    correction = sent(set_to(status, "value", "ded"), by=author, receipt=receipt)
    accepted(correction, by=moderator, accept=False, why="A slip.")
    client, address = browser(user=author), pages(correction, receipt)
    form = client.get(address["again"])
    new_address = send_on(client, address["again"], form, **{f"{status.pk}-value": "dead"})["Location"]
    old, new = text(client, address[""]), text(client, new_address)
    assert "You sent this again" in old
    assert "This follows an earlier correction" in new
    revised = Correction.objects.get(revises=correction)
    assert (f'href="/corrections/{revised.pk}/"' in old, f'href="/corrections/{correction.pk}/"' in new) == (
        (not by_receipt,) * 2
    )


def test_nothing_new_is_no_amendment(status: Trait, contributor: User) -> None:
    from characters.models import Revelation
    from tests.corrections.letters import new

    told = new(Revelation, key="suggested-x", text="She runs.", revealed_in_id=3)
    correction = sent(set_to(status, "value", "dead"), told, by=contributor)
    Correction.objects.update(reason="It is so.")
    client, address = browser(user=contributor), pages(correction)["again"]
    refused = send_on(client, address, client.get(address))
    assert refused.status_code == 422
    assert "the same as what you sent" in refused.content.decode()
    assert not correction.events.filter(kind="amended").exists()
    assert send_on(client, address, refused, reason="See the end.").status_code == 303


def test_an_editor_reads_which_tag_they_added(status: Trait) -> None:
    editor = person(role="editor")
    tag = adding("characters.tag", {"name": "Singer", "slug": "singer"})
    edit = sent(tag, by=editor, kind=Correction.Kind.EDIT)
    page = text(browser(9, editor), pages(edit)[""])
    assert "Tag added" in page
    assert "Singer" in page
    assert "Something" not in page
    assert "Singer" not in text(browser(5, editor), pages(edit)[""])


def test_the_reason_names_whom_it_mentions(status: Trait, contributor: User) -> None:
    own = sent(set_to(status, "value", "dead"), by=contributor, letter=Letter("[[ann]] dies."))
    page = text(browser(5, contributor), pages(own)[""])
    assert "Ann dies." in page


def test_a_change_of_one_field_shows_its_row_and_marks_the_words_that_change(status: Trait, contributor: User) -> None:
    about = summary_of(status.character, "She sings in the [[ann]] club.", since=2)
    own = sent(set_to(about, "value", "She dances in the [[ann]] club."), by=contributor)
    page = browser(5, contributor).get(pages(own)[""]).content.decode()
    assert "<span>She </span><del>sings</del><ins>dances</ins><span> in the Ann club.</span>" in page
    assert re.search(r'<div class="same"><dt>Attribute</dt><dd><span dir="auto">Summary</span>', page)
    assert re.search(r'<div class="same"><dt>Known after</dt><dd><span dir="auto">episode 2</span>', page)
    moved = sent(set_to(about, "revealed_in", 3), by=contributor)
    page = browser(5, contributor).get(pages(moved)[""]).content.decode()
    assert re.search(r'class="same"><dt>What it says</dt><dd><span dir="auto">She sings in the \W?Ann\W? club', page)
    assert "She sings" not in browser(1, contributor).get(pages(moved)[""]).content.decode()


def test_of_very_many_changes_some_are_shown(contributor: User, status: Trait, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "MOST_SHOWN", 1)
    names = [new(Alias, character=status.character, name=name, revealed_in_id=1) for name in ("Nan", "Nanny", "Nana")]
    page = at_the_desk(contributor).get(reverse("correction", args=[sent(*names, by=contributor).pk])).content.decode()
    assert page.count("<h3>") == 1
    assert "And 2 more changes." in page
