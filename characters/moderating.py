"""How corrections read to moderators: names as they know them, what texts say too early, pages as they would be."""

from collections.abc import Callable, Iterable
from copy import copy
from typing import Any
from urllib.parse import unquote, urlsplit

from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.urls import resolve, reverse

from corrections.rows import Shared, Values, Warned
from episodes.models import Episode
from episodes.visits import Visit

from .lore import Lore
from .mentions import MENTION, mentioned_keys
from .models import Alias, Character, Faction, Subject
from .spoilers import (
    TAG,
    Finding,
    Name,
    Vocabulary,
    findings_in,
    name_of_row,
    names_in_database,
    same_name,
    texts_of_row,
)  # fmt: skip
from .vocabulary import Attribute

# Names, as they are known at an episode


def names_of(model: type[Subject]) -> Callable[[Iterable[str], int], dict[str, str]]:
    owner = str(model._meta.model_name)

    def names(keys: Iterable[str], episode: int) -> dict[str, str]:
        known = Alias.objects.as_of(episode).filter(headline=True, **{f"{owner}__in": list(keys)})
        newest_last = known.order_by("revealed_in").values_list(f"{owner}_id", "name")
        return {str(key): name for key, name in newest_last}

    return names


def find(model: type[Subject]) -> Callable[[str, int], Iterable[str]]:
    owner = str(model._meta.model_name)

    def find_named(words: str, episode: int) -> Iterable[str]:
        known = Alias.objects.as_of(episode).filter(name__icontains=words, **{f"{owner}__isnull": False})
        return {str(key) for key in known.values_list(f"{owner}_id", flat=True)}

    return find_named


def names_of_episodes(keys: Iterable[str], episode: int) -> dict[str, str]:
    rows = Episode.objects.filter(number__in=[int(key) for key in keys])
    return {
        str(row.number): f"episode {row}" if row.number <= episode else f"episode {row.number}"
        for row in rows.only("number", "title")
    }


def find_episodes(words: str, episode: int) -> Iterable[str]:
    known = Episode.objects.filter(number__lte=episode, title__icontains=words)
    return {str(number) for number in known.values_list("number", flat=True)}


def read_mentions(texts: Iterable[str], episode: int) -> dict[str, str]:
    """Each mention as it is written, and in words; whoever is not known yet is somebody."""
    texts = list(texts)
    keys = {key for text in texts for key in mentioned_keys(text)}
    if not keys:
        return {}
    names: dict[str, str] = {}
    for model in (Character, Faction):
        found = dict(model._base_manager.filter(key__in=keys).values_list("id", "key"))
        known = names_of(model)(map(str, found), episode)
        names |= {key: known.get(str(pk), "somebody") for pk, key in found.items()}
    return {
        match[0]: match[2] or names[match[1]] for text in texts for match in MENTION.finditer(text) if match[1] in names
    }


# Nouns


def noun_of_alias(values: Values) -> str:
    kind = values.get("kind") or "name"
    return kind if kind in ("name", "title", "codename", "placeholder") else f"name ({kind.replace('_', ' ')})"


def noun_of_trait(values: Values) -> str:
    attribute = values.get("attribute", "")
    return str(Attribute(attribute).label).lower() if attribute in Attribute else "trait"


# The linter


def warnings_of(rows: Iterable[models.Model]) -> list[list[Warned]]:
    rows = list(rows)
    texts = [list(texts_of_row(row)) for row in rows]
    if not any(texts) and not any(isinstance(row, Alias) for row in rows):
        return [[] for _ in rows]
    names = names_in_database()
    vocabulary = Vocabulary(names)
    return [
        [_warned(finding) for text in found for finding in findings_in(text, vocabulary)] + _too_early(row, names)
        for row, found in zip(rows, texts, strict=True)
    ]


def _too_early(row: models.Model, names: Iterable[Name]) -> list[Warned]:
    """A name that somebody else is known by, but only later."""
    others = [name for name in _of_others(row, names) if not name.describes]
    first = min(others, key=lambda name: name.known_from, default=None)
    if not isinstance(row, Alias) or first is None or first.known_from <= row.revealed_in_id:
        return []
    claim = f"the {first.called} “{first.name}” is revealed in episode {first.known_from}"
    return [Warned("name", row.name, first.known_from, claim, first.where.url)]


def others_of_that_name(rows: Iterable[models.Model]) -> list[list[Shared]]:
    rows = list(rows)
    names = names_in_database() if any(isinstance(row, Alias) for row in rows) else []
    return [[_shared(name) for name in _of_others(row, names)] for row in rows]


def _shared(name: Name) -> Shared:
    label, key = name.where.form
    return Shared("name", f"{label}:{key}", name.known_from)


def _of_others(row: models.Model, names: Iterable[Name]) -> Iterable[Name]:
    if not isinstance(row, Alias):
        return []
    own = name_of_row(row)
    return [name for name in names if name.kind != TAG and name.where.form != own.where.form and same_name(name, own)]


def _warned(finding: Finding) -> Warned:
    return Warned(finding.field, finding.found, finding.known_from, finding.claim, finding.revealed_by.url)


# Pages as they would be: the public views themselves, shown to somebody at that episode


def preview_of_subject(model: type[Subject]) -> Callable[[HttpRequest, Any, int], HttpResponse]:
    def preview(request: HttpRequest, subject: Any, episode: int) -> HttpResponse:
        lore = Lore(episode)
        of = lore.address_of_character if model is Character else lore.address_of_faction
        return _as_shown(request, lore, of(subject.public_id))

    return preview


def preview_of_episode(request: HttpRequest, row: Any, episode: int) -> HttpResponse:
    return _as_shown(request, Lore(episode), reverse("episode", args=[row.number]))


def _as_shown(request: HttpRequest, lore: Lore, address: str | None) -> HttpResponse:
    if address is None:
        raise Http404
    visit: Visit = copy(request)  # type: ignore[assignment]
    visit.path = visit.path_info = unquote(urlsplit(address).path)
    visit.method, visit.GET = "GET", QueryDict()
    visit.progress = visit.as_of = lore.progress
    visit.requested_episode = None
    visit.lore = lore
    found = resolve(visit.path)
    return found.func(visit, *found.args, **found.kwargs)
