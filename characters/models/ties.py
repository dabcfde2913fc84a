"""What connects two: memberships, relationships and unmaskings."""

import uuid
from collections.abc import Iterable, Iterator
from typing import Any, cast

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from characters.vocabulary import Certainty, RelationKind, current
from episodes.axes import is_on_second_axis
from episodes.gate import Ends
from episodes.neighbours import neighbours
from episodes.texts import Line
from episodes.units import named, worded

from .checks import once_in_a_chapter
from .subjects import Character, Content, Faction
from .words import WordField, word_meant


class Membership(Content, Ends):
    character = models.ForeignKey(Character, on_delete=models.CASCADE, related_name="memberships")
    faction = models.ForeignKey(Faction, on_delete=models.CASCADE, related_name="memberships")
    role = Line(
        max_length=120,
        blank=True,
        help_text="Such as “head”. If the role changes, add a second membership with the new one.",
    )

    class Meta(Ends.Meta):
        ordering = ["revealed_in", "role"]
        constraints = [
            *Ends.Meta.constraints,
            models.UniqueConstraint(
                fields=["character", "faction", "role", "revealed_in"], name="characters_membership_once"
            ),
            once_in_a_chapter("character", "faction", "role", name="characters_membership_once_in_a_chapter"),
        ]

    def __str__(self) -> str:
        return f"{self.character} in {self.faction}"


class Relationship(Content, Ends):
    source = models.ForeignKey(Character, on_delete=models.CASCADE, related_name="relationships")
    kind = WordField(
        help_text="Start with the one who acts (“killed”). The page of the other shows the reverse (“killed by”).",
    )
    target = models.ForeignKey(Character, on_delete=models.CASCADE, related_name="relationships_to")
    certainty = models.CharField(
        max_length=10,
        choices=Certainty,
        default=Certainty.CONFIRMED,
        help_text=(
            worded(
                "How sure viewers can be after that {one}. If it turns out differently, end this one and add another."
            )
        ),
    )

    class Meta(Ends.Meta):
        ordering = ["revealed_in", "kind"]
        constraints = [
            *Ends.Meta.constraints,
            models.UniqueConstraint(
                fields=["source", "kind", "target", "revealed_in"], name="characters_relationship_once"
            ),
            once_in_a_chapter("source", "kind", "target", name="characters_relationship_once_in_a_chapter"),
            models.CheckConstraint(
                condition=~Q(source=F("target")),
                name="characters_relationship_between_two",
                violation_error_message="A relationship is between two characters.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source} {current().relation(self.kind).label} {self.target}"

    def clean(self) -> None:
        super().clean()
        kind = word_meant(self, "kind").relation(self.kind) if self.kind else None
        if kind is None or self.revealed_in_id is None or None in (self.source_id, self.target_id):
            return
        if kind.lasts and not self._is_edited_along():
            self._check_said_once(kind)

    def _is_edited_along(self) -> bool:
        """Return whether a form saves it with others, of which one may end where it begins; the write door checks."""
        ends = (self._state.fields_cache.get(name) for name in ("source", "target"))
        return any(end is not None and Relationship in end.edited_along for end in ends)

    def _check_said_once(self, kind: RelationKind) -> None:
        """Refuse what another row says of the same time: nobody would know which of the two to correct or to end."""
        for other in self._between_the_same_two(kind):
            is_sure_of_more = self.certainty != other.certainty and self.revealed_in_id != other.revealed_in_id
            if other == self or is_sure_of_more or self._ends_by(other) or other._ends_by(self):
                continue
            comes_first = (self.revealed_in_id, str(self.pk)) < (other.revealed_in_id, str(other.pk))
            if comes_first and neighbours().will_check(other):
                continue
            alike = ", which reads alike from both sides" if other.source_id != self.source_id else ""
            raise ValidationError(
                f"“{other}”{alike}, says the same from {other._begins_in_words} on. {self._what_to_do_with(other)}"
            )

    @property
    def _begins_in_words(self) -> str:
        """Where it is told, such as “episode 3 or chapter 18”."""
        return " or ".join(map(named, dict.fromkeys((self.revealed_in_id, self.also_in_id or self.revealed_in_id))))

    def _what_to_do_with(self, other: "Relationship") -> str:
        if is_on_second_axis(self.revealed_in_id) != is_on_second_axis(other.revealed_in_id):
            return "Say it once, with a place on either axis."
        return "Leave one of the two out, or let the earlier one end no later than the other begins."

    def _between_the_same_two(self, kind: RelationKind) -> Iterator["Relationship"]:
        ends = [(self.source_id, self.target_id)]
        if kind.is_mutual:
            ends.append((self.target_id, self.source_id))
        for source, target in ends:
            rows = neighbours().where(Relationship, source_id=source, target_id=target, kind=self.kind)
            yield from cast(Iterable[Relationship], rows)

    def _ends_by(self, other: "Relationship") -> bool:
        """Return whether this has ended by when the other begins."""
        return self.ended_in_id is not None and self.ended_in_id <= other.revealed_in_id


class Unmasking(Content):
    """From `revealed_in` on the persona is known to be the identity: two pages become one."""

    persona = models.OneToOneField(
        Character, on_delete=models.CASCADE, related_name="unmasking",
        help_text="The one the audience took for somebody else. From then on its page leads to that of the identity.",
    )  # fmt: skip
    identity = models.ForeignKey(
        Character, on_delete=models.CASCADE, related_name="unmaskings",
        help_text="The one whose page stays, under its own name and with everything about both.",
    )  # fmt: skip

    class Meta:
        ordering = ["revealed_in"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(persona=F("identity")),
                name="characters_unmasking_of_another",
                violation_error_message="Nobody is unmasked as themselves.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.persona} is {self.identity}"

    def clean(self) -> None:
        super().clean()
        step: uuid.UUID | None = self.identity_id
        seen: set[uuid.UUID] = set()
        while step is not None and step not in seen:
            if step == self.persona_id:
                raise ValidationError("That closes a circle: the identity is a mask of this persona.")
            seen.add(step)
            following: Any = next(iter(neighbours().where(Unmasking, persona_id=step)), None)
            step = following and following.identity_id
