"""Pictures are checked, re-encoded without metadata, and stored under a name that says nothing about them."""

import hashlib
import os
import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage, storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import transaction
from PIL import Image

from characters.lore import Lore
from characters.models import Character, Membership, Portrait, Trait
from characters.pictures import decoder, files
from characters.pictures.sizes import WIDTHS
from characters.vocabulary import Attribute
from drawings import objects, plates
from tests.conftest import Visitor
from tests.nets import net_lifted
from tests.shows import character, load_show

RED, BLUE = (200, 10, 10), (10, 10, 200)
FORMATS = {"avif": "AVIF", "webp": "WEBP", "jpg": "JPEG"}
ORIENTATION, GPS = 0x0112, 0x8825
type OnCommit = Callable[..., Any]


def picture(*, size: tuple[int, int] = (40, 20), form: str = "PNG", colour: Any = RED, **options: Any) -> bytes:
    buffer = BytesIO()
    Image.new("RGBA" if len(colour) == 4 else "RGB", size, colour).save(buffer, form, **options)
    return buffer.getvalue()


def halves(*, orientation: int) -> bytes:
    """Draw red left and blue right, with metadata: a GPS position, a camera and an orientation."""
    image = Image.new("RGB", (40, 20), RED)
    image.paste(BLUE, (20, 0, 40, 20))
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    exif[0x010F] = "Camera of Jill"
    exif.get_ifd(GPS).update({1: "N", 2: (18.0, 39.0, 0.0)})
    buffer = BytesIO()
    image.save(buffer, "PNG", exif=exif, dpi=(72, 72))
    return buffer.getvalue()


def kept(content: bytes) -> Image.Image:
    return Image.open(files.normalised(BytesIO(content)))


def save_portrait(content: bytes, *, name: str = "cyan-is-the-eve.png") -> Portrait:
    """Validate and save a portrait, as a form does."""
    portrait = Portrait(
        character=Character.objects.get(), revealed_in_id=1, alt_text="A face", credit="Somebody", licence="CC0",
        image=SimpleUploadedFile(name, content),
    )  # fmt: skip
    portrait.full_clean()
    portrait.save()
    return portrait


def files_in(media: Any) -> set[str]:
    root = Path(str(media))
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


@pytest.fixture
def show(db: None, tmp_path: Path) -> None:
    load_show(tmp_path, characters=[character("ann")])


def test_the_metadata_is_removed() -> None:
    content = halves(orientation=1)
    assert Image.open(BytesIO(content)).getexif().get_ifd(GPS)
    stored = files.normalised(BytesIO(content)).read()
    image = Image.open(BytesIO(stored))
    assert not image.getexif()
    assert not {"exif", "xmp", "icc_profile", "dpi", "comment"} & set(image.info)
    assert b"Camera of Jill" not in stored


@pytest.mark.parametrize(
    ("orientation", "size", "red_at", "blue_at"),
    [
        (1, (40, 20), (5, 10), (35, 10)),
        (3, (40, 20), (35, 10), (5, 10)),
        (6, (20, 40), (10, 5), (10, 35)),
        (8, (20, 40), (10, 35), (10, 5)),
    ],
)
def test_the_orientation_in_the_metadata_is_applied(
    orientation: int, size: tuple[int, int], red_at: tuple[int, int], blue_at: tuple[int, int]
) -> None:
    image = kept(halves(orientation=orientation))
    assert image.size == size
    assert (image.getpixel(red_at), image.getpixel(blue_at)) == (RED, BLUE)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_whatever_comes_in_is_encoded_anew_as_webp(form: str) -> None:
    content = picture(form=form) + b"<script>alert(1)</script>"
    stored = files.normalised(BytesIO(content)).read()
    assert Image.open(BytesIO(stored)).format == "WEBP"
    assert b"script" not in stored


def test_transparency_stays() -> None:
    assert kept(picture(colour=(*RED, 100))).getpixel((0, 0)) == (*RED, 100)


def test_a_large_picture_is_made_smaller_in_proportion() -> None:
    assert kept(picture(size=(2400, 1200))).size == (1200, 600)


def test_the_name_reveals_neither_the_old_name_nor_the_content(settings: Any) -> None:
    file = files.normalised(SimpleUploadedFile("cyan-is-the-eve.png", picture()))
    assert file.name is not None
    token = file.name.removesuffix(".webp")
    assert len(token) == 32
    plain = {
        hash_of(data).hexdigest() for hash_of in (hashlib.md5, hashlib.sha256) for data in (picture(), file.read())
    }
    assert not any(digest.startswith(token) for digest in plain)
    settings.CONTENT_KEY = "another"
    assert files.normalised(BytesIO(picture())).name != file.name


def test_the_same_picture_is_the_same_file_whatever_it_was_called() -> None:
    first, second = (files.normalised(SimpleUploadedFile(name, picture())) for name in ("a.png", "b.jpg"))
    assert (first.name, first.read()) == (second.name, second.read())
    assert files.normalised(BytesIO(picture(colour=BLUE))).name != first.name


@pytest.mark.parametrize("colour", [RED, (*RED, 100), (*RED, 0), (*RED, 255)], ids=str)
def test_a_kept_picture_that_comes_back_is_the_same_file(colour: Any) -> None:
    first = files.normalised(BytesIO(picture(colour=colour)))
    again = files.normalised(BytesIO(first.read()))
    assert again.name == first.name


@pytest.mark.usefixtures("show")
def test_smaller_copies_are_stored_with_it(settings: Any, django_capture_on_commit_callbacks: OnCommit) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        portrait = save_portrait(picture(size=(1000, 500)))
    assert (portrait.width, portrait.height) == (1000, 500)
    name = portrait.image.name
    copies = {(width, kind): files.copy_name(name, width, kind) for width in (160, 480, 960) for kind in FORMATS}
    assert files_in(settings.MEDIA_ROOT) == {name, *copies.values()}
    for (width, kind), file in copies.items():
        with Image.open(Path(settings.MEDIA_ROOT) / file) as copy:
            assert copy.size == (width, width // 2)
            assert copy.format == FORMATS[kind]
            assert not copy.getexif()


@pytest.mark.usefixtures("show")
def test_a_copy_is_never_larger_than_the_picture(settings: Any, django_capture_on_commit_callbacks: OnCommit) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        name = save_portrait(picture(size=(40, 20))).image.name
    with Image.open(Path(settings.MEDIA_ROOT) / files.copy_name(name, 480)) as copy:
        assert copy.size == (40, 20)


@pytest.mark.usefixtures("show")
@pytest.mark.parametrize(
    ("size", "widths"),
    [((1000, 1200), (160, 480, 960)), ((300, 300), (160, 300)), ((100, 900), (36, 100)), ((40, 20), (40,))],
)
def test_a_page_offers_each_copy_with_its_true_width(
    settings: Any, django_capture_on_commit_callbacks: OnCommit, size: tuple[int, int], widths: tuple[int, ...]
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        name = save_portrait(picture(size=size)).image.name
    for kind in FORMATS:
        offered = [entry.split() for entry in files.srcset(name, size, kind).split(", ")]
        assert [int(width.removesuffix("w")) for _, width in offered] == list(widths)
        for address, width in offered:
            with Image.open(Path(settings.MEDIA_ROOT) / address.removeprefix("/media/")) as copy:
                assert copy.width == int(width.removesuffix("w"))


@pytest.mark.usefixtures("show")
def test_the_newest_picture_is_the_plate_and_earlier_ones_are_folded(
    visitor: Visitor, django_capture_on_commit_callbacks: OnCommit
) -> None:
    with net_lifted(), django_capture_on_commit_callbacks(execute=True):
        old, new = save_portrait(picture(size=(500, 600))), save_portrait(picture(size=(400, 700), colour=BLUE))
        Portrait.objects.filter(pk=new.pk).update(revealed_in=2, alt_text="Another face")
        address = f"/c/{Character.objects.get().public_id}/"
    early, late = (visitor(at).get(address, follow=True).content.decode() for at in (1, 2))
    token = str(new.image.name).removesuffix(".webp")
    assert token not in early
    plate, rest = late.split("</figure>", 1)
    assert token in plate
    assert 'alt="Another face" width="400" height="700">' in plate
    assert str(old.image.name).removesuffix(".webp") in rest
    assert 'alt="A face" width="500" height="600" loading="lazy">' in rest
    assert plate.index("image/avif") < plate.index("image/webp") < plate.index(".jpg")


@pytest.mark.parametrize(("key", "persona", "progress"), [("eden_varok", "gene_birth_father", 12), ("the_puppeteer", "voice_in_cyans_head", 11)])  # noqa: E501  # fmt: skip
def test_their_own_pictures_come_before_those_of_whom_they_also_were(
    real_show: None, key: str, persona: str, progress: int
) -> None:
    """Also when the persona's is newer: who is unmasked keeps the picture that they are known by, as the name."""
    own, other = (Portrait.objects.as_of(progress).filter(character__key=whose) for whose in (key, persona))
    cards = Lore(progress).subjects("characters").cards
    public_id = Character.objects.get(key=key).public_id
    page = Lore(progress).subject("characters", public_id)
    assert page is not None
    told = [picture.alt_text for picture in page.pictures]
    newest_first = [each.alt_text for each in own.order_by("-revealed_in")]
    assert told == newest_first + [each.alt_text for each in other]
    face = next(card.face for card in cards if public_id in card.face.url)
    assert any(each.image.name.removesuffix(".webp") in face.thumbnail for each in own)


@pytest.mark.parametrize("progress", range(1, 14))
def test_nobody_in_the_show_has_a_monogram_for_a_picture(real_show: None, progress: int) -> None:
    """Neans have masks; humans, and all of whom it is unknown, have a drawn object or figure from the start."""
    faces = [card.face for card in Lore(progress).subjects("characters").cards]
    assert [face.name for face in faces if face.is_monogram and not face.thumbnail] == []


def test_each_drawing_is_somebodys_portrait(real_show: None) -> None:
    directory = Path(__file__).parents[2] / "characters/datasets/metallic_rouge"
    shown = re.findall(r"file: portraits/(.+)\.png$", (directory / "characters.yaml").read_text(), re.MULTILINE)
    assert sorted(shown) == sorted(plates.PLATES | objects.OBJECTS)
    assert sorted(path.stem for path in (directory / "portraits").iterdir()) == sorted(shown)


@pytest.mark.usefixtures("show")
def test_a_picture_kept_twice_is_one_file(settings: Any, django_capture_on_commit_callbacks: OnCommit) -> None:
    names = set()
    for _ in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            names.add(save_portrait(picture()).image.name)
    assert len(names) == 1
    assert len(files_in(settings.MEDIA_ROOT)) == 1 + len(WIDTHS) * len(FORMATS)


SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
NO_PICTURE = "This is not a readable JPEG, PNG, WEBP picture."


@pytest.mark.usefixtures("show")
@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"Rouge Redstar is ...", NO_PICTURE, id="text"),
        pytest.param(SVG, NO_PICTURE, id="svg"),
        pytest.param(picture(form="GIF"), NO_PICTURE, id="gif"),
        pytest.param(picture(size=(300, 300))[:60], NO_PICTURE, id="truncated png"),
        pytest.param(picture(form="JPEG")[:-200], NO_PICTURE, id="truncated jpeg"),
        pytest.param(picture(form="WEBP")[:-20], NO_PICTURE, id="truncated webp"),
        pytest.param(picture() + bytes(files.MOST_BYTES), "The file is larger than 10 MB.", id="many bytes"),
    ],
)
def test_a_file_that_is_not_a_picture_is_refused_and_not_stored(settings: Any, content: bytes, message: str) -> None:
    with pytest.raises(ValidationError) as refused:
        files.normalised(BytesIO(content))
    assert refused.value.message_dict == {"image": [message]}
    with pytest.raises(ValidationError):
        save_portrait(content, name="harmless.png")
    assert files_in(settings.MEDIA_ROOT) == set()


@pytest.mark.parametrize("width", [7_000, 12_000, 20_000], ids="{} wide".format)
def test_a_picture_with_too_many_pixels_is_refused_undecoded(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Our limit is 25 million pixels; Pillow warns from 89 million on and raises from 179 million on."""
    buffer = BytesIO()
    Image.new("1", (width, 10_000)).save(buffer, "PNG")
    assert len(buffer.getvalue()) < files.MOST_BYTES
    monkeypatch.setattr(decoder, "normalised", lambda _: pytest.fail("It was decoded."))
    with pytest.raises(ValidationError) as refused:
        files.normalised(buffer)
    assert refused.value.message_dict == {"image": ["The picture has more than 25 million pixels."]}


def test_a_rolled_back_save_leaves_no_file(
    settings: Any, show: None, django_capture_on_commit_callbacks: OnCommit
) -> None:
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        save_portrait(picture())
        transaction.set_rollback(True)
    assert not Portrait.objects.exists()
    assert files_in(settings.MEDIA_ROOT) == set()


def test_what_a_killed_process_did_not_publish_is_restored(settings: Any, show: None) -> None:
    """Callbacks of the commit do not run here, as if the process had been killed before them."""
    name = save_portrait(picture()).image.name
    assert files_in(settings.MEDIA_ROOT) == set()
    call_command("restore_pictures", verbosity=0)
    everything = {name, *files.copy_names(name)}
    assert files_in(settings.MEDIA_ROOT) == everything
    default_storage.delete(files.copy_names(name)[4])
    call_command("restore_pictures", verbosity=0)
    assert files_in(settings.MEDIA_ROOT) == everything
    for each in everything:
        default_storage.delete(each)
    storages["archive"].delete(name)
    with pytest.raises(CommandError, match=name):
        call_command("restore_pictures", verbosity=0)


def test_a_file_is_there_as_a_whole_or_not_at_all(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*args: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        files.publish("portraits/x.webp", files.normalised(BytesIO(picture())).read())
    monkeypatch.undo()
    assert not default_storage.exists("portraits/x.webp")


@pytest.mark.parametrize("progress", range(1, 13))
def test_the_plate_of_the_red_form_strikes_out_as_many_of_the_nine_as_are_dead(real_show: None, progress: int) -> None:
    dead = 0
    members = Membership.objects.as_of(progress).filter(faction__key="immortal_nine")
    for member in set(members.values_list("character", flat=True)):
        status = Trait.objects.as_of(progress).filter(character=member, attribute=Attribute.STATUS)
        dead += status.order_by("-revealed_in").values_list("value", flat=True).first() == "deceased"
    plates = Portrait.objects.as_of(progress).filter(character__key="rouge_redstar")
    newest = plates.order_by("-revealed_in").values_list("alt_text", flat=True)[0]
    assert f"{['none', 'one', 'two', 'three', 'four', 'five'][dead]} are struck out" in newest
