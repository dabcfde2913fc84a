"""The admin, as editors use it, on the real show."""

import re
from io import BytesIO
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.forms import FileField
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from PIL import Image

from characters.admin.inlines import PictureField
from characters.kinds import SUBJECTS
from characters.models import Character, Faction, Revelation, Tag, Trait
from characters.roles import CONTRIBUTORS, EDITORS, MODERATORS
from corrections.models import Correction
from episodes.models import Episode, Series
from tests.corrections.desk import at_the_desk
from tests.people import person
from tests.shows import LAST_EPISODE

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("real_show")]

PASSWORD = "open sesame"
SECTION_SLUGS = ["appearance", "names", "facts", "tags", "ties", "relationships", "portraits"]
MOST_BYTES = 150_000
A_HABIT = {"attribute": "habit", "value": "hums", "revealed_in": 3}
CONTENT = ["characters_character", "characters_faction", "characters_revelation", "characters_tag", "episodes_episode"]
SERIES = "episodes_series"


def log_in(group: str, *, staff: bool = True) -> Client:
    user = User.objects.create_user(group, password=PASSWORD, is_staff=staff)
    user.groups.add(Group.objects.get(name=group))
    client = Client()
    client.cookies["progress"] = str(LAST_EPISODE)
    client.force_login(user)
    return client


@pytest.fixture
def editor() -> Client:
    return log_in(EDITORS)


@pytest.fixture
def moderator() -> Client:
    return log_in(MODERATORS)


@pytest.fixture
def contributor() -> Client:
    return log_in(CONTRIBUTORS, staff=False)


@pytest.fixture
def anonymous() -> Client:
    return Client()


def change_address(row: Any, action: str = "change") -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_{action}", args=[row.pk])


def section_address(row: Any, slug: str) -> str:
    return f"{change_address(row)}?section={slug}"


SECTIONS = {
    "aliases": "names", "traits": "facts", "tag_rows": "tags", "memberships": "ties", "unmasking": "ties",
    "unmaskings": "ties", "relationships": "relationships", "relationships_to": "relationships",
    "portraits": "portraits",
}  # fmt: skip


def section_of(row: Any, prefix: str) -> str:
    """Return the address of the form that has the rows of an inline."""
    return section_address(row, SECTIONS[prefix])


def character(key: str) -> Character:
    return Character.objects.get(key=key)


def as_filled_in(page: Any) -> dict[str, Any]:
    """Return what a browser sends if nothing on the page is touched."""
    forms = [page.context["adminform"].form]
    for inline in page.context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.forms]
    fields = [field for form in forms for field in form if field.name != "image"]
    values = {field.html_name: field.value() for field in fields}
    return {name: "" if value is None else value for name, value in values.items() if value is not False}


def with_row(data: dict[str, Any], prefix: str, **values: Any) -> dict[str, Any]:
    """Return the data of a form with one more row of an inline."""
    number = int(data[f"{prefix}-TOTAL_FORMS"])
    row = {f"{prefix}-{number}-{name}": value for name, value in values.items()}
    return data | row | {f"{prefix}-TOTAL_FORMS": number + 1}


def without_row(data: dict[str, Any], prefix: str, name: str, value: Any) -> dict[str, Any]:
    """Return the data of a form with the rows that have a value ticked for deletion."""
    fields = [field for field, given in data.items() if field.endswith(f"-{name}") and given == value]
    assert fields
    return data | {field.replace(f"-{name}", "-DELETE"): "on" for field in fields if field.startswith(f"{prefix}-")}


def an_alias(name: str, *, since: int, **values: Any) -> dict[str, Any]:
    return {"name": name, "kind": "name", "language": "en", "revealed_in": since} | values


def errors_on(page: Any) -> str:
    """Return the errors that a page shows."""
    assert page.status_code == 200, "it was saved"
    hidden = [
        field.name
        for inline in page.context["inline_admin_formsets"]
        for form in inline.formset.forms
        for field in form.hidden_fields()
        if field.errors
    ]
    assert not hidden, f"errors at hidden fields are not shown: {hidden}"
    return str(page.context["errors"])


def assert_saved(response: Any) -> None:
    if response.status_code != 302:
        raise AssertionError(errors_on(response))


def everything() -> list[Any]:
    return [list(model._base_manager.values()) for model in (Character, Faction, Revelation, Tag, Trait)]


def a_picture(kind: str = "PNG") -> bytes:
    content = BytesIO()
    Image.new("RGB", (30, 40), "red").save(content, kind)
    return content.getvalue()


# Who may enter ------------------------------------------------------------------------------------------------------


def all_addresses() -> list[str]:
    addresses = [reverse("admin:index"), reverse("admin:autocomplete"), reverse("admin:app_list", args=["characters"])]
    for name in [*CONTENT, SERIES, "auth_user", "auth_group"]:
        addresses += [reverse(f"admin:{name}_{page}") for page in ("changelist", "add")]
    for row in (character("rouge_redstar"), Revelation.objects.first(), Episode.objects.first(), Series.objects.get()):
        addresses += [change_address(row, page) for page in ("change", "delete", "history")]
    return addresses


@pytest.mark.parametrize("who", ["contributor", "anonymous"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_nobody_else_gets_past_the_login(who: str, method: str, request: pytest.FixtureRequest) -> None:
    client = request.getfixturevalue(who)
    before = everything()
    for address in all_addresses():
        response = getattr(client, method)(address, {"key": "new", "revealed_in": 1, "post": "yes", "name": "new"})
        if method == "post":
            assert response.status_code == 403, address
            assert "Sign in to send this" in response.content.decode(), address
            continue
        assert response.status_code == 302, address
        assert response["Location"].startswith(reverse("admin:login")), address
    assert everything() == before


@pytest.mark.parametrize("who", ["editor", "moderator"])
def test_who_edits_content_has_no_say_over_accounts(who: str, request: pytest.FixtureRequest) -> None:
    client = request.getfixturevalue(who)
    for name in ("auth_user", "auth_group"):
        assert client.get(reverse(f"admin:{name}_changelist")).status_code == 403
        assert client.post(reverse(f"admin:{name}_add")).status_code == 403


# What opens, and at what cost ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*CONTENT, SERIES])
@pytest.mark.parametrize("who", ["editor", "moderator"])
def test_each_list_opens(
    who: str, name: str, request: pytest.FixtureRequest, django_assert_max_num_queries: Any
) -> None:
    client = request.getfixturevalue(who)
    with django_assert_max_num_queries(12):
        assert client.get(reverse(f"admin:{name}_changelist")).status_code == 200


@pytest.mark.parametrize("name", CONTENT)
def test_each_form_for_something_new_opens(name: str, moderator: Client, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(20):
        assert moderator.get(reverse(f"admin:{name}_add")).status_code == 200


@pytest.mark.parametrize("model", [Character, Faction, Revelation, Tag, Episode, Series])
def test_each_row_opens(model: type[Any], moderator: Client) -> None:
    for row in [*model.objects.all()[:3], model.objects.last()]:
        for page in ("change", "history"):
            assert moderator.get(change_address(row, page)).status_code == 200


@pytest.mark.parametrize("slug", ["", *SECTION_SLUGS])
def test_a_main_character_opens_section_by_section_and_cheaply(
    slug: str, moderator: Client, django_assert_max_num_queries: Any
) -> None:
    rouge = character("rouge_redstar")
    assert rouge.relationships.count() + rouge.relationships_to.count() > 30
    address = section_address(rouge, slug) if slug else change_address(rouge)
    moderator.get(address)  # content types are looked up once per process
    with django_assert_max_num_queries(18 if slug else 28):
        page = moderator.get(address)
    assert page.status_code == 200
    assert len(page.content) <= MOST_BYTES


@pytest.mark.parametrize("who", ["editor", "moderator"])
def test_adding_one_row_costs_no_more_where_there_are_many(who: str, request: pytest.FixtureRequest) -> None:
    client, rouge = request.getfixturevalue(who), character("rouge_redstar")
    page = client.get(section_address(rouge, "facts"))
    assert len(page.context["inline_admin_formsets"][0].formset.initial_forms) > 40
    data = as_filled_in(page) | {"_base": page.context["base"]}
    with CaptureQueriesContext(connection) as statements:
        assert_saved(client.post(section_address(rouge, "facts"), with_row(data, "traits", **A_HABIT)))
    # The transaction that a test runs in makes savepoints of what is none elsewhere.
    assert len([each for each in statements if "SAVEPOINT" not in each["sql"]]) <= 60


def test_a_faction_opens_section_by_section_too(moderator: Client, django_assert_max_num_queries: Any) -> None:
    nine = Faction.objects.get(key="immortal_nine")
    for slug in ("appearance", "names", "facts", "tags", "ties"):
        moderator.get(section_address(nine, slug))
        with django_assert_max_num_queries(18):
            moderator.get(section_address(nine, slug))


@pytest.mark.parametrize("slug", ["appearance", "names", "facts", "tags", "ties"])
def test_saving_without_a_change_changes_nothing(slug: str, moderator: Client) -> None:
    for row in (character("rouge_redstar"), Faction.objects.get(key="immortal_nine")):
        before = everything()
        page = moderator.get(section_address(row, slug))
        assert_saved(moderator.post(section_address(row, slug), as_filled_in(page)))
        assert everything() == before


def test_a_section_without_a_change_sends_nothing(moderator: Client) -> None:
    rouge = character("rouge_redstar")
    for slug in SECTION_SLUGS:
        page = moderator.get(section_address(rouge, slug))
        data = as_filled_in(page) | {"_base": page.context["base"]}
        assert_saved(moderator.post(section_address(rouge, slug), data))
    assert not Correction.objects.filter(kind="edit").exists()


def test_the_page_of_a_character_lists_every_row_with_a_link_to_it(moderator: Client) -> None:
    rouge = character("rouge_redstar")
    page = moderator.get(change_address(rouge))
    listed = {section.kind.slug: section.rows for section in page.context["sections"]}
    assert len(listed["names"]) == rouge.aliases.count()
    assert len(listed["facts"]) == rouge.traits.count()
    assert len(listed["relationships"]) == rouge.relationships.count() + rouge.relationships_to.count()
    for rows in listed.values():
        for row in rows[:3]:
            address, _, anchor = row.url.partition("#")
            assert f'id="{anchor}"' in moderator.get(address).content.decode()
    third: Any = listed["facts"][2]
    assert third.url.endswith("#traits-2")
    form = moderator.get(third.url.partition("#")[0]).context["inline_admin_formsets"][0].formset.forms[2]
    assert form.instance.revealed_in_id == third.since


def test_a_saved_section_leads_back_to_where_it_is_listed(moderator: Client) -> None:
    ash = character("ash_stahl")
    address = section_address(ash, "facts")
    data = with_row(as_filled_in(moderator.get(address)), "traits", **A_HABIT)
    assert moderator.post(address, data)["Location"] == f"{change_address(ash)}#facts"
    data = with_row(as_filled_in(moderator.get(address)), "traits", **A_HABIT | {"value": "sings"})
    assert moderator.post(address, data | {"_continue": "on"})["Location"] == address


@pytest.mark.parametrize(("typed", "kept"), [("Habits", "habit"), ("habit", "habit"), ("purpose", "purpose")])
def test_an_attribute_is_chosen_by_what_it_is_called(typed: str, kept: str, moderator: Client) -> None:
    ash = character("ash_stahl")
    address = section_address(ash, "facts")
    row = {"attribute": typed, "value": "Whistles at night", "revealed_in": 9}
    assert_saved(moderator.post(address, with_row(as_filled_in(moderator.get(address)), "traits", **row)))
    assert ash.traits.get(value="Whistles at night").attribute == kept


def test_an_attribute_that_is_none_offers_those_that_are_near(moderator: Client) -> None:
    ash = character("ash_stahl")
    address = section_address(ash, "facts")
    row = {"attribute": "Occupatoin", "value": "guard", "revealed_in": 3}
    page = moderator.post(address, with_row(as_filled_in(moderator.get(address)), "traits", **row))
    assert "There is no “Occupatoin” to choose. Did you mean:" in errors_on(page)
    assert ">Occupation</button>" in errors_on(page)


def test_after_an_error_the_page_is_at_the_error(moderator: Client) -> None:
    rouge = character("rouge_redstar")
    address = section_address(rouge, "facts")
    data = with_row(as_filled_in(moderator.get(address)), "traits", attribute="habit", value="", revealed_in=3)
    elsewhere = section_address(character("ash_stahl"), "facts")
    saved = with_row(as_filled_in(moderator.get(elsewhere)), "traits", attribute="habit", value="hums", revealed_in=3)
    assert moderator.post(elsewhere, saved).status_code == 302  # what it says is not read yet
    page = moderator.post(address, data)
    assert errors_on(page)
    assert 'id="notices"' in page.content.decode()
    number = int(data["traits-TOTAL_FORMS"]) - 1
    [focused] = re.findall(r"<[^>]+ autofocus[^>]*>", page.content.decode())
    assert f'name="traits-{number}-value"' in focused


# A new character ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "model"), [("character", Character), ("faction", Faction)])
def test_an_editor_adds_one_with_a_name(name: str, model: type[Any], moderator: Client) -> None:
    address = reverse(f"admin:characters_{name}_add")
    data = as_filled_in(moderator.get(address)) | {"key": "newcomer", "revealed_in": 3}
    data = with_row(data, "aliases", **an_alias("Newcomer", since=3, headline="on"))
    assert_saved(moderator.post(address, data))
    added = model.objects.get(key="newcomer")
    assert (added.revealed_in_id, added.aliases.get().name) == (3, "Newcomer")
    assert len(added.public_id) == 12


@pytest.mark.parametrize(
    "alias",
    [None, an_alias("Newcomer", since=3), an_alias("Newcomer", since=4, headline="on")],
    ids=["no name", "no headline", "headline too late"],
)
@pytest.mark.parametrize(("name", "model"), [("character", Character), ("faction", Faction)])
def test_without_a_headline_nothing_is_written(
    name: str, model: type[Any], alias: dict[str, Any] | None, moderator: Client
) -> None:
    address = reverse(f"admin:characters_{name}_add")
    data = as_filled_in(moderator.get(address)) | {"key": "newcomer", "revealed_in": 3}
    page = moderator.post(address, with_row(data, "aliases", **alias) if alias else data)
    assert "There is no headline name for episode 3" in errors_on(page)
    assert "There is no headline name for episode 3" in page.content.decode()
    assert not model.objects.filter(key="newcomer").exists()


def test_a_key_of_a_faction_is_refused_for_a_character(moderator: Client) -> None:
    address = reverse("admin:characters_character_add")
    data = as_filled_in(moderator.get(address)) | {"key": "immortal_nine", "revealed_in": 3}
    page = moderator.post(address, with_row(data, "aliases", **an_alias("X", since=3, headline="on")))
    assert "A faction has this key already" in errors_on(page)


@pytest.mark.parametrize("key", ["rouge_redstar", "immortal_nine"])
def test_the_key_and_the_address_stay(key: str, moderator: Client) -> None:
    row = Character.objects.filter(key=key).first() or Faction.objects.get(key=key)
    data = as_filled_in(moderator.get(section_address(row, "appearance"))) | {"key": "other", "public_id": "0" * 12}
    assert_saved(moderator.post(section_address(row, "appearance"), data))
    assert type(row).objects.values_list("key", "public_id").get(pk=row.pk) == (row.key, row.public_id)


# Moving to another episode ------------------------------------------------------------------------------------------


def a_newcomer(moderator: Client, *, since: int) -> Character:
    """Return a new character that has one row of each kind and is mentioned in its trait."""
    address = reverse("admin:characters_character_add")
    data = as_filled_in(moderator.get(address)) | {"key": "newcomer", "revealed_in": since}
    data = with_row(data, "aliases", **an_alias("Newcomer", since=since, headline="on"))
    data = with_row(data, "memberships", faction=Faction.objects.get(key="aletheia").pk, revealed_in=since)
    data = with_row(data, "tag_rows", tag=Tag.objects.first().pk, revealed_in=since)
    rouge = character("rouge_redstar").pk
    shared = {"kind": "ally", "certainty": "confirmed", "revealed_in": since}
    data = with_row(data, "relationships", target=rouge, **shared)
    data = with_row(data, "relationships_to", source=rouge, **shared | {"kind": "commands"})
    data = with_row(data, "unmaskings", persona=character("nius").pk, revealed_in=since)
    assert_saved(moderator.post(address, data))
    newcomer = character("newcomer")
    Trait.objects.create(character=newcomer, attribute="habit", value="[[newcomer]] hums", revealed_in_id=since)
    return newcomer


def move(moderator: Client, row: Character, to: int, **also: Any) -> Any:
    address = section_address(row, "appearance")
    return moderator.post(address, as_filled_in(moderator.get(address)) | {"revealed_in": to} | also)


@pytest.mark.parametrize("to", [3, 7], ids=["earlier", "later"])
def test_a_character_moves_with_its_rows_in_one_form(to: int, moderator: Client) -> None:
    newcomer = a_newcomer(moderator, since=5)
    assert_saved(move(moderator, newcomer, to, move_along="on"))
    newcomer.refresh_from_db()
    rows = [newcomer.aliases, newcomer.traits, newcomer.memberships, newcomer.tag_rows, newcomer.relationships]
    rows += [newcomer.relationships_to, newcomer.unmaskings]
    assert newcomer.revealed_in_id == to
    assert [row.get().revealed_in_id for row in rows] == [to] * len(rows)
    assert Correction.objects.filter(kind="edit").count() == 2  # that it is there, and that it moved


def test_a_tie_ends_and_the_next_begins_in_one_form_and_none_is_said_twice(moderator: Client) -> None:
    newcomer = a_newcomer(moderator, since=5)
    address = section_address(newcomer, "relationships")
    data = as_filled_in(moderator.get(address))
    ally = {"target": character("rouge_redstar").pk, "kind": "ally", "certainty": "confirmed"}
    data = with_row(data, "relationships", **ally | {"revealed_in": 7})
    page = moderator.post(address, data)
    assert "says the same from episode" in page.content.decode()
    assert newcomer.relationships.count() == 1
    assert_saved(moderator.post(address, data | {"relationships-0-ended_in": 7}))
    assert set(newcomer.relationships.values_list("revealed_in", "ended_in")) == {(5, 7), (7, None)}


def test_a_character_does_not_move_without_its_rows(moderator: Client) -> None:
    newcomer = a_newcomer(moderator, since=5)
    assert "hangs on this and is revealed in episode 5 already" in errors_on(move(moderator, newcomer, 7))
    newcomer.refresh_from_db()
    assert newcomer.revealed_in_id == 5


def test_a_character_does_not_move_past_a_text_elsewhere(moderator: Client) -> None:
    newcomer = a_newcomer(moderator, since=5)
    Revelation.objects.create(key="news", text="It is [[newcomer]].", revealed_in_id=6)
    page = move(moderator, newcomer, 7, move_along="on")
    assert "It is mentioned before that, in the text of revelation “news”" in errors_on(page)


@pytest.mark.parametrize("spoil_it", [False, True], ids=["as it is", "made invalid first"])
@pytest.mark.parametrize(("model", "key"), [(Character, "sarah_fitzgerald"), (Faction, "immortal_nine")])
def test_the_founding_headline_is_not_deleted(model: type[Any], key: str, spoil_it: bool, moderator: Client) -> None:
    owner = model.objects.get(key=key)
    founding = owner.aliases.get(headline=True, revealed_in=owner.revealed_in_id)
    data = without_row(as_filled_in(moderator.get(section_address(owner, "names"))), "aliases", "id", founding.pk)
    if spoil_it:
        data |= {name: "" for name, value in data.items() if name.startswith("aliases") and value == founding.name}
    page = moderator.post(section_address(owner, "names"), data)
    assert f"There is no headline name for episode {owner.revealed_in_id}" in errors_on(page)
    assert owner.aliases.filter(pk=founding.pk).exists()


def test_another_name_is_deleted(moderator: Client) -> None:
    rouge = character("rouge_redstar")
    data = as_filled_in(moderator.get(section_address(rouge, "names")))
    assert_saved(moderator.post(section_address(rouge, "names"), without_row(data, "aliases", "name", "Luju Redstar")))
    assert not rouge.aliases.filter(name="Luju Redstar").exists()


@pytest.mark.parametrize(
    ("prefix", "other", "of"), [("unmasking", "identity", "roy_junghardt"), ("unmaskings", "persona", "the_puppeteer")]
)
def test_a_circle_of_masks_is_refused_where_it_can_be_read(prefix: str, other: str, of: str, moderator: Client) -> None:
    one = character(of)
    another = character({"roy_junghardt": "the_puppeteer", "the_puppeteer": "roy_junghardt"}[of])
    data = as_filled_in(moderator.get(section_address(one, "ties")))
    page = moderator.post(
        section_address(one, "ties"), with_row(data, prefix, **{other: another.pk, "revealed_in": 13})
    )
    assert "closes a circle" in errors_on(page)


def test_a_text_with_a_bad_mention_is_refused(moderator: Client) -> None:
    sarah = character("sarah_fitzgerald")
    data = as_filled_in(moderator.get(section_address(sarah, "facts")))
    row = {"attribute": "habit", "value": "like [[cyan_bluestar]]", "revealed_in": 2}
    page = moderator.post(section_address(sarah, "facts"), with_row(data, "traits", **row))
    assert "“cyan_bluestar”, who is revealed in episode 7 only" in errors_on(page)


def test_what_cannot_be_a_key_is_refused_where_a_row_is_chosen(moderator: Client) -> None:
    revelation = Revelation.objects.filter(revealed_in=2)[0]
    rouge = character("rouge_redstar")
    for address, wrong in (
        (change_address(revelation), {"characters": ["1"]}),
        (change_address(revelation), {"supersedes": "x"}),
        (section_address(rouge, "ties"), {"memberships-0-faction": "1"}),
    ):
        page = moderator.post(address, as_filled_in(moderator.get(address)) | wrong)
        assert re.search("valid (?:value|choice|UUID)", errors_on(page)), errors_on(page)
    chosen = {"action": "change_one_field", "_selected_action": [str(revelation.pk)], "_field": "supersedes"}
    page = moderator.post(reverse("admin:characters_revelation_changelist"), chosen | {"value": "1", "do": "look"})
    assert "valid choice" in page.content.decode()


# Pictures -----------------------------------------------------------------------------------------------------------

PORTRAIT = {"alt_text": "A girl in red", "credit": "Somebody", "licence": "CC BY 4.0", "revealed_in": 2}


@pytest.mark.parametrize(
    "content",
    [b"", b"no picture", a_picture("GIF"), a_picture()[:60], b"<svg xmlns='http://www.w3.org/2000/svg'/>"],
    ids=["empty", "text", "gif", "cut off", "svg"],
)
def test_a_bad_picture_keeps_what_was_typed_and_writes_nothing(
    content: bytes, moderator: Client, django_capture_on_commit_callbacks: Any
) -> None:
    noid = character("noid_262")
    picture = SimpleUploadedFile("noid.png", content, "image/png")
    opened = as_filled_in(moderator.get(section_address(noid, "portraits")))
    data = with_row(opened, "portraits", image=picture, **PORTRAIT)
    before = default_storage.listdir("portraits")
    with django_capture_on_commit_callbacks(execute=True):
        page = moderator.post(section_address(noid, "portraits"), data)
    assert errors_on(page)
    html = page.content.decode()
    assert "A girl in red" in html
    assert not noid.portraits.exists()
    assert default_storage.listdir("portraits") == before


def test_a_good_picture_is_kept(moderator: Client, django_capture_on_commit_callbacks: Any) -> None:
    noid = character("noid_262")
    picture = SimpleUploadedFile("noid.png", a_picture(), "image/png")
    opened = as_filled_in(moderator.get(section_address(noid, "portraits")))
    data = with_row(opened, "portraits", image=picture, **PORTRAIT)
    with django_capture_on_commit_callbacks(execute=True):
        assert_saved(moderator.post(section_address(noid, "portraits"), data))
    portrait: Any = noid.portraits.get()
    assert (portrait.width, portrait.height) == (30, 40)
    assert "noid" not in portrait.image.name
    assert default_storage.exists(portrait.image.name)
    assert moderator.get(section_address(noid, "portraits")).status_code == 200


def test_no_field_of_the_admin_decodes_what_was_sent(moderator: Client) -> None:
    """Django's field for pictures would do so in the process that serves the site."""
    response = moderator.get(section_address(character("ash_stahl"), "portraits"))
    forms = [form for inline in response.context["inline_admin_formsets"] for form in inline.formset.forms]
    forms += [inline.formset.empty_form for inline in response.context["inline_admin_formsets"]]
    takes_files = [field for form in forms for field in form.fields.values() if isinstance(field, FileField)]
    assert takes_files
    assert {type(field) for field in takes_files} == {PictureField}


# Revelations, tags, the series --------------------------------------------------------------------------------------


def a_revelation(**values: Any) -> dict[str, Any]:
    data = {"key": "news", "text": "So it is.", "certainty": "confirmed", "revealed_in": 2, "position": 0}
    return data | values


def test_an_editor_adds_a_revelation(moderator: Client) -> None:
    data = a_revelation(characters=[character("rouge_redstar").pk], text="It is [[rouge_redstar]].")
    assert_saved(moderator.post(reverse("admin:characters_revelation_add"), data))
    assert [subject.key for subject in Revelation.objects.get(key="news").characters.all()] == ["rouge_redstar"]


@pytest.mark.parametrize(
    ("model", "key", "field"), [(Character, "cyan_bluestar", "characters"), (Faction, "usurpers", "factions")]
)
def test_a_revelation_does_not_concern_who_is_not_known_yet(
    model: type[Any], key: str, field: str, moderator: Client
) -> None:
    subject = model.objects.get(key=key)
    assert subject.revealed_in_id > 1
    page = moderator.post(
        reverse("admin:characters_revelation_add"), a_revelation(revealed_in=1, **{field: [subject.pk]})
    )
    assert f"before its {model._meta.verbose_name} “{key}”" in errors_on(page)
    assert not Revelation.objects.filter(key="news").exists()


def test_a_revelation_does_not_move_before_who_it_concerns(moderator: Client) -> None:
    news = Revelation.objects.filter(characters__key="cyan_bluestar", text__contains="[[cyan_bluestar]]").first()
    assert news is not None
    data = as_filled_in(moderator.get(change_address(news))) | {"revealed_in": 1}
    assert "Revealed in episode 1, before its character “cyan_bluestar”" in errors_on(
        moderator.post(change_address(news), data)
    )


def test_the_form_of_a_character_lists_its_revelations_and_adds_one(moderator: Client) -> None:
    rouge = character("rouge_redstar")
    html = moderator.get(change_address(rouge)).content.decode()
    for row in rouge.revelations.all():
        assert change_address(row) in html
    add = f"{reverse('admin:characters_revelation_add')}?characters={rouge.pk}"
    assert add in html
    assert moderator.get(add).context["adminform"].form["characters"].value() == [str(rouge.pk)]


def test_two_tags_do_not_share_an_address(moderator: Client) -> None:
    add = reverse("admin:characters_tag_add")
    assert_saved(moderator.post(add, {"name": "Quite New"}))
    assert "would share an address" in errors_on(moderator.post(add, {"name": "quite-new"}))
    assert Tag.objects.get(name="quite new").slug == "quite-new"


def test_the_series_is_neither_deleted_nor_added_twice(moderator: Client) -> None:
    series = Series.objects.get()
    assert moderator.post(change_address(series, "delete"), {"post": "yes"}).status_code == 403
    action = {"action": "delete_selected", "_selected_action": [series.pk], "post": "yes"}
    moderator.post(reverse("admin:episodes_series_changelist"), action)
    assert moderator.get(reverse("admin:episodes_series_add")).status_code == 403
    assert moderator.post(reverse("admin:episodes_series_add"), {"title": "Another"}).status_code == 403
    assert Series.objects.get() == series


def test_a_missing_series_can_be_added(moderator: Client) -> None:
    Series.objects.all().delete()
    assert_saved(
        moderator.post(reverse("admin:episodes_series_add"), {"title": "Another", "writers": "Ann\n Bea \n\n"})
    )
    assert Series.objects.values_list("pk", "title", "writers").get() == (1, "Another", ["Ann", "Bea"])


def test_the_names_of_a_series_come_back_as_they_were(moderator: Client) -> None:
    before = Series.objects.values().get()
    page = moderator.get(change_address(Series.objects.get()))
    assert_saved(moderator.post(change_address(Series.objects.get()), as_filled_in(page)))
    assert Series.objects.values().get() == before


def test_an_episode_that_something_is_revealed_in_is_not_deleted(moderator: Client) -> None:
    moderator.post(change_address(Episode.objects.get(number=4), "delete"), {"post": "yes"})
    assert Episode.objects.filter(number=4).exists()


# Finding ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("term", ["Metal Rouge", "ルジュ", "rouge_red"])
def test_autocomplete_finds_a_character_by_any_name(term: str, moderator: Client) -> None:
    field = {"app_label": "characters", "model_name": "relationship", "field_name": "target"}
    found = moderator.get(reverse("admin:autocomplete"), field | {"term": term}).json()["results"]
    assert [result["text"] for result in found] == ["rouge_redstar"]


@pytest.mark.parametrize("term", ["Metal Rouge", "ルジュ", "rouge_red"])
def test_search_finds_a_character_by_any_name(term: str, moderator: Client) -> None:
    page = moderator.get(reverse("admin:characters_character_changelist"), {"q": term})
    assert [row.key for row in page.context["cl"].result_list] == ["rouge_redstar"]


@pytest.mark.parametrize("name", CONTENT)
def test_each_list_can_be_searched_sorted_and_filtered(name: str, moderator: Client) -> None:
    address = reverse(f"admin:{name}_changelist")
    for query in ("?q=rouge", "?o=1", "?o=-2.1", "?revealed_in__number__exact=3" if "characters_c" in name else ""):
        assert moderator.get(address + query).status_code == 200


def test_a_list_filters_by_faction(moderator: Client) -> None:
    faction = Faction.objects.get(key="immortal_nine")
    page = moderator.get(
        reverse("admin:characters_character_changelist"), {"memberships__faction__id__exact": str(faction.pk)}
    )
    keys = [row.key for row in page.context["cl"].result_list]
    assert "sarah_fitzgerald" in keys
    assert len(keys) == len(set(keys)) == Character.objects.filter(memberships__faction=faction).distinct().count()


@pytest.mark.parametrize("key", ["rouge_redstar", "cyan_bluestar", "immortal_nine"])
def test_links_open_the_public_page_at_that_episode(key: str, moderator: Client) -> None:
    subject = Character.objects.filter(key=key).first() or Faction.objects.get(key=key)
    html = moderator.get(change_address(subject)).content.decode()
    moderator.cookies["progress"] = str(LAST_EPISODE)
    short = reverse("character-short" if isinstance(subject, Character) else "faction-short", args=[subject.public_id])
    assert f"{short}?as_of={subject.revealed_in_id - 1}" not in html
    for episode in range(subject.revealed_in_id, LAST_EPISODE + 1):
        assert f'href="{short}?as_of={episode}"' in html
        response: Any = moderator.get(f"{short}?as_of={episode}", follow=True)
        name = subject.aliases.filter(headline=True, revealed_in__lte=episode).last()
        assert response.status_code == 200
        assert response.wsgi_request.as_of == episode
        if not (isinstance(subject, Character) and hasattr(subject, "unmasking")):
            assert name is not None
            assert name.name.casefold() in response.content.decode().casefold()


def test_links_of_the_lists_open(moderator: Client) -> None:
    moderator.cookies["progress"] = str(LAST_EPISODE)
    for name in ("characters_character", "characters_faction", "episodes_episode"):
        html = moderator.get(reverse(f"admin:{name}_changelist")).content.decode()
        links = [part.split('"')[0] for part in html.split('href="') if "?as_of=" in part.split('"')[0]]
        assert links
        for link in links:
            assert moderator.get(link, follow=True).status_code == 200, link


def test_one_whom_texts_mention_is_not_deleted(moderator: Client) -> None:
    mentioned = character("eva_kristella")
    page = moderator.post(change_address(mentioned, "delete"), {"post": "yes"})
    assert Character.objects.filter(pk=mentioned.pk).exists()
    assert "mentions eva_kristella" in page.content.decode()


@pytest.mark.parametrize("row", ["revelation", "episode", "tag"])
def test_the_form_links_to_its_public_page_at_each_episode(row: str, moderator: Client) -> None:
    found = {
        "revelation": (Revelation.objects.filter(revealed_in=11).first(), "/episodes/11/", 11),
        "episode": (Episode.objects.get(number=11), "/episodes/11/", 11),
        "tag": (Tag.objects.get(name="double agent"), "/tags/double-agent/", 6),
    }
    thing, address, first = found[row]
    body = moderator.get(change_address(thing)).content.decode()
    assert [n for n in range(LAST_EPISODE + 1) if f'href="{address}?as_of={n}"' in body] == [
        *range(first, LAST_EPISODE + 1)
    ]
    viewer = Client()
    viewer.cookies["progress"] = str(LAST_EPISODE)
    assert viewer.get(f"{address}?as_of={first}").status_code == 200


# What is said too early ---------------------------------------------------------------------------------------------


def save_all_the_same(moderator: Client, address: str, data: dict[str, Any]) -> None:
    assert_saved(moderator.post(address, data | {"_save_all_the_same": "on"}))


def assert_warned(page: Any, *, says: str, of: Any, episode: int) -> None:
    """Require a warning at the field and above the form: the later name, its episode, and a link to what reveals it."""
    link = f'<a href="{change_address(of)}">'
    body = page.content.decode()
    assert f"It says “{says}”, but {link}" in errors_on(page)
    assert f"says “{says}”; {link}" in body
    assert f"is revealed in episode {episode}</a>" in body
    assert 'name="_save_all_the_same"' in body


def test_what_a_form_says_too_early_is_saved_only_when_confirmed(moderator: Client) -> None:
    revelation = Revelation.objects.filter(revealed_in=3).first()
    before, words = revelation.text, "It was Kristella's tune."
    data = as_filled_in(moderator.get(change_address(revelation))) | {"text": words}
    page = moderator.post(change_address(revelation), data)
    assert_warned(page, says="Kristella", of=character("eva_kristella"), episode=8)
    assert as_filled_in(page)["text"] == words
    revelation.refresh_from_db()
    assert revelation.text == before
    save_all_the_same(moderator, change_address(revelation), data)
    revelation.refresh_from_db()
    assert revelation.text == words


def test_a_form_that_says_nothing_too_early_asks_nothing(moderator: Client) -> None:
    rouge = section_address(character("rouge_redstar"), "facts")
    for address in (rouge, *map(change_address, (Revelation.objects.first(), Episode.objects.get(number=3)))):
        assert "_save_all_the_same" not in moderator.get(address).content.decode()


@pytest.mark.parametrize(
    ("prefix", "row"),
    [
        ("traits", {"attribute": "habit", "value": "**Noir** comes", "revealed_in": 2}),
        ("memberships", {"role": "friend of Noir", "revealed_in": 2}),
        ("portraits", {"alt_text": "Noir", "credit": "somebody", "licence": "none", "revealed_in": 2}),
        ("portraits", {"alt_text": "X", "caption": "Noir", "credit": "X", "licence": "X", "revealed_in": 2}),
        ("aliases", {"name": "a Noir of sorts", "kind": "placeholder", "language": "en", "revealed_in": 2}),
    ],
    ids=["trait", "role", "alt text", "caption", "description"],
)
def test_rows_below_a_character_are_read_too(prefix: str, row: dict[str, Any], moderator: Client) -> None:
    ash = character("ash_stahl")
    row |= {"faction": Faction.objects.get(key="usurpers").pk} if prefix == "memberships" else {}
    row |= {"image": SimpleUploadedFile("ash.png", a_picture())} if prefix == "portraits" else {}
    there = getattr(ash, prefix).count()
    data = with_row(as_filled_in(moderator.get(section_of(ash, prefix))), prefix, **row)
    page = moderator.post(section_of(ash, prefix), data)
    assert_warned(page, says="Noir", of=character("eden_varok"), episode=8)
    assert getattr(ash, prefix).count() == there
    if prefix == "portraits":
        row["image"].seek(0)  # the browser sends it again
    save_all_the_same(moderator, section_of(ash, prefix), data)
    assert getattr(ash, prefix).count() == there + 1


@pytest.mark.parametrize("field", ["synopsis", "title", "native_title"])
def test_an_episode_is_read_too(field: str, moderator: Client) -> None:
    third = Episode.objects.get(number=3)
    data = as_filled_in(moderator.get(change_address(third))) | {field: "Grauphon"}
    assert_warned(moderator.post(change_address(third), data), says="Grauphon", of=character("grauphon"), episode=8)
    save_all_the_same(moderator, change_address(third), data)
    assert getattr(Episode.objects.get(number=3), field) == "Grauphon"


def test_the_premise_is_read_too(moderator: Client) -> None:
    series = Series.objects.get()
    data = as_filled_in(moderator.get(change_address(series))) | {"premise": "The Immortal Nine hide."}
    page = moderator.post(change_address(series), data)
    assert_warned(page, says="Immortal Nine", of=Faction.objects.get(key="immortal_nine"), episode=1)
    save_all_the_same(moderator, change_address(series), data)
    series.refresh_from_db()
    assert series.premise == "The Immortal Nine hide."


def test_a_name_that_comes_earlier_than_a_text_says_it_is_no_longer_too_early(moderator: Client) -> None:
    grauphon = character("grauphon")
    names, facts = section_address(grauphon, "names"), section_address(grauphon, "facts")
    slip = with_row(
        as_filled_in(moderator.get(facts)), "traits", **A_HABIT | {"value": "signs as Berg", "revealed_in": 7}
    )
    assert_saved(moderator.post(facts, slip))
    later = with_row(as_filled_in(moderator.get(names)), "aliases", **an_alias("Berg", since=8))
    page = moderator.post(names, later)
    assert "says “Berg”" in page.content.decode()
    assert not grauphon.aliases.filter(name="Berg").exists()
    earlier = with_row(as_filled_in(moderator.get(names)), "aliases", **an_alias("Berg", since=7))
    assert_saved(moderator.post(names, earlier))
    save_all_the_same(
        moderator, names, with_row(as_filled_in(moderator.get(names)), "aliases", **an_alias("Hill", since=8))
    )


def test_a_row_that_was_left_alone_is_not_read_again(moderator: Client) -> None:
    grauphon = character("grauphon")
    Trait.objects.create(character=grauphon, attribute="habit", value="knows Noah", revealed_in_id=7)
    facts = section_address(grauphon, "facts")
    other = with_row(as_filled_in(moderator.get(facts)), "traits", **A_HABIT | {"revealed_in": 7})
    assert_saved(moderator.post(facts, other))
    touched = as_filled_in(moderator.get(facts))
    touched = {name: "knows Noah well" if value == "knows Noah" else value for name, value in touched.items()}
    assert "Noah" in errors_on(moderator.post(facts, touched))


def test_a_new_character_is_read_before_it_has_a_page(moderator: Client) -> None:
    address = reverse("admin:characters_character_add")
    data = as_filled_in(moderator.get(address)) | {"key": "newcomer", "revealed_in": 3}
    data = with_row(data, "aliases", **an_alias("the hooded guest", since=3, headline="on", kind="placeholder"))
    data = with_row(data, "aliases", **an_alias("Bertha Berg", since=6))
    data = with_row(data, "traits", attribute="habit", value="is Bertha", revealed_in=3)
    assert "It says “Bertha”" in errors_on(moderator.post(address, data))
    save_all_the_same(moderator, address, data)


def test_the_names_are_read_once_for_all_the_texts_of_a_form(
    moderator: Client, django_assert_max_num_queries: Any
) -> None:
    revelation = Revelation.objects.filter(revealed_in=3, terms=None).first()
    data = as_filled_in(moderator.get(change_address(revelation)))
    moderator.post(change_address(revelation), data | {"text": "It was Kristella's, Noir's and Opera's."})
    # One for what the show calls its units. Three for each kind of subject: its list in the form, those chosen in it,
    # and the names of its tags.
    with django_assert_max_num_queries(22 + 1 + 3 * len(SUBJECTS)) as one_text:
        moderator.post(change_address(revelation), data | {"text": "It was Kristella's, Noir's and Opera's."})
    names = [query["sql"] for query in one_text if 'FROM "characters_alias"' in query["sql"]]
    rouge = character("rouge_redstar")
    data = as_filled_in(moderator.get(section_address(rouge, "facts")))
    with CaptureQueriesContext(connection) as many_texts:
        errors_on(
            moderator.post(section_address(rouge, "facts"), data | {"traits-0-value": "It was Kristella's tune."})
        )
    every = [query["sql"] for query in many_texts if 'FROM "characters_charactertag"' in query["sql"]]
    assert len([sql for sql in names if "INNER JOIN" in sql or "LEFT OUTER JOIN" in sql]) == 1
    assert len([sql for sql in every if 'JOIN "characters_tag"' in sql and "WHERE" not in sql]) == 1


@pytest.mark.parametrize("value", ["", "x", "9" * 30, "a\x00b"], ids=ascii)
@pytest.mark.parametrize("name", ["characters", "supersedes", "revealed_in"])
def test_an_address_that_fills_in_no_key_of_a_row_opens_an_empty_form(moderator: Client, name: str, value: str) -> None:
    address = reverse("admin:characters_revelation_add")
    page = moderator.get(address, {name: value})
    assert page.status_code == 200
    assert as_filled_in(page) == as_filled_in(moderator.get(address))


@pytest.mark.parametrize("lookup", ["regex", "iregex"])
@pytest.mark.parametrize("field", ["characters_revelation_changelist?text", "auth_user_changelist?username"])
def test_no_list_looks_for_a_pattern(field: str, lookup: str) -> None:
    name, _, field = field.partition("?")
    boss = at_the_desk(person(role="superuser"))
    with CaptureQueriesContext(connection) as asked:
        assert boss.get(reverse(f"admin:{name}"), {f"{field}__{lookup}": "^((a)+.?)+$"}).status_code == 200
    assert not [query["sql"] for query in asked if "((a)+.?)+" in query["sql"]]


@pytest.mark.parametrize(
    "asked", ["characters_revelation_changelist?certainty__exact", "auth_user_changelist?username"]
)
def test_a_nul_in_the_address_of_a_list_breaks_nothing(asked: str) -> None:
    name, _, field = asked.partition("?")
    boss = at_the_desk(person(role="superuser"))
    assert boss.get(reverse(f"admin:{name}"), {field: "x\x00y"}).status_code == 200
