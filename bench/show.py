"""Writes a made-up show of any size, a thousand gated rows an episode.

What an episode brings depends on its number alone, so the first ten episodes of a small show are those of a large one,
row by row: a question at episode 10 has the same answer in both.
"""

import random
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import accumulate
from typing import Any
from uuid import UUID

from django.db import connection, models, transaction

from characters import indexing
from characters.models import (
    Alias,
    Character,
    CharacterTag,
    Faction,
    Membership,
    Relationship,
    Revelation,
    Tag,
    Trait,
    Unmasking,
)
from characters.vocabulary import RelationshipKind
from episodes.models import Episode

CHARACTERS_AN_EPISODE = 20
WORDS = 20_000
TAGS = 60
SPECIES = ("human", "Nean", "proto-Nean", "machine", "Visitor")
ONSETS = ("b", "br", "d", "f", "g", "gr", "h", "j", "k", "kr", "l", "m", "n", "p", "r", "s", "st", "t", "v", "z")
VOWELS = ("a", "e", "i", "o", "u", "ai", "ou")


@cache
def words() -> tuple[str, ...]:
    """The most frequent first."""
    syllables = [onset + vowel for onset in ONSETS for vowel in VOWELS]
    found = [a + b + c for a in syllables for b in syllables for c in ("", "l", "n", "r", "s")]
    random.Random(0).shuffle(found)
    return tuple(found[:WORDS])


@cache
def _frequencies() -> list[float]:
    return list(accumulate(1 / rank for rank in range(1, WORDS + 1)))


def write(episodes: int) -> int:
    """Fill an empty database; returns the number of gated rows."""
    with transaction.atomic():
        Episode.objects.bulk_create(Episode(number=number, title=_title(number)) for number in range(episodes + 1))
        Tag.objects.bulk_create(Tag(id=number, name=f"tag {number}", slug=f"tag-{number}") for number in range(1, TAGS))
        written = 0
        for batch in _batches(row for number in range(1, episodes + 1) for row in _rows_of(number)):
            for model, rows in batch.items():
                model._base_manager.bulk_create(rows, batch_size=1_000)
                written += len(rows) if model is not Revelation.characters.through else 0
        indexing.rebuild()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return written


def _batches(rows: Iterable[models.Model], size: int = 20_000) -> Iterator[dict[type[models.Model], list[Any]]]:
    batch: dict[type[models.Model], list[Any]] = {}
    for number, row in enumerate(rows, start=1):
        batch.setdefault(type(row), []).append(row)
        if number % size == 0:
            yield batch
            batch = {}
    yield batch


def _rows_of(episode: int) -> Iterator[models.Model]:
    chance = random.Random(episode)
    known = CHARACTERS_AN_EPISODE * episode  # characters so far; the newest are those of this episode
    since = {"revealed_in_id": episode}

    def row_id() -> UUID:
        return UUID(int=chance.getrandbits(128), version=4)

    def text(length: int) -> str:
        return " ".join(chance.choices(words(), cum_weights=_frequencies(), k=length))

    def somebody() -> UUID:
        return _character(chance.randrange(known))

    if episode % 10 == 1:
        faction = _faction(episode)
        yield Faction(id=faction, key=f"f{episode}", public_id=f"f{episode:011}", **since)
        yield Alias(id=row_id(), faction_id=faction, name=f"The {_name(chance)}", headline=True, **since)
    for number in range(known - CHARACTERS_AN_EPISODE, known):
        yield Character(id=_character(number), key=f"c{number}", public_id=f"c{number:011}", **since)
        yield Alias(id=row_id(), character_id=_character(number), name=_name(chance), headline=True, **since)
        yield Alias(id=row_id(), character_id=_character(number), name=f"{_name(chance)} the {number}", **since)
        species = chance.choice(SPECIES)
        yield Trait(id=row_id(), character_id=_character(number), attribute="species", value=species, **since)
    if episode % 10 == 0:
        identity, persona = chance.sample(range(known - CHARACTERS_AN_EPISODE, known), 2)
        yield Unmasking(id=row_id(), persona_id=_character(persona), identity_id=_character(identity), **since)
    for _ in range(260):
        yield Trait(id=row_id(), character_id=somebody(), attribute="habit", value=text(8), **since)
    for number in range(400):
        row = Revelation(id=row_id(), key=f"r{episode}-{number}", text=text(14), position=number, **since)
        yield row
        yield Revelation.characters.through(revelation_id=row.id, character_id=somebody())
    newest_faction = episode - (episode - 1) % 10
    for number in range(40):
        role = f"{chance.choice(words()[:40])} {number}"
        yield Membership(id=row_id(), character_id=somebody(), faction_id=_faction(newest_faction), role=role, **since)
    for who, tag in sorted({(chance.randrange(known), 1 + chance.randrange(TAGS - 1)) for _ in range(60)}):
        yield CharacterTag(id=row_id(), content_object_id=_character(who), tag_id=tag, **since)
    pairs = {tuple(sorted(chance.sample(range(known), 2))) for _ in range(160)}
    for source, target in sorted(pairs):
        kind = chance.choice(RelationshipKind.values)
        yield Relationship(id=row_id(), source_id=_character(source), kind=kind, target_id=_character(target), **since)


def _character(number: int) -> UUID:
    return UUID(int=(1 << 100) + number * 0x9E3779B97F4A7C15)


def _faction(episode: int) -> UUID:
    return UUID(int=(2 << 100) + episode)


def _name(chance: random.Random) -> str:
    return f"{chance.choice(words()).title()} {chance.choice(words()).title()}"


def _title(number: int) -> str:
    return f"Title {number}" if number else ""
