"""One declaration for each kind of row.

The write door, the contributors' form, the moderators' words, the search index, the spoiler linter, the loader and the
dumper take from here what they need to know of a kind. A new kind is a model, a migration, and an entry here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

from django.db import models

from episodes.fields import SortKey
from episodes.gate import Prose
from episodes.models import Episode, Series
from episodes.names import Name, capital
from episodes.units import before_the_first, current, named, worded

from .models import (
    Alias,
    Character,
    CharacterTag,
    Faction,
    FactionTag,
    FormerAddress,
    Membership,
    Portrait,
    Relationship,
    Revelation,
    Subject,
    Tag,
    Term,
    TermTag,
    Trait,
    Unmasking,
    Word,
)
from .models.owned import OWNERS
from .models.revelations import CONCERNED
from .text.phrases import role_in_words
from .text.prose import shortened
from .vocabulary import Certainty
from .vocabulary import current as vocabulary

type Values = Mapping[str, Any]
"""A row by the names of its fields: the id for a foreign key, and the name for a tag."""


class Speaker(Protocol):
    """Whoever puts rows into words, with the names that some reader knows."""

    def name(self, subject: Any) -> Name:
        """Return the name of a character or faction, by its id."""
        ...

    def words(self, text: str) -> str:
        """Return a text without its markup, with names for mentions."""
        ...


type Wording = Callable[[Values, Speaker], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PageKind:
    """What is particular to a kind whose rows have pages of their own."""

    plural: str  # in addresses, in the files of a data set, and as the list of a revelation
    additions: tuple[str, ...]  # the kinds of rows that a contributor can add on such a page, in the order of the form
    heading: str  # above its list
    intro: str  # what its list holds, for search engines; {show} stands for the title
    tagging: type[models.Model] | None = None
    is_group: bool = False  # its names are those of many, so the linter takes the singular for a form of the name

    @property
    def short_url(self) -> str:
        """The name of the address that holds no name of anybody."""
        return f"{self.plural.removesuffix('s')}-short"

    @property
    def correct_url(self) -> str:
        """The name of the address of the contributors' form."""
        return f"correct-{self.plural}"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Kind:
    """All that the rest of the site needs to know of a kind of row besides its model."""

    model: type[models.Model]
    noun: str  # as contributors and visitors read it; what moderators read is `noun_for`
    fields: tuple[str, ...]  # what the write door may change, in the order in which people read it
    public: tuple[str, ...] = ()  # of these, what visitors may correct, in the order of the form
    unseen: tuple[str, ...] = ()  # of these, what no visitor sees: changes of them alone are left out of /changes/
    owners: tuple[str, ...] = ()  # foreign keys to the subject it belongs to, of which exactly one is set
    connects: tuple[str, ...] = ()  # or to the subjects that it connects
    listed_under: tuple[str, ...] = ()  # whose pages list it, where that is not all of the above
    found_under: tuple[str, ...] = ()  # whom search groups it under, where that is not whose pages list it
    texts: tuple[tuple[str, str], ...] = ()  # the fields that the linter reads, each with what to call the place
    can_be_removed: bool = True  # by contributors; some rows are one of a kind
    page: PageKind | None = None
    title: Wording  # where contributors choose what to correct; the row has its id as `pk`
    line: Wording | None = None  # in the form of an episode's week, where that is not owner and title; it has `id`
    noun_for: Callable[[Values], str] | None = None  # as moderators read it, where that is not the model's name
    entry: str = ""  # what its entries in the search index are called; empty for what is not searched
    heading_for: Callable[[Values], str] | None = None  # above its fields in the form, where that is not the noun
    indexed: Wording | None = None  # by which words it is found
    passage: Callable[[Values, Speaker], tuple[str, str]] = lambda row, speaker: ("", "")  # label and words in search
    part_of_entry: str = ""  # its list in the entry of its owner in a data set
    file: str = ""  # or the file of its own there
    natural_key: Callable[[Values], tuple[str, ...]] = lambda values: ()  # what tells it from others of its owner
    moved_key: tuple[
        str, ...
    ] = ()  # what tells it from them in whichever episode, where the natural key has that in it
    dump_order: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return str(self.model._meta.model_name)

    @property
    def label(self) -> str:
        return self.model._meta.label_lower

    @property
    def plural(self) -> str:
        """Its name in addresses and in the files of a data set, for a kind with pages."""
        return self.page.plural if self.page else f"{self.name}s"

    @property
    def pages(self) -> tuple[str, ...]:
        """The fields that hold whose pages list it."""
        return self.listed_under or self.owners + self.connects

    @property
    def search_subjects(self) -> tuple[str, ...]:
        """The fields that hold whom search groups it under."""
        return self.found_under or self.pages

    @property
    def own_page(self) -> PageKind:
        """What is particular to its pages, for the kinds that have some."""
        if self.page is None:
            raise TypeError(f"{self.name} has no pages of its own.")
        return self.page

    def related_model(self, field: str) -> Any:
        """Return the model that a field points to."""
        return self.model._meta.get_field(field).related_model

    def fields_to(self, other: "Kind") -> tuple[str, ...]:
        """Return the fields that point to subjects of another kind whose pages list this row."""
        return tuple(name for name in self.pages if self.related_model(name) is other.model)

    @property
    def is_owned(self) -> bool:
        """Whether it belongs to one subject alone."""
        return bool(self.owners)

    def foreign_key_to(self, model: type[models.Model]) -> str:
        """Return the foreign key to its owner of that model, or to the first it connects; empty if there is none."""
        keys = (name for name in self.owners + self.connects if self.model._meta.get_field(name).related_model is model)
        return next(keys, "")

    def home_of(self, row: Any) -> Any:
        """Return the row in whose admin form this one is edited, which may be the row itself."""
        keys: list[Any] = [self.model._meta.get_field(name) for name in self.owners + self.connects]
        # A form for a new subject has its rows refer to a subject without an id.
        owners = (getattr(row, key.name) for key in keys if getattr(row, key.attname) is not None or key.is_cached(row))
        return next((owner for owner in owners if owner is not None), row)


def values_of(row: models.Model) -> dict[str, Any]:
    """Return a row as wordings take it."""
    values = {name: getattr(row, attname) for name, attname in _columns(row._meta.model)}
    if "tag" in values:
        values["tag"] = row.tag.name  # type: ignore[attr-defined]
    return values


@cache
def _columns(model: type[models.Model]) -> tuple[tuple[str, str], ...]:
    """Return the names of columns with those of what they hold; keys to sort by are in no wording, and made anew."""
    columns = (column for column in model._meta.concrete_fields if not isinstance(column, SortKey))
    return tuple((column.name, column.attname) for column in columns)


def from_columns(row: Values) -> dict[str, Any]:
    """Return the columns of a query as wordings take them."""
    return {name.removesuffix("_id").removesuffix("__name"): value for name, value in row.items()}


def line_of(kind: Kind, row: Values, speaker: Speaker) -> str:
    """Return a row in a line, with whom it belongs to."""
    if kind.line is not None:
        return kind.line(row, speaker)
    title = kind.title(row, speaker)
    return f"{owner_in_words(kind, row, speaker)}: {title}" if kind.is_owned else title


def owner_in_words(kind: Kind, row: Values, speaker: Speaker) -> str:
    """Return the name of whom a row belongs to."""
    return speaker.name(next(row[name] for name in kind.owners if row.get(name)))


def _fixed_key(*fields: str) -> Callable[[Values], tuple[str, ...]]:
    return lambda values: fields


# How rows read


def _subject_title(row: Values, speaker: Speaker) -> str:
    place = row["revealed_in"] or row.get("also_in")  # the latter alone where a chapter alone is known to tell it
    return f"{speaker.name(row['pk'])}, {named(place) if place else before_the_first()}"


def _noun_of_alias(row: Values) -> str:
    kind = row.get("kind") or "name"
    return kind if kind in ("name", "title", "codename", "placeholder") else f"name ({vocabulary().name(kind).noun})"


def _alias_line(row: Values, speaker: Speaker) -> str:
    return f"{owner_in_words(ALIAS, row, speaker)}: {Name(row['name'])} ({vocabulary().name(row['kind']).noun})"


def _noun_of_trait(row: Values) -> str:
    known = vocabulary().attributes.get(row.get("attribute", ""))
    return known.label.lower() if known else "fact"


def _trait_key(row: Values) -> tuple[str, ...]:
    """Return what tells a trait from others: the episode of a single-valued attribute, or else the value."""
    is_single = vocabulary().attribute(row["attribute"]).is_single
    return ("attribute", "revealed_in") if is_single else ("attribute", "value")


def _trait_indexed(row: Values, speaker: Speaker) -> str:
    label = vocabulary().attribute(row["attribute"]).label
    return f"{owner_in_words(TRAIT, row, speaker)} {label} {speaker.words(row['value'])}"


def _trait_line(row: Values, speaker: Speaker) -> str:
    label = vocabulary().attribute(row["attribute"]).label.lower()
    return f"{owner_in_words(TRAIT, row, speaker)}: {label} – {speaker.words(row['value'])}"


def _membership(row: Values, speaker: Speaker) -> str:
    role = role_in_words(row["role"])
    return f"{speaker.name(row['character'])} in {speaker.name(row['faction'])}{f', {role}' if role else ''}"


def _membership_passage(row: Values, speaker: Speaker) -> tuple[str, str]:
    return "Membership", ", ".join(filter(None, (speaker.name(row["faction"]), role_in_words(row["role"]))))


def _relationship(row: Values, speaker: Speaker) -> str:
    sentence = vocabulary().relation(row["kind"]).sentence
    return f"{speaker.name(row['source'])} {sentence} {speaker.name(row['target'])}"


def _portrait_passage(row: Values, speaker: Speaker) -> tuple[str, str]:
    return "Picture", f"{row['alt_text']} {speaker.words(row['caption'])}".strip()


REVELATION_LABELS = {
    Certainty.CONFIRMED: "Learned",
    Certainty.CLAIMED: "Claimed",
    Certainty.HINTED: "Hinted",
    Certainty.DISPROVED: "A belief refuted",
}

# The kinds

WHEN = ("revealed_in",)
WHEN_AND_UNTIL = ("revealed_in", "ended_in")
OR_WHEN = ("also_in",)  # on a second axis, if the show has one
OR_WHEN_AND_UNTIL = ("also_in", "also_ended_in")
INFERRED = ("inferred",)  # whether the episode was worked out, which is the editors' affair

SERIES = Kind(
    model=Series,
    noun="the show",
    fields=(
        "title",
        "native_title",
        "native_language",
        "premise",
        "studio",
        "director",
        "chief_director",
        "writers",
        "character_design",
        "mechanical_design",
        "music",
        "opening",
        "ending",
        "network",
        "streaming",
        "credits",
        "unit",
        "units",
        "watched",
        "second_unit",
        "second_units",
        "second_read",
        "licence",
    ),
    public=(
        "title",
        "native_title",
        "premise",
        "studio",
        "director",
        "chief_director",
        "character_design",
        "mechanical_design",
        "opening",
        "ending",
        "network",
    ),
    texts=(("premise", "the premise"),),
    can_be_removed=False,
    title=lambda row, speaker: Name(row["title"]),
    file="series.yaml",
)
EPISODE = Kind(
    model=Episode,
    noun="title and synopsis",
    fields=("label", "season", "kind", "title", "native_title", "aired_on", "synopsis", "writers", "directors"),
    public=("title", "native_title", "aired_on", "synopsis"),
    texts=(
        ("title", "the title of {owner}"),
        ("native_title", "the native title of {owner}"),
        ("synopsis", "the synopsis of {owner}"),
    ),
    can_be_removed=False,
    page=PageKind(plural="episodes", heading="Episodes", intro="", additions=("revelation",)),
    title=lambda row, speaker: Name(row["title"]),
    entry="episode",
    passage=lambda row, speaker: (capital(current().word(row["revealed_in"])), speaker.words(row["text"])),
    file="episodes.yaml",
    natural_key=_fixed_key("number"),
    dump_order=("number",),
)


WORD = Kind(
    model=Word,
    noun="word of the vocabulary",
    fields=(
        "section",
        "key",
        "label",
        "reverse",
        "sentence",
        "bond",
        "goes_on",
        "single",
        "spoken_in",
        "left_out",
        "position",
        *WHEN,
        *OR_WHEN,
    ),
    unseen=("key", "position", *OR_WHEN),
    title=lambda row, speaker: Name(row["label"] or row["key"]),
    file="vocabulary.yaml",
    natural_key=_fixed_key("section", "key"),
    dump_order=("revealed_in_id", "position", "key"),
)


def _subject(model: type[Subject], page: PageKind) -> Kind:
    """Return a kind of subject: something with pages and names of its own."""
    return Kind(
        model=model,
        noun="first appearance",
        fields=("key", "public_id", *WHEN, *OR_WHEN, *INFERRED),
        public=WHEN,
        unseen=("key", *OR_WHEN, *INFERRED),
        can_be_removed=False,
        page=page,
        title=_subject_title,
        line=lambda row, speaker: speaker.name(row["id"]),
        file=f"{page.plural}.yaml",
        natural_key=_fixed_key("key"),
        dump_order=("revealed_in_id", "key"),
    )


CHARACTER = _subject(
    Character,
    PageKind(
        plural="characters",
        heading="Characters",
        intro="Everybody in {show} you have heard of so far.",
        additions=(
            "alias", "trait", "revelation", "membership", "relationship", "unmasking", "charactertag", "portrait",
        ),
        tagging=CharacterTag,
    ),
)  # fmt: skip
FACTION = _subject(
    Faction,
    PageKind(
        plural="factions",
        heading="Factions",
        intro="The sides in {show} you have heard of so far.",
        additions=("alias", "trait", "revelation", "membership", "factiontag"),
        tagging=FactionTag,
        is_group=True,
    ),
)
TERM = _subject(
    Term,
    PageKind(
        plural="terms",
        heading="Terms",
        intro="The words of {show} you have heard so far: places, substances, laws, groups of beings.",
        additions=("alias", "trait", "revelation", "termtag"),
        tagging=TermTag,
    ),
)
ALIAS = Kind(
    model=Alias,
    noun="name",
    fields=(*OWNERS, "name", "kind", "language", "headline", "common_word", *WHEN, *OR_WHEN, *INFERRED),
    public=("name", "kind", "language", "headline", *WHEN),
    unseen=("common_word", *OR_WHEN, *INFERRED),
    owners=OWNERS,
    title=lambda row, speaker: Name(row["name"]),
    line=_alias_line,
    noun_for=_noun_of_alias,
    entry="name",
    indexed=lambda row, speaker: str(row["name"]),
    part_of_entry="aliases",
    natural_key=_fixed_key("name"),
    dump_order=("revealed_in_id", "-headline", "kind", "sort_key"),
)
TRAIT = Kind(
    model=Trait,
    noun="fact",
    fields=(*OWNERS, "attribute", "value", *WHEN, *OR_WHEN, *INFERRED),
    public=("attribute", "value", *WHEN),
    unseen=(*OR_WHEN, *INFERRED),
    owners=OWNERS,
    texts=(("value", "the {attribute} of {owner}"),),
    title=lambda row, speaker: Name(shortened(speaker.words(row["value"]), 90)),
    line=_trait_line,
    noun_for=_noun_of_trait,
    entry="trait",
    heading_for=lambda row: vocabulary().attribute(row["attribute"]).label,
    indexed=_trait_indexed,
    passage=lambda row, speaker: (vocabulary().attribute(row["attribute"]).label, speaker.words(row["value"])),
    part_of_entry="traits",
    natural_key=_trait_key,
    moved_key=("attribute", "value"),
    dump_order=("attribute", "revealed_in_id", "value"),
)
FORMER_ADDRESS = Kind(
    model=FormerAddress,
    noun="former address",
    fields=(*OWNERS, "address", *WHEN, *OR_WHEN, *INFERRED),
    unseen=("address", *OR_WHEN, *INFERRED),
    owners=OWNERS,
    can_be_removed=False,
    title=lambda row, speaker: str(row["address"]),
    part_of_entry="former_addresses",
    natural_key=_fixed_key("address"),
    dump_order=("revealed_in_id", "address"),
)
TAG = Kind(
    model=Tag,
    noun="tag",
    fields=("name", "slug"),
    title=lambda row, speaker: Name(row["name"]),
    natural_key=_fixed_key("name"),
)


def _tagging(model: type[CharacterTag | FactionTag | TermTag], entry: str) -> Kind:
    return Kind(
        model=model,
        noun="tag",
        fields=("content_object", "tag", *WHEN_AND_UNTIL, *OR_WHEN_AND_UNTIL, *INFERRED),
        public=("tag", *WHEN_AND_UNTIL),
        unseen=(*OR_WHEN_AND_UNTIL, *INFERRED),
        owners=("content_object",),
        title=lambda row, speaker: Name(row["tag"]),
        entry=entry,
        indexed=lambda row, speaker: f"{speaker.name(row['content_object'])} {row['tag']}",
        passage=lambda row, speaker: ("Tag", f"{Name(row['tag'])}"),
        part_of_entry="tags",
        natural_key=_fixed_key("tag", "revealed_in"),
        moved_key=("tag",),
        dump_order=("revealed_in_id", "tag__sort_key"),
    )


CHARACTER_TAG = _tagging(CharacterTag, "character_tag")
FACTION_TAG = _tagging(FactionTag, "faction_tag")
TERM_TAG = _tagging(TermTag, "term_tag")
MEMBERSHIP = Kind(
    model=Membership,
    noun="membership",
    fields=("character", "faction", "role", *WHEN_AND_UNTIL, *OR_WHEN_AND_UNTIL, *INFERRED),
    public=("character", "faction", "role", *WHEN_AND_UNTIL),
    unseen=(*OR_WHEN_AND_UNTIL, *INFERRED),
    connects=("character", "faction"),
    found_under=("character",),
    texts=(("role", "a role of {owner}"),),
    title=_membership,
    entry="membership",
    indexed=lambda row, speaker: f"{speaker.name(row['character'])} {row['role']} {speaker.name(row['faction'])}",
    passage=_membership_passage,
    part_of_entry="memberships",
    natural_key=_fixed_key("faction", "role", "revealed_in"),
    moved_key=("faction", "role"),
    dump_order=("revealed_in_id", "faction__key", "role"),
)
RELATIONSHIP = Kind(
    model=Relationship,
    noun="relation",
    fields=("source", "kind", "target", "certainty", *WHEN_AND_UNTIL, *OR_WHEN_AND_UNTIL, *INFERRED),
    public=("source", "kind", "target", "certainty", *WHEN_AND_UNTIL),
    unseen=(*OR_WHEN_AND_UNTIL, *INFERRED),
    connects=("source", "target"),
    title=_relationship,
    entry="relationship",
    indexed=_relationship,
    passage=lambda row, speaker: ("Relation", " ".join(capital(_relationship(row, speaker)).split())),
    file="relationships.yaml",
    natural_key=_fixed_key("source", "kind", "target", "revealed_in"),
    moved_key=("source", "kind", "target"),
    dump_order=("revealed_in_id", "source__key", "kind", "target__key"),
)
REVELATION = Kind(
    model=Revelation,
    noun="revelation",
    fields=(
        "key",
        "text",
        "certainty",
        *CONCERNED,
        "supersedes",
        "time",
        "position",
        "source",
        *WHEN,
        *OR_WHEN,
        *INFERRED,
    ),
    public=("text", "certainty", *CONCERNED, "time", *WHEN),
    unseen=("key", "position", "source", *OR_WHEN, *INFERRED),
    listed_under=CONCERNED,
    texts=(("text", "the text of {owner}"),),
    title=lambda row, speaker: shortened(speaker.words(row["text"]), 110),
    line=lambda row, speaker: speaker.words(row["text"]),
    entry="revelation",
    indexed=lambda row, speaker: speaker.words(row["text"]),
    passage=lambda row, speaker: (REVELATION_LABELS[Certainty(row["certainty"])], speaker.words(row["text"])),
    file="revelations.yaml",
    natural_key=_fixed_key("key"),
    dump_order=("revealed_in_id", "position", "key"),
)
UNMASKING = Kind(
    model=Unmasking,
    noun="unmasking",
    fields=("persona", "identity", *WHEN, *OR_WHEN, *INFERRED),
    public=("persona", "identity", *WHEN),
    unseen=(*OR_WHEN, *INFERRED),
    connects=("persona", "identity"),
    listed_under=("persona",),
    title=lambda row, speaker: f"{speaker.name(row['persona'])} is {speaker.name(row['identity'])}",
    file="unmaskings.yaml",
    natural_key=_fixed_key("persona"),
    dump_order=("revealed_in_id", "persona__key"),
)
PORTRAIT = Kind(
    model=Portrait,
    noun="portrait",
    fields=("character", "image", "alt_text", "caption", "credit", "licence", *WHEN, *OR_WHEN, *INFERRED),
    public=("image", "alt_text", "caption", "credit", "licence", *WHEN),
    unseen=(*OR_WHEN, *INFERRED),
    owners=("character",),
    texts=(
        ("alt_text", "the alt text of a portrait of {owner}"),
        ("caption", "the caption of a portrait of {owner}"),
        ("credit", "the credit of a portrait of {owner}"),
    ),
    title=lambda row, speaker: Name(row["alt_text"]),
    entry="portrait",
    indexed=lambda row, speaker: f"{speaker.name(row['character'])} {row['alt_text']} {speaker.words(row['caption'])}",
    passage=_portrait_passage,
    part_of_entry="portraits",
    natural_key=_fixed_key("image"),
    dump_order=("revealed_in_id", "image"),
)

# In the order of the contributors' form. What hangs on others comes after them, so all is deleted from the end.
KINDS: tuple[Kind, ...] = (
    SERIES, EPISODE, WORD, CHARACTER, FACTION, TERM, ALIAS, TRAIT, FORMER_ADDRESS, TAG, CHARACTER_TAG, FACTION_TAG,
    TERM_TAG, MEMBERSHIP, RELATIONSHIP, REVELATION, UNMASKING, PORTRAIT,
)  # fmt: skip
SUBJECTS: tuple[Kind, ...] = (CHARACTER, FACTION, TERM)  # those with names; `OWNERS` are their foreign keys
SUBJECT_MODELS = frozenset(kind.model for kind in SUBJECTS)
TAGGINGS: tuple[Kind, ...] = tuple(kind for kind in KINDS if kind.part_of_entry == "tags")
SEARCHED: tuple[Kind, ...] = tuple(kind for kind in KINDS if kind.indexed is not None)
PUBLIC: tuple[Kind, ...] = tuple(kind for kind in KINDS if kind.public)

# What the fields are called in front of contributors, where that is not the name of the field.
FIELD_LABELS = {
    "value": "What it says",
    "headline": "Can be the name on the page",
    "aired_on": worded("First {aired}"),
    "alt_text": "What it shows",
    "revealed_in": "Known after",
    "ended_in": "Ended in",
    "also_in": "Or known after",
    "also_ended_in": "Or ended in",
    "source": "Who",
    "target": "Whom",
    "identity": "Is really",
    "time": worded("Time in the {one}"),
    "characters": "Characters it concerns",
    "factions": "Factions it concerns",
    "terms": "Terms it concerns",
    "image": "Picture",
}


def label_of(kind: Kind, field: str) -> str:
    """Return what a field is called in front of contributors."""
    verbose_name: Any = kind.model._meta.get_field(field).verbose_name  # type: ignore[union-attr]
    return FIELD_LABELS.get(field, str(verbose_name).capitalize())


_by_label = {kind.label: kind for kind in KINDS}
_by_name = {kind.name: kind for kind in KINDS}
_by_plural = {kind.page.plural: kind for kind in KINDS if kind.page}
_by_entry = {kind.entry: kind for kind in KINDS if kind.entry}
_by_file = {kind.file: kind for kind in KINDS if kind.file} | {"chapters.yaml": EPISODE}


def kind_of(row: models.Model | type[models.Model]) -> Kind:
    """Return the kind of a row or a model."""
    return _by_label[row._meta.label_lower]


def kind_labelled(label: str) -> Kind:
    """Return a kind by its model's label, such as “characters.alias”."""
    return _by_label[label]


def kind_named(name: str) -> Kind:
    """Return a kind by its model's name, such as “alias”."""
    return _by_name[name]


def kind_with_pages(plural: str) -> Kind:
    """Return a kind with pages of its own by its plural in addresses, such as “characters”."""
    return _by_plural[plural]


def kind_of_entry(entry: str) -> Kind:
    """Return a kind by its entries in the search index."""
    return _by_entry[entry]


def kind_of_file(file: str) -> Kind:
    """Return a kind by its file in a data set, such as “relationships.yaml”."""
    return _by_file[file]


def tagging_of(kind: Kind) -> Any:
    """Return the model by which subjects of a kind bear tags."""
    return kind.page.tagging if kind.page else None


@cache
def prose_of(kind: Kind) -> tuple[str, ...]:
    """Return the fields of a kind with Markdown and mentions in them."""
    return tuple(name for name in kind.fields if isinstance(kind.model._meta.get_field(name), Prose))


@cache
def columns_of(kind: Kind) -> tuple[str, ...]:
    """Return the columns that a query has to read so that `from_columns` makes of them what wordings take."""
    columns = []
    for name in kind.fields:
        field: Any = kind.model._meta.get_field(name)
        if not field.many_to_many and name not in (*WHEN_AND_UNTIL, *OR_WHEN_AND_UNTIL):
            columns.append("tag__name" if name == "tag" else field.attname)
    return tuple(columns)
