"""Register with the write door what it may change of the show, with the checks that the models do not make."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.urls import reverse

from characters.kinds import EPISODE, KINDS, SUBJECTS, TRAIT, WORD, Kind
from characters.models import check_headlines, texts_mentioning
from characters.models.shown_keys import with_shown_keys
from characters.models.words import check_unused
from characters.pictures import files
from characters.text.definitions import check_definition
from characters.text.mentions import with_other_key
from characters.vocabulary import Attribute
from corrections.rows import (
    Editable,
    Handle,
    Page,
    key_writers,
    linters,
    mention_readers,
    name_readers,
    namesakes,
    register,
    text_readers,
    text_writers,
)

from . import linting, merging, nameable, previews, words


def register_all() -> None:
    """Register every kind of row, and what moderators read of texts and names."""
    for kind in KINDS:
        register(_editable(kind))
    linters.append(linting.warnings_of)
    namesakes.append(linting.others_of_that_name)
    mention_readers.append(words.read_mentions)
    key_writers.append(with_shown_keys)
    name_readers.append(linting.reader_of_names)
    text_readers.append(nameable.read_typed)
    text_writers.append(nameable.writer_of_names)


def _editable(kind: Kind) -> Editable:
    options: dict[str, Any] = {"unseen": kind.unseen, "noun": kind.noun_for, "titles": words.titles_of(kind)}
    if kind in SUBJECTS:
        options |= {"page": _page_of_subject(kind), "check": _has_its_name, "check_removed": _is_not_mentioned}
        options |= {"handle": Handle("key", with_other_key), "merge": merging.merging}
    if kind is TRAIT:
        options |= {"check_text": _is_still_a_definition}
    if kind is WORD:
        options |= {"check_removed": check_unused}
    if kind is EPISODE:
        options |= {"page": _page_of_episode()}
    if _file_fields(kind):
        options |= {"keep_file": files.archive_upload, "open_file": files.open_archived}
        options |= {"published_file": files.published_name}
        options |= {"retire_file": partial(_retire_file, kind)}
    return Editable(kind.model, kind.fields, **options)


# Pages


def _page_of_subject(kind: Kind) -> Page:
    return Page(
        name=newest_name, address=_address_of_subject(kind), preview=previews.preview_of_subject(kind),
        names=words.names_of(kind), find=words.find_in(kind), names_from=words.names_from(kind),
    )  # fmt: skip


def _page_of_episode() -> Page:
    return Page(
        name=str, address=_address_of_episode, preview=previews.preview_of_episode,
        names=words.names_of_episodes, find=words.find_episodes,
    )  # fmt: skip


def _address_of_subject(kind: Kind) -> Callable[[Any], str]:
    return lambda subject: reverse(kind.own_page.short_url, args=[subject.public_id])


def _address_of_episode(episode: Any) -> str:
    return reverse("episode", args=[episode.number])


def newest_name(subject: Any) -> str:
    """Return the newest headline name of a subject, for editors, who see everything."""
    headline = subject.aliases.filter(headline=True).order_by("-revealed_in_id").first()
    return headline.name if headline else subject.key


# Files


def _file_fields(kind: Kind) -> list[str]:
    return [name for name in kind.fields if isinstance(kind.model._meta.get_field(name), models.FileField)]


def _retire_file(kind: Kind, name: str) -> None:
    """Take a file that no row shows any more away from its public address, once the transaction is through."""

    def take_down() -> None:
        in_use = (kind.model._base_manager.filter(**{field: name}) for field in _file_fields(kind))
        if not any(rows.exists() for rows in in_use):
            files.take_down(name)

    transaction.on_commit(take_down)


# Checks


def _has_its_name(subject: Any) -> None:
    check_headlines(subject, subject.headlines())


def _is_not_mentioned(subject: Any) -> None:
    mentioning = [text for _, text in texts_mentioning(subject)]
    if mentioning:
        raise ValidationError(f"It is still mentioned in {'; '.join(mentioning[:3])}.")


def _is_still_a_definition(trait: Any) -> None:
    if trait.attribute == Attribute.DEFINITION:
        check_definition(trait.value)
