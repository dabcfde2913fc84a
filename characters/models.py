"""What is known, row by row. Every row says from which episode on; see `episodes.gate`."""

import uuid
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.text import slugify
from taggit.managers import TaggableManager
from taggit.models import ItemBase, TagBase

from episodes.gate import Ends, Gated, GatedQuerySet, Prose, check_order
from episodes.models import valid_time

from . import portraits
from .mentions import mentioned_too_early
from .public_ids import new_public_id
from .vocabulary import AliasKind, Attribute, Certainty, RelationshipKind

valid_key = RegexValidator(r"^[a-z0-9][a-z0-9_.-]*\Z", "A key is made of a-z, 0-9, “_”, “-” and “.”.")
valid_public_id = RegexValidator(r"^[0-9a-z]{8,32}\Z", "A public id is made of 8 to 32 of a-z and 0-9.")


class Content(Gated):
    """A gated row with a key that shows neither age nor number."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)

    class Meta:
        abstract = True


class Subject(Content):
    """Somebody or some group a page is about. It has no name of its own: names are aliases, each with its episode."""

    key = models.CharField(
        max_length=80,
        unique=True,
        validators=[valid_key],
        help_text="The editors' handle, for [[mentions]] and data sets. Visitors never see it.",
    )
    public_id = models.CharField(
        max_length=32,
        unique=True,
        default=new_public_id,
        validators=[valid_public_id],
        help_text="The part of the address that stays. It tells nothing.",
    )

    class Meta:
        abstract = True
        ordering = ["key"]

    def __str__(self) -> str:
        return self.key

    def clean(self) -> None:
        super().clean()
        for other in (Character, Faction):
            if not isinstance(self, other) and other.objects.filter(key=self.key).exists():
                raise ValidationError({"key": f"A {other._meta.verbose_name} has this key already."})
        if self._state.adding or self.revealed_in_id is None:
            return
        headlines = {row.revealed_in_id for row in self.aliases.all() if row.headline}  # type: ignore[attr-defined]
        if headlines and Alias not in self.edited_along:
            check_headlines(self.revealed_in_id, headlines)
        if early := mentioned_too_early(self):
            raise ValidationError({"revealed_in": f"It is mentioned before that, in {early}."})


class Character(Subject):
    tags = TaggableManager(through="CharacterTag", blank=True)


class Faction(Subject):
    tags = TaggableManager(through="FactionTag", blank=True)


class Owned(Content):
    """A row about exactly one character or faction."""

    character = models.ForeignKey(
        Character, on_delete=models.CASCADE, related_name="%(class)s_set", null=True, blank=True
    )
    faction = models.ForeignKey(Faction, on_delete=models.CASCADE, related_name="%(class)s_set", null=True, blank=True)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(character__isnull=True) ^ Q(faction__isnull=True),
                name="%(app_label)s_%(class)s_one_owner",
                violation_error_message="It belongs to exactly one character or one faction.",
            )
        ]

    @property
    def owner(self) -> Character | Faction | None:
        return self.character or self.faction

    def siblings(self) -> models.QuerySet:
        """The rows of the same kind of the same owner, without this one."""
        same = type(self)._base_manager.filter(character=self.character_id, faction=self.faction_id)
        return same.exclude(pk=self.pk)


class Alias(Owned):
    character = models.ForeignKey(Character, on_delete=models.CASCADE, related_name="aliases", null=True, blank=True)
    faction = models.ForeignKey(Faction, on_delete=models.CASCADE, related_name="aliases", null=True, blank=True)
    name = models.CharField(max_length=120)
    kind = models.CharField(
        max_length=20,
        choices=AliasKind,
        default=AliasKind.NAME,
        help_text="A placeholder stands in where the name only comes later (“the stranger at the ruins”); "
        "a variant is a spelling somebody may search for.",
    )
    language = models.CharField(
        max_length=2,
        default="en",
        validators=[RegexValidator(r"^[a-z]{2}\Z", "A language is two letters, such as “ja”.")],
    )
    headline = models.BooleanField(
        default=False,
        help_text="Can be the name on the page. Shown is the newest headline that the viewer may know, so there is "
        "one in the owner's first episode and at most one in each later one.",
    )
    common_word = models.BooleanField(
        default=False, help_text="An ordinary word as well (“First”); the spoiler linter does not stumble over it."
    )

    class Meta(Owned.Meta):
        verbose_name_plural = "aliases"
        ordering = ["revealed_in", "-headline", "name"]
        constraints = [
            *Owned.Meta.constraints,
            models.UniqueConstraint(fields=["character", "name"], name="characters_alias_once_per_character"),
            models.UniqueConstraint(fields=["faction", "name"], name="characters_alias_once_per_faction"),
            models.UniqueConstraint(
                fields=["character", "revealed_in"],
                condition=Q(headline=True),
                name="characters_one_headline_per_character_and_episode",
                violation_error_message="There is another headline name for this episode.",
            ),
            models.UniqueConstraint(
                fields=["faction", "revealed_in"],
                condition=Q(headline=True),
                name="characters_one_headline_per_faction_and_episode",
                violation_error_message="There is another headline name for this episode.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        super().clean()
        if self._state.adding or self.owner is None or self.revealed_in_id is None:
            return
        if Alias in self.owner.edited_along:
            return
        was_founding = self.siblings().model._base_manager.filter(
            pk=self.pk, headline=True, revealed_in=self.owner.revealed_in_id
        )
        if was_founding.exists():
            others = set(self.siblings().filter(headline=True).values_list("revealed_in_id", flat=True))
            mine = {self.revealed_in_id} if self.headline else set()
            check_headlines(self.owner.revealed_in_id, others | mine)


class Trait(Owned):
    character = models.ForeignKey(
        Character, on_delete=models.CASCADE, related_name="traits", null=True, blank=True, db_index=False
    )
    faction = models.ForeignKey(Faction, on_delete=models.CASCADE, related_name="traits", null=True, blank=True)
    attribute = models.CharField(max_length=20, choices=Attribute)
    value = Prose(
        help_text="Of a single-valued attribute the newest known value is shown, and the earlier ones stay in the "
        "timeline as what was believed. A summary is Markdown and is written anew for each stage of the story."
    )

    class Meta(Owned.Meta):
        ordering = ["attribute", "revealed_in"]
        indexes = [
            models.Index(fields=["attribute", "revealed_in"], name="characters_trait_by_attribute"),
            models.Index(fields=["character", "attribute", "revealed_in"], name="characters_trait_by_character"),
        ]
        constraints = [
            *Owned.Meta.constraints,
            models.UniqueConstraint(
                fields=["character", "attribute", "revealed_in"],
                condition=Q(attribute__in=Attribute.single_valued()),
                name="characters_one_value_per_character_and_episode",
                violation_error_message="There is another value of this attribute for this episode.",
            ),
            models.UniqueConstraint(
                fields=["faction", "attribute", "revealed_in"],
                condition=Q(attribute__in=Attribute.single_valued()),
                name="characters_one_value_per_faction_and_episode",
                violation_error_message="There is another value of this attribute for this episode.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_attribute_display()}: {self.value[:60]}"

    def clean(self) -> None:
        super().clean()
        repeats = self.siblings().filter(attribute=self.attribute, value=self.value)
        if self.attribute not in Attribute.single_valued() and repeats.exists():
            raise ValidationError({"value": "This value is there already."})


class Tag(TagBase):
    """A tag is known by its slug alone, which depends on nothing but its name."""

    class Meta:
        ordering = ["name"]

    def clean(self) -> None:
        super().clean()
        self.name = self.name.strip().lower()  # type: ignore[has-type]
        if not (slug := self.slugify(self.name)):
            raise ValidationError({"name": "A tag needs at least one letter or digit."})
        self.slug = slug
        if other := Tag.objects.filter(slug=self.slug).exclude(pk=self.pk).first():
            raise ValidationError({"name": f"“{self.name}” and “{other}” would share an address; use one of them."})

    def save(self, *args: Any, **kwargs: Any) -> None:
        # taggit would append _1 to the slug of a tag whose like exists already, hidden or not.
        self.slug = self.slug or self.slugify(self.name)
        models.Model.save(self, *args, **kwargs)

    def slugify(self, tag: str, i: int | None = None) -> str:
        return slugify(tag, allow_unicode=True)


class CharacterTag(Content, Ends, ItemBase):
    content_object = models.ForeignKey(
        Character, on_delete=models.CASCADE, related_name="tag_rows", verbose_name="character"
    )
    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, related_name="character_rows")

    class Meta(Ends.Meta):
        verbose_name = "character's tag"
        ordering = ["tag__name"]
        constraints = [
            *Ends.Meta.constraints,
            models.UniqueConstraint(fields=["content_object", "tag", "revealed_in"], name="characters_tag_once"),
        ]

    def __str__(self) -> str:
        return str(self.tag)


class FactionTag(Content, Ends, ItemBase):
    content_object = models.ForeignKey(
        Faction, on_delete=models.CASCADE, related_name="tag_rows", verbose_name="faction"
    )
    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, related_name="faction_rows")

    class Meta(Ends.Meta):
        verbose_name = "faction's tag"
        ordering = ["tag__name"]
        constraints = [
            *Ends.Meta.constraints,
            models.UniqueConstraint(fields=["content_object", "tag", "revealed_in"], name="factions_tag_once"),
        ]

    def __str__(self) -> str:
        return str(self.tag)


class Membership(Content, Ends):
    character = models.ForeignKey(Character, on_delete=models.CASCADE, related_name="memberships")
    faction = models.ForeignKey(Faction, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(
        max_length=120, blank=True, help_text="As in “its head”. Who rises gets a second membership with the new role."
    )

    class Meta(Ends.Meta):
        ordering = ["revealed_in", "role"]
        constraints = [
            *Ends.Meta.constraints,
            models.UniqueConstraint(
                fields=["character", "faction", "role", "revealed_in"], name="characters_membership_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.character} in {self.faction}"


class Relationship(Content, Ends):
    source = models.ForeignKey(Character, on_delete=models.CASCADE, related_name="relationships")
    kind = models.CharField(
        max_length=20,
        choices=RelationshipKind,
        help_text="As told from the one who does it; the page of the other one turns it round (“killed by”).",
    )
    target = models.ForeignKey(Character, on_delete=models.CASCADE, related_name="relationships_to")
    certainty = models.CharField(
        max_length=10,
        choices=Certainty,
        default=Certainty.CONFIRMED,
        help_text="How sure a viewer of that episode can be. What turns out otherwise ends, and a new one begins.",
    )

    class Meta(Ends.Meta):
        ordering = ["revealed_in", "kind"]
        constraints = [
            *Ends.Meta.constraints,
            models.UniqueConstraint(
                fields=["source", "kind", "target", "revealed_in"], name="characters_relationship_once"
            ),
            models.CheckConstraint(
                condition=~Q(source=F("target")),
                name="characters_relationship_between_two",
                violation_error_message="A relationship is between two characters.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.get_kind_display()} {self.target}"


class Revelation(Content):
    """One thing that the audience learns."""

    key = models.CharField(
        max_length=80, unique=True, validators=[valid_key], help_text="The editors' handle. Visitors never see it."
    )
    text = Prose(
        help_text="One to three sentences of Markdown, as they are known in that very episode. "
        "[[key]] becomes a link with the name that the reader knows."
    )
    certainty = models.CharField(
        max_length=10,
        choices=Certainty,
        default=Certainty.CONFIRMED,
        help_text="“Disproved” says what is not so. A belief that falls later stays as it was, and its successor "
        "names it under “supersedes”.",
    )
    characters = models.ManyToManyField(Character, blank=True, related_name="revelations")
    factions = models.ManyToManyField(Faction, blank=True, related_name="revelations")
    supersedes = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="successors", db_index=False,
        help_text="The earlier belief that this one overturns or completes.",
    )  # fmt: skip
    time = models.CharField(
        max_length=8,
        blank=True,
        validators=[valid_time],
        help_text="When in the episode, as minutes:seconds.",
    )
    position = models.PositiveIntegerField(default=0, help_text="Its place in the telling of the episode.")
    source = models.CharField(
        max_length=300, blank=True, help_text="Where another editor can check it. Visitors do not see it."
    )

    class Meta:
        ordering = ["revealed_in", "position", "key"]
        # Of those that supersede alone: nearly all have none, and SQLite thinks little of an index full of NULL.
        indexes = [
            models.Index(fields=["supersedes"], condition=Q(supersedes__isnull=False), name="characters_successors")
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(supersedes=F("id")),
                name="characters_revelation_supersedes_another",
                violation_error_message="A revelation cannot supersede itself.",
            )
        ]

    def __str__(self) -> str:
        return self.key

    def clean(self) -> None:
        super().clean()
        step, seen = self.supersedes, {self.pk}
        while step is not None:
            if step.pk in seen:
                raise ValidationError({"supersedes": f"“{step}” would end up superseding itself."})
            seen.add(step.pk)
            step = step.supersedes
        if not self._state.adding and self.revealed_in_id is not None and Character not in self.edited_along:
            self.check_concerned([*self.characters.all(), *self.factions.all()])

    def check_concerned(self, subjects: list[Character | Faction]) -> None:
        for subject in subjects:
            check_order(self.revealed_in_id, subject, str(subject._meta.verbose_name))


class Unmasking(Content):
    """From `revealed_in` on the persona is known to be the identity: two pages become one."""

    persona = models.OneToOneField(
        Character, on_delete=models.CASCADE, related_name="unmasking",
        help_text="Whom the audience took for somebody else. Its page leads to the identity's from then on.",
    )  # fmt: skip
    identity = models.ForeignKey(
        Character, on_delete=models.CASCADE, related_name="unmaskings",
        help_text="Whose page stays, under its own name and with everything of both.",
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
        identity_of = dict(Unmasking.objects.exclude(pk=self.pk).values_list("persona_id", "identity_id"))
        step: uuid.UUID | None = self.identity_id
        seen: set[uuid.UUID] = set()
        while step is not None and step not in seen:
            if step == self.persona_id:
                raise ValidationError("That closes a circle: the identity is a mask of this persona.")
            seen.add(step)
            step = identity_of.get(step)


class Portrait(Content):
    character = models.ForeignKey(Character, on_delete=models.CASCADE, related_name="portraits")
    image = models.ImageField(
        upload_to=portraits.DIRECTORY,
        width_field="width",
        height_field="height",
        help_text="JPEG, PNG or WebP, to be seen from this episode on. It is re-encoded and its metadata removed.",
    )
    width = models.PositiveIntegerField(default=0, editable=False)
    height = models.PositiveIntegerField(default=0, editable=False)
    alt_text = models.CharField(max_length=300, help_text="What a person who cannot see it needs to know.")
    caption = Prose(blank=True, max_length=300, help_text="Stands beneath the picture. Markdown with [[mentions]].")
    credit = models.CharField(max_length=200, help_text="Who made it; shown with it.")
    licence = models.CharField(
        max_length=100, help_text="Under which it may be used here, such as CC BY 4.0. Stills of the show are not free."
    )

    class Meta:
        ordering = ["revealed_in", "alt_text"]

    def __str__(self) -> str:
        return self.alt_text

    def clean(self) -> None:
        super().clean()
        if portraits.is_new(self.image):
            self.image = portraits.normalised(self.image.file)

    def save(self, *args: Any, **kwargs: Any) -> None:
        if portraits.is_new(self.image):
            portraits.keep(self)
        super().save(*args, **kwargs)


class SearchEntry(models.Model):
    """A gated row's words, for `search`; `indexing` makes it from the row and keeps it in step.

    The key begins with the episode, so that the gate is a range of keys and “newest known first” their order.
    """

    EPISODE_SHIFT = 48  # below are that many bits of the row's own id

    class Kind(models.TextChoices):
        NAME = "name"
        TRAIT = "trait"
        REVELATION = "revelation"
        MEMBERSHIP = "membership"
        RELATIONSHIP = "relationship"
        CHARACTER_TAG = "character_tag"
        FACTION_TAG = "faction_tag"
        PORTRAIT = "portrait"
        EPISODE = "episode"

    id = models.BigIntegerField(primary_key=True)
    # No foreign key: an entry must not keep an episode from being deleted.
    revealed_in = models.PositiveSmallIntegerField(db_column="revealed_in_id")
    kind = models.CharField(max_length=15, choices=Kind)
    row = models.UUIDField(db_index=True)
    is_name = models.BooleanField()
    words = models.TextField()

    objects = GatedQuerySet.as_manager()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.kind}: {self.words[:60]}"

    @classmethod
    def ceiling(cls, progress: int) -> int:
        """The first key beyond what somebody at this episode may know."""
        return (progress + 1) << cls.EPISODE_SHIFT

    @staticmethod
    def gate_word(progress: int) -> str:
        """PostgreSQL's index has words for “before episode 2ⁿ”, so that it does not read far beyond the gate."""
        return f"'@{min(progress.bit_length(), 15)}'"


def check_headlines(first_episode: int, headline_episodes: set[int]) -> None:
    """At every moment from the first episode on there is one name for the page."""
    if first_episode not in headline_episodes:
        raise ValidationError(
            f"There is no headline name for episode {first_episode}, the first of this character or faction: "
            "tick “headline” on one of its names of that episode."
        )
