"""The plates of the data set: abstract figures, each of what is known of somebody in the episode it belongs to.

`python -m drawings` writes them beside the data set, whose characters.yaml says whose each is and from when on.
"""

from collections.abc import Callable, Iterator, Sequence
from math import cos, pi, sin

from PIL import Image, ImageDraw

from characters.pictures.emblems import ACCENTS

WIDTH, HEIGHT = 720, 960
FINER = 2  # drawn twice as large, and then made smaller
PAPER = "#fdf3ec"
NIGHT = "#1d1517"

type Point = tuple[float, float]
type Figure = Callable[["Plate"], None]


def mixed(colour: str, other: str, share: float) -> str:
    pairs = zip(bytes.fromhex(colour[1:]), bytes.fromhex(other[1:]), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


class Plate:
    """A ground with an engraver's ruling, to draw on in units of the finished picture."""

    def __init__(self, ground: str) -> None:
        self.ground, self.deep, self.pale = ground, mixed(ground, "#000000", 0.34), mixed(ground, PAPER, 0.34)
        self.image = Image.new("RGB", (WIDTH * FINER, HEIGHT * FINER), ground)
        self.draw = ImageDraw.Draw(self.image)
        self.ruling(mixed(ground, PAPER, 0.1), 10, 1)

    def ruling(self, colour: str, step: float, weight: float, top: float = 0, bottom: float = HEIGHT) -> None:
        y = top
        while y < bottom:
            self.box(0, y, WIDTH, y + weight, colour)
            y += step

    def box(self, left: float, top: float, right: float, bottom: float, colour: str) -> None:
        self.shape([(left, top), (right, top), (right, bottom), (left, bottom)], colour)

    def shape(self, points: Sequence[Point], colour: str) -> None:
        self.draw.polygon([(x * FINER, y * FINER) for x, y in points], fill=colour)

    def disc(self, x: float, y: float, radius: float, colour: str) -> None:
        self.draw.ellipse([(value * FINER) for value in (x - radius, y - radius, x + radius, y + radius)], fill=colour)

    def ring(self, x: float, y: float, radius: float, weight: float, colour: str) -> None:
        box = [(value * FINER) for value in (x - radius, y - radius, x + radius, y + radius)]
        self.draw.ellipse(box, outline=colour, width=round(weight * FINER))

    def half(self, x: float, y: float, radius: float, start: float, colour: str) -> None:
        box = [(value * FINER) for value in (x - radius, y - radius, x + radius, y + radius)]
        self.draw.pieslice(box, start, start + 180, fill=colour)

    def arc(self, x: float, y: float, radius: float, weight: float, start: float, end: float, colour: str) -> None:
        box = [(value * FINER) for value in (x - radius, y - radius, x + radius, y + radius)]
        self.draw.arc(box, start, end, fill=colour, width=round(weight * FINER))

    def rounded(self, left: float, top: float, right: float, bottom: float, radius: float, colour: str) -> None:
        box = [(value * FINER) for value in (left, top, right, bottom)]
        self.draw.rounded_rectangle(box, radius * FINER, fill=colour)

    def line(self, start: Point, end: Point, weight: float, colour: str) -> None:
        self.draw.line(
            [(start[0] * FINER, start[1] * FINER), (end[0] * FINER, end[1] * FINER)], colour, round(weight * FINER)
        )

    def lozenge(self, x: float, y: float, wide: float, high: float, colour: str) -> None:
        self.shape([(x, y - high), (x + wide, y), (x, y + high), (x - wide, y)], colour)

    def finished(self, colours: int) -> Image.Image:
        small = self.image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
        return small.quantize(colours, dither=Image.Dither.NONE)


def nine(plate: Plate, fallen: int) -> None:
    """Nine discs along the foot, the fallen ones struck out."""
    for number in range(9):
        x = 104 + number * 64
        if number < fallen:
            plate.ring(x, 838, 17, 3, plate.pale)
            plate.line((x - 24, 862), (x + 24, 814), 3, plate.pale)
        else:
            plate.disc(x, 838, 17, PAPER)


def an_order(plate: Plate) -> None:
    plate.half(360, 380, 230, 180, plate.pale)
    plate.lozenge(360, 380, 60, 300, PAPER)
    nine(plate, 0)


def the_red_form(plate: Plate, fallen: int = 3) -> None:
    plate.disc(360, 390, 250, plate.deep)
    for side in (-1, 1):
        plate.shape([(360, 110), (360 + side * 210, 300), (360 + side * 120, 620), (360, 690)], PAPER)
        plate.shape([(360, 330), (360 + side * 150, 300), (360 + side * 110, 372), (360, 420)], plate.ground)
    plate.lozenge(360, 205, 30, 60, plate.ground)
    nine(plate, fallen)


def the_red_form_at_four(plate: Plate) -> None:
    the_red_form(plate, 4)


def the_red_form_at_five(plate: Plate) -> None:
    the_red_form(plate, 5)


def two_minds(plate: Plate) -> None:
    plate.disc(360, 420, 280, plate.deep)
    plate.lozenge(300, 420, 150, 330, PAPER)
    plate.lozenge(420, 420, 150, 330, plate.pale)
    plate.lozenge(360, 420, 90, 198, plate.ground)
    plate.disc(360, 420, 26, PAPER)
    plate.line((80, 830), (640, 830), 3, PAPER)


def a_partner(plate: Plate) -> None:
    for x, colour in ((270, plate.pale), (450, PAPER)):
        plate.lozenge(x, 430, 56, 320, colour)
    plate.line((80, 830), (640, 830), 3, PAPER)


def the_bird(plate: Plate) -> None:
    plate.disc(360, 400, 250, plate.deep)
    for side, colour in ((-1, PAPER), (1, plate.pale)):
        for feather in range(4):
            tip, root = 360 + side * (270 - feather * 46), 300 + feather * 62
            plate.shape([(360, root), (tip, 210 + feather * 96), (360 + side * 30, root + 84)], colour)
    plate.lozenge(360, 470, 34, 250, PAPER)
    plate.shape([(340, 250), (380, 250), (360, 170)], PAPER)
    plate.line((80, 830), (640, 830), 3, PAPER)


def under_the_skin(plate: Plate) -> None:
    plate.half(360, 420, 260, 90, PAPER)
    plate.half(360, 420, 260, 270, plate.deep)
    for step in range(11):
        y = 190 + step * 46
        plate.line((360, y), (360 + 40 + (step % 3) * 62, y), 4, PAPER)
        plate.disc(360 + 40 + (step % 3) * 62, y, 9, PAPER)
    plate.lozenge(268, 380, 46, 16, plate.ground)


def a_voice(plate: Plate) -> None:
    for step in range(9):
        plate.ring(360, 690, 90 + step * 66, 16 - step, PAPER if step % 2 == 0 else plate.pale)
    plate.box(0, 700, WIDTH, HEIGHT, plate.deep)
    plate.lozenge(360, 690, 36, 180, PAPER)


def the_cards(plate: Plate) -> None:
    for step, (lean, colour) in enumerate(((-0.42, plate.deep), (0.42, plate.pale), (0.0, PAPER))):
        across, up = (cos(lean), sin(lean)), (-sin(lean), cos(lean))

        def at(x: float, y: float, across: Point = across, up: Point = up) -> Point:
            return 360 + x * across[0] + (y - 560) * up[0], 880 + x * across[1] + (y - 560) * up[1]

        plate.shape([at(-135, -60), at(135, -60), at(135, 340), at(-135, 340)], colour)
        pip = plate.ground if step == 2 else PAPER
        plate.shape([at(0, 20), at(56, 140), at(0, 260), at(-56, 140)], pip)


def a_lens(plate: Plate) -> None:
    plate.box(110, 250, 610, 700, plate.deep)
    plate.box(110, 200, 300, 250, plate.deep)
    plate.disc(360, 475, 190, PAPER)
    plate.disc(360, 475, 140, plate.ground)
    plate.ring(360, 475, 96, 8, PAPER)
    plate.disc(410, 425, 30, PAPER)


def speed(plate: Plate) -> None:
    for step in range(23):
        y, reach = 120 + step * 32, 300 + 280 * abs(sin(step * 1.7))
        plate.box(0, y, reach, y + 5 + (step % 3) * 4, plate.pale if step % 2 else PAPER)
    plate.shape([(430, 480), (690, 180), (560, 470), (690, 780)], PAPER)


def ruins(plate: Plate) -> None:
    plate.disc(500, 270, 110, PAPER)
    for left, top, wide in ((70, 420, 130), (250, 340, 130), (430, 500, 220)):
        plate.box(left, top, left + wide, 840, plate.deep)
        plate.disc(left + wide / 2, top + 150, wide * 0.3, plate.pale)
        plate.box(left + wide * 0.2, top + 150, left + wide * 0.8, 840, plate.pale)
    plate.box(0, 840, WIDTH, HEIGHT, plate.deep)
    plate.lozenge(315, 760, 15, 80, PAPER)


def the_black_form(plate: Plate) -> None:
    plate.disc(360, 330, 215, PAPER)
    plate.disc(360, 330, 200, plate.ground)
    for side in (-1, 1):
        plate.shape([(360, 250), (360 + side * 130, 330), (360 + side * 260, 860), (360, 860)], plate.pale)
        plate.shape([(360, 330), (360 + side * 60, 360), (360 + side * 30, 400), (360, 390)], PAPER)
    plate.lozenge(360, 620, 26, 190, PAPER)


def a_bus_at_night(plate: Plate) -> None:
    plate.box(80, 330, 640, 640, plate.deep)
    for window in range(4):
        plate.box(112 + window * 132, 380, 212 + window * 132, 490, PAPER if window == 2 else plate.pale)
    for wheel in (200, 520):
        plate.disc(wheel, 650, 58, NIGHT)
        plate.disc(wheel, 650, 22, PAPER)
    plate.box(0, 705, WIDTH, 711, PAPER)


def the_phantom(plate: Plate) -> None:
    for row in range(15):
        for column in range(11):
            x, y = 60 + column * 60, 80 + row * 58
            near = max(0.0, 1 - ((x - 360) ** 2 / 300**2 + (y - 430) ** 2 / 400**2))
            plate.disc(x, y, 4 + 25 * near, PAPER if (row + column) % 2 else plate.pale)
    for side in (-1, 1):
        plate.shape([(360 + side * 40, 430), (360 + side * 170, 380), (360 + side * 130, 470)], plate.deep)


def the_head_of_the_house(plate: Plate) -> None:
    plate.ring(360, 430, 270, 5, PAPER)
    plate.ring(360, 430, 190, 3, plate.pale)
    for turn in range(24):
        angle, inner = turn * pi / 12, 270 if turn % 6 else 190
        plate.line((360 + inner * cos(angle), 430 + inner * sin(angle)), (360 + 300 * cos(angle), 430 + 300 * sin(angle)), 5, PAPER)  # noqa: E501  # fmt: skip
    plate.shape([(360, 170), (400, 430), (360, 690), (320, 430)], PAPER)
    plate.shape([(360, 430), (400, 430), (360, 690), (320, 430)], plate.deep)
    plate.line((80, 830), (640, 830), 3, PAPER)


def an_absence(plate: Plate) -> None:
    plate.box(130, 130, 590, 760, plate.deep)
    plate.ring(360, 350, 120, 5, PAPER)
    for step in range(9):
        plate.line((200 + step * 40, 560), (180 + step * 45, 740), 4, plate.pale)
    plate.line((130, 130), (590, 760), 4, PAPER)


def the_mask_lifted(plate: Plate) -> None:
    mask(plate, 300, 380, PAPER, plate.ground)
    plate.half(470, 470, 210, 270, plate.deep)
    plate.disc(520, 430, 20, PAPER)
    strings(plate, 250)


def a_house_in_red(plate: Plate) -> None:
    plate.half(360, 640, 300, 180, PAPER)
    plate.shape([(360, 190), (560, 400), (560, 640), (160, 640), (160, 400)], plate.deep)
    plate.box(325, 470, 395, 640, PAPER)
    plate.disc(360, 370, 34, PAPER)
    plate.line((80, 830), (640, 830), 3, PAPER)


def mask(plate: Plate, x: float, y: float, colour: str, holes: str) -> None:
    plate.shape([(x - 130, y - 190), (x + 130, y - 190), (x + 150, y - 20), (x, y + 240), (x - 150, y - 20)], colour)
    for side in (-1, 1):
        plate.shape([(x + side * 30, y - 40), (x + side * 108, y - 80), (x + side * 96, y - 20)], holes)
    plate.lozenge(x, y + 130, 34, 10, holes)


def strings(plate: Plate, until: float) -> None:
    for x in (180, 270, 360, 450, 540):
        plate.line((x, 0), (360 + (x - 360) * 0.7, until), 3, PAPER)


def on_strings(plate: Plate) -> None:
    plate.disc(360, 450, 270, plate.deep)
    strings(plate, 290)
    mask(plate, 360, 460, PAPER, plate.deep)


def the_keys(plate: Plate) -> None:
    for key in range(8):
        plate.box(60 + key * 76, 380, 130 + key * 76, 850, PAPER)
    for key in (0, 1, 3, 4, 5):
        plate.box(112 + key * 76, 380, 156 + key * 76, 660, NIGHT)
    for step in range(6):
        plate.ring(360, 380, 60 + step * 52, 3, plate.pale)
    plate.box(0, 386, 58, 860, plate.ground)


def the_maker(plate: Plate) -> None:
    the_keys(plate)
    plate.disc(360, 230, 110, ACCENTS["red"])
    plate.lozenge(360, 230, 22, 110, PAPER)


def under_the_tent(plate: Plate) -> None:
    for stripe in range(-4, 5):
        colour = PAPER if stripe % 2 else plate.deep
        plate.shape([(360, 130), (360 + stripe * 66 - 33, 640), (360 + stripe * 66 + 33, 640)], colour)
    for scallop in range(9):
        plate.half(96 + scallop * 66, 640, 33, 0, PAPER if scallop % 2 else plate.deep)
    plate.line((360, 60), (360, 140), 5, PAPER)
    plate.shape([(360, 60), (440, 85), (360, 110)], PAPER)
    plate.lozenge(360, 800, 24, 70, PAPER)


def a_stranger_in_blue(plate: Plate) -> None:
    plate.disc(360, 400, 250, plate.deep)
    plate.shape([(360, 110), (150, 300), (240, 620), (360, 690)], plate.pale)
    plate.shape([(360, 330), (210, 300), (250, 372), (360, 420)], plate.deep)
    for strand in range(6):
        x = 372 + strand * 36
        plate.line((x, 124 + strand * 34), (x, 690 - strand * 30), 16, mixed(ACCENTS["blue"], PAPER, 0.3))


def the_blue_star(plate: Plate) -> None:
    plate.disc(360, 400, 250, plate.deep)
    for turn in range(8):
        angle, reach = turn * pi / 4, 330 if turn % 2 == 0 else 200
        tip = 360 + reach * sin(angle), 400 - reach * cos(angle)
        for side, colour in ((-1, PAPER), (1, plate.pale)):
            edge = angle + side * pi / 8
            plate.shape([(360, 400), tip, (360 + 96 * sin(edge), 400 - 96 * cos(edge))], colour)
    plate.line((80, 830), (640, 830), 3, PAPER)


def twins(plate: Plate, side: int) -> None:
    plate.disc(360 - side * 150, 420, 190, plate.deep)
    plate.disc(360 + side * 60, 420, 190, PAPER)
    plate.disc(360 + side * 60, 420, 150, plate.ground)
    plate.lozenge(360 + side * 60, 420, 26, 110, PAPER)


def two_heads(plate: Plate) -> None:
    for side, colour in ((-1, PAPER), (1, plate.pale)):
        plate.disc(360 + side * 120, 270, 130, colour)
        plate.lozenge(360 + side * 120, 270, 20, 80, plate.deep)
        plate.shape([(360, 400), (360 + side * 230, 400), (360 + side * 120, 850), (360, 850)], colour)


def four_arms(plate: Plate) -> None:
    for across in (-1, 1):
        for down, colour in ((-1, PAPER), (1, plate.pale)):
            x, y = 360 + across * 290, 430 + down * 310
            plate.line((x, y), (360 + across * 240, 430 + down * 100), 62, colour)
            plate.line((360 + across * 240, 430 + down * 100), (360 + across * 130, 430 + down * 40), 62, colour)
            plate.disc(360 + across * 240, 430 + down * 100, 31, colour)
    plate.disc(360, 430, 150, plate.deep)
    for step in range(4):
        plate.ring(360, 430, 150 - step * 34, 4, PAPER)


NEUTRAL = "#3a2f33"
PLATES: dict[str, tuple[str, Figure]] = {
    "01-an-order": (NEUTRAL, an_order),
    "02-red-form": (ACCENTS["red"], the_red_form),
    "03-two-minds": (ACCENTS["red"], two_minds),
    "04-partner": (ACCENTS["none-4"], a_partner),
    "05-bird": (ACCENTS["none-4"], the_bird),
    "06-under-the-skin": (ACCENTS["none-4"], under_the_skin),
    "07-voice": (ACCENTS["none-5"], a_voice),
    "08-cards": (ACCENTS["none-3"], the_cards),
    "09-lens": (ACCENTS["none-6"], a_lens),
    "10-speed": (ACCENTS["silver"], speed),
    "11-ruins": (ACCENTS["none-1"], ruins),
    "12-black-form": (ACCENTS["black"], the_black_form),
    "13-bus": (ACCENTS["none-2"], a_bus_at_night),
    "14-phantom": (ACCENTS["green"], the_phantom),
    "15-head-of-the-house": (ACCENTS["none-2"], the_head_of_the_house),
    "16-absence": (ACCENTS["none-5"], an_absence),
    "17-mask-lifted": (ACCENTS["none-5"], the_mask_lifted),
    "18-house-in-red": (ACCENTS["red"], a_house_in_red),
    "19-strings": (NEUTRAL, on_strings),
    "20-keys": (ACCENTS["none-1"], the_keys),
    "21-maker": (ACCENTS["none-1"], the_maker),
    "22-tent": (ACCENTS["none-6"], under_the_tent),
    "23-stranger-in-blue": (ACCENTS["none-2"], a_stranger_in_blue),
    "24-blue-star": (ACCENTS["blue"], the_blue_star),
    "25-one-twin": (ACCENTS["none-3"], lambda plate: twins(plate, -1)),
    "26-other-twin": (ACCENTS["none-3"], lambda plate: twins(plate, 1)),
    "27-two-heads": (ACCENTS["orange"], two_heads),
    "28-four-arms": (ACCENTS["grey"], four_arms),
    "29-red-form-at-four": (ACCENTS["red"], the_red_form_at_four),
    "30-red-form-at-five": (ACCENTS["red"], the_red_form_at_five),
}


def drawn(plates: dict[str, tuple[str, Figure]], *, colours: int = 20) -> Iterator[tuple[str, Image.Image]]:
    for name, (ground, figure) in plates.items():
        plate = Plate(ground)
        figure(plate)
        yield f"{name}.png", plate.finished(colours)
