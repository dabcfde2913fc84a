"""What readers of an episode, of a chapter or of both write of a show of two axes."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User

from characters.contributing import fields
from characters.lore import Lore
from characters.lore.correctable import page_of
from characters.models import Alias, Character, Revelation, Trait
from corrections.models import Correction
from episodes.axes import Progress, place_of
from tests.axes import two_axes
from tests.corrections.forms import fields_of, send_form
from tests.corrections.letters import accepted
from tests.people import person
from tests.shows import load_show
from tests.visitors import at

pytestmark = pytest.mark.django_db

READER = Progress(0, 20)  # who has watched nothing


@pytest.fixture(autouse=True)
def show(tmp_path: Path) -> None:
    load_show(tmp_path, **two_axes())


@pytest.fixture
def moderator() -> User:
    return person("judge", role="superuser")


def form_of(key: str) -> str:
    return f"/corrections/new/characters/{Character.objects.get(key=key).public_id}/"


def reference(progress: Progress, key: str, title: str) -> str:
    page = page_of(Lore(progress), "characters", Character.objects.get(key=key).public_id)
    assert page is not None
    return next(row.ref for row in page.rows if title in row.title)


def sent_last() -> Correction:
    return Correction.objects.exclude(kind=Correction.Kind.IMPORT).latest("created_at")


def places_of(row: Any) -> tuple[int, int | None]:
    row.refresh_from_db()
    return row.revealed_in_id, row.also_in_id


def correct(progress: Progress, key: str, title: str, **values: Any) -> Any:
    ref = reference(progress, key, title)
    return send_form(
        at(progress), f"{form_of(key)}?row={ref}", **{f"{ref}__{name}": value for name, value in values.items()}
    )


def test_a_reader_of_chapters_corrects_what_they_alone_have_told_so_far(moderator: User) -> None:
    later_in_the_show = Trait.objects.get(value="android")  # in 5, or in chapter 2
    form = fields_of(at(READER).get(f"{form_of('ann')}?row={reference(READER, 'ann', 'android')}"))
    offered = {name.rpartition("-")[2]: value for name, value in form.items()}
    assert (offered["revealed_in"], offered["also_in"]) == ([""], [f"{place_of(2)}"])
    assert correct(READER, "ann", "android", value="a machine", also_in=place_of(4)).status_code == 303
    assert {change.path for change in sent_last().changes.all()} == {"value", "also_in"}
    accepted(sent_last(), by=moderator)
    assert places_of(later_in_the_show) == (5, place_of(4))


def test_of_too_many_to_choose_from_one_types_which(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fields, "MOST_CHOICES", 3)
    address = f"{form_of('ann')}?row={reference(READER, 'ann', 'android')}"
    page = at(READER).get(address)
    assert "Heading of 7" not in page.content.decode()
    offered = {name.rpartition("-")[2]: value for name, value in fields_of(page).items()}
    assert (offered["also_in"], offered["evidence_episode"]) == (["2"], [""])
    assert correct(READER, "ann", "android", also_in="Part 4").status_code == 303
    ((path, after),) = sent_last().changes.values_list("path", "after")
    assert (path, after) == ("also_in", place_of(4))
    for said in ("21", f"{place_of(4)}", "no such part"):  # 21 is not read yet
        refused = correct(READER, "ann", "android", also_in=said)
        assert refused.status_code == 422
        assert "There is none of that name among those that you know." in refused.content.decode()
        assert [said] in fields_of(refused).values()
    letter = send_form(
        at(READER), address, **{f"{address.rpartition('=')[2]}__value": "a machine"}, evidence_episode="3"
    )
    assert letter.status_code == 303
    assert sent_last().evidence_episode == place_of(3)


def test_what_chapters_alone_tell_moves_as_a_whole_and_to_an_episode_as_well(moderator: User) -> None:
    tag = Trait.objects.get(value="human", character__key="cole")  # in chapter 15
    assert correct(READER, "cole", "human", also_in=place_of(17)).status_code == 303
    accepted(sent_last(), by=moderator)
    assert places_of(tag) == (place_of(17), place_of(17))
    reader = Progress(4, 20)
    assert correct(Progress(6, 20), "dora", "Dora", also_in=place_of(19), value=None).status_code == 303
    assert sent_last().is_known(Progress(3))
    assert not sent_last().is_known(Progress(0, 40))
    assert correct(reader, "cole", "human", revealed_in=4, also_in=place_of(17)).status_code == 303
    assert [change.path for change in sent_last().changes.all()] == ["revealed_in"]


def test_nobody_chooses_a_place_that_they_have_not_reached_or_none() -> None:
    for values in ({"also_in": place_of(21)}, {"revealed_in": 1}, {"also_in": ""}):
        answer = correct(READER, "ann", "android", **values)
        assert answer.status_code == 422, values
    assert "Choose an episode or a part that tells it." in answer.content.decode()
    assert "also_in" not in at(Progress(6)).get(f"{form_of('ann')}?add=alias").content.decode()


def test_something_is_added_in_a_chapter_in_an_episode_or_in_both(moderator: User) -> None:
    address = f"{form_of('ann')}?add=alias"
    form = fields_of(at(READER).get(address))
    assert (form["new0-revealed_in"], form["new0-also_in"]) == ([""], [f"{place_of(20)}"])
    both = fields_of(at(Progress(3, 20)).get(address))  # who is on both has to say which
    assert (both["new0-revealed_in"], both["new0-also_in"]) == ([""], [""])
    for progress, episode, chapter, places in (
        (READER, "", 20, (place_of(20), place_of(20))),
        (Progress(3, 20), 3, 19, (3, place_of(19))),
        (Progress(3, 20), 2, "", (2, None)),
    ):
        name = f"Annie of {episode or 0} and {chapter or 0}"
        also = place_of(chapter) if isinstance(chapter, int) else ""
        answer = send_form(at(progress), address, new0__name=name, new0__revealed_in=episode, new0__also_in=also)
        assert answer.status_code == 303
        correction = sent_last()
        assert correction.is_known(progress)
        accepted(correction, by=moderator)
        assert places_of(Alias.objects.get(name=name)) == places


def test_the_page_of_a_chapter_has_what_is_learned_in_it(moderator: User) -> None:
    told = Revelation.objects.get(key="r3")  # in 5, or in chapter 19
    client = at(READER)
    assert "/corrections/new/episodes/chapter-19/" in client.get("/episodes/chapter-19/").content.decode()
    address = "/corrections/new/episodes/chapter-19/"
    answer = send_form(client, f"{address}?row={told.pk}&row=episode", **{f"{told.pk}__text": "She never did."})
    assert answer.status_code == 303
    accepted(sent_last(), by=moderator)
    told.refresh_from_db()
    assert told.text == "She never did."
    form = fields_of(client.get(f"{address}?add=revelation"))
    assert (form["new0-revealed_in"], form["new0-also_in"]) == ([""], [f"{place_of(19)}"])


def test_a_character_is_missing_whom_a_chapter_shows(moderator: User) -> None:
    address = "/corrections/new/characters/"
    assert send_form(at(READER), address, name="Eve", definition="a diver").status_code == 303
    accepted(sent_last(), by=moderator)
    name = Alias.objects.get(name="Eve")
    assert places_of(name) == places_of(name.character) == (place_of(20), place_of(20))
    assert send_form(at(Progress(3, 20)), address, name="Fay").status_code == 422
    assert send_form(at(Progress(3, 20)), address, name="Fay", revealed_in=3, also_in=place_of(2)).status_code == 303
    again = at(Progress(3, 20))
    receipt = Correction.objects.get(changes__after__name="Fay")
    assert receipt.is_known(Progress(3))
    assert receipt.is_known(Progress(0, 2))
    assert again.get(address).status_code == 200


@pytest.mark.parametrize(
    ("says", "episode", "chapter", "asked"),
    [
        ("Cole is here.", 3, 20, "known from no episode so far"),  # in chapter 14
        ("Cole is here.", "", 20, ""),
        ("Cole is here.", "", 13, "known only from part 14"),
        ("Dora is here.", 3, "", ""),  # in episode 3
        ("Dora is here.", 3, 20, "known from no part so far"),
        ("Beatrix Vane is here.", "", 20, ""),  # in 6, or in chapter 16
        ("Beatrix Vane is here.", 3, "", "known from no episode so far"),
    ],
)
def test_names_are_asked_about_that_an_axis_has_not_told_by_then(
    says: str, episode: int | str, chapter: int | str, asked: str
) -> None:
    also = place_of(chapter) if isinstance(chapter, int) else ""
    answer = send_form(
        at(Progress(3, 20)),
        f"{form_of('ann')}?add=trait",
        new0__attribute="habit", new0__value=says, new0__revealed_in=episode, new0__also_in=also,
    )  # fmt: skip
    assert answer.status_code == (422 if asked else 303)
    assert asked in answer.content.decode()


def test_one_s_own_correction_is_read_again_at_its_chapter_and_written_again() -> None:
    author = person("author", at=0)
    client = at(READER)
    client.force_login(author)
    ref = reference(READER, "ann", "android")
    send_form(client, f"{form_of('ann')}?row={ref}", **{f"{ref}__also_in": place_of(4)})
    own = sent_last()
    page = client.get(f"/corrections/{own.pk}/").content.decode()
    assert "part 4" in page
    assert "episode 5" not in page
    form = fields_of(client.get(f"/corrections/{own.pk}/again/"))
    assert form[f"{ref}-also_in"] == [f"{place_of(4)}"]
    client.cookies["progress"] = "0+1"
    assert "You can read it again from part 4 on" in client.get(f"/corrections/{own.pk}/").content.decode()


def test_a_receipt_calls_a_chapter_the_place_where_no_episode_is_told() -> None:
    author = person("author", at=0)
    client = at(READER)
    client.force_login(author)
    ref = reference(READER, "ann", "android")  # in 5, which is not told, or in chapter 2
    send_form(client, f"{form_of('ann')}?row={ref}", **{f"{ref}__value": "a machine"})
    page = client.get(f"/corrections/{sent_last().pk}/").content.decode()
    assert re.search(r'<dt>Known after</dt><dd><span dir="auto">part 2</span>', page)
    assert "Or known after" not in page


def test_the_form_of_a_chapter_has_the_words_of_its_axis() -> None:
    page = at(READER).get("/corrections/new/episodes/chapter-19/?row=episode").content.decode()
    assert "for somebody who has just read the part." in page
    assert "First published" in page
    page = at(Progress(1, 20)).get("/corrections/new/episodes/1/?row=episode").content.decode()
    assert "for somebody who has just watched the episode." in page
    assert "First aired" in page
