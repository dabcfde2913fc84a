"""The words that a show adds to its vocabulary, and the columns that hold one of them by its key."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models

from characters.vocabulary import DEFAULT, Attribute, Bond, Section, Vocabulary, choices, vocabulary_of
from episodes.fields import OnTheSameColumn
from episodes.neighbours import neighbours
from episodes.texts import Line
from episodes.units import current, named, second_unit, worded

from .checks import is_known_by
from .subjects import Content

MOST_USES = 5  # in a message

valid_word_key = RegexValidator(r"^[a-z][a-z0-9_]*\Z", "A key of the vocabulary is made of a-z, 0-9 and “_”.")


# What is said of words of these sections alone.
FIELDS_OF = {
    "reverse": (Section.RELATION,),
    "sentence": (Section.RELATION,),
    "bond": (Section.RELATION,),
    "goes_on": (Section.RELATION,),
    "single": (Section.ATTRIBUTE,),
    "spoken_in": (Section.ATTRIBUTE,),
}

# What the code writes by itself.
NEEDED: dict[str, tuple[str, ...]] = {Section.ATTRIBUTE: Attribute.of_a_stage(), Section.NAME: ("name",)}


class Word(Content):
    """A word of the show's own, or what it says in place of one of the default list."""

    section = models.CharField("what it is", max_length=20, choices=Section, default=Section.RELATION)
    key = models.CharField(
        max_length=20,
        validators=[valid_word_key],
        help_text="By which rows refer to it. That of a word of the default list changes that word for this show.",
    )
    label = Line(max_length=60, blank=True, help_text="As it stands on the page of the one who acts: “avenges”.")
    reverse = Line(
        max_length=60,
        blank=True,
        help_text="On the page of the other: “avenged by”. Left empty, it reads the same on both.",
    )
    sentence = Line(
        max_length=60,
        blank=True,
        help_text="Between two names: Ann “is a friend of” Bea. Left empty, it is made of the label.",
    )
    bond = models.CharField(
        max_length=20,
        choices=Bond,
        blank=True,
        help_text="What sort of relation it is: its colour on the map, and its place on a page.",
    )
    single = models.BooleanField(
        "one value at a time",
        default=False,
        help_text="Of an attribute: only the newest value holds, and earlier ones stay in the timeline.",
    )
    spoken_in = Line(
        max_length=40, blank=True, help_text="Of an attribute that says whose voice it is: the language, “German”."
    )
    goes_on = models.BooleanField(
        default=False,
        help_text=worded(
            "It holds from its {one} on until it ends, as being allies does: pages say “since”. "
            "What happens, such as “killed”, does not."
        ),
    )
    left_out = models.BooleanField(default=False, help_text="This show does without this word of the default list.")
    position = models.PositiveSmallIntegerField(
        default=0, help_text=worded("Its place among the words of the same {one}.")
    )

    class Meta:
        ordering = ["revealed_in", "position", "key"]
        verbose_name = "word of the vocabulary"
        verbose_name_plural = "vocabulary"
        constraints = [models.UniqueConstraint(fields=["section", "key"], name="characters_word_once")]

    def __str__(self) -> str:
        return self.label or self.key

    @property
    def known_in(self) -> int:
        return self.revealed_in_id

    def clean(self) -> None:
        super().clean()
        is_of_default = self.key in DEFAULT.keys(self.section)
        if self.left_out and not is_of_default:
            raise ValidationError({"left_out": f"The default list has no “{self.key}” that could be left out."})
        if not self.left_out and not self.label:
            raise ValidationError({"label": "Say how it reads."})
        if not self.left_out and not self.bond and self.section == Section.RELATION:
            raise ValidationError({"bond": f"Say what sort of relation it is: {', '.join(Bond.values)}."})
        self._check_what_is_said(is_of_default=is_of_default)
        if is_of_default and self.revealed_in_id:
            raise ValidationError(
                {
                    "revealed_in": f"The default list has “{self.key}”, which is known from the start: "
                    f"leave out the {current().one}, or choose another key."
                }
            )
        self._check_uses()

    def _check_what_is_said(self, *, is_of_default: bool) -> None:
        for name, sections in FIELDS_OF.items():
            if getattr(self, name) and (self.left_out or self.section not in sections):
                of = " or ".join(Section(section).label.lower() for section in sections)
                said = "what is left out has nothing else" if self.left_out else f"it is for a word that is a {of}"
                raise ValidationError({name: f"Leave it empty: {said}."})
        if self.section == Section.CREDIT and not is_of_default:
            raise ValidationError({"key": "Only what is there can be called otherwise; add others to the show itself."})
        if self.left_out and self.section == Section.CREDIT:
            raise ValidationError({"left_out": "A credit that nobody has is not shown anyway: leave it empty."})
        if self.left_out and self.key in NEEDED.get(self.section, ()):
            raise ValidationError({"left_out": f"Pages are made of “{self.key}”; it cannot be left out."})
        if is_of_default and self.single:
            raise ValidationError({"single": "How many values a word of the default list has cannot be changed."})

    def _check_uses(self) -> None:
        if self.left_out:
            refuse_if_used(self)
        elif self.revealed_in_id and (early := _first(uses_of(self, too_early=True))):
            name = "revealed_in" if early.revealed_in_id < self.revealed_in_id else "also_in"
            since = named(getattr(early, f"{name}_id"))
            raise ValidationError({name: f"“{early}” is of this kind and is revealed in {since} already."})


def uses_of(word: Word, *, too_early: bool = False) -> Iterator[Any]:
    """Yield the rows that refer to a word, or those that are revealed before it and say so in no check."""
    for model in apps.get_app_config("characters").get_models():
        for column in model._meta.concrete_fields:
            if isinstance(column, WordField) and column.section == word.section:
                key = {column.name: word.key}
                if too_early:
                    yield from neighbours().earlier(model, word.revealed_in_id, word.second_bound, **key)
                else:
                    yield from neighbours().where(model, **key)


def refuse_if_used(word: Word) -> None:
    """Raise ValidationError with the rows that refer to a word, if there are any."""
    uses = sorted(uses_of(word), key=lambda row: (row.revealed_in_id, str(row)))
    if uses:
        said = ", ".join(f"“{row}” ({named(row.revealed_in_id)})" for row in uses[:MOST_USES])
        more = f" and {len(uses) - MOST_USES} more" if len(uses) > MOST_USES else ""
        raise ValidationError(f"“{word}” is still used by {said}{more}. Give these another kind first.")


def check_unused(word: Word) -> None:
    """Refuse the removal of a word that rows refer to, unless the default list has one of that key."""
    if word.key not in DEFAULT.keys(word.section):
        refuse_if_used(word)


class WordField(OnTheSameColumn, models.CharField):
    """The key of a word of the vocabulary. Forms offer what is known; `word_meant` says what there is, for checks."""

    stands_for = models.CharField

    def __init__(self, *args: Any, section: Section = Section.RELATION, **options: Any) -> None:
        self.section = section
        super().__init__(*args, **options | {"max_length": 20, "choices": partial(choices, section)})

    def _check_choices(self) -> list[Any]:
        """Check nothing of them before there is a database: Django would read them all at each start."""
        return []

    def deconstruct(self) -> Any:
        name, path, arguments, options = super().deconstruct()
        return name, path, arguments, {name: value for name, value in options.items() if name != "choices"}

    def validate(self, value: Any, model_instance: models.Model | None) -> None:
        """Leave it to the checks of the row whether there is such a word: they know where to look for it."""
        if not value and not self.blank:
            raise ValidationError(self.error_messages["blank"], code="blank")


def word_meant(row: Any, name: str) -> Vocabulary:
    """Return a vocabulary with the word that a column holds; raise ValidationError if it is not known with the row."""
    key, section = getattr(row, name), row._meta.get_field(name).section
    word = _first(neighbours().where(Word, section=section, key=key))
    vocabulary = vocabulary_of([word] if word else ())
    if key not in vocabulary.keys(section):
        what = Section(section).label.lower()
        raise ValidationError({name: f"There is no {what} “{key}” in the vocabulary of the show."})
    if word is not None and row.revealed_in_id is not None and row.revealed_in_id < word.revealed_in_id:
        since = named(word.revealed_in_id)
        raise ValidationError({name: f"“{word}” is known from {since} on: nothing before that can be of this kind."})
    if word is not None and row.also_in_id is not None and not is_known_by(word.also_known_in, row.also_in_id):
        since = f"from {named(word.also_in_id)} on only" if word.also_in_id else f"in no {second_unit()}"
        raise ValidationError({name: f"“{word}” is known {since}: nothing in {named(row.also_in_id)} can be of it."})
    return vocabulary


def vocabulary_in_the_database() -> Vocabulary:
    """Return the whole vocabulary of the show, in one statement; public pages read what is known."""
    return vocabulary_of(Word._base_manager.order_by("revealed_in_id", "position", "key"))


def _first(rows: Any) -> Any:
    return next(iter(rows), None)
