"""The plates of humans and of people of whom nobody knows what they are: objects that the audience knows of them.

Neans have masks instead. An object is one that the texts of the same episode name, and it has no more to say than they.
"""

from math import cos, pi, sin

from characters.pictures.emblems import ACCENTS

from .plates import HEIGHT, NEUTRAL, NIGHT, PAPER, WIDTH, Figure, Plate, Point, mixed

RED = ACCENTS["red"]
AMBER = "#c98a3c"
NECTAR = "#d9b25f"


def turned(points: list[Point], x: float, y: float, turn: float) -> list[Point]:
    """Return the points, which are around nothing, turned and moved to a place."""
    return [(x + a * cos(turn) - b * sin(turn), y + a * sin(turn) + b * cos(turn)) for a, b in points]


def oblong(wide: float, high: float) -> list[Point]:
    """Return the corners of a rectangle around nothing."""
    return [(-wide / 2, -high / 2), (wide / 2, -high / 2), (wide / 2, high / 2), (-wide / 2, high / 2)]


def table(plate: Plate, y: float = 740) -> None:
    plate.box(0, y, WIDTH, HEIGHT, plate.deep)
    plate.line((0, y), (WIDTH, y), 3, PAPER)


def a_glass(plate: Plate) -> None:
    plate.disc(360, 430, 290, plate.deep)
    table(plate)
    plate.shape([(190, 250), (530, 250), (490, 740), (230, 740)], plate.pale)
    plate.shape([(211, 470), (509, 470), (490, 700), (230, 700)], AMBER)
    plate.shape([(211, 470), (509, 470), (505, 516), (215, 516)], mixed(AMBER, PAPER, 0.45))
    plate.shape(turned(oblong(120, 120), 310, 470, 0.35), PAPER)
    plate.shape(turned(oblong(104, 104), 424, 500, -0.24), mixed(AMBER, PAPER, 0.75))
    plate.box(190, 250, 530, 258, PAPER)


def a_badge(plate: Plate) -> None:
    plate.disc(360, 400, 290, plate.deep)
    outer = [(360, 110), (580, 190), (560, 480), (360, 710), (160, 480), (140, 190)]
    plate.shape(outer, PAPER)
    plate.shape([(360 + (x - 360) * 0.9, 400 + (y - 400) * 0.9) for x, y in outer], plate.ground)
    plate.disc(360, 375, 130, PAPER)
    plate.half(360, 375, 104, 120, plate.deep)
    plate.half(360, 375, 104, 300, plate.pale)
    plate.arc(360, 375, 178, 8, 200, 340, PAPER)
    plate.arc(360, 375, 178, 8, 20, 160, PAPER)
    for x in (296, 360, 424):
        plate.lozenge(x, 606 - abs(x - 360) * 0.5, 11, 28, PAPER)
    plate.line((80, 830), (640, 830), 3, PAPER)


def ampoule(plate: Plate, x: float, y: float, glass: str, full: str) -> None:
    """Draw a sealed phial with a thin neck, which stands on `y`."""
    plate.disc(x, y - 424, 26, glass)
    plate.box(x - 13, y - 420, x + 13, y - 320, glass)
    plate.shape([(x - 13, y - 340), (x + 13, y - 340), (x + 54, y - 270), (x - 54, y - 270)], glass)
    plate.rounded(x - 54, y - 290, x + 54, y, 20, glass)
    plate.rounded(x - 40, y - 210, x + 40, y - 14, 12, full)


def ampoules(plate: Plate) -> None:
    plate.disc(360, 420, 290, plate.deep)
    table(plate, 700)
    for x in (128, 282, 592):
        ampoule(plate, x, 700, PAPER, NECTAR)
        plate.box(x - 22, 530, x - 12, 660, mixed(NECTAR, PAPER, 0.6))
    ampoule(plate, 437, 700, mixed(plate.ground, PAPER, 0.16), mixed(plate.ground, PAPER, 0.08))


def a_full_pocket(plate: Plate) -> None:
    plate.disc(360, 400, 290, plate.deep)
    for x, y, turn in ((250, 400, -0.24), (368, 360, 0.05), (480, 410, 0.3)):
        plate.shape(turned([(-13, -190), (13, -190), (13, -110), (54, -40), (54, 300), (-54, 300), (-54, -40), (-13, -110)], x, y, turn), PAPER)  # noqa: E501  # fmt: skip
        plate.disc(x + 196 * sin(turn), y - 196 * cos(turn), 26, PAPER)
        plate.shape(turned([(-38, 40), (38, 40), (38, 290), (-38, 290)], x, y, turn), NECTAR)
    pocket = mixed(plate.ground, PAPER, 0.22)
    plate.shape([(130, 500), (590, 500), (590, 730), (470, 800), (250, 800), (130, 730)], pocket)
    plate.box(110, 480, 610, 552, mixed(plate.ground, PAPER, 0.34))
    for step in range(15):
        plate.box(134 + step * 31, 532, 152 + step * 31, 538, plate.deep)
    for step in range(7):
        for x in (150, 564):
            plate.box(x, 568 + step * 24, x + 6, 582 + step * 24, plate.deep)
    plate.lozenge(360, 660, 40, 64, plate.deep)
    plate.lozenge(360, 660, 20, 32, pocket)


def a_window_on_the_war(plate: Plate) -> None:
    plate.rounded(90, 130, 630, 740, 90, PAPER)
    plate.rounded(116, 156, 604, 714, 70, plate.deep)
    plate.disc(480, 290, 62, plate.pale)
    plate.shape([(116, 560), (280, 500), (430, 560), (604, 520), (604, 650), (116, 650)], plate.pale)
    plate.rounded(116, 600, 604, 714, 70, plate.pale)
    for side in (-1, 1):
        plate.line((300, 470), (300 + side * 96, 620), 20, NIGHT)
    plate.rounded(222, 300, 378, 520, 40, NIGHT)
    plate.box(240, 376, 360, 394, plate.pale)
    plate.box(222, 420, 378, 426, plate.deep)
    plate.box(0, 790, WIDTH, HEIGHT, plate.deep)


def a_photograph(plate: Plate) -> None:
    for x, y, turn, colour in ((290, 400, -0.22, plate.deep), (430, 410, 0.2, plate.pale), (360, 430, -0.05, PAPER)):
        plate.shape(turned(oblong(360, 440), x, y, turn), colour)
    plate.shape(turned(oblong(308, 320), 357, 392, -0.05), plate.deep)
    plate.shape(
        turned([(-154, 160), (154, 160), (154, 70), (40, 20), (-60, 90), (-154, 50)], 357, 392, -0.05), plate.ground
    )
    plate.rounded(280, 320, 424, 480, 46, NIGHT)
    plate.box(300, 394, 404, 412, plate.deep)
    plate.disc(352, 403, 22, PAPER)
    plate.disc(352, 403, 10, RED)
    plate.line((80, 830), (640, 830), 3, PAPER)


def a_wheel(plate: Plate) -> None:
    plate.shape([(300, 300), (420, 300), (700, HEIGHT), (20, HEIGHT)], plate.deep)
    for step, high in ((330, 30), (400, 56), (520, 90), (700, 150)):
        plate.shape([(360 - high * 0.13, step), (360 + high * 0.13, step), (360 + high * 0.2, step + high), (360 - high * 0.2, step + high)], plate.pale)  # noqa: E501  # fmt: skip
    plate.ring(360, 470, 280, 46, PAPER)
    plate.disc(360, 470, 84, PAPER)
    for angle in (pi / 2, pi * 1.06, -pi * 0.06):
        plate.line((360, 470), (360 + 250 * cos(angle), 470 + 250 * sin(angle)), 52, PAPER)
    plate.disc(360, 470, 46, plate.ground)
    plate.lozenge(360, 470, 14, 34, PAPER)


def two_trunks(plate: Plate) -> None:
    plate.disc(360, 420, 290, plate.deep)
    table(plate)
    for left, top, right, bottom, colour in ((110, 500, 610, 740, PAPER), (170, 300, 500, 500, plate.pale)):
        middle = (left + right) / 2
        plate.rounded(middle - 62, top - 46, middle + 62, top + 40, 26, colour)
        plate.rounded(middle - 42, top - 26, middle + 42, top + 40, 14, plate.deep)
        plate.rounded(left, top, right, bottom, 26, colour)
        for strap in (left + 70, right - 70):
            plate.box(strap - 15, top, strap + 15, bottom, plate.ground)
            plate.box(strap - 22, top + 60, strap + 22, top + 92, AMBER)
    plate.line((500, 330), (560, 400), 4, PAPER)
    plate.shape(turned([(-34, -50), (0, -76), (34, -50), (34, 56), (-34, 56)], 576, 438, -0.3), PAPER)
    plate.disc(563, 392, 8, plate.deep)


def a_keyhole(plate: Plate) -> None:
    plate.rounded(190, 110, 530, 750, 60, plate.deep)
    plate.rounded(214, 134, 506, 726, 42, plate.pale)
    plate.rounded(224, 144, 496, 716, 36, plate.deep)
    plate.shape([(326, 420), (394, 420), (560, HEIGHT), (160, HEIGHT)], plate.pale)
    plate.disc(360, 360, 88, PAPER)
    plate.shape([(328, 400), (392, 400), (430, 620), (290, 620)], PAPER)
    plate.disc(360, 362, 32, plate.deep)
    plate.disc(372, 350, 9, PAPER)
    for y in (186, 674):
        plate.disc(360, y, 12, PAPER)


def a_chair_outside(plate: Plate) -> None:
    plate.disc(360, 360, 136, plate.pale)
    plate.ring(360, 360, 136, 5, PAPER)
    for seat in range(8):
        angle = seat * pi / 4 + pi / 8
        for out, wide, high in ((206, 74, 74), (252, 16, 86)):
            at = 360 + out * cos(angle), 360 + out * sin(angle)
            plate.shape(turned(oblong(wide, high), *at, angle), plate.deep)
    plate.shape(turned(oblong(92, 92), 360, 744, pi / 2), PAPER)
    plate.shape(turned(oblong(20, 106), 360, 802, pi / 2), PAPER)
    plate.lozenge(360, 360, 20, 78, PAPER)


def a_parcel(plate: Plate) -> None:
    plate.disc(360, 400, 290, plate.deep)
    table(plate)
    plate.shape([(360, 470), (300, 330), (250, 380), (320, 520)], plate.pale)
    plate.shape([(360, 470), (420, 330), (470, 380), (400, 520)], plate.pale)
    plate.disc(360, 330, 78, PAPER)
    plate.shape([(300, 340), (420, 340), (440, 540), (280, 540)], PAPER)
    plate.shape([(424, 312), (500, 336), (424, 356)], AMBER)
    plate.disc(384, 318, 22, plate.deep)
    plate.disc(390, 312, 7, PAPER)
    plate.shape([(170, 500), (550, 500), (530, 740), (190, 740)], PAPER)
    plate.shape([(170, 500), (90, 440), (130, 420), (230, 500)], plate.pale)
    plate.shape([(550, 500), (630, 440), (590, 420), (490, 500)], plate.pale)
    plate.box(330, 500, 390, 740, plate.ground)
    plate.lozenge(360, 620, 16, 44, PAPER)


def an_alarm(plate: Plate) -> None:
    for ray in range(24):
        angle = ray * pi / 12
        inner, outer = 300, 400 if ray % 2 else 350
        plate.line((360 + inner * cos(angle), 430 + inner * sin(angle)), (360 + outer * cos(angle), 430 + outer * sin(angle)), 9, plate.pale)  # noqa: E501  # fmt: skip
    plate.shape([(120, 290), (600, 290), (600, 600), (120, 600)], PAPER)
    plate.shape([(120, 600), (330, 420), (390, 420), (600, 600)], mixed(plate.ground, PAPER, 0.8))
    plate.shape([(120, 290), (600, 290), (360, 490)], mixed(plate.ground, PAPER, 0.62))
    plate.line((120, 290), (360, 490), 5, plate.deep)
    plate.line((600, 290), (360, 490), 5, plate.deep)
    plate.disc(360, 480, 58, RED)
    plate.lozenge(360, 480, 14, 36, PAPER)


def a_document(plate: Plate) -> None:
    plate.shape([(170, 110), (460, 110), (570, 220), (570, 780), (170, 780)], PAPER)
    plate.shape([(460, 110), (570, 220), (460, 220)], plate.pale)
    for row in range(9):
        y, reach = 290 + row * 44, 500 - (row * 67) % 150
        if row != 3:
            plate.box(220, y, reach, y + 9, plate.pale)
    plate.box(206, 400, 534, 448, plate.ground)
    plate.box(226, 418, 440, 430, PAPER)
    plate.ring(480, 690, 58, 7, plate.ground)
    for tooth in range(8):
        angle = tooth * pi / 4
        plate.shape(turned(oblong(20, 22), 480 + 64 * cos(angle), 690 + 64 * sin(angle), angle), plate.ground)
    plate.disc(480, 690, 20, plate.ground)
    plate.rounded(220, 150, 300, 230, 10, plate.pale)


def a_face_cut_out(plate: Plate) -> None:
    plate.box(110, 120, 610, 780, PAPER)
    plate.box(138, 148, 582, 752, plate.deep)
    plate.box(158, 168, 562, 732, plate.pale)
    for x, head, body in ((270, 352, 560), (456, 392, 590)):
        plate.disc(x, head, 74, plate.deep)
        plate.half(x, body, 118, 180, plate.deep)
        plate.box(max(158, x - 118), body, min(562, x + 118), 732, plate.deep)
    plate.shape([(178, 250), (362, 236), (372, 440), (186, 452)], PAPER)
    plate.shape([(186, 258), (354, 245), (364, 432), (194, 443)], plate.ground)
    plate.disc(362, 570, 54, PAPER)
    plate.half(362, 716, 84, 180, PAPER)
    plate.box(278, 712, 446, 732, PAPER)


def figure_in_red(plate: Plate, x: float, y: float, size: float) -> None:
    """Draw a figure in armour, of straight cuts, from the head to the knees."""
    for side in (-1, 1):
        plate.shape([(x, y - size), (x + side * size * 0.2, y - size * 0.82), (x + side * size * 0.14, y - size * 0.52), (x, y - size * 0.42)], RED)  # noqa: E501  # fmt: skip
        plate.shape([(x, y - size * 0.4), (x + side * size * 0.5, y - size * 0.48), (x + side * size * 0.26, y + size * 0.3), (x, y + size * 0.4)], RED)  # noqa: E501  # fmt: skip
        plate.shape([(x + side * size * 0.54, y - size * 0.44), (x + side * size * 0.68, y - size * 0.3), (x + side * size * 0.5, y + size * 0.4), (x + side * size * 0.42, y + size * 0.3)], RED)  # noqa: E501  # fmt: skip
        plate.shape([(x + side * size * 0.04, y + size * 0.44), (x + side * size * 0.26, y + size * 0.36), (x + side * size * 0.3, y + size), (x + side * size * 0.1, y + size)], RED)  # noqa: E501  # fmt: skip
        plate.shape([(x + side * size * 0.03, y - size * 0.68), (x + side * size * 0.13, y - size * 0.72), (x + side * size * 0.1, y - size * 0.62)], PAPER)  # noqa: E501  # fmt: skip


def on_the_news(plate: Plate) -> None:
    plate.rounded(80, 170, 640, 660, 50, PAPER)
    plate.rounded(116, 206, 604, 624, 34, NIGHT)
    figure_in_red(plate, 360, 420, 190)
    for y in range(240, 556, 14):
        plate.box(116, y, 604, y + 3, plate.deep)
    plate.box(116, 556, 604, 604, PAPER)
    for left, right in ((140, 330), (350, 430), (450, 570)):
        plate.box(left, 574, right, 586, plate.ground)
    plate.box(320, 660, 400, 740, PAPER)
    plate.box(200, 740, 520, 762, PAPER)


def in_a_recording(plate: Plate) -> None:
    plate.box(110, 0, 610, HEIGHT, NIGHT)
    for hole in range(13):
        for x in (128, 560):
            plate.rounded(x, 14 + hole * 75, x + 32, 56 + hole * 75, 8, plate.ground)
    for frame, top in enumerate((-230, 90, 410, 730)):
        plate.box(184, top, 536, top + 296, mixed(plate.ground, PAPER, 0.24))
        plate.disc(440, top + 90, 52, plate.deep)
        for star in range(7):
            plate.disc(206 + (star * 89) % 300, top + 22 + (star * 61) % 240, 4, PAPER)
        if frame in (1, 2):
            figure_in_red(plate, 340 - frame * 22, top + 158, 116 + frame * 14)


def stepping_out(plate: Plate) -> None:
    plate.disc(360, 410, 300, plate.deep)
    for x, y, size, colour, eyes in ((240, 380, 0.72, plate.pale, plate.deep), (450, 430, 0.8, PAPER, plate.ground)):
        for side in (-1, 1):
            plate.shape([(x, y - 290 * size), (x + side * 210 * size, y - 100 * size), (x + side * 120 * size, y + 220 * size), (x, y + 290 * size)], colour)  # noqa: E501  # fmt: skip
            plate.shape([(x, y - 70 * size), (x + side * 150 * size, y - 100 * size), (x + side * 110 * size, y - 28 * size), (x, y + 20 * size)], eyes)  # noqa: E501  # fmt: skip
    for step in range(5):
        plate.arc(345, 405, 120 + step * 60, 3, 240 - step * 4, 300 + step * 4, PAPER)
        plate.arc(345, 405, 120 + step * 60, 3, 60 - step * 4, 120 + step * 4, PAPER)


def inside_a_head(plate: Plate) -> None:
    plate.disc(370, 330, 230, PAPER)
    plate.shape([(150, 300), (140, 350), (92, 470), (140, 490), (136, 540), (150, 560), (144, 610), (200, 640), (300, 630), (310, 780), (590, 780), (540, 500), (370, 330)], PAPER)  # noqa: E501  # fmt: skip
    for step in range(6):
        plate.ring(
            380, 340, 26 + step * 32, 9 - step, plate.ground if step % 2 == 0 else mixed(plate.ground, PAPER, 0.45)
        )
    plate.disc(380, 340, 14, plate.ground)
    plate.box(0, 780, WIDTH, HEIGHT, plate.deep)
    plate.line((0, 780), (WIDTH, 780), 3, PAPER)


def a_machine_bird(plate: Plate) -> None:
    plate.disc(360, 400, 290, plate.deep)
    plate.line((60, 690), (660, 690), 16, PAPER)
    for x in (330, 390):
        plate.line((x, 590), (x, 690), 10, AMBER)
    plate.shape([(480, 520), (650, 640), (600, 676), (430, 610)], plate.pale)
    plate.disc(370, 490, 140, PAPER)
    plate.disc(300, 310, 104, PAPER)
    plate.shape([(200, 320), (226, 400), (330, 420), (500, 420), (440, 330)], PAPER)
    plate.shape([(206, 292), (206, 348), (110, 330)], AMBER)
    plate.disc(286, 300, 56, plate.deep)
    plate.ring(286, 300, 56, 8, plate.pale)
    plate.disc(286, 300, 26, PAPER)
    plate.disc(296, 290, 9, plate.deep)
    plate.shape([(330, 430), (500, 450), (520, 590), (400, 560)], plate.pale)
    for step in range(3):
        plate.line((352 + step * 30, 452 + step * 22), (502 + step * 6, 474 + step * 40), 4, PAPER)
    plate.line((300, 206), (300, 130), 6, PAPER)
    plate.disc(300, 124, 16, AMBER)


def a_fallen_star(plate: Plate) -> None:
    plate.box(0, 0, WIDTH, 660, plate.deep)
    for star in range(22):
        plate.disc(30 + (star * 211) % 670, 30 + (star * 137) % 470, 3 + star % 3, plate.pale)
    for step, colour in enumerate((mixed(plate.deep, PAPER, 0.2), plate.pale, PAPER)):
        wide = 74 - step * 28
        plate.shape(
            [(200 - wide, 60 + step * 50 + wide * 0.5), (200 + wide, 60 + step * 50 - wide * 0.5), (478, 580)], colour
        )
    plate.shape(
        [(0, 640), (250, 600), (370, 566), (420, 622), (540, 622), (588, 570), (720, 620), (720, 760), (0, 760)], NIGHT
    )
    plate.disc(480, 588, 46, AMBER)
    plate.disc(480, 588, 24, PAPER)
    plate.box(0, 740, WIDTH, HEIGHT, plate.ground)
    plate.line((0, 740), (WIDTH, 740), 3, PAPER)
    plate.shape([(190, 740), (214, 740), (60, 930), (0, 930)], plate.deep)
    plate.lozenge(202, 640, 30, 108, PAPER)
    plate.lozenge(202, 640, 12, 44, plate.deep)


OBJECTS: dict[str, tuple[str, Figure]] = {
    "31-glass": (ACCENTS["none-1"], a_glass),
    "32-badge": (ACCENTS["none-1"], a_badge),
    "33-ampoules": (ACCENTS["none-6"], ampoules),
    "34-full-pocket": (ACCENTS["none-2"], a_full_pocket),
    "35-window-on-the-war": (ACCENTS["none-2"], a_window_on_the_war),
    "36-photograph": (ACCENTS["none-3"], a_photograph),
    "37-wheel": (ACCENTS["none-3"], a_wheel),
    "38-two-trunks": (ACCENTS["none-2"], two_trunks),
    "39-keyhole": (ACCENTS["none-3"], a_keyhole),
    "40-chair-outside": (ACCENTS["none-4"], a_chair_outside),
    "41-parcel": (ACCENTS["none-1"], a_parcel),
    "42-alarm": (ACCENTS["none-1"], an_alarm),
    "43-document": (ACCENTS["none-3"], a_document),
    "44-face-cut-out": (ACCENTS["none-4"], a_face_cut_out),
    "45-on-the-news": (ACCENTS["none-2"], on_the_news),
    "46-in-a-recording": (NEUTRAL, in_a_recording),
    "47-stepping-out": (ACCENTS["none-6"], stepping_out),
    "48-inside-a-head": (ACCENTS["none-4"], inside_a_head),
    "49-machine-bird": (ACCENTS["none-1"], a_machine_bird),
    "50-fallen-star": (ACCENTS["none-2"], a_fallen_star),
}
