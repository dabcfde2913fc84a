"""The start page of the admin and its reports."""

from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.contrib import admin
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from characters.admin.reports import REPORTS, stale_summaries
from characters.admin.site import OnAir, on_air
from characters.models import Alias, Character, Portrait, Revelation, Trait, Unmasking
from corrections.models import Correction, Edition
from episodes.models import Episode
from tests.characters.sheets import address_of
from tests.corrections.desk import at_the_desk
from tests.corrections.letters import sent, set_to, somebody
from tests.people import person
from tests.shapes import telling_show
from tests.shows import load_show

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def empty_cache() -> None:
    cache.clear()


@pytest.fixture
def editor(ann: Character) -> Client:
    return at_the_desk(person(role="editor"), episode=3)


def report(client: Client, slug: str, **query: str) -> list[tuple[int, str]]:
    """Return the gaps of a report, by episode and name."""
    page = client.get(f"/admin/reports/{slug}/", query)
    return [(gap.episode, gap.what) for gap in page.context["gaps"]]


def counts(client: Client) -> dict[str, tuple[int | None, int]]:
    """Return for each report on the start page the number of gaps that are shown, and of those that are folded."""
    return {each.report.slug: (each.count, each.folded) for each in client.get("/admin/").context["waiting"]}


def summary(character: Character, *, since: int) -> Trait:
    return Trait.objects.create(character=character, attribute="summary", value="In short.", revealed_in_id=since)


def portrait(character: Character, *, since: int) -> Portrait:
    """Return a portrait without a file."""
    row = Portrait(character=character, alt_text="Somebody", credit="us", licence="CC0", revealed_in_id=since)
    return Portrait.objects.bulk_create([row])[0]


# Reports


def test_who_has_no_picture(editor: Client, ann: Character) -> None:
    bea = somebody("bea", name="Bea", since=2)
    portrait(bea, since=2)
    assert report(editor, "pictures") == [(1, "Ann")]


def test_a_character_is_called_as_it_was_in_the_episode_of_the_gap(editor: Client, ann: Character) -> None:
    Alias.objects.create(character=ann, name="Queen Ann", headline=True, revealed_in_id=3)
    assert report(editor, "pictures") == [(1, "Ann")]
    summary(ann, since=1)
    assert report(editor, "summaries") == [(3, "Queen Ann")]


def test_a_revelation_needs_a_source(editor: Client) -> None:
    Revelation.objects.create(key="loose", text="So they say.", revealed_in_id=2)
    Revelation.objects.create(key="sound", text="It is so.", source="Episode 2, 12:30", revealed_in_id=2)
    assert report(editor, "sources") == [(2, "loose")]


def test_every_kind_of_row_whose_episode_was_worked_out_is_listed(editor: Client, ann: Character) -> None:
    assert counts(editor)["inferred"] == (0, 0)
    Character.objects.filter(pk=ann.pk).update(inferred=True)
    Trait.objects.create(character=ann, attribute="habit", value="sings", revealed_in_id=2, inferred=True)
    Trait.objects.create(character=ann, attribute="habit", value="reads", revealed_in_id=2)
    Revelation.objects.create(key="late", text="It is so.", source="?", revealed_in_id=4, inferred=True)
    assert report(editor, "inferred") == [(1, "Character: ann"), (2, "ann: Habits: sings")]
    episode, row = report(editor, "inferred", later="yes")[2]
    assert (episode, row[:16]) == (4, "Revelation: e04.")  # not by its key, as the editor is at an earlier episode
    assert counts(editor)["inferred"] == (2, 1)


def test_a_summary_is_missing_at_the_first_appearance(ann: Character) -> None:
    assert [episode for episode, _ in stale_summaries()[ann.pk]] == [1]
    summary(ann, since=2)
    assert [episode for episode, _ in stale_summaries()[ann.pk]] == [1]
    summary(ann, since=1)
    assert ann.pk not in stale_summaries()


@pytest.mark.parametrize(
    ("attribute", "is_news"), [("status", True), ("species", True), ("colour", False), ("habit", False)]
)
def test_a_summary_is_stale_once_an_attribute_in_it_has_changed(ann: Character, attribute: str, is_news: bool) -> None:
    summary(ann, since=1)
    Trait.objects.create(character=ann, attribute=attribute, value="otherwise", revealed_in_id=3)
    found = stale_summaries().get(ann.pk, [])
    assert found == ([(3, f"The last one is of episode 1; since then: {attribute}.")] if is_news else [])
    summary(ann, since=4)  # mended later: at 3 it was stale all the same
    assert len(stale_summaries().get(ann.pk, [])) == is_news
    summary(ann, since=3)
    assert ann.pk not in stale_summaries()


def test_an_unmasking_is_news_of_the_identity_and_the_end_of_the_persona(ann: Character) -> None:
    mask = somebody("mask", name="the mask")
    for each in (ann, mask):
        summary(each, since=1)
    Trait.objects.create(character=mask, attribute="status", value="dead", revealed_in_id=4)
    assert [episode for episode, _ in stale_summaries()[mask.pk]] == [4]
    Unmasking.objects.create(persona=mask, identity=ann, revealed_in_id=3)
    assert stale_summaries() == {ann.pk: [(3, "The last one is of episode 1; since then: unmasked.")]}


def test_texts_are_read_when_the_report_is_asked_for(editor: Client, ann: Character) -> None:
    somebody("zed", name="Zedrick", since=3)
    Revelation.objects.create(key="early", text="Zedrick it was.", revealed_in_id=2)
    assert counts(editor)["spoilers"] == (None, 0)
    assert report(editor, "spoilers") == [(3, "The text of revelation early")]
    assert counts(editor)["spoilers"] == (1, 0)


def test_publishing_makes_the_count_unknown_again(ann: Character) -> None:
    from tests.corrections.letters import accepted

    moderator = person(role="moderator")
    client = at_the_desk(moderator, episode=3)
    report(client, "spoilers")
    assert counts(client)["spoilers"] == (0, 0)
    accepted(sent(set_to(ann.traits.get(), "value", "dead")), by=moderator)
    assert counts(client)["spoilers"] == (None, 0)


def test_what_the_linter_found_is_not_that_of_another_site_with_as_many_editions(
    editor: Client, ann: Character
) -> None:
    report(editor, "spoilers")
    assert counts(editor)["spoilers"] == (0, 0)
    Edition.objects.update(stamp=uuid4())
    assert counts(editor)["spoilers"] == (None, 0)


@pytest.mark.parametrize("slug", [report.slug for report in REPORTS if not report.is_measured_first])
def test_each_report_folds_what_is_later(slug: str, ann: Character) -> None:
    Alias.objects.filter(character=ann).update(name="Anna-Bella")
    somebody("zed", name="Zedrick", since=4)
    Revelation.objects.create(key="early", text="Zedrick it was.", source="?", revealed_in_id=2, inferred=True)
    Revelation.objects.create(key="zedricks", text="Nothing.", revealed_in_id=4, inferred=True)
    client = at_the_desk(person(role="editor"), episode=3)
    page = client.get(f"/admin/reports/{slug}/").content.decode()
    assert "Zedrick" not in page
    assert "zedricks" not in page
    assert "1 more is folded" in page
    later = report(client, slug, later="yes")
    assert max(later)[0] == 4
    assert counts(client)[slug] == (len(later) - 1, 1)


def test_the_shape_is_measured_by_a_button_and_folds_what_comes_later(tmp_path: Path) -> None:
    load_show(tmp_path, **telling_show(1, "what is missing").files())
    moderator = person(role="moderator")
    client = at_the_desk(moderator, episode=0)
    assert counts(client)["shape"] == (None, 0)
    assert "Not measured since the last change" in client.get("/admin/reports/shape/").content.decode()
    assert client.get("/admin/reports/shape/").context["gaps"] == []
    assert client.post("/admin/reports/shape/")["Location"] == "/admin/reports/shape/"
    page = client.get("/admin/reports/shape/")
    assert page.context["gaps"] == []
    assert "species" not in page.content.decode()
    later = report(client, "shape", later="yes")
    assert "Unmasked later: less of “species: given”" in [what for _, what in later]
    assert counts(client)["shape"] == (0, len(later))
    Edition.objects.update(stamp=uuid4())
    assert counts(client)["shape"] == (None, 0)


def test_only_what_is_measured_takes_a_post(editor: Client) -> None:
    assert editor.post("/admin/reports/pictures/").status_code == 200
    assert editor.post("/admin/reports/shape/").status_code == 302


def test_an_unknown_report_is_not_found(editor: Client) -> None:
    assert editor.get("/admin/reports/nonsense/").status_code == 404


def test_a_report_is_for_those_who_may_see_its_rows(ann: Character) -> None:
    clerk = at_the_desk(person("clerk", is_staff=True))
    assert counts(clerk) == {}
    for each in REPORTS:
        assert clerk.get(each.url).status_code == 403


# The start page


def test_the_start_page_lists_what_waits(editor: Client, ann: Character) -> None:
    sent(set_to(ann.traits.get(), "value", "dead"), by=person("author"))
    assert counts(editor) == {
        "spoilers": (None, 0),
        "shape": (None, 0),
        "summaries": (1, 0),
        "pictures": (1, 0),
        "sources": (0, 0),
        "inferred": (0, 0),
    }
    page = editor.get("/admin/").content.decode()
    assert "<strong>1</strong> waits up to your episode." in page
    for each in REPORTS:
        assert each.url in page


def test_the_start_page_names_no_title_of_an_episode(editor: Client) -> None:
    Episode.objects.filter(number__gt=0).update(title="A Title That Tells", aired_on=date(2024, 1, 10))
    page = editor.get("/admin/").content.decode()
    assert "A Title That Tells" not in page
    assert address_of(4) in page


def episodes(*dates: date | None) -> list[Episode]:
    return [Episode(number=number, aired_on=aired) for number, aired in enumerate(dates)]


@pytest.mark.parametrize(
    ("dates", "found"),
    [
        ((), None),
        ((None,), None),
        ((None, None, None), OnAir(1, None, has_aired=False)),
        ((None, date(2024, 1, 12)), OnAir(1, date(2024, 1, 12), has_aired=False)),
        ((None, date(2024, 1, 3), date(2024, 1, 10)), OnAir(2, date(2024, 1, 10), has_aired=True)),
        (
            (None, date(2024, 1, 3), date(2024, 1, 10), date(2024, 1, 17), date(2024, 1, 24)),
            OnAir(2, date(2024, 1, 10), has_aired=True, next=3, next_on=date(2024, 1, 17)),
        ),
    ],
)
def test_the_episode_of_the_week(dates: tuple[date | None, ...], found: OnAir | None) -> None:
    assert on_air(episodes(*dates), date(2024, 1, 10)) == found


def test_the_start_page_costs_few_queries(real_show: None, django_assert_max_num_queries: Any) -> None:
    client = at_the_desk(person(role="moderator"), episode=13)
    client.get("/admin/")
    with django_assert_max_num_queries(30):
        client.get("/admin/")


@pytest.mark.parametrize("slug", [report.slug for report in REPORTS])
def test_a_report_costs_few_queries(slug: str, real_show: None, django_assert_max_num_queries: Any) -> None:
    client = at_the_desk(person(role="moderator"), episode=13)
    with django_assert_max_num_queries(30):
        assert client.get(f"/admin/reports/{slug}/").status_code == 200


# Filters of the list of characters


@pytest.mark.parametrize(
    ("missing", "found"),
    [
        ("portrait", {"ann", "bea"}), ("definition", {"ann", "bea"}), ("summary", {"ann"}),
        ("fresh-summary", {"ann", "bea"}),
    ],
)  # fmt: skip
def test_characters_are_filtered_by_what_they_lack(
    editor: Client, ann: Character, missing: str, found: set[str]
) -> None:
    bea, carl = somebody("bea", name="Bea"), somebody("carl", name="Carl")
    portrait(carl, since=1)
    summary(bea, since=1)
    summary(carl, since=1)
    Trait.objects.create(character=bea, attribute="species", value="Nean", revealed_in_id=2)
    Trait.objects.create(character=carl, attribute="definition", value="Smith", revealed_in_id=1)
    page = editor.get("/admin/characters/character/", {"without": missing})
    assert {row.key for row in page.context["cl"].result_list} == found


def test_the_admin_is_that_of_the_site() -> None:
    assert admin.site.site_header == "rougedb"
    assert type(admin.site._wrapped).__name__ == "Desk"


def test_what_cannot_be_the_key_of_a_chosen_row_is_left_out(ann: Character) -> None:
    desk = at_the_desk(person("somebody", role="superuser"))
    kinds = {type(model._meta.pk): model for model in admin.site._registry}  # one for each kind of key is enough
    for model in {*kinds.values(), Correction}:
        address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        actions = ("accept_selected", "reject_selected") if model is Correction else ("delete_selected",)
        for chosen in ("x", "", "\x00", "9" * 400, "-1", "é"):
            for action in actions:
                posted = {"action": action, "_selected_action": [chosen], "why": "No."}
                assert desk.post(address, posted).status_code in (200, 302, 403), (address, action, chosen)
    assert Character.objects.get() == ann


def test_a_search_for_a_row_to_choose_takes_whatever_is_typed(ann: Character) -> None:
    asked = {"app_label": "characters", "model_name": "relationship", "field_name": "target"}
    desk = at_the_desk(person("somebody", role="superuser"))
    for typed, found in (("an\x00n", 1), ("\x00", 1), ("nobody", 0)):
        answer = desk.get(reverse("admin:autocomplete"), asked | {"term": typed})
        assert answer.status_code == 200
        assert len(answer.json()["results"]) == found, typed
