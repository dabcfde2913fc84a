"""A data set that is in the database as it was loaded is known again, and nothing else is taken for one."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage

from characters.datasets import unchanged
from characters.datasets.loading import load
from characters.datasets.memory import RowsInMemory
from characters.datasets.reading import DatasetError
from characters.models import Trait
from characters.spoilers.linter import Finding
from corrections.editions import NONE
from corrections.models import Edition
from tests.datasets.pictures import files_of, put_picture
from tests.shows import character, trait, write_show

pytestmark = pytest.mark.django_db

type Load = Callable[[], int]


def ann(**values: Any) -> dict[str, Any]:
    return {"characters": [character("ann", traits=[trait("ability", "flies", since=1) | values])]}


@pytest.fixture
def load_it(tmp_path: Path, django_capture_on_commit_callbacks: Callable[..., AbstractContextManager[Any]]) -> Load:
    """Return what loads the files in the directory of the test, and returns how many rows it wrote."""

    def loaded() -> int:
        with django_capture_on_commit_callbacks(execute=True):
            return load(tmp_path, on_findings=lambda findings: None).rows

    return loaded


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that grows whenever a load reads the rows of the database."""
    begun: list[str] = []
    read = RowsInMemory.of_the_database

    def reading() -> RowsInMemory:
        begun.append("read")
        return read()

    monkeypatch.setattr(RowsInMemory, "of_the_database", reading)
    return begun


def test_what_was_loaded_and_not_changed_is_not_compared_again(tmp_path: Path, load_it: Load, reads: list[str]) -> None:
    write_show(tmp_path, **ann())
    assert load_it() > 0
    assert (load_it(), load_it()) == (0, 0)
    assert reads == ["read"]


def test_what_was_changed_in_the_database_is_written_again(tmp_path: Path, load_it: Load) -> None:
    write_show(tmp_path, **ann())
    load_it()
    Trait._base_manager.update(value="walks")
    assert load_it() == 1
    assert list(Trait._base_manager.filter(value="flies"))


def test_what_was_changed_in_the_files_is_written(tmp_path: Path, load_it: Load, reads: list[str]) -> None:
    write_show(tmp_path, **ann())
    load_it()
    write_show(tmp_path, **ann(value="walks"))
    assert load_it() == 1
    write_show(tmp_path, **ann())
    assert load_it() == 0
    assert reads == ["read"] * 3  # as the database held more than these files by then


def test_what_is_in_no_file_is_said_at_each_load(
    tmp_path: Path, django_capture_on_commit_callbacks: Callable[..., AbstractContextManager[Any]]
) -> None:
    for show in (ann(), {"characters": [character("ann")]}, {"characters": [character("ann")]}):
        write_show(tmp_path, **show)
        with django_capture_on_commit_callbacks(execute=True):
            loaded = load(tmp_path, on_findings=lambda findings: None)
    assert [str(each) for each in loaded.left] == ["fact “Abilities: flies” of ann (episode 1)"]


def test_a_file_that_cannot_be_read_any_more_is_not_taken_for_an_empty_one(tmp_path: Path, load_it: Load) -> None:
    write_show(tmp_path, **ann())
    series = tmp_path / "series.yaml"
    series.write_text("")
    load_it()
    series.unlink()
    series.mkdir()
    with pytest.raises(DatasetError, match=r"series.yaml:1: It cannot be read"):
        load_it()


def test_another_version_of_the_site_checks_all_of_it(
    tmp_path: Path, load_it: Load, reads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_show(tmp_path, **ann())
    load_it()
    monkeypatch.setattr(unchanged, "release", lambda: "the next version")
    load_it()
    assert reads == ["read", "read"]


def test_nothing_is_remembered_without_triggers(tmp_path: Path, load_it: Load, reads: list[str]) -> None:
    write_show(tmp_path, **ann())
    load_it()
    for _ in range(2):
        Edition.objects.update(stamp=NONE)
        load_it()
    assert len(reads) == 3


def test_spoilers_are_said_at_each_load(
    tmp_path: Path, django_capture_on_commit_callbacks: Callable[..., AbstractContextManager[Any]]
) -> None:
    early = trait("ability", "is called Zed", since=1)
    later = {"name": "Zed", "revealed_in": 3}
    write_show(tmp_path, characters=[character("ann", traits=[early], aliases=[later])])
    heard: list[list[Finding]] = []
    for _ in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            load(tmp_path, on_findings=heard.append)
    assert [[finding.name for finding in findings] for findings in heard] == [["Zed"], ["Zed"]]


def test_a_picture_that_is_gone_comes_back(tmp_path: Path, load_it: Load, reads: list[str], settings: Any) -> None:
    write_show(tmp_path, characters=[character("ann", portraits=[put_picture(tmp_path)])])
    load_it()
    public = files_of(Path(settings.MEDIA_ROOT))
    for name in public:
        default_storage.delete(name)
    load_it()
    assert files_of(Path(settings.MEDIA_ROOT)) == public != {}
    assert reads == ["read"]
