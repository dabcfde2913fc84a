"""What is kept in the process between pages: only ever what somebody at that episode of this edition knows."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from characters.lore import Lore, kept
from characters.lore.cast import Cast
from characters.models import Alias, Character
from corrections.scratch import nothing_is_kept
from tests.nets import net_lifted
from tests.shows import character, load_show, unmasking


@pytest.fixture
def small(tmp_path: Path, netted: None) -> Any:
    return lambda **files: load_show(tmp_path, **files)


def shown(key: str, progress: int) -> str:
    """Return the name under which somebody is shown at an episode, by a cast of its own."""
    cast = Cast(Lore(progress))
    cast.note_texts([f"[[{key}]]"])
    cast.look_up()
    return cast.words(f"[[{key}]]")


def root_shown(key: str, progress: int) -> str:
    """Return the name of whom somebody is known to be, who was not noted themselves."""
    cast = Cast(Lore(progress))
    persona = id_of(key)
    cast.note([persona])
    cast.look_up()
    return cast.root_face(persona).name


def id_of(key: str) -> UUID:
    with net_lifted():
        return Character.objects.get(key=key).pk


def is_called(key: str, name: str, since: int) -> None:
    with net_lifted():  # the search index follows, which must see everything
        owner = Character.objects.get(key=key)
        Alias.objects.create(character=owner, name=name, headline=True, revealed_in_id=since)


def test_names_are_kept_by_episode(small: Any) -> None:
    small(characters=[character("ann", "Ann")])
    is_called("ann", "Queen Ann", since=3)
    for _ in range(2):
        assert [shown("ann", progress) for progress in (3, 1, 2, 4)] == ["Queen Ann", "Ann", "Ann", "Queen Ann"]


def test_names_are_read_anew_once_something_is_published(small: Any) -> None:
    small(characters=[character("ann", "Ann")])
    assert shown("ann", 2) == "Ann"
    is_called("ann", "Queen Ann", since=2)
    assert [shown("ann", progress) for progress in (1, 2)] == ["Ann", "Queen Ann"]


def test_no_name_is_kept_of_what_a_trial_tries(small: Any) -> None:
    small(characters=[character("ann", "Ann")])
    with nothing_is_kept():
        is_called("ann", "Queen Ann", since=2)
        assert shown("ann", 2) == "Queen Ann"
    assert shown("ann", 2) == "Ann"


def test_whom_somebody_is_known_to_be_is_kept_along(small: Any) -> None:
    small(
        characters=[character("ann", "Ann"), character("mask", "Mask")], unmaskings=[unmasking("mask", "ann", since=2)]
    )
    for _ in range(2):
        assert [root_shown("mask", progress) for progress in (1, 2)] == ["Mask", "Ann"]


def test_what_is_kept_takes_no_statements(small: Any, django_assert_num_queries: Any) -> None:
    small(characters=[character("ann", "Ann")])
    lore = Lore(2)
    assert lore.edition is not None
    subject = id_of("ann")

    def faces(asked: Iterable[UUID]) -> list[str]:
        cast = Cast(Lore(2, edition=lore.edition))
        cast.note(asked)
        cast.look_up()
        return [cast.face(each).name for each in asked]

    assert faces([subject]) == ["Ann"]
    with django_assert_num_queries(0):
        assert faces([subject]) == ["Ann"]


def test_nothing_is_kept_that_was_made_while_the_edition_changed(small: Any) -> None:
    small(characters=[character("ann", "Ann")])

    def make(keys: set[str]) -> dict[str, str]:
        is_called("ann", "Queen Ann", since=2)  # somebody publishes in the meantime
        return dict.fromkeys(keys, "of two editions")

    before = Lore(1)
    assert kept.kept_each(before, "names", ["ann"], make) == {"ann": "of two editions"}
    assert kept.kept_each(before, "names", ["ann"], lambda keys: dict.fromkeys(keys, "anew")) == {"ann": "anew"}
    assert kept.kept_each(Lore(1), "names", ["ann"], lambda keys: dict.fromkeys(keys, "now")) == {"ann": "now"}


def test_no_more_small_values_are_kept_than_have_a_place(small: Any) -> None:
    small(characters=[character("ann", "Ann")])
    many = range(int(kept.SMALL.maxsize) + 10)
    kept.kept_each(Lore(1), "numbers", many, lambda keys: dict.fromkeys(keys, 1))
    assert len(kept.SMALL) == kept.SMALL.maxsize
