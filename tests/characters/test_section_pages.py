"""Subjects with very many rows: their page lists the first, and the form of a section has them in pages."""

import re
from typing import Any

import pytest
from django.test import Client

from characters.admin import inlines, merging, renaming, sections
from characters.admin.learned import sheet
from characters.models import Alias, Character, Revelation, Trait
from corrections.models import Correction, FormDraft
from episodes.models import Episode
from tests.characters.sheets import address_of as week_of
from tests.characters.test_admin import as_filled_in, change_address, section_address, with_row
from tests.corrections.desk import at_the_desk, content_of
from tests.corrections.letters import somebody
from tests.people import person

pytestmark = pytest.mark.django_db
MANY = 7


@pytest.fixture
def ann(monkeypatch: pytest.MonkeyPatch) -> Character:
    monkeypatch.setattr(sections, "MOST_ROWS", 3)
    monkeypatch.setattr(inlines, "MOST_ROWS", 3)
    monkeypatch.setattr(sections, "MOST_REVELATIONS", 3)
    for number in range(4):
        Episode.objects.create(number=number)
    ann = somebody()
    for number in range(MANY):
        Trait.objects.create(character=ann, attribute="habit", value=f"hums {number}", revealed_in_id=2)
        told = Revelation.objects.create(key=f"r{number}", text=f"[[ann]] sings {number}.", revealed_in_id=2)
        told.characters.set([ann])
    return ann


@pytest.fixture
def desk(ann: Character) -> Client:
    return at_the_desk(person("judge", role="moderator"))


def habits(page: str) -> int:
    return len(set(re.findall(r"hums \d", page)))


def test_the_page_lists_the_first_and_leads_to_the_rest(ann: Character, desk: Client) -> None:
    page = content_of(desk.get(change_address(ann)))
    facts = Trait.objects.filter(character=ann).count()
    assert habits(page) <= 3
    assert f"And {facts - 3} more" in page
    assert f"<small>{facts}</small>" in page
    assert page.count("sings") == 3
    assert f"And {MANY - 3} more" in page
    rest = re.search(r'href="([^"]+)">And 4 more', page)
    assert rest
    assert "7 revelations" in content_of(desk.get(rest[1]))


def facts_page(ann: Character, number: int) -> str:
    return f"{section_address(ann, 'facts')}&page={number}"


def test_each_page_of_a_form_has_other_rows_and_all_have_them_all(ann: Character, desk: Client) -> None:
    seen: list[str] = []
    for number in (1, 2, 3):
        page = desk.get(facts_page(ann, number))
        [inline] = page.context["inline_admin_formsets"]
        seen += [str(form.instance.pk) for form in inline.formset.initial_forms]
    assert sorted(seen) == sorted(str(row.pk) for row in Trait.objects.filter(character=ann))
    assert desk.get(facts_page(ann, 1)).context["pages"] == [1, 2, 3]


def test_a_row_of_a_later_page_is_changed_and_one_added(ann: Character, desk: Client) -> None:
    address = facts_page(ann, 3)
    before = set(Trait.objects.values_list("pk", flat=True))
    page = desk.get(address)
    [inline] = page.context["inline_admin_formsets"]
    changed = inline.formset.initial_forms[0].instance
    data = as_filled_in(page) | {"_base": page.context["base"]}
    Trait.objects.create(character=ann, attribute="weapon", value="A bow", revealed_in_id=1)  # the pages shift
    data = {name: "whistles" if value == changed.value else value for name, value in data.items()}
    data = with_row(data, "traits", attribute="habit", value="bites", revealed_in=3)
    assert desk.post(address, data).status_code == 302
    changed.refresh_from_db()
    assert changed.value == "whistles"
    assert Trait.objects.filter(value="bites").exists()
    assert before <= set(Trait.objects.values_list("pk", flat=True))
    assert Correction.objects.get().changes.count() == 2


def test_a_draft_belongs_to_its_page(ann: Character, desk: Client) -> None:
    address = facts_page(ann, 2)
    data = as_filled_in(desk.get(address)) | {"_keep_draft": "1", "as": "judge"}
    desk.post(address, data)
    assert FormDraft.objects.get().address == address
    assert desk.get(f"{address}&draft=open").status_code == 200


def test_names_are_checked_together_and_stand_on_one_page(ann: Character, desk: Client) -> None:
    for number in range(4):
        Alias.objects.create(character=ann, name=f"Anna {number}", revealed_in_id=2)
    page = desk.get(section_address(ann, "names"))
    assert len(page.context["inline_admin_formsets"][0].formset.initial_forms) == 5
    assert page.context["pages"] == [1]


@pytest.mark.parametrize(("module", "name"), [(renaming, "rename"), (merging, "merge")])
def test_what_is_looked_at_first_lists_some_and_counts_all(
    module: Any, name: str, ann: Character, desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_LINES", 2)
    bea = somebody("bea", name="Bea")
    asked = {"other": str(bea.pk), "stays": "other"} if name == "merge" else {}
    page = content_of(desk.get(change_address(ann, name), asked))
    assert re.search(r"<li>and \d+ more</li>", page)
    assert page.count("sings") <= 2


def test_the_week_offers_the_latest_of_many(ann: Character, desk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet, "MOST_REVELATIONS", 2)
    Revelation.objects.create(key="newest", text="She leaves.", revealed_in_id=3)
    page = desk.get(week_of(3)).content.decode()
    offered = re.search(r'<datalist id="known-revelations">(.*?)</datalist>', page, re.S)
    assert offered
    assert offered[1].count("<option") == 2
    assert 'value="newest"' in offered[1]
