"""The project's own source: its Python files, their syntax trees, and what each imports."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
APPS = ("episodes", "corrections", "characters", "rougedb")  # each may import those before it


def python_files(*patterns: str) -> Iterator[Path]:
    """Yield the files that match any of these patterns, such as `characters/lore/**`; migrations are left out."""
    for pattern in patterns:
        paths = ROOT.glob(pattern if pattern.endswith(".py") else f"{pattern.removesuffix('/**')}/**/*.py")
        yield from sorted(path for path in paths if "migrations" not in path.parts)


def name_of(path: Path) -> str:
    """Return the path as it stands in the repository."""
    return path.relative_to(ROOT).as_posix()


def module_of(path: Path) -> str:
    """Return the dotted name under which a file is imported."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


def imports_of(path: Path) -> Iterator[str]:
    """Yield everything that a file imports, for the type checker or within functions as well, as dotted names."""
    package = module_of(path).split(".") if path.name == "__init__.py" else module_of(path).split(".")[:-1]
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield from (f"{module}.{alias.name}" for alias in node.names)


def import_graph() -> dict[str, set[str]]:
    """Return which of the project's modules each of them imports."""
    modules = {module_of(path): path for path in python_files(*(f"{app}/**" for app in APPS))}
    graph: dict[str, set[str]] = {}
    for module, path in modules.items():
        imported = {name if name in modules else name.rpartition(".")[0] for name in imports_of(path)}
        graph[module] = (imported & modules.keys()) - {module}
    return graph
