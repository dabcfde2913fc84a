"""What somebody at an episode can correct: the rows that they know, in words that they know.

A `Part` is a row twice: as the database has it, which is what a change is compared with, and as a form shows it. An end
that is not known yet is none in both.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.crypto import salted_hmac

from characters.lore.knowledge import Knowledge
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
    Tag,
    Trait,
    Unmasking,
)
from characters.text.prose import shortened
from characters.vocabulary import Attribute, RelationshipKind
from corrections import rows
from corrections.rows import Json, Values
from episodes.gate import Prose
from episodes.models import Episode, Series

from .naming import Naming

MOST_NAMES_OFFERED = 500  # in a list beneath a field; with more, one types without it

SUBJECTS = (Character, Faction)

# What of a row can be corrected from outside, in the order of the form.
FIELDS: dict[str, tuple[str, ...]] = {
    "episodes.series": ("title", "native_title", "premise", "studio", "director", "character_design"),
    "episodes.episode": ("title", "native_title", "aired_on", "synopsis"),
    "characters.character": ("revealed_in",),
    "characters.faction": ("revealed_in",),
    "characters.alias": ("name", "kind", "language", "headline", "revealed_in"),
    "characters.trait": ("attribute", "value", "revealed_in"),
    "characters.charactertag": ("tag", "revealed_in", "ended_in"),
    "characters.factiontag": ("tag", "revealed_in", "ended_in"),
    "characters.membership": ("character", "faction", "role", "revealed_in", "ended_in"),
    "characters.relationship": ("source", "kind", "target", "certainty", "revealed_in", "ended_in"),
    "characters.revelation": ("text", "certainty", "characters", "factions", "time", "revealed_in"),
    "characters.unmasking": ("persona", "identity", "revealed_in"),
    "characters.portrait": ("image", "alt_text", "caption", "credit", "licence", "revealed_in"),
}

NAMES: dict[str, str] = {
    "episodes.series": "the show",
    "episodes.episode": "title and synopsis",
    "characters.character": "first appearance",
    "characters.faction": "first appearance",
    "characters.alias": "name",
    "characters.trait": "fact",
    "characters.charactertag": "tag",
    "characters.factiontag": "tag",
    "characters.membership": "membership",
    "characters.relationship": "relation",
    "characters.revelation": "revelation",
    "characters.unmasking": "unmasking",
    "characters.portrait": "portrait",
}

ONE_OF_A_KIND = ("episodes.series", "episodes.episode", "characters.character", "characters.faction")  # never removed

ADDED_TO = {
    "characters": (
        "alias", "trait", "revelation", "membership", "relationship", "unmasking", "charactertag", "portrait",
    ),
    "factions": ("alias", "trait", "revelation", "membership", "factiontag"),
    "episodes": ("revelation",),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Part:
    """A row that a correction can be about."""

    ref: str  # in addresses and forms
    model: str
    row: str
    label: str
    title: str
    stored: Values
    shown: Values

    @property
    def digest(self) -> str:
        """Of what is shown; it says whether somebody still sees what stands there."""
        told = repr(sorted(self.shown.items(), key=lambda item: item[0]))
        return salted_hmac("rougedb.part", told, algorithm="sha256").hexdigest()[:20]

    @property
    def group(self) -> str:
        """What it stands among where one chooses."""
        return NAMES[self.model].capitalize() + ("" if self.model in ONE_OF_A_KIND else "s")

    @property
    def since(self) -> int:
        return self.stored.get("revealed_in") or 0

    @property
    def can_be_removed(self) -> bool:
        return self.model not in ONE_OF_A_KIND


@dataclass(frozen=True, slots=True)
class CorrectablePage:
    """A public page as the contributors' form sees it."""

    kind: str  # as in its address
    name: str
    url: str
    address: str  # of the form
    parts: tuple[Part, ...]
    bearers: tuple[tuple[str, str], ...]  # whose a new row can be, by id and name: whoever is known to be the same
    episode: int | None = None

    @property
    def additions(self) -> tuple[tuple[str, str], ...]:
        return tuple((short, with_article(NAMES[f"characters.{short}"])) for short in ADDED_TO[self.kind])

    @property
    def example(self) -> str:
        return self.bearers[0][1] if self.bearers else "Name"

    @property
    def subjects(self) -> set[str]:
        """As corrections refer to the page."""
        if self.episode is not None:
            return {f"episodes.episode:{self.episode}"}
        label = "characters.character" if self.kind == "characters" else "characters.faction"
        return {f"{label}:{key}" for key, _ in self.bearers}


def page_of(knowledge: Knowledge, kind: str, key: str) -> CorrectablePage | None:
    """None for what is unknown and for what is not known yet, in the same way."""
    if kind == "episodes":
        return _episode_page(knowledge, int(key))
    model: Any = Character if kind == "characters" else Faction
    found = model.objects.as_of(knowledge.progress).filter(public_id=key).values_list("id", flat=True).first()
    return None if found is None else _subject_page(knowledge, kind, found)


def _subject_page(knowledge: Knowledge, kind: str, found: UUID) -> CorrectablePage:
    if kind == "characters":
        root, family = knowledge.root_of(found), knowledge.family_of(found)
        which: list[tuple[Any, Q]] = [
            (Character, Q(id__in=family)),
            (Alias, Q(character__in=family)),
            (Trait, Q(character__in=family)),
            (CharacterTag, Q(content_object__in=family)),
            (Membership, Q(character__in=family)),
            (Relationship, Q(source__in=family) | Q(target__in=family)),
            (Unmasking, Q(persona__in=family)),
            (Portrait, Q(character__in=family)),
            (Revelation, Q(characters__in=family)),
        ]
    else:
        root, family = found, {found}
        which = [
            (Faction, Q(id=found)),
            (Alias, Q(faction=found)),
            (Trait, Q(faction=found)),
            (FactionTag, Q(content_object=found)),
            (Membership, Q(faction=found)),
            (Revelation, Q(factions=found)),
        ]
    parts, naming = _parts(knowledge, which, also=family)
    model: Any = Character if kind == "characters" else Faction
    public_id = model.objects.as_of(knowledge.progress).values_list("public_id", flat=True).get(id=root)
    bearers = sorted((member != root, naming.name_of(member), str(member)) for member in family)
    short = "character-short" if kind == "characters" else "faction-short"
    return CorrectablePage(
        kind=kind, name=bearers[0][1], url=reverse(short, args=[public_id]),
        address=reverse(f"correct-{kind}", args=[public_id]),
        parts=parts, bearers=tuple((key, name) for _, name, key in bearers),
    )  # fmt: skip


def _episode_page(knowledge: Knowledge, number: int) -> CorrectablePage | None:
    if number > knowledge.progress or not Episode.objects.filter(number=number).exists():
        return None
    own: tuple[Any, Q] = (Episode, Q(number=number)) if number else (Series, Q(id=1))
    parts, _ = _parts(knowledge, [own, (Revelation, Q(revealed_in=number))])
    return CorrectablePage(
        kind="episodes", name=f"Episode {number}" if number else "Before the first episode",
        url=reverse("episode", args=[number]), address=reverse("correct-episodes", args=[number]),
        parts=parts, bearers=(), episode=number,
    )  # fmt: skip


def parts_by_row(knowledge: Knowledge, wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Part]:
    """Of these rows, by model and key, those that are known."""
    keys: dict[str, set[str]] = defaultdict(set)
    for label, key in wanted:
        if label in FIELDS and key:
            keys[label].add(key)
    which = [(rows.editable(label).model, Q(pk__in=those)) for label, those in sorted(keys.items())]
    parts, _ = _parts(knowledge, which)
    return {(part.model, part.row): part for part in parts}


# Rows


def _parts(
    knowledge: Knowledge, which: Iterable[tuple[Any, Q]], *, also: Iterable[UUID] = ()
) -> tuple[tuple[Part, ...], Naming]:
    found = [(model, row) for model, q in which for row in _rows(knowledge, model, q)]
    naming = Naming(knowledge)
    naming.note(also)
    for model, row in found:
        kind = rows.editable(model._meta.label_lower)
        for name in FIELDS[kind.label]:
            if isinstance(kind.field(name), Prose):
                naming.note_texts([row[name]])
            elif kind.field(name).related_model in SUBJECTS and row[name]:
                naming.note(UUID(key) for key in (row[name] if isinstance(row[name], list) else [row[name]]))
    naming.look_up()
    parts = [_part(model._meta.label_lower, row, naming) for model, row in found]
    order = list(FIELDS)
    parts.sort(key=lambda part: (order.index(part.model), part.label, part.since, part.title, part.ref))
    return tuple(parts), naming


def _rows(knowledge: Knowledge, model: Any, which: Q) -> list[Values]:
    """As `rows.values_of` has them, without what is not known yet."""
    kind = rows.editable(model._meta.label_lower)
    names = [name for name in FIELDS[kind.label] if name not in (*kind.many, *kind.files)]
    columns = [kind.field(name).attname for name in names]
    known: Any
    if model is Series:
        known = Series.objects.filter(which)
    elif model is Episode:
        known = Episode.objects.filter(which, number__lte=knowledge.progress)
    else:
        visible = model.objects.as_of(knowledge.progress)
        known = visible.filter(pk__in=visible.filter(which).values("pk"))
    if "tag" in names:
        columns.append("tag__name")
    found = []
    for row in known.values("pk", *columns):
        values = {name: rows.plain(kind.field(name), row[column]) for name, column in zip(names, columns, strict=False)}
        if "ended_in" in values and values["ended_in"] is not None and values["ended_in"] > knowledge.progress:
            values["ended_in"] = None
        found.append({"pk": str(row["pk"]), "tag__name": row.get("tag__name"), **values})
    if model is Revelation:
        _add_concerned(found)
    return found


def _add_concerned(found: list[Values]) -> None:
    by_id = {row["pk"]: row for row in found}
    for name, through in (("characters", Revelation.characters.through), ("factions", Revelation.factions.through)):
        for row in found:
            row[name] = []
        pairs = through.objects.filter(revelation__in=list(by_id))
        for revelation, subject in pairs.values_list("revelation_id", f"{name.removesuffix('s')}_id"):
            by_id[str(revelation)][name].append(str(subject))
        for row in found:
            row[name].sort()


def _part(label: str, row: Values, naming: Naming) -> Part:
    stored = {name: row[name] for name in FIELDS[label] if name in row}
    shown = {name: _shown(label, name, value, row, naming) for name, value in stored.items()}
    return Part(
        ref=label.rpartition(".")[2] if label.startswith("episodes.") else row["pk"],
        model=label,
        row=row["pk"],
        label=str(Attribute(row["attribute"]).label) if label == "characters.trait" else NAMES[label].capitalize(),
        title=_title(label, shown, row, naming),
        stored=stored,
        shown=shown,
    )


def _shown(label: str, name: str, value: Json, row: Values, naming: Naming) -> Any:
    """As the form has it."""
    field = rows.editable(label).field(name)
    if field.many_to_many:
        return "\n".join(sorted(naming.name_of(UUID(key)) for key in value))
    if field.related_model in SUBJECTS:
        return naming.name_of(UUID(value))
    if field.related_model is Tag:
        return row["tag__name"]
    if isinstance(field, Prose):
        return even(naming.spoken(value))
    if isinstance(field, models.DateField):
        return date.fromisoformat(value) if value else None
    return even(value) if isinstance(value, str) else value


def with_article(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def even(text: str) -> str:
    """As a form sends it back if nobody touched it."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def _title(label: str, shown: Values, row: Values, naming: Naming) -> str:
    match label:
        case "characters.alias":
            return str(shown["name"])
        case "characters.trait":
            return shortened(naming.read_aloud(row["value"]), 90)
        case "characters.charactertag" | "characters.factiontag":
            return str(shown["tag"])
        case "characters.membership":
            return f"{shown['character']} in {shown['faction']}" + (f", {shown['role']}" if shown["role"] else "")
        case "characters.relationship":
            return f"{shown['source']} {RelationshipKind(row['kind']).sentence} {shown['target']}"
        case "characters.revelation":
            return shortened(naming.read_aloud(row["text"]), 110)
        case "characters.unmasking":
            return f"{shown['persona']} is {shown['identity']}"
        case "characters.portrait":
            return str(shown["alt_text"])
        case "characters.character" | "characters.faction":
            name = naming.name_of(UUID(row["pk"]))
            return f"{name}, episode {shown['revealed_in']}" if shown["revealed_in"] else f"{name}, before the first"
    return str(shown["title"])


# Names and tags to choose from


def names_to_offer(knowledge: Knowledge, owner: str) -> tuple[str, ...]:
    """Of all known characters or factions, or none where there are too many."""
    model: Any = Character if owner == "character" else Faction
    known = model.objects.as_of(knowledge.progress)
    if known.count() > MOST_NAMES_OFFERED:
        return ()
    naming = Naming(knowledge)
    naming.note(known.values_list("id", flat=True))
    naming.look_up()
    return tuple(sorted((naming.name_of(key) for key in known.values_list("id", flat=True)), key=str.casefold))


def tag_ids(knowledge: Knowledge) -> dict[str, int]:
    """The tags that somebody known bears."""
    return {
        name: key
        for model in (CharacterTag, FactionTag)
        for name, key in model.objects.as_of(knowledge.progress).values_list("tag__name", "tag_id").distinct()
    }
