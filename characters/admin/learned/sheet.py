"""The form in which editors write down what an episode tells, section by section."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.db import models
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from characters.admin.horizon import spoiler_error_within
from characters.kinds import EPISODE, KINDS, SUBJECTS, TAGGINGS, kind_of, line_of, values_of
from characters.models import Alias, Membership, Portrait, Relationship, Revelation, Tag, Trait, Unmasking
from characters.models.shown_keys import with_shown_keys
from characters.moderation.nameable import NameableSubjects, NamedSubject
from characters.spoilers.linter import form_in_admin
from corrections import rows
from corrections.desk.discretion import told
from corrections.editing import Base
from corrections.models import Change
from corrections.sending import Proposed, adding
from corrections.trial import Trial
from episodes.axes import SECOND_AXIS, Progress, is_on_second_axis, reaching, second_of
from episodes.choices import ReadsMentions, asked_before
from episodes.known import is_known, is_over, is_reached
from episodes.models import Episode
from episodes.units import short, worded

from .rows import (
    EndingRow,
    MembershipRow,
    NameRow,
    NewcomerRow,
    PortraitRow,
    RelationshipRow,
    RevelationRow,
    TagRow,
    TraitRow,
    UnmaskingRow,
    suggestions_of,
    text_area,
    with_plain_newlines,
)

EMPTY_ROWS = 2  # of each kind, and as many more at a time
MOST_ROWS = 60  # of one kind in one form
MOST_SUGGESTED = 300  # in a list that fields offer; whatever else there is can be typed
MOST_REVELATIONS = 120  # in such a list, with their texts
# What can end: the ties between subjects first, and then their tags.
ENDING = sorted((kind for kind in KINDS if "ended_in" in kind.fields), key=lambda kind: kind in TAGGINGS)

type RowForm = Any
"""A form of a row: which changes it proposes, and at which of its fields a problem is shown."""


@dataclass(frozen=True, slots=True)
class SectionKind:
    """The kind of rows that a section of the form is for."""

    slug: str
    title: str
    explains: str
    form: type[forms.Form]
    models: tuple[type[models.Model], ...]  # that it adds rows of, or changes
    action: str = "add"

    def is_open_to(self, user: Any) -> bool:
        names = (f"{model._meta.app_label}.{self.action}_{model._meta.model_name}" for model in self.models)
        return bool(user.has_perms(list(names)))


SECTIONS = (
    SectionKind(
        "newcomers", "Who is new",
        "Characters and groups that appear for the first time, with the name that stands on their page for now. If "
        "the name comes later, describe them and choose “Known as”. All rows below can use the name at once.",
        NewcomerRow, (*(kind.model for kind in SUBJECTS), Alias),
    ),
    SectionKind(
        "revelations", "Revelations",
        worded("One thing that the audience learns, in one to three sentences, as they are known in this very {one}. "
        "Write [[key]] instead of a name. A belief that falls is not rewritten: the new revelation supersedes it."),
        RevelationRow, (Revelation,),
    ),
    SectionKind(
        "unmaskings", "Unmaskings",
        worded("Two characters who turn out to be one. From this {one} on they share a page."),
        UnmaskingRow, (Unmasking,),
    ),
    SectionKind(
        "names", "New names",
        "New names of somebody already known. Tick “headline” if the page has that name from now on.",
        NameRow, (Alias,),
    ),
    SectionKind(
        "traits", "Facts and summaries",
        "Status, species, occupation, abilities and so on, as known from now on; the earlier value stays in the "
        "timeline. Where the page has changed so that its summary is stale, write a new one here.",
        TraitRow, (Trait,),
    ),
    SectionKind("memberships", "Memberships", "Who belongs to which faction.", MembershipRow, (Membership,)),
    SectionKind(
        "relationships", "Relationships", "Start with the one who acts: who killed, created or serves whom.",
        RelationshipRow, (Relationship,),
    ),
    SectionKind(
        "tags", "Tags", "A word or two each, which lists can be filtered by. They may be new as well.",
        TagRow, tuple(kind.model for kind in TAGGINGS),
    ),
    SectionKind(
        "portraits", "Portraits",
        worded("Pictures that are free to use and show what is known in this {one}, and no more; also of whoever is "
        "new."),
        PortraitRow, (Portrait,),
    ),
    SectionKind(
        "endings", "What is over",
        worded("From this {one} on, the audience knows that it no longer holds or never did."),
        EndingRow, tuple(kind.model for kind in ENDING), "change",
    ),
)  # fmt: skip


class EpisodeForm(ReadsMentions, forms.Form):
    """The episode itself. Before the first there is nothing to tell but when it was shown."""

    use_required_attribute = False

    def __init__(self, data: Any, *, episode: Episode, base: Base, subjects: NameableSubjects) -> None:
        super().__init__(data, initial={name: getattr(episode, name) for name in EPISODE.fields}, prefix="episode")
        self.subjects, self.is_new = subjects, episode._state.adding
        self.ref, self.before = (Episode._meta.label_lower, str(episode.pk)), base[rows.reference(episode)]
        for name in EPISODE.fields if episode.number else ("aired_on",):
            self.fields[name] = Episode._meta.get_field(name).formfield()  # type: ignore[union-attr, assignment]
        if episode.number:
            self.fields["synopsis"].widget = text_area(5)
            self.fields["synopsis"].prepare_value = with_shown_keys  # type: ignore[method-assign, assignment]
        self.fields["aired_on"].widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")

    def clean(self) -> dict[str, Any]:
        self.read_mentions(self.subjects.read)
        return self.cleaned_data

    def proposed(self) -> Iterator[Proposed]:
        values = {
            name: with_plain_newlines(rows.plain(Episode._meta.get_field(name), typed))
            for name, typed in self.cleaned_data.items()
        }
        if self.is_new:
            label, number = self.ref
            yield adding(label, values, key=number)
            return
        for name, value in values.items():
            before = self.before[name]
            if value != (before.strip() if isinstance(before, str) else before):
                yield Proposed(Change.Action.SET, *self.ref, name, before, value)

    def field_of(self, proposed: Proposed, name: str) -> str | None:
        return name if name in self.fields else None


class PositionForm(forms.Form):
    """The position of a revelation that is there already."""

    use_required_attribute = False
    position = forms.IntegerField(min_value=0, label="Place", required=False)

    def __init__(self, data: Any, *, revelation: Revelation, base: Base) -> None:
        super().__init__(data, initial={"position": revelation.position}, prefix=f"place-{revelation.pk}")
        self.revelation, self.shown_text = revelation, with_shown_keys(revelation.text)
        self.before: int = base[rows.reference(revelation)]["position"]
        self.fields["position"].widget.attrs["aria-label"] = f"Place of “{Truncator(revelation.text).chars(60)}”"

    @property
    def now(self) -> int:
        """The position that was typed; a form that was opened before the revelation was written has none."""
        typed: int | None = self.cleaned_data["position"]
        return self.before if typed is None else typed

    def proposed(self) -> Iterator[Proposed]:
        if self.now != self.before:
            label = Revelation._meta.label_lower
            yield Proposed(Change.Action.SET, label, str(self.revelation.pk), "position", self.before, self.now)

    def field_of(self, proposed: Proposed, name: str) -> str | None:
        return "position" if name == "position" else None


@dataclass
class Section:
    """A section of the form: the rows that are there, and forms for new ones."""

    kind: SectionKind
    formset: Any
    existing: list[tuple[str, str]]  # in words, and the address of the form
    positions: list[PositionForm] = field(default_factory=list)

    def filled_in(self) -> list[RowForm]:
        return [form for form in self.formset.forms if form.has_changed()]

    @property
    def count(self) -> int:
        return len(self.positions) + len(self.existing)

    @property
    def is_open(self) -> bool:
        return self.kind.form in (NewcomerRow, RevelationRow) or (self.formset.is_bound and bool(self.filled_in()))

    @property
    def blank(self) -> forms.Form:
        """A form for the script that adds rows; without the help texts, which the first row has."""
        form: forms.Form = self.formset.empty_form
        return _without_help(form)


class Sheet:
    """The whole form of one episode."""

    def __init__(
        self,
        episode: Episode,
        user: User,
        data: QueryDict | None = None,
        base: Base | None = None,
        files: Any = None,
        *,
        horizon: int | None = None,
        on_both: bool = False,
    ) -> None:
        self.episode, self.data, self.files = episode, data, files
        self.may_add_tags, self.new_tags = user.has_perm("characters.add_tag"), set[str]()
        self.on_both, self.reader = on_both, reaching(0, episode.number)  # who has come to it by its axis alone
        self.subjects = NameableSubjects(self.reader)
        self.asked = asked_before(data) if data is not None else frozenset()
        self.problems: list[str | SafeString] = []
        self.warnings: list[tuple[str, str]] = []
        revelations = list(
            Revelation.objects.filter(**{self._when("revealed_in"): episode.pk}).order_by("position", "key")
        )
        self.base = base if base is not None else {}
        self.base.setdefault(rows.reference(episode), rows.values_of(episode))
        for row in revelations:
            self.base.setdefault(rows.reference(row), {"position": row.position})
        self.ties = _open_ties(self.reader, self.subjects, horizon, on_both=on_both)
        self.episode_form = EpisodeForm(data, episode=episode, base=self.base, subjects=self.subjects)
        self.sections = [self._section(kind) for kind in SECTIONS if kind.is_open_to(user)]
        for section in self.sections:
            if section.kind.form is RevelationRow:
                self._list_revelations(section, revelations, may_move=user.has_perm("characters.change_revelation"))

    def _list_revelations(self, section: Section, revelations: list[Revelation], *, may_move: bool) -> None:
        if may_move:
            section.positions = [PositionForm(self.data, revelation=row, base=self.base) for row in revelations]
        else:
            section.existing = [(with_shown_keys(row.text), _address_of_form(row)) for row in revelations]

    def _section(self, kind: SectionKind) -> Section:
        formset: Any = forms.formset_factory(kind.form, extra=EMPTY_ROWS, absolute_max=MOST_ROWS, max_num=MOST_ROWS)
        options: dict[str, Any] = {"episode": self.episode.number, "subjects": self.subjects, "on_both": self.on_both}
        if kind.form in (RevelationRow, TagRow):
            options["asked"] = self.asked
        if kind.form is TagRow:
            options |= {"may_add_tags": self.may_add_tags, "new_tags": self.new_tags}
        if kind.form is EndingRow:
            options["ties"] = self.ties
        bound = formset(self.data, self.files, prefix=kind.slug, form_kwargs=options)
        for form in bound.forms[1:]:
            _without_help(form)
        return Section(kind, bound, [] if kind.form is RevelationRow else list(self._existing(kind)))

    def _when(self, place: str) -> str:
        """Return the field for a place of a row on the axis of the form."""
        return rows.SECOND_PLACES[place] if is_on_second_axis(self.episode.number) else place

    def _existing(self, kind: SectionKind) -> Iterator[tuple[str, str]]:
        """Yield what the show has in this episode already, in words and with the address of the form."""
        when = self._when("ended_in" if kind.form is EndingRow else "revealed_in")
        for model in kind.models:
            if kind.form is NewcomerRow and model is Alias:
                continue
            for row in _rows_of(model).filter(**{when: self.episode.pk}):
                yield _in_words(row, self.subjects), _address_of_form(row)

    # The values that were sent

    def forms(self) -> Iterator[RowForm]:
        yield self.episode_form
        for section in self.sections:
            yield from section.positions
            yield from section.filled_in()

    def is_valid(self) -> bool:
        """Validate all forms, new subjects first, so that the other rows can name them."""
        newcomers = [form for each in self.sections if each.kind.form is NewcomerRow for form in each.filled_in()]
        for form in newcomers:
            form.full_clean()
            if (subject := form.subject()) is not None:
                self.subjects.add(subject)
        for form in newcomers:
            form.read_mentions(self.subjects.read)
        valid = [section.formset.is_valid() for section in self.sections]
        valid += [form.is_valid() for form in self.forms()]
        return all(valid)

    def proposed(self) -> list[tuple[Proposed, RowForm]]:
        """Return all changes, each with the form that asks for it."""
        proposed = []
        last = max([0, *(form.now for form in self.forms() if isinstance(form, PositionForm))])
        for form in self.forms():
            if isinstance(form, RevelationRow):
                last = form.last_position = last + 1
            proposed += [(change, form) for change in form.proposed()]
        return proposed

    def show_result(
        self, trial: Trial, forms: dict[Any, tuple[Proposed, RowForm]], *, confirmed: bool, horizon: int | None
    ) -> None:
        """Show the problems and the warnings of a trial at the rows that they are about."""
        for pk, messages in trial.problems.items():
            _, form = forms.get(pk, (None, None))
            for message in told(messages, horizon):
                if form is None:
                    self.problems.append(message)
                else:
                    form.add_error(None, message)
        for pk, warnings in trial.warnings.items():
            proposed, form = forms[pk]
            for warning in warnings:
                places = warning.episode, warning.also
                error = spoiler_error_within(horizon, warning.text, places, warning.url, warning.claim)
                self.warnings.append((_noun_of(form), error))
                if not confirmed:
                    form.add_error(form.field_of(proposed, warning.field), error)

    # The lists of suggestions

    def suggestions(self) -> dict[str, list[NamedSubject]]:
        """Return the subjects to choose from, by the id of the list: each kind alone, and all."""
        offered = [*((kind,) for kind in SUBJECTS), SUBJECTS]
        return {suggestions_of(kinds): self.subjects.of_kinds(kinds)[:MOST_SUGGESTED] for kinds in offered}

    def revelations(self) -> list[tuple[Revelation, str]]:
        """Return the latest revelations that a new one can supersede, with their texts."""
        earlier = Revelation.objects.filter(is_known(self.reader)).only("key", "text", "revealed_in")
        latest = earlier.order_by("-revealed_in", "-position", "-key")[:MOST_REVELATIONS]
        return [(row, with_shown_keys(row.text)) for row in latest]

    def open_ties(self) -> list[str]:
        """Return the latest ties that can be over."""
        return [words for words, _ in sorted(self.ties.items(), key=lambda tie: -tie[1].known_in)][:MOST_SUGGESTED]  # type: ignore[attr-defined]

    def tags(self) -> Iterable[str]:
        """Return the tags that somebody is known to bear by now, and those that nobody bears yet."""
        now: set[str] = set()
        later: set[str] = set()
        first, *others = (kind.model._base_manager.order_by() for kind in TAGGINGS)
        for name, number in first.union(*others).order_by().values_list("tag__name", self._when("revealed_in")):
            (now if number is not None and is_reached(number, self.reader) else later).add(name)
        names = Tag.objects.values_list("name", flat=True)
        return [name for name in names if name in now or name not in later][:MOST_SUGGESTED]


def _without_help(form: forms.Form) -> forms.Form:
    for each in form.fields.values():
        each.help_text = ""
    return form


def _rows_of(model: type[models.Model]) -> QuerySet[Any]:
    every = model._base_manager.all()
    return every.select_related("tag") if kind_of(model) in TAGGINGS else every


def _open_ties(
    reader: Progress, subjects: NameableSubjects, horizon: int | None, *, on_both: bool
) -> dict[str, models.Model]:
    """Return the rows that hold in the episode and have no end yet on its axis, by what they say.

    An end that is hidden is as none: else whoever is missing in the list ends later.
    """
    is_chapter = bool(reader.second)
    if horizon is None:
        is_open = Q(also_ended_in=None) if is_chapter else Q(ended_in=None)
    elif is_chapter:
        is_open = ~is_over(Progress(0, max(reader.second, second_of(horizon))))
    else:
        is_open = ~is_over(max(int(reader), horizon))
    if on_both and not is_chapter:
        is_open |= Q(ended_in__gt=SECOND_AXIS)  # which chapters alone end
    return {
        f"{_in_words(row, subjects)} (from {short(row.also_in_id if reader.second else row.revealed_in_id)})": row
        for kind in ENDING
        for row in _rows_of(kind.model).filter(is_known(reader), is_open)
    }


def _in_words(row: models.Model, subjects: NameableSubjects) -> str:
    return line_of(kind_of(row), values_of(row), subjects)


def _address_of_form(row: models.Model) -> str:
    """Return the address of the form that has a row: that of the subject it belongs to, or its own."""
    kind = kind_of(row)
    for name in kind.owners + kind.connects:
        if (pk := getattr(row, f"{name}_id")) is not None:
            return form_in_admin(kind.related_model(name)._meta.label_lower, pk)
    return form_in_admin(kind.label, row.pk)


def _noun_of(form: RowForm) -> str:
    return worded("The {one}") if isinstance(form, EpisodeForm) else f"A new {form.model._meta.verbose_name}"
