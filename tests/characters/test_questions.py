"""What viewers ask, and how often search has the answer first: at each episode from which it can be known on."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from characters.kinds import SUBJECTS
from characters.lore import Lore
from tests.nets import net_lifted
from tests.shows import LAST_EPISODE

QUESTIONS: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "questions.yaml").read_text())
FIRST, AMONG_THREE = 0.9, 0.98


@pytest.fixture
def bearers(real_show: None, netted: None) -> dict[str, tuple[str, str]]:
    """The kind and the public id of everybody, by key."""
    with net_lifted():
        return {row.key: (kind.plural, row.public_id) for kind in SUBJECTS for row in kind.model._base_manager.all()}


def place_of_answer(lore: Lore, question: dict[str, Any], bearers: dict[str, tuple[str, str]]) -> int | None:
    """Return the place of the answer among the results."""
    wanted = {lore.address_of(*bearers[key]) for key in question["answer"]}
    groups = lore.search(question["ask"]).groups
    return next((at for at, group in enumerate(groups) if group.face and group.face.url in wanted), None)


def test_viewers_find_what_they_ask_for(bearers: dict[str, tuple[str, str]]) -> None:
    missed, places = [], []
    for episode in range(LAST_EPISODE + 1):
        lore = Lore(episode)
        for question in QUESTIONS:
            if question["since"] <= episode:
                place = place_of_answer(lore, question, bearers)
                places.append(place)
                if place != 0:
                    missed.append((question["ask"], episode, place))
    assert len(QUESTIONS) >= 60
    assert places.count(0) >= FIRST * len(places), missed
    assert sum(place in (0, 1, 2) for place in places) >= AMONG_THREE * len(places), missed


def test_nobody_is_the_answer_before_it_can_be_known(bearers: dict[str, tuple[str, str]]) -> None:
    early = [
        (question["ask"], lore.progress)
        for lore in map(Lore, range(LAST_EPISODE))
        for question in QUESTIONS
        if lore.progress < question["since"] and place_of_answer(lore, question, bearers) == 0
    ]
    assert not early
