"""Who is who on a page: resolves everybody its rows and texts touch in a bounded number of queries."""

from collections.abc import Iterable
from itertools import batched
from typing import Any
from uuid import UUID

from django.core.files.storage import default_storage
from django.utils.safestring import SafeString

from characters.lore.knowledge import Knowledge
from characters.models import Character, Faction
from characters.pictures import emblems, files
from characters.text import prose
from characters.text.mentions import MENTION, mentioned_keys
from characters.values.basics import Face
from characters.vocabulary import Attribute

from .statements import as_stored, as_uuid, fetched, holes

NAMELESS = "Unnamed"


class Cast:
    """First note everybody, then `look_up()`, then ask for faces and rendered texts.

    On the page of `subject` a text that mentions it does not link to where the reader is.
    """

    def __init__(self, knowledge: Knowledge, subject: UUID | None = None) -> None:
        self.knowledge = knowledge
        self.subject = subject
        self.characters: set[UUID] = set()
        self.factions: set[UUID] = set()
        self._keys: set[str] = set()
        self._by_key: dict[str, UUID] = {}
        self._kinds: dict[UUID, str] = {}
        self._public_ids: dict[UUID, str] = {}
        self._names: dict[UUID, str] = {}
        self._colours: dict[UUID, str] = {}  # of whom they are known to be, as the pictures
        self._thumbnails: dict[UUID, str] = {}
        self._faces: dict[UUID, Face] = {}

    def note_texts(self, texts: Iterable[str]) -> None:
        for text in texts:
            self._keys |= mentioned_keys(text)

    def look_up(self) -> None:
        for model, noted in ((Character, self.characters), (Faction, self.factions)):
            if self._keys:
                found = model.objects.as_of(self.knowledge.progress).filter(key__in=self._keys).values_list("key", "id")
                for key, subject in found:
                    self._by_key[key] = subject
                    noted.add(subject)
        self.characters |= {self.knowledge.root_of(person) for person in self.characters}
        self._note_faces(Character, self.characters)
        self._note_faces(Faction, self.factions)

    def person(self, subject: UUID) -> Face:
        """As the persona (or the faction) is called, with the address of whom it is known to be."""
        return self._face(subject)

    def root_face(self, character: UUID) -> Face:
        """As whoever it is known to be by now."""
        return self._face(self.knowledge.root_of(character))

    def faction(self, faction: UUID) -> Face:
        return self._face(faction)

    def name(self, subject: UUID) -> str:
        return self._names.get(subject, NAMELESS)

    def place(self, subject: UUID) -> tuple[str, str, str]:
        """Where it stands among others, by name: the order of `telling.sort_key` without making an address."""
        return self.name(subject).casefold(), self._kinds[subject], self._public_ids[subject]

    def first_mentioned(self, text: str, among: Iterable[UUID]) -> UUID | None:
        """Whom of these the text names first."""
        known = set(among)
        named = (self._by_key.get(match[1]) for match in MENTION.finditer(text))
        return next((subject for subject in named if subject in known), None)

    def render(self, text: str) -> SafeString:
        return prose.render(text, self._mention)

    def render_line(self, text: str) -> SafeString:
        return prose.render_line(text, self._mention)

    def words(self, text: str, *, inline: bool = False) -> str:
        return prose.words(text, self._mention, inline=inline)

    def _mention(self, key: str) -> prose.Mention | None:
        if key not in self._by_key:
            return None
        mentioned = self._by_key[key]
        face = self._face(mentioned)
        return prose.Mention(face.name, face.url if self.knowledge.root_of(mentioned) != self.subject else "")

    def _note_faces(self, model: type[Character | Faction], noted: set[UUID]) -> None:
        """Reads what faces are made of; most lists show few of those whom their rows touch."""
        kind = model._meta.model_name or ""
        families = {member for subject in noted - self._kinds.keys() for member in self.knowledge.family_of(subject)}
        for what, subject, value in _parts_of_faces(kind, families, self.knowledge.progress):
            match what:
                case "public id":
                    self._kinds[subject], self._public_ids[subject] = kind, value
                case "name":
                    self._names[subject] = value
                case "colour":
                    self._colours[self.knowledge.root_of(subject)] = value
                case "picture":
                    self._thumbnails[self.knowledge.root_of(subject)] = value

    def _face(self, subject: UUID) -> Face:
        if subject not in self._faces:
            self._faces[subject] = self._make_face(subject)
        return self._faces[subject]

    def _make_face(self, subject: UUID) -> Face:
        kind, name, root = self._kinds[subject], self.name(subject), self.knowledge.root_of(subject)
        colour, thumbnail = self._colours.get(root, ""), self._thumbnails.get(root)
        return Face(
            name=name,
            url=self.knowledge.address(kind, self._public_ids[root], self.knowledge.slug(self.name(root), kind)),
            initials=emblems.initials_for(name),
            colour=emblems.colour_for(name, colour),
            thumbnail=default_storage.url(files.smaller(thumbnail, files.WIDTHS[0])) if thumbnail else "",
            accent=emblems.accent_for(name, colour),
            figure=emblems.seal_for(name) if kind == "faction" else emblems.mask_for(name),
            is_seal=kind == "faction",
        )


# What a face is made of: the table, whose it is, what it says, what decides between two of one episode, and which rows.
PARTS = {
    "public id": ("characters_{kind}", "id", "public_id", "''", "TRUE"),
    "name": ("characters_alias", "{kind}_id", "name", "''", '"headline"'),
    "colour": ("characters_trait", "{kind}_id", "value", "''", f"\"attribute\" = '{Attribute.COLOUR}'"),
    "picture": ("characters_portrait", "{kind}_id", "image", '"alt_text"', "TRUE"),
}

PART = (
    "SELECT '{what}', "
    '"{table}"."{whose}", "{value}", "{table}"."revealed_in_id", {before} FROM "{table}"'
    ' WHERE "{table}"."revealed_in_id" <= %s AND "{table}"."{whose}" IN ({holes}) AND {which}'
)

SUBJECTS_AT_ONCE = 2_000


def _parts_of_faces(kind: str, subjects: Iterable[UUID], progress: int) -> list[tuple[str, UUID, str]]:
    """All of them as of an episode, the newest last.

    By hand, in one statement: nearly every page asks this, and four that Django makes take it three times as long.
    """
    found: list[tuple[Any, ...]] = []
    for some in batched(subjects, SUBJECTS_AT_ONCE):
        ids = [as_stored(subject) for subject in some]
        parts = [
            PART.format(
                what=what,
                table=table.format(kind=kind),
                whose=whose.format(kind=kind),
                value=value,
                before=before,
                which=which,
                holes=holes(ids),
            )
            for what, (table, whose, value, before, which) in PARTS.items()
            if what != "picture" or kind == "character"
        ]
        found += fetched(" UNION ALL ".join(parts), [progress, *ids] * len(parts))
    found.sort(key=lambda row: (row[3], row[4], row[2]))
    return [(what, as_uuid(subject), value) for what, subject, value, _, _ in found]
