"""What docs/security.md says is there, and what no code of ours may use."""

import ast
import re
from pathlib import Path

import pytest
from django.conf import settings

from tests.conventions.source import APPS, ROOT, name_of, python_files, tree_of

PAGE = ROOT / "docs/security.md"
ROW = re.compile(r"\| (\d+(?:\.\d+){1,2}) \| ([^|]+) \|([^|]*)\| ([^|]+) \|")
QUOTED = re.compile(r"`([^`]+)`")
FILE = re.compile(r"[\w./-]+\.(?:py|md|conf|html|js|txt|toml|service|timer|yaml|example)|[\w./-]+/[\w./-]*")
WITHOUT_TEST = ("reading", "not applicable: ", "open: ", "partly open: ")
# Of ASVS 5.0.0, in each section how many requirements there are at levels 1 and 2.
SECTIONS = {
    "1.1": 2, "1.2": 9, "1.3": 11, "1.4": 3, "1.5": 2, "2.1": 3, "2.2": 3, "2.3": 4, "2.4": 1, "3.2": 2, "3.3": 4,
    "3.4": 6, "3.5": 5, "3.7": 2, "4.1": 3, "4.2": 1, "4.3": 2, "4.4": 4, "5.1": 1, "5.2": 3, "5.3": 2, "5.4": 3,
    "6.1": 3, "6.2": 12, "6.3": 4, "6.4": 4, "6.5": 5, "6.6": 3, "6.8": 4, "7.1": 3, "7.2": 4, "7.3": 2, "7.4": 5,
    "7.5": 2, "7.6": 2, "8.1": 2, "8.2": 3, "8.3": 1, "8.4": 1, "9.1": 3, "9.2": 4, "11.1": 2, "11.2": 3, "11.3": 3,
    "11.4": 4, "11.5": 1, "11.6": 1, "12.1": 3, "12.2": 2, "12.3": 4, "13.1": 1, "13.2": 5, "13.3": 2, "13.4": 5,
    "14.1": 2, "14.2": 4, "14.3": 3, "15.1": 3, "15.2": 3, "15.3": 7, "16.1": 1, "16.2": 5, "16.3": 4, "16.4": 3,
    "16.5": 3,
}  # fmt: skip
WHOLE_CHAPTERS = ["10", "17"]  # which have one line each

ROWS = [match.groups() for line in PAGE.read_text().splitlines() if (match := ROW.fullmatch(line))]


def test_every_requirement_has_a_line() -> None:
    numbers = [number for number, *_ in ROWS]
    assert len(numbers) == len(set(numbers))
    found: dict[str, int] = {}
    for number in numbers:
        section = number.rpartition(".")[0]
        found[section] = found.get(section, 0) + 1
    assert found == SECTIONS
    for chapter in WHOLE_CHAPTERS:
        assert re.search(rf"^\| {chapter} \|", PAGE.read_text(), re.MULTILINE), chapter


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_what_a_line_names_is_there(row: tuple[str, ...]) -> None:
    _, _, where, shown = row
    names = QUOTED.findall(f"{where} {shown}")
    tests = [name for name in names if "::" in name]
    for name in tests:
        path, _, function = name.partition("::")
        assert re.search(rf"^def {function}\(", (ROOT / path).read_text(), re.MULTILINE), name
    for name in names:
        if name.isupper() and name.isidentifier():
            told = f"\n{name.removesuffix('_FILE')}=" in (ROOT / ".env.example").read_text()
            assert told or hasattr(settings, name), name
        elif "::" not in name and FILE.fullmatch(name) and not name.startswith("/"):
            assert (ROOT / name).exists(), name
    assert tests or shown.startswith(WITHOUT_TEST), "it names no test and no reason why there is none"


FORBIDDEN = {"eval", "exec", "compile", "__import__", "os.system", "os.popen"}
FORBIDDEN_MODULES = {"pickle", "marshal", "shelve", "xml", "lxml", "telnetlib", "ftplib", "requests", "httpx"}
ONLY_SAFE = {"load", "full_load", "unsafe_load", "load_all", "Loader", "FullLoader", "UnsafeLoader"}


@pytest.mark.parametrize("path", [*python_files(*(f"{app}/**" for app in APPS))], ids=name_of)
def test_no_code_runs_what_it_reads(path: Path) -> None:
    """No text becomes code, no shell is started, nothing is unpickled, and nothing is fetched from elsewhere."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Call):
            assert ast.unparse(node.func) not in FORBIDDEN, node.lineno
            assert all(keyword.arg != "shell" for keyword in node.keywords), node.lineno
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "yaml":
            assert node.attr not in ONLY_SAFE, node.lineno
        if isinstance(node, ast.Import | ast.ImportFrom) and not getattr(node, "level", 0):
            module = getattr(node, "module", None) or node.names[0].name
            names = {alias.name for alias in node.names}
            assert module.partition(".")[0] not in FORBIDDEN_MODULES, node.lineno
            assert not {module, *(f"{module}.{name}" for name in names)} & {"urllib.request"}, node.lineno


SCRIPTS_NEVER = re.compile(
    r"\b(?:localStorage|sessionStorage|indexedDB|document\.cookie|document\.write|eval|Function|postMessage|"
    r"insertAdjacentHTML|outerHTML|setAttribute\(\"on\w+|javascript:|__proto__)\b"
)


# But two moments: when the last page was shown, and when the visit before this one ended.
# And the drafts of those without an account, under names of their own.
OF_DRAFTS = re.compile(r"\blocalStorage\.(?:length|(?:key|getItem|setItem|removeItem)\((?:number|name|draft\.name)\b)")
OF_VISITS = re.compile(r"\blocalStorage\.(?:getItem|setItem|removeItem)\((?:LAST|BEFORE)\b")


@pytest.mark.parametrize("path", sorted((ROOT / "static/js").glob("*.js")), ids=lambda path: path.name)
def test_scripts_keep_nothing_and_run_nothing_that_they_read(path: Path) -> None:
    kept = OF_DRAFTS if path.name == "drafts.js" else OF_VISITS
    assert not SCRIPTS_NEVER.findall(kept.sub("", path.read_text()))


NEED_NOT_LAST = {"rougedb/cache.py"}  # what is kept there under another key is made anew


def test_what_is_made_of_a_key_names_one_that_lasts() -> None:
    """Django takes SECRET_KEY unless told another, and a new one must end nothing but sessions and the like."""
    made: list[str] = []
    for path in python_files(*APPS):
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                named = {"salted_hmac": "secret", "Signer": "key"}.get(node.func.id)
                if named and named not in {each.arg for each in node.keywords}:
                    made.append(name_of(path))
    assert set(made) == NEED_NOT_LAST
