"""Who is who on a page: resolves everybody its rows and texts touch in a bounded number of queries."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING
from uuid import UUID

from django.core.files.storage import default_storage
from django.utils.safestring import SafeString

from . import emblems, portraits, prose
from .mentions import MENTION, mentioned_keys
from .models import Alias, Character, Faction, Portrait, Trait
from .values import Face
from .vocabulary import Attribute

if TYPE_CHECKING:
    from .lore import Lore

NAMELESS = "Unnamed"


class Cast:
    """First note everybody, then `look_up()`, then ask for faces and rendered texts.

    On the page of `subject` a text that mentions it does not link to where the reader is.
    """

    def __init__(self, lore: Lore, subject: UUID | None = None) -> None:
        self.lore = lore
        self.subject = subject
        self.characters: set[UUID] = set()
        self.factions: set[UUID] = set()
        self._keys: set[str] = set()
        self._by_key: dict[str, UUID] = {}
        self._faces: dict[UUID, Face] = {}

    def note_texts(self, texts: Iterable[str]) -> None:
        for text in texts:
            self._keys |= mentioned_keys(text)

    def look_up(self) -> None:
        for model, noted in ((Character, self.characters), (Faction, self.factions)):
            if self._keys:
                found = model.objects.as_of(self.lore.progress).filter(key__in=self._keys).values_list("key", "id")
                for key, subject in found:
                    self._by_key[key] = subject
                    noted.add(subject)
        self.characters |= {self.lore.root_of(person) for person in self.characters}
        self._make_faces(Character, self.characters)
        self._make_faces(Faction, self.factions)

    def person(self, subject: UUID) -> Face:
        """As the persona (or the faction) is called, with the address of whom it is known to be."""
        return self._faces[subject]

    def root_face(self, character: UUID) -> Face:
        """As whoever it is known to be by now."""
        return self._faces[self.lore.root_of(character)]

    def faction(self, faction: UUID) -> Face:
        return self._faces[faction]

    def first_mentioned(self, text: str, among: Iterable[UUID]) -> UUID | None:
        """Whom of these the text names first."""
        known = set(among)
        named = (self._by_key.get(match[1]) for match in MENTION.finditer(text))
        return next((subject for subject in named if subject in known), None)

    def render(self, text: str) -> SafeString:
        return prose.render(text, self._mention)

    def render_line(self, text: str) -> SafeString:
        return prose.render_line(text, self._mention)

    def _mention(self, key: str) -> prose.Mention | None:
        if key not in self._by_key:
            return None
        mentioned = self._by_key[key]
        face = self._faces[mentioned]
        return prose.Mention(face.name, face.url if self.lore.root_of(mentioned) != self.subject else "")

    def _make_faces(self, model: type[Character | Faction], noted: set[UUID]) -> None:
        if not noted:
            return
        progress, kind = self.lore.progress, model._meta.model_name or ""
        public_ids = dict(model.objects.as_of(progress).filter(id__in=noted).values_list("id", "public_id"))
        owner = f"{kind}_id"
        names = dict(
            Alias.objects.as_of(progress)
            .filter(headline=True, **{f"{kind}__in": noted})
            .order_by("revealed_in_id")
            .values_list(owner, "name")
        )
        families = {member: self.lore.root_of(member) for person in noted for member in self.lore.family_of(person)}
        colours = {
            families[subject]: value
            for subject, value in Trait.objects.as_of(progress)
            .filter(attribute=Attribute.COLOUR, **{f"{kind}__in": families})
            .order_by("revealed_in_id", "value")
            .values_list(owner, "value")
        }
        thumbnails: dict[UUID, str] = {}
        if model is Character:
            thumbnails = {
                families[subject]: default_storage.url(portraits.smaller(image, portraits.WIDTHS[0]))
                for subject, image in Portrait.objects.as_of(progress)
                .filter(character__in=families)
                .order_by("revealed_in_id", "alt_text", "image")
                .values_list("character_id", "image")
            }
        for subject in public_ids:
            root = self.lore.root_of(subject)
            name = names.get(subject, NAMELESS)
            self._faces[subject] = Face(
                name=name,
                url=self.lore.address(kind, public_ids[root], self.lore.slug(names.get(root, NAMELESS), kind)),
                initials=emblems.initials_for(name),
                colour=emblems.colour_for(name, colours.get(root, "")),
                thumbnail=thumbnails.get(root, ""),
                accent=emblems.accent_for(name, colours.get(root, "")),
                figure=emblems.mask_for(name) if model is Character else emblems.seal_for(name),
                is_seal=model is Faction,
            )
