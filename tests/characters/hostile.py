"""Pictures made to cost much: few bytes that many megabytes or seconds come of."""

import re
import struct
from io import BytesIO
from typing import Any
from zlib import crc32

from PIL import Image


def encoded(image: Image.Image, form: str, **options: Any) -> bytes:
    buffer = BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def flat_png(width: int, height: int, mode: str = "RGB") -> bytes:
    return encoded(Image.new(mode, (width, height)), "PNG")


def jpeg_of_many_scans(scans: int, *, size: tuple[int, int] = (1064, 23_000)) -> bytes:
    """Repeat the last scan of a small progressive JPEG, and say in its header that it is large."""
    small = encoded(Image.effect_noise((size[0], 16), 60).convert("RGB"), "JPEG", progressive=True)
    frame = small.index(b"\xff\xc2")
    large = small[: frame + 5] + struct.pack(">HH", size[1], size[0]) + small[frame + 9 :]
    last = [scan.start() for scan in re.finditer(b"\xff\xda", large)][-1]
    header = large[last : last + 2 + int.from_bytes(large[last + 2 : last + 4])]
    return large[:-2] + (header + bytes(50)) * scans + b"\xff\xd9"


def png_of_many_chunks(chunks: int) -> bytes:
    picture = flat_png(20, 10)
    return picture[:-12] + png_chunk(b"tEXt", b"a\0b") * chunks + picture[-12:]


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc32(kind + data))
