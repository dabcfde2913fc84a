"""Pictures in buckets of S3-compatible storage: all that is done with them in folders, on a server that speaks S3."""

import json
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import boto3
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import default_storage, storages
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from moto.server import ThreadedMotoServer

from characters.models import Character, Portrait
from characters.pictures import files
from corrections import archive
from tests.characters.test_portraits import picture, save_portrait
from tests.server.conftest import free_port
from tests.shows import character, load_show

KEYS = {"access_key": "somebody", "secret_key": "a-secret"}


@pytest.fixture(scope="session")
def service() -> Iterator[str]:
    """Run a server that speaks S3; return its address."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=free_port(), verbose=False)
    server.start()
    yield f"http://127.0.0.1:{server._server.server_port}"
    server.stop()


@pytest.fixture
def buckets(service: str, media: None, settings: Any) -> Any:
    """Let the site keep its files in two buckets; return what looks into them."""
    client = boto3.client(
        "s3", endpoint_url=service, region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="y"
    )
    for name in ("media", "archive"):
        client.create_bucket(Bucket=name)
    options = {"endpoint_url": service, "region_name": "us-east-1", **KEYS}
    settings.STORAGES = settings.STORAGES | {
        name: {"BACKEND": "rougedb.buckets.Bucket", "OPTIONS": options | own}
        for name, own in {
            "default": {"bucket_name": "media", "base_url": "/media/"},
            "archive": {"bucket_name": "archive"},
        }.items()
    }
    files.srcset.cache_clear()
    yield client
    for name in ("media", "archive"):
        for key in keys(client, name):
            client.delete_object(Bucket=name, Key=key)
        client.delete_bucket(Bucket=name)


def keys(client: Any, bucket: str) -> set[str]:
    return {each["Key"] for each in client.list_objects_v2(Bucket=bucket).get("Contents", ())}


@pytest.fixture
def show(db: None, tmp_path: Path) -> Character:
    load_show(tmp_path / "show", characters=[character("ann", "Ann")])
    return Character.objects.get()


def published(callbacks: Any) -> Portrait:
    with callbacks(execute=True), transaction.atomic():
        return save_portrait(picture())


def test_a_picture_is_published_shown_dumped_and_taken_down(
    buckets: Any, show: Character, tmp_path: Path, django_capture_on_commit_callbacks: Any
) -> None:
    portrait = published(django_capture_on_commit_callbacks)
    name = portrait.image.name
    everything = {name, *files.copy_names(name)}
    assert (keys(buckets, "media"), keys(buckets, "archive")) == (everything, {name})
    head = buckets.head_object(Bucket="media", Key=name)
    assert head["ContentType"] == "image/webp"
    client = Client()
    client.cookies["progress"] = "1"
    page = client.get(f"/c/{show.public_id}/", follow=True)
    assert f'"/media/{files.copy_name(name, files.WIDTHS[1], "jpg")}"' in page.content.decode()
    call_command("dump_dataset", tmp_path / "dump", stdout=StringIO())
    assert list((tmp_path / "dump").rglob("*.webp"))
    default_storage.delete(files.copy_names(name)[2])
    call_command("restore_pictures", verbosity=0)
    assert keys(buckets, "media") == everything
    files.take_down(name)
    assert (keys(buckets, "media"), keys(buckets, "archive")) == (set(), {name})


def test_what_is_sent_waits_in_the_private_bucket(buckets: Any, show: Character) -> None:
    upload = files.normalised(BytesIO(picture()))
    name = files.archive_upload(upload)
    assert (keys(buckets, "media"), keys(buckets, "archive")) == (set(), {name})
    with pytest.raises(ImproperlyConfigured):
        storages["archive"].url(name)
    kept = files.open_archived(name)
    assert kept is not None
    upload.seek(0)
    assert kept.read() == upload.read()


def test_what_was_never_sent_is_swept(buckets: Any, show: Character, monkeypatch: pytest.MonkeyPatch) -> None:
    name, other = (files.archive_upload(files.normalised(BytesIO(picture(colour=(each, 0, 0))))) for each in (1, 2))
    call_command("remove_unsent_files", verbosity=0)
    assert keys(buckets, "archive") == {name, other}
    before = storages["archive"].get_modified_time(name)
    monkeypatch.setattr(archive, "UNSENT", -timedelta(hours=1))  # whatever was there an hour from now is old
    monkeypatch.setattr(archive, "_named_by_changes", lambda: {other})
    assert files.is_kept(name)
    assert storages["archive"].get_modified_time(name) >= before
    assert not files.is_kept("kept/nothing.webp")
    call_command("remove_unsent_files", verbosity=0)
    assert keys(buckets, "archive") == {other}


@pytest.mark.django_db(transaction=True)
def test_a_backup_says_what_is_not_in_it_and_one_of_folders_fills_buckets(
    buckets: Any, settings: Any, media: None, tmp_path: Path
) -> None:
    in_buckets = settings.STORAGES
    folders = {
        name: {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path / name}}
        for name in ("default", "archive")
    }
    settings.STORAGES = in_buckets | folders
    archive.store_whole(default_storage, "portraits/ann.webp", b"a picture")
    archive.keep("kept/sent.webp", b"not accepted yet")
    told = StringIO()
    call_command("backup", tmp_path / "of folders", stdout=told)
    assert "buckets" not in told.getvalue()
    settings.STORAGES = in_buckets
    [folder] = (tmp_path / "of folders").iterdir()
    call_command("restore", folder, replace=True, stdout=StringIO())
    assert (keys(buckets, "media"), keys(buckets, "archive")) == ({"portraits/ann.webp"}, {"kept/sent.webp"})
    call_command("backup", tmp_path / "of buckets", stdout=told)
    assert "Pictures lie in buckets and are not in it" in told.getvalue()
    [folder] = (tmp_path / "of buckets").iterdir()
    assert not [name for name in json.loads((folder / "manifest.json").read_text())["files"] if "/" in name]
    call_command("restore", folder, replace=True, stdout=StringIO())
    assert keys(buckets, "media") == {"portraits/ann.webp"}
