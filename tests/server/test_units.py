"""The commands in the units for systemd run as they stand there, with the folders of this machine."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

pytestmark = pytest.mark.django_db(transaction=True)

DEPLOY = settings.BASE_DIR / "deploy"
COMMANDS = [
    pytest.param(command, id=f"{unit.stem}-{number}")
    for unit in sorted(DEPLOY.glob("*.service"))
    for number, command in enumerate(re.findall(r"^Exec(?:Start|Reload)=(.*)$", unit.read_text(), re.MULTILINE))
    if "manage.py" in command
]


@pytest.mark.parametrize("command", COMMANDS)
def test_it_runs(command: str, environment: dict[str, str], tmp_path: Path) -> None:
    python, *arguments = shlex.split(command)
    assert python == "/srv/rougedb/site/.venv/bin/python"
    for folder in ("/srv/rougedb/", "/run/rougedb-worker/"):
        arguments = [argument.replace(folder, f"{tmp_path}/") for argument in arguments]
    works = "ox_worker" in arguments
    if works:
        arguments.append("--batch")  # until nothing is left to do
    done = subprocess.run(  # noqa: S603
        [sys.executable, *arguments], cwd=settings.BASE_DIR, env=environment | {"TASK_WORKER": "true"},
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert works or not done.stderr


@pytest.mark.parametrize("timer", sorted(DEPLOY.glob("*.timer")), ids=lambda path: path.stem)
def test_each_timer_has_its_unit(timer: Path) -> None:
    assert timer.with_suffix(".service").is_file()
