"""The figures of the last measurement of each part, with what they were measured on, and the tables made of them."""

import json
import os
import platform
import sqlite3
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from . import tables

RESULTS = Path(__file__).parent / "results.json"
LIBRARIES = ("Django", "Jinja2", "granian", "psycopg")


def keep(part: str, figures: dict[str, Any]) -> None:
    """Replace what is kept of one part, and its tables in the documentation."""
    kept = all_kept()
    kept[part] = {"measured": datetime.now(UTC).date().isoformat(), "with": _circumstances(), "figures": figures}
    RESULTS.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n")
    tables.write({part: kept[part]})


def all_kept() -> dict[str, Any]:
    kept: dict[str, Any] = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    return kept


def _circumstances() -> dict[str, str]:
    return {
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "cores": str(os.cpu_count()),
        **{library.lower(): version(library) for library in LIBRARIES},
    }
