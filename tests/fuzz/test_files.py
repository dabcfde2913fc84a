"""Whatever is in a data set or a picture: it is taken or refused in words, in bounded time and memory."""

import io
import os
import resource
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml
from django.core.exceptions import ValidationError
from hypothesis import strategies as st
from PIL import Image

from characters.datasets.loading import load
from characters.datasets.reading import MOST_BYTES, DatasetError
from characters.pictures import files
from tests.characters import hostile
from tests.fuzz.requests import ODD, SEED, drawn
from tests.shows import character, episode, revelation, trait, unmasking, write_show

LOADS = int(os.environ.get("FUZZ_REQUESTS", "240")) // 20
PICTURES = int(os.environ.get("FUZZ_PICTURES", "10"))
SMALL = 300 * 1024  # kB

NODES = [
    None, True, 0, -1, 10**40, 1.5, float("nan"), "", [], {}, [[]], {"": {}}, [None] * 50, {"key": ["x"]}, "x" * 20_000,
    *ODD,
    {"number": 1}, 2**63, "2026-02-30", "[[ann]]", "ann", "bea", {1: 2}, [1, "a", {}],
]  # fmt: skip


def show() -> dict[str, Any]:
    """Everything that a data set can have, a little of each."""
    ann = character("ann", "Ann", portraits=[], tags=[{"name": "brave", "revealed_in": 1}],
                    traits=[trait("status", "alive", since=1), trait("summary", "She met [[bea]].", since=2)],
                    memberships=[{"faction": "crew", "role": "pilot", "revealed_in": 1, "ended_in": 2}])  # fmt: skip
    met = revelation("met", "[[ann]] met [[bea]].", since=2, characters=["ann", "bea"], certainty="hinted")
    knew = revelation("knew", "They knew each other.", since=3, characters=["ann"], supersedes="met")
    tie = {"source": "ann", "kind": "ally", "target": "bea", "certainty": "claimed", "revealed_in": 2, "ended_in": 3}
    return {
        "series": {"title": "A show", "premise": "Somebody is somebody else."},
        "episodes": [episode(number) for number in (1, 2, 3)],
        "characters": [ann, character("bea"), character("cid", since=2)], "factions": [character("crew", "The Crew")],
        "relationships": [tie], "revelations": [met, knew], "unmaskings": [unmasking("cid", "bea", since=3)],
    }  # fmt: skip


@st.composite
def broken_shows(draw: st.DrawFn) -> dict[str, Any]:
    """A show of which some parts, at any depth, are something else, gone, or there twice."""
    data = show()
    for _ in range(draw(st.integers(1, 3))):
        place: Any = data
        key: Any = draw(st.sampled_from(sorted(place)))
        while isinstance(place[key], dict | list) and place[key] and draw(st.integers(0, 5)):
            place = place[key]
            key = draw(st.sampled_from(sorted(place, key=str) if isinstance(place, dict) else range(len(place))))
        match draw(st.integers(0, 5)):
            case 0:
                del place[key]
            case 1 if isinstance(place, list):
                place.append(place[key])
            case _:
                place[key] = draw(st.sampled_from(NODES) | st.text(max_size=40) | st.integers())
    return data


@pytest.mark.django_db
def test_a_broken_data_set_is_taken_or_refused_in_words(tmp_path: Path) -> None:
    assert not is_refused(tmp_path, {name: yaml.safe_dump(part) for name, part in show().items()})
    before, refused = memory(), 0
    for data in drawn(broken_shows(), LOADS):
        texts = {name: yaml.dump(part, allow_unicode=True, sort_keys=False) for name, part in data.items()}
        refused += is_refused(tmp_path, texts)
    assert refused > 0
    assert memory() - before < SMALL


@pytest.mark.django_db
def test_no_bytes_break_the_loader(tmp_path: Path) -> None:
    """The text of a file is cut, doubled and overwritten."""
    whole = {name: yaml.safe_dump(part, allow_unicode=True) for name, part in show().items()}
    chance = Random(SEED)
    for _ in range(LOADS):
        name = chance.choice(sorted(whole))
        is_refused(tmp_path, whole | {name: mutated(whole[name].encode(), chance)})


BOMBS: dict[str, str | bytes] = {
    "laughs": "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
    ),
    "circle": "&a [*a, *a]\n",
    "merges": "a: &a {x: 1}\nb: {<<: [" + ", ".join(["*a"] * 5000) + "]}\n",
    "deep lists": "[" * 100_000,
    "deep mappings": "{a: " * 50_000,
    "deep blocks": "".join(f"{' ' * depth}a:\n" for depth in range(3_000)),
    "code": "!!python/object/apply:os.system [exit]\n",
    "long number": "- {number: " + "9" * 100_000 + "}\n",
    "number of base 60": "- {number: " + ":".join(["59"] * 20_000) + "}\n",
    "long key": "? " + "a" * 200_000 + "\n: 1\n",
    "many keys": "{" + ", ".join(f"k{number}: 1" for number in range(20_000)) + "}\n",
    "many documents": "--- {}\n" * 20_000,
    "zeros": "\x00" * 1000,
    "other coding": "\ufeffnumber: 1".encode("utf-16"),
    "not a text": bytes(range(256)),
}  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("bomb", BOMBS)
def test_bombs_are_refused(tmp_path: Path, bomb: str) -> None:
    before = memory()
    texts: dict[str, str | bytes] = {"episodes": "- {number: 1}\n", "characters": BOMBS[bomb]}
    assert is_refused(tmp_path, texts)
    assert memory() - before < SMALL


@pytest.mark.django_db
def test_a_file_of_100_mb_is_refused_unread(tmp_path: Path) -> None:
    path = write_show(tmp_path, **show()) / "revelations.yaml"
    with path.open("r+b") as file:
        file.truncate(100 * 1024**2)
    assert path.stat().st_size > MOST_BYTES
    before = memory()
    with pytest.raises(DatasetError, match=r"revelations\.yaml"):
        load(tmp_path)
    assert memory() - before < 40 * 1024


def is_refused(directory: Path, texts: dict[str, str | bytes]) -> bool:
    for old in directory.glob("*.yaml"):
        old.unlink()
    for name, text in texts.items():
        (directory / f"{name}.yaml").write_bytes(text if isinstance(text, bytes) else text.encode(errors="replace"))
    try:
        load(directory, replace=True)
    except DatasetError as error:
        return bool(str(error))
    return False


NUMBERS = (b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff", b"\0\0\0\1")


def mutated(content: bytes, chance: Random) -> bytes:
    changed = bytearray(content)
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(changed) or 1)
        match chance.randrange(6):
            case 0:
                del changed[at:]
            case 1:
                del changed[at : at + chance.randint(1, 40)]
            case 2:
                changed[at:at] = changed[at : at + chance.randint(1, 200)]
            case 3:
                changed[at:at] = chance.randbytes(chance.randint(1, 20))
            case 4:
                changed[at : at + 4] = chance.choice(NUMBERS)
            case _:
                changed[at : at + 1] = bytes([chance.randrange(256)])
    return bytes(changed)


def pictures() -> list[bytes]:
    """Small pictures in each form, some of which nobody takes."""
    picture = Image.effect_noise((90, 60), 60).convert("RGB")
    exif = Image.Exif()
    exif[0x010E] = "A text"
    made = [hostile.encoded(picture, form, exif=exif) for form in ("PNG", "JPEG", "WEBP", "TIFF")]
    made += [hostile.encoded(picture, "JPEG", progressive=True), hostile.encoded(picture, "WEBP", lossless=True)]
    made += [hostile.encoded(picture.convert(mode), "PNG") for mode in ("P", "1", "L", "RGBA", "I;16")]
    made += [hostile.encoded(picture, form) for form in ("GIF", "BMP", "ICO", "PPM", "JPEG2000")]
    return [*made, b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%PDF-1.4", b"\0" * 5000, b"GIF89a", b""]


def test_a_broken_picture_is_taken_or_refused_in_words() -> None:
    chance, whole, before = Random(SEED), pictures(), memory()
    outcomes = set()
    for number in range(PICTURES):
        content = whole[number % len(whole)]
        if number >= len(whole) or len(whole) > PICTURES:
            content = mutated(content, chance)
        if chance.random() < 0.1:
            content = content[:12] + chance.choice(whole)[12:]  # another form than its head says
        try:
            stored = files.normalised(io.BytesIO(content))
        except ValidationError:
            outcomes.add(False)
        else:
            Image.open(io.BytesIO(stored.read())).verify()
            outcomes.add(True)
    assert outcomes == {True, False}
    assert memory() - before < SMALL


def memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
