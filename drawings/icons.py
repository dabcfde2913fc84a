"""The site's own marks: a planet half in the light."""

from PIL import Image, ImageDraw

from .planet import engraved

NIGHT, EMBER, PAPER, DIM = "#170f11", "#e2492f", "#f4e8e0", "#3a2829"
FINER = 4  # drawn that many times as large, and then made smaller


def icon(size: int) -> Image.Image:
    big = size * FINER
    image = Image.new("RGB", (big, big), NIGHT)
    draw = ImageDraw.Draw(image)
    edge = big // 8
    box = (edge, edge, big - edge, big - edge)
    draw.ellipse(box, outline=EMBER, width=big // 18)
    draw.pieslice(box, -90, 90, fill=EMBER)
    return image.resize((size, size), Image.Resampling.LANCZOS)


def card() -> Image.Image:
    """What a shared link shows, whoever shares it and whatever it leads to: a planet and an empty gauge."""
    width, height = 1200 * 2, 630 * 2
    image = Image.new("RGB", (width, height), NIGHT)
    draw = ImageDraw.Draw(image)
    radius = 1010
    for line in engraved(radius, (1730, 760)):
        draw.polygon(line, fill=EMBER)
    top, left, right = 1060, 140, 2260
    draw.rectangle((0, top - 110, width, height), fill=NIGHT)
    draw.rectangle((left, top, right, top + 26), fill=DIM)
    step = (right - left) / 13
    draw.rectangle((left, top, left + step, top + 26), fill=EMBER)
    for number in range(14):
        at = left + step * number
        draw.rectangle((at - 3, top - 18, at + 3, top + 44), fill=PAPER if number <= 1 else "#6d5350")
    return image.resize((1200, 630), Image.Resampling.LANCZOS).quantize(48, dither=Image.Dither.NONE)
