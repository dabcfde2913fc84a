"""A correction as a moderator reads it: what differs, in words, and what stands in its way."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db import models
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from episodes.gate import Gated, Prose
from episodes.models import Episode

from . import rows
from .apply import CouldNotApply, as_if_applied, merged, same_row
from .models import Change, Correction
from .rows import EPISODES, Editable, Json, Shared, Values, Warned

Action, Decision = Change.Action, Change.Decision

MOST_SHOWN = 100  # changes on one page
MOST_TRIED = 200  # changes of a correction that is tried before it is decided
TOO_UNLIKE = 0.25
MOST_COMPARED = 4_000_000  # words of one text times words of the other
# A letter of a script without spaces, a word, a gap, or a mark.
WORD = r"[ぁ-ヿ㐀-鿿々]|\w+|\s+|[^\w\s]"
EMPTY = "–"


# What it would come to


@dataclass
class Trial:
    """The correction as if it were accepted: what the linter says then, and why it cannot be."""

    is_too_large: bool = False  # to be tried: nothing is known of it
    warned: dict[UUID, list[Warned]] = field(default_factory=dict)
    shared: dict[UUID, list[Shared]] = field(default_factory=dict)
    problems: dict[UUID | None, list[str]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)  # of pages that come with it

    @property
    def told_in(self) -> int:
        return max((each.told_in for found in self.warned.values() for each in found), default=0)


def try_out(correction: Correction, episode: int) -> Trial:
    trial = Trial()
    pending = [change for change in correction.changes.current() if change.decision == Decision.PENDING]
    if not correction.is_undecided or not pending:
        return trial
    if len(pending) > MOST_TRIED:
        return Trial(is_too_large=True)
    try:
        with as_if_applied(correction) as applied:
            changed = [(change, rows.row_of(rows.editable(change.model), change.row)) for change in applied]
            trial.warned, trial.shared = _look_at(changed, rows.linters), _look_at(changed, rows.namesakes)
            subjects = {
                f"{change.model}:{change.row}"
                for change in applied
                if change.action == Action.ADD and rows.editable(change.model).page
            }
            trial.names = Names(episode).of_pages(subjects)
    except CouldNotApply as failure:
        trial.problems = {change.pk if change else None: list(found) for change, found in failure.messages.items()}
        changed = [(change, _as_wanted(change)) for change in pending]
        trial.warned, trial.shared = _look_at(changed, rows.linters), _look_at(changed, rows.namesakes)
    return trial


def _look_at[Said: (Warned, Shared)](
    changed: Sequence[tuple[Change, models.Model | None]],
    readers: Sequence[Callable[[Iterable[models.Model]], list[list[Said]]]],
) -> dict[UUID, list[Said]]:
    """What is to be said of the rows, as far as it comes of the change."""
    present = [(change, row) for change, row in changed if row is not None and change.action != Action.REMOVE]
    found: dict[UUID, list[Said]] = {}
    for reader in readers:
        try:
            said = reader([row for _, row in present])
        except ObjectDoesNotExist:  # a row that hangs on one which does not exist
            continue
        for (change, _), of_row in zip(present, said, strict=True):
            found.setdefault(change.pk, []).extend(
                each for each in of_row if change.action == Action.ADD or each.field == change.path
                or change.path in EPISODES
            )  # fmt: skip
    return {pk: said for pk, said in found.items() if said}


def _as_wanted(change: Change) -> models.Model | None:
    """The row as it would be, not saved."""
    kind = rows.editable(change.model)
    try:
        if change.action == Action.ADD:
            return rows.build(kind, change.row, change.wanted)
        row = rows.row_of(kind, change.row)
        if row is not None and change.action == Action.SET:
            rows.put(kind, row, change.path, change.wanted)
    except (ValidationError, ValueError, TypeError):
        return None
    return row


# Values in words


class Names:
    """What things are called, as somebody at an episode knows them; each is looked up once."""

    def __init__(self, episode: int, known: dict[str, str] | None = None) -> None:
        self.episode = episode
        self._known = dict(known or {})

    def of_pages(self, subjects: Iterable[str]) -> dict[str, str]:
        for label, of_label in rows.by_label(subjects).items():
            self.look_up(rows.editable(label), of_label)
        return {subject: self._known[subject] for subject in subjects if subject in self._known}

    def look_up(self, kind: Editable, keys: Iterable[str]) -> None:
        missing = {key for key in keys if f"{kind.label}:{key}" not in self._known}
        if not missing:
            return
        if kind.page is not None and kind.page.names is not None:
            found = kind.page.names(missing, self.episode)
        else:
            known = kind.model._base_manager.filter(pk__in=missing)
            if issubclass(kind.model, Gated):
                known = known.filter(revealed_in__lte=self.episode)
            found = {str(row.pk): str(row) for row in known}
        self._known |= {f"{kind.label}:{key}": name for key, name in found.items()}

    def name(self, kind: Editable, key: Json) -> str:
        self.look_up(kind, {str(key)})
        return self._known.get(f"{kind.label}:{key}", f"a {kind.model._meta.verbose_name} (gone, or not known by then)")

    def choices(self, kind: Editable) -> list[tuple[str, str]]:
        """All that can be pointed to, besides those that come with the correction."""
        known = kind.model._base_manager.all()
        if issubclass(kind.model, Gated):
            known = known.filter(revealed_in__lte=self.episode)
        keys = [str(pk) for pk in known.values_list("pk", flat=True)]
        self.look_up(kind, keys)
        coming = [key for label, _, key in (each.partition(":") for each in self._known) if label == kind.label]
        named = {key: self.name(kind, key) for key in dict.fromkeys([*keys, *coming])}
        if kind.model is Episode:
            return list(named.items())
        return sorted(named.items(), key=lambda pair: pair[1].casefold())


def in_words(kind: Editable, name: str, value: Json, names: Names) -> str:
    of: Any = kind.field(name)
    if value is None or value == "" or value == []:
        return EMPTY
    if of.related_model is Episode:
        return names.name(rows.editable("episodes.episode"), value) if value <= names.episode else "a later episode"
    if of.is_relation:
        target = rows.editable(of.related_model._meta.label_lower)
        if isinstance(value, list):
            return ", ".join(sorted(names.name(target, key) for key in value))
        return names.name(target, value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(dict(of.flatchoices).get(value, value))


def is_text(kind: Editable, name: str) -> bool:
    of: Any = kind.field(name)
    return isinstance(of, models.CharField | models.TextField) and not of.choices


# What differs


def diff(kind: Editable, name: str, before: Json, after: Json, names: Names) -> SafeString:
    of: Any = kind.field(name)
    if of.many_to_many:
        return _diff_of_lists(before or [], after or [], rows.editable(of.related_model._meta.label_lower), names)
    if is_text(kind, name):
        return diff_of_words(str(before or ""), str(after or ""), _mentions(of, [before, after], names))
    old, new = (in_words(kind, name, value, names) for value in (before, after))
    if old == new:
        return format_html("{}", new)
    shown = [("del", old)] * (old != EMPTY) + [("ins", new)] * (new != EMPTY)
    return format_html_join(" → ", "<{0}>{1}</{0}>", ((_Tag(tag), words) for tag, words in shown))


class _Tag(str):
    """One of our own two, so it needs no escaping."""

    __slots__ = ()

    def __html__(self) -> str:
        return str(self)


def _diff_of_lists(before: list[str], after: list[str], kind: Editable, names: Names) -> SafeString:
    names.look_up(kind, {*before, *after})
    told = {key: "del" if key not in after else "ins" if key not in before else "span" for key in {*before, *after}}
    named = sorted((names.name(kind, key), tag) for key, tag in told.items())
    return format_html_join(", ", "<{0}>{1}</{0}>", ((_Tag(tag), name) for name, tag in named))


def _mentions(of: Any, texts: Iterable[Json], names: Names) -> dict[str, str]:
    if not isinstance(of, Prose):
        return {}
    found: dict[str, str] = {}
    for read in rows.mention_readers:
        found |= read([text for text in texts if text], names.episode)
    return found


def diff_of_words(before: str, after: str, mentions: dict[str, str]) -> SafeString:
    """Word by word; two texts that have little in common are shown one after the other."""
    whole = [re.escape(mention) for mention in sorted(mentions, key=len, reverse=True)]
    old, new = (re.findall("|".join([*whole, WORD]), text) for text in (before, after))
    pieces: list[tuple[str, list[str]]] = []
    for tag, tokens in _pieces(old, new):
        if tokens:
            pieces.append((tag, tokens))
    return format_html_join("", "<{0}>{1}</{0}>", ((_Tag(tag), _written(tokens, mentions)) for tag, tokens in pieces))


def _pieces(old: list[str], new: list[str]) -> Iterable[tuple[str, list[str]]]:
    apart = [("del", old), ("ins", new)]
    if not old or not new or len(old) * len(new) > MOST_COMPARED:
        return apart
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    if matcher.ratio() < TOO_UNLIKE:
        return apart
    found: list[tuple[str, list[str]]] = []
    gone: list[str] = []
    come: list[str] = []
    opcodes = matcher.get_opcodes()
    for number, (what, i1, i2, j1, j2) in enumerate(opcodes):
        between = 0 < number < len(opcodes) - 1
        if what == "equal" and not (between and not "".join(old[i1:i2]).strip()):
            found += [("del", gone), ("ins", come), ("span", old[i1:i2])]
            gone, come = [], []
        else:  # a lone gap between two changed words is changed with them
            gone, come = gone + old[i1:i2], come + new[j1:j2]
    return [*found, ("del", gone), ("ins", come)]


def _written(tokens: list[str], mentions: dict[str, str]) -> SafeString:
    return format_html_join(
        "",
        "{}",
        (
            (format_html('<span class="mention" title="{}">{}</span>', token, mentions[token]),)
            if token in mentions
            else (token,)
            for token in tokens
        ),
    )


# The whole of it


@dataclass(frozen=True, slots=True)
class Part:
    """One field of a change."""

    name: str
    label: str
    diff: SafeString
    then: SafeString | str = ""  # as its author saw it, where it has changed meanwhile
    now: SafeString | str = ""
    pictures: tuple[str, ...] = ()  # which there are to be shown: of "before" and "after"
    long: bool = False


@dataclass(frozen=True, slots=True)
class ReadChange:
    change: Change
    noun: str
    about: str
    known_from: str
    parts: tuple[Part, ...]
    there: Json  # what stands there now
    conflict: bool
    gone: bool
    already: bool
    warned: tuple[Warned, ...]
    shared: tuple[tuple[str, int], ...]  # who bears the name as well, and from which episode on
    problems: tuple[str, ...]

    @property
    def can_be_forced(self) -> bool:
        return self.conflict and not self.gone and self.change.action != Action.ADD


@dataclass(frozen=True, slots=True)
class Standing:
    """A change, and the row it is about as it is at this moment."""

    change: Change
    kind: Editable
    row: models.Model | None
    values: Values

    @property
    def there(self) -> Json:
        if self.row is None:
            return None
        return self.values[self.change.path] if self.change.action == Action.SET else self.values

    @property
    def known_in(self) -> int:
        return int(getattr(self.row, "known_in", None) or 0)


def stand(changes: Iterable[Change]) -> list[Standing]:
    found = []
    for change in changes:
        kind = rows.editable(change.model)
        row = rows.row_of(kind, change.row)
        found.append(Standing(change, kind, row, rows.values_of(row) if row is not None else {}))
    return found


def read(standings: Iterable[Standing], names: Names, trial: Trial) -> list[ReadChange]:
    standings = list(standings)
    subjects = {subject for each in standings for subject in each.change.subjects.values_list("subject", flat=True)}
    subjects |= {each.subject for found in trial.shared.values() for each in found if each.told_in <= names.episode}
    known = trial.names | names.of_pages(subjects)
    return [_read(each, names, trial, known) for each in standings]


def _read(each: Standing, names: Names, trial: Trial, known: dict[str, str]) -> ReadChange:
    change, kind = each.change, each.kind
    pending = change.decision == Decision.PENDING and change.correction.is_undecided
    conflict, already = _compare(each) if pending else (False, False)
    values = each.values | ((change.before or {}) if change.action == Action.REMOVE else {})
    values |= (change.wanted or {}) if change.action == Action.ADD else {}
    about = [known[subject.subject] for subject in change.subjects.all() if subject.subject in known]
    since = values.get("revealed_in")
    return ReadChange(
        change=change,
        noun=kind.noun(values) if kind.noun else str(kind.model._meta.verbose_name),
        about=", ".join(sorted(about)),
        known_from=in_words(kind, "revealed_in", since, names) if since is not None else "",
        parts=tuple(_parts(each, names, conflict=conflict, pending=pending)),
        there=each.there,
        conflict=conflict,
        gone=each.row is None and change.action == Action.SET and pending,
        already=already,
        warned=tuple(trial.warned.get(change.pk, ())),
        shared=tuple(
            (known[other.subject], other.told_in)
            for other in trial.shared.get(change.pk, ())
            if other.told_in <= names.episode and other.subject in known
        ),
        problems=tuple(trial.problems.get(change.pk, ())),
    )


def _compare(each: Standing) -> tuple[bool, bool]:
    """Whether it conflicts with what stands there, and whether it is so already; as the door will find it."""
    change, there = each.change, each.there
    match change.action:
        case Action.ADD:
            already = same_row(each.kind, change, each.row)
            return each.row is not None and not already, already
        case Action.SET if each.row is None:
            return True, False
        case Action.SET if change.path in each.kind.many:
            return False, merged(change.before, there, change.wanted) == there
        case Action.SET:
            return there not in (change.before, change.wanted), there == change.wanted
    return each.row is not None and there != change.before, each.row is None


def _parts(each: Standing, names: Names, *, conflict: bool, pending: bool) -> Iterable[Part]:
    change, kind = each.change, each.kind
    proposed_only = pending or change.outcome != Change.Outcome.APPLIED
    before, after = (change.before, change.wanted) if proposed_only else (change.was, change.became)
    if change.action == Action.SET:
        before, after, there = ({change.path: value} for value in (before, after, each.there))
    else:
        before, after = (None, after) if change.action == Action.ADD else (before, None)
        there = each.there
    for name in kind.fields:
        old, new, now = ((values or {}).get(name) for values in (before, after, there))
        if change.action == Action.SET and name != change.path:
            continue
        if change.action != Action.SET and old in (None, "", [], False) and new in (None, "", [], False):
            continue
        label = kind.name_of(name)
        if name in kind.files:
            shown = tuple(which for which, value in (("before", old), ("after", new)) if value)
            yield Part(name, label, SafeString(""), pictures=shown)
            continue
        part_conflicts = conflict and each.row is not None and now != old
        proposed = diff(kind, name, now if part_conflicts and change.action == Action.SET else old, new, names)
        yield Part(
            name, label, proposed,
            then=(diff(kind, name, old, old, names) or EMPTY) if part_conflicts else "",
            now=diff(kind, name, old, now, names) if part_conflicts else "",
            long=is_text(kind, name) and max(len(str(old or "")), len(str(new or ""))) > 60,
        )  # fmt: skip
