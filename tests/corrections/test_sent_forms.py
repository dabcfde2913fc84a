"""The forms of the admin that editors sent: going on with what waits, and sending again what was rejected."""

import re
from html import unescape
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from characters.models import Alias, Character, Portrait, Revelation, Trait
from corrections.deciding import Verdict, decide
from corrections.editing import WriteDoorAdmin
from corrections.models import Change, Correction, State
from episodes.models import Episode
from tests.characters.sheets import a_newcomer, a_revelation, as_opened, fill_in
from tests.characters.sheets import address_of as week_of
from tests.characters.test_admin import as_filled_in, errors_on, section_address, with_row
from tests.corrections.desk import at_the_desk
from tests.corrections.letters import accepted, somebody
from tests.people import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann(db: None) -> Character:
    for number in range(4):
        Episode.objects.create(number=number)
    return somebody()


@pytest.fixture
def editor(ann: Character) -> Client:
    return at_the_desk(person(role="editor"), episode=3)


def opened(client: Client, address: str) -> dict[str, Any]:
    page = client.get(address)
    return as_sent(page)


def as_sent(page: Any) -> dict[str, Any]:
    """Return what a browser sends, with the hidden fields that say what the form belongs to."""
    return as_filled_in(page) | {"_base": page.context["base"]} | page.context.get("fields_again", {})


def facts(row: Character) -> str:
    return section_address(row, "facts")


def add_habit(client: Client, row: Character, value: str = "hums", **also: Any) -> Any:
    data = with_row(opened(client, facts(row)), "traits", attribute="habit", value=value, revealed_in=2)
    return client.post(facts(row), data | also)


def address_again(client: Client, correction: Correction) -> str:
    """Return where the page of a correction at the desk leads its author to."""
    page = client.get(reverse("admin:corrections_correction_change", args=[correction.pk]))
    return str(page.context["form_again"])


def value_of(change: Change, field: str) -> Any:
    """Return a value of the row that a change adds."""
    values: Any = change.after
    return values[field]


def rejected(correction: Correction) -> None:
    accepted(correction, by=person("other", role="moderator"), accept=False, why="Not so.")


def with_value(data: dict[str, Any], old: str, new: str) -> dict[str, Any]:
    assert old in data.values()
    return {name: new if value == old else value for name, value in data.items()}


def test_an_editor_goes_on_with_a_change_that_waits(editor: Client, ann: Character) -> None:
    add_habit(editor, ann, _reason="Episode 2")
    correction = Correction.objects.get()
    [(offered, address)] = editor.get(facts(ann)).context["own_waiting"]
    assert offered == correction
    assert "Go on with your waiting change" in editor.get(facts(ann)).content.decode()
    page = editor.get(address)
    assert "This is what you sent" in page.content.decode()
    assert 'value="Episode 2"' in page.content.decode()
    assert not page.context["errors"]
    editor.post(facts(ann), with_value(as_sent(page), "hums", "sings"))
    assert Correction.objects.count() == 1
    [change] = correction.changes.current()
    assert value_of(change, "value") == "sings"
    assert [event.kind for event in correction.events.order_by("at", "id")] == ["sent", "amended"]
    again = editor.get(address_again(editor, correction))
    assert "sings" in as_filled_in(again).values()


def test_opening_again_changes_nothing(editor: Client, ann: Character) -> None:
    add_habit(editor, ann)
    address = address_again(editor, Correction.objects.get())
    before = list(Change.objects.values()), list(Correction.objects.values())
    assert editor.get(address).status_code == 200
    assert editor.head(address).status_code == 200
    assert (list(Change.objects.values()), list(Correction.objects.values())) == before


def test_what_was_rejected_is_sent_again_as_a_new_one(editor: Client, ann: Character) -> None:
    add_habit(editor, ann)
    first = Correction.objects.get()
    rejected(first)
    page = editor.get(address_again(editor, first))
    editor.post(facts(ann), with_value(as_sent(page), "hums", "sings"))
    second = Correction.objects.exclude(pk=first.pk).get()
    assert second.revises == first
    assert value_of(second.changes.get(), "value") == "sings"
    assert value_of(first.changes.get(), "value") == "hums"


def test_one_that_was_decided_while_its_form_was_open_is_asked_about(editor: Client, ann: Character) -> None:
    add_habit(editor, ann)
    first = Correction.objects.get()
    page = editor.get(address_again(editor, first))
    rejected(first)
    page = editor.post(facts(ann), with_value(as_sent(page), "hums", "sings"))
    assert "your correction was decided meanwhile" in errors_on(page)
    assert Correction.objects.count() == 1
    editor.post(facts(ann), as_sent(page))
    assert Correction.objects.exclude(pk=first.pk).get().revises == first


def test_one_that_was_changed_in_another_window_is_asked_about(editor: Client, ann: Character) -> None:
    add_habit(editor, ann)
    correction = Correction.objects.get()
    address = address_again(editor, correction)
    here, there = editor.get(address), editor.get(address)
    editor.post(facts(ann), with_value(as_sent(there), "hums", "sings"))
    page = editor.post(facts(ann), with_value(as_sent(here), "hums", "dances"))
    assert "was changed since you opened this" in errors_on(page)
    editor.post(facts(ann), as_sent(page))
    assert [value_of(change, "value") for change in correction.changes.current()] == ["dances"]


def test_of_one_accepted_in_part_the_rest_is_sent_again(editor: Client, ann: Character) -> None:
    data = with_row(opened(editor, facts(ann)), "traits", attribute="habit", value="hums", revealed_in=2)
    editor.post(facts(ann), with_row(data, "traits", attribute="habit", value="bites", revealed_in=2))
    first = Correction.objects.get()
    hums, bites = first.changes.order_by("position")
    verdicts = {hums.pk: Verdict(accept=True), bites.pk: Verdict(accept=False, why="Never.")}
    decide(first, by=person("other", role="moderator"), version=first.version, verdicts=verdicts)
    page = editor.get(address_again(editor, first))
    assert "This value is there already" in errors_on(page)
    data = {
        name: "" if value == "hums" or name in emptied_with("hums", as_sent(page)) else value
        for name, value in with_value(as_sent(page), "bites", "barks").items()
    }
    editor.post(facts(ann), data)
    assert [value_of(change, "value") for change in Correction.objects.get(revises=first).changes.all()] == ["barks"]


def emptied_with(value: str, data: dict[str, Any]) -> list[str]:
    """Return the fields of the new row with a value."""
    stem = next(name for name, given in data.items() if given == value).removesuffix("value")
    if data.get(f"{stem}id"):
        return []
    return [f"{stem}{name}" for name in ("attribute", "value", "revealed_in")]


@pytest.mark.parametrize("who", ["another editor", "nobody knows it", "claimed", "accepted"])
def test_only_ones_own_opens_again_and_only_while_something_can_be_sent(
    who: str, editor: Client, ann: Character
) -> None:
    add_habit(editor, ann)
    correction = Correction.objects.get()
    client, key = editor, str(correction.pk)
    match who:
        case "another editor":
            client = at_the_desk(person("eve", role="editor"), episode=3)
        case "nobody knows it":
            key = "x"
        case "claimed":
            moderator = at_the_desk(person("other", role="moderator"), episode=3)
            moderator.post(reverse("admin:corrections_correction_claim", args=[correction.pk]), {"do": "claim"})
        case "accepted":
            accepted(correction, by=person("other", role="moderator"))
    page = client.get(facts(ann), {"section": "facts", "again": key})
    assert page.status_code == 200
    assert "This is what you sent" not in page.content.decode()
    if key == str(correction.pk):
        assert address_again(client, correction) == ""
    data = with_row(as_sent(page), "traits", attribute="habit", value="steals", revealed_in=2)
    page = client.post(facts(ann), data | {"_again": key, "_again_version": "x"})
    assert "Nothing was sent: the correction that you opened again is accepted" in errors_on(page)
    assert list(Correction.objects.all()) == [correction]


def test_its_page_on_the_site_leads_to_the_form_too(editor: Client, ann: Character) -> None:
    add_habit(editor, ann)
    own = reverse("correction", args=[Correction.objects.get().pk])
    assert "Change it" in editor.get(own).content.decode()
    page = editor.get(f"{own}again/", follow=True)
    assert "This is what you sent" in page.content.decode()
    assert "hums" in as_filled_in(page).values()


def test_somebody_new_is_opened_again_with_all_rows(editor: Client, ann: Character) -> None:
    address = reverse("admin:characters_character_add")
    data = as_filled_in(editor.get(address)) | {"key": "bea", "revealed_in": 1}
    editor.post(
        address, with_row(data, "aliases", name="Bea", kind="name", language="en", headline="on", revealed_in=1)
    )
    correction = Correction.objects.get()
    page = editor.get(address_again(editor, correction))
    assert {"bea", "Bea"} <= set(map(str, as_filled_in(page).values()))
    editor.post(address, with_value(as_sent(page), "Bea", "Beate"))
    names = correction.changes.current().filter(model=Alias._meta.label_lower)
    assert [value_of(change, "name") for change in names] == ["Beate"]
    accepted(Correction.objects.get(), by=person("other", role="moderator"))
    assert Character.objects.get(key="bea").aliases.get().name == "Beate"


def test_a_week_that_was_rejected_opens_again_as_it_was_typed(editor: Client, ann: Character) -> None:
    rows = {
        "newcomers": [a_newcomer("bea", "Bea")],
        "revelations": [a_revelation("[[bea]] sees [[ann]].", concerned="Ann, bea")],
    }
    fill_in(editor, 3, **rows)
    first = Correction.objects.get()
    rejected(first)
    page = editor.get(address_again(editor, first))
    assert "This is what you sent" in page.content.decode()
    typed = as_opened(page) | page.context["fields_again"]
    assert "Ann, bea" in typed.values()
    editor.post(week_of(3), with_value(typed, "[[bea]] sees [[ann]].", "[[bea]] meets [[ann]]."))
    second = Correction.objects.get(revises=first)
    texts = second.changes.filter(model=Revelation._meta.label_lower)
    assert [value_of(change, "text") for change in texts] == ["[[bea]] meets [[ann]]."]
    accepted(second, by=person("third", role="moderator"))
    assert Revelation.objects.get().text == "[[bea]] meets [[ann]]."


def test_a_week_that_waits_is_offered_and_replaced(editor: Client, ann: Character) -> None:
    fill_in(editor, 3, revelations=[a_revelation("[[ann]] sings.")])
    [(correction, address)] = editor.get(week_of(3), {"sure": "yes"}).context["own_waiting"]
    page = editor.get(address)
    typed = as_opened(page) | page.context["fields_again"]
    editor.post(week_of(3), with_value(typed, "[[ann]] sings.", "[[ann]] dances."))
    assert Correction.objects.count() == 1
    assert [value_of(change, "text") for change in correction.changes.current()] == ["[[ann]] dances."]


def test_a_stale_save_of_an_editor_is_not_queued_unseen(editor: Client, ann: Character) -> None:
    stale = with_value(opened(editor, facts(ann)), "alive", "dead")
    Trait.objects.filter(character=ann).update(value="missing")
    page = editor.post(facts(ann), stale)
    assert "it was “alive” when you opened the form and is “missing” now" in errors_on(page)
    assert not Correction.objects.exists()
    editor.post(facts(ann), as_sent(page))
    change = Change.objects.get()
    assert (change.before, change.after) == ("missing", "dead")
    assert Correction.objects.get().state == State.OPEN


def test_a_stale_week_of_an_editor_is_not_queued_unseen(editor: Client, ann: Character) -> None:
    stale = as_opened(editor.get(week_of(3), {"sure": "yes"})) | {"episode-synopsis": "Mine."}
    Episode.objects.filter(number=3).update(synopsis="Theirs.")
    page = editor.post(week_of(3), stale)
    assert "is “Theirs.” now" in page.content.decode()
    assert not Correction.objects.exists()
    editor.post(week_of(3), as_opened(page))
    assert Change.objects.get().before == "Theirs."


# Pictures


def a_picture() -> SimpleUploadedFile:
    content = BytesIO()
    Image.new("RGB", (30, 40), "red").save(content, "PNG")
    return SimpleUploadedFile("red.png", content.getvalue())


def test_a_picture_has_to_be_chosen_once(
    editor: Client, ann: Character, django_capture_on_commit_callbacks: Any
) -> None:
    address = section_address(ann, "portraits")
    values = {"alt_text": "", "caption": "", "credit": "us", "licence": "MIT", "revealed_in": 1}
    page = editor.post(address, with_row(opened(editor, address), "portraits", image=a_picture(), **values))
    assert "This field is required" in errors_on(page)
    assert "The picture you chose is kept" in page.content.decode()
    stem = next(name for name, value in as_sent(page).items() if value == "us").removesuffix("credit")
    assert editor.post(address, as_sent(page) | {f"{stem}alt_text": "Red."}).status_code == 302
    correction = Correction.objects.get()
    page = editor.get(address_again(editor, correction))
    assert "The picture you chose is kept" in page.content.decode()
    editor.post(address, as_sent(page) | {f"{stem}alt_text": "All red."})
    with django_capture_on_commit_callbacks(execute=True):
        accepted(Correction.objects.get(), by=person("other", role="moderator"))
    portrait = Portrait.objects.get()
    assert (portrait.alt_text, portrait.width, portrait.height) == ("All red.", 30, 40)


def test_a_picture_that_nobody_kept_is_not_taken(editor: Client, ann: Character) -> None:
    address = section_address(ann, "portraits")
    values = {"alt_text": "Red.", "caption": "", "credit": "us", "licence": "MIT", "revealed_in": 1}
    data = with_row(opened(editor, address), "portraits", **values)
    page = editor.post(address, data | {"_kept": '{"portraits-0-image": ["characters.portrait", "x.png"]}'})
    assert "This field is required" in errors_on(page)


# Deletions


def test_a_deletion_is_sent_again_with_another_reason(ann: Character, editor: Client) -> None:
    doomed = Revelation.objects.create(key="r", text="Sings.", revealed_in_id=1)
    delete = reverse("admin:characters_revelation_delete", args=[doomed.pk])
    assert "waits for a moderator" in editor.get(delete).content.decode()
    editor.post(delete, {"post": "yes", "_reason": "Wrong."})
    sent = Correction.objects.get()
    assert (sent.reason, sent.changes.get().action) == ("Wrong.", Change.Action.REMOVE)
    assert "Go on with your waiting change" in editor.get(delete).content.decode()

    def opened_again(client: Client, correction: Correction) -> dict[str, str]:
        page = client.get(address_again(editor, correction))
        assert 'value="Wrong' in page.content.decode() or not page.context["fields_again"]
        return {"post": "yes"} | page.context["fields_again"]

    editor.post(delete, opened_again(editor, sent) | {"_reason": "Wrong: she does not sing."})
    sent.refresh_from_db()
    assert (Correction.objects.count(), sent.reason) == (1, "Wrong: she does not sing.")
    moderator = person("judge", role="moderator")
    verdicts = {change.pk: Verdict(accept=False, why="She does.") for change in sent.changes.current()}
    decide(sent, by=moderator, version=sent.version, verdicts=verdicts)
    assert opened_again(at_the_desk(person("else", role="editor"), episode=3), sent) == {"post": "yes"}
    editor.post(delete, opened_again(editor, sent) | {"_reason": "Look at 12:30."})
    again = Correction.objects.exclude(pk=sent.pk).get()
    assert (again.revises, again.reason, again.state) == (sent, "Look at 12:30.", State.OPEN)
    assert Revelation.objects.exists()


# Changes that are looked at first, and deletions of several

REVELATIONS = "/admin/characters/revelation/"


def hidden_and_typed(page: Any) -> dict[str, Any]:
    """Return what a browser sends of a form of ours that Django's helpers do not list."""
    fields: dict[str, list[str]] = {}
    form = re.search(r'<form method="post".*?</form>', page.content.decode(), re.S)
    assert form
    for tag in re.findall(r"<input [^>]*>", form[0]):
        name, value = re.search(r' name="([^"]*)"', tag), re.search(r' value="([^"]*)"', tag)
        if name and ('type="radio"' not in tag or " checked" in tag):
            fields.setdefault(name[1], []).append(unescape(value[1]) if value else "")
    for name_of, options in re.findall(r'<select name="([^"]*)".*?>(.*?)</select>', form[0], re.S):
        fields[name_of] = re.findall(r'<option value="([^"]*)" selected', options)
    return {key: values for key, values in fields.items() if key != "csrfmiddlewaretoken"}


def bulk_edit(editor: Client, ann: Character) -> None:
    chosen = [str(Revelation.objects.create(key=f"r{n}", text="Sings.", revealed_in_id=1).pk) for n in range(2)]
    asked = {"action": "change_one_field", "_selected_action": chosen, "_field": "source", "value": "Volume 1"}
    page = editor.post(REVELATIONS, asked | {"do": "look"})
    editor.post(REVELATIONS, asked | {"do": "send", "_base": page.context["base"], "_reason": "Said."})


def deletion(editor: Client, ann: Character) -> None:
    chosen = [str(Revelation.objects.create(key=f"r{n}", text="Sings.", revealed_in_id=1).pk) for n in range(2)]
    asked = {"action": "delete_selected", "_selected_action": chosen}
    assert 'name="_reason"' in editor.post(REVELATIONS, asked).content.decode()
    editor.post(REVELATIONS, asked | {"post": "yes", "_reason": "Said."})


def merge(editor: Client, ann: Character) -> None:
    bea, page = somebody("bea", name="Bea"), reverse("admin:characters_character_merge", args=[ann.pk])
    asked = {"other": str(bea.pk), "stays": "other", "_reason": "Said."}
    stamp = editor.post(page, asked | {"do": "look"}).context["stamp"]
    editor.post(page, asked | {"do": "send", "stamp": stamp})


def another_key(editor: Client, ann: Character) -> None:
    page = reverse("admin:characters_character_rename", args=[ann.pk])
    editor.post(page, {"key": "ann_b", "do": "send", "_reason": "Said."})


OTHER_FORMS = [
    pytest.param(bulk_edit, {"value": "Volume 2"}, id="one field of many"),
    pytest.param(deletion, {}, id="deletion of several"),
    pytest.param(merge, {"stays": "this"}, id="merge"),
    pytest.param(another_key, {"key": "ann_c"}, id="another key"),
]


@pytest.mark.parametrize(("send_it", "changed"), OTHER_FORMS)
def test_all_that_waits_is_opened_changed_and_sent_again(
    send_it: Any, changed: dict[str, str], editor: Client, ann: Character
) -> None:
    send_it(editor, ann)
    correction = Correction.objects.get()
    before = list(correction.changes.current())
    address = address_again(editor, correction)
    page = editor.get(address)
    assert Correction.objects.get().version == correction.version, "opening it sends nothing"
    assert "This is what you sent" in page.content.decode()
    typed = hidden_and_typed(page)
    assert typed["_reason"] == ["Said."]
    where = address.partition("?")[0]
    looked_at = editor.post(where, typed | changed | {"do": "look"} if changed else typed)
    if changed:
        typed = hidden_and_typed(looked_at)
    editor.post(where, typed | {"do": "send", "_reason": "Said so."})
    again = Correction.objects.get()
    assert (again.reason, again.state) == ("Said so.", State.OPEN)
    after = list(again.changes.current())
    assert len(after) == len(before)
    if changed:
        assert [(each.row, each.after, each.into) for each in after] != [
            (each.row, each.after, each.into) for each in before
        ]


@pytest.mark.parametrize(("send_it", "changed"), OTHER_FORMS)
def test_all_that_was_rejected_is_sent_again_as_a_new_one(
    send_it: Any, changed: dict[str, str], editor: Client, ann: Character
) -> None:
    send_it(editor, ann)
    first = Correction.objects.get()
    rejected(first)
    address = address_again(editor, first)
    typed = hidden_and_typed(editor.get(address))
    editor.post(address.partition("?")[0], typed | {"do": "send", "_reason": "Look at 12:30."})
    second = Correction.objects.exclude(pk=first.pk).get()
    assert (second.revises, second.reason, second.state) == (first, "Look at 12:30.", State.OPEN)
    assert [change.model for change in second.changes.all()] == [change.model for change in first.changes.all()]


def test_where_a_deletion_is_refused_its_reason_is_kept(ann: Character, editor: Client) -> None:
    doomed = [Revelation.objects.create(key=f"r{n}", text="Sings.", revealed_in_id=1) for n in range(2)]
    asked = {"action": "delete_selected", "_selected_action": [str(each.pk) for each in doomed], "post": "yes"}
    refused = {"_reason": "So it is.", "_again": "of nobody"}
    one = reverse("admin:characters_revelation_delete", args=[doomed[0].pk])
    for where, data in ((REVELATIONS, asked | refused), (one, {"post": "yes"} | refused)):
        page = editor.post(where, data)
        assert page.context["problems"]
        assert hidden_and_typed(page)["_reason"] == ["So it is."]
    assert not Correction.objects.exists()


def test_a_deletion_lists_the_first_of_very_many_rows(
    ann: Character, monkeypatch: pytest.MonkeyPatch, editor: Client
) -> None:
    monkeypatch.setattr(WriteDoorAdmin, "delete_confirmation_max_display", 3)
    for number in range(9):
        Trait.objects.create(character=ann, attribute="habit", value=f"hums {number}", revealed_in_id=1)
    page = editor.get(reverse("admin:characters_character_delete", args=[ann.pk])).content.decode()
    assert 0 < len(set(re.findall(r"hums \d", page))) <= 3
