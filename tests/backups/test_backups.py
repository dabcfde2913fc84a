"""A backup holds all of a site, and brings it back or changes nothing."""

import json
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage, storages
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from characters.models import Character
from corrections.models import Correction
from episodes.models import Episode
from rougedb.backups import copies, manifest
from tests.corrections.letters import sent, set_to, somebody, status_of
from tests.people import person

pytestmark = pytest.mark.django_db(transaction=True)


def rows() -> dict[str, set[str]]:
    """Everything in the database, by table."""
    with connection.cursor() as cursor:
        found = {}
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            found[table] = {repr(row) for row in cursor.fetchall()}
    return found


def files(storage: Any) -> dict[str, bytes]:
    root = Path(storage.location)
    return {f"{path.relative_to(root)}": path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


@pytest.fixture
def site(db: None) -> Character:
    """Somebody, an account, what waits for a moderator, and a file in each folder."""
    Episode.objects.create(number=0)
    Episode.objects.create(number=1, title="First")
    ann = somebody()
    sent(set_to(status_of(ann), "value", "dead"), by=person("bea"))
    default_storage.save("portraits/ann.webp", ContentFile(b"a picture"))
    storages["archive"].save("kept/sent.webp", ContentFile(b"not accepted yet"))
    return ann


@pytest.fixture
def folder(site: Character, tmp_path: Path) -> Path:
    return backed_up(tmp_path)


def backed_up(parent: Path, **options: Any) -> Path:
    before = set(parent.iterdir())
    call_command("backup", parent, stdout=StringIO(), **options)
    [made] = set(parent.iterdir()) - before
    return made


def restored(folder: Path, **options: Any) -> str:
    out = StringIO()
    call_command("restore", folder, stdout=out, **options)
    return out.getvalue()


def test_all_of_it_comes_back(site: Character, tmp_path: Path) -> None:
    before = rows(), files(default_storage), files(storages["archive"])
    folder = backed_up(tmp_path)
    Correction.objects.all().delete()
    site.delete()
    person("somebody-later")
    default_storage.delete("portraits/ann.webp")
    storages["archive"].delete("kept/sent.webp")
    assert restored(folder, replace=True).startswith("Restored as it was at ")
    assert (rows(), files(default_storage), files(storages["archive"])) == before


def test_pages_that_were_kept_are_made_anew(site: Character, folder: Path, settings: Any) -> None:
    settings.PAGE_CACHE_BYTES = 2**20
    reader = Client()
    reader.cookies["progress"] = "1"
    before = reader.get("/episodes/").content
    Episode.objects.filter(number=1).update(title="Another")
    assert reader.get("/episodes/").content != before
    restored(folder, replace=True)
    assert reader.get("/episodes/").content == before


def test_a_later_picture_is_public_no_more(folder: Path) -> None:
    default_storage.save("portraits/later.webp", ContentFile(b"of somebody who is not there any more"))
    restored(folder, replace=True)
    assert not default_storage.exists("portraits/later.webp")
    assert storages["archive"].exists("portraits/later.webp")


def test_what_is_there_is_replaced_only_when_told(folder: Path) -> None:
    Episode.objects.filter(number=1).update(title="Another")
    with pytest.raises(CommandError, match="The database is not empty"):
        restored(folder)
    assert Episode.objects.get(number=1).title == "Another"


@pytest.mark.parametrize("path", ["media/portraits/ann.webp", "archive/kept/sent.webp", "database"])
def test_a_damaged_backup_changes_nothing(folder: Path, path: str) -> None:
    damaged = next(each for each in folder.rglob("*") if f"{each.relative_to(folder)}".startswith(path))
    content = damaged.read_bytes()
    damaged.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    (folder / "media/portraits").mkdir(exist_ok=True)
    Episode.objects.filter(number=1).update(title="Another")
    before = rows()
    with pytest.raises(CommandError, match=f"(?s)nothing was restored.*{path}"):
        restored(folder, replace=True)
    with pytest.raises(CommandError, match=path):
        restored(folder, check=True)
    assert rows() == before


def test_what_a_newer_version_has_made_goes(folder: Path) -> None:
    """The way back from an upgrade: the backup before it is put in the place of a database with other tables."""
    before = rows()
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE later (account integer PRIMARY KEY REFERENCES auth_user (id))")
    restored(folder, replace=True)
    assert rows().keys() == before.keys()


def test_a_copy_that_breaks_off_changes_nothing(folder: Path) -> None:
    [name] = [each.name for each in folder.iterdir() if each.name.startswith("database")]
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[: len(content) * 9 // 10])
    told = json.loads((folder / manifest.NAME).read_text())
    told["files"][name] = vars(manifest.entry_of(folder / name))
    (folder / manifest.NAME).write_text(json.dumps(told))
    before = rows()
    with pytest.raises(CommandError, match="pg_restore failed" if connection.vendor == "postgresql" else "damaged"):
        restored(folder, replace=True)
    assert rows() == before


def test_a_database_that_cannot_be_opened_is_told_with_the_way_out(folder: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.sqlite3"
    broken.write_bytes(b"no database " * 1000)
    environment = {
        "PATH": os.environ["PATH"], "SECRET_KEY": "k" * 50, "ALLOWED_HOSTS": "example.org",
        "SITE_URL": "https://example.org", "DATABASE_URL": f"sqlite:///{broken}",
        "MEDIA_ROOT": f"{tmp_path}/media", "ARCHIVE_ROOT": f"{tmp_path}/archive",
    }  # fmt: skip
    manifest_file = folder / manifest.NAME
    manifest_file.write_text(json.dumps(json.loads(manifest_file.read_text()) | {"database": "sqlite"}))
    for options in ([], ["--replace"]):
        done = subprocess.run(  # noqa: S603
            [sys.executable, "manage.py", "restore", folder, *options],
            cwd=django_settings.BASE_DIR, env=environment, capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 1
        assert done.stderr.startswith(f"CommandError: {broken} cannot be read: file is not a database. Move it away")
    assert not (tmp_path / "media").exists()


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / "archive/kept/sent.webp").unlink()
    with pytest.raises(CommandError, match=r"archive/kept/sent\.webp cannot be read: No such file"):
        restored(folder, replace=True)


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"database": "oracle"}, "This is a backup of oracle"),
        ({"migrations": ["characters.9999_later"]}, r"newer version of the site, which has .* characters\.9999_later"),
        ({"format": 2}, "has format 2"),
        ({"files": {"media/../../elsewhere": {"size": 1, "sha256": "0"}}}, "names what lies elsewhere"),
        ({"files": {"media/x": {"size": 1}}}, "cannot be read"),
    ],
)
def test_what_cannot_be_restored_is_refused(folder: Path, told: dict[str, Any], message: str) -> None:
    path = folder / manifest.NAME
    path.write_text(json.dumps(json.loads(path.read_text()) | told))
    before = rows()
    with pytest.raises(CommandError, match=message):
        restored(folder, replace=True)
    assert rows() == before


def test_a_folder_without_a_manifest_is_no_backup(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="is no backup"):
        restored(tmp_path, replace=True)


def test_another_secret_key_is_told(folder: Path, settings: Any) -> None:
    former, settings.SECRET_KEY = settings.SECRET_KEY, "another" * 10
    for settings.SECRET_KEY_FALLBACKS in ([former], []):
        errors = StringIO()
        call_command("restore", folder, replace=True, stdout=StringIO(), stderr=errors)
        assert ("SECRET_KEY is another" in errors.getvalue()) == (not settings.SECRET_KEY_FALLBACKS)


def test_another_content_key_is_told(folder: Path, settings: Any) -> None:
    file = folder / manifest.NAME
    whole = json.loads(file.read_text())
    of_before = {name: value for name, value in whole.items() if name != "content_key"}
    for told, key, expected in (
        (whole, settings.CONTENT_KEY, False),
        (whole, "x" * 50, True),
        (of_before, "x" * 50, False),
    ):
        file.write_text(json.dumps(told))
        settings.CONTENT_KEY, errors = key, StringIO()
        call_command("restore", folder, replace=True, stdout=StringIO(), stderr=errors)
        assert ("CONTENT_KEY is another" in errors.getvalue()) == expected


def test_only_its_owner_reads_a_backup(folder: Path) -> None:
    assert {path.stat().st_mode & 0o077 for path in (folder, *folder.rglob("*"))} == {0}


def test_one_that_fails_leaves_nothing_behind(site: Character, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(copies, "_write_through", full)
    with pytest.raises(CommandError, match="No space left on device"):
        call_command("backup", tmp_path / "backups")
    assert list((tmp_path / "backups").iterdir()) == []


def test_the_newest_are_kept(site: Character, tmp_path: Path) -> None:
    names = ["2020-01-01T00-00-00Z", "2020-01-02T00-00-00Z", "2020-01-03T00-00-00Z"]
    for name in names:
        (tmp_path / name).mkdir()
        (tmp_path / name / manifest.NAME).write_text("{}")
    (tmp_path / "2020-01-01T12-00-00Z.part").mkdir()
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / manifest.NAME).write_text("{}")
    call_command("backup", tmp_path, keep=2, stdout=StringIO())
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left[0] == names[2]
    assert left[-1] == "letters"
    assert len(left) == 3
