"""Corrections told to somebody at an episode: what they may know of each change, with names for keys.

What its author wrote is shown back from the episode on that it touches, and so is what a moderator made of it. Whether
something stood in its way is between the moderators and the rows that its author may not know.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from characters.contributing.fields import LABELS
from characters.kinds import SUBJECTS
from characters.lore.knowledge import Knowledge
from characters.values.basics import Link
from characters.values.corrections import ChangedField, Lately, LatelyLine, ShownChange
from corrections import rows
from corrections.models import Change, Correction
from corrections.rows import EPISODES, Editable, Json
from episodes.gate import Prose
from episodes.progress import last_episode

from .cast import Cast
from .naming import Naming, without_id
from .parts import FIELDS, NAMES, Part, parts_by_row, tag_ids
from .rows import visible

SUBJECT_MODELS = {kind.model for kind in SUBJECTS}
Action, Decision = Change.Action, Change.Decision

MOST_LINES = 8

DONE = {Action.ADD: "added", Action.SET: "changed", Action.REMOVE: "removed"}


def shown_changes(knowledge: Knowledge, correction: Correction, changes: Sequence[Change]) -> tuple[ShownChange, ...]:
    """What became of each, in order, for whoever sent them."""
    parts = parts_by_row(knowledge, ((change.model, change.row) for change in changes))
    teller = _Teller(knowledge, parts, changes)
    return tuple(teller.tell(correction, change) for change in changes)


class _Teller:
    def __init__(self, knowledge: Knowledge, parts: dict[tuple[str, str], Part], changes: Sequence[Change]) -> None:
        self.knowledge, self.parts = knowledge, parts
        self.naming = Naming(knowledge)
        for change in changes:
            self.naming.note_texts([change.why])
            for values in (change.before, change.after, change.final):
                for kind, name, value in _fields(change, values):
                    if isinstance(kind.field(name), Prose):
                        self.naming.note_texts([value or ""])
                    elif kind.field(name).related_model in SUBJECT_MODELS:
                        self.naming.note(_ids(value))
        self.naming.look_up()
        self.tags = {key: name for name, key in tag_ids(knowledge).items()} if _has_tags(changes) else {}

    def tell(self, correction: Correction, change: Change) -> ShownChange:
        part = self.parts.get((change.model, change.row))
        what = f"{NAMES.get(change.model, 'something').capitalize()} {DONE[Action(change.action)]}"
        until = _hidden_until(self.knowledge, correction, change, part)
        altered = change.altered and change.decision == Decision.ACCEPTED
        common: dict[str, Any] = {
            "decision": change.decision,
            "why": self.naming.read_aloud(change.why),
            "altered": altered,
        }
        if until is not None:
            return ShownChange(what=what, title="", fields=(), hidden_until=until, **common | {"why": ""})
        final = altered and self._is_known(correction, change, change.final)
        return ShownChange(
            what=what, title=part.title if part and change.action != Action.REMOVE else "",
            fields=tuple(self._lines(change, with_final=final)), hidden_until=None, **common,
        )  # fmt: skip

    def _is_known(self, correction: Correction, change: Change, values: Json) -> bool:
        if correction.revealed_in is not None:
            return correction.revealed_in <= self.knowledge.progress
        return all(number <= self.knowledge.progress for number in _episodes(change, values))

    def _lines(self, change: Change, *, with_final: bool) -> Iterable[ChangedField]:
        before = {name: value for _, name, value in _fields(change, change.before)}
        after = {name: value for _, name, value in _fields(change, change.after)}
        final = {name: value for _, name, value in _fields(change, change.final)} if with_final else {}
        if change.model not in FIELDS:
            return
        kind = rows.editable(change.model)
        for name in FIELDS[change.model]:
            if name not in before and name not in after:
                continue
            told = [self._word(kind, name, values.get(name)) for values in (before, after, final)]
            if any(told):
                final_word = told[2] if final and told[2] != told[1] else ""
                yield ChangedField(_label(kind, name), told[0], told[1], final_word)

    def typed(self, change: Change, name: str, value: Json) -> Any:
        """As the form shows it to who writes on."""
        kind = rows.editable(change.model)
        field = kind.field(name)
        if field.many_to_many:
            return "\n".join(sorted(self.naming.name_of(each) for each in _ids(value)))
        if field.related_model in SUBJECT_MODELS:
            return self.naming.name_of(UUID(value)) if value else ""
        if name == "tag":
            return self.tags.get(value, "")
        return self.naming.spoken(value) if isinstance(field, Prose) and value else value

    def _word(self, kind: Editable, name: str, value: Json) -> str:
        field = kind.field(name)
        if value is None or value == "":
            return ""
        if isinstance(field, Prose):
            return self.naming.read_aloud(value)
        if field.related_model in SUBJECT_MODELS:
            return ", ".join(sorted(without_id(self.naming.name_of(each)) for each in _ids(value)))
        if name in EPISODES:
            return (
                "" if value > self.knowledge.progress else f"episode {value}" if value else "before the first episode"
            )
        if name == "tag":
            return self.tags.get(value, "a tag")
        if name in kind.files:
            return "the picture that was sent"
        if isinstance(value, bool):
            return "yes" if value else "no"
        return str(dict(field.flatchoices).get(value, value))


def later_episodes(knowledge: Knowledge, sent: Mapping[Correction, Sequence[Change]]) -> dict[UUID, int]:
    """Of these those that their author has gone back before, in part at least, and the episode that it takes."""
    parts = parts_by_row(knowledge, ((each.model, each.row) for changes in sent.values() for each in changes))
    later: dict[UUID, int] = {}
    for correction, changes in sent.items():
        told = [_hidden_until(knowledge, correction, each, parts.get((each.model, each.row))) for each in changes]
        found = [number for number in told if number is not None]
        if correction.evidence_episode is not None and correction.evidence_episode > knowledge.progress:
            found.append(correction.evidence_episode)
        if found:
            later[correction.pk] = max(found)
    return later


def _hidden_until(knowledge: Knowledge, correction: Correction, change: Change, part: Part | None) -> int | None:
    """The episode from which its author may read it again, if they have gone back before that."""
    told = [*_episodes(change, change.before), *_episodes(change, change.after)]
    if later := [number for number in told if number > knowledge.progress]:
        return max(later)
    if _is_within(correction, knowledge.progress) or change.action != Action.SET or part is not None:
        return None
    if correction.revealed_in is not None:
        return correction.revealed_in
    last = last_episode()
    return last if knowledge.progress < last else None


def _fields(change: Change, values: Json) -> Iterable[tuple[Editable, str, Json]]:
    """What of the values of a change can be shown to others than editors."""
    if change.model not in FIELDS or values is None:
        return
    kind = rows.editable(change.model)
    for name, value in ({change.path: values} if change.action == Action.SET else values).items():
        if name in FIELDS[change.model] or name in ("character", "faction", "content_object"):
            yield kind, name, value


def _ids(value: Json) -> list[UUID]:
    return [UUID(key) for key in (value if isinstance(value, list) else [value]) if key]


def _episodes(change: Change, values: Json) -> list[int]:
    """The episodes that it names. An end that stands in a row to be removed was perhaps not known to who asked."""
    told = ("revealed_in",) if change.action == Action.REMOVE else EPISODES
    return [value for _, name, value in _fields(change, values) if name in told and isinstance(value, int)]


def _is_within(correction: Correction, progress: int) -> bool:
    return correction.revealed_in is not None and correction.revealed_in <= progress


def _has_tags(changes: Iterable[Change]) -> bool:
    return any(change.model.endswith("tag") for change in changes)


def _label(kind: Editable, name: str) -> str:
    return LABELS.get(name, kind.name_of(name).capitalize())


def said(knowledge: Knowledge, texts: Iterable[str]) -> list[str]:
    texts = list(texts)
    naming = Naming(knowledge)
    naming.note_texts(texts)
    naming.look_up()
    return [naming.read_aloud(text) for text in texts]


# The pages that changes are about


def pages_of(knowledge: Knowledge, subjects: Iterable[str]) -> dict[str, Link]:
    """Of these, as corrections refer to them, those that are known."""
    keys = rows.by_label(subjects)
    cast = Cast(knowledge)
    known = {
        kind.label: set(visible(knowledge.progress, kind).filter(id__in=keys[kind.label]).values_list("id", flat=True))
        for kind in SUBJECTS
    }
    cast.note(subject for subjects in known.values() for subject in subjects)
    cast.look_up()
    found = {f"{label}:{key}": cast.root_face(key) for label, subjects in known.items() for key in subjects}
    pages = {subject: Link(face.name, face.url) for subject, face in found.items()}
    for row in knowledge.episodes:
        if row.known:
            name = f"Episode {row.number}" if row.number else "Before the first episode"
            pages[f"episodes.episode:{row.number}"] = Link(name, row.url)
    return pages


def told_lately(knowledge: Knowledge, published: Mapping[Correction, Sequence[Change]]) -> tuple[Lately, ...]:
    """What was published, without a word of what it says or said: a spoiler that was removed would live on here."""
    subjects = {each.subject for changes in published.values() for change in changes for each in change.subjects.all()}
    pages = pages_of(knowledge, subjects)
    return tuple(_lately(correction, changes, pages) for correction, changes in published.items())


def _lately(correction: Correction, changes: Sequence[Change], pages: Mapping[str, Link]) -> Lately:
    counts: dict[tuple[tuple[Link, ...], str, str], int] = defaultdict(int)
    for change in changes:
        about = {pages[each.subject] for each in change.subjects.all() if each.subject in pages}
        in_order = tuple(sorted(about, key=lambda link: (link.name.casefold(), link.url)))
        counts[in_order, _thing(change), DONE[Action(change.action)]] += 1
    lines = [
        LatelyLine(f"{thing.capitalize() if count == 1 else f'{count} {thing}s'} {done}", about)
        for (about, thing, done), count in counts.items()
    ]
    return Lately(
        day=max(change.applied_at for change in changes if change.applied_at).date(),
        credit=correction.thanks_to,
        lines=tuple(lines[:MOST_LINES]), more=len(lines[MOST_LINES:]),
    )  # fmt: skip


def _thing(change: Change) -> str:
    kind = rows.editable(change.model)
    is_page = kind.page is not None and change.action != Action.SET
    return str(kind.model._meta.verbose_name) if is_page or change.model not in NAMES else NAMES[change.model]
