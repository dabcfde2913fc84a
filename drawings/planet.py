"""Mars as an engraver would cut it: one line a latitude, the thicker the lighter."""

from collections.abc import Iterator
from math import asin, cos, pi, sin, sqrt

LINES = 62
STEPS = 34
LIGHT = (-0.55, -0.5, 0.67)  # where it comes from: left, above, in front

type Polygon = list[tuple[float, float]]


def engraved(radius: float, middle: tuple[float, float], *, tilt: float = 0.32, seed: int = 7) -> Iterator[Polygon]:
    """The lines of the lit side, each a polygon."""
    for line in range(LINES):
        latitude = asin(-1 + (2 * line + 1) / LINES)
        upper: Polygon = []
        lower: Polygon = []
        for step in range(STEPS + 1):
            longitude = -pi / 2 + pi * step / STEPS
            x, y, z = cos(latitude) * sin(longitude), sin(latitude), cos(latitude) * cos(longitude)
            y, z = y * cos(tilt) - z * sin(tilt), y * sin(tilt) + z * cos(tilt)
            if z < -0.05:
                continue
            lit = max(0.0, x * LIGHT[0] + y * LIGHT[1] + z * LIGHT[2])
            mottled = 0.86 + 0.14 * sin(seed * x * 2.1 + 9 * latitude) * cos(5 * y + seed * longitude)
            thickness = radius / LINES * 1.5 * lit**0.8 * mottled * sqrt(max(z, 0.04))
            if thickness < radius / LINES * 0.03:
                continue
            at = middle[0] + radius * x, middle[1] + radius * y
            upper.append((at[0], at[1] - thickness / 2))
            lower.append((at[0], at[1] + thickness / 2))
        if len(upper) > 2:
            yield [*upper, *reversed(lower)]


def as_svg(size: int = 800) -> str:
    lines = engraved(size / 2 - 8, (size / 2, size / 2))
    path = "".join("M" + "L".join(f"{x:.0f} {y:.1f}".replace(".0", "") for x, y in line) + "z" for line in lines)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}">'
        f'<path fill="#e2492f" d="{path}"/>'
        f'<circle cx="{size / 2:g}" cy="{size / 2:g}" r="{size / 2 - 5:g}"'
        ' fill="none" stroke="#e2492f" stroke-width="0.8" opacity="0.5"/>'
        "</svg>\n"
    )
