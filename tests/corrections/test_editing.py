"""The admin's saves and deletions, through the write door."""

import re
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from characters.datasets.loading import load
from characters.models import Alias, Character, CharacterTag, Portrait, Revelation, Tag, Trait
from corrections import rows
from corrections.models import Change, Correction, State
from episodes.models import Episode
from tests.characters.test_admin import (
    as_filled_in,
    change_address,
    errors_on,
    section_address,
    with_row,
    without_row,
)
from tests.corrections.desk import at_the_desk
from tests.corrections.letters import accepted, somebody
from tests.people import person
from tests.shows import character, trait, write_show

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann(db: None) -> Character:
    for number in range(4):
        Episode.objects.create(number=number)
    return somebody()


def at_desk(user: User) -> Client:
    return at_the_desk(user)


@pytest.fixture
def moderator(ann: Character) -> Client:
    return at_desk(person(role="moderator"))


@pytest.fixture
def editor(ann: Character) -> Client:
    return at_desk(person(role="editor"))


def form_of(client: Client, row: Any, section: str = "facts") -> dict[str, Any]:
    page = client.get(address_of(row, section))
    return as_filled_in(page) | {"_base": page.context["base"]}


def address_of(row: Any, section: str = "facts") -> str:
    """Return the address of the form of a row, or of one of its sections."""
    return section_address(row, section) if isinstance(row, Character) else change_address(row)


def with_status(data: dict[str, Any], value: str) -> dict[str, Any]:
    field = next(name for name, given in data.items() if name.endswith("-value") and given in ("alive", "missing"))
    return data | {field: value}


def status(character: Character) -> str:
    return character.traits.get(attribute="status").value


def told(client: Client, response: Any) -> str:
    """What the page after a save says on top."""
    return " ".join(str(message) for message in client.get(response["Location"]).context["messages"])


def test_a_moderators_save_is_published_and_written_down(moderator: Client, ann: Character) -> None:
    response = moderator.post(address_of(ann), with_status(form_of(moderator, ann), "dead") | {"_reason": "Ep. 3"})
    assert "is published" in told(moderator, response)
    assert status(ann) == "dead"
    correction = Correction.objects.get()
    assert (correction.kind, correction.state, correction.by_author, correction.reason) == (
        "edit", "accepted", True, "Ep. 3",
    )  # fmt: skip
    change = correction.changes.get()
    assert (change.path, change.was, change.became) == ("value", "alive", "dead")


def test_an_editors_save_waits_and_says_so(editor: Client, ann: Character) -> None:
    response = editor.post(address_of(ann), with_status(form_of(editor, ann), "dead"))
    assert "waits for a moderator" in told(editor, response)
    assert status(ann) == "alive"
    assert Correction.objects.get().state == State.OPEN


def test_a_form_tells_what_waits_already(editor: Client, ann: Character) -> None:
    assert "that wait" not in editor.get(address_of(ann)).content.decode()
    editor.post(address_of(ann), with_status(form_of(editor, ann), "missing"))
    page = editor.get(address_of(ann)).content.decode()
    assert "Corrections of this that wait" in page
    assert str(Correction.objects.get().pk) in page


def test_somebody_new_waits_with_all_that_belongs_to_them(editor: Client, ann: Character) -> None:
    page = editor.get(reverse("admin:characters_character_add"))
    data = as_filled_in(page) | {"key": "bea", "revealed_in": 1, "_continue": "1"}
    data = with_row(data, "aliases", name="Bea", kind="name", language="en", headline="on", revealed_in=1)
    response = editor.post(reverse("admin:characters_character_add"), data)
    assert "waits for a moderator" in told(editor, response)
    assert not Character.objects.filter(key="bea").exists()
    accepted(Correction.objects.get(), by=person("other", role="moderator"))
    assert Character.objects.get(key="bea").aliases.get().name == "Bea"


def test_nothing_changed_is_no_correction(moderator: Client, ann: Character) -> None:
    response = moderator.post(address_of(ann), form_of(moderator, ann))
    assert "Nothing was changed" in told(moderator, response)
    assert not Correction.objects.exists()


def test_a_line_break_of_the_browser_is_no_change(moderator: Client, ann: Character) -> None:
    Trait.objects.filter(character=ann).update(value="alive\n\nand well\n")
    data = form_of(moderator, ann)
    field = next(name for name, given in data.items() if name.endswith("-value"))
    moderator.post(address_of(ann), data | {field: "alive\r\n\r\nand well"})
    assert not Correction.objects.exists()


def test_a_stale_form_gets_the_conflict_and_keeps_what_was_typed(moderator: Client, ann: Character) -> None:
    stale = with_status(form_of(moderator, ann), "dead")
    Trait.objects.filter(character=ann).update(value="missing")
    page = moderator.post(address_of(ann), stale)
    assert "it was “alive” when you opened the form and is “missing” now" in errors_on(page)
    assert status(ann) == "missing"
    assert not Correction.objects.exists()
    again = as_filled_in(page) | {"_base": page.context["base"]}
    assert "dead" in again.values()
    moderator.post(address_of(ann), again)
    assert status(ann) == "dead"


def test_what_an_editor_left_alone_is_not_taken_back(moderator: Client, ann: Character) -> None:
    """Two work on one page, each on another field: both stay."""
    first, second = form_of(moderator, ann), form_of(moderator, ann)
    moderator.post(address_of(ann), with_status(first, "dead"))
    moderator.post(address_of(ann), with_row(second, "traits", attribute="habit", value="hums", revealed_in=2))
    assert status(ann) == "dead"
    assert ann.traits.filter(value="hums").exists()


def test_a_row_is_deleted_in_its_form(moderator: Client, ann: Character) -> None:
    Alias.objects.create(character=ann, name="Annie", revealed_in_id=2)
    names = form_of(moderator, ann, "names")
    moderator.post(address_of(ann, "names"), without_row(names, "aliases", "name", "Annie"))
    assert not ann.aliases.filter(name="Annie").exists()
    assert Correction.objects.get().changes.get().action == Change.Action.REMOVE


def test_deleting_somebody_takes_all_that_hangs_on_them_and_can_be_undone(moderator: Client, ann: Character) -> None:
    before = {kind.label: rows.all_values(kind) for kind in rows.registered()}
    response = moderator.post(change_address(ann, "delete"), {"post": "yes"})
    assert "is removed" in told(moderator, response)
    assert not Character.objects.exists()
    bea = somebody("bea", name="Bea")
    gone = Correction.objects.get()
    page = moderator.post(change_address(bea, "history"), {"correction": str(gone.pk)}, follow=True)
    assert "Undone" in page.content.decode()
    after = {kind.label: rows.all_values(kind) for kind in rows.registered()}
    for label, values in before.items():
        assert values.items() <= after[label].items(), label


def test_an_editors_deletion_waits(editor: Client, ann: Character) -> None:
    response = editor.post(change_address(ann, "delete"), {"post": "yes"})
    assert "waits for a moderator" in told(editor, response)
    assert Character.objects.filter(pk=ann.pk).exists()


def test_deleting_several_at_once_waits_too(editor: Client, ann: Character) -> None:
    somebody("bea", name="Bea")
    address = reverse("admin:characters_character_changelist")
    chosen = [str(pk) for pk in Character.objects.values_list("pk", flat=True)]
    data = {"action": "delete_selected", "_selected_action": chosen, "post": "yes"}
    page = editor.post(address, data, follow=True)
    assert "waits for a moderator" in page.content.decode()
    assert Character.objects.count() == 2
    assert Correction.objects.count() == 1


def test_a_rule_that_is_broken_elsewhere_is_told_in_the_form(moderator: Client, ann: Character) -> None:
    mentioning = Revelation.objects.create(key="told", text="[[ann]] appears.", revealed_in_id=1)
    data = {"action": "delete_selected", "_selected_action": [str(ann.pk)], "post": "yes"}
    moderator.post(reverse("admin:characters_character_changelist"), data, follow=True)
    assert Character.objects.filter(pk=ann.pk).exists()
    assert Revelation.objects.get() == mentioning


def test_a_tag_has_a_number_only_once_it_is_written(moderator: Client, ann: Character) -> None:
    response = moderator.post(reverse("admin:characters_tag_add"), {"name": "Brave", "_continue": "1"})
    tag = Tag.objects.get()
    assert response["Location"] == change_address(tag)
    assert Change.objects.get().row == str(tag.pk)


def test_who_waits_is_offered_no_way_to_add_in_passing(editor: Client, moderator: Client, ann: Character) -> None:
    assert "add_id_memberships" not in editor.get(address_of(ann, "ties")).content.decode()
    assert "add_id_memberships" in moderator.get(address_of(ann, "ties")).content.decode()


def a_picture(colour: str = "red") -> SimpleUploadedFile:
    content = BytesIO()
    Image.new("RGB", (30, 40), colour).save(content, "PNG")
    return SimpleUploadedFile("red.png", content.getvalue())


def with_picture(data: dict[str, Any]) -> dict[str, Any]:
    return with_row(
        data, "portraits", image=a_picture(), alt_text="Red.", caption="", credit="us", licence="MIT", revealed_in=1
    )


def public_files() -> set[str]:
    try:
        return set(default_storage.listdir("portraits")[1])
    except FileNotFoundError:
        return set()


@pytest.mark.django_db(transaction=True)
def test_a_picture_that_waits_or_is_rejected_is_in_no_public_place(editor: Client, ann: Character) -> None:
    editor.post(address_of(ann, "portraits"), with_picture(form_of(editor, ann, "portraits")))
    correction = Correction.objects.get()
    assert public_files() == set()
    accepted(correction, by=person("other", role="moderator"), accept=False, why="Not she.")
    assert public_files() == set()


@pytest.mark.django_db(transaction=True)
def test_a_picture_is_public_while_it_is_shown(moderator: Client, ann: Character) -> None:
    moderator.post(address_of(ann, "portraits"), with_picture(form_of(moderator, ann, "portraits")))
    portrait = Portrait.objects.get()
    assert (portrait.width, portrait.height) == (30, 40)
    shown = public_files()
    assert portrait.image.name.split("/")[-1] in shown
    moderator.post(change_address(ann, "history"), {"correction": str(Correction.objects.get().pk)})
    assert not Portrait.objects.exists()
    assert public_files() == set()
    undone = Correction.objects.get(kind="undo")
    moderator.post(change_address(ann, "history"), {"correction": str(undone.pk)})
    assert Portrait.objects.get().image.name == portrait.image.name
    assert public_files() == shown


def history_at(episode: int, client: Client, row: Any) -> str:
    client.cookies["progress"] = str(episode)
    return client.get(change_address(row, "history")).content.decode()


def test_the_history_tells_who_changed_what(moderator: Client, ann: Character) -> None:
    moderator.post(address_of(ann), with_status(form_of(moderator, ann), "dead"))
    page = history_at(3, moderator, ann)
    assert "<del>alive</del><ins>dead</ins>" in page
    assert "moderator" in page


def test_the_history_has_names_for_keys(moderator: Client, ann: Character) -> None:
    bea = somebody("bea", name="Bea")
    data = with_row(
        form_of(moderator, ann, "relationships"),
        "relationships", kind="ally", target=bea.pk, certainty="confirmed", revealed_in=2,
    )  # fmt: skip
    moderator.post(address_of(ann, "relationships"), data)
    page = history_at(3, moderator, ann)
    assert "<ins>Bea</ins>" in page
    assert "<ins>ally of</ins>" in page
    assert str(bea.pk) not in page


def test_the_history_folds_what_is_later_than_its_reader(moderator: Client, ann: Character) -> None:
    names = form_of(moderator, ann, "names")
    moderator.post(
        address_of(ann, "names"),
        with_row(names, "aliases", name="The Traitor", kind="name", language="en", revealed_in=3),
    )
    reader = at_the_desk(person("reader", role="moderator"))
    assert "The Traitor" in history_at(3, reader, ann)
    assert "The Traitor" not in history_at(2, reader, ann)
    assert "The Traitor" in history_at(2, moderator, ann)  # who wrote it


def test_a_long_history_comes_in_pages(moderator: Client, ann: Character, django_assert_max_num_queries: Any) -> None:
    for value in ["missing", "alive"] * 6:
        moderator.post(address_of(ann), with_status(form_of(moderator, ann), value))
    with django_assert_max_num_queries(75):
        page = history_at(3, moderator, ann)
    assert page.count("<article") == 10
    assert "<article" in moderator.get(change_address(ann, "history"), {"page": 2}).content.decode()


def test_an_undo_that_conflicts_waits_and_overwrites_nothing(moderator: Client, ann: Character) -> None:
    moderator.post(address_of(ann), with_status(form_of(moderator, ann), "missing"))
    first = Correction.objects.get()
    moderator.post(address_of(ann), with_status(form_of(moderator, ann), "dead"))
    page = moderator.post(change_address(ann, "history"), {"correction": str(first.pk)}, follow=True)
    assert "nothing was overwritten" in page.content.decode()
    assert status(ann) == "dead"
    assert Correction.objects.get(kind="undo").state == State.OPEN


def test_what_is_undone_is_not_undone_twice(moderator: Client, ann: Character) -> None:
    moderator.post(address_of(ann), with_status(form_of(moderator, ann), "missing"))
    first = Correction.objects.get()
    history = change_address(ann, "history")
    assert "Undone." in moderator.post(history, {"correction": str(first.pk)}, follow=True).content.decode()
    moderator.post(address_of(ann), with_status(form_of(moderator, ann), "dead"))
    page = moderator.post(history, {"correction": str(first.pk)}, follow=True).content.decode()
    assert "It has already been undone." in page
    assert page.count("It is undone.</p>") == 1
    assert status(ann) == "dead"
    assert Correction.objects.filter(kind="undo").count() == 1
    moderator.post(history, {"correction": str(Correction.objects.filter(kind="edit").latest("created_at").pk)})
    moderator.post(history, {"correction": str(Correction.objects.get(undoes=first).pk)})  # so the first stands again
    assert status(ann) == "missing"
    moderator.post(history, {"correction": str(first.pk)})
    assert status(ann) == "alive"


def test_of_an_import_single_changes_are_undone(moderator: Client, tmp_path: Path) -> None:
    moderator.cookies["progress"] = "3"
    zoe_alive = character("zoe", traits=[trait("status", "alive", since=1)])
    load(write_show(tmp_path, characters=[character("ann"), zoe_alive]))
    zoe = Character.objects.get(key="zoe")
    history = change_address(zoe, "history")
    imported = Correction.objects.get(kind="import")
    page = moderator.get(history).content.decode()
    assert "Undo the whole correction" not in page
    assert (
        "Undo single changes in the history"
        in moderator.post(history, {"correction": str(imported.pk)}, follow=True).content.decode()
    )
    of_status = imported.changes.get(model="characters.trait")
    assert str(of_status.pk) in page
    assert "Undone." in moderator.post(history, {"change": str(of_status.pk)}, follow=True).content.decode()
    assert not zoe.traits.exists()
    assert zoe.aliases.exists()
    for nonsense in ({"change": "x"}, {"correction": "x"}, {}):
        assert "no such correction" in moderator.post(history, nonsense, follow=True).content.decode()


def test_an_editor_cannot_undo_at_once(editor: Client, moderator: Client, ann: Character) -> None:
    moderator.post(address_of(ann), with_status(form_of(moderator, ann), "missing"))
    editor.post(change_address(ann, "history"), {"correction": str(Correction.objects.get().pk)})
    assert status(ann) == "missing"
    assert Correction.objects.get(kind="undo").state == State.OPEN


def test_with_an_episode_and_the_series_too(moderator: Client, ann: Character) -> None:
    episode = Episode.objects.get(number=2)
    moderator.post(change_address(episode), form_of(moderator, episode) | {"title": "The Second"})
    episode.refresh_from_db()
    assert episode.title == "The Second"
    assert Correction.objects.get().revealed_in == 2


def test_renaming_a_tag_changes_its_slug(moderator: Client, ann: Character) -> None:
    tag = Tag.objects.create(name="brave", slug="brave")
    Tag.objects.create(name="bold", slug="bold")
    form = reverse("admin:characters_tag_change", args=[tag.pk])
    moderator.post(form, {"name": "Very Brave"})
    tag.refresh_from_db()
    assert (tag.name, tag.slug) == ("very brave", "very-brave")
    assert {change.path for change in Change.objects.all()} == {"name", "slug"}
    page = moderator.post(form, {"name": "Bold"}).content.decode()
    assert "errorlist" in page
    tag.refresh_from_db()
    assert tag.slug == "very-brave"
    moderator.post(form, {"name": "Bold!"})  # another tag, whose slug says so
    tag.refresh_from_db()
    assert tag.name == "bold!"
    assert re.fullmatch(r"bold-\w+", tag.slug)


def test_a_tag_has_a_form_whether_or_not_it_is_used(moderator: Client, ann: Character) -> None:
    tag = Tag.objects.create(name="brave", slug="brave")
    form = reverse("admin:characters_tag_change", args=[tag.pk])
    assert "nobody bears it" in moderator.get(form).content.decode()
    CharacterTag.objects.create(content_object=ann, tag=tag, revealed_in_id=2)
    assert "at least one letter" in moderator.post(form, {"name": "!"}).content.decode()
