"""The figures of the last measurement of each part, with what they were measured on."""

import json
import os
import platform
import sqlite3
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results.json"
LIBRARIES = ("Django", "Jinja2", "granian", "psycopg")


def keep(part: str, figures: dict[str, Any]) -> None:
    """Replace what is kept of one part."""
    kept = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    kept[part] = {"measured": datetime.now(UTC).date().isoformat(), "with": _circumstances(), "figures": figures}
    RESULTS.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n")


def _circumstances() -> dict[str, str]:
    return {
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "cores": str(os.cpu_count()),
        **{library.lower(): version(library) for library in LIBRARIES},
    }
