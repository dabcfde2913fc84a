from pathlib import Path

from . import icons, planet

STATIC = Path(__file__).resolve().parent.parent / "static"

(STATIC / "planet.svg").write_text(planet.as_svg())
icons.icon(48).save(STATIC / "favicon.png", optimize=True)
icons.icon(180).save(STATIC / "apple-touch-icon.png", optimize=True)
icons.card().save(STATIC / "card.png", optimize=True)
