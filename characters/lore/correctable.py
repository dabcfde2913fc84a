"""The rows that somebody at an episode can correct: those that they know, in words that they know.

A `CorrectableRow` has its values twice: as the database has them, with which changes are compared, and as a form shows
them. An end that is not known yet is missing from both.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, reduce
from operator import or_
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.crypto import salted_hmac

from characters.kinds import (
    EPISODE,
    PUBLIC,
    REVELATION,
    SERIES,
    SUBJECT_MODELS,
    SUBJECTS,
    UNMASKING,
    Kind,
    kind_named,
    kind_with_pages,
    prose_of,
    tagging_of,
)
from characters.lore.knowledge import Knowledge
from characters.models import Tag
from characters.text.fitting import Spelling, Spellings, the_one_meant
from corrections import rows
from corrections.rows import Json, Values
from episodes.axes import is_on_second_axis, second_of
from episodes.choices import Choice
from episodes.gate import Prose
from episodes.known import is_reached, is_read_by_now
from episodes.models import Episode, Series
from episodes.names import Name, capital
from episodes.order import sort_key
from episodes.texts import cleaned
from episodes.units import before_the_first, named

from .naming import Naming
from .rows import id_of, visible

MOST_NAMES_OFFERED = 500  # in a list beneath a field; with more, one types without it
PUBLIC_KINDS: Mapping[str, Kind] = {kind.label: kind for kind in PUBLIC}  # what visitors may correct, by model
PLACES = {kind: place for place, kind in enumerate(PUBLIC)}


@dataclass(frozen=True, slots=True)
class CorrectableRow:
    """A row that a correction can be about."""

    ref: str  # in addresses and forms
    kind: Kind
    key: str
    label: str
    title: str
    stored: Values
    shown: Values

    @property
    def digest(self) -> str:
        """A hash of what is shown, by which a form finds out that the row has changed since it was opened."""
        shown = repr(sorted(self.shown.items(), key=lambda item: item[0]))
        return salted_hmac("rougedb.part", shown, secret=settings.CONTENT_KEY, algorithm="sha256").hexdigest()[:20]

    @property
    def group(self) -> str:
        """The heading under which it can be chosen."""
        return self.kind.noun.capitalize() + ("s" if self.kind.can_be_removed else "")

    @property
    def since(self) -> int:
        """The place at which it stands for whom the form is made."""
        return self.stored.get("revealed_in") or self.stored.get("also_in") or 0


def fields_shown(kind: Kind, progress: int) -> tuple[str, ...]:
    """Return the fields of a kind that somebody can correct: with second places for a reader of the second axis."""
    return with_second_places(kind) if second_of(progress) else kind.public


@cache
def with_second_places(kind: Kind) -> tuple[str, ...]:
    """Return the public fields of a kind, each place followed by that on the second axis."""
    return tuple(
        each
        for name in kind.public
        for each in (name, rows.SECOND_PLACES.get(name, ""))
        if each == name or each in kind.fields
    )


@dataclass(frozen=True, slots=True)
class CorrectablePage:
    """A public page as the contributors' form sees it."""

    kind: Kind
    name: Name
    url: str
    address: str  # of the form
    rows: tuple[CorrectableRow, ...]
    owners: tuple[tuple[str, str], ...] = ()  # whom a new row can belong to, by id and name: all known to be the same
    episode: int | None = None

    @property
    def additions(self) -> tuple[tuple[str, str], ...]:
        """The kinds of rows that can be added, by name and with an article."""
        return tuple((name, with_article(kind_named(name).noun)) for name in self.kind.own_page.additions)

    @property
    def example(self) -> Name:
        """A name to show how mentions are written."""
        return Name(self.owners[0][1] if self.owners else "Name")


def page_of(knowledge: Knowledge, plural: str, key: str) -> CorrectablePage | None:
    """Return the page of an episode or a subject; None for what is unknown and for what is not known yet alike."""
    kind = kind_with_pages(plural)
    if kind is EPISODE:
        return _episode_page(knowledge, int(key))
    subject = id_of(knowledge.progress, kind, key)
    return None if subject is None else _subject_page(knowledge, kind, subject)


def page_of_subject(knowledge: Knowledge, kind: Kind, subject: str) -> CorrectablePage | None:
    """Return the page of a subject by its id, if it is known."""
    is_known = visible(knowledge.progress, kind).filter(id=subject).exists()
    return _subject_page(knowledge, kind, UUID(subject)) if is_known else None


def _subject_page(knowledge: Knowledge, kind: Kind, subject: UUID) -> CorrectablePage:
    can_be_unmasked = UNMASKING.related_model("persona") is kind.model
    family = knowledge.family_of(subject) if can_be_unmasked else {subject}
    root = knowledge.root_of(subject) if can_be_unmasked else subject
    which = [(kind, Q(id__in=family)), *_listed_on_page(kind, family)]
    correctable, naming = _correctable(knowledge, which, also=family)
    public_id = visible(knowledge.progress, kind).values_list("public_id", flat=True).get(id=root)
    owners = sorted((member != root, sort_key(naming.written(member)), str(member)) for member in family)
    return CorrectablePage(
        kind=kind, name=naming.name(root), url=reverse(kind.own_page.short_url, args=[public_id]),
        address=reverse(kind.own_page.correct_url, args=[public_id]),
        rows=correctable, owners=tuple((key, naming.written(UUID(key))) for *_, key in owners),
    )  # fmt: skip


def _listed_on_page(kind: Kind, family: Iterable[UUID]) -> Iterable[tuple[Kind, Q]]:
    """Yield the kinds whose rows are listed on the pages of a kind, and which of the rows are on those of a family."""
    for other in PUBLIC:
        if fields := other.fields_to(kind):
            yield other, reduce(or_, (Q(**{f"{name}__in": family}) for name in fields))


def _episode_page(knowledge: Knowledge, number: int) -> CorrectablePage | None:
    if not is_reached(number, knowledge.progress) or not Episode.objects.filter(number=number).exists():
        return None
    own = (EPISODE, Q(number=number)) if number else (SERIES, Q(id=1))
    learned = Q(also_in=number) if is_on_second_axis(number) else Q(revealed_in=number)
    correctable, _ = _correctable(knowledge, [own, (REVELATION, learned)])
    return CorrectablePage(
        kind=EPISODE, name=Name(capital(named(number) if number else before_the_first())),
        url=reverse("episode", args=[number]), address=reverse("correct-episodes", args=[number]),
        rows=correctable, episode=number,
    )  # fmt: skip


def rows_by_key(knowledge: Knowledge, wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], CorrectableRow]:
    """Return those of some rows that are known, by the label of their model and their key."""
    keys: dict[str, set[str]] = defaultdict(set)
    for label, key in wanted:
        if label in PUBLIC_KINDS and key:
            keys[label].add(key)
    which = [(PUBLIC_KINDS[label], Q(pk__in=of_kind)) for label, of_kind in sorted(keys.items())]
    correctable, _ = _correctable(knowledge, which)
    return {(row.kind.label, row.key): row for row in correctable}


# Rows


def _correctable(
    knowledge: Knowledge, which: Iterable[tuple[Kind, Q]], *, also: Iterable[UUID] = ()
) -> tuple[tuple[CorrectableRow, ...], Naming]:
    """Return rows in the order of the form, and the names of the subjects in them and of some others."""
    known = [(kind, row) for kind, q in which for row in _known_rows(knowledge, kind, q)]
    naming = Naming(knowledge)
    naming.note(also)
    for kind, row in known:
        _note(kind, row, naming)
    naming.look_up()
    correctable = [_correctable_row(kind, row, naming) for kind, row in known]
    correctable.sort(key=lambda row: (PLACES[row.kind], row.label, row.since, sort_key(row.title), row.ref))
    return tuple(correctable), naming


def _note(kind: Kind, row: Values, naming: Naming) -> None:
    for name in kind.public:
        if name in prose_of(kind):
            naming.note_texts([row[name]])
        elif kind.related_model(name) in SUBJECT_MODELS:
            naming.note(ids_in(row[name]))


def ids_in(value: Json) -> list[UUID]:
    """Return the ids in the value of a field that points to one or to many."""
    return [UUID(key) for key in (value if isinstance(value, list) else [value]) if key]


def _known_rows(knowledge: Knowledge, kind: Kind, which: Q) -> list[Values]:
    """Return rows as `rows.values_of` does, without what is not known yet."""
    editable = rows.editable(kind.label)
    shown = fields_shown(kind, knowledge.progress)
    names = [name for name in shown if name not in (*editable.many, *editable.files)]
    columns = [editable.field(name).attname for name in names]
    owners = [f"{name}_id" for name in kind.owners] if kind.moved_key else []
    also = [*owners, *(["tag__name"] if "tag" in names else [])]
    known = []
    for row in _visible(knowledge, kind, which).values("pk", *columns, *also):
        values = {
            name: rows.plain(editable.field(name), row[column]) for name, column in zip(names, columns, strict=True)
        }
        _hide_places(values, knowledge.progress)
        of_whom = tuple(str(row[owner]) for owner in owners)
        known.append({"pk": str(row["pk"]), "tag__name": row.get("tag__name"), "of_whom": of_whom, **values})
    for name in editable.many:
        if name in kind.public:
            _add_many(editable.field(name), known)
    return known


def _hide_places(values: Values, progress: int) -> None:
    """Leave out the places that somebody has not reached; what chapters alone tell has none on the first axis."""
    for name in rows.WHEN:
        place = values.get(name) or 0
        if not is_reached(place, progress) or (name in rows.EPISODES and is_on_second_axis(place)):
            values[name] = None


def _visible(knowledge: Knowledge, kind: Kind, which: Q) -> Any:
    if kind is SERIES:
        return Series.objects.filter(which)
    if kind is EPISODE:
        return Episode.objects.filter(which, is_read_by_now(knowledge.progress))
    known = visible(knowledge.progress, kind)
    return known.filter(pk__in=known.filter(which).values("pk"))


def _add_many(field: Any, known: list[Values]) -> None:
    """Add to rows what they point to by a field to many; that is gated by the rows themselves."""
    by_key = {row["pk"]: row for row in known}
    for row in known:
        row[field.name] = []
    own, other = field.m2m_field_name(), field.m2m_reverse_field_name()
    pairs = field.remote_field.through.objects.filter(**{f"{own}__in": list(by_key)})
    for key, subject in pairs.values_list(f"{own}_id", f"{other}_id"):
        by_key[str(key)][field.name].append(str(subject))
    for row in known:
        row[field.name].sort()


def _correctable_row(kind: Kind, row: Values, naming: Naming) -> CorrectableRow:
    stored = {name: row[name] for name in with_second_places(kind) if name in row}
    shown = {name: _shown(kind, name, value, row, naming) for name, value in stored.items()}
    return CorrectableRow(
        ref=kind.name if kind in (SERIES, EPISODE) else _reference(kind, row),
        kind=kind,
        key=row["pk"],
        label=kind.heading_for(row) if kind.heading_for else kind.noun.capitalize(),
        title=kind.title(_in_words(kind, row), naming),
        stored=stored,
        shown=shown,
    )


def _reference(kind: Kind, row: Values) -> str:
    """Return what forms call a row: its key, unless that is made of a place that may be to come.

    Then it is made of what else tells such rows apart, so that it is the same whatever that place will be.
    """
    if row.get("revealed_in") is not None or not kind.moved_key:
        return str(row["pk"])
    names = [name for name in kind.moved_key if name != "tag"]
    told_apart = (kind.label, row["of_whom"], row["tag__name"], row.get("also_in"), *(row[name] for name in names))
    digest = salted_hmac("rougedb.row", repr(told_apart), secret=settings.CONTENT_KEY, algorithm="sha256")
    return digest.hexdigest()[:20]


def _in_words(kind: Kind, row: Values) -> Values:
    """Return a row as wordings take it; without the white space around names, which forms do not show either."""
    return row | {
        name: row["tag__name"] if name == "tag" else even(value)
        for name, value in row.items()
        if name == "tag" or (isinstance(value, str) and name not in prose_of(kind))
    }


def _shown(kind: Kind, name: str, value: Json, row: Values, naming: Naming) -> Any:
    """Return a value as a form shows it."""
    field = rows.editable(kind.label).field(name)
    if field.many_to_many:
        return "\n".join(sorted(map(naming.written, value), key=sort_key))
    if field.related_model in SUBJECT_MODELS:
        return naming.written(value)
    if field.related_model is Tag:
        return row["tag__name"]
    if isinstance(field, Prose):
        return even(naming.with_names(value))
    if isinstance(field, models.DateField):
        return date.fromisoformat(value) if value else None
    return even(value) if isinstance(value, str) else value


def with_article(noun: str) -> str:
    """Return a noun with “a” or “an” before it."""
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def even(text: str) -> str:
    """Return a text as a form sends it back if nobody touched it."""
    return cleaned(text).replace("\r\n", "\n").replace("\r", "\n").strip()


# Names and tags to choose from


def names_to_offer(knowledge: Knowledge, kind: Kind) -> tuple[str, ...]:
    """Return the names of all known subjects of a kind, or none where there are too many."""
    known = visible(knowledge.progress, kind)
    if known.count() > MOST_NAMES_OFFERED:
        return ()
    naming = Naming(knowledge)
    naming.note(known.values_list("id", flat=True))
    naming.look_up()
    return tuple(sorted(map(naming.written, known.values_list("id", flat=True)), key=sort_key))


def tag_ids(knowledge: Knowledge) -> dict[str, int]:
    """Return the id of each tag that somebody known bears, by the name of the tag."""
    return {
        name: key
        for kind in SUBJECTS
        for name, key in _taggings(knowledge, kind).values_list("tag__name", "tag_id").distinct()
    }


def tag_meant(knowledge: Knowledge, typed: str) -> int:
    """Return the id of the known tag that somebody means; raise `Unclear` unless it is exactly one."""
    tags = tag_ids(knowledge)
    name = the_one_meant(
        typed, Spellings(Spelling(name, name) for name in sorted(tags, key=sort_key)),
        offered=lambda name: Choice(name, f"{Name(name)}"),
        nothing=f"You do not know of a tag called “{typed}”. If one is missing, say so under “Why?”.",
    )  # fmt: skip
    return tags[name]


def _taggings(knowledge: Knowledge, kind: Kind) -> Any:
    return tagging_of(kind).objects.as_of(knowledge.progress)
