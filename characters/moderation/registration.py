"""What the write door may change of the show, and how it is checked besides the models' own validation."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse

from characters.models import (
    Alias,
    Character,
    CharacterTag,
    Faction,
    FactionTag,
    Membership,
    Portrait,
    Relationship,
    Revelation,
    Subject,
    Tag,
    Trait,
    Unmasking,
    check_headlines,
    texts_mentioning,
)
from characters.pictures import files
from corrections.rows import Editable, Page, linters, mention_readers, namesakes, register
from episodes.models import Episode, Series

from . import linting, previews, words

WHEN = ("revealed_in",)

WHEN_AND_UNTIL = ("revealed_in", "ended_in")

OWNER = ("character", "faction")


def register_all() -> None:
    for editable in (
        Editable(
            Series,
            ("title", "native_title", "premise", "studio", "director", "writers", "character_design", "music"),
        ),
        Editable(
            Episode, ("title", "native_title", "aired_on", "synopsis"),
            page=Page(
                name=str, address=_address_of_episode, preview=previews.preview_of_episode,
                names=words.names_of_episodes, find=words.find_episodes,
            ),
        ),
        _subject(Character, "character-short"),
        _subject(Faction, "faction-short"),
        Editable(
            Alias, (*OWNER, "name", "kind", "language", "headline", "common_word", *WHEN),
            unseen=("common_word",), noun=words.noun_of_alias,
        ),
        Editable(Trait, (*OWNER, "attribute", "value", *WHEN), noun=words.noun_of_trait),
        Editable(Tag, ("name", "slug")),
        Editable(CharacterTag, ("content_object", "tag", *WHEN_AND_UNTIL)),
        Editable(FactionTag, ("content_object", "tag", *WHEN_AND_UNTIL)),
        Editable(Membership, ("character", "faction", "role", *WHEN_AND_UNTIL)),
        Editable(Relationship, ("source", "kind", "target", "certainty", *WHEN_AND_UNTIL)),
        Editable(
            Revelation,
            ("key", "text", "certainty", "characters", "factions", "supersedes", "time", "position", "source", *WHEN),
            unseen=("key", "position", "source"),
        ),
        Editable(Unmasking, ("persona", "identity", *WHEN)),
        Editable(
            Portrait, ("character", "image", "alt_text", "caption", "credit", "licence", *WHEN),
            keep_file=files.archive_upload, open_file=files.open_archived, retire_file=_retire_portrait,
        ),
    ):  # fmt: skip
        register(editable)
    linters.append(linting.warnings_of)
    namesakes.append(linting.others_of_that_name)
    mention_readers.append(words.read_mentions)


def _subject(model: type[Subject], view: str) -> Editable:
    return Editable(
        model, ("key", "public_id", *WHEN),
        page=Page(
            name=newest_name, address=_address_through(view), preview=previews.preview_of_subject(model),
            names=words.names_of(model), find=words.find(model),
        ),
        unseen=("key",), check=_has_its_name, check_removed=_is_not_mentioned,
    )  # fmt: skip


def _address_through(view: str) -> Callable[[Any], str]:
    return lambda subject: reverse(view, args=[subject.public_id])


def _address_of_episode(episode: Any) -> str:
    return reverse("episode", args=[episode.number])


def newest_name(subject: Any) -> str:
    """For editors, who see everything."""
    headline = subject.aliases.filter(headline=True).order_by("-revealed_in_id").first()
    return headline.name if headline else subject.key


def _retire_portrait(name: str) -> None:
    """What no row shows any more is no longer to be had by its address either."""

    def take_down() -> None:
        if not Portrait._base_manager.filter(image=name).exists():
            files.take_down(name)

    transaction.on_commit(take_down)


def _has_its_name(subject: Any) -> None:
    headlines = subject.aliases.filter(headline=True).values_list("revealed_in_id", flat=True)
    check_headlines(subject.revealed_in_id, set(headlines))


def _is_not_mentioned(subject: Any) -> None:
    mentioning = [text for _, text in texts_mentioning(subject)]
    if mentioning:
        raise ValidationError(f"It is still mentioned in {'; '.join(mentioning[:3])}.")
