"""The form of an episode and of a chapter in a show of two axes: what either tells, with its place on the other."""

import re
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from characters.models import Alias, Membership, Relationship, Revelation, Trait
from corrections.models import Correction
from corrections.sending import adding
from episodes.axes import Progress, key_of, place_of
from episodes.models import Episode, units_in_the_database
from episodes.units import using
from tests.axes import two_axes
from tests.characters.sheets import a_newcomer, a_revelation, address_of, as_opened, fill_in, opened, with_rows
from tests.corrections.desk import QUEUE, at_the_desk, content_of, page_of
from tests.corrections.letters import sent
from tests.people import person
from tests.shows import load_show

pytestmark = pytest.mark.django_db

ALL = Progress(6, 40)


@pytest.fixture(autouse=True)
def show(tmp_path: Path) -> None:
    load_show(tmp_path, **two_axes())


def editor_at(progress: Progress, *, role: str = "moderator") -> Client:
    client = at_the_desk(person(f"at{progress}and{progress.second}", role=role))
    client.cookies["progress"] = key_of(progress)
    return client


def sent_last() -> Correction:
    return Correction.objects.exclude(kind=Correction.Kind.IMPORT).latest("created_at")


def places(row: Any) -> tuple[int, int | None]:
    return row.revealed_in_id, row.also_in_id


def test_rows_of_a_new_episode_may_be_told_by_a_chapter_as_well() -> None:
    client = editor_at(ALL)
    answer = fill_in(
        client, 7,
        newcomers=[a_newcomer("eve", "Eve", other="38")],
        traits=[{"whose": "ann", "attribute": "habit", "value": "hums", "other": ""}],
        endings=[{"what": "Dora is a sibling of The Mask (from 4)", "other": ""}],
    )  # fmt: skip
    assert answer.status_code == 302, content_of(answer)
    assert places(Alias.objects.get(name="Eve")) == (7, place_of(38))
    assert places(Trait.objects.get(value="hums")) == (7, None)
    assert Relationship.objects.get(kind="sibling").ended_in_id == 7
    assert sent_last().revealed_in == 7


def test_a_new_chapter_and_all_that_it_tells_is_one_correction_in_its_words() -> None:
    client, chapter = editor_at(ALL), place_of(41)
    page = content_of(opened(client, chapter))
    assert "Part 41 is new" in page
    assert "Its place among the revelations of the part." in page
    assert "What was learned in part 41" in page
    assert "Or in episode" in page
    assert "for somebody who has just read it." in page
    assert "in the calendar of the publisher." in page
    answer = fill_in(
        client, chapter,
        newcomers=[a_newcomer("eve", "Eve", summary="[[eve]] dives.")],
        revelations=[a_revelation("[[eve]] knows [[cole]].", other="5")],
        names=[{"whose": "eve", "name": "The Diver", "kind": "codename", "language": "", "other": ""}],
        memberships=[{"character": "eve", "faction": "guild", "role": "diver", "other": ""}],
        endings=[{"what": "Cole bears the tag pilot (from 20)", "other": ""}],
    )  # fmt: skip
    shown = content_of(answer)
    assert "before its" in shown or "is revealed in" in shown  # episode 5 knows nobody of these
    data = with_rows(
        as_opened(opened(client, chapter)),
        newcomers=[a_newcomer("eve", "Eve", summary="[[eve]] dives.")],
        revelations=[a_revelation("[[eve]] knows [[cole]].", other="")],
        memberships=[{"character": "eve", "faction": "guild", "role": "diver", "other": ""}],
    )
    again = client.post(address_of(chapter), data | {"episode-title": "The Tide"})
    assert again.status_code == 302, content_of(again)
    assert Episode.objects.get(number=chapter).title == "The Tide"
    assert places(Alias.objects.get(name="Eve")) == (chapter, chapter)
    told = Revelation.objects.get(also_in=chapter)
    assert (places(told), told.key) == ((chapter, chapter), "c41.eve-knows-cole")
    assert places(Membership.objects.get(role="diver")) == (chapter, chapter)
    assert sent_last().is_known(Progress(0, 41))
    assert not sent_last().is_known(ALL)


def test_what_a_chapter_ends_is_over_there_alone_or_in_an_episode_too() -> None:
    client = editor_at(ALL)
    form = opened(client, place_of(40))
    [tide] = [words for words in form.context["sheet"].ties if "tide reader" in words]
    [trust] = [words for words in form.context["sheet"].ties if "guards" in words]
    answer = fill_in(client, place_of(40), endings=[{"what": tide, "other": ""}, {"what": trust, "other": "6"}])
    assert answer.status_code == 302, content_of(answer)
    guards = Relationship.objects.get(kind="guards")
    assert (guards.ended_in_id, guards.also_ended_in_id) == (6, place_of(40))


def test_the_form_of_a_chapter_has_what_it_tells_and_names_whom_it_knows() -> None:
    client = editor_at(Progress(0, 20))  # who has watched nothing
    form = opened(client, place_of(19))
    page = content_of(form)
    assert "never trusted her" in page
    assert "Dora" not in page  # whom an episode alone shows
    assert 'name="traits-0-other"' not in page
    folded = content_of(client.get(reverse("admin:episodes_episode_learned", args=[place_of(21)])))
    assert "Open it all the same" in folded
    assert "keeps the tide tables" not in folded


def test_a_chapter_that_is_not_next_is_nowhere_and_the_start_page_leads_to_the_next() -> None:
    client = editor_at(ALL)
    assert client.get(reverse("admin:episodes_episode_learned", args=[place_of(42)])).status_code == 404
    start = content_of(client.get(reverse("admin:index")))
    assert "/learned/" in start
    assert "chapter-41/learned/" in start
    assert "41, new" in start


def test_a_chapter_that_is_not_there_is_refused_at_its_field() -> None:
    answer = fill_in(editor_at(ALL), 6, traits=[{"whose": "ann", "attribute": "habit", "value": "hums", "other": "99"}])
    assert "There is no part “99”." in content_of(answer)


def test_what_a_text_says_too_early_on_the_other_axis_is_found() -> None:
    row = {"whose": "ann", "attribute": "habit", "value": "She writes to Beatrix Vane.", "other": "15"}
    client = editor_at(ALL)
    answer = fill_in(client, 6, traits=[row])  # whom part 16 names
    assert "is revealed in part 16" in content_of(answer)
    assert fill_in(client, 6, traits=[row | {"other": "16"}]).status_code == 302


def test_as_opened_it_changes_nothing() -> None:
    client = editor_at(ALL)
    address = reverse("admin:episodes_episode_learned", args=[place_of(19)])
    client.post(address, as_opened(opened(client, place_of(19))))
    assert not Correction.objects.exclude(kind=Correction.Kind.IMPORT).exists()


def test_on_the_page_of_a_chapter_the_admin_s_lists_are_called_as_elsewhere() -> None:
    client = editor_at(ALL)
    of_episodes = reverse("admin:episodes_episode_changelist")
    names = set()
    for page in (opened(client, 3), opened(client, place_of(20))):
        sidebar = page.content.decode().partition('id="nav-sidebar"')[2].partition("</nav>")[0]
        names |= set(re.findall(rf'<a href="{of_episodes}"[^>]*>(\w+)</a>', sidebar))
    assert names == {"Episodes"}


def test_what_adds_a_chapter_says_so_once() -> None:
    client, chapter = editor_at(ALL), place_of(41)
    sent(adding("episodes.episode", {"title": "The Tide"}, key=f"{chapter}"))
    page = content_of(client.get(page_of(sent_last())))
    heading = re.sub(r"<[^>]+>|\s+", " ", page.partition("<h2 id=")[2].partition("</h2>")[0])
    assert "Add part 41" in re.sub(r"\s+", " ", heading)
    assert "pisode" not in heading
    assert "add part" in re.sub(r"\s+", " ", content_of(client.get(QUEUE)))


def test_a_second_headline_or_value_of_a_chapter_is_refused_in_its_words() -> None:
    name, fact = Alias.objects.get(name="Ann of the Harbour"), Trait.objects.get(value="android")  # in parts 3 and 2
    for row, says in ((name, "another headline name"), (fact, "another value of this attribute")):
        row.pk, row._state.adding, row.revealed_in_id = uuid4(), True, 6
        with using(units_in_the_database), pytest.raises(ValidationError, match=f"There is {says} for this part"):
            row.full_clean()
