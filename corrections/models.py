"""What somebody wants changed, and what became of it. Only `deciding` publishes it."""

import uuid
from datetime import timedelta
from statistics import median
from typing import Any, Self

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from episodes.axes import Progress, reaching
from episodes.gate import GatedQuerySet
from episodes.known import are_reached, is_reached
from episodes.licences import Licence
from episodes.models import valid_time
from episodes.names import Name

MOST_EVIDENCE = 500  # characters
MOST_SAID = 2000  # characters, in one entry of a thread
MOST_ADDRESS = 300  # characters
LATELY = 50  # decided corrections that a median wait is taken of


class State(models.TextChoices):
    OPEN = "open", "Open"
    ASKED = "asked", "Waiting for its author"
    FAILED = "failed", "Could not apply"
    ACCEPTED = "accepted", "Accepted"
    PARTLY = "partly", "Partly accepted"
    REJECTED = "rejected", "Rejected"
    WITHDRAWN = "withdrawn", "Withdrawn"


UNDECIDED = (State.OPEN, State.ASKED, State.FAILED)


class CorrectionQuerySet(GatedQuerySet):
    def as_of(self, progress: int) -> Self:
        """Return those whose places somebody has reached, by the first axis alone or with the second."""
        return self.filter(are_reached(progress)).fetch_mode(models.FETCH_RAISE)

    def undecided(self) -> Self:
        return self.filter(state__in=UNDECIDED)

    def claimed(self) -> Self:
        return self.filter(claimed_by__isnull=False, claimed_until__gt=timezone.now())

    def free_for(self, user: User) -> Self:
        """Filter out corrections that another moderator has claimed.

        There is no subquery in it: PostgreSQL would answer one as of the time before it waited for a locked row.
        """
        return self.filter(Q(claimed_by=None) | Q(claimed_until__lte=timezone.now()) | Q(claimed_by=user))

    def median_wait(self) -> timedelta | None:
        """Return the median time from sending to deciding, of those decided lately."""
        decided = self.filter(decided_at__isnull=False).order_by("-decided_at")
        times = decided.values_list("created_at", "decided_at")[:LATELY]
        waits = [(ended - began).total_seconds() for began, ended in times if ended is not None]
        return timedelta(seconds=median(waits)) if waits else None


class Correction(models.Model):
    """A proposal with its changes, sent from an account or by somebody who holds its receipt."""

    class Kind(models.TextChoices):
        SUGGESTION = "suggestion", "Suggestion"
        EDIT = "edit", "Edit"
        UNDO = "undo", "Undo"
        IMPORT = "import", "Import"
        NOTE = "note", "Note"
        REPORT = "report", "Told too much"
        HOLD = "hold", "Hold"

    BY_READERS = (Kind.SUGGESTION, Kind.NOTE, Kind.REPORT)
    NOTES = (Kind.NOTE, Kind.REPORT)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.SUGGESTION)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="corrections"
    )
    receipt = models.CharField(max_length=64, blank=True, editable=False)  # a hash: the receipt itself is not kept
    sender = models.CharField(max_length=64, blank=True, editable=False)  # a keyed hash of the address it came from
    # The name the author wanted when they sent it, so that no name is published that no moderator has read.
    credit = models.CharField(max_length=80, blank=True)
    # Under which its author gave it: that of the show's texts when it was sent.
    licence = models.CharField(max_length=20, choices=Licence, blank=True, editable=False)
    reason = models.TextField(blank=True, max_length=2000)
    evidence_episode = models.PositiveSmallIntegerField(null=True, blank=True)
    evidence_time = models.CharField(max_length=8, blank=True, validators=[valid_time])
    evidence_url = models.URLField(max_length=MOST_EVIDENCE, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    version = models.PositiveIntegerField(default=1, help_text="Of several who decide at once, one finds this number.")
    # The latest episode it touches, before which it is hidden. None if it is on no public page by itself.
    # It is not a foreign key, because a correction must not keep an episode from being deleted.
    revealed_in = models.PositiveSmallIntegerField(db_column="revealed_in_id", null=True, blank=True)
    # In a story of two axes: by which chapter its readers know all that it touches, once they have come to the episode
    # `besides`, before which it touches something that no chapter tells. `as_of` has the condition.
    also_in = models.PositiveSmallIntegerField(db_column="also_in_id", null=True, blank=True, editable=False)
    besides = models.PositiveSmallIntegerField(default=0, db_default=0, editable=False)
    # The same when it was sent. Its author is told no later one: rows may have been moved since.
    sent_in = models.PositiveSmallIntegerField(null=True, blank=True, editable=False)
    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    claimed_until = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    by_author = models.BooleanField(default=False, help_text="Its author published it, without a second pair of eyes.")
    undoes = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True, related_name="undone_by")
    # Where all of its author was undone at once: that undo has one change for what several corrections did to a field.
    undone_in = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True, related_name="undid")
    revises = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True, related_name="revised_by")
    note = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="led_to", help_text="It was made for it."
    )
    # Of a note: the address at which it was written, and the references of what that page was about, its root first.
    page = models.CharField(max_length=MOST_ADDRESS, blank=True, editable=False)
    about = models.JSONField(default=list, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = CorrectionQuerySet.as_manager()

    class Meta:
        ordering = ["created_at", "id"]
        default_permissions = ("view",)
        permissions = [
            ("decide", "Can decide corrections"),
            ("publish", "Can publish own edits without another's review"),
        ]
        indexes = [
            models.Index(fields=["state", "created_at"]),
            models.Index(fields=["revealed_in", "decided_at"]),
            models.Index(fields=["receipt"], condition=~Q(receipt=""), name="corrections_by_receipt"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.created_at:%Y-%m-%d %H:%M}"

    @property
    def is_undecided(self) -> bool:
        return self.state in UNDECIDED

    @property
    def is_suggestion(self) -> bool:
        return self.kind == self.Kind.SUGGESTION

    @property
    def is_note(self) -> bool:
        """Return whether it says something in words, and proposes no change by itself."""
        return self.kind in self.NOTES

    @property
    def is_report(self) -> bool:
        return self.kind == self.Kind.REPORT

    @property
    def was_accepted(self) -> bool:
        return self.state in (State.ACCEPTED, State.PARTLY)

    @property
    def thanks_to(self) -> str:
        """The name to publish with it, or nothing if the author no longer wants exactly that name."""
        return self.credit if self.credit == credit_of(self.author) else ""

    def is_known(self, progress: int) -> bool:
        """Return whether somebody has reached all that it touches, as `as_of` does."""
        by_first = self.revealed_in is not None and is_reached(self.revealed_in, int(progress))
        by_second = self.also_in is not None and is_reached(self.also_in, progress)
        return by_first or (by_second and is_reached(self.besides, progress))

    @property
    def read_at(self) -> Progress:
        """How far the reader was who wrote a note, on both axes."""
        return reaching(self.sent_in or 0, self.also_in or 0)

    @property
    def is_claimed(self) -> bool:
        return self.claimed_by_id is not None and self.claimed_until is not None and self.claimed_until > timezone.now()

    def is_claimed_from(self, user: User) -> bool:
        """Return whether another moderator than this one has claimed it."""
        return self.is_claimed and self.claimed_by_id != user.pk


def credit_of(user: Any) -> str:
    """Return the name under which a user wants to be credited, or nothing."""
    viewer = getattr(user, "viewer", None)
    return viewer.credit if viewer else ""


class ChangeQuerySet(models.QuerySet):
    def current(self) -> Self:
        """Leave out changes that their author has replaced by an amendment."""
        return self.filter(replaced=False)

    def proposed(self) -> Self:
        """Leave out changes that the write door added as consequences of a removal."""
        return self.current().filter(follows=False)

    def of_model(self, model: str) -> Self:
        return self.filter(model=model)

    def of_row(self, model: str, row: str) -> Self:
        return self.filter(model=model, row=row)

    def about(self, subject: str) -> Self:
        return self.filter(subjects__subject=subject)

    def applied(self) -> Self:
        """Filter the changes that were published and made a difference."""
        return self.filter(applied_at__isnull=False, outcome=Change.Outcome.APPLIED)

    def merges(self) -> Self:
        """Filter the removals that were published of rows which became one with others."""
        return self.applied().exclude(into="")

    def waiting(self) -> Self:
        return self.current().filter(decision=Change.Decision.PENDING, correction__state__in=UNDECIDED)


class Change(models.Model):
    """One operation on a row: add it, set one of its fields, or remove it."""

    class Action(models.TextChoices):
        ADD = "add", "Add"
        SET = "set", "Change"
        REMOVE = "remove", "Remove"

    class Decision(models.TextChoices):
        PENDING = "pending", "Not decided"
        ACCEPTED = "accepted", "Accepted"
        REJECTED = "rejected", "Rejected"

    class Outcome(models.TextChoices):
        NONE = "", "–"
        APPLIED = "applied", "Published"
        ALREADY = "already", "Already so"
        CONFLICT = "conflict", "Held: it has changed meanwhile"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    correction = models.ForeignKey(Correction, on_delete=models.CASCADE, related_name="changes")
    position = models.PositiveIntegerField()
    action = models.CharField(max_length=6, choices=Action)
    model = models.CharField(max_length=60)  # as “characters.alias”
    row = models.CharField(
        max_length=40, blank=True
    )  # its primary key; empty for a new row that the database will number
    path = models.CharField(max_length=40, blank=True)  # the field, where one is set
    before = models.JSONField(null=True)  # as the author saw it: the value, or all values of the row
    after = models.JSONField(null=True)
    final = models.JSONField(null=True)  # as the moderator edited it, where `altered`
    altered = models.BooleanField(default=False)
    decision = models.CharField(max_length=8, choices=Decision, default=Decision.PENDING)
    why = models.TextField(blank=True, max_length=1000)
    outcome = models.CharField(max_length=8, choices=Outcome, default=Outcome.NONE, blank=True)
    was = models.JSONField(null=True)  # the value that was there when it was applied
    became = models.JSONField(null=True)
    applied_at = models.DateTimeField(null=True, blank=True)
    replaced = models.BooleanField(default=False)
    # A consequence of a removal: its row pointed to the removed one, which the author may not know.
    follows = models.BooleanField(default=False)
    # Of a removal: the key of the row that it becomes one with. What hangs on it moves there, by changes that follow.
    into = models.CharField(max_length=40, blank=True)

    row_values: dict[str, Any] | None = None  # of its row before it, where they were read for many changes at once
    # The references of rows that stand in it for others, which became one with them; None if nobody has looked.
    survivors: tuple[str, ...] | None = None

    objects = ChangeQuerySet.as_manager()

    class Meta:
        ordering = ["correction", "position"]
        default_permissions = ()
        indexes = [
            models.Index(fields=["model", "row"]),
            models.Index(fields=["into"], condition=~Q(into=""), name="corrections_merges"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(action="set", path__gt="") | (~Q(action="set") & Q(path="")),
                name="corrections_a_field_is_set",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_action_display()} {self.model} {self.path}".rstrip()

    @property
    def is_applied(self) -> bool:
        return self.applied_at is not None and self.outcome == self.Outcome.APPLIED

    @property
    def wanted(self) -> Any:
        return self.final if self.altered else self.after


class ChangeSubject(models.Model):
    """A page that a change is about: a membership is about two, a revelation about everybody it concerns."""

    change = models.ForeignKey(Change, on_delete=models.CASCADE, related_name="subjects")
    subject = models.CharField(max_length=101, db_index=True)  # as “characters.character:” and its primary key

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["change", "subject"], name="corrections_subject_once")]

    def __str__(self) -> str:
        return self.subject


class Event(models.Model):
    """An entry in the thread of a correction: a message, a change of its state, or both."""

    class Kind(models.TextChoices):
        SENT = "sent", "sent it"
        AMENDED = "amended", "amended it"
        WITHDRAWN = "withdrawn", "withdrew it"
        CLAIMED = "claimed", "claimed it"
        RELEASED = "released", "released it"
        ASKED = "asked", "asked"
        SAID = "said", "said"
        REMARKED = "remarked", "remarked"
        DECIDED = "decided", "decided"
        FAILED = "failed", "could not apply it"
        UNDONE = "undone", "undid it"
        PROPOSED = "proposed", "proposed a change for it"
        CHANGED = "changed", "published a change for it"
        HELD = "held", "held back what the page showed"

    BY_AUTHORS = (Kind.SENT, Kind.AMENDED, Kind.WITHDRAWN, Kind.SAID)

    correction = models.ForeignKey(Correction, on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind)
    text = models.TextField(blank=True)
    state_before = models.CharField(max_length=10, choices=State, blank=True)
    state_after = models.CharField(max_length=10, choices=State, blank=True)

    class Meta:
        ordering = ["at", "id"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.kind} at {self.at:%Y-%m-%d %H:%M}"

    @property
    def who(self) -> Name:
        """Who did it. Only an author can be without an account."""
        if self.by is not None:
            return Name(self.by.get_username())
        return Name("Its author" if self.kind in self.BY_AUTHORS else "A former moderator")


class BulkDecision(models.Model):
    """Several corrections that a moderator decides from the queue, in steps. It stays as a note of what was done."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    accept = models.BooleanField()
    why = models.TextField(blank=True, max_length=1000)
    stopped = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["created_at", "id"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.done_in_words} at {self.created_at:%Y-%m-%d %H:%M}"

    @property
    def done_in_words(self) -> str:
        return "accepted" if self.accept else "rejected"


class BulkItem(models.Model):
    """One correction of a bulk decision, and what became of it."""

    class Outcome(models.TextChoices):
        WAITING = "waiting", "Waiting"
        BEGUN = "begun", "Begun"  # if it stays so, the server was interrupted
        DONE = "done", "Decided"
        LEFT = "left", "Left"

    bulk = models.ForeignKey(BulkDecision, on_delete=models.CASCADE, related_name="items")
    correction = models.ForeignKey(Correction, on_delete=models.CASCADE, related_name="+")
    version = models.PositiveIntegerField(null=True, help_text="Of the correction, as it was listed.")
    outcome = models.CharField(max_length=7, choices=Outcome, default=Outcome.WAITING)
    note = models.TextField(blank=True)  # why it was left

    class Meta:
        ordering = ["id"]
        default_permissions = ()
        indexes = [models.Index(fields=["bulk", "outcome"])]

    def __str__(self) -> str:
        return self.outcome


class SentForm(models.Model):
    """The form that an editor sent a correction with, as it was filled in."""

    correction = models.OneToOneField(Correction, on_delete=models.CASCADE, related_name="sent_form")
    address = models.CharField(max_length=MOST_ADDRESS, db_index=True)
    values = models.JSONField(default=dict)  # lists, by the names of the fields
    files = models.JSONField(default=dict)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.address


class FormDraft(models.Model):
    """What somebody typed into a form and has not sent, and when they last had that form open."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="form_drafts")
    address = models.CharField(max_length=MOST_ADDRESS, db_index=True)
    episode = models.PositiveSmallIntegerField(default=0)  # how far its author saw while writing
    second = models.PositiveSmallIntegerField(default=0, db_default=0)  # and how far that was on the second axis
    values = models.JSONField(default=dict)  # lists, by the names of the fields
    saved_at = models.DateTimeField(null=True)  # None while nothing was typed
    seen_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["user", "address"], name="corrections_draft_once")]

    def __str__(self) -> str:
        return self.address


class BlockQuerySet(models.QuerySet):
    def in_force(self) -> Self:
        return self.filter(Q(until=None) | Q(until__gt=timezone.now()), lifted_at=None)


class Block(models.Model):
    """Somebody may send nothing for a while: an account, or whoever sends without one from an address."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, blank=True, related_name="blocks"
    )
    sender = models.CharField(max_length=64, blank=True, editable=False)  # a keyed hash, as `Correction.sender`
    reason = models.TextField(max_length=500)  # which the blocked one reads
    until = models.DateTimeField(null=True, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects = BlockQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        default_permissions = ()
        indexes = [models.Index(fields=["sender"], condition=~Q(sender=""), name="corrections_block_by_sender")]
        constraints = [
            models.CheckConstraint(condition=Q(user=None) ^ Q(sender=""), name="corrections_a_block_is_of_one")
        ]

    def __str__(self) -> str:
        return f"until {self.until:%Y-%m-%d %H:%M}" if self.until else "without an end"


class SentMail(models.Model):
    """That a mail was sent, so that no task sends it twice."""

    key = models.CharField(max_length=100, primary_key=True)
    at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.key


class Edition(models.Model):
    """A single row whose number grows with each publication.

    Each publication locks it, so that no two are validated without seeing one another. The stamp is drawn anew with
    each write to what public pages are made of, by triggers of the database (`editions`): it names one state of them
    and never another, even where a database is restored or emptied and the number comes again.
    """

    number = models.PositiveBigIntegerField(default=0)
    stamp = models.UUIDField(default=uuid.uuid4, editable=False)

    class Meta:
        default_permissions = ()
        constraints = [models.CheckConstraint(condition=Q(id=1), name="corrections_one_edition")]

    def __str__(self) -> str:
        return str(self.number)

    @classmethod
    def begin(cls) -> None:
        """Lock the row until the transaction ends, after waiting for other publications."""
        if not cls.objects.filter(id=1).update(number=F("number") + 1):
            cls.objects.get_or_create(id=1)
            cls.objects.filter(id=1).update(number=F("number") + 1)


class Watch(models.Model):
    """A page whose changes somebody wants to hear of, by the parts of the address of its history."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="watches")
    kind = models.CharField(max_length=20)
    key = models.CharField(max_length=40)
    told_until = models.DateTimeField(default=timezone.now, editable=False)  # what was published by then is no news
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["user", "kind", "key"], name="corrections_watch_once")]

    def __str__(self) -> str:
        return f"{self.kind}/{self.key}"


class Digest(models.Model):
    """The mails that somebody gets about what they watch. While one is planned it has a key and a moment."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="digest")
    wanted = models.BooleanField(default=True)
    sent_at = models.DateTimeField(null=True)
    key = models.UUIDField(null=True)
    until = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.pk)
