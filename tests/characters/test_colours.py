"""A picture keeps its tones and colours: whatever its depth, its colours and its way up."""

import random
import struct
from io import BytesIO
from typing import Any
from zlib import compress

import pytest
from PIL import Image, ImageCms, ImageOps

from characters.pictures import encoding
from characters.pictures.looking import PNG_SIGNATURE, look
from tests.characters.hostile import encoded, png_chunk

SIZE = (16, 16)
GREY, COLOUR, PALETTE, GREY_AND_ALPHA, COLOUR_AND_ALPHA = 0, 2, 3, 4, 6


def png(depth: int, kind: int, rows: list[bytes], *, width: int, before: bytes = b"") -> bytes:
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, len(rows), depth, kind, 0, 0, 0))
    pixels = png_chunk(b"IDAT", compress(b"".join(b"\0" + row for row in rows)))
    return PNG_SIGNATURE + header + before + pixels + png_chunk(b"IEND", b"")


def kept(content: bytes) -> Image.Image:
    look(content)
    image = Image.open(BytesIO(encoding.normalised(content)))
    assert "icc_profile" not in image.info
    return image


def pixels(image: Image.Image) -> list[Any]:
    return list(image.get_flattened_data())


RAMP = [257 * step for step in range(256)]  # from black to white, in 16 bits


@pytest.mark.parametrize(("kind", "bands"), [(GREY, 1), (COLOUR, 3)])
def test_sixteen_bits_keep_all_steps_that_eight_have(kind: int, bands: int) -> None:
    row = b"".join(struct.pack(">H", value) * bands for value in RAMP)
    assert pixels(kept(png(16, kind, [row], width=256))) == [(step, step, step) for step in range(256)]


@pytest.mark.parametrize(("kind", "bands"), [(GREY_AND_ALPHA, 1), (COLOUR_AND_ALPHA, 3)])
def test_sixteen_bits_of_transparency_are_kept_as_eight(kind: int, bands: int) -> None:
    row = b"".join(struct.pack(">H", value) * bands + struct.pack(">H", 65535 - value) for value in RAMP)
    assert pixels(kept(png(16, kind, [row], width=256))) == [(step, step, step, 255 - step) for step in range(256)]


@pytest.mark.parametrize(("kind", "bands"), [(GREY, 1), (COLOUR, 3)])
def test_a_colour_of_sixteen_bits_can_be_the_transparent_one(kind: int, bands: int) -> None:
    row = b"".join(struct.pack(">H", value) * bands for value in (0, 0x8000, 0xFFFF))
    content = png(16, kind, [row], width=3, before=png_chunk(b"tRNS", struct.pack(">H", 0x8000) * bands))
    assert [pixel[3] for pixel in pixels(kept(content))] == [255, 0, 255]


@pytest.mark.parametrize("depth", [1, 2, 4])
def test_few_bits_are_spread_over_eight(depth: int) -> None:
    most = 2**depth - 1
    values = [0, most]
    row = bytes([sum(value << (8 - depth * (at + 1)) for at, value in enumerate(values))])
    assert pixels(kept(png(depth, GREY, [row], width=2))) == [(0, 0, 0), (255, 255, 255)]


def test_a_palette_keeps_its_transparency() -> None:
    palette = png_chunk(b"PLTE", bytes([255, 0, 0, 0, 255, 0, 0, 0, 255])) + png_chunk(b"tRNS", bytes([255, 128, 0]))
    content = png(8, PALETTE, [bytes([0, 1, 2])], width=3, before=palette)
    assert pixels(kept(content)) == [(255, 0, 0, 255), (0, 255, 0, 128), (0, 0, 255, 0)]


# Colours. The reference is what Little CMS makes of each pixel; a profile is made of primaries and a curve.

D50 = (0.9642, 1.0, 0.8249)
P3 = ((0.5151, 0.2412, -0.0011), (0.2920, 0.6922, 0.0419), (0.1571, 0.0666, 0.7841))  # adapted to D50
ADOBE = ((0.6097, 0.3111, 0.0195), (0.2053, 0.6257, 0.0609), (0.1492, 0.0632, 0.7446))


def fixed(*numbers: float) -> bytes:
    return b"".join(struct.pack(">i", round(number * 65536)) for number in numbers)


def profile(space: bytes, tags: dict[bytes, bytes]) -> bytes:
    """Return a profile for displays in version 2, of these tags."""
    table, body, at = b"", b"", 128 + 4 + 12 * len(tags)
    for name, data in tags.items():
        table += name + struct.pack(">II", at + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    length = at + len(body)
    header = struct.pack(">I4xI", length, 0x02100000) + b"mntr" + space + b"XYZ " + bytes(12) + b"acsp"
    header += bytes(28) + fixed(*D50)
    return header + bytes(128 - len(header)) + struct.pack(">I", len(tags)) + table + body


def of_primaries(primaries: tuple[tuple[float, ...], ...], gamma: float) -> bytes:
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256)) + bytes(2)
    tags = {b"wtpt": b"XYZ " + bytes(4) + fixed(*D50)}
    for letter, xyz in zip("rgb", primaries, strict=True):
        tags |= {f"{letter}XYZ".encode(): b"XYZ " + bytes(4) + fixed(*xyz), f"{letter}TRC".encode(): curve}
    return profile(b"RGB ", tags)


def of_grey(gamma: float) -> bytes:
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256)) + bytes(2)
    return profile(b"GRAY", {b"wtpt": b"XYZ " + bytes(4) + fixed(*D50), b"kTRC": curve})


def noise(mode: str) -> Image.Image:
    chance = random.Random(7)
    bands = [
        Image.frombytes("L", SIZE, chance.randbytes(SIZE[0] * SIZE[1])) for _ in Image.new(mode, (1, 1)).getbands()
    ]
    return Image.merge(mode, bands)


def reference(image: Image.Image, content: bytes) -> Image.Image:
    source, srgb = ImageCms.ImageCmsProfile(BytesIO(content)), ImageCms.createProfile("sRGB")
    blackpoint = ImageCms.Flags.BLACKPOINTCOMPENSATION
    intent = ImageCms.Intent.RELATIVE_COLORIMETRIC
    converted = ImageCms.profileToProfile(image, source, srgb, intent, "RGB", flags=blackpoint)
    assert converted is not None
    return converted


@pytest.mark.parametrize("primaries", [P3, ADOBE], ids=["P3", "Adobe"])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
@pytest.mark.parametrize("form", ["PNG", "WEBP"])
def test_colours_of_another_profile_are_converted(
    form: str, mode: str, primaries: tuple[tuple[float, ...], ...]
) -> None:
    image, content = noise(mode), of_primaries(primaries, 2.2)
    options = {"lossless": True, "exact": True} if form == "WEBP" else {}
    shown = kept(encoded(image, form, icc_profile=content, **options))
    wanted = reference(image.convert("RGB"), content)
    assert pixels(shown.convert("RGB")) == pixels(wanted) != pixels(image.convert("RGB"))
    assert mode == "RGB" or pixels(shown.getchannel("A")) == pixels(image.getchannel("A"))


def test_the_red_of_a_phone_is_the_red_of_the_page() -> None:
    content = encoded(Image.new("RGB", SIZE, (234, 51, 35)), "PNG", icc_profile=of_primaries(P3, 2.2))
    red, green, blue = kept(content).getpixel((0, 0))  # type: ignore[misc]
    assert (red, green < 12, blue < 12) == (255, True, True)


def test_a_palette_and_greys_have_profiles_as_well() -> None:
    content = of_primaries(ADOBE, 2.2)
    palette = noise("RGB").quantize(64)
    assert pixels(kept(encoded(palette, "PNG", icc_profile=content))) == pixels(
        reference(palette.convert("RGB"), content)
    )
    for mode in ("L", "LA"):
        grey, content = noise(mode), of_grey(1.0)
        shown = kept(encoded(grey, "PNG", icc_profile=content))
        assert pixels(shown.convert("RGB")) == pixels(reference(grey.convert("L"), content))
        assert pixels(shown.convert("L")) != pixels(grey.convert("L"))


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
@pytest.mark.parametrize("content", [b"", b"rubbish", of_grey(1.0)[:150], of_primaries(P3, 2.2)[:200], bytes(5000)])
def test_a_profile_that_means_nothing_changes_nothing(mode: str, content: bytes) -> None:
    image = noise(mode)
    sent = encoded(image, "JPEG", icc_profile=content, quality=95)
    with Image.open(BytesIO(sent)) as opened:
        assert pixels(kept(sent)) == pixels(opened.convert("RGB"))


def test_a_profile_for_other_colours_changes_nothing() -> None:
    sent = encoded(noise("CMYK"), "JPEG", icc_profile=of_primaries(P3, 2.2))
    with Image.open(BytesIO(sent)) as opened:
        assert pixels(kept(sent)) == pixels(opened.convert("RGB"))


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_a_profile_of_greys_leaves_colours_alone(form: str) -> None:
    for image in (noise("RGB"), noise("RGB").quantize(64)) if form == "PNG" else (noise("RGB"),):
        sent = encoded(image, form, icc_profile=of_grey(1.0))
        with Image.open(BytesIO(sent)) as opened:
            assert pixels(kept(sent)) == pixels(opened.convert("RGB"))


@pytest.mark.parametrize("depth", [1, 8, 16])
def test_a_profile_of_greys_is_heeded_beside_a_transparent_grey(depth: int) -> None:
    chunks = png_chunk(b"iCCP", b"grey\0\0" + compress(of_grey(1.0))) + png_chunk(b"tRNS", bytes(2))
    row = {1: b"\x40", 8: bytes([0, 78]), 16: bytes([0, 0, 78, 78])}[depth]
    clear, grey = pixels(kept(png(depth, GREY, [row], width=2, before=chunks)))
    assert (clear[3], grey) == (0, (255, 255, 255, 255) if depth == 1 else (150, 150, 150, 255))


def test_srgb_stays_as_it_is() -> None:
    image = noise("RGB")
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    shown = pixels(kept(encoded(image, "PNG", icc_profile=srgb)))
    assert max(abs(a - b) for one, other in zip(shown, pixels(image), strict=True) for a, b in zip(one, other, strict=True)) <= 1  # fmt: skip  # noqa: E501


# The way up, notes, and frames


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("way", range(1, 9))
def test_every_way_up_is_turned_upright(form: str, way: int) -> None:
    image = Image.new("RGB", (32, 16), "white")
    image.paste((255, 0, 0), (0, 0, 16, 8))
    image.paste((0, 0, 255), (16, 8, 32, 16))
    exif = Image.Exif()
    exif[0x0112] = way
    options: dict[str, Any] = {"lossless": True} if form == "WEBP" else {}
    content = encoded(image, form, exif=exif, icc_profile=of_primaries(P3, 2.2), **options)
    shown = kept(content)
    with Image.open(BytesIO(content)) as opened:
        upright = ImageOps.exif_transpose(opened)
        assert shown.size == ((16, 32) if way > 4 else (32, 16)) == upright.size
        corners = [(2, 2), (shown.width - 3, 2), (2, shown.height - 3), (shown.width - 3, shown.height - 3)]
        for corner in corners:
            was: Any = upright.convert("RGB").getpixel(corner)
            now: Any = shown.convert("RGB").getpixel(corner)
            assert [value > 128 for value in now] == [value > 128 for value in was], corner


@pytest.mark.parametrize("kind", [b"tEXt", b"zTXt", b"iTXt"])
def test_a_long_note_does_not_keep_a_picture_away(kind: bytes) -> None:
    text = b"x" * 3_000_000
    data = {
        b"tEXt": b"Comment\0" + text,
        b"zTXt": b"Comment\0\0" + compress(text),
        b"iTXt": b"Comment\0\1\0\0\0" + compress(text),
    }[kind]
    image = noise("RGB")
    content = encoded(image, "PNG")
    for at in (33, len(content) - 12):  # before the pixels, and after them
        assert pixels(kept(content[:at] + png_chunk(kind, data) + content[at:])) == pixels(image)


def test_of_an_animation_the_first_frame_is_kept() -> None:
    first, second = Image.new("RGB", SIZE, "#ff0000"), Image.new("RGB", SIZE, "#0000ff")
    for form, options in (("PNG", {}), ("WEBP", {"lossless": True})):
        content = encoded(first, form, save_all=True, append_images=[second], duration=100, **options)
        assert set(pixels(kept(content).convert("RGB"))) == {(255, 0, 0)}
