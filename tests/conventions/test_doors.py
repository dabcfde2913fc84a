"""Who may read gated rows, and who may write content."""

import ast
import re
from pathlib import Path

import pytest

from tests.conventions.source import imports_of, name_of, python_files, tree_of

PUBLIC_VIEWS = [*python_files("characters/views.py", "characters/contributing/views.py", "episodes/views.py")]
# What public pages are made of: all of it reads through the gate.
READ_DOOR = ("characters/lore/**", "characters/contributing/**")
# Besides it: the models and what checks, indexes, loads, dumps and edits them, which must see everything.
SEE_EVERYTHING = (
    "characters/models/**", "characters/kinds.py", "characters/derived.py", "characters/indexing.py",
    "characters/spoilers/**",
    "characters/moderation/**", "characters/admin/**", "characters/datasets/**", "characters/apps.py",
)  # fmt: skip
# Where content is written: the write door, the loader, and the models themselves.
WRITERS = (
    "corrections/writing.py", "corrections/many.py", "corrections/renaming.py", "characters/datasets/loading.py",
    "characters/datasets/writing.py", "characters/pictures/files.py", "characters/models/**", "characters/roles.py",
    "characters/derived.py", "characters/indexing.py",
    "characters/management/**", "corrections/management/**",
    "episodes/accounts/**", "episodes/viewers.py", "episodes/limits.py",  # accounts, which are no content
)  # fmt: skip
ORDERS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
WRITES = {"save", "create", "update", "delete", "bulk_create", "bulk_update", "get_or_create", "update_or_create"}


@pytest.mark.parametrize("path", PUBLIC_VIEWS, ids=name_of)
def test_public_views_read_through_lore_alone(path: Path) -> None:
    for module in imports_of(path):
        assert ".models" not in module, module
    names = {node.attr for node in ast.walk(tree_of(path)) if isinstance(node, ast.Attribute)}
    assert not names & {"objects", "_base_manager", "_default_manager"}
    assert not {name for name in names if name.endswith("_set")}


def test_there_are_public_views() -> None:
    assert len(PUBLIC_VIEWS) == 3


def test_only_the_read_door_reads_gated_rows() -> None:
    readers = {*python_files(*READ_DOOR), *python_files(*SEE_EVERYTHING)}
    for path in python_files("characters/**", "episodes/**", "corrections/**"):
        if any(f"{module}.".startswith("characters.models.") for module in imports_of(path)):
            assert path in readers, name_of(path)


@pytest.mark.parametrize("path", [*python_files(*READ_DOOR)], ids=name_of)
def test_the_read_door_starts_every_query_at_the_gate(path: Path) -> None:
    """At the reader's episode: a number that stands in the code is nobody's."""
    source = path.read_text()
    assert re.findall(r"(?:\b(?!Series|Episode)[A-Z]\w+|\bmodel)\.objects\b(?!\s*\.as_of\()", source) == []
    assert not re.findall(r"\._(?:base|default)_manager\b", source)
    gates = [node for node in ast.walk(tree_of(path)) if isinstance(node, ast.Call) and _method_of(node) == "as_of"]
    assert not [ast.unparse(gate) for gate in gates if any(isinstance(arg, ast.Constant) for arg in gate.args)]


def test_the_read_door_is_where_the_gate_is() -> None:
    """Should it move, the test above would look at nothing."""
    sources = [path.read_text() for path in python_files(*READ_DOOR)]
    gated = sum(source.count(".as_of(") for source in sources)
    by_hand = sum(source.count("fetched(") + source.count("_known(") for source in sources)
    assert min(gated, by_hand) > 10
    assert gated + by_hand > 30


def test_what_is_known_is_compared_in_one_place() -> None:
    """Elsewhere, a change of the gate would pass over the copy."""
    in_sql = re.compile(r'(?:revealed|ended)_in(?:__lte|_id__lte|_id\\?" *(?:<=|>) *(?:%s|\{))')
    of_row, of_viewer = re.compile(r"(?:revealed|ended|known|sent)_(?:in|from)"), re.compile(r"progress|horizon|sees")
    comparing = set()
    for path in python_files("characters/**", "episodes/**", "corrections/**"):
        ordered = (
            (ast.unparse(node.left), *map(ast.unparse, node.comparators))
            for node in ast.walk(tree_of(path))
            if isinstance(node, ast.Compare) and any(isinstance(each, ORDERS) for each in node.ops)
        )
        if in_sql.search(path.read_text()) or any(
            any(map(of_row.search, sides)) and any(map(of_viewer.search, sides)) for sides in ordered
        ):
            comparing.add(name_of(path))
    assert comparing == {"episodes/known.py", "corrections/desk/queue_filters.py"}  # moderators choose episodes by hand


def test_only_the_read_door_has_statements_by_hand() -> None:
    """`tests/nets.py` looks whether they have the gate."""
    door = {*python_files("characters/lore/**")}
    for path in python_files("characters/**", "episodes/**", "corrections/**"):
        if {"characters.lore.statements.fetched", "characters.lore.statements.read"} & set(imports_of(path)):
            assert path in door, name_of(path)


def _method_of(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


def test_nothing_else_writes_content() -> None:
    """What the syntax shows; `write_net` in tests/nets.py sees what is really sent to the database."""
    writers = {*python_files(*WRITERS)}
    for path in python_files("characters/**", "episodes/**", "corrections/**"):
        name = name_of(path)
        if path in writers:
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


def test_only_the_process_with_limits_decodes_pictures() -> None:
    decoding = {"PIL", "django.forms.ImageField", "django.core.files.images"}
    apps = [*python_files("characters/**", "episodes/**", "corrections/**", "rougedb/**")]
    importing = {
        name_of(path)
        for path in apps
        if any(f"{module}.".startswith(f"{each}.") for module in imports_of(path) for each in decoding)
    }
    assert importing == {"characters/pictures/encoding.py"}
    forms = [name_of(path) for path in apps if "forms.ImageField" in path.read_text()]
    assert forms == []
