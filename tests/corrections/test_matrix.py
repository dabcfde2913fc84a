"""Who may do what with a correction: roles × actions, each as a direct request. Rows are added by whoever adds a view.

An attempt is a function of client and correction. Allowed means that it was answered or carried out; whoever is not is
led to the login or refused, and nothing has changed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from characters.admin.learned.sheet import SECTIONS
from characters.models import Character, Trait
from corrections import rows
from corrections.models import Block, BulkDecision, BulkItem, Change, Correction, Event
from corrections.undoing_everything import plan
from episodes.models import Episode
from tests.characters.sheets import address_of
from tests.corrections.desk import QUEUE, address, at_the_desk, filled_in, in_bulk, page_of, verdict
from tests.corrections.letters import accepted, sent, set_to, somebody
from tests.people import person

pytestmark = pytest.mark.django_db

ROLES = ("anonymous", "contributor", "editor", "moderator", "superuser")
STAFF = frozenset({"editor", "moderator", "superuser"})
MODERATORS = frozenset({"moderator", "superuser"})


@dataclass(frozen=True)
class Attempt:
    name: str
    allowed: frozenset[str]
    send: Callable[[Client, Correction], Any]
    of_decided: bool = False  # it is about one that was accepted before


def post(name: str, **data: Any) -> Callable[[Client, Correction], Any]:
    return lambda client, correction: client.post(address(name, correction.pk), data)


def answer(do: str, decision: str = "", **data: Any) -> Callable[[Client, Correction], Any]:
    def send(client: Client, correction: Correction) -> Any:
        decided = verdict(correction.changes.get(), decision, why="No.") if decision else {}
        return client.post(page_of(correction), filled_in(correction, do=do) | decided | data)

    return send


def bulk(action: str) -> Callable[[Client, Correction], Any]:
    return lambda client, correction: client.post(QUEUE, in_bulk(client, action, correction, why="No."))


def go_on(client: Client, correction: Correction) -> Any:
    """Take a step of a bulk decision that is noted as one's own, as from when one was a moderator."""
    key = client.session.get("_auth_user_id")
    by = User.objects.get(pk=int(key)) if key else correction.author
    assert by is not None
    noted = BulkDecision.objects.create(by=by, accept=True)
    BulkItem.objects.create(bulk=noted, correction=correction, version=correction.version)
    return client.post(address("bulk", noted.pk), {"do": "go"})


def learned(client: Client, correction: Correction) -> Any:
    """A new revelation, by the form of an episode."""
    empty = {f"{kind.slug}-{name}_FORMS": "0" for kind in SECTIONS for name in ("TOTAL", "INITIAL")}
    row = {"revelations-TOTAL_FORMS": "1", "revelations-0-text": "She sings.", "revelations-0-certainty": "hinted"}
    return client.post(address_of(2), empty | row)


def everything_of_its_author(client: Client, correction: Correction) -> Any:
    stamp = plan(Correction.objects.filter(author=correction.author_id)).stamp
    return client.post(address("person_undo", correction.author_id), {"reason": "No.", "stamp": stamp})


def of_ann(name: str, **data: Any) -> Callable[[Client, Correction], Any]:
    """Something that is done on a page of a character."""

    def send(client: Client, correction: Correction) -> Any:
        page = reverse(f"admin:characters_character_{name}", args=[Character.objects.get(key="ann").pk])
        return client.post(page, data) if data else client.get(page)

    return send


def type_a_verdict(client: Client, correction: Correction) -> Any:
    key = client.session.get("_auth_user_id")
    by = User.objects.get(pk=int(key)).get_username() if key else ""
    typed = {"_keep_draft": "script", "as": by, "_draft": ""} | verdict(correction.changes.get(), "accept")
    return client.post(page_of(correction), typed)


def merge(client: Client, correction: Correction) -> Any:
    """Merge two, as somebody who saw what that does: an editor's stamp fits whoever posts it."""
    ann, bea = Character.objects.get(key="ann"), Character.objects.get(key="bea")
    page = reverse("admin:characters_character_merge", args=[bea.pk])
    asked = {"other": str(ann.pk), "stays": "other"}
    looking = at_the_desk(User.objects.filter(username="looks").first() or person("looks", role="editor"))
    return client.post(page, asked | {"stamp": looking.get(page, asked).context["stamp"], "do": "send"})


def change_one_field(client: Client, correction: Correction) -> Any:
    chosen = [str(Character.objects.get(key="ann").pk)]
    data = {"action": "change_one_field", "_selected_action": chosen, "_field": "inferred", "value": "on", "do": "send"}
    return client.post(reverse("admin:characters_character_changelist"), data)


ACTIONS = [
    Attempt("see how a key changes", STAFF, of_ann("rename")),
    Attempt("change a key", STAFF, of_ann("rename", key="ann_b", do="send")),
    Attempt("see a merge", STAFF, of_ann("merge")),
    Attempt("merge two", STAFF, merge),
    Attempt("change one field of many", STAFF, change_one_field),
    Attempt("see the start page", STAFF, lambda client, _: client.get("/admin/")),
    Attempt("read a report", STAFF, lambda client, _: client.get("/admin/reports/summaries/")),
    Attempt("see what was learned", STAFF, lambda client, _: client.get(address_of(2))),
    Attempt("write down what was learned", STAFF, learned),
    Attempt("see the queue", STAFF, lambda client, _: client.get(QUEUE)),
    Attempt("search the queue", STAFF, lambda client, _: client.get(QUEUE, {"q": "Ann"})),
    Attempt("see a correction", STAFF, lambda client, correction: client.get(page_of(correction))),
    Attempt("keep what one types", MODERATORS, type_a_verdict),
    Attempt("preview", STAFF, lambda client, correction: client.get(address("preview", correction.pk, 1))),
    Attempt(
        "preview as altered", MODERATORS,
        lambda client, correction: client.post(
            address("preview", correction.pk, 1), verdict(correction.changes.get(), "accept", value="asleep")
        ),
    ),
    Attempt("open a folded one", STAFF, post("open")),
    Attempt("claim", MODERATORS, post("claim", do="claim")),
    Attempt("take over", MODERATORS, post("claim", do="over")),
    Attempt("turn to another part", MODERATORS, post("turn", to="2")),
    Attempt("take the next", MODERATORS, lambda client, _: client.post(address("next"))),
    Attempt("accept", MODERATORS, answer("decide", "accept")),
    Attempt("accept the rest", MODERATORS, answer("accept")),
    Attempt("reject", MODERATORS, answer("decide", "reject")),
    Attempt("ask", MODERATORS, answer("ask", comment="Why?")),
    Attempt("comment", MODERATORS, answer("say", comment="Hm.")),
    Attempt("accept in bulk", MODERATORS, bulk("accept_selected")),
    Attempt("reject in bulk", MODERATORS, bulk("reject_selected")),
    Attempt("go on with a bulk decision", MODERATORS, go_on),
    Attempt("undo", STAFF, post("undo"), of_decided=True),
    Attempt("see a person", MODERATORS, lambda client, each: client.get(address("person", each.author_id))),
    Attempt(
        "see a person's undo", MODERATORS, lambda client, each: client.get(address("person_undo", each.author_id)),
        of_decided=True,
    ),
    Attempt("undo everything", MODERATORS, everything_of_its_author, of_decided=True),
    Attempt(
        "block", MODERATORS,
        lambda client, each: client.post(address("person", each.author_id), {"do": "block", "reason": "Spam."}),
    ),
    # Nobody does any of this, by whatever address the admin may offer.
    Attempt("add by form", frozenset(), lambda client, _: client.post(address("add"), {})),
    Attempt(
        "delete by form", frozenset(), lambda client, each: client.post(address("delete", each.pk), {"post": "yes"})
    ),
    Attempt("delete in bulk", frozenset(), bulk("delete_selected")),
]  # fmt: skip
ONLY_LOOKING = {
    "see the queue", "search the queue", "see a correction", "preview", "preview as altered", "open a folded one",
    "see the start page", "read a report", "see what was learned", "see a person", "see a person's undo",
    "see how a key changes", "see a merge", "turn to another part", "keep what one types",
}  # fmt: skip


@pytest.fixture
def status(db: None) -> Trait:
    for number in range(4):
        Episode.objects.create(number=number)
    somebody("bea", name="Bea")
    return somebody().traits.get()


def everything() -> list[Any]:
    content = [{kind.label: rows.all_values(kind)} for kind in rows.registered()]
    return [content, *(list(model.objects.order_by("pk").values()) for model in (Block, Correction, Change, Event))]


def is_refused(response: HttpResponse) -> bool:
    return response.status_code == 403 or (response.status_code == 302 and "/login/" in response["Location"])


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.name)
def test_who_may_do_what(status: Trait, role: str, action: Attempt) -> None:
    correction = sent(set_to(status, "value", "dead"), by=person("author"))
    if action.of_decided:
        accepted(correction, by=person("first", role="moderator"))
        correction.refresh_from_db()
    client = at_the_desk(None if role == "anonymous" else person(role=role))
    before = everything()
    response = action.send(client, correction)
    if role in action.allowed:
        assert not is_refused(response)
        assert response.status_code in (200, 302)
        assert (everything() == before) == (action.name in ONLY_LOOKING)
    else:
        assert everything() == before
        # The queue answers an action that one may not choose with itself.
        assert is_refused(response) or response.headers.get("Location") == QUEUE or response.status_code == 200
        assert response.status_code != 200 or role in STAFF


def test_every_view_of_the_desk_is_in_the_matrix(status: Trait) -> None:
    from django.contrib import admin

    names = {pattern.name for pattern in admin.site._registry[Correction].get_urls() if pattern.name}
    ours = {name.removeprefix("corrections_correction_") for name in names}
    assert ours == {
        "changelist", "add", "history", "delete", "change",  # of every admin; history leads to the page
        "next", "bulk", "open", "claim", "turn", "undo", "preview", "picture",  # picture: test_deciding
        "person", "person_undo", "sender", "sender_undo",  # by sender: test_people
        "hold", "change_for",  # of notes: test_notes
    }  # fmt: skip


@pytest.mark.parametrize("name", ["open", "claim", "undo"])
def test_nothing_changes_by_being_asked_for(status: Trait, name: str) -> None:
    correction = sent(set_to(status, "value", "dead"), by=person("author"))
    client = at_the_desk(person(role="superuser"))
    assert client.get(address(name, correction.pk)).status_code == 405
    assert client.get(address("next")).status_code == 405


def test_nobody_decides_their_own_by_any_way(status: Trait) -> None:
    moderator = person(role="moderator")
    correction = sent(set_to(status, "value", "dead"), by=moderator)
    client = at_the_desk(moderator)
    for send in (answer("accept"), answer("decide", "accept"), answer("decide", "reject"), bulk("accept_selected")):
        send(client, correction)
    status.refresh_from_db()
    correction.refresh_from_db()
    assert (status.value, correction.state) == ("alive", "open")


def test_who_has_left_the_staff_decides_nothing(status: Trait) -> None:
    moderator: User = person(role="moderator")
    correction = sent(set_to(status, "value", "dead"))
    client = at_the_desk(moderator)
    User.objects.filter(pk=moderator.pk).update(is_staff=False)
    assert is_refused(answer("accept")(client, correction))
    status.refresh_from_db()
    assert status.value == "alive"
