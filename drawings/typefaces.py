"""Cuts typefaces of the npm packages of Fontsource to what the site needs: `make typefaces`.

The Japanese one is cut to the texts of the data set. Every kanji in it stands among three that the show does not need
and Fontsource keeps beside it: otherwise the file, which everybody may fetch, would tell of titles and names to come.
"""

import re
import subprocess
import tarfile
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "static/vendor"
DATASET = ROOT / "characters/datasets/metallic_rouge"
VERSION = "5.3.0"  # of all the packages
LATIN = {*range(0x20, 0x100), 0x131, 0x152, 0x153, *range(0x2010, 0x2213)}
KANA = {*range(0x3000, 0x3100)}
BESIDE = 3  # kanji for each one of the show
is_kanji = re.compile("[\u3400-\u9fff]").match


def fetch(package: str, directory: Path) -> Path:
    """Return the directory of the unpacked package."""
    command = ["npm", "pack", "--silent", f"@fontsource/{package}@{VERSION}"]
    subprocess.run(command, cwd=directory, check=True)  # noqa: S603 - the packages are those below
    with tarfile.open(directory / f"fontsource-{package}-{VERSION}.tgz") as archive:
        archive.extractall(directory / package, filter="data")
    return directory / package / "package"


def cut(source: Path, characters: set[int], target: Path, *, features: tuple[str, ...]) -> None:
    font = TTFont(source)
    options = Options(layout_features=[*features], notdef_outline=True, hinting=False)
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=characters)
    subsetter.subset(font)
    font.flavor = "woff2"
    target.parent.mkdir(exist_ok=True)
    font.save(target)


def slices(sheet: str) -> list[list[str]]:
    """Return the kanji of each file that Fontsource divides the typeface into, by how they stand together in texts."""
    ranges = re.findall(r"unicode-range: ([^;]+);", sheet)
    return [
        [chr(code) for part in each.split(",") for code in codes(part.strip()) if is_kanji(chr(code))]
        for each in ranges
    ]


def codes(part: str) -> range:
    first, _, last = part.removeprefix("U+").partition("-")
    return range(int(first, 16), int(last or first, 16) + 1)


def kanji(sheet: str) -> set[str]:
    ours = {sign for file in DATASET.glob("*.yaml") for sign in file.read_text() if is_kanji(sign)}
    found = set(ours)
    for beside in slices(sheet):
        # by a hash, so that the others stay the same when the show's texts change
        others = sorted(set(beside) - ours, key=lambda sign: sha256(sign.encode()).digest())
        found |= set(others[: BESIDE * len(ours & set(beside))])
    return found


def japanese(package: Path, target: Path) -> None:
    """Write two files, as most pages have no Japanese but names in kana."""
    source = package / "files/shippori-mincho-japanese-500-normal.woff2"
    cut(source, KANA, target / "shippori-mincho-500-kana.woff2", features=())
    signs = {ord(sign) for sign in kanji((package / "500.css").read_text())}
    cut(source, signs, target / "shippori-mincho-500-kanji.woff2", features=())


def latin(package: Path, target: Path) -> None:
    """Write the bold letters, which are few, for English alone."""
    source = package / f"files/{target.name.removesuffix(f'-{VERSION}')}-latin-600-normal.woff2"
    cut(
        source,
        LATIN,
        target / source.name.replace("-latin-600-normal", "-600"),
        features=("kern", "lnum", "onum", "tnum"),
    )


def main() -> None:
    with TemporaryDirectory() as directory:
        for name in ("shippori-mincho", "spectral", "barlow-condensed"):
            package = fetch(name, Path(directory))
            target = VENDOR / f"{name}-{VERSION}"
            if name == "shippori-mincho":
                japanese(package, target)
            else:
                latin(package, target)
            (target / "LICENSE.txt").write_text((package / "LICENSE").read_text())


if __name__ == "__main__":
    main()
