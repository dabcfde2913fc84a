"""Look at the bytes of a picture before anything decodes them: what it is, how large, and what decoding it would cost.

Only headers are read, with bounds on all that costs without being seen: pixels, the scans of a progressive JPEG, each
of which goes over all pixels again, and the parts that a file consists of. Knows nothing of Django or Pillow.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

MOST_BYTES = 10 * 1024 * 1024

MOST_MEGAPIXELS = {"JPEG": 25, "PNG": 25, "WEBP": 12}  # decoding WebP takes some 16 bytes for each pixel, PNG 8

MOST_ON_A_SIDE = 30_000  # pixels

MOST_SCANS = 64  # of a JPEG; cameras, editors and jpegtran write 10 to 14

MOST_PARTS = 5_000  # segments of a JPEG, chunks of a PNG or WebP

LEAST_COST = 4  # megapixels: encoding anew takes as long, however small a picture is

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"

# Without those that stand alone, of which there may be millions between pixels. One 0xFF is enough: with `+` a row of
# them would take quadratic time.
MARKER = re.compile(rb"\xff([^\x00\x01\xd0-\xd7\xff])")

SOF, SOS, EOI = {0xC0, 0xC1, 0xC2}, 0xDA, 0xD9  # the frames that browsers show: baseline, extended, progressive


class Refused(Exception):
    """A picture is not decoded. The message says why, to whoever sent it."""


class Unreadable(Refused):
    def __init__(self) -> None:
        super().__init__(f"This is not a readable {', '.join(MOST_MEGAPIXELS)} picture.")


@dataclass(frozen=True, slots=True)
class Look:
    """What the headers of a picture say."""

    form: str
    width: int  # pixels
    height: int
    parts: int
    scans: int = 1

    @property
    def cost(self) -> int:
        """What decoding and encoding it costs, in megapixels of an ordinary picture, rounded up."""
        passes = 1 + (self.scans - 1) // 16  # 16 scans of a progressive JPEG cost about as much as decoding it once
        return max(LEAST_COST, -(-self.width * self.height * passes // 10**6))


def look(content: bytes) -> Look:
    """Return what a picture is, by its headers; raise Refused if it is not to be decoded."""
    if len(content) > MOST_BYTES:
        raise Refused(f"The file is larger than {MOST_BYTES // 1024**2} MB.")
    seen = _reader_for(content)(content)
    if not (seen.width and seen.height):
        raise Unreadable
    if seen.width * seen.height > MOST_MEGAPIXELS[seen.form] * 10**6:
        raise Refused(f"The picture has more than {MOST_MEGAPIXELS[seen.form]} million pixels.")
    if max(seen.width, seen.height) > MOST_ON_A_SIDE:
        raise Refused(f"One side of the picture is longer than {MOST_ON_A_SIDE:,} pixels.")
    if seen.scans > MOST_SCANS:
        raise Refused(f"The picture is built up in more than {MOST_SCANS} scans. Save it as an ordinary JPEG.")
    if seen.parts > MOST_PARTS:
        raise Refused(f"The file consists of more than {MOST_PARTS:,} parts. Save it without metadata or animation.")
    return seen


def _reader_for(content: bytes) -> Callable[[bytes], Look]:
    if content.startswith(b"\xff\xd8\xff"):
        return _jpeg
    if content.startswith(PNG_SIGNATURE):
        return _png
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return _webp
    raise Unreadable


def _jpeg(content: bytes) -> Look:
    """Walk from marker to marker as libjpeg does: what stands between them is skipped, be it pixels or rubbish."""
    width = height = parts = scans = 0
    at = 2
    while found := MARKER.search(content, at):
        marker, at = found[1][0], found.end()
        parts += 1
        if marker == EOI or parts > MOST_PARTS or scans > MOST_SCANS:
            break
        if marker in SOF and not width:
            height, width = _number(content, at + 3, 2, "big"), _number(content, at + 5, 2, "big")
        elif marker == SOS:
            scans += 1
        at += max(2, _number(content, at, 2, "big"))
    return Look("JPEG", width, height, parts, scans)


def _png(content: bytes) -> Look:
    at, parts = len(PNG_SIGNATURE), 0
    while at < len(content) and parts <= MOST_PARTS:
        parts += 1
        at += 12 + _number(content, at, 4, "big")
    if content[12:16] != b"IHDR":
        raise Unreadable
    return Look("PNG", _number(content, 16, 4, "big"), _number(content, 20, 4, "big"), parts)


def _webp(content: bytes) -> Look:
    at, parts = 12, 0
    while at < len(content) and parts <= MOST_PARTS:
        parts += 1
        size = _number(content, at + 4, 4, "little")
        at += 8 + size + size % 2
    return Look("WEBP", *_size_of_webp(content[12:16], content[20:30]), parts)


def _size_of_webp(kind: bytes, first: bytes) -> tuple[int, int]:
    """Return the width and height that the first chunk of a WebP gives: the canvas, or the only frame."""
    if kind == b"VP8X":
        return 1 + _number(first, 4, 3, "little"), 1 + _number(first, 7, 3, "little")
    if kind == b"VP8 ":
        return _number(first, 6, 2, "little") & 0x3FFF, _number(first, 8, 2, "little") & 0x3FFF
    if kind == b"VP8L":
        bits = _number(first, 1, 4, "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    raise Unreadable


def _number(content: bytes, at: int, length: int, order: str) -> int:
    return int.from_bytes(content[at : at + length], order)  # type: ignore[arg-type]
