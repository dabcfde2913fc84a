"""Laws 1 and 2 on stories of two axes that nobody wrote: random shows, of which some is told in chapters, too."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from characters.datasets.dumping import dump
from characters.datasets.loading import load
from characters.models import Alias, Character, Unmasking
from characters.vocabulary import Attribute
from episodes.axes import Progress
from episodes.known import is_known
from tests.laws.test_no_leak import assert_twins
from tests.laws.test_random_shows import any_show, assert_comes_back, shows
from tests.shows import write_show
from tests.twins import answers, crawl, everything_asked, searches, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.laws]

LAST = 4  # chapters

type Row = dict[str, Any]


class _Second:
    """Gives rows a second place, no earlier than those that they hang on have there."""

    def __init__(self, draw: st.DrawFn, subjects: list[Row]) -> None:
        self.draw = draw
        self.first = {
            row["key"]: 0 if row["revealed_in"] == 0 else draw(st.none() | st.integers(1, LAST)) for row in subjects
        }

    def give(self, row: Row, *keys: str, taken: set[Any], told_apart_by: Any, alone: bool = True) -> None:
        """Give a row a second place, or no other than that, unless it is known from the start."""
        text = row.get("text") or row.get("value") or ""
        needed = [self.first.get(key) for key in (*keys, *(key for key in ("c0", "f0") if f"[[{key}]]" in text))]
        there = [place for place in needed if place is not None]
        if row["revealed_in"] == 0 or len(there) < len(needed) or not self.draw(st.booleans()):
            return
        place = self.draw(st.integers(max([1, *there]), LAST))
        if (told_apart_by, place) in taken:
            return
        taken.add((told_apart_by, place))
        row["or_revealed_in"] = place
        if "ended_in" in row and self.draw(st.booleans()):
            row["or_ended_in"] = self.draw(st.integers(place, LAST))
        if alone and self.draw(st.booleans()):
            del row["revealed_in"]
            row.pop("ended_in", None)


@st.composite
def shows_of_two_axes(draw: st.DrawFn) -> dict[str, Any]:
    show = draw(shows())
    second = _Second(draw, [*show["characters"], *show["factions"]])
    for subject in (*show["characters"], *show["factions"]):
        key, place = subject["key"], second.first[subject["key"]]
        taken: set[Any] = {("headline", place)}
        if place:
            subject["or_revealed_in"] = subject["aliases"][0]["or_revealed_in"] = place
        for row in subject["aliases"][1:]:
            second.give(row, key, taken=taken, told_apart_by="headline" if row["headline"] else row["name"])
        for row in subject["traits"]:
            is_single = row["attribute"] in Attribute.single_valued()
            second.give(row, key, taken=taken, told_apart_by=(row["attribute"], "" if is_single else row["value"]))
        for row in subject["tags"]:
            second.give(row, key, taken=taken, told_apart_by=("tag", row["name"]))
        for row in subject.get("memberships", ()):
            second.give(row, key, row["faction"], taken=taken, told_apart_by=("in", row["faction"]))
    taken = set()
    for row in show["relationships"]:
        ends = row["source"], row["target"]
        second.give(row, *ends, taken=taken, told_apart_by=(*ends, row["kind"]))
    superseded = {row.get("supersedes") for row in show["revelations"]}
    for row in show["revelations"]:
        earlier = [row["supersedes"]] if "supersedes" in row else []
        keys = (*row["characters"], *row["factions"], *earlier)
        second.give(row, *keys, taken=taken, told_apart_by=row["key"], alone=row["key"] not in superseded)
        second.first[row["key"]] = row.get("or_revealed_in", 0 if row.get("revealed_in") == 0 else None)
    for row in show["unmaskings"]:
        second.give(row, row["persona"], row["identity"], taken=taken, told_apart_by=row["persona"])
    chapters = [{"number": number, "title": f"Heading of {number}"} for number in range(1, LAST + 1)]
    return show | {"chapters": chapters}


def pairs_of(show: dict[str, Any]) -> list[Progress]:
    last = len(show["episodes"])
    return [Progress(0, 2), Progress(last, 1), Progress(last // 2, 3), Progress(max(last - 1, 0), LAST)]


@any_show
@given(show=shows_of_two_axes())
def test_no_show_tells_a_pair_anything_early(tmp_path_factory: pytest.TempPathFactory, show: dict[str, Any]) -> None:
    directory = tmp_path_factory.mktemp("show")
    load(write_show(directory / "full", **show), replace=True)
    pairs = pairs_of(show)
    told = [everything_asked(at, also=searches(int(at))) for at in pairs]
    for number, at in enumerate(pairs):
        dump(directory / f"{number}", as_of=at)
    for number, at in enumerate(pairs):
        load(directory / f"{number}", replace=True)
        assert_twins(told[number], answers(told[number], progress=at))


@any_show
@given(show=shows_of_two_axes())
def test_every_show_tells_a_pair_all_that_is_known(
    tmp_path_factory: pytest.TempPathFactory, show: dict[str, Any]
) -> None:
    load(write_show(tmp_path_factory.mktemp("show"), **show), replace=True)
    for at in pairs_of(show):
        bodies = [answer.body for answer in crawl(at).values() if answer.status == 200]
        everything = " ".join(text_of(body) for body in bodies).casefold()
        for alias in Alias.objects.filter(is_known(at)):
            assert " ".join(alias.name.split()).casefold() in everything, alias
        for person in Character.objects.filter(is_known(at)):
            unmasked = Unmasking.objects.filter(is_known(at), persona=person).exists()
            assert unmasked or any(f'href="/c/{person.public_id}/"'.encode() in body for body in bodies)


@any_show
@given(show=shows_of_two_axes())
def test_load_dump_load_is_the_identity(tmp_path_factory: pytest.TempPathFactory, show: dict[str, Any]) -> None:
    assert_comes_back(tmp_path_factory.mktemp("show"), show)
