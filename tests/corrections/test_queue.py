"""The list of corrections."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from characters.models import Alias
from corrections.desk import queue
from corrections.editing import REASON
from corrections.letter import Letter
from corrections.models import Correction
from tests.corrections.desk import QUEUE, address, content_of, filled_in, in_bulk, page_of
from tests.corrections.letters import accepted, new, sent, set_to, somebody, status_of
from tests.people import person

pytestmark = pytest.mark.django_db


def test_it_has_filters_a_search_and_the_median_wait(desk: Client, author: User, moderator: User) -> None:
    ann, bea = somebody(), somebody("bea", name="Bea", since=2)
    of_ann = sent(set_to(status_of(ann), "value", "dead"), by=author)
    of_bea = sent(new(Alias, character=bea, name="Bee", revealed_in_id=3), by=moderator, letter=Letter("A nickname."))

    def found(**asked: str) -> set[Correction]:
        return set(desk.get(QUEUE, asked).context["cl"].result_list)

    assert found() == {of_ann, of_bea}
    assert found(q="Ann") == found(**{"from": "1", "to": "1"}) == found(of="characters.trait") == {of_ann}
    assert found(q="nickname") == found(**{"from": "2"}) == {of_bea}
    assert found(author__id__exact=str(author.pk)) == {of_ann}
    assert found(kind__exact="undo") == set()
    desk.post(address("claim", of_bea.pk), {"do": "claim"})
    assert found(claim="mine") == {of_bea}
    assert found(claim="free") == {of_ann}
    accepted(of_ann, by=moderator)
    assert found() == {of_bea}
    assert found(state="accepted") == {of_ann}
    assert found(state="all") == {of_ann, of_bea}
    assert "(median)" in desk.get(QUEUE).content.decode()


def test_each_line_names_its_pages_and_leads_on(desk: Client, halfway: Client, author: User) -> None:
    correction = sent(set_to(status_of(somebody()), "value", "dead"), by=author)
    assert f'<a href="{page_of(correction)}">Ann</a>' in desk.get(QUEUE).content.decode()
    later = sent(new(Alias, character=somebody("bea", name="Bea", since=3), name="B", revealed_in_id=3), by=author)
    assert later.revealed_in == 3
    assert "folded · episode 3" in content_of(halfway.get(QUEUE))


def test_where_nothing_waits_there_is_nothing_to_do(desk: Client, author: User, moderator: User) -> None:
    correction = sent(set_to(status_of(somebody()), "value", "dead"), by=author)
    buttons = ("Take the next one", 'name="action"')
    page = desk.get(QUEUE).content.decode()
    assert all(button in page for button in buttons)
    accepted(correction, by=moderator)
    page = desk.get(QUEUE).content.decode()
    assert "Nothing waits." in page
    assert not any(button in page for button in buttons)


def test_it_takes_a_bounded_number_of_queries(desk: Client, author: User, django_assert_max_num_queries: Any) -> None:
    ann = somebody()
    for number in range(15):
        sent(
            set_to(status_of(ann), "value", f"dead {number}"),
            new(Alias, character=ann, name=f"Name {number}", revealed_in_id=1), kind="edit",
        )  # fmt: skip
    with django_assert_max_num_queries(30):
        desk.get(QUEUE)


def test_its_filter_offers_corrections_without_an_account(desk: Client, author: User) -> None:
    status = status_of(somebody())
    sent(set_to(status, "value", "dead"), by=author)
    sent(set_to(status, "value", "asleep"), receipt="x" * 24)
    link = content_of(desk.get(QUEUE)).partition("author__isnull=True")[2].partition("</a>")[0]
    assert "without an account" in link


@pytest.mark.parametrize("name", ["of", "state", "claim"])
def test_it_ignores_values_that_its_filters_do_not_offer(desk: Client, author: User, name: str) -> None:
    waiting = sent(set_to(status_of(somebody()), "value", "dead"), by=author)
    assert list(desk.get(QUEUE, {name: "nonsense"}).context["cl"].result_list) == [waiting]


@pytest.mark.parametrize("asked", [{"author": "9" * 30}, {"revealed_in__gte": "7"}, {"events__isnull": "0"}], ids=str)
def test_it_takes_no_fields_but_those_of_its_filters(desk: Client, asked: dict[str, str]) -> None:
    refused = desk.get(QUEUE, asked)
    assert (refused.status_code, refused["Location"]) == (302, f"{QUEUE}?e=1")
    assert desk.get(refused["Location"]).status_code == 200


def test_a_nul_in_any_field_breaks_nothing(desk: Client, author: User) -> None:
    status = status_of(somebody())
    said, other = (sent(set_to(status, "value", value), by=author) for value in ("dead", "asleep"))
    desk.post(page_of(said), filled_in(said, do="say", comment="Wh\x00y?"))
    assert said.events.get(kind="remarked").text == "Why?"
    desk.post(QUEUE, in_bulk(desk, "reject_selected", other, why="No\x00."))
    assert Correction.objects.get(pk=other.pk).is_undecided  # the form of the list refuses it
    accepted(said, by=person("other", role="moderator"))
    desk.post(address("undo", said.pk), {"reason": "Wr\x00ong."})
    assert said.undone_by.get().reason == "Wrong."
    desk.post(reverse("admin:characters_tag_add"), {"name": "brave", REASON: "Th\x00ere."})
    assert Correction.objects.get(kind="edit").reason == "There."
    for name in ("of", "state", "claim", "kind__exact", "reason__contains"):
        assert desk.get(QUEUE, {name: "a\x00"}, follow=True).status_code == 200


def test_of_many_changes_the_first_are_counted_and_the_rest_is_said(
    desk: Client, author: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = somebody()
    names = [new(Alias, character=ann, name=name, revealed_in_id=2) for name in ("Anna", "Annie", "Nancy")]
    sent(*names, by=author)
    assert "and more" not in content_of(desk.get(QUEUE))
    monkeypatch.setattr(queue, "MOST_COUNTED", 2)
    assert "add name ×2, and more" in content_of(desk.get(QUEUE))
