"""A load says what it does: another show, rows whose episode was corrected, rows that are in no file any more."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from characters.datasets.drafts import RowDraft
from characters.datasets.loading import load
from characters.datasets.matching import Matching
from characters.datasets.memory import RowsInMemory
from characters.datasets.reading import DatasetError, Document, FilePlace
from characters.kinds import ALIAS, CHARACTER, CHARACTER_TAG, EPISODE, MEMBERSHIP, RELATIONSHIP, TRAIT
from characters.models import Alias, Character, CharacterTag, Membership, Relationship, Revelation, SearchEntry, Trait
from corrections.deciding import publish
from corrections.letter import Letter
from corrections.models import Change, Correction
from corrections.sending import Proposed, Sender, send
from corrections.undoing import undo
from episodes.axes import SECOND_AXIS
from episodes.models import Episode, Series
from tests.axes import two_axes
from tests.datasets.pictures import files_of, put_picture
from tests.datasets.test_loading import Rows, cast, everything, without_tags
from tests.shows import character, episode, load_show, revelation, trait, unmasking, write_show

pytestmark = pytest.mark.django_db

Add, Set = Change.Action.ADD, Change.Action.SET


@pytest.fixture
def editor(db: None) -> User:
    return User.objects.create_superuser("editor", password="secret")


def output_of(directory: Path, *options: str) -> str:
    out = StringIO()
    call_command("load_dataset", str(directory), *options, stdout=out)
    return out.getvalue()


def edited(editor: User, row: Any, field: str, value: Any) -> None:
    """Let an editor change a field of a row."""
    before = getattr(row, field)
    change = Proposed(Set, row._meta.label_lower, str(row.pk), field, before, value)
    publish(send([change], sender=Sender(editor), letter=Letter(), kind=Correction.Kind.EDIT), by=editor)


def added(editor: User, model: type[Any], **values: Any) -> None:
    """Let an editor add a row."""
    change = Proposed(Add, model._meta.label_lower, "", after=values)
    publish(send([change], sender=Sender(editor), letter=Letter(), kind=Correction.Kind.EDIT), by=editor)


# Another show


ANOTHER = {"series": {"title": "Another Show"}, "characters": [character("zoe"), character("yan")]}


@pytest.mark.parametrize("title", ["A Show", None])
def test_another_show_is_not_mixed_with_the_one_in_the_database(tmp_path: Path, title: str | None) -> None:
    load_show(tmp_path, **cast() | ({"series": {"title": title}} if title else {"series": {"title": "Untitled"}}))
    if title is None:
        Series.objects.all().delete()
    before = everything()
    called = f"another show, “{title}”" if title else "another show"
    with pytest.raises(DatasetError) as refused:
        load(write_show(tmp_path, **ANOTHER))
    [problem] = refused.value.problems
    assert str(problem).startswith(f"series.yaml:1: The database holds {called}: of the 2 keys here it has 0. ")
    assert "--replace" in problem.message
    assert "DATABASE_URL" in problem.message
    assert everything() == before
    load(tmp_path, replace=True)
    assert set(Character.objects.values_list("key", flat=True)) == {"zoe", "yan"}


def test_all_that_is_wrong_with_another_show_is_said_at_once(tmp_path: Path) -> None:
    load_show(tmp_path, **cast())
    ties = [{"source": "zoe", "kind": "friend", "target": "ann", "revealed_in": 1}]  # Ann is of the other show
    with pytest.raises(DatasetError) as refused:
        load(write_show(tmp_path, **ANOTHER, relationships=ties))
    assert [problem.file for problem in refused.value.problems] == ["relationships.yaml", "series.yaml"]


@pytest.mark.parametrize(
    "files",
    [
        ANOTHER | {"series": {"title": "A Show"}},  # the title says that it is the same
        {"series": {"title": "A Show, Retitled"}, "characters": [character("ann"), character("zoe")]},
        {"characters": [character("ann"), character("zoe"), character("yan")]},
        {"series": {"title": "A Show, Retitled"}, "characters": []},
    ],
)
def test_the_same_show_may_get_another_title_or_other_characters(tmp_path: Path, files: dict[str, Any]) -> None:
    load_show(tmp_path, **cast())
    load(write_show(tmp_path, **files))
    assert Character.objects.filter(key="bea").exists()


def test_a_database_is_left_alone_by_name(tmp_path: Path) -> None:
    load_show(tmp_path, **cast())
    assert output_of(tmp_path, "--if-empty") == "The database holds A Show already; it was left as it is.\n"


# Rows that moved


def moved_show(since: int, *, until: int | None = None) -> dict[str, Any]:
    end = {"ended_in": until} if until else {}
    return {
        "characters": [
            character(
                "ann",
                traits=[trait("status", "dead", since=since), trait("ability", "flies", since=since)],
                tags=[{"name": "queen", "revealed_in": since} | end],
                memberships=[{"faction": "guild", "role": "head", "revealed_in": since} | end],
            ),
            character("bea"),
        ],
        "factions": [character("guild")],
        "relationships": [{"source": "bea", "kind": "enemy", "target": "ann", "revealed_in": since} | end],
    }


@pytest.mark.parametrize(("first", "then"), [(2, 3), (3, 2)])
def test_a_row_whose_episode_was_corrected_is_moved(tmp_path: Path, first: int, then: int) -> None:
    load_show(tmp_path, **moved_show(first))
    before = everything()
    loaded = load(write_show(tmp_path, **moved_show(then, until=3)))
    assert everything().keys() == before.keys()
    assert loaded.moved == {TRAIT: 2, CHARACTER_TAG: 1, MEMBERSHIP: 1, RELATIONSHIP: 1}
    assert (loaded.rows, loaded.left) == (5, ())
    for model in (Trait, CharacterTag, Membership, Relationship):
        assert set(model._base_manager.values_list("revealed_in", flat=True)) == {then}
    assert Relationship.objects.get().ended_in_id == 3
    assert set(SearchEntry.objects.filter(row=Relationship.objects.get().pk).values_list("revealed_in", flat=True)) == {
        then
    }


def test_a_moved_row_has_a_history_and_can_be_undone(tmp_path: Path, editor: User) -> None:
    load_show(tmp_path, **moved_show(2))
    load(write_show(tmp_path, **moved_show(3)))
    change = Change.objects.get(action=Set, path="revealed_in", model="characters.relationship")
    assert (change.was, change.became, change.correction.kind) == (2, 3, Correction.Kind.IMPORT)
    publish(undo(change.correction, by=editor, only=change.pk), by=editor)
    assert Relationship.objects.get().revealed_in_id == 2


def test_rows_that_take_each_others_place_are_all_moved(tmp_path: Path) -> None:
    def told(**episodes: int) -> dict[str, Any]:
        traits = [trait("status", value, since=since) for value, since in episodes.items()]
        tags = [{"name": "king", "revealed_in": since} for since in episodes.values()]
        return {"characters": [character("ann", traits=traits, tags=tags)]}

    load_show(tmp_path, **told(alive=1, missing=2))
    ids = dict(Trait.objects.values_list("value", "pk"))
    load(write_show(tmp_path, **told(alive=2, missing=3)))
    assert dict(Trait.objects.values_list("value", "revealed_in")) == {"alive": 2, "missing": 3}
    assert dict(Trait.objects.values_list("value", "pk")) == ids
    assert set(CharacterTag.objects.values_list("revealed_in", flat=True)) == {2, 3}
    load(write_show(tmp_path, **told(missing=2, alive=3)))
    assert dict(Trait.objects.values_list("value", "pk")) == ids
    assert load(write_show(tmp_path, **told(missing=2, alive=3))).rows == 0


def test_of_two_times_of_one_tie_that_which_is_still_in_the_files_stays(tmp_path: Path) -> None:
    def ties(*episodes: int) -> dict[str, Any]:
        rows = [{"source": "ann", "kind": "attacked", "target": "bea", "revealed_in": number} for number in episodes]
        return {"characters": [character("ann"), character("bea")], "relationships": rows}

    load_show(tmp_path, **ties(1, 3))
    ids = dict(Relationship.objects.values_list("revealed_in", "pk"))
    load(write_show(tmp_path, **ties(2, 3)))
    assert dict(Relationship.objects.values_list("revealed_in", "pk")) == {2: ids[1], 3: ids[3]}


def test_what_an_editor_wrote_is_not_moved(tmp_path: Path, editor: User) -> None:
    load_show(tmp_path, characters=[character("ann")])
    ann = Character.objects.get()
    added(editor, Trait, character=str(ann.pk), attribute="status", value="dead", revealed_in=2)
    loaded = load(write_show(tmp_path, characters=[character("ann", traits=[trait("status", "dead", since=3)])]))
    assert set(Trait.objects.values_list("revealed_in", flat=True)) == {2, 3}
    assert [(str(each), each.is_of_an_editor) for each in loaded.left] == [
        ("fact “Status: dead” of ann (episode 2)", True)
    ]


# Rows that are in no file any more


def without_bea() -> dict[str, Any]:
    show = cast()
    del show["characters"][1], show["relationships"], show["unmaskings"], show["terms"], show["revelations"][1]
    return show | {"episodes": [episode(1), episode(2)]}


def test_what_is_in_no_file_any_more_is_listed_and_stays(tmp_path: Path) -> None:
    load_show(tmp_path, **cast())
    before = everything()
    told = output_of(write_show(tmp_path, **without_bea()))
    assert told.splitlines() == [
        "Written: nothing, all of it was there.",
        "2 aliases, 1 character, 1 episode, 1 relationship, 1 revelation, 1 term, 1 unmasking: in the database and in "
        "no file; --prune removes it.",
        "  episode “3 · Title of 3”",
        "  character “bea” (episode 2)",
        "  term “oath” (episode 2)",
        "  alias “Bea” of bea (episode 2)",
        "  alias “Oath” of oath (episode 2)",
        "  relationship “ann friend of bea” (episode 2)",
        "  revelation “r2” (episode 2)",
        "  unmasking “bea is ann” (episode 3)",
    ]
    assert everything() == before
    assert output_of(tmp_path) == told  # at each load, until something is done about it


def test_a_long_list_is_cut_unless_more_is_asked_for(tmp_path: Path) -> None:
    names = [{"name": f"Name {number}", "revealed_in": 1} for number in range(30)]
    load_show(tmp_path, characters=[character("ann", aliases=names)])
    write_show(tmp_path, characters=[character("ann")])
    assert output_of(tmp_path).splitlines()[-1] == "  … and 10 more, which --verbosity 2 lists"
    assert output_of(tmp_path, "--verbosity=2").count("  alias") == 30


def test_pruning_leaves_what_a_load_into_an_empty_database_gives(tmp_path: Path) -> None:
    load_show(tmp_path / "wanted", **without_bea())
    wanted = without_tags(everything())
    load_show(tmp_path, **cast())
    told = output_of(write_show(tmp_path, **without_bea()), "--prune").splitlines()
    assert "Removed: 2 aliases, 1 character, 1 episode, 1 relationship, 1 revelation, 1 term, 1 unmasking." in told
    assert without_tags(everything()) == wanted
    assert not SearchEntry.objects.filter(words__contains="bea").exists()
    assert output_of(tmp_path, "--prune") == "Written: nothing, all of it was there.\n"


def test_what_was_pruned_can_be_brought_back_as_a_whole(tmp_path: Path, editor: User) -> None:
    load_show(tmp_path, **cast())
    before = everything()
    loaded = load(write_show(tmp_path, **without_bea()), prune=True)
    assert loaded.removal is not None
    assert loaded.removal.reason == f"Data set {tmp_path.name}: what is no longer in its files"
    publish(undo(loaded.removal, by=editor), by=editor)
    assert without_tags(everything()) == without_tags(before)


def test_what_a_load_removed_is_listed_in_the_order_in_which_it_was_written(tmp_path: Path) -> None:
    tags = [{"name": f"tag {number:02}", "revealed_in": 1} for number in range(20)]
    load_show(tmp_path, characters=[character("ann", tags=tags)])
    load_show(tmp_path, characters=[character("ann")])
    removed = Change.objects.filter(action=Change.Action.REMOVE, model="characters.tag").order_by("position")
    assert [*removed.values_list("before__name", flat=True)] == [tag["name"] for tag in tags]


def test_an_import_that_wrote_rows_is_not_undone_as_a_whole(tmp_path: Path, editor: User) -> None:
    load_show(tmp_path, **cast())
    with pytest.raises(Exception, match="cannot be undone as a whole"):
        undo(Correction.objects.get(), by=editor)


def test_pruning_makes_room_for_what_the_files_have_instead(tmp_path: Path) -> None:
    ann = character("ann", "A stranger", traits=[trait("ability", "flies", since=1)])
    load_show(
        tmp_path,
        characters=[ann | {"public_id": "abcdefgh"}, character("bea")],
        unmaskings=[unmasking("bea", "ann", since=3)],
    )
    anne = character("anne", "Anne", public_id="abcdefgh")
    write_show(tmp_path, characters=[anne, character("bea")], unmaskings=[unmasking("bea", "anne", since=3)])
    load(tmp_path, prune=True)
    assert dict(Character.objects.values_list("key", "public_id"))["anne"] == "abcdefgh"
    assert not Character.objects.filter(key="ann").exists()


def test_another_headline_takes_the_place_of_one_that_is_pruned(tmp_path: Path) -> None:
    load_show(tmp_path, characters=[character("ann", "A stranger")])
    write_show(tmp_path, characters=[character("ann", "Ann")])
    with pytest.raises(CommandError) as refused:
        output_of(tmp_path)
    assert "There is another headline name for this episode." in str(refused.value)
    assert str(refused.value).endswith(
        "1 row of the database is in no file; what earlier loads wrote of that --prune takes out of the way:\n"
        "  alias “A stranger” of ann (episode 1)"
    )
    load(tmp_path, prune=True)
    assert [alias.name for alias in Alias.objects.all()] == ["Ann"]


def test_with_pruning_files_refer_to_nothing_outside_them(tmp_path: Path) -> None:
    load_show(tmp_path, **cast())
    tie = {"source": "ann", "kind": "friend", "target": "bea", "revealed_in": 3}
    told = revelation("r1", "[[bea]] came.", since=1)
    with pytest.raises(DatasetError) as refused:
        load(write_show(tmp_path, characters=[character("ann")], relationships=[tie], revelations=[told]), prune=True)
    assert sorted(problem.message for problem in refused.value.problems) == [
        "There is no character “bea”.",
        "“text”: It mentions “bea”, but no character, faction or term has this key.",
    ]


def test_units_that_rows_still_refer_to_are_missed_in_words(tmp_path: Path) -> None:
    """Of either axis; they cannot be removed as long as rows stand there."""
    files = two_axes()
    load_show(tmp_path, **files)
    del files["chapters"]
    files["episodes"].pop()
    with pytest.raises(DatasetError) as refused:
        load(write_show(tmp_path, **files), prune=True)
    assert {problem.message for problem in refused.value.problems} >= {
        "There is no episode 6 in episodes.yaml.",
        "There is no chapter 5 in chapters.yaml.",
    }
    assert Episode.objects.filter(number__gt=SECOND_AXIS).count() == 40


def test_an_entry_that_is_left_out_lends_its_row_to_no_other(tmp_path: Path) -> None:
    """Nothing is written for one whose episode is gone, and the next may lie at its place in memory."""
    load_show(tmp_path, characters=[character("ann", traits=[trait("ability", "flies", since=1)])])
    ann, place = Character.objects.get(), FilePlace(Document("characters.yaml"), ())
    for _ in range(5):
        matching = Matching(RowsInMemory.of_the_database())
        matching.look_at([RowDraft(Trait, place, {"character": ann, "value": "flies"}, {})])
        assert matching.row_of(RowDraft(Alias, place, {"character": ann, "name": "another"}, {})) is None


def test_what_editors_wrote_is_not_pruned(tmp_path: Path, editor: User) -> None:
    load_show(tmp_path, characters=[character("ann", traits=[trait("ability", "flies", since=1)])])
    ann = Character.objects.get()
    added(editor, Trait, character=str(ann.pk), attribute="ability", value="swims", revealed_in=2)
    edited(editor, Trait.objects.get(value="flies"), "value", "flies well")
    told = output_of(write_show(tmp_path, characters=[character("ann")]), "--prune")
    assert "2 facts: in no file, as editors wrote it; it stays." in told
    assert set(Trait.objects.values_list("value", flat=True)) == {"swims", "flies well"}


def test_nobody_is_pruned_of_whom_an_editor_wrote(tmp_path: Path, editor: User) -> None:
    load_show(tmp_path, characters=[character("ann"), character("bea")])
    before = everything()
    ann, bea = Character.objects.order_by("key")
    added(editor, Trait, character=str(bea.pk), attribute="ability", value="swims", revealed_in=2)
    added(editor, Trait, character=str(ann.pk), attribute="ability", value="knows [[bea]]", revealed_in=2)
    added(editor, Revelation, key="r", text="Both.", characters=[str(ann.pk), str(bea.pk)], revealed_in=2)
    with pytest.raises(DatasetError) as refused:
        load(write_show(tmp_path, characters=[character("ann")]), prune=True)
    wrote, to_do = "the database: An editor wrote the", "Put that back into the files, or remove the row in the admin."
    bea_is_gone = f"It needs the character “bea” (episode 1), which is in no file. {to_do}"
    nobody = f"It mentions “bea”, but no character, faction or term has this key. {to_do}"
    assert sorted(map(str, refused.value.problems)) == [
        f"{wrote} fact “Abilities: knows [[bea]]” of ann (episode 2). {nobody}",
        f"{wrote} fact “Abilities: swims” of bea (episode 2). {bea_is_gone}",
        f"{wrote} revelation “r” (episode 2). {bea_is_gone}",
    ]
    assert before.keys() < everything().keys()


def test_no_word_is_pruned_that_an_editor_used(tmp_path: Path, editor: User) -> None:
    word = {"section": "relation", "key": "avenges", "label": "avenges", "reverse": "avenged by", "bond": "conflict"}
    load_show(tmp_path, **cast() | {"vocabulary": [word]})
    ann, bea = Character.objects.order_by("key")[:2]
    added(editor, Relationship, source=str(ann.pk), target=str(bea.pk), kind="avenges", revealed_in=3)
    with pytest.raises(DatasetError) as refused:
        load(write_show(tmp_path, **cast() | {"vocabulary": []}), prune=True)
    (problem,) = map(str, refused.value.problems)
    assert "It needs the word of the vocabulary “avenges” (episode 0), which is in no file." in problem
    Relationship.objects.all().delete()
    assert load(tmp_path, prune=True).removed.total() == 1


def test_the_picture_of_a_pruned_portrait_is_taken_down(
    tmp_path: Path, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    show = {"characters": [character("ann", portraits=[put_picture(tmp_path)])]}
    with django_capture_on_commit_callbacks(execute=True):
        load(write_show(tmp_path, **show))
    assert files_of(Path(settings.MEDIA_ROOT))
    with django_capture_on_commit_callbacks(execute=True):
        load(write_show(tmp_path, characters=[character("ann")]), prune=True)
    assert not files_of(Path(settings.MEDIA_ROOT))


# Trying a load


@pytest.mark.parametrize("options", [(), ("--replace",), ("--prune",)])
def test_a_check_says_what_a_load_would_do_and_writes_nothing(
    tmp_path: Path, settings: Any, options: tuple[str, ...], django_capture_on_commit_callbacks: Any
) -> None:
    load_show(tmp_path, **cast())
    before: tuple[Rows, int] = everything(), Correction.objects.count()
    show = cast() | {"relationships": [], "characters": [character("ann", portraits=[put_picture(tmp_path)])]}
    del show["unmaskings"], show["revelations"][1]
    write_show(tmp_path, **show)
    with django_capture_on_commit_callbacks(execute=True):
        checked = output_of(tmp_path, "--check", *options)
    assert (everything(), Correction.objects.count()) == before
    assert not files_of(Path(settings.MEDIA_ROOT))
    told = [line for line in output_of(tmp_path, *options).splitlines() if not line.startswith("What was removed can")]
    assert checked.splitlines() == [*told, "This was a check: nothing was written."]
    assert everything() != before[0]


def test_a_check_finds_what_a_load_refuses(tmp_path: Path) -> None:
    early = character(
        "ann", traits=[trait("ability", "is called Zed", since=1)], aliases=[{"name": "Zed", "revealed_in": 3}]
    )
    write_show(tmp_path, characters=[early], unmaskings=[unmasking("ann", "ann", since=1)])
    with pytest.raises(CommandError, match="Nobody is unmasked as themselves"):
        output_of(tmp_path, "--check")
    write_show(tmp_path, characters=[early])
    with pytest.raises(CommandError, match="1 spoiler; nothing was written"):
        output_of(tmp_path, "--check", "--strict")
    assert not Character.objects.exists()
    assert not Episode.objects.exists()


def test_the_counts_are_of_rows_by_kind(tmp_path: Path) -> None:
    loaded = load(write_show(tmp_path, **cast()))
    assert (loaded.added[CHARACTER], loaded.added[ALIAS], loaded.added[EPISODE]) == (2, 5, 3)
    show = cast(traits=[trait("species", "Nean", since=1), trait("ability", "flies", since=3)])
    out = output_of(write_show(tmp_path, **show))
    assert out == "Changed: 1 fact.\nMoved to another episode: 1 fact.\n"
