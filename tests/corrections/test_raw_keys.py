"""What people read at the desk and in histories says names: no text has a mention in brackets, or a key."""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import NoReverseMatch, reverse
from django.utils.html import strip_tags

from characters.models import Alias, Character, Faction, Revelation, Term, Trait
from corrections import rows
from corrections.letter import Letter
from corrections.models import Correction, State
from corrections.sending import Proposed, adding, removing, removing_with_all, setting
from corrections.wording import is_text
from episodes.models import Episode, Series
from tests.corrections.desk import QUEUE, address, at_the_desk, decide_by_form, page_of
from tests.corrections.letters import sent
from tests.people import person
from tests.shows import character, episode, load_show, revelation, trait

pytestmark = pytest.mark.django_db

KEYS = ("ann_key", "bea_key", "guild_key", "oath_key", "r1_key", "r2_key")
TEXT = "Waits for [[bea_key]], [[guild_key]] and [[oath_key]]."
SYNOPSIS = "About [[guild_key]] and [[oath_key]], which it is about."
TITLED = "[[guild_key]]"


@pytest.fixture
def show(tmp_path: Path) -> None:
    load_show(
        tmp_path,
        episodes=[episode(1), *(episode(number, synopsis=SYNOPSIS) for number in (2, 3))],
        characters=[
            character("ann_key", "Ann", traits=[trait("habit", TEXT, since=3)],
                      memberships=[{"faction": "guild_key", "revealed_in": 2}],
                      tags=[{"name": "nean", "revealed_in": 1}]),
            character("bea_key", "Bea", since=2),
        ],
        factions=[character("guild_key", "Guild", since=2)],
        terms=[character("oath_key", "Oath", since=2)],
        relationships=[{"source": "ann_key", "kind": "friend", "target": "bea_key", "revealed_in": 2}],
        revelations=[
            revelation("r1_key", "[[ann_key]] came.", since=1, characters=["ann_key"]),
            revelation("r0_key", "[[bea_key]] came.", since=3),
            revelation("r2_key", TEXT, since=3, characters=["ann_key"], supersedes="r1_key"),
        ],
        unmaskings=[{"persona": "bea_key", "identity": "ann_key", "revealed_in": 3}],
    )  # fmt: skip


def every_row() -> Iterator[tuple[rows.Editable, Any]]:
    for kind in rows.registered():
        for row in kind.model._base_manager.all():
            yield kind, row


def additions() -> Iterator[Proposed]:
    """Every row once more, with other pages in the place of those that are there."""
    others = {str(row.pk): str(uuid4()) for kind, row in every_row() if kind.handle is not None}
    for kind, row in every_row():
        if kind.model not in (Episode, Series):
            values = json.dumps(rows.values_of(row))
            for key, other in others.items():
                values = values.replace(key, other)
            yield adding(kind.label, json.loads(values), key=others.get(str(row.pk), ""))


def settings_of_fields() -> Iterator[Proposed]:
    for kind, row in every_row():
        for name, value in rows.values_of(row).items():
            if is_text(kind, name) and name not in ("key", "slug") and len(value) > 15:
                yield setting(row, name, value, f"{value} And more.")
            elif name in ("supersedes", "characters"):
                yield setting(row, name, value, [] if isinstance(value, list) else None)


def removals() -> Iterator[Proposed]:
    for kind, row in every_row():
        if kind.model is not Episode:
            yield removing(row)


def read(html: str) -> str:
    """Return what people read of a page, apart from what they may edit and the fields that hold keys."""
    html = re.sub(r"<(textarea|option|datalist|script|style)\b.*?</\1>", "", html, flags=re.S)
    html = re.sub(r"<dt>(key|slug)</dt>\s*<dd.*?</dd>", "", html, flags=re.S)
    return re.sub(r"\s+", " ", strip_tags(html))


def assert_no_key(response: Any, where: str) -> None:
    assert response.status_code == 200, where
    text = read(response.content.decode())
    for sign in ("[[", "]]", *KEYS, "gone, or not known"):
        place = text.find(sign)
        assert place < 0, f"{where}: …{text[max(0, place - 80) : place + 60]}…"


@pytest.mark.parametrize("changes", [additions, settings_of_fields, removals])
def test_no_page_about_what_waits_has_a_key(show: None, changes: Any) -> None:
    author, desk = person("author"), at_the_desk(person(role="moderator"))
    correction = sent(*changes(), by=author, letter=Letter(f"As {TITLED} says."))
    page = desk.get(page_of(correction))
    assert_no_key(page, "its page")
    for heading in re.findall(r"<h2 id=.*?</h2>", page.content.decode(), flags=re.S):
        assert heading.count("Title of 3") <= 1  # who is named by an episode is not said to be of it as well
    assert_no_key(desk.get(QUEUE), "the queue")
    assert_no_key(desk.get(address("person", author.pk)), "the page of its author")


def page_in_the_admin(row: Any) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def histories(desk: Client) -> None:
    for kind, row in {kind.label: (kind, row) for kind, row in every_row()}.values():
        with suppress(NoReverseMatch):
            address = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_history", args=[row.pk])
            if (page := desk.get(address)).status_code == 200:  # or else the page of whom it belongs to has it
                assert_no_key(page, f"the history of a {kind.label}")


def test_no_page_about_what_was_published_and_undone_has_a_key(show: None) -> None:
    author, moderator = person("author"), person(role="moderator")
    desk = at_the_desk(moderator)
    bea = Character.objects.get(key="bea_key")
    changed = sent(*settings_of_fields(), by=author, letter=Letter(f"As {TITLED} says."))
    decide_by_form(desk, changed, do="accept", comment=f"{TITLED}, you say.")
    told_of = [*Trait.objects.filter(attribute="habit"), *Revelation.objects.filter(revealed_in=3)]
    removed = sent(*removing_with_all([bea, *told_of]), by=author)
    decide_by_form(desk, removed, do="accept")
    for correction in (changed, removed):
        correction.refresh_from_db()
        assert correction.state == State.ACCEPTED
        assert_no_key(desk.get(page_of(correction)), "its page")
    histories(desk)
    assert_no_key(desk.get(QUEUE, {"state": "all"}), "the queue")
    assert_no_key(desk.get(address("person_undo", author.pk)), "what is undone of its author")
    assert_no_key(at_the_desk(None).get("/changes/"), "the public history")
    desk.post(address("undo", removed.pk))
    undo = Correction.objects.get(undoes=removed)
    assert undo.state == State.ACCEPTED
    assert_no_key(desk.get(page_of(undo)), "the page of its undo")


def crumbs(response: Any) -> str:
    """Return the way to a page, as it stands above it, without the page itself, which may be about a key."""
    assert response.status_code == 200
    found = re.search(r'<nav aria-label="Breadcrumbs">(.*?)<li aria-current="page">', response.content.decode(), re.S)
    assert found is not None
    return read(found[1])


@pytest.mark.parametrize("progress", [2, 3])
def test_the_way_to_a_page_about_somebody_has_the_name_that_is_known(show: None, progress: int) -> None:
    desk = at_the_desk(person(role="moderator"), episode=progress)
    ann = Character.objects.get(key="ann_key")
    Alias.objects.create(character=ann, name="Zeta", headline=True, revealed_in_id=3)
    for subject, name in (
        (ann, "Ann" if progress == 2 else "Zeta"), (Faction.objects.get(), "Guild"), (Term.objects.get(), "Oath"),
    ):  # fmt: skip
        address = page_in_the_admin(subject)
        forms = re.findall(r'href="([^"]+\?section=\w+)"', desk.get(address).content.decode())
        pages = [desk.get(each) for each in (*forms, f"{address.removesuffix('change/')}rename/")]
        if progress == 3:  # before, nobody merges what may have rows that they do not see
            pages.append(desk.get(f"{address.removesuffix('change/')}merge/"))
        assert len(pages) > 4
        for page in pages:
            way = crumbs(page).split()
            assert name in way
            assert not {*KEYS, "Zeta" if progress == 2 else "Ann"} & {*way}
