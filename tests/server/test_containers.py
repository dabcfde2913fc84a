"""The container and its neighbours as far as they can be tried without Docker: what they name is there."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.core.management import get_commands

from tests.server.conftest import free_port, running

DEPLOY = settings.BASE_DIR / "deploy"
DOCKERFILE = (DEPLOY / "Dockerfile").read_text()
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load((DEPLOY / "compose.yml").read_text())["services"]


def test_the_dockerfile_is_well_made() -> None:
    linter = Path(sys.executable).with_name("hadolint")
    done = subprocess.run([linter, DEPLOY / "Dockerfile"], capture_output=True, text=True)  # noqa: S603
    assert done.returncode == 0, done.stdout


def test_what_it_copies_is_there() -> None:
    left_out = (settings.BASE_DIR / ".dockerignore").read_text().split()
    for source in re.findall(r"^COPY (?!--from)(\S+)", DOCKERFILE, re.MULTILINE):
        assert (settings.BASE_DIR / source).exists(), source
    assert not {"characters", "corrections", "deploy", "episodes", "rougedb", "static", "templates"} & set(left_out)


def test_it_sets_what_the_site_reads() -> None:
    known = set(re.findall(r"^([A-Z_]+)=", (settings.BASE_DIR / ".env.example").read_text(), re.MULTILINE))
    own = {"VENV", "PATH", "PYTHONUNBUFFERED", "HOST"}
    set_in_image = set(re.findall(r"\b([A-Z_]+)=", DOCKERFILE.partition("ENV ")[2].partition("\nUSER")[0]))
    set_by_compose = {name for service in SERVICES.values() if "build" in service for name in service["environment"]}
    assert set_in_image - own <= known
    assert set_by_compose <= known
    assert "DATABASE_URL" in set_by_compose


@pytest.mark.parametrize("name", [name for name, service in SERVICES.items() if "build" in service])
def test_each_service_runs_commands_that_there_are(name: str) -> None:
    command = str(SERVICES[name].get("command", "deploy/serve"))
    managed = re.findall(r"manage\.py (\w+)", command)
    assert managed or (settings.BASE_DIR / command).exists()
    assert set(managed) <= set(get_commands())
    assert set(SERVICES[name]["depends_on"]) <= set(SERVICES)


def test_the_proxy_finds_its_files_on_the_machine() -> None:
    served = re.findall(r"alias (/\S+?)/;", (DEPLOY / "nginx/rougedb.conf").read_text())
    assert len(served) == 2
    for name in ("setup", "site"):
        assert {f"{path}:{path}" for path in served} <= set(SERVICES[name]["volumes"])
    assert "manage.py collectstatic" in SERVICES["setup"]["command"]


@pytest.mark.django_db(transaction=True)
def test_a_site_that_lives_is_healthy(environment: dict[str, str], tmp_path: Path) -> None:
    """The check asks by an address that is none of the site's hosts, and without https."""
    match = re.search(r"^HEALTHCHECK .*?CMD (\[.*?\])$", DOCKERFILE, re.MULTILINE | re.DOTALL)
    assert match
    _, *arguments = json.loads(match[1])
    port = free_port()
    check = [sys.executable, *(each.replace("8000", str(port)) for each in arguments)]
    told = environment | {"ALLOWED_HOSTS": "rougedb.example", "SITE_URL": "https://rougedb.example", "PORT": str(port)}
    assert subprocess.run(check, capture_output=True).returncode != 0  # noqa: S603
    with running([str(settings.BASE_DIR / "deploy/serve")], port, tmp_path / "log", **told):
        done = subprocess.run(check, capture_output=True, text=True)  # noqa: S603
    assert (done.returncode, done.stderr) == (0, "")
