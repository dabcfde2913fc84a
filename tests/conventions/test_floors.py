"""Imports run one way: between the apps, between the floors of `characters/`, and nowhere in a circle."""

import pytest

from tests.conventions.source import APPS, import_graph, imports_of, module_of, name_of, python_files

# From the ground up; each may import what stands before it.
FLOORS = (
    ("characters.vocabulary", "characters.public_ids", "characters.roles", "characters.converters"),
    ("characters.text",),
    ("characters.pictures",),
    ("characters.models",),
    ("characters.kinds",),
    ("characters.indexing", "characters.derived"),
    ("characters.spoilers",),
    ("characters.values",),
    ("characters.lore",),
    ("characters.shape",),
    ("characters.contributing",),
    ("characters.moderation",),
    ("characters.datasets",),
    ("characters.admin",),
    ("characters.parameters", "characters.views", "characters.urls", "characters.middleware"),
    ("characters.management",),
    ("characters.apps",),
)


def floor_of(module: str) -> int:
    return next(
        number for number, rooms in enumerate(FLOORS) if any(f"{module}.".startswith(f"{room}.") for room in rooms)
    )


@pytest.mark.parametrize("app", APPS)
def test_apps_import_only_those_below_them(app: str) -> None:
    above = APPS[APPS.index(app) + 1 :]
    wrong = [
        f"{name_of(path)}: {module}"
        for path in python_files(f"{app}/**")
        for module in imports_of(path)
        if module.split(".")[0] in above
    ]
    assert wrong == []


def test_rooms_of_characters_import_only_those_below_them() -> None:
    modules = {module: imported for module, imported in import_graph().items() if module.startswith("characters.")}
    wrong = [
        f"{module}: {other}"
        for module, imported in modules.items()
        for other in imported
        if other.startswith("characters.") and floor_of(other) > floor_of(module)
    ]
    assert wrong == []
    rooms = {room for floor in FLOORS for room in floor}
    assert rooms == {".".join(module.split(".")[:2]) for module in modules}


def test_no_modules_import_each_other_in_a_circle() -> None:
    assert circles(import_graph()) == []


def test_a_circle_is_found() -> None:
    graph = {"a": {"b"}, "b": {"c", "d"}, "c": {"a"}, "d": set(), "e": {"a"}}
    assert circles(graph) == [["a", "b", "c"]]


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Return the groups of modules that reach one another by imports."""
    reached = {module: reach(graph, module) for module in graph}
    groups = {frozenset(other for other in reached[module] if module in reached[other]) for module in graph}
    return sorted(sorted(group) for group in groups if group)


def reach(graph: dict[str, set[str]], start: str) -> set[str]:
    """Return every module that one can come to from another."""
    reached: set[str] = set()
    waiting = list(graph[start])
    while waiting:
        module = waiting.pop()
        if module not in reached:
            reached.add(module)
            waiting += graph[module]
    return reached


def test_every_module_has_one_place() -> None:
    assert len({module_of(path) for path in python_files("characters/**")}) > 60
