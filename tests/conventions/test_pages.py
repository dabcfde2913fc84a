"""How pages are put together: templates, URLs, requirements, colours and docs."""

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from characters.kinds import SUBJECTS
from characters.pictures import emblems
from drawings.plates import mixed
from episodes.kept_pages import keeping_of
from tests.conventions.source import ROOT

PUBLIC_MODULES = (
    "characters.views", "characters.contributing.views", "characters.contributing.notes",
    "characters.contributing.missing", "episodes.views", "corrections.views", "corrections.feeds",
)  # fmt: skip

# Every view declares what it is by standing here. Those of `PUBLIC` show lore, and read it from request.lore alone.
PUBLIC = {
    "home", "character-bare", "tags", "tag", "episodes", "episode", "sitemap", "search", "suggest", "changes",
    "history", "changes-feed", "changes-feed-at", "history-feed", "history-feed-at",
    "correct-episodes", "graph", "linked", "then", "recap", "about", "privacy", "tag-short", "went-back",
    "voices", "voice", "voice-short", "staff", "told-too-much",
    "propose-character",
    *(name for kind in SUBJECTS for name in (kind.plural, kind.name, f"{kind.name}-short", f"correct-{kind.plural}")),
}  # fmt: skip
FREE_OF_CONTENT = {"progress", "theme", "robots", "healthz", "readyz", "metrics", "security-txt"}
# What people sent, for themselves alone: `corrections.views.own_correction` is the doorway.
CONTRIBUTORS = {
    "corrections", "correction", "correction-withdraw", "correction-answer", "correction-again", "receipt",
    "receipt-withdraw", "receipt-answer", "receipt-again",
    "watching", "watching-stop",  # what they watch
}  # fmt: skip
# Whose views these are is a matter of one's own account; they stand under /accounts/ and nowhere else.
ACCOUNTS = ("allauth.account.", "allauth.mfa.", "allauth.usersessions.", "episodes.accounts.")


@pytest.mark.parametrize("path", sorted((ROOT / "templates").rglob("*.*")), ids=lambda p: str(p.relative_to(ROOT)))
def test_templates_show_values_and_fetch_nothing(path: Path) -> None:
    if {"admin", "mfa"} & set(path.parts):
        return  # for editors; and the keys of one's own account
    for expression in re.findall(r"{[{%](.*?)[%}]}", path.read_text()):
        assert not re.search(r"\.objects|_set\b|\.all\b|\.pk\b|\.key\b|\|safe\b", expression), expression


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


def test_no_value_is_asked_for_within_a_statement_where_it_would_be_shown_as_it_stands() -> None:
    templates = [*(ROOT / "templates").rglob("*.html")]
    assert [path.name for path in templates if re.search(r"{%(?:(?!%}).)*{{", path.read_text())] == []


@pytest.mark.parametrize("path", sorted((ROOT / "templates").rglob("*.html")), ids=lambda p: str(p.relative_to(ROOT)))
def test_templates_have_nothing_inline_that_the_policy_for_content_forbids(path: Path) -> None:
    if "email" in path.parts:
        return
    source = path.read_text()
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", source), "a style or a handler"
    for script in re.findall(r"<script\b[^>]*>", source):
        assert "src=" in script or 'type="application/json"' in script, script


def test_apostrophes_are_those_that_pages_print() -> None:
    templates = [
        (path, re.sub(r"{[%{#].*?[}%#]}", "", path.read_text())) for path in (ROOT / "templates").rglob("*.html")
    ]
    names = re.compile(r"(?m)^.*\bkind: (?:name|codename|title|variant)\b.*$")  # in their official spelling
    show = (ROOT / "characters/datasets/metallic_rouge").glob("*.yaml")
    texts = [(path, names.sub("", path.read_text())) for path in show]
    for path, text in (*templates, *texts):
        assert not re.search(r"\w'(s|t|re|ve|ll|d)?\b(?! *[=>])", text), path


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


@pytest.mark.parametrize("colour", ["ink-soft", "rust", "teal"])
def test_small_text_on_paper_has_the_contrast_of_level_aaa(colour: str) -> None:
    sheet = (ROOT / "static/css/site.css").read_text()
    usual, _, _ = sheet.partition("prefers-contrast: more")
    pairs = dict(re.findall(r"--([\w-]+): light-dark\((#\w{6}, #\w{6})\);", usual))
    for name in ("paper", "paper-then"):
        for text, paper in zip(pairs[colour].split(", "), pairs[name].split(", "), strict=True):
            assert contrast(text, paper) >= 7, text


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


READS = re.compile(r'request\.GET(?:\.get\(|\.getlist\(|\[)"(\w+)"|"(\w+)" in request\.GET')
READ_BY = {"_typed(request)": "q", "_page_number(request)": "page"}


def test_what_a_kept_page_reads_of_its_address_is_declared() -> None:
    """A parameter that is not declared never arrives: the page is made for a request without it."""
    looked_at = 0
    for _, pattern in patterns(get_resolver()):
        keeping = keeping_of(pattern.callback)
        if keeping is None:
            continue
        source = inspect.getsource(inspect.unwrap(pattern.callback))
        read = {one or other for one, other in READS.findall(source)}
        read |= {parameter for call, parameter in READ_BY.items() if call in source}
        arguments = {"kind": pattern.default_args["kind"]} if "kind" in pattern.default_args else {}
        assert read <= keeping.parameters(**arguments).keys(), pattern.name
        looked_at += len(read)
    assert looked_at > 10
