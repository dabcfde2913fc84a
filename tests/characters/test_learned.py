"""What was learned in an episode: one form, one correction."""

import re
from io import BytesIO
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from characters.models import (
    Alias,
    Character,
    CharacterTag,
    Faction,
    Membership,
    Relationship,
    Revelation,
    Tag,
    Trait,
    Unmasking,
)
from corrections.models import Correction, State
from episodes.models import Episode
from tests.characters.sheets import a_newcomer, a_revelation, address_of, as_opened, fill_in, opened, with_rows
from tests.corrections.desk import QUEUE, at_the_desk, content_of
from tests.corrections.forms import offered
from tests.corrections.letters import accepted, somebody
from tests.people import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def moderator(ann: Character) -> Client:
    return at_the_desk(person(role="moderator"), episode=4)


@pytest.fixture
def editor(ann: Character) -> Client:
    return at_the_desk(person(role="editor"), episode=4)


def messages_on(page: Any) -> str:
    return " ".join(str(message) for message in page.context["messages"])


def errors_on(page: Any) -> str:
    """Return the source of a page that shows errors."""
    assert page.status_code == 200, "it was saved"
    source = page.content.decode()
    return source if "errornote" in source else ""


def a_full_week() -> dict[str, list[dict[str, Any]]]:
    """Return rows for every section; nearly all of them name Bea or the League, who are new in the same form."""
    return {
        "newcomers": [
            a_newcomer("bea", "Bea", summary="[[bea]] follows [[ann]]."),
            a_newcomer("league", "The League", who="faction"),
        ],
        "revelations": [
            a_revelation("[[bea]] leads the [[league]].", time="12:30", source="Episode 3"),
            a_revelation(
                "[[ann]] is wounded.", concerned="Ann, bea", certainty="claimed", key="wound", supersedes="old"
            ),
        ],
        "names": [{"whose": "ann", "name": "Annie", "kind": "codename", "language": "en", "headline": "on"}],
        "traits": [{"whose": "Ann", "attribute": "status", "value": "wounded"}],
        "memberships": [{"character": "bea", "faction": "league", "role": "head"}],
        "relationships": [{"source": "Bea", "kind": "wounded", "target": "ann", "certainty": "confirmed"}],
        "unmaskings": [{"persona": "mask", "identity": "bea"}],
        "tags": [{"whose": "bea", "tag": "Brave"}],
        "endings": [{"what": "Ann is an ally of the mask (from 1)"}],
    }  # fmt: skip


@pytest.fixture
def before(ann: Character) -> None:
    mask = somebody("mask", name="the mask")
    Revelation.objects.create(key="old", text="All is well.", revealed_in_id=1)
    Relationship.objects.create(source=ann, kind="ally", target=mask, revealed_in_id=1)
    Tag.objects.create(name="brave", slug="brave")


@pytest.mark.usefixtures("before")
def test_a_whole_week_is_one_correction(moderator: Client, ann: Character) -> None:
    response = fill_in(moderator, 3, **a_full_week())
    assert response.status_code == 302, errors_on(response)
    correction = Correction.objects.get()
    assert (correction.state, correction.kind, correction.revealed_in) == (State.ACCEPTED, "edit", 3)
    bea, league = Character.objects.get(key="bea"), Faction.objects.get(key="league")
    assert (bea.revealed_in_id, bea.aliases.get().name, bea.aliases.get().headline) == (3, "Bea", True)
    assert bea.traits.get().value == "[[bea]] follows [[ann]]."
    first, second = Revelation.objects.filter(revealed_in=3).order_by("position")
    assert (first.key, second.key, second.certainty) == ("e03.bea-leads-the-league", "wound", "claimed")
    assert (set(first.characters.all()), set(first.factions.all())) == ({bea}, {league})
    assert set(second.characters.all()) == {ann, bea}
    assert second.supersedes == Revelation.objects.get(key="old")
    assert Trait.objects.filter(character=ann, value="wounded", revealed_in=3).exists()
    assert Alias.objects.get(name="Annie").kind == "codename"
    assert (Membership.objects.get().character, Membership.objects.get().role) == (bea, "head")
    assert Relationship.objects.get(kind="wounded").source == bea
    assert Relationship.objects.get(kind="ally").ended_in_id == 3
    assert Unmasking.objects.get().identity == bea
    assert CharacterTag.objects.get().content_object == bea


@pytest.mark.usefixtures("before")
def test_what_an_editor_learned_waits_and_can_be_accepted_as_it_is(editor: Client) -> None:
    page = editor.post(address_of(3), with_rows(as_opened(opened(editor, 3)), **a_full_week()), follow=True)
    assert "waits for a moderator" in messages_on(page)
    assert not Character.objects.filter(key="bea").exists()
    assert "1 correction of this episode waits" in page.content.decode()
    decided = accepted(Correction.objects.get(), by=person("other", role="moderator"))
    assert decided.failure is None
    assert Character.objects.get(key="bea").relationships.exists()


@pytest.mark.usefixtures("before")
def test_the_page_lists_what_is_there(moderator: Client) -> None:
    fill_in(moderator, 3, **a_full_week())
    page = opened(moderator, 3).content.decode()
    for line in (
        "[[ann]] is wounded.", "Bea in The League, head", "Bea wounded Annie", "the mask is Bea", "Bea: brave",
        "Annie: status – wounded", "Annie is an ally of the mask",
    ):  # fmt: skip
        assert line in page, line
    assert "Bea wounded" not in opened(moderator, 2).content.decode()


def test_title_and_synopsis(moderator: Client) -> None:
    data = as_opened(opened(moderator, 3)) | {"episode-title": "The Third", "episode-synopsis": "[[ann]] runs."}
    moderator.post(address_of(3), data)
    episode = Episode.objects.get(number=3)
    assert (episode.title, episode.synopsis) == ("The Third", "[[ann]] runs.")


def test_nothing_typed_is_no_correction(moderator: Client) -> None:
    page = moderator.post(address_of(3), as_opened(opened(moderator, 3)), follow=True)
    assert "Nothing was changed" in messages_on(page)
    assert not Correction.objects.exists()


@pytest.mark.parametrize(
    ("section", "row", "complaint"),
    [
        ("revelations", a_revelation("[[nobody]] came.", concerned="ann"), "nobody"),
        ("revelations", a_revelation("She came.", concerned="Nobody"), "has the key or the name “Nobody”"),
        ("revelations", a_revelation("She came.", concerned="zed"), "has the key or the name “zed”"),  # of episode 4
        ("newcomers", a_newcomer("ann", "Another"), "with this Key already exists"),
        ("traits", {"whose": "ann", "attribute": "", "value": "dead"}, "This field is required"),
        ("relationships", {"source": "ann", "kind": "ally", "target": "ann", "certainty": "confirmed"}, "between two"),
        ("tags", {"whose": "ann", "tag": "never heard of"}, "There is no tag “never heard of” yet"),
        ("endings", {"what": "everything"}, "Nothing like that holds"),
    ],
)
@pytest.mark.parametrize("role", ["editor", "moderator"])
def test_errors_are_shown_and_nothing_typed_is_lost(
    role: str, section: str, row: dict[str, Any], complaint: str, request: pytest.FixtureRequest
) -> None:
    client = request.getfixturevalue(role)
    somebody("zed", name="Zed", since=4)
    others = {"names": [{"whose": "ann", "name": "Annie the Brave", "kind": "name", "language": "en"}]}
    page = fill_in(client, 3, **(others | {section: [row]}))
    assert complaint in errors_on(page)
    assert not Correction.objects.exists()
    kept = as_opened(page)
    assert kept == with_rows(kept, **(others | {section: [row]}))
    assert not Alias.objects.filter(name="Annie the Brave").exists()


def test_two_of_one_name_have_to_be_told_apart(moderator: Client) -> None:
    somebody("other_ann", name="Ann")
    page = fill_in(moderator, 3, traits=[{"whose": "Ann", "attribute": "habit", "value": "sings"}])
    assert "“Ann” could be more than one. Choose which:" in errors_on(page)
    assert list(offered(page)) == ["Ann (ann)", "Ann (other_ann)"]
    chosen = moderator.post(address_of(3), as_opened(page) | {"_choose": offered(page)["Ann (other_ann)"]})
    assert as_opened(chosen)["traits-0-whose"] == "other_ann"
    assert not Correction.objects.exists()
    assert moderator.post(address_of(3), as_opened(chosen)).status_code == 302
    assert Trait.objects.get(value="sings").character.key == "other_ann"


@pytest.mark.parametrize("role", ["editor", "moderator"])
def test_what_a_text_says_too_early_has_to_be_confirmed(role: str, request: pytest.FixtureRequest) -> None:
    client = request.getfixturevalue(role)
    somebody("zed", name="Zedrick", since=4)
    row = a_revelation("Zedrick is behind it.", concerned="ann")
    page = fill_in(client, 3, revelations=[row])
    assert "the name “Zedrick” is revealed in episode 4" in errors_on(page)
    assert not Correction.objects.exists()
    again = as_opened(page) | {"_save_all_the_same": "on"}
    assert client.post(address_of(3), again).status_code == 302
    assert Correction.objects.count() == 1


def test_a_stale_form_gets_the_conflict_and_may_insist(moderator: Client) -> None:
    stale = as_opened(opened(moderator, 3)) | {"episode-synopsis": "Mine."}
    stale = with_rows(stale, revelations=[a_revelation("[[ann]] sings.")])
    Episode.objects.filter(number=3).update(synopsis="Theirs.")
    page = moderator.post(address_of(3), stale)
    assert "is “Theirs.” now" in errors_on(page)
    assert not Revelation.objects.exists()
    assert moderator.post(address_of(3), as_opened(page)).status_code == 302
    assert Episode.objects.get(number=3).synopsis == "Mine."
    assert Revelation.objects.get().text == "[[ann]] sings."


def test_what_was_left_alone_is_not_taken_back(moderator: Client) -> None:
    stale = with_rows(as_opened(opened(moderator, 3)), revelations=[a_revelation("[[ann]] sings.")])
    Episode.objects.filter(number=3).update(synopsis="Theirs.")
    assert moderator.post(address_of(3), stale).status_code == 302
    assert Episode.objects.get(number=3).synopsis == "Theirs."


def test_new_revelations_come_last_and_all_can_be_moved(moderator: Client) -> None:
    one, two = (
        Revelation.objects.create(key=key, text=f"{key}.", revealed_in_id=3, position=place)
        for place, key in enumerate(("one", "two"))
    )
    data = with_rows(as_opened(opened(moderator, 3)), revelations=[a_revelation("Three."), a_revelation("Four.")])
    data |= {f"place-{one.pk}-position": 9}
    moderator.post(address_of(3), data)
    texts = Revelation.objects.filter(revealed_in=3).order_by("position").values_list("text", flat=True)
    assert list(texts) == ["two.", "one.", "Three.", "Four."]
    assert two.position == 1


def test_one_can_be_put_between(moderator: Client) -> None:
    for place, key in ((0, "one"), (2, "three")):
        Revelation.objects.create(key=key, text=f"{key}.", revealed_in_id=3, position=place)
    fill_in(moderator, 3, revelations=[a_revelation("two.", position=1)])
    assert [row.text for row in Revelation.objects.order_by("position")] == ["one.", "two.", "three."]


def test_a_form_sent_twice_adds_a_revelation_once(moderator: Client) -> None:
    data = with_rows(as_opened(opened(moderator, 3)), revelations=[a_revelation("[[ann]] sings.")])
    assert moderator.post(address_of(3), data).status_code == 302
    assert "already exists" in errors_on(moderator.post(address_of(3), data))
    assert Revelation.objects.count() == 1


def test_more_rows_that_are_left_alone_are_empty(moderator: Client) -> None:
    page = moderator.post(address_of(3), as_opened(opened(moderator, 3)) | {"_more": "revelations"})
    kept = as_opened(page)
    assert kept["revelations-3-certainty"] == "confirmed"
    assert moderator.post(address_of(3), kept).status_code == 302
    assert not Correction.objects.exists()


def test_a_form_opened_before_another_revelation_was_written_can_be_saved(moderator: Client) -> None:
    data = with_rows(as_opened(opened(moderator, 3)), revelations=[a_revelation("[[ann]] sings.")])
    Revelation.objects.create(key="meanwhile", text="It rains.", revealed_in_id=3, position=5)
    assert moderator.post(address_of(3), data).status_code == 302
    assert Revelation.objects.get(text="[[ann]] sings.").position == 6


def test_more_rows_without_javascript_keep_what_is_typed(moderator: Client) -> None:
    data = with_rows(as_opened(opened(moderator, 3)), revelations=[a_revelation("")], names=[{"name": "Half a row"}])
    page = moderator.post(address_of(3), data | {"_more": "names"})
    kept = as_opened(page)
    assert int(kept["names-TOTAL_FORMS"]) == int(data["names-TOTAL_FORMS"]) + 2
    assert kept["names-0-name"] == "Half a row"
    assert "This field is required" not in page.content.decode()
    assert not Correction.objects.exists()


@pytest.mark.parametrize("total", ["", "x", "-1", "999999999", "²"])
def test_an_invalid_number_of_rows_is_no_server_error(total: str, moderator: Client) -> None:
    data = as_opened(opened(moderator, 3)) | {"names-TOTAL_FORMS": total}
    for sent in (data, data | {"_more": "names"}):
        assert moderator.post(address_of(3), sent).status_code in (200, 302)
    assert not Correction.objects.exists()


def test_what_is_later_than_an_editor_has_watched_is_folded(ann: Character) -> None:
    Revelation.objects.create(key="secret", text="The secret.", revealed_in_id=3)
    client = at_the_desk(person(role="editor"), episode=2)
    page = client.get(address_of(3)).content.decode()
    assert "You have watched up to episode 2" in page
    assert "The secret." not in page
    assert "The secret." in opened(client, 3).content.decode()


def test_nobody_is_offered_who_comes_later(moderator: Client) -> None:
    somebody("zed", name="Zedrick", since=4)
    assert "Zedrick" not in opened(moderator, 3).content.decode()
    assert "Zedrick" in opened(moderator, 4).content.decode()


def test_episode_0_has_no_title(moderator: Client) -> None:
    page = opened(moderator, 0)
    assert "episode-title" not in page.content.decode()
    assert fill_in(moderator, 0, newcomers=[a_newcomer("cat", "the cat", kind="placeholder")]).status_code == 302
    assert Character.objects.get(key="cat").revealed_in_id == 0


def test_who_may_add_only_some_kinds_is_offered_those(ann: Character) -> None:
    from django.contrib.auth.models import Permission, User

    user = person("clerk", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=["change_episode", "add_revelation"]))
    client = at_the_desk(User.objects.get(pk=user.pk), episode=4)
    page = opened(client, 3)
    assert [section.kind.slug for section in page.context["sheet"].sections] == ["revelations"]
    names = {"names-TOTAL_FORMS": 1, "names-INITIAL_FORMS": 0, "names-0-whose": "ann", "names-0-name": "X"}
    client.post(address_of(3), as_opened(page) | names)
    assert not Correction.objects.exists()


def test_the_cost_does_not_grow_with_what_is_there(real_show: None, django_assert_max_num_queries: Any) -> None:
    client = at_the_desk(person(role="moderator"), episode=13)
    for episode in (1, 7):
        opened(client, episode)
        with django_assert_max_num_queries(44):
            assert opened(client, episode).status_code == 200


def test_it_is_linked_from_the_episodes_own_form(moderator: Client) -> None:
    assert address_of(3) in moderator.get("/admin/episodes/episode/3/change/").content.decode()
    assert address_of(3) in moderator.get("/admin/episodes/episode/").content.decode()
    assert moderator.get(address_of(9)).status_code == 404


# An episode that is not there yet


def test_a_new_episode_is_one_correction_with_all_that_it_tells(editor: Client, ann: Character) -> None:
    """The episode, somebody new with a portrait and a new tag, an unmasking, an end and a status: one review."""
    mask = somebody("mask", name="the mask")
    Relationship.objects.create(source=ann, kind="ally", target=mask, revealed_in_id=1)
    rows = {
        "newcomers": [a_newcomer("bea", "Bea")],
        "revelations": [a_revelation("[[bea]] is [[mask]].")],
        "unmaskings": [{"persona": "mask", "identity": "bea"}],
        "traits": [{"whose": "ann", "attribute": "status", "value": "dead"}],
        "tags": [{"whose": "bea", "tag": "Double Agent"}, {"whose": "ann", "tag": "Double Agent"}],
        "portraits": [a_portrait("bea")],
        "endings": [{"what": "Ann is an ally of the mask (from 1)"}],
    }
    data = with_rows(as_opened(opened(editor, 5)), **rows) | {"episode-title": "The Fifth"}
    page = editor.post(address_of(5), data | {"_asked": "Double Agent"})
    assert page.status_code == 302, errors_on(page)
    correction = Correction.objects.get()
    assert correction.revealed_in == 5
    assert not Episode.objects.filter(number=5).exists()
    decided = accepted(correction, by=person("other", role="moderator"))
    assert decided.failure is None
    assert Episode.objects.get(number=5).title == "The Fifth"
    bea = Character.objects.get(key="bea")
    assert bea.revealed_in_id == bea.portraits.get().revealed_in_id == bea.tag_rows.get().revealed_in_id == 5
    tag = Tag.objects.get()
    assert (tag.name, tag.slug, CharacterTag.objects.filter(tag=tag).count()) == ("double agent", "double-agent", 2)
    assert Unmasking.objects.get().identity == bea
    assert Relationship.objects.get().ended_in_id == 5


def a_portrait(whose: str, **values: Any) -> dict[str, Any]:
    content = BytesIO()
    Image.new("RGB", (30, 40), "red").save(content, "PNG")
    picture = SimpleUploadedFile("red.png", content.getvalue())
    return {"whose": whose, "image": picture, "alt_text": "Red.", "credit": "us", "licence": "CC0"} | values


def test_a_new_episode_is_sent_once_and_then_gone_on_with(editor: Client, ann: Character) -> None:
    assert fill_in(editor, 5, revelations=[a_revelation("[[ann]] sings.")]).status_code == 302
    again = fill_in(editor, 5, revelations=[a_revelation("[[ann]] dances.")])
    assert "Your correction that adds episode 5 waits." in errors_on(again)
    assert "dances" in again.content.decode()
    assert Correction.objects.count() == 1


def test_a_new_episode_of_which_nothing_is_known_yet_is_not_taken_for_another(editor: Client, ann: Character) -> None:
    page = fill_in(editor, 5, revelations=[a_revelation("[[ann]] sings.")])
    assert page.status_code == 302, errors_on(page)
    assert accepted(Correction.objects.get(), by=person("other", role="moderator")).failure is None
    assert Revelation.objects.get().revealed_in_id == 5


def test_a_newcomer_without_a_key_gets_one_from_the_name(moderator: Client) -> None:
    """Whatever else names them does not suffer from a key that none can be made of."""
    named = [{"whose": "Béa Bell", "attribute": "status", "value": "asleep"}]
    page = fill_in(moderator, 5, newcomers=[a_newcomer("", "Béa Bell"), a_newcomer("", "余波")], traits=named)
    assert "No key can be made from this name" in errors_on(page)
    assert "has the key or the name" not in errors_on(page)
    assert fill_in(moderator, 5, newcomers=[a_newcomer("", "Béa Bell")], traits=named).status_code == 302
    assert Trait.objects.get(value="asleep").character.key == "bea_bell"


@pytest.mark.parametrize("number", [6, 99])
def test_only_the_next_episode_can_be_new(number: int, editor: Client) -> None:
    assert opened(editor, 5).status_code == 200
    assert opened(editor, number).status_code == 404


def test_who_may_not_add_episodes_has_no_form_for_a_new_one(ann: Character) -> None:
    user = person("somebody", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="change_episode"))
    client = at_the_desk(user, episode=4)
    assert opened(client, 4).status_code == 200
    assert opened(client, 5).status_code == 404


def test_the_start_page_leads_to_the_next_episode(editor: Client) -> None:
    assert f'href="{address_of(5)}"' in editor.get("/admin/").content.decode()


def test_a_new_episode_that_somebody_else_added_first_conflicts(editor: Client) -> None:
    data = as_opened(opened(editor, 5)) | {"episode-title": "Mine"}
    Episode.objects.create(number=5, title="Theirs")
    page = editor.post(address_of(5), data)
    assert "is “Theirs” now" in page.content.decode()
    assert not Correction.objects.exists()


def test_after_an_error_the_page_is_at_the_error(editor: Client) -> None:
    data = with_rows(as_opened(opened(editor, 3)), tags=[{"whose": "ann", "tag": ""}])
    [focused] = re.findall(r"<[^>]+ autofocus[^>]*>", errors_on(editor.post(address_of(3), data)))
    assert 'name="tags-0-tag"' in focused


# Tags and pictures


def test_a_tag_that_is_new_is_asked_about_once(editor: Client, ann: Character) -> None:
    Tag.objects.create(name="double agent", slug="double-agent")
    data = with_rows(as_opened(opened(editor, 3)), tags=[{"whose": "ann", "tag": "double agents"}])
    page = editor.post(address_of(3), data)
    assert "To make it a new one, save again" in errors_on(page)
    assert ">double agent</button>" in errors_on(page)
    editor.post(address_of(3), as_opened(page) | {"_asked": "double agents"})
    accepted(Correction.objects.get(), by=person("other", role="moderator"))
    assert CharacterTag.objects.get().tag.name == "double agents"


def test_two_who_propose_the_same_new_tag_mean_one(editor: Client, ann: Character) -> None:
    for number in (2, 3):
        data = with_rows(as_opened(opened(editor, number)), tags=[{"whose": "ann", "tag": "Brave"}])
        editor.post(address_of(number), data | {"_asked": "Brave"})
    for correction in Correction.objects.all():
        assert accepted(correction, by=person(f"m{correction.pk}", role="moderator")).failure is None
    assert Tag.objects.get().name == "brave"
    assert CharacterTag.objects.count() == 2


def test_the_queue_names_a_newcomer_whose_name_comes_in_a_later_change(editor: Client, ann: Character) -> None:
    rows = with_rows(as_opened(opened(editor, 5)), newcomers=[a_newcomer("zoe", "Zoe")])
    editor.post(address_of(5), rows | {"episode-title": "The Fifth"})
    assert [change.model for change in Correction.objects.get().changes.current()][1:3] == [
        "characters.character", "characters.alias",
    ]  # fmt: skip
    desk = at_the_desk(person("other", role="moderator"), episode=4)
    page = content_of(desk.get(QUEUE))
    assert "The Fifth; Zoe" in page
    assert "gone, or not known by then" not in page


def test_a_moderator_reads_the_name_of_a_new_tag(editor: Client, ann: Character) -> None:
    data = with_rows(as_opened(opened(editor, 3)), tags=[{"whose": "ann", "tag": "Brave"}])
    editor.post(address_of(3), data | {"_asked": "Brave"})
    desk = at_the_desk(person("other", role="moderator"), episode=4)
    page = desk.get(reverse("admin:corrections_correction_change", args=[Correction.objects.get().pk]))
    assert "gone, or not known by then" not in page.content.decode()


def test_a_picture_is_kept_where_another_row_is_wrong(editor: Client, ann: Character) -> None:
    data = with_rows(as_opened(opened(editor, 3)), portraits=[a_portrait("ann")], traits=[{"whose": "ann"}])
    page = editor.post(address_of(3), data)
    assert "The picture you chose is kept" in errors_on(page)
    again = as_opened(page) | page.context["fields_again"] | {"traits-0-whose": "", "portraits-0-alt_text": "All red."}
    again = {name: "" if name.startswith("traits-0") else value for name, value in again.items() if value is not None}
    again = {name: value for name, value in again.items() if name != "portraits-0-image"}
    assert editor.post(address_of(3), again).status_code == 302
    accepted(Correction.objects.get(), by=person("other", role="moderator"))
    assert ann.portraits.get().alt_text == "All red."
