"""Law 1: at progress N a site answers as if nothing later were in it. Full site and cut site, byte for byte."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection

from characters.datasets.dumping import dump
from characters.datasets.loading import load
from characters.kinds import SUBJECTS, tagging_of
from characters.models import Character, Tag
from tests.shows import LAST_EPISODE
from tests.twins import (
    CRAWLED,
    NONSENSE,
    Answer,
    answers,
    bearers,
    every_word,
    everything_asked,
    forms,
    found_by_words,
    narrowed_lists,
    searches,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("real_show")]


def first_difference(full: Answer, cut: Answer) -> str:
    if full[:2] != cut[:2]:
        return f"{full[:2]} against {cut[:2]}"
    at = next((place for place, (a, b) in enumerate(zip(full.body, cut.body, strict=False)) if a != b), 0)
    return f"…{full.body[max(at - 80, 0) : at + 80]!r}… against …{cut.body[max(at - 80, 0) : at + 80]!r}…"


def assert_twins(full: dict[str, Answer], cut: dict[str, Answer]) -> None:
    leaks = {
        address: first_difference(full[address], cut[address]) for address in full if full[address] != cut[address]
    }
    assert not leaks, f"{len(leaks)} addresses tell: " + "\n".join(f"{a}: {d}" for a, d in sorted(leaks.items())[:5])


# An early episode, after which most is hidden, is swept with the other tests. The rest is exhaustive: on SQLite every
# episode but the last, after which nothing is; on PostgreSQL one more, where its search and order of letters show.
EARLY = 3
OTHERS = [n for n in range(LAST_EPISODE) if n != EARLY] if connection.vendor == "sqlite" else [9]
EPISODES = [EARLY, *(pytest.param(number, marks=pytest.mark.laws) for number in OTHERS)]


@pytest.mark.parametrize("progress", EPISODES)
def test_the_real_show_tells_nothing_early(
    tmp_path: Path, crawl_real_show: Callable[[int], dict[str, Answer]], progress: int
) -> None:
    known = crawl_real_show(progress) if progress in CRAWLED else {}
    words = every_word()
    also = (*NONSENSE, *searches(progress), *narrowed_lists(progress), *forms(progress))
    full = everything_asked(progress, also=also, known=known)
    found = found_by_words(words, progress=progress)
    chosen = bearers(progress)
    dump(tmp_path / "cut", as_of=progress)
    load(tmp_path / "cut", replace=True)
    assert_twins(full, answers(full, progress=progress))
    assert found_by_words(words, progress=progress) == found
    assert bearers(progress) == chosen


def test_unknown_and_not_yet_known_are_the_same_bytes() -> None:
    missing = answers(["/c/zzzzzzzzzzzz/"], progress=1)["/c/zzzzzzzzzzzz/"]
    later = [f"/c/{person.public_id}/" for person in Character.objects.filter(revealed_in__gt=1)]
    later += [
        f"/characters/{person.public_id}/rouge-redstar/" for person in Character.objects.filter(revealed_in__gt=1)
    ]
    later += [
        f"/{kind.plural}/{subject.public_id}/x/"
        for kind in SUBJECTS
        for subject in kind.model._base_manager.filter(revealed_in__gt=1)
    ]
    known = {tag for kind in SUBJECTS for tag in tagging_of(kind).objects.as_of(1).values_list("tag", flat=True)}
    later += [f"/tags/{tag.slug}/" for tag in Tag.objects.exclude(pk__in=known)]
    assert len(later) > 100
    assert missing.status == 404
    for address, answer in answers(later, progress=1).items():
        assert answer == missing, address
