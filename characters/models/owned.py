"""What belongs to exactly one subject: names, traits and tags."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import pgettext_lazy
from taggit.models import ItemBase, TagBase

from characters.text.definitions import LONGEST, check_definition
from characters.text.slugs import slug_of
from characters.vocabulary import AliasKind, Attribute, Section, current
from episodes.fields import SortKey
from episodes.gate import Ends, Prose
from episodes.models import valid_language
from episodes.names import Name, in_text
from episodes.neighbours import neighbours
from episodes.texts import LONGEST_LANGUAGE, Line, identity
from episodes.units import second_unit, worded

from .checks import check_headlines, once_in_a_chapter
from .subjects import Character, Content, Faction, Term, valid_public_id
from .words import WordField, word_meant

# The foreign keys of whatever has exactly one owner: one for each kind of subject.
OWNERS = ("character", "faction", "term")


def _exactly_one(names: tuple[str, ...]) -> Q:
    """Return the condition that one of these foreign keys is set and the others are not."""
    one = Q()
    for name in names:
        one |= Q(**{f"{other}__isnull": other != name for other in names})
    return one


class Owned(Content):
    """A row about exactly one subject."""

    character = models.ForeignKey(
        Character, on_delete=models.CASCADE, related_name="%(class)s_set", null=True, blank=True
    )
    faction = models.ForeignKey(Faction, on_delete=models.CASCADE, related_name="%(class)s_set", null=True, blank=True)
    term = models.ForeignKey(Term, on_delete=models.CASCADE, related_name="%(class)s_set", null=True, blank=True)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=_exactly_one(OWNERS),
                name="%(app_label)s_%(class)s_one_owner",
                violation_error_message="It belongs to exactly one character, faction or term.",
            )
        ]

    @property
    def owner(self) -> Any:
        """The character or faction that it belongs to; None while a form has not said which."""
        # By the subject, not by its id: a form that adds both has no id of the subject yet.
        return next((owner for name in OWNERS if (owner := getattr(self, name)) is not None), None)

    def siblings(self, **values: Any) -> list[Any]:
        """Return the other rows of the same kind of the same owner that have these values."""
        ids = {f"{name}_id": getattr(self, f"{name}_id") for name in OWNERS}
        owner = {name: key for name, key in ids.items() if key is not None} or ids
        # What is the same object is the same row; to compare their keys takes ten times as long.
        return [row for row in neighbours().where(type(self), **owner, **values) if row is not self and row != self]


class Alias(Owned):
    character = models.ForeignKey(Character, on_delete=models.CASCADE, related_name="aliases", null=True, blank=True)
    faction = models.ForeignKey(Faction, on_delete=models.CASCADE, related_name="aliases", null=True, blank=True)
    term = models.ForeignKey(Term, on_delete=models.CASCADE, related_name="aliases", null=True, blank=True)
    name = Line(max_length=120)
    sort_key = SortKey(of="name")
    kind = WordField(
        section=Section.NAME,
        default=AliasKind.NAME,
        help_text=(
            "A placeholder describes somebody until the name is known (“the stranger at the ruins”); a variant is a "
            "spelling people may search for."
        ),
    )
    language = models.CharField(
        max_length=LONGEST_LANGUAGE,
        default="en",
        validators=[valid_language],
        help_text="In which language it is: en, ja, zh-Hant.",
    )
    headline = models.BooleanField(
        default=False,
        help_text=(
            worded(
                "Can be the name on the page, which shows the newest headline that the viewer may know. The first "
                "{one} of its owner needs one; each later {one} may have one."
            )
        ),
    )
    common_word = models.BooleanField(
        default=False, help_text="Also an ordinary word (“First”), which the spoiler linter passes over."
    )

    class Meta(Owned.Meta):
        verbose_name_plural = "aliases"
        ordering = ["revealed_in", "-headline", "sort_key"]
        constraints = [
            *Owned.Meta.constraints,
            *(
                models.UniqueConstraint(fields=[owner, "name"], name=f"characters_alias_once_per_{owner}")
                for owner in OWNERS
            ),
            *(
                models.UniqueConstraint(
                    fields=[owner, "revealed_in"],
                    condition=Q(headline=True),
                    name=f"characters_one_headline_per_{owner}_and_episode",
                    violation_error_message=worded("There is another headline name for this {one}."),
                )
                for owner in OWNERS
            ),
            *(
                models.UniqueConstraint(
                    fields=[owner, "also_in"],
                    condition=Q(headline=True, also_in__isnull=False),
                    name=f"characters_one_headline_per_{owner}_and_chapter",
                    violation_error_message=worded("There is another headline name for this {second}."),
                )
                for owner in OWNERS
            ),
        ]

    def __str__(self) -> str:
        return in_text(self.name)

    def clean(self) -> None:
        super().clean()
        if self.kind:
            word_meant(self, "kind")
        if self._is_there_in_another_form():
            raise ValidationError({"name": "This name is there already."})
        if self._state.adding or self.owner is None or self.revealed_in_id is None:
            return
        if Alias in self.owner.edited_along:
            return
        was = [*neighbours().where(Alias, pk=self.pk, headline=True)]
        first, second = self.owner.revealed_in_id, self.owner.also_in_id
        if any(row.revealed_in_id == first or (second and row.also_in_id == second) for row in was):
            mine = [self] if self.headline else []
            check_headlines(self.owner, [*self.siblings(headline=True), *mine])

    def _is_there_in_another_form(self) -> bool:
        """Return whether another has the same letters in other codes; a constraint sees those with the same codes."""
        others = [] if self.name.isascii() else [alias.name for alias in self.siblings()]
        return any(name != self.name and identity(name) == identity(self.name) for name in others)


class Trait(Owned):
    character = models.ForeignKey(
        Character, on_delete=models.CASCADE, related_name="traits", null=True, blank=True, db_index=False
    )
    faction = models.ForeignKey(Faction, on_delete=models.CASCADE, related_name="traits", null=True, blank=True)
    term = models.ForeignKey(Term, on_delete=models.CASCADE, related_name="traits", null=True, blank=True)
    attribute = WordField(section=Section.ATTRIBUTE)
    value = Prose(
        help_text=(
            "Where an attribute has one value at a time, the newest known one is shown, and earlier ones stay in the "
            "timeline as what was believed. A summary is Markdown; write a new one for each stage of the story. A "
            f"one-line definition says who or what it is in {LONGEST} characters, without a full stop."
        ),
    )

    class Meta(Owned.Meta):
        verbose_name = "fact"  # as people read it; in files and code it is a trait
        ordering = ["attribute", "revealed_in"]
        indexes = [
            models.Index(fields=["attribute", "revealed_in"], name="characters_trait_by_attribute"),
            models.Index(fields=["character", "attribute", "revealed_in"], name="characters_trait_by_character"),
        ]
        constraints = [
            *Owned.Meta.constraints,
            *(
                models.UniqueConstraint(
                    fields=[owner, "attribute", "revealed_in"],
                    condition=Q(attribute__in=Attribute.single_valued()),
                    name=f"characters_one_value_per_{owner}_and_episode",
                    violation_error_message=worded("There is another value of this attribute for this {one}."),
                )
                for owner in OWNERS
            ),
            *(
                models.UniqueConstraint(
                    fields=[owner, "attribute", "also_in"],
                    condition=Q(attribute__in=Attribute.single_valued(), also_in__isnull=False),
                    name=f"characters_one_value_per_{owner}_and_chapter",
                    violation_error_message=worded("There is another value of this attribute for this {second}."),
                )
                for owner in OWNERS
            ),
        ]

    def __str__(self) -> str:
        return f"{current().attribute(self.attribute).label}: {Name(self.value[:60])}"

    def clean(self) -> None:
        super().clean()
        if self.attribute == Attribute.DEFINITION:
            self._check_definition()
        if not self.attribute:
            return
        if word_meant(self, "attribute").attribute(self.attribute).is_single:
            # A constraint says so of those of the default list.
            if self.siblings(attribute=self.attribute, revealed_in_id=self.revealed_in_id):
                raise ValidationError(worded("There is another value of this attribute for this {one}."))
            if self.also_in_id and self.siblings(attribute=self.attribute, also_in_id=self.also_in_id):
                raise ValidationError(f"There is another value of this attribute for this {second_unit()}.")
        elif self._is_there_already():
            raise ValidationError({"value": "This value is there already."})

    def _is_there_already(self) -> bool:
        """Return whether another says the same, in other codes or the same; of the latter none else is looked at."""
        if self.siblings(attribute=self.attribute, value=self.value):
            return True
        others = [] if self.value.isascii() else self.siblings(attribute=self.attribute)
        return any(identity(trait.value) == identity(self.value) for trait in others)

    def _check_definition(self) -> None:
        try:
            check_definition(self.value)
        except ValidationError as error:
            raise ValidationError({"value": error.messages}) from error


class FormerAddress(Owned):
    """The public id of a subject that was one with its owner by mistake; it leads on for those who may know it."""

    address = models.CharField(max_length=32, unique=True, validators=[valid_public_id])

    class Meta(Owned.Meta):
        verbose_name_plural = "former addresses"
        ordering = ["revealed_in", "address"]

    def __str__(self) -> str:
        return self.address


class Tag(TagBase):
    """A tag is known by its slug alone, which depends on nothing but its name."""

    name = Line(pgettext_lazy("A tag name", "name"), unique=True, max_length=100)
    sort_key = SortKey(of="name")

    class Meta:
        ordering = ["sort_key"]

    def clean(self) -> None:
        super().clean()
        self.name = identity(self.name.strip().lower())
        if not any(letter.isalnum() for letter in self.name):
            raise ValidationError({"name": "A tag needs at least one letter or digit."})
        self.slug = self.slugify(self.name)
        if other := next((tag for tag in neighbours().where(Tag, slug=self.slug) if tag != self), None):
            raise ValidationError({"name": f"“{self.name}” and “{other}” would share an address; use one of them."})

    def save(self, *args: Any, **kwargs: Any) -> None:
        # taggit would append _1 to the slug of a tag whose like exists already, hidden or not.
        self.slug = self.slug or self.slugify(self.name)
        models.Model.save(self, *args, **kwargs)

    def slugify(self, tag: str, i: int | None = None) -> str:
        return slug_of(tag)


class CharacterTag(Content, Ends, ItemBase):
    content_object = models.ForeignKey(
        Character, on_delete=models.CASCADE, related_name="tag_rows", verbose_name="character"
    )
    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, related_name="character_rows")

    class Meta(Ends.Meta):
        verbose_name = "character's tag"
        ordering = ["tag__sort_key"]
        constraints = [
            *Ends.Meta.constraints,
            models.UniqueConstraint(fields=["content_object", "tag", "revealed_in"], name="characters_tag_once"),
            once_in_a_chapter("content_object", "tag", name="characters_tag_once_in_a_chapter"),
        ]

    def __str__(self) -> str:
        return in_text(str(self.tag))


class FactionTag(Content, Ends, ItemBase):
    content_object = models.ForeignKey(
        Faction, on_delete=models.CASCADE, related_name="tag_rows", verbose_name="faction"
    )
    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, related_name="faction_rows")

    class Meta(Ends.Meta):
        verbose_name = "faction's tag"
        ordering = ["tag__sort_key"]
        constraints = [
            *Ends.Meta.constraints,
            models.UniqueConstraint(fields=["content_object", "tag", "revealed_in"], name="factions_tag_once"),
            once_in_a_chapter("content_object", "tag", name="factions_tag_once_in_a_chapter"),
        ]

    def __str__(self) -> str:
        return in_text(str(self.tag))


class TermTag(Content, Ends, ItemBase):
    content_object = models.ForeignKey(Term, on_delete=models.CASCADE, related_name="tag_rows", verbose_name="term")
    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, related_name="term_rows")

    class Meta(Ends.Meta):
        verbose_name = "term's tag"
        ordering = ["tag__sort_key"]
        constraints = [
            *Ends.Meta.constraints,
            models.UniqueConstraint(fields=["content_object", "tag", "revealed_in"], name="terms_tag_once"),
            once_in_a_chapter("content_object", "tag", name="terms_tag_once_in_a_chapter"),
        ]

    def __str__(self) -> str:
        return in_text(str(self.tag))
