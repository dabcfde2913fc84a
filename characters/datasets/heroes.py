"""Draw the picture of a start page and the sign beside a site's name, for shows that have none of their own yet."""

from collections.abc import Callable, Iterator
from random import Random

SIZE = 800  # of the picture, a disc
MIDDLE = SIZE / 2
GROUND = "#170f11"  # on which it stands: what is near hides what is behind it


def hero(kind: str, *, seed: str, colour: str) -> str:
    """Return a picture as SVG, the same for the same seed."""
    drawn = "".join(KINDS[kind](Random(seed)))  # noqa: S311 - nothing is secret about a picture
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE} {SIZE}">'
        f'<clipPath id="disc"><circle cx="{MIDDLE:g}" cy="{MIDDLE:g}" r="{MIDDLE - 5:g}"/></clipPath>'
        # Faint, as the title stands on it on a phone.
        f'<g clip-path="url(#disc)" fill="none" stroke="{colour}" opacity="0.65">{drawn}</g>'
        f'<circle cx="{MIDDLE:g}" cy="{MIDDLE:g}" r="{MIDDLE - 5:g}" fill="none" stroke="{colour}" opacity="0.5"/>'
        "</svg>\n"
    )


def mark(kind: str, *, colour: str) -> str:
    """Return a sign as SVG."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="{colour}" stroke-width="2">'
        f'<path d="{MARKS[kind]}"/></svg>\n'
    )


def _waves(random: Random) -> Iterator[str]:
    yield f'<circle cx="{random.randint(380, 560)}" cy="250" r="{random.randint(70, 110)}" stroke-width="3"/>'
    yield f'<path d="M0 330h{SIZE}v{SIZE}H0z" fill="{GROUND}" stroke="none"/>'
    for line in range(24):
        length, height, start = 70 + 6 * line, 5 + line, -random.randint(0, 200)
        crests = f"t{length} 0" * (1100 // length)
        yield (
            f'<path d="M{start} {330 + 19 * line}q{length / 2:g} -{height} {length} 0{crests}"'
            f' stroke-width="{1 + line / 8:g}"/>'
        )


def _peaks(random: Random) -> Iterator[str]:
    yield f'<circle cx="{random.randint(250, 550)}" cy="220" r="80" stroke-width="3"/>'
    for ridge in range(5):
        foot = 330 + 85 * ridge
        tops = "".join(
            f"L{x} {foot - random.randint(20, 190 - 25 * ridge)}L{x + 45} {foot - random.randint(0, 20)}"
            for x in range(0, SIZE, 90)
        )
        yield f'<path d="M-40 {SIZE}L-40 {foot}{tops}L840 {foot}L840 {SIZE}z" fill="{GROUND}" stroke-width="2"/>'
        for line in range(foot + 14, SIZE, 22 - 3 * ridge):  # engraved: the nearer a ridge, the darker
            yield f'<path d="M0 {line}h{SIZE}" stroke-width="{0.5 + ridge / 4:g}"/>'


def _stars(random: Random) -> Iterator[str]:
    places = [(random.randint(20, 780), random.randint(20, 780)) for _ in range(170)]
    for x, y in places:
        yield f'<circle cx="{x}" cy="{y}" r="{random.choice((1, 2, 3, 5))}" stroke-width="2"/>'
    bright = sorted((x, 220 + y * 45 // 100) for x, y in random.sample(places, 9))
    yield f'<path d="M{"L".join(f"{x} {y}" for x, y in bright)}" stroke-width="1" opacity="0.6"/>'
    for x, y in bright:
        yield f'<path d="M{x - 18} {y}h36M{x} {y - 18}v36" stroke-width="2"/>'


def _towers(random: Random) -> Iterator[str]:
    for row in range(3):
        x = -random.randint(0, 60)
        while x < SIZE:
            width, top = random.randint(36, 84), random.randint(170 + 130 * row, 420 + 90 * row)
            yield f'<path d="M{x} {SIZE}V{top}h{width}V{SIZE}" fill="{GROUND}" stroke-width="{1 + row}"/>'
            windows = [(at, floor) for floor in range(top + 16, SIZE, 24) for at in range(x + 9, x + width - 9, 12)]
            lit = "".join(f"M{at} {floor}h5" for at, floor in windows if random.random() < 0.5)
            yield f'<path d="{lit}" stroke-width="{3 + row}"/>'
            x += width + random.randint(0, 14)


def _rings(random: Random) -> Iterator[str]:
    x, y = random.randint(300, 500), random.randint(300, 500)
    for ring in range(26):
        dashes = random.choice(("", f' stroke-dasharray="{random.randint(40, 300)} {random.randint(6, 40)}"'))
        width = random.choice((1, 1.5, 2, 4, 7))
        yield f'<circle cx="{x}" cy="{y}" r="{24 + 21 * ring}" stroke-width="{width:g}"{dashes}/>'


KINDS: dict[str, Callable[[Random], Iterator[str]]] = {
    "waves": _waves, "peaks": _peaks, "stars": _stars, "towers": _towers, "rings": _rings,
}  # fmt: skip
MARKS = {
    "waves": "M1 8q3.7-5 7.3 0t7.4 0 7.3 0M1 17q3.7-5 7.3 0t7.4 0 7.3 0",
    "peaks": "M1 21L9 5l5 9 3-5 6 12z",
    "stars": "M12 1v22M1 12h22M5 5l14 14M19 5L5 19",
    "towers": "M2 23V9h7v14M9 23V2h7v21M16 23v-9h6v9",
    "rings": "M12 1a11 11 0 1 0 .1 0zM12 7a5 5 0 1 0 .1 0z",
}
