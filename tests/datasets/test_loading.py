"""Loading again, loading what has changed, and the output of the command."""

import gc
import io
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from characters import indexing
from characters.datasets.loading import load
from characters.datasets.reading import DatasetError
from characters.kinds import KINDS
from characters.management.commands.load_dataset import on_terminals
from characters.models import Alias, Character, Portrait, Revelation, SearchEntry, Tag, Trait
from characters.pictures import encoding
from episodes.models import Episode
from tests.datasets.pictures import files_of, put_picture
from tests.shows import REAL_SHOW, character, headline, load_show, revelation, trait, unmasking, write_show

pytestmark = pytest.mark.django_db

CONTENT = [kind.model for kind in KINDS]

type Rows = dict[tuple[str, Any], dict[str, Any]]


def everything() -> Rows:
    """Return every row of the content by its model and primary key."""
    links = [field.remote_field.through for field in Revelation._meta.many_to_many]
    rows = {
        (model._meta.label, row["pk"]): row
        for model in CONTENT
        for row in model._base_manager.values("pk", *(field.attname for field in model._meta.concrete_fields))
    }
    for link in links:
        sides = [field.attname for field in link._meta.concrete_fields if field.is_relation]
        rows |= {(link._meta.label, pair): {} for pair in link._base_manager.values_list(*sides)}
    return rows


def without_tags(rows: Rows) -> set[tuple[str, Any]]:
    """Return the keys of all rows but tags, whose ids depend on when they were made."""
    return {key for key in rows if key[0] != Tag._meta.label}


def changed(before: Rows) -> set[str]:
    """Return the models with rows that are new, gone or different."""
    after = everything()
    return {key[0].split(".")[1] for key in before.keys() | after.keys() if before.get(key) != after.get(key)}


def cast(**ann: Any) -> dict[str, Any]:
    """Return the files of a small show with a row of every kind; arguments replace the rows of Ann."""
    ann.setdefault("aliases", [headline("Queen Ann", since=2)])
    ann.setdefault("traits", [trait("species", "human", since=1), trait("ability", "flies", since=2)])
    return {
        "series": {"title": "A Show", "writers": ["Somebody"]},
        "vocabulary": [{"section": "relation", "key": "twin", "left_out": True}],
        "characters": [
            character("ann", memberships=[{"faction": "guild", "revealed_in": 2}],
                      tags=[{"name": "nean", "revealed_in": 1}],
                      former_addresses=[{"address": "0000former", "revealed_in": 2}], **ann),
            character("bea", since=2),
        ],
        "factions": [character("guild", since=2)],
        "terms": [character("oath", since=2)],
        "relationships": [{"source": "ann", "kind": "friend", "target": "bea", "revealed_in": 2}],
        "revelations": [
            revelation("r1", "[[ann]] came.", since=1, characters=["ann"]),
            revelation("r2", "[[bea]] came.", since=2, characters=["ann", "bea"], factions=["guild"], supersedes="r1"),
        ],
        "unmaskings": [unmasking("bea", "ann", since=3)],
    }  # fmt: skip


def test_everything_covers_all_content() -> None:
    known = {model for model in apps.get_models() if model._meta.app_label in ("characters", "episodes")}
    known.remove(SearchEntry)  # made anew from the others
    assert set(CONTENT) <= known
    assert {model._meta.label for model in known if hasattr(model, "revealed_in")} <= {m._meta.label for m in CONTENT}


@pytest.mark.usefixtures("real_show")
def test_a_second_load_changes_nothing() -> None:
    before = everything()
    assert load(REAL_SHOW).rows == 0
    assert everything() == before


def test_starting_from_empty_gives_the_same_rows_again(tmp_path: Path) -> None:
    load_show(tmp_path, **cast())
    before = everything()
    load_show(tmp_path, **cast())
    assert without_tags(everything()) == without_tags(before)
    assert {key[0].split(".")[1] for key in before} > {model.__name__ for model in CONTENT} - {
        "Portrait",
        "FactionTag",
        "TermTag",
    }


def with_one(file: str, number: int, **values: Any) -> dict[str, Any]:
    show = cast()
    show[file][number] |= values
    return show


@pytest.mark.parametrize(
    ("show", "models"),
    [
        (cast(traits=[trait("species", "Nean", since=1), trait("ability", "flies", since=2)]), {"Trait"}),
        (cast(aliases=[headline("Queen Ann", since=3)]), {"Alias"}),
        (cast(aliases=[headline("Queen Ann", since=2) | {"kind": "title", "common_word": True}]), {"Alias"}),
        (cast() | {"series": {"title": "Another"}}, {"Series"}),
        (with_one("characters", 0, public_id="abcdefgh"), {"Character"}),
        (with_one("characters", 0, tags=[{"name": "nean", "revealed_in": 1, "ended_in": 3}]), {"CharacterTag"}),
        (with_one("relationships", 0, ended_in=3), {"Relationship"}),
        (with_one("relationships", 0, certainty="hinted"), {"Relationship"}),
        (with_one("revelations", 0, certainty="disproved"), {"Revelation"}),
        (with_one("revelations", 1, supersedes=None), {"Revelation"}),
        (with_one("revelations", 1, characters=["bea"]), {"Revelation_characters"}),
        (with_one("unmaskings", 0, revealed_in=2), {"Unmasking"}),
    ],
)  # fmt: skip
def test_a_changed_entry_changes_that_row_alone(tmp_path: Path, show: dict[str, Any], models: set[str]) -> None:
    load_show(tmp_path, **cast())
    before = everything()
    if "supersedes" in show["revelations"][1] and show["revelations"][1]["supersedes"] is None:
        del show["revelations"][1]["supersedes"]
    written = load(write_show(tmp_path, **show))
    assert written.rows == 1
    assert changed(before) == models
    assert len(everything().keys() ^ before.keys()) == (1 if models == {"Revelation_characters"} else 0)


@pytest.mark.parametrize(("first", "then"), [(1, 3), (3, 1)], ids=["later", "earlier"])
def test_a_character_moves_together_with_its_rows(tmp_path: Path, first: int, then: int) -> None:
    def moved(since: int) -> dict[str, Any]:
        rows = {
            "aliases": [{"name": "B", "revealed_in": since}],
            "traits": [trait("ability", "knows [[bea]]", since=since)],
        }
        return {
            "characters": [character("ann"), character("bea", since=since, **rows)],
            "revelations": [revelation("r", "[[bea]] came.", since=since, characters=["bea"])],
            "unmaskings": [unmasking("bea", "ann", since=since)],
        }

    load_show(tmp_path, **moved(first))
    before = everything()
    load(write_show(tmp_path, **moved(then)))
    assert everything().keys() == before.keys()
    assert changed(before) == {"Character", "Alias", "Trait", "Revelation", "Unmasking"}


def test_headlines_change_places(tmp_path: Path) -> None:
    load_show(tmp_path, characters=[character("ann", "A stranger", aliases=[headline("Ann", since=2)])])
    before = everything()
    load(write_show(tmp_path, characters=[character("ann", "Ann", aliases=[headline("A stranger", since=2)])]))
    names = Alias.objects.filter(headline=True).order_by("revealed_in").values_list("name", "revealed_in")
    assert list(names) == [("Ann", 1), ("A stranger", 2)]
    assert everything().keys() == before.keys()


def test_a_headline_makes_room_for_another(tmp_path: Path) -> None:
    load_show(tmp_path, characters=[character("ann", "A stranger")])
    ann = character("ann", "Ann", aliases=[{"name": "A stranger", "revealed_in": 1}])
    load(write_show(tmp_path, characters=[ann]))
    assert Alias.objects.get(headline=True).name == "Ann"


def test_rows_that_are_not_in_the_files_stay_unless_replaced(tmp_path: Path) -> None:
    load_show(tmp_path, **cast())
    before = everything()
    assert load(write_show(tmp_path, characters=[character("ann")])).rows == 0
    assert everything() == before
    load(tmp_path, replace=True)
    assert list(Character.objects.values_list("key", flat=True)) == ["ann"]
    assert [model.objects.count() for model in (Trait, Revelation, Tag)] == [0, 0, 0]
    assert set(Episode.objects.values_list("number", flat=True)) == {0, 1, 2, 3}


def test_files_may_refer_to_rows_in_the_database(tmp_path: Path) -> None:
    load_show(tmp_path, **cast())
    friend = {"source": "bea", "kind": "ally", "target": "ann", "revealed_in": 2}
    later = revelation("r3", "[[bea]] went.", since=3, supersedes="r2", factions=["guild"])
    load(write_show(tmp_path, characters=[], relationships=[friend], revelations=[later]))
    assert Revelation.objects.get(key="r3").supersedes == Revelation.objects.get(key="r2")


def test_what_an_editor_renamed_is_left_alone(tmp_path: Path) -> None:
    load_show(tmp_path, characters=[character("ann", aliases=[{"name": "Annie", "revealed_in": 1}])])
    Alias.objects.filter(name="Annie").update(name="Anne")
    load(tmp_path)
    assert set(Alias.objects.values_list("name", flat=True)) == {"Ann", "Anne", "Annie"}


@pytest.mark.parametrize("replace", [False, True])
def test_nothing_is_written_when_anything_is_wrong(tmp_path: Path, replace: bool) -> None:
    load_show(tmp_path, **cast())
    before = everything()
    wrong = {"characters": [character("ann", "Another"), character("new")],
             "unmaskings": [unmasking("new", "nobody", since=1)]}  # fmt: skip
    with pytest.raises(DatasetError, match=r"unmaskings.yaml:2: There is no character “nobody”"):
        load(write_show(tmp_path, **wrong), replace=replace)
    assert everything() == before


def test_portraits_are_stored_when_the_load_commits(
    tmp_path: Path, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    show = {"characters": [character("ann", portraits=[put_picture(tmp_path)])]}
    with django_capture_on_commit_callbacks(execute=True), pytest.raises(DatasetError):
        load(write_show(tmp_path, **show, unmaskings=[unmasking("ann", "nobody", since=1)]))
    assert files_of(Path(settings.MEDIA_ROOT)) == {}
    with django_capture_on_commit_callbacks(execute=True):
        load(write_show(tmp_path, **show))
        assert files_of(Path(settings.MEDIA_ROOT)) == {}
    kept = files_of(Path(settings.MEDIA_ROOT))
    assert len(kept) == 10
    for name in kept:
        default_storage.delete(name)
    with django_capture_on_commit_callbacks(execute=True):
        load(tmp_path)
    assert files_of(Path(settings.MEDIA_ROOT)) == kept
    assert Portrait.objects.get().image.name in kept


def test_a_picture_is_encoded_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    show = {"characters": [character("ann", portraits=[put_picture(tmp_path)])]}
    encoded: list[str] = []
    encode = encoding._encode

    def counted(picture: Any, kind: str, **options: Any) -> bytes:
        encoded.append(kind)
        return encode(picture, kind, **options)

    monkeypatch.setattr(encoding, "_encode", counted)
    for expected in (10, 10, 10):
        with django_capture_on_commit_callbacks(execute=True):
            load(write_show(tmp_path, **show), replace=True)
        assert len(encoded) == expected
    put_picture(tmp_path, colour="green")
    with django_capture_on_commit_callbacks(execute=True):
        load(tmp_path)
    assert len(encoded) == 20


def test_statements_do_not_grow_with_the_show(tmp_path: Path) -> None:
    def statements(size: int) -> int:
        names = [f"c{number}" for number in range(size)]
        show = {
            "characters": [
                character(
                    name,
                    traits=[trait("summary", "knows [[c0]]", since=1)],
                    tags=[{"name": "nean", "revealed_in": 1}],
                )
                for name in names
            ],
            "revelations": [revelation(name, f"[[{name}]] came.", since=1, characters=[name]) for name in names],
            "unmaskings": [unmasking(name, "c0", since=1) for name in names[1:]],
        }
        with CaptureQueriesContext(connection) as captured:
            load(write_show(tmp_path, **show), replace=True)
        return len(captured)

    statements(2)
    assert statements(40) == statements(3)


def test_the_index_of_a_load_is_that_of_its_rows(tmp_path: Path) -> None:
    """A load makes it of the rows that it holds, `rebuild` of those of the database."""

    def entries() -> list[tuple[Any, ...]]:
        return list(SearchEntry.objects.order_by("pk").values_list())

    another = cast(aliases=[headline("Queen Anne", since=2)])
    del another["relationships"], another["characters"][0]["tags"]
    for files in (cast(), another):
        load(write_show(tmp_path, **files), prune=True)
        held = entries()
        indexing.rebuild()
        assert held == entries()


def test_garbage_is_searched_for_again_after_a_load(tmp_path: Path) -> None:
    searched = []
    load(write_show(tmp_path, **cast()), on_findings=lambda findings: searched.append(gc.isenabled()))
    with pytest.raises(DatasetError):
        load(write_show(tmp_path, characters=[character("ann"), character("ann")]))
    assert (searched, gc.isenabled()) == ([False], True)


def test_the_command_prints_what_it_wrote(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_show(tmp_path, characters=[character("ann")])
    call_command("load_dataset", tmp_path)
    assert capsys.readouterr() == ("Written: 1 alias, 1 character, 3 episodes.\n", "")  # no bar, without a terminal
    call_command("load_dataset", tmp_path)
    assert capsys.readouterr().out == "Written: nothing, all of it was there.\n"
    call_command("load_dataset", tmp_path, replace=True, verbosity=0)
    assert capsys.readouterr().out == ""


def test_the_command_fails_with_all_problems(tmp_path: Path) -> None:
    write_show(
        tmp_path, characters=[character("ann")], unmaskings=[unmasking("ann", who, since=1) for who in ("x", "y")]
    )
    with pytest.raises(CommandError) as failed:
        call_command("load_dataset", tmp_path)
    assert failed.value.returncode == 1
    assert str(failed.value).splitlines() == [
        "unmaskings.yaml:2: There is no character “x”.",
        "unmaskings.yaml:5: There is no character “y”.",
        "2 problems; nothing was written.",
    ]


@pytest.mark.django_db
def test_if_empty_leaves_what_is_there(tmp_path: Path) -> None:
    directory = write_show(tmp_path, characters=[character("ann")])
    call_command("load_dataset", directory, "--if-empty", verbosity=0)
    Alias.objects.update(name="Edited")
    out = StringIO()
    call_command("load_dataset", directory, "--if-empty", stdout=out)
    assert "left as it is" in out.getvalue()
    assert [alias.name for alias in Alias.objects.all()] == ["Edited"]


@pytest.mark.parametrize("is_terminal", [True, False])
def test_how_far_a_load_is_shows_on_a_terminal_alone(is_terminal: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(stream, "isatty", lambda: is_terminal)
    monkeypatch.setattr("sys.stderr", stream)
    assert list(on_terminals(range(3), "pictures", 3)) == [0, 1, 2]
    assert ("pictures" in stream.getvalue()) == is_terminal
