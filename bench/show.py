"""Writes a made-up show of any size, a thousand gated rows an episode.

What an episode brings depends on its number alone, so the first ten episodes of a small show are those of a large one,
row by row: a question at episode 10 has the same answer in both.
"""

import random
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from itertools import accumulate, batched, chain
from typing import Any
from uuid import UUID

from django.apps import apps
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
from characters.vocabulary import RELATIONS
from corrections import bulk
from episodes.gate import Gated
from episodes.models import Episode
from episodes.order import sort_key

EPISODES_AT_ONCE = 20
CHARACTERS_AN_EPISODE = 20
WORDS = 20_000
TAGS = 60
SPECIES = ("human", "Nean", "proto-Nean", "machine", "Visitor")
KINDS = tuple(kind.key for kind in RELATIONS)
ONSETS = ("b", "br", "d", "f", "g", "gr", "h", "j", "k", "kr", "l", "m", "n", "p", "r", "s", "st", "t", "v", "z")
VOWELS = ("a", "e", "i", "o", "u", "ai", "ou")

type Row = tuple[type[models.Model], dict[str, Any]]
"""A model, and the values of a row of it."""


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
    """Fill an empty database; return the number of gated rows."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:  # or else it would write pages again and again as they leave its memory
            cursor.execute("PRAGMA cache_size = -2000000")
    with transaction.atomic():
        Episode.objects.bulk_create(Episode(number=number, title=_title(number)) for number in range(episodes + 1))
        Tag.objects.bulk_create(Tag(id=number, name=f"tag {number}", slug=f"tag-{number}") for number in range(1, TAGS))
        for some in batched(range(1, episodes + 1), EPISODES_AT_ONCE):
            rows: dict[type[models.Model], list[dict[str, Any]]] = defaultdict(list)
            for model, values in chain.from_iterable(map(_rows_of, some)):
                rows[model].append(values)
            for model, of_model in rows.items():
                _insert(model, of_model)
        indexing.rebuild()
    return count()


def settle() -> None:
    """Do what a database does by itself after a while: until then PostgreSQL's index has much that is not in order."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def count() -> int:
    """Return the number of gated rows."""
    return sum(model._base_manager.count() for model in apps.get_models() if issubclass(model, Gated))


def _insert(model: type[models.Model], rows: list[dict[str, Any]]) -> None:
    """Insert rows of a model by their values, or else by its defaults; to make objects of them would take longer."""
    defaults = {
        column.attname: column.get_default() for column in model._meta.concrete_fields if not column.primary_key
    }
    names = list(defaults | rows[0])
    bulk.insert_values(model, names, ([*(defaults | row).values()] for row in rows))


def _rows_of(episode: int) -> Iterator[Row]:
    chance = random.Random(episode)
    known = CHARACTERS_AN_EPISODE * episode  # characters so far; the newest are those of this episode

    def row(model: type[models.Model], **values: Any) -> Row:
        return model, {"id": UUID(int=chance.getrandbits(128), version=4), "revealed_in_id": episode} | values

    def alias(name: str, **values: Any) -> Row:
        return row(Alias, name=name, sort_key=sort_key(name).encode(), **values)

    def text(length: int) -> str:
        return " ".join(chance.choices(words(), cum_weights=_frequencies(), k=length))

    def somebody() -> UUID:
        return _character(chance.randrange(known))

    if episode % 10 == 1:
        faction = _faction(episode)
        yield row(Faction, id=faction, key=f"f{episode}", public_id=f"f{episode:011}")
        yield alias(f"The {_name(chance)}", faction_id=faction, headline=True)
    for number in range(known - CHARACTERS_AN_EPISODE, known):
        yield row(Character, id=_character(number), key=f"c{number}", public_id=f"c{number:011}")
        yield alias(_name(chance), character_id=_character(number), headline=True)
        yield alias(f"{_name(chance)} the {number}", character_id=_character(number))
        species = chance.choice(SPECIES)
        yield row(Trait, character_id=_character(number), attribute="species", value=species)
        yield row(Trait, character_id=_character(number), attribute="definition", value=text(8))
    if episode % 10 == 0:
        identity, persona = chance.sample(range(known - CHARACTERS_AN_EPISODE, known), 2)
        yield row(Unmasking, persona_id=_character(persona), identity_id=_character(identity))
    for _ in range(240):
        yield row(Trait, character_id=somebody(), attribute="habit", value=text(8))
    for number in range(400):
        revelation = row(Revelation, key=f"r{episode}-{number}", text=text(14), position=number)
        yield revelation
        yield Revelation.characters.through, {"revelation_id": revelation[1]["id"], "character_id": somebody()}
    newest_faction = episode - (episode - 1) % 10
    for number in range(40):
        role = f"{chance.choice(words()[:40])} {number}"
        yield row(Membership, character_id=somebody(), faction_id=_faction(newest_faction), role=role)
    for who, tag in sorted({(chance.randrange(known), 1 + chance.randrange(TAGS - 1)) for _ in range(60)}):
        yield row(CharacterTag, content_object_id=_character(who), tag_id=tag)
    pairs = {tuple(sorted(chance.sample(range(known), 2))) for _ in range(160)}
    for source, target in sorted(pairs):
        kind = chance.choice(KINDS)
        yield row(Relationship, source_id=_character(source), kind=kind, target_id=_character(target))


def _character(number: int) -> UUID:
    return UUID(int=(1 << 100) + number * 0x9E3779B97F4A7C15)


def _faction(episode: int) -> UUID:
    return UUID(int=(2 << 100) + episode)


def _name(chance: random.Random) -> str:
    return f"{chance.choice(words()).title()} {chance.choice(words()).title()}"


def _title(number: int) -> str:
    return f"Title {number}" if number else ""
