"""The project's own rules, read off its syntax trees, its templates and its URLs."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver

from characters import emblems
from drawings.plates import mixed

ROOT = Path(settings.BASE_DIR)
APPS = ("episodes", "corrections", "characters", "rougedb")  # each may import those before it
PUBLIC_VIEWS = [ROOT / f"{name}.py" for name in ("characters/views", "characters/suggesting_views", "episodes/views")]

PUBLIC_MODULES = ("characters.views", "characters.suggesting_views", "episodes.views", "corrections.views")

# Every view declares what it is by standing here. Those of `PUBLIC` show lore, and read it from request.lore alone.
PUBLIC = {
    "home", "characters", "character-bare", "character", "character-short", "factions", "faction-short", "faction",
    "tags", "tag", "episodes", "episode", "sitemap", "search", "suggest", "changes", "correct-characters",
    "correct-factions", "correct-episodes", "graph", "then", "recap",
}  # fmt: skip
FREE_OF_CONTENT = {"progress", "theme", "robots", "healthz"}
# What people sent, for themselves alone: `corrections.views.own_correction` is the doorway.
CONTRIBUTORS = {
    "corrections", "correction", "correction-withdraw", "correction-answer", "correction-again", "receipt",
    "receipt-withdraw", "receipt-answer", "receipt-again",
}  # fmt: skip
# Whose views these are is a matter of one's own account; they stand under /accounts/ and nowhere else.
ACCOUNTS = ("allauth.account.", "allauth.mfa.", "episodes.accounts")

# Where content is written: the write door and the loader.
WRITERS = {
    "corrections/apply.py", "characters/datasets/loading.py", "characters/portraits.py", "characters/models.py",
    "characters/roles.py", "characters/indexing.py",
    "episodes/accounts.py", "episodes/viewers.py", "episodes/signing_in.py",  # accounts, which are no content
}  # fmt: skip
WRITES = {"save", "create", "update", "delete", "bulk_create", "bulk_update", "get_or_create", "update_or_create"}


def python_files(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from (path for path in (ROOT / folder).rglob("*.py") if "migrations" not in path.parts)


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


def imports_of(path: Path) -> Iterator[tuple[str, bool]]:
    """Each imported module, and whether it is for the type checker alone."""
    tree = tree_of(path)
    for_types = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    package = path.relative_to(ROOT).parts[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, id(node) in for_types) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield from ((f"{module}.{alias.name}", id(node) in for_types) for alias in node.names)


@pytest.mark.parametrize("app", APPS)
def test_imports_run_one_way(app: str) -> None:
    forbidden = APPS[APPS.index(app) + 1 :]
    wrong = [
        f"{path.relative_to(ROOT)}: {module}"
        for path in python_files(app)
        for module, for_types in imports_of(path)
        if module.split(".")[0] in forbidden and not for_types
    ]
    assert not wrong


@pytest.mark.parametrize("path", PUBLIC_VIEWS, ids=str)
def test_public_views_read_through_lore_alone(path: Path) -> None:
    for module, _ in imports_of(path):
        assert ".models" not in module, module
    names = {node.attr for node in ast.walk(tree_of(path)) if isinstance(node, ast.Attribute)}
    assert not names & {"objects", "_base_manager", "_default_manager"}
    assert not {name for name in names if name.endswith("_set")}


def test_only_the_read_door_reads_gated_rows() -> None:
    """Besides it: the models and what checks, loads, dumps and edits them, which must see everything."""
    readers = {
        "characters/lore.py", "characters/cast.py", "characters/models.py", "characters/mentions.py",
        "characters/admin.py", "characters/gaps.py", "characters/learned.py", "characters/learning.py",
        "characters/spoilers.py", "characters/datasets/loading.py",
        "characters/datasets/dumping.py",
        "characters/search.py", "characters/indexing.py", "characters/facets.py", "characters/correctable.py",
        "characters/moderating.py",
        "characters/naming.py", "characters/contributing.py", "characters/retelling.py",
        "characters/graph.py",
    }  # fmt: skip
    for path in python_files("characters", "episodes", "corrections"):
        imported = {module for module, for_types in imports_of(path) if not for_types}
        if any(module.startswith("characters.models") for module in imported):
            assert str(path.relative_to(ROOT)) in readers, path


READ_DOOR = ("lore", "cast", "search", "facets", "naming", "contributing", "retelling", "graph")


@pytest.mark.parametrize("name", READ_DOOR)
def test_the_read_door_starts_every_query_at_the_gate(name: str) -> None:
    """At the reader's episode: a number that stands in the code is nobody's."""
    path = ROOT / f"characters/{name}.py"
    source = path.read_text()
    ungated = re.findall(r"(?:\b(?!Series|Episode)[A-Z]\w+|\bmodel)\.objects\b(?!\s*\.as_of\()", source)
    assert ungated == []
    assert not re.findall(r"\._(?:base|default)_manager\b", source)
    gates = [node for node in ast.walk(tree_of(path)) if isinstance(node, ast.Call) and _name_of(node) == "as_of"]
    assert not [ast.unparse(gate) for gate in gates if any(isinstance(arg, ast.Constant) for arg in gate.args)]
    assert len(gates) + source.count("fetched(") >= 2


def test_only_the_read_door_has_statements_by_hand() -> None:
    """`tests/nets.py` looks whether they have the gate."""
    for path in python_files("characters", "episodes", "corrections"):
        if "characters.statements.fetched" in {module for module, _ in imports_of(path)}:
            assert path.stem in READ_DOOR, path


def _name_of(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


@pytest.mark.parametrize("path", sorted((ROOT / "templates").rglob("*.*")), ids=lambda p: str(p.relative_to(ROOT)))
def test_templates_show_values_and_fetch_nothing(path: Path) -> None:
    if {"admin", "mfa"} & set(path.parts):
        return  # for editors; and the keys of one's own account
    for expression in re.findall(r"{[{%](.*?)[%}]}", path.read_text()):
        assert not re.search(r"\.objects|_set\b|\.all\b|\.pk\b|\.key\b|\|safe\b", expression), expression


def test_nothing_else_writes_content() -> None:
    for path in python_files("characters", "episodes", "corrections"):
        name = str(path.relative_to(ROOT))
        if name in WRITERS or "management" in path.parts:
            continue
        calls = [
            node.func.attr
            for node in ast.walk(tree_of(path))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in WRITES
        ]
        # A dict or a set may be updated and a name deleted; what writes is a call on a manager or a row. Corrections
        # write down what was sent, but they know no model of the show: a row is all they could save.
        source = path.read_text()
        manager = "(?!)" if name.startswith("corrections/") else "objects"
        writing = [
            call
            for call in calls
            if re.search(rf"{manager}\.\w*{call}\(|\b(row|found|_base_manager)\.{call}\(", source)
        ]
        assert not writing, name


def patterns(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for pattern in resolver.url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield route, pattern
        elif isinstance(pattern, URLResolver) and pattern.app_name != "admin":
            yield from patterns(pattern, route)


def test_every_view_declares_what_it_is() -> None:
    views = [(route, pattern.name, pattern.callback) for route, pattern in patterns(get_resolver())]
    for route, name, view in views:
        assert route.startswith("accounts/") == view.__module__.startswith(ACCOUNTS), name
    found = {name: view for _, name, view in views if not view.__module__.startswith(ACCOUNTS)}
    assert set(found) == PUBLIC | FREE_OF_CONTENT | CONTRIBUTORS
    for name in PUBLIC:
        assert found[name].__module__ in PUBLIC_MODULES, name


def test_no_committed_file_names_a_package_registry() -> None:
    hosts = ("py" + "pi.org", "python" + "hosted", "registry.np" + "mjs")
    for path in [*ROOT.glob("requirements/*"), ROOT / "pyproject.toml", ROOT / "Makefile", ROOT / ".ci/run"]:
        assert not any(host in path.read_text() for host in hosts), path


def test_requirements_are_pinned_and_hashed() -> None:
    for path in ROOT.glob("requirements/*.txt"):
        blocks = re.split(r"\n(?=\S)", path.read_text())
        required = [block for block in blocks if block and not block.startswith("#")]
        assert required
        for block in required:
            assert re.match(r"[\w.\[\],-]+==\S+", block), block[:60]
            assert "--hash=sha256:" in block, block[:60]


@pytest.mark.parametrize("path", sorted((ROOT / "templates").rglob("*.html")), ids=lambda p: str(p.relative_to(ROOT)))
def test_templates_have_nothing_inline_that_the_policy_for_content_forbids(path: Path) -> None:
    if "email" in path.parts:
        return
    source = path.read_text()
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", source), "a style or a handler"
    for script in re.findall(r"<script\b[^>]*>", source):
        assert "src=" in script or 'type="application/json"' in script, script


def test_every_accent_has_its_class_and_carries_white() -> None:
    sheet = (ROOT / "static/css/site.css").read_text()
    assert dict(re.findall(r"\.accent-([\w-]+) { --plate: (#\w{6}); }", sheet)) == emblems.ACCENTS
    paper, night = (
        re.search(rf"--paper: light-dark\({pair}\)", sheet) for pair in (r"(#\w{6}), .*?", r".*?, (#\w{6})")
    )
    assert paper is not None
    assert night is not None
    for name, plate in emblems.ACCENTS.items():
        lighter = mixed(plate, "#ffffff", 0.4)
        assert contrast(plate, "#fdf3ec") >= 4.5, name
        assert contrast(plate, paper[1]) >= 4.5, name
        assert contrast(lighter, night[1]) >= 4.5, name


def test_the_admin_has_the_tokens_of_the_site() -> None:
    site, desk = ((ROOT / f"static/css/{name}.css").read_text() for name in ("site", "admin"))
    tokens = dict(re.findall(r"^  (--[\w-]+): (.+);$", site, re.MULTILINE))
    shared = [
        (name, value) for name, value in re.findall(r"^  (--[\w-]+): (.+);$", desk, re.MULTILINE) if name in tokens
    ]
    assert len(shared) >= 19
    # Django calls its bright colour --accent; here that of the subject is meant.
    assert [name for name, value in shared if tokens[name] != value and name != "--accent"] == []
    assert re.findall("@font-face.+", desk) == re.findall("@font-face.+", site)


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    """As WCAG has it."""
    parts = [value / 255 for value in bytes.fromhex(colour[1:])]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_every_link_in_the_docs_leads_somewhere() -> None:
    for path in [ROOT / "README.md", *ROOT.glob("docs/*.md")]:
        for link in re.findall(r"\]\(([^)#]+)\)", path.read_text()):
            assert "://" in link or (path.parent / link).exists(), f"{path.name}: {link}"
