"""Shows to test with: small ones written by hand, and the real one."""

from pathlib import Path
from typing import Any

import yaml
from django.conf import settings

from characters.datasets.loading import load
from tests.nets import net_lifted

REAL_SHOW: Path = settings.DATASET_DIR
LAST_EPISODE = 13


def write_show(directory: Path, **files: Any) -> Path:
    """`write_show(d, characters=[…], unmaskings=[…])`; three episodes unless others are given."""
    files.setdefault("episodes", [episode(number) for number in (1, 2, 3)])
    directory.mkdir(parents=True, exist_ok=True)
    for old in directory.glob("*.yaml"):
        old.unlink()
    for name, data in files.items():
        text = yaml.dump(data, Dumper=yaml.CSafeDumper, allow_unicode=True, sort_keys=False)
        (directory / f"{name}.yaml").write_text(text)
    return directory


def load_show(directory: Path, **files: Any) -> None:
    with net_lifted():
        load(write_show(directory, **files), replace=True)


def episode(number: int, **values: Any) -> dict[str, Any]:
    return {"number": number, "title": f"Title of {number}", "synopsis": f"Synopsis of {number}."} | values


def character(key: str, name: str = "", *, since: float = 1, kind: str = "name", **values: Any) -> dict[str, Any]:
    aliases = [headline(name or key.title(), since=since) | {"kind": kind}, *values.pop("aliases", [])]
    return {"key": key, "revealed_in": since, "aliases": aliases} | values


def headline(name: str, *, since: float) -> dict[str, Any]:
    return {"name": name, "headline": True, "revealed_in": since}


def trait(attribute: str, value: str, *, since: float) -> dict[str, Any]:
    return {"attribute": attribute, "value": value, "revealed_in": since}


def unmasking(persona: str, identity: str, *, since: float) -> dict[str, Any]:
    return {"persona": persona, "identity": identity, "revealed_in": since}


def revelation(key: str, text: str, *, since: float, **values: Any) -> dict[str, Any]:
    return {"key": key, "text": text, "revealed_in": since} | values
