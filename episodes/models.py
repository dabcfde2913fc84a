from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models

from .axes import SECOND_AXIS, Progress, is_on_second_axis, own_number, second_of, second_of_place
from .credits import check_credits
from .gate import Prose
from .licences import Licence
from .names import Name, in_text
from .neighbours import neighbours
from .numbers import NumberField
from .texts import LANGUAGE, LONGEST_LANGUAGE, Line, Names, PlainLine
from .units import COLUMNS, Units, named, worded

valid_time = RegexValidator(r"^(\d+:)?[0-5]?\d:[0-5]\d\Z", worded("A time in the {one} is written 21:40."))
valid_language = RegexValidator(rf"^{LANGUAGE}\Z", "A language is a code such as ja or zh-Hant.")


class Series(models.Model):
    """The show itself; all its fields are public from the start."""

    title = Line(max_length=200)
    native_title = Line(max_length=200, blank=True)
    native_language = models.CharField(
        max_length=LONGEST_LANGUAGE,
        blank=True,
        validators=[valid_language],
        help_text="In which language native titles are: ja, ko, zh-Hant. Without it, Japanese letters are Japanese.",
    )
    premise = Prose(blank=True, help_text="What somebody who has seen nothing may know. Markdown with [[mentions]].")
    studio = Line(max_length=200, blank=True)
    director = Line(max_length=200, blank=True)
    chief_director = Line(max_length=200, blank=True)
    writers = Names(default=list, blank=True, help_text="A list of names.")
    character_design = Line(max_length=200, blank=True)
    mechanical_design = Line(max_length=200, blank=True)
    music = Names(default=list, blank=True, help_text="A list of names.")
    opening = Line(max_length=200, blank=True, help_text="The song and who performs it: “Lights Out” by the Tide.")
    ending = Line(max_length=200, blank=True, help_text="The song and who performs it.")
    network = Line(max_length=200, blank=True, help_text="Who broadcast it first.")
    streaming = Names(default=list, blank=True, help_text="A list of services that show it elsewhere.")
    credits = Names(
        default=list,
        blank=True,
        validators=[check_credits],
        help_text="Whoever else made it, one credit on each line: Author: Ann Ash, Bo Birch.",
    )
    unit = PlainLine(
        max_length=40, blank=True, help_text="What one of its parts is called, if not an episode: chapter."
    )
    units = PlainLine(max_length=40, blank=True, help_text="And several of them: chapters.")
    watched = PlainLine(max_length=40, blank=True, help_text="What one has done with them, if not watched: read.")
    second_unit = PlainLine(
        max_length=40,
        blank=True,
        help_text="Of a story that is told in another way as well: what one part of that is called, if not a chapter.",
    )
    second_units = PlainLine(max_length=40, blank=True, help_text="And several of them, if not chapters.")
    second_read = PlainLine(max_length=40, blank=True, help_text="What one has done with them, if not read.")
    licence = models.CharField(
        max_length=20,
        choices=Licence,
        blank=True,
        help_text="The licence of the texts. The form for corrections names it, and what people send is under it too.",
    )

    class Meta:
        verbose_name_plural = "series"
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="episodes_one_series")]

    def __str__(self) -> str:
        return in_text(self.title)

    @property
    def known_in(self) -> int:
        return 0


def licence_of_texts() -> str:
    """Return the licence of the show's texts, under which contributors give theirs; empty if none is named."""
    return Series.objects.values_list("licence", flat=True).first() or ""


class Episode(models.Model):
    """An episode, or another unit of the story: what can be watched or read, and when it came out.

    Number, label, season, kind and air date are public; title, synopsis and credits are known once it is watched.
    """

    number = NumberField(
        primary_key=True,
        help_text=worded("Its place in the order of release. 0 stands for what is known before the first {one}."),
    )
    label = Line(max_length=40, blank=True, help_text="What everybody calls it, if not by that number: S2 E5, 12.5.")
    season = Line(max_length=100, blank=True, help_text="The season, the volume or the part that it belongs to.")
    kind = Line(max_length=40, blank=True, help_text="What it is, if not one like the others: special, film.")
    title = Line(max_length=200, blank=True)
    native_title = Line(max_length=200, blank=True)
    aired_on = models.DateField(
        null=True, blank=True, help_text=worded("The date in the calendar of the {broadcaster}.")
    )
    synopsis = Prose(
        blank=True,
        help_text=worded("What happens, for somebody who has just {watched} it. Markdown with [[mentions]]."),
    )
    writers = Names(default=list, blank=True, help_text="Who wrote it: a list of names.")
    directors = Names(default=list, blank=True, help_text="Who directed it: a list of names.")

    class Meta:
        verbose_name = worded("{one}")
        verbose_name_plural = worded("{many}")
        ordering = ["number"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(number__gt=0) | models.Q(title="", synopsis=""),
                name="episodes_nothing_to_watch_in_episode_0",
                violation_error_message=worded(
                    "{One} 0 stands for what is known beforehand; it has no title or synopsis."
                ),
            )
        ]

    def __str__(self) -> str:
        chapter = second_of_place(self.number)
        short = f"{Name(self.label or (named(self.number) if chapter else str(self.number)))}"
        return f"{short} · {Name(self.title)}" if self.title else short

    def clean(self) -> None:
        super().clean()
        before = (self.number or 0) - 1
        is_first = before in (0, SECOND_AXIS)
        if self._state.adding and before > 0 and not is_first and not any(neighbours().where(Episode, number=before)):
            missing = own_number(before)
            raise ValidationError({"number": f"There is no {missing} yet: the numbers run 1, 2, 3. Use a label."})

    @property
    def known_in(self) -> int:
        return self.number

    @property
    def also_known_in(self) -> int | None:
        """The place on the second axis from which on a reader of it may know this, as of gated rows."""
        return self.number if self.number == 0 or is_on_second_axis(self.number) else None


def units_in_the_database() -> Units:
    """Return what the show calls its units, in one statement; public pages take it from what they read anyway."""
    nothing = [models.Value("")] * (len(COLUMNS) - 1)
    labels = Episode.objects.exclude(label="").order_by().values_list("number", "label", *nothing)
    show = Series.objects.order_by().values_list(models.Value(-1), *COLUMNS.values())
    rows = {number: words for number, *words in labels.union(show, all=True)}
    words = dict(zip(COLUMNS.values(), rows.pop(-1, ()), strict=False))
    return Units.of(words, {number: label for number, (label, *_) in rows.items()})


class Viewer(models.Model):
    """Progress and credit of a user account."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="viewer")
    # A number instead of a foreign key, so that an account never prevents the deletion of an episode.
    progress = NumberField(
        null=True, blank=True, help_text=worded("The last {one} {watched}. Unknown until the first sign-in.")
    )
    second = NumberField(
        "progress on the second axis",
        default=0,
        db_default=0,
        help_text="The last chapter read, in a show of two axes.",
    )
    wants_credit = models.BooleanField("name me as a contributor", default=False)
    credit_name = models.CharField("name in credits", max_length=80, blank=True)

    def __str__(self) -> str:
        return str(self.user)

    @property
    def progress_on_both(self) -> Progress | None:
        """How far the account is on both axes; None if it is not known."""
        return None if self.progress is None else Progress(self.progress, self.second)

    @staticmethod
    def columns_of(progress: int) -> dict[str, int]:
        """Return the values that hold how far somebody is on both axes."""
        return {"progress": int(progress), "second": second_of(progress)}

    @property
    def credit(self) -> str:
        """Return the name to show with what the user contributed; empty if they want none."""
        return (self.credit_name or self.user.get_username()) if self.wants_credit else ""


class Use(models.Model):
    """A use of something that is limited, kept until it no longer counts; `limits` writes and reads it."""

    key = models.CharField(max_length=64)  # keyed hash of an action and of who did it
    cost = models.FloatField()
    counts_until = models.DateTimeField(db_index=True)

    class Meta:
        indexes = [models.Index(fields=["key", "counts_until"], name="episodes_uses_of_a_key")]

    def __str__(self) -> str:
        return f"{self.cost:g} until {self.counts_until:%Y-%m-%d %H:%M:%S}"


class ShownName(models.Model):
    """The skeleton of a name that a user is shown by, for finding others that look like it; `names` keeps it."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    skeleton = models.CharField(max_length=500, db_index=True)  # longer than the name: a letter may become several

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "skeleton"], name="episodes_each_name_once")]

    def __str__(self) -> str:
        return self.skeleton


class TakenName(models.Model):
    """The name of a user as it is in all its cases: no other user can take it, not even at the same moment.

    Of users who had such a name in common before it was kept, only one has a row; the others keep their names too.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", primary_key=True)
    folded = models.CharField(max_length=500, unique=True)  # longer than the name: a letter may become several

    def __str__(self) -> str:
        return self.folded
