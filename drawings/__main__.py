from pathlib import Path

from . import icons, objects, planet, plates

ROOT = Path(__file__).resolve().parent.parent
STATIC = ROOT / "static"
LOOK = ROOT / "characters/datasets/metallic_rouge/look"
PORTRAITS = ROOT / "characters/datasets/metallic_rouge/portraits"

(LOOK / "hero.svg").write_text(planet.as_svg())
icons.icon(48).save(STATIC / "favicon.png", optimize=True)
icons.icon(180).save(STATIC / "apple-touch-icon.png", optimize=True)
icons.card().save(LOOK / "card.png", optimize=True)
PORTRAITS.mkdir(exist_ok=True)
for name, picture in (*plates.drawn(plates.PLATES), *plates.drawn(objects.OBJECTS, colours=64)):
    picture.save(PORTRAITS / name, optimize=True)
