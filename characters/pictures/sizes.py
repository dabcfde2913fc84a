"""The sizes and formats of pictures, for those who show them and do not need Pillow."""

from typing import Any

LONGEST_SIDE = 1200  # pixels

WIDTHS = (160, 480, 960)  # pixels, of the copies

COPIES: dict[str, dict[str, Any]] = {  # the best format first, as a browser takes the first that it supports
    "avif": {"quality": 60, "speed": 9},
    "webp": {"quality": 82, "method": 4},
    "jpg": {"quality": 82, "optimize": True, "progressive": True},
}
