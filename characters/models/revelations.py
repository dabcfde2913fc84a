"""What the audience learns."""

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from characters.vocabulary import Certainty
from episodes.gate import Prose, check_order
from episodes.models import valid_time
from episodes.neighbours import neighbours
from episodes.texts import Line
from episodes.units import worded

from .owned import OWNERS
from .shown_keys import shown_key
from .subjects import Character, Content, Faction, Subject, Term, valid_key

# Its lists of whom it concerns: one for each kind of subject.
CONCERNED = tuple(f"{owner}s" for owner in OWNERS)


class Revelation(Content):
    """One thing that the audience learns."""

    key = models.CharField(
        max_length=80,
        unique=True,
        validators=[valid_key],
        help_text="The name editors use for it. Visitors never see it.",
    )
    text = Prose(
        help_text=(
            worded(
                "One to three sentences of Markdown that tell only what viewers know after that {one}. [[key]] becomes "
                "a link with the name that the reader knows."
            )
        )
    )
    certainty = models.CharField(
        max_length=10,
        choices=Certainty,
        default=Certainty.CONFIRMED,
        help_text=(
            "“Disproved” means that it is not so. If a belief falls later, leave it as it was; its successor names it "
            "under “supersedes”."
        ),
    )
    characters = models.ManyToManyField(Character, blank=True, related_name="revelations")
    factions = models.ManyToManyField(Faction, blank=True, related_name="revelations")
    terms = models.ManyToManyField(Term, blank=True, related_name="revelations")
    supersedes = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="successors", db_index=False,
        help_text="The earlier belief that this one overturns or completes.",
    )  # fmt: skip
    time = models.CharField(
        max_length=8,
        blank=True,
        validators=[valid_time],
        help_text=worded("When in the {one}, as minutes:seconds."),
    )
    position = models.PositiveIntegerField(default=0, help_text=worded("Its place among the revelations of the {one}."))
    source = Line(max_length=300, blank=True, help_text="Where another editor can check it. Visitors do not see it.")

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
        return shown_key(self.key)

    def clean(self) -> None:
        super().clean()
        step, seen = self.supersedes, {self.pk}
        while step is not None:
            if step.pk in seen:
                raise ValidationError({"supersedes": f"“{step}” would end up superseding itself."})
            seen.add(step.pk)
            step = step.supersedes
        if not self._state.adding and self.revealed_in_id is not None and Character not in self.edited_along:
            self.check_concerned(subject for name in CONCERNED for subject in neighbours().linked(self, name))

    def check_concerned(self, subjects: Iterable[Subject]) -> None:
        """Require that whoever it concerns is revealed no later than it."""
        for subject in subjects:
            check_order(self, subject, str(subject._meta.verbose_name))
