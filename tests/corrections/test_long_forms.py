"""The form of a page with more rows than one list bears: it goes on in parts, and nothing ticked or typed is lost."""

import re
from typing import Any

import pytest

from characters.contributing import draft
from characters.models import Alias, Character, Relationship, Revelation
from corrections.models import Change, Correction
from episodes.models import Episode
from tests.corrections.forms import OWN, fields_of, send_on
from tests.corrections.letters import somebody
from tests.people import person
from tests.visitors import at

pytestmark = pytest.mark.django_db

NAMES = [f"Ann the {number:02}th" for number in range(30)]
MOST_BYTES = 300_000


@pytest.fixture
def in_parts(ann: Character, monkeypatch: pytest.MonkeyPatch) -> list[Alias]:
    """Ann's names; of her rows ten are in a part, and the first names are in the first."""
    monkeypatch.setattr(draft, "MOST_LISTED", 1_400)
    return [Alias.objects.create(character=ann, name=name, revealed_in_id=1) for name in NAMES]


def form_of(subject: Character, *rows: Any) -> str:
    chosen = "&".join(f"row={row.pk}" for row in rows)
    return f"/corrections/new/characters/{subject.public_id}/{'?' if rows else ''}{chosen}"


def text(response: Any) -> str:
    return str(response.content.decode())


def parts_led_to(response: Any) -> list[int]:
    return sorted(set(map(int, re.findall(r'<button name="more" value="(\d+)" formaction', text(response)))))


def offered(response: Any) -> list[str]:
    """The names that can be ticked."""
    return re.findall(r'<input type="checkbox" name="row" value="[^"]+"> <span>(Ann the \d\dth) ', text(response))


def ticked(response: Any) -> list[str]:
    return re.findall(r'name="row" value="[^"]+" checked> <span>(Ann the \d\dth) ', text(response))


def test_each_row_is_in_one_part_whatever_is_ticked(ann: Character, in_parts: list[Alias]) -> None:
    client, address = at(3), form_of(ann)
    first = client.get(address)
    assert "part 1 of" in text(first)
    numbers = parts_led_to(first)
    assert numbers == list(range(2, numbers[-1] + 1))
    pages = [first, *(client.get(address, {"more": number}) for number in numbers)]
    assert [name for page in pages for name in offered(page)] == NAMES
    assert all(0 < len(offered(page)) < 12 for page in pages[:3])
    assert offered(client.get(address, {"more": 99})) == offered(pages[-1])
    some = [in_parts[0], in_parts[4], in_parts[20]]
    again = [client.get(form_of(ann, *some), {"more": number, "row": [row.pk for row in some]}) for number in (1, 2, 3)]
    assert [ticked(page) for page in again] == [[row.name for row in some]] * 3
    for page, before in zip(again, pages, strict=False):
        assert offered(page) == [name for name in offered(before) if name not in ticked(page)]


def test_what_is_ticked_on_one_part_is_in_the_form_after_another(ann: Character, in_parts: list[Alias]) -> None:
    client, address = at(3), form_of(ann)
    chosen = {"row": [in_parts[0].pk], "add": ["alias", "trait"], "page": "/episodes/2/"}
    second = text(client.get(address, chosen | {"more": 2}))
    assert '<input type="checkbox" name="add" value="alias" checked>' in second
    assert '<input type="checkbox" name="add" value="membership">' in second
    assert second.count('name="page" value="/episodes/2/"') == 2  # of the note, and of the list
    form = client.get(address, chosen | {"row": [in_parts[0].pk, in_parts[15].pk], "go": 1})
    assert fields_of(form)["row"] == [str(in_parts[0].pk), str(in_parts[15].pk)]
    assert fields_of(form)["add"] == ["alias", "trait"]


def test_what_is_typed_is_there_on_each_part_and_sent(ann: Character, in_parts: list[Alias]) -> None:
    client, address = at(3), form_of(ann, in_parts[1])
    form = client.get(address)
    number = parts_led_to(form)[1]
    typed = fields_of(form) | {f"{in_parts[1].pk}-name": "Annie", "reason": "It is so.", "more": f"{number}"}
    typed["row"] = [str(in_parts[1].pk), str(in_parts[5].pk)]
    other = client.post(address, typed, headers=OWN)
    assert other.status_code == 200
    assert f"part {number} of" in text(other)
    assert '<details class="more" open>' in text(other)
    assert not Correction.objects.exists()
    fields = fields_of(other)
    assert fields["row"] == typed["row"]
    assert fields[f"{in_parts[1].pk}-name"] == ["Annie"]
    assert fields["reason"] == ["It is so."]
    far = next(row for row in in_parts if row.name == offered(other)[0])
    fields["row"] = [*fields["row"], str(far.pk)]
    third = client.post(address, fields | {"more": f"{number}"}, headers=OWN)
    assert fields_of(third)["row"] == fields["row"]
    wrong = send_on(client, address, third, **{f"{far.pk}-name": "Annabel", "reason": ""})
    assert wrong.status_code == 422
    assert fields_of(wrong)["row"] == fields["row"]
    assert send_on(client, address, wrong, reason="It is so.").status_code == 303
    assert set(Change.objects.values_list("before", "after")) == {("Ann the 01th", "Annie"), (far.name, "Annabel")}


def test_a_correction_written_again_has_its_rows_of_each_part(ann: Character, in_parts: list[Alias]) -> None:
    client, (first, last) = at(3), (in_parts[0], in_parts[-1])
    form = client.get(form_of(ann, first, last))
    sent = send_on(client, form_of(ann, first, last), form, **{f"{first.pk}-name": "A", f"{last.pk}-name": "Z"})
    assert sent.status_code == 303
    again = f"{sent['Location']}again/"
    other = client.post(again, fields_of(client.get(again)) | {"more": "2"}, headers=OWN)
    assert "part 2 of" in text(other)
    fields = fields_of(other)
    assert (fields[f"{first.pk}-name"], fields[f"{last.pk}-name"]) == (["A"], ["Z"])
    assert send_on(client, again, other, **{f"{last.pk}-name": "Zo"}).status_code == 303
    assert set(Change.objects.current().values_list("after", flat=True)) == {"A", "Zo"}


def test_a_draft_has_its_rows_of_each_part(ann: Character, in_parts: list[Alias]) -> None:
    client, (first, last) = at(3), (in_parts[0], in_parts[-1])
    client.force_login(person("author"))
    address = form_of(ann, first, last)
    other = client.post(address, fields_of(client.get(address)) | {"more": "2"}, headers=OWN)
    data = fields_of(other) | {f"{first.pk}-name": "A", f"{last.pk}-name": "Z", "_keep_draft": "1"}
    kept = client.post(address, data, headers=OWN)
    assert kept.status_code == 303
    opened = client.get(kept["Location"])
    fields = fields_of(opened)
    assert (fields[f"{first.pk}-name"], fields[f"{last.pk}-name"]) == (["A"], ["Z"])
    assert "part 1 of" in text(opened)
    assert '<details class="more">' in text(opened)


def test_the_form_of_a_page_with_few_rows_says_nothing_of_parts(ann: Character) -> None:
    client, name = at(3), ann.aliases.get()
    form = client.get(form_of(ann, name))
    pages = [
        client.get(form_of(ann)),
        form,
        client.post(form_of(ann, name), fields_of(form) | {"more": "1"}, headers=OWN),
    ]
    for page in pages:
        assert not re.search(r"\bpart 1\b|formaction|<details class=\"more\" open", text(page))


def test_no_form_of_a_page_with_thousands_of_rows_is_large(ann: Character) -> None:
    Alias.objects.bulk_create(
        Alias(character=ann, name=f"{number:04} {'“Ä & é” ' * 13}"[:110], revealed_in_id=1) for number in range(1_500)
    )
    told = Revelation.objects.bulk_create(
        Revelation(key=f"r{number}", text=f"[[ann]] {'goes on and on ' * 12}", revealed_in_id=2)
        for number in range(1_200)
    )
    ann.revelations.set(told)
    client, address = at(3), form_of(ann)
    first = client.get(address)
    last = max(parts_led_to(first), default=2)  # of more than twelve the buttons lead to the next one alone
    pages = [first, client.get(address, {"more": last}), client.get(address, {"more": 99})]
    chosen = form_of(ann, *told[:40])
    form = client.get(chosen)
    pages += [form, client.post(chosen, fields_of(form) | {"more": "99"}, headers=OWN)]
    assert [page.status_code for page in pages] == [200] * len(pages)
    assert max(len(page.content) for page in pages) < MOST_BYTES
    assert "<span>Part 1 of " in text(first)
    assert ">Next</button>" in text(first)
    assert ">Previous</button>" in text(pages[-1])


def test_no_form_is_large_where_each_row_has_long_lists_to_choose_from(ann: Character) -> None:
    Episode.objects.bulk_create(Episode(number=number, title=f"The title of {number}") for number in range(5, 100))
    bea = somebody("bea", name="Bea")
    ties = Relationship.objects.bulk_create(
        Relationship(source=ann, target=bea, kind="friend", revealed_in_id=number) for number in range(1, 41)
    )
    form = at(99).get(form_of(ann, *ties))
    assert len(form.content) < MOST_BYTES
    taken = len(fields_of(form)["row"])
    assert taken > 10
    assert f"This form takes {taken} at a time. {40 - taken} of those you chose were left out" in text(form)
    address = f"{form_of(ann)}?{'&'.join(['add=relationship'] * 20)}"
    assert len(at(99).get(address).content) < MOST_BYTES


def test_a_form_that_is_full_takes_no_more_and_loses_nothing(ann: Character, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [Alias.objects.create(character=ann, name=name, revealed_in_id=1) for name in NAMES[:8]]
    client, address = at(3), form_of(ann, *names[4:])
    form = client.get(address)
    assert len(fields_of(form)["row"]) == 4
    monkeypatch.setattr(draft, "MOST_ON_PAGE", 10_000)  # what bears two or three
    assert 0 < len(fields_of(client.get(address))["row"]) < 4
    typed = fields_of(form) | {f"{row.pk}-name": f"{row.name}, it says" for row in names[4:]}
    more = client.post(
        address, typed | {"row": [row.pk for row in names], "add": "trait", "more": "1", "reason": "So."}, headers=OWN
    )
    assert set(fields_of(more)["row"]) == {str(row.pk) for row in names[4:]}
    assert "This form takes 4 at a time. 5 of those you chose were left out" in text(more)
    assert "You had written" not in text(more)
    sent = client.post(address, fields_of(more), headers=OWN)
    assert sent.status_code == 303
    assert set(Change.objects.values_list("after", flat=True)) == {f"{row.name}, it says" for row in names[4:]}
    again = f"{sent['Location']}again/"
    assert set(fields_of(client.get(again))["row"]) == {str(row.pk) for row in names[4:]}
    assert send_on(client, again, client.get(again), **{f"{names[7].pk}-name": "Annie"}).status_code == 303
    assert Change.objects.current().count() == 4


def test_names_are_offered_where_there_is_room_for_them(ann: Character, monkeypatch: pytest.MonkeyPatch) -> None:
    client, address = at(3), f"{form_of(ann)}?add=relationship"
    assert '<option value="Ann">' in text(client.get(address))
    monkeypatch.setattr(draft, "MOST_ON_PAGE", 100)
    assert '<datalist id="known-characters"></datalist>' in text(client.get(address))
