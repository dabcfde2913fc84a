"""The cast of a page: looks up everybody its rows and texts name in a bounded number of queries."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Set
from copy import copy
from functools import cache, lru_cache, partial
from itertools import batched
from typing import Any, NamedTuple
from uuid import UUID

from django.core.files.storage import default_storage
from django.utils.safestring import SafeString

from characters.kinds import CHARACTER, FACTION, PORTRAIT, SUBJECTS
from characters.lore.knowledge import Knowledge
from characters.pictures import emblems, files
from characters.pictures.sizes import WIDTHS
from characters.text import prose
from characters.text.mentions import MENTION, mentioned_keys
from characters.text.names import as_name
from characters.values.basics import Face
from characters.vocabulary import Attribute
from episodes.known import known_rows, stands
from episodes.names import Name
from episodes.order import sort_key

from . import rows
from .kept import kept_each
from .statements import as_stored, as_uuid, fetched, placeholders

NAMELESS = Name("Unnamed")


class Features(NamedTuple):
    """What the face of a subject is made of."""

    kind: str
    public_id: str
    name: Name
    first_episode: int  # in which it was heard of, of a character under that name
    root_public_id: str  # of whom it is known to be, as all that follows
    root_name: Name
    colour: str
    species: str
    thumbnail: str
    house: int | None  # of a faction: how many were heard of before it
    definition: str  # in words; empty where there is none


class Cast:
    """First note everybody, then `look_up()`, then ask for faces and rendered texts.

    On the page of `subject` a text that mentions it does not link to where the reader is.
    """

    def __init__(self, knowledge: Knowledge, subject: UUID | None = None) -> None:
        self.knowledge = knowledge
        self.subject = subject
        self._noted: set[UUID] = set()
        self._keys: set[str] = set()
        self._texts: set[str] = set()  # on some pages most rows are noted several times
        self._by_key: dict[str, UUID] = {}
        self._known: dict[UUID, Features] = {}
        self._faces: dict[UUID, Face] = {}
        self._mentions: dict[str, prose.Mention] = {}

    def on_page_of(self, subject: UUID) -> "Cast":
        """Return a cast that shares what was looked up, for the page of somebody or the part of a page."""
        other = copy(self)
        other.subject, other._mentions = subject, {}
        return other

    def note(self, subjects: Iterable[UUID]) -> None:
        """Note characters, factions and other subjects that the page names."""
        self._noted.update(subjects)

    def note_texts(self, texts: Iterable[str]) -> None:
        """Note whoever these texts mention."""
        for text in texts:
            if "[[" in text and text not in self._texts:
                self._texts.add(text)
                self._keys |= mentioned_keys(text)

    def look_up(self) -> None:
        """Look up what is needed to name and show everybody noted so far.

        No faces are made yet: most lists show few of those whom their rows touch.
        """
        if new_keys := self._keys - self._by_key.keys():
            read_ids = partial(rows.ids_of_keys, self.knowledge.progress)
            self._by_key.update(kept_each(self.knowledge, "keys", new_keys, read_ids))
            self._noted.update(self._by_key.values())
        if new := self._noted - self._known.keys():
            families = self.knowledge.families_of(new)
            self._known.update(kept_each(self.knowledge, "features", families, self._read_features))

    def face(self, subject: UUID) -> Face:
        """Return a subject under its own name, with the address of whom it is known to be."""
        if subject not in self._faces:
            self._faces[subject] = self._make_face(subject)
        return self._faces[subject]

    def root_face(self, subject: UUID) -> Face:
        """Return a subject as whoever it is known to be by now."""
        return self.face(self.knowledge.root_of(subject))

    def name(self, subject: UUID) -> Name:
        """Return the newest headline name of a subject."""
        known = self._known.get(subject)
        return known.name if known else NAMELESS

    @property
    def weight_of_link(self) -> int:
        """About how many bytes a link to one of those takes: its name, and that once more in the address."""
        names = [len(known.root_name.encode()) for known in self._known.values()]
        return 60 + 3 * sum(names) // max(len(names), 1)

    def definition(self, subject: UUID) -> str:
        """Return in one line who or what somebody is known to be, if there is such a line."""
        known = self._known.get(subject)
        return known.definition if known else ""

    def public_id(self, subject: UUID) -> str:
        """Return the public id of whom a subject is known to be."""
        return self._known[subject].root_public_id

    def first_episode(self, subject: UUID) -> int:
        """Return the episode in which a subject was first heard of; of a character, under that name."""
        return self._known[subject].first_episode

    def sort_key(self, subject: UUID) -> tuple[str, str, str]:
        """Return the place of a subject by name: the order of `order.face_key` without making an address."""
        known = self._known[subject]
        return sort_key(known.name), known.kind, known.public_id

    def first_mentioned(self, text: str, among: Set[UUID]) -> UUID | None:
        """Return whom of these the text names first."""
        named = (self._by_key.get(match[1]) for match in MENTION.finditer(text))
        return next((subject for subject in named if subject in among), None)

    def render(self, text: str) -> SafeString:
        return prose.render(text, self._mention)

    def linking_once(self) -> Callable[[str], SafeString]:
        """Return a `render` for the texts of one section, in which each is a link where it is first mentioned."""
        linked: set[str] = set()

        def find(key: str) -> prose.Mention | None:
            mention = self._mention(key)
            if mention is None or not mention.url:
                return mention
            if mention.url in linked:
                return prose.Mention(mention.name, "")
            linked.add(mention.url)
            return mention

        return lambda text: prose.render(text, find)

    def render_line(self, text: str) -> SafeString:
        return prose.render_line(text, self._mention)

    def words(self, text: str, *, inline: bool = False) -> str:
        return prose.words(text, self._mention, inline=inline)

    def first_words(self, text: str, length: int) -> str:
        """Return the words of a text, cut to at most so many characters."""
        return prose.shortened(prose.words(text, self._mention, enough=length), length)

    def _mention(self, key: str) -> prose.Mention | None:
        if key not in self._mentions and key in self._by_key:
            mentioned = self._by_key[key]
            face = self.face(mentioned)
            url = face.url if self.knowledge.root_of(mentioned) != self.subject else ""
            self._mentions[key] = prose.Mention(face.name, url, self.definition(mentioned))
        return self._mentions.get(key)

    def _read_features(self, subjects: Iterable[UUID]) -> dict[UUID, Features]:
        """Read what the faces of some subjects are made of."""
        root_of = self.knowledge.root_of
        bearers: dict[UUID, tuple[str, str, int]] = {}
        names: dict[UUID, Name] = {}
        houses: dict[UUID, int] = {}
        looks: dict[tuple[str, UUID], str] = {}  # of whom they are known to be, as the pictures
        thumbnails: dict[UUID, tuple[bool, str]] = {}  # whether it is their own, as `telling.pictures` puts those first
        definitions: dict[UUID, tuple[tuple[int, bool], str]] = {}  # as `telling.newest_of` chooses them
        families = self.knowledge.families_of(subjects)
        for what, kind, subject, value, episode, also in _parts_of_faces(families, self.knowledge.progress):
            match what:
                case "public id":
                    bearers[subject] = kind, value, episode
                    if also:
                        houses[subject] = int(also)
                case "name":
                    names[subject] = as_name(value, also)
                case "look" if also == Attribute.DEFINITION:
                    root = root_of(subject)
                    place = episode, subject == root
                    if root not in definitions or place > definitions[root][0]:
                        definitions[root] = place, value
                case "look":
                    looks[also, root_of(subject)] = value
                case "picture":
                    root = root_of(subject)
                    is_own = subject == root
                    if is_own or not thumbnails.get(root, (False, ""))[0]:
                        thumbnails[root] = is_own, value
        lines = self._in_words({root: value for root, (_, value) in definitions.items()})
        return {
            subject: Features(
                kind=kind,
                public_id=public_id,
                name=names.get(subject, NAMELESS),
                first_episode=episode,
                root_public_id=bearers[root][1],
                root_name=names.get(root, NAMELESS),
                colour=looks.get((Attribute.COLOUR, root), ""),
                species=looks.get((Attribute.SPECIES, root), ""),
                thumbnail=thumbnails.get(root, (False, ""))[1],
                house=houses.get(subject),
                definition=lines.get(root, ""),
            )
            for subject, (kind, public_id, episode) in bearers.items()
            for root in (root_of(subject),)
        }

    def _in_words(self, definitions: dict[UUID, str]) -> dict[UUID, str]:
        """Return definitions as plain words, with the newest names of whom they mention."""
        names = _names_of_keys(set().union(*map(mentioned_keys, definitions.values())), self.knowledge.progress)
        return {
            subject: prose.words(text, lambda key: prose.Mention(names.get(key, NAMELESS), ""), inline=True)
            for subject, text in definitions.items()
        }

    def _make_face(self, subject: UUID) -> Face:
        known = self._known[subject]
        slug = self.knowledge.slug(known.root_name, known.kind)
        url = self.knowledge.address(known.kind, known.root_public_id, slug)
        return face_of(known.kind, known.name, url, known.colour, known.thumbnail, known.species, known.house)


def root_face_of(knowledge: Knowledge, subject: UUID) -> Face:
    """Return one subject alone as whoever it is known to be by now."""
    cast = Cast(knowledge)
    cast.note([subject])
    cast.look_up()
    return cast.root_face(subject)


@lru_cache(2**12, typed=True)  # the same faces are on most pages
def face_of(
    kind: str, name: Name, url: str, colour: str, thumbnail: str, species: str = "", house: int | None = None
) -> Face:
    """Return the face of a subject of a kind, with colour and species in words and the file of its picture."""
    accent = emblems.accent_for(name, colour, house)
    is_seal = kind != CHARACTER.name
    is_monogram = not is_seal and not emblems.is_masked(species)
    draw = emblems.seal_for if is_seal else emblems.monogram_for if is_monogram else emblems.mask_for
    return Face(
        name=name,
        url=url,
        thumbnail=default_storage.url(files.copy_name(thumbnail, WIDTHS[0])) if thumbnail else "",
        accent=accent,
        figure=draw(name),
        is_seal=is_seal,
        is_monogram=is_monogram,
    )


# What is shown of somebody wherever they are named: the table, whose it is, what it says, what decides between two of
# one episode, and which rows.
LOOKS = f"\"attribute\" IN ('{Attribute.COLOUR}', '{Attribute.SPECIES}', '{Attribute.DEFINITION}')"
PARTS = {
    "public id": ("characters_{kind}", "id", "public_id", "{number}", "TRUE"),
    "name": ("characters_alias", "{kind}_id", "name", '"kind"', '"headline"'),  # an episode has one headline
    "look": ("characters_trait", "{kind}_id", "value", '"attribute"', LOOKS),
    "picture": ("characters_portrait", "{kind}_id", "image", '"alt_text"', "TRUE"),
}
PART = (
    "SELECT '{what}', '{kind}', "
    '"{table}"."{whose}", "{value}", {{place}}, {before} FROM "{table}"'
    ' WHERE {{known}} AND "{table}"."{whose}" IN ({{placeholders}}) AND {which}'
)
# How many factions were heard of before one, all of them by the episode in which that was. Where both axes count, one
# that is not known stands after all that are, or nowhere.
NUMBER_OF_FACTION = (
    'CAST((SELECT COUNT(*) FROM "characters_faction" AS "E1"'
    " WHERE {heard_of} <= {place}"
    " AND ({heard_of} < {place}"
    ' OR "E1"."public_id" < "characters_faction"."public_id")) AS text)'
)
NAMES_OF_KEYS = (
    'SELECT "key", "name", "characters_alias"."kind", {place} FROM "characters_{kind}"'
    ' JOIN "characters_alias" ON "characters_alias"."{kind}_id" = "characters_{kind}"."id" AND "headline"'
    ' WHERE {known} AND {known_names} AND "key" IN ({placeholders})'
)
SUBJECTS_AT_ONCE = 2_000


def _parts_of_faces(subjects: Iterable[UUID], progress: int) -> list[tuple[str, str, UUID, str, int, str]]:
    """Return all parts as of an episode, each with its own episode and what decides between two, the newest last.

    By hand: nearly every page asks this, and what Django makes of it takes three times as long. First of what kind they
    are: when asked for factions and terms with the ids of characters, SQLite reads all names of the show.
    """
    rows: list[tuple[Any, ...]] = []
    for some in batched(subjects, SUBJECTS_AT_ONCE):
        ids = as_stored(some)
        known = _parts(progress, {kind.name: ids for kind in SUBJECTS}, ("public id",))
        of_kind: dict[str, list[Any]] = defaultdict(list)
        for _, kind, subject, *_ in known:
            of_kind[kind].append(subject)
        rows += known + _parts(progress, of_kind, ("name", "look", "picture"))
    rows.sort(key=lambda row: (row[4], row[5], row[3]))
    return [(what, kind, as_uuid(subject), value, episode, also) for what, kind, subject, value, episode, also in rows]


def _names_of_keys(keys: Iterable[str], progress: int) -> dict[str, Name]:
    """Return the newest headline names of those, of whatever kind, whom texts mention by these keys."""
    names: dict[str, Name] = {}
    for some in batched(keys, SUBJECTS_AT_ONCE):
        arms, params = [], []
        known_names = known_rows(progress, "characters_alias")
        for kind in SUBJECTS:
            known = known_rows(progress, f"characters_{kind.name}")
            arms.append(
                NAMES_OF_KEYS.format(
                    kind=kind.name,
                    known=known.sql,
                    known_names=known_names.sql,
                    place=stands(progress, "characters_alias"),
                    placeholders=placeholders(some),
                )
            )
            params += [*known.params, *known_names.params, *some]
        found = fetched(" UNION ALL ".join(arms), params)
        found.sort(key=lambda row: row[3])  # an episode has one headline
        names.update((key, as_name(name, kind)) for key, name, kind, _ in found)
    return names


def _parts(progress: int, of_kind: Mapping[str, list[Any]], which: Iterable[str]) -> list[tuple[Any, ...]]:
    """Return some parts of the faces of these subjects, kind by kind."""
    arms, params = [], []
    for kind, ids in of_kind.items():
        for what in which:
            if what != "picture" or kind in PORTRAIT.owners:
                # By index SQLite would read all that is known in its order: of terms there may be no names.
                known = known_rows(progress, table := PARTS[what][0].format(kind=kind), by_index=False)
                place, heard_of = stands(progress, table), stands(progress, "E1")
                sql = _part_sql(what, kind)
                arms.append(sql.format(known=known.sql, place=place, heard_of=heard_of, placeholders=placeholders(ids)))
                params += [*known.params, *ids]
    return fetched(" UNION ALL ".join(arms), params) if arms else []


@cache
def _part_sql(what: str, kind: str) -> str:
    table, whose, value, before, which = PARTS[what]
    return PART.format(
        what=what,
        kind=kind,
        table=table.format(kind=kind),
        whose=whose.format(kind=kind),
        value=value,
        before=before.format(number=NUMBER_OF_FACTION if kind == FACTION.name else "''"),
        which=which,
    )
