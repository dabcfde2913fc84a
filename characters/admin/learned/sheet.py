"""The form of what was learned in an episode, section by section."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.db import models
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from characters.models import (
    Alias,
    Character,
    CharacterTag,
    Faction,
    FactionTag,
    Membership,
    Relationship,
    Revelation,
    Tag,
    Trait,
    Unmasking,
)
from characters.spoilers.linter import form_in_admin, spoiler_error
from corrections import rows
from corrections.editing import Base
from corrections.models import Change
from corrections.rows import SpoilerWarning
from corrections.sending import Proposed
from corrections.trial import Trial
from episodes.models import Episode

from .rows import (
    CHARACTER,
    FACTION,
    Cast,
    EndingRow,
    MembershipRow,
    Named,
    NameRow,
    NewcomerRow,
    RelationshipRow,
    RevelationRow,
    TagRow,
    TraitRow,
    UnmaskingRow,
    lines,
    told_of,
)

EMPTY_ROWS = 2  # of each kind, and as many more at a time

MOST_ROWS = 60  # of one kind in one form

OF_EPISODE = ("title", "native_title", "aired_on", "synopsis")

TIES: tuple[Any, ...] = (Membership, Relationship, CharacterTag, FactionTag)

type Filled = Any

"""A form of a row: what it proposes, and where a problem with it is shown."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A section of the form."""

    slug: str
    title: str
    explains: str
    form: type[forms.Form]
    models: tuple[type[models.Model], ...]  # that it adds rows of, or changes
    action: str = "add"

    def is_open_to(self, user: Any) -> bool:
        names = (f"{model._meta.app_label}.{self.action}_{model._meta.model_name}" for model in self.models)
        return bool(user.has_perms(list(names)))


KINDS = (
    Kind(
        "newcomers", "Who is new",
        "Characters and groups that appear for the first time, with the name that stands on their page for now. Where "
        "the name only comes later, describe them and choose “Known as”. All rows below can name them at once.",
        NewcomerRow, (Character, Faction, Alias),
    ),
    Kind(
        "revelations", "Revelations",
        "One thing that the audience learns, in one to three sentences, as they are known in this very episode. Write "
        "[[key]] instead of a name. A belief that falls is not rewritten: the new revelation supersedes it.",
        RevelationRow, (Revelation,),
    ),
    Kind(
        "unmaskings", "Unmaskings",
        "Two who turn out to be one: from this episode on there is one page.", UnmaskingRow, (Unmasking,),
    ),
    Kind(
        "names", "New names",
        "Of somebody who was known before. Tick “headline” if the page bears that name from now on.",
        NameRow, (Alias,),
    ),
    Kind(
        "traits", "Facts and summaries",
        "Status, species, occupation, abilities and so on, as known from now on; the earlier value stays in the "
        "timeline. Where the page has changed so that its summary is stale, write a new one here.",
        TraitRow, (Trait,),
    ),
    Kind("memberships", "Memberships", "Who is seen to belong where.", MembershipRow, (Membership,)),
    Kind(
        "relationships", "Relationships", "As told from the one who does it: who killed, created, serves whom.",
        RelationshipRow, (Relationship,),
    ),
    Kind("tags", "Tags", "In a word or two, by which lists can be narrowed.", TagRow, (CharacterTag, FactionTag)),
    Kind(
        "endings", "What is over",
        "From this episode on the audience knows that it no longer holds, or never did.", EndingRow, TIES, "change",
    ),
)  # fmt: skip


class EpisodeForm(forms.Form):
    use_required_attribute = False

    def __init__(self, data: Any, *, episode: Episode, base: Base) -> None:
        super().__init__(data, initial={name: getattr(episode, name) for name in OF_EPISODE}, prefix="episode")
        self.ref, self.before = (Episode._meta.label_lower, str(episode.pk)), base[rows.reference(episode)]
        for name in OF_EPISODE if episode.number else ("aired_on",):
            self.fields[name] = Episode._meta.get_field(name).formfield()  # type: ignore[union-attr, assignment]
        if episode.number:
            self.fields["synopsis"].widget = lines(5)
        self.fields["aired_on"].widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")

    def proposed(self) -> Iterator[Proposed]:
        for name, typed in self.cleaned_data.items():
            value = rows.plain(Episode._meta.get_field(name), typed)
            value = value.replace("\r\n", "\n") if isinstance(value, str) else value
            before = self.before[name]
            if value != (before.strip() if isinstance(before, str) else before):
                yield Proposed(Change.Action.SET, *self.ref, name, before, value)

    def field_of(self, proposed: Proposed, name: str) -> str | None:
        return name if name in self.fields else None


class PlaceForm(forms.Form):
    """The place of a revelation that is there already."""

    use_required_attribute = False
    position = forms.IntegerField(min_value=0, label="Place", required=False)

    def __init__(self, data: Any, *, revelation: Revelation, base: Base) -> None:
        super().__init__(data, initial={"position": revelation.position}, prefix=f"place-{revelation.pk}")
        self.revelation = revelation
        self.before: int = base[rows.reference(revelation)]["position"]
        self.fields["position"].widget.attrs["aria-label"] = f"Place of “{Truncator(revelation.text).chars(60)}”"

    @property
    def now(self) -> int:
        """A form that was opened before the revelation was written has no place for it."""
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
    kind: Kind
    formset: Any
    there: list[tuple[str, str]]
    places: list[PlaceForm] = field(default_factory=list)

    def filled(self) -> list[Filled]:
        return [form for form in self.formset.forms if form.has_changed()]

    @property
    def count(self) -> int:
        return len(self.places) + len(self.there)

    @property
    def is_open(self) -> bool:
        return self.kind.form in (NewcomerRow, RevelationRow) or (self.formset.is_bound and bool(self.filled()))

    @property
    def blank(self) -> forms.Form:
        """For the script that adds rows; without the help, which the first row has."""
        form: forms.Form = self.formset.empty_form
        return _without_help(form)


class Sheet:
    """The whole form of one episode."""

    def __init__(self, episode: Episode, user: User, data: QueryDict | None = None, base: Base | None = None) -> None:
        self.episode, self.data = episode, data
        self.cast = Cast(episode.number)
        self.problems: list[str | SafeString] = []
        self.warned: list[tuple[str, SpoilerWarning]] = []
        revelations = list(Revelation.objects.filter(revealed_in=episode).order_by("position", "key"))
        self.base = base if base is not None else {}
        self.base.setdefault(rows.reference(episode), rows.values_of(episode))
        for row in revelations:
            self.base.setdefault(rows.reference(row), {"position": row.position})
        self.ties = _open_ties(episode.number, self.cast)
        self.episode_form = EpisodeForm(data, episode=episode, base=self.base)
        self.sections = [self._section(kind) for kind in KINDS if kind.is_open_to(user)]
        for section in self.sections:
            if section.kind.form is RevelationRow:
                may_move = user.has_perm("characters.change_revelation")
                section.places = [PlaceForm(data, revelation=row, base=self.base) for row in revelations if may_move]
                section.there = [] if may_move else [(row.text, _form_that_has(row)) for row in revelations]

    def _section(self, kind: Kind) -> Section:
        formset: Any = forms.formset_factory(kind.form, extra=EMPTY_ROWS, absolute_max=MOST_ROWS, max_num=MOST_ROWS)
        options = {"episode": self.episode.number, "cast": self.cast}
        if kind.form is EndingRow:
            options["ties"] = self.ties
        filled = formset(self.data, prefix=kind.slug, form_kwargs=options)
        for form in filled.forms[1:]:
            _without_help(form)
        return Section(kind, filled, [] if kind.form is RevelationRow else list(self._there(kind)))

    def _there(self, kind: Kind) -> Iterator[tuple[str, str]]:
        """What the show says already."""
        when = "ended_in" if kind.form is EndingRow else "revealed_in"
        for model in kind.models:
            if kind.form is NewcomerRow and model is Alias:
                continue
            for row in _rows_of(model).filter(**{when: self.episode}):
                yield told_of(row, self.cast), _form_that_has(row)

    # What was typed

    def forms(self) -> Iterator[Filled]:
        yield self.episode_form
        for section in self.sections:
            yield from section.places
            yield from section.filled()

    def is_valid(self) -> bool:
        """Whoever is new is read first, so that all other rows can name them."""
        for section in self.sections:
            if section.kind.form is NewcomerRow and section.formset.is_valid():
                for form in section.filled():
                    self.cast.add(form.named())
        valid = [section.formset.is_valid() for section in self.sections]
        valid += [form.is_valid() for form in self.forms()]
        return all(valid)

    def proposed(self) -> list[tuple[Proposed, Filled]]:
        found = []
        last = max([0, *(form.now for form in self.forms() if isinstance(form, PlaceForm))])
        for form in self.forms():
            if isinstance(form, RevelationRow):
                last = form.last = last + 1
            found += [(each, form) for each in form.proposed()]
        return found

    def take_in(self, trial: Trial, filled: dict[Any, tuple[Proposed, Filled]], *, confirmed: bool) -> None:
        """What the door and the linter say, next to the rows that they say it of."""
        for pk, said in trial.problems.items():
            proposed, form = filled.get(pk, (None, None))
            for message in said:
                if form is None or proposed is None:
                    self.problems.append(message)
                else:
                    form.add_error(None, message)
        for pk, warnings in trial.warnings.items():
            proposed, form = filled[pk]
            for warned in warnings:
                self.warned.append((_called(form), warned))
                if not confirmed:
                    form.add_error(
                        form.field_of(proposed, warned.field), spoiler_error(warned.text, warned.url, warned.claim)
                    )

    # What the page offers

    def known(self) -> dict[str, list[Named]]:
        both = [*self.cast.known(CHARACTER), *self.cast.known(FACTION)]
        return {
            f"known-{CHARACTER}": self.cast.known(CHARACTER),
            f"known-{FACTION}": self.cast.known(FACTION),
            f"known-{CHARACTER}-{FACTION}": both,
        }

    def revelations(self) -> QuerySet[Revelation]:
        """That a new one can supersede."""
        return Revelation.objects.filter(revealed_in__lte=self.episode).only("key", "text", "revealed_in")

    def tags(self) -> Iterable[str]:
        """Those that somebody is known to bear by now, and those that nobody bears yet."""
        later = {
            name
            for model in (CharacterTag, FactionTag)
            for name in model.objects.filter(revealed_in__gt=self.episode.number).values_list("tag__name", flat=True)
        }
        now = {
            name
            for model in (CharacterTag, FactionTag)
            for name in model.objects.as_of(self.episode.number).values_list("tag__name", flat=True)
        }
        return [name for name in Tag.objects.values_list("name", flat=True) if name in now or name not in later]


def _without_help(form: forms.Form) -> forms.Form:
    for each in form.fields.values():
        each.help_text = ""
    return form


def _rows_of(model: type[models.Model]) -> QuerySet[Any]:
    tagging = model in (CharacterTag, FactionTag)
    return model._base_manager.select_related("tag") if tagging else model._base_manager.all()


def _open_ties(episode: int, who: Cast) -> dict[str, models.Model]:
    """What holds in the episode and has no end yet, in words."""
    return {
        f"{told_of(row, who)} (from {row.revealed_in_id})": row
        for model in TIES
        for row in _rows_of(model).filter(revealed_in__lte=episode, ended_in=None)
    }


def _form_that_has(row: models.Model) -> str:
    """That of the character or faction it is told of, or its own."""
    for name in ("content_object", "source", "persona", "character", "faction"):
        if (pk := getattr(row, f"{name}_id", None)) is not None:
            owner: Any = row._meta.get_field(name).related_model
            return form_in_admin(owner._meta.label_lower, pk)
    return form_in_admin(row._meta.label_lower, row.pk)


def _called(form: Filled) -> str:
    return "The episode" if isinstance(form, EpisodeForm) else f"A new {form.model._meta.verbose_name}"
