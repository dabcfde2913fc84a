"""Laws 1 and 2 on shows that nobody wrote: chains of unmaskings, shared and nested names, rows at episode 0."""

from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from characters.datasets.dumping import dump
from characters.datasets.loading import load
from characters.models import Alias, Character, Unmasking
from characters.vocabulary import DEFAULT, RELATIONS, AliasKind, Attribute, Certainty
from tests.laws.test_no_leak import assert_twins
from tests.shows import episode, headline, write_show
from tests.twins import answers, crawl, every_word, everything_asked, found_by_words, narrowed_lists, searches, text_of

NAMES = (
    "Ann",
    "Ann Lee", "Ann Lee the First", "First", "the red figure", "ルジュ", "Ünïcødé ß", "<b>&amp;</b>", "\"Quote's\"",
    "???", "مرحبا", "a" * 60, "İstanbul", "ﬀ", "nobody", "0", "🦊", "[[c0]]", "Bea_c1", "As_of=3", "page",
)  # fmt: skip
WORDS = (
    "human",
    "Nean",
    "red",
    "blue",
    "was *Ann*",
    "alive",
    "deceased",
    "knows [[c0]]",
    "[[f0]] & <i>co</i>",
    "ルジュ",
)


@st.composite
def shows(draw: st.DrawFn) -> dict[str, Any]:
    last = draw(st.integers(1, 4))
    cast = [f"c{number}" for number in range(draw(st.integers(1, 5)))]
    groups = [f"f{number}" for number in range(draw(st.integers(0, 2)))]
    first = {key: draw(st.integers(0, last)) for key in [*cast, *groups]}

    def after(*keys: str) -> int:
        return draw(st.integers(max([first[key] for key in keys], default=0), last))

    def end(since: int) -> dict[str, int]:
        ended = draw(st.none() | st.integers(since, last))
        return {} if ended is None else {"ended_in": ended}

    def words(*keys: str) -> dict[str, Any]:
        text = draw(st.sampled_from(WORDS))
        mentioned = [key for key in ("c0", "f0") if f"[[{key}]]" in text]
        if any(key not in first for key in mentioned):
            text, mentioned = "nothing", []
        return {"text": text, "revealed_in": after(*keys, *mentioned)}

    def distinct(rows: list[dict[str, Any]], *names: str) -> list[dict[str, Any]]:
        return list({tuple(row.get(name) for name in names): row for row in reversed(rows)}.values())

    def subject(key: str) -> dict[str, Any]:
        names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True))
        aliases = [headline(names[0], since=first[key])]
        for name in names[1:]:
            since = after(key)
            is_headline = draw(st.booleans()) and all(a["revealed_in"] != since or not a["headline"] for a in aliases)
            kind = draw(st.sampled_from(AliasKind.values))
            aliases.append({"name": name, "kind": kind, "headline": is_headline, "revealed_in": since})
        traits = []
        for _ in range(draw(st.integers(0, 3))):
            said = words(key)
            plain = not set(said["text"]) & set("*<>")  # as a definition has to be
            attribute = draw(
                st.sampled_from([each for each in Attribute if plain or each != Attribute.DEFINITION])
            ).value
            traits.append({"attribute": attribute, "value": said["text"], "revealed_in": said["revealed_in"]})
        single, many = set(Attribute.single_valued()), set(Attribute) - set(Attribute.single_valued())
        traits = distinct([t for t in traits if t["attribute"] in single], "attribute", "revealed_in") + distinct(
            [t for t in traits if t["attribute"] in many], "attribute", "value"
        )
        tags = []
        for name in draw(st.lists(st.sampled_from(["ally", "first", "ルジュ", "red figure"]), max_size=2)):
            since = after(key)
            tags.append({"name": name, "revealed_in": since} | end(since))
        return {
            "key": key, "revealed_in": first[key], "aliases": aliases, "traits": traits,
            "tags": distinct(tags, "name", "revealed_in"),
        }  # fmt: skip

    characters = [subject(key) for key in cast]
    for row in characters:
        memberships = []
        for group in draw(st.lists(st.sampled_from(groups), max_size=2)) if groups else []:
            since = after(row["key"], group)
            memberships.append({"faction": group, "role": "agent", "revealed_in": since} | end(since))
        row["memberships"] = distinct(memberships, "faction", "revealed_in")
    relationships = []
    for source, target in draw(st.lists(st.tuples(st.sampled_from(cast), st.sampled_from(cast)), max_size=5)):
        if source != target:
            since = after(source, target)
            kind, certainty = (
                draw(st.sampled_from([kind.key for kind in RELATIONS])),
                draw(st.sampled_from(Certainty.values)),
            )
            relationships.append(
                {"source": source, "kind": kind, "target": target, "certainty": certainty, "revealed_in": since}
                | end(since)
            )
    revelations: list[dict[str, Any]] = []
    for number in range(draw(st.integers(0, 5))):
        about = draw(st.lists(st.sampled_from(cast), max_size=2, unique=True))
        of = draw(st.lists(st.sampled_from(groups), max_size=1)) if groups else []
        row = {
            "key": f"r{number}",
            "certainty": draw(st.sampled_from(Certainty.values)),
            "characters": about,
            "factions": of,
        }
        row |= words(*about, *of)
        earlier = [r["key"] for r in revelations if r["revealed_in"] <= row["revealed_in"]]
        if earlier and draw(st.booleans()):
            row["supersedes"] = draw(st.sampled_from(earlier))
        revelations.append(row)
    unmaskings = []
    for number, persona in enumerate(cast[1:], start=1):
        if draw(st.booleans()):
            identity = draw(st.sampled_from(cast[:number]))
            unmaskings.append({"persona": persona, "identity": identity, "revealed_in": after(persona, identity)})
    return {
        "episodes": [episode(number) for number in range(1, last + 1)],
        "characters": characters,
        "factions": [subject(key) for key in groups],
        "relationships": list({_told_apart_by(tie): tie for tie in reversed(relationships)}.values()),
        "revelations": revelations,
        "unmaskings": unmaskings,
    }


def _told_apart_by(tie: dict[str, Any]) -> tuple[Any, ...]:
    """Return what may be there once of a relationship: what lasts is said of two once, from whichever side."""
    if DEFAULT.relation(tie["kind"]).lasts:
        return tie["kind"], frozenset((tie["source"], tie["target"]))
    return tie["kind"], tie["source"], tie["target"], tie["revealed_in"]


pytestmark = [pytest.mark.django_db, pytest.mark.laws]

any_show = settings(
    max_examples=5 if connection.vendor == "sqlite" else 2,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@any_show
@given(show=shows())
def test_no_show_tells_anything_early(tmp_path_factory: pytest.TempPathFactory, show: dict[str, Any]) -> None:
    directory = tmp_path_factory.mktemp("show")
    load(write_show(directory / "full", **show), replace=True)
    words = every_word()
    told = {n: everything_asked(n, also=searches(n) | narrowed_lists(n)) for n in range(len(show["episodes"]) + 1)}
    found = {n: found_by_words(words, progress=n) for n in told}
    for n in told:
        dump(directory / str(n), as_of=n)
    for n in told:
        load(directory / str(n), replace=True)
        assert_twins(told[n], answers(told[n], progress=n))
        assert found_by_words(words, progress=n) == found[n]


@any_show
@given(show=shows())
def test_every_show_tells_all_that_is_known(tmp_path_factory: pytest.TempPathFactory, show: dict[str, Any]) -> None:
    load(write_show(tmp_path_factory.mktemp("show"), **show), replace=True)
    for n in range(len(show["episodes"]) + 1):
        bodies = [answer.body for answer in crawl(n).values() if answer.status == 200]
        everything = " ".join(text_of(body) for body in bodies).casefold()
        for alias in Alias.objects.filter(revealed_in__lte=n):
            assert " ".join(alias.name.split()).casefold() in everything, alias
        for person in Character.objects.filter(revealed_in__lte=n):
            unmasked = Unmasking.objects.filter(persona=person, revealed_in__lte=n).exists()
            assert unmasked or any(f'href="/c/{person.public_id}/"'.encode() in body for body in bodies)


@any_show
@given(show=shows())
def test_load_dump_load_is_the_identity(tmp_path_factory: pytest.TempPathFactory, show: dict[str, Any]) -> None:
    assert_comes_back(tmp_path_factory.mktemp("show"), show)


def assert_comes_back(directory: Path, show: dict[str, Any]) -> None:
    """Assert that a show is the same after it was loaded and dumped, and is loaded again without a row."""
    load(write_show(directory / "0", **show), replace=True)
    dump(directory / "1")
    load(directory / "1", replace=True)
    dump(directory / "2")
    assert files_of(directory / "1") == files_of(directory / "2")
    assert load(directory / "2").rows == 0


def files_of(directory: Path) -> dict[str, bytes]:
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()}
