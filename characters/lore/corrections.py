"""Corrections shown to their authors and to visitors: what somebody at an episode may know of each change.

An author reads what they wrote, and what a moderator made of it, from the episode on that it is about. Conflicts with
other rows are shown to moderators alone: the author may not know those rows.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from characters import vocabulary
from characters.kinds import EPISODE, SUBJECT_MODELS, SUBJECTS, TAG, Kind, label_of, prose_of
from characters.lore.knowledge import Knowledge
from characters.values.basics import Link
from characters.values.corrections import NO_DIFFERENCE, ChangedField, Lately, LatelyLine, ShownChange
from corrections import rows
from corrections.desk.diffs import diff_of_words
from corrections.models import Change, Correction
from corrections.recent import About, Publication
from corrections.rows import EPISODES, FIRST_PLACES, PLACES, WHEN, Json
from corrections.wording import is_text
from episodes.axes import is_on_second_axis
from episodes.gate import Prose
from episodes.known import is_reached
from episodes.names import Name, listed
from episodes.order import sort_key
from episodes.progress import last_episode
from episodes.units import before_the_first, current, named

from .cast import Cast
from .correctable import PUBLIC_KINDS, CorrectableRow, ids_in, rows_by_key, tag_ids, with_second_places
from .naming import Naming, without_id
from .rows import visible

Action, Decision = Change.Action, Change.Decision

MOST_LINES = 8
MOST_NAMED = 4  # pages in a line; a page has 240 lines, and something may be about everybody
ISOLATES = str.maketrans("", "", "\u2068\u2069")
# What authors can send; editors send what visitors cannot correct as well, such as tags.
SENT_KINDS: Mapping[str, Kind] = {**PUBLIC_KINDS, TAG.label: TAG}
DONE = {Action.ADD: "added", Action.SET: "changed", Action.REMOVE: "removed"}


def shown_changes(knowledge: Knowledge, correction: Correction, changes: Sequence[Change]) -> tuple[ShownChange, ...]:
    """Return what became of each change, in order, for the author of a correction."""
    known_rows = rows_by_key(knowledge, ((change.model, change.row) for change in changes))
    wording = ChangeWording(knowledge, changes, known_rows.values())
    return tuple(
        _shown_change(wording, correction, change, known_rows.get((change.model, change.row))) for change in changes
    )


def _shown_change(
    wording: "ChangeWording", correction: Correction, change: Change, row: CorrectableRow | None
) -> ShownChange:
    kind, progress = SENT_KINDS.get(change.model), wording.knowledge.progress
    until = hidden_until(wording.knowledge, correction, change, row)
    is_altered = change.altered and change.decision == Decision.ACCEPTED
    with_final = is_altered and _is_final_value_known(correction, change, progress)
    return ShownChange(
        what=f"{(kind.noun if kind else 'something').capitalize()} {DONE[Action(change.action)]}",
        title=row.title if until is None and row and change.action != Action.REMOVE else "",
        fields=() if until is not None else tuple(wording.changed_fields(change, row, with_final=with_final)),
        decision=change.decision,
        why="" if until is not None else wording.naming.words(change.why),
        altered=is_altered,
        hidden_until=until,
    )


def _is_final_value_known(correction: Correction, change: Change, progress: int) -> bool:
    if correction.revealed_in is not None:
        return correction.is_known(progress)
    return all(is_reached(number, progress) for number in episodes_in(change, change.final))


class ChangeWording:
    """Puts the values of some changes into words that somebody at an episode knows."""

    def __init__(
        self, knowledge: Knowledge, changes: Sequence[Change], known_rows: Iterable[CorrectableRow] = ()
    ) -> None:
        self.knowledge = knowledge
        self.naming = Naming(knowledge)
        for change in changes:
            self._note(change)
        for row in known_rows:
            for name, value in row.stored.items():
                self._note_value(row.kind, name, value)
        self.naming.look_up()
        has_tags = any("tag" in kind.public for change in changes if (kind := PUBLIC_KINDS.get(change.model)))
        self.tags = {key: name for name, key in tag_ids(knowledge).items()} if has_tags else {}

    def _note(self, change: Change) -> None:
        self.naming.note_texts([change.why])
        for values in (change.before, change.after, change.final):
            for kind, name, value in public_values(change, values):
                self._note_value(kind, name, value)

    def _note_value(self, kind: Kind, name: str, value: Json) -> None:
        if name in prose_of(kind):
            self.naming.note_texts([value or ""])
        elif kind.related_model(name) in SUBJECT_MODELS:
            self.naming.note(ids_in(value))

    def changed_fields(self, change: Change, row: CorrectableRow | None, *, with_final: bool) -> Iterable[ChangedField]:
        """Yield the fields that a change is about, in the order of the form. Of a set field the rest of the row stands
        around it as it is now, because the field alone does not tell what the change is about.
        """
        before = {name: value for _, name, value in public_values(change, change.before)}
        after = {name: value for _, name, value in public_values(change, change.after)}
        final = {name: value for _, name, value in public_values(change, change.final)} if with_final else {}
        kind = SENT_KINDS.get(change.model)
        if kind is None:
            return
        for name in _shown_fields(kind):
            if name not in before and name not in after:
                stored = row.stored.get(name) if row is not None and change.action == Action.SET else None
                if same := self._in_words(kind, name, stored):
                    yield ChangedField(self._label(kind, name, {}, row), "", same, "", changes=False)
                continue
            words = [self._in_words(kind, name, values.get(name)) for values in (before, after, final)]
            if any(words):
                final_words = words[2] if final and words[2] != words[1] else ""
                are_texts = " " in words[0] and " " in words[1] and is_text(rows.editable(kind.label), name)
                plain = [text.translate(ISOLATES) for text in words]  # the marks around names would be shown as such
                difference = diff_of_words(plain[0], plain[1], {}) if are_texts else NO_DIFFERENCE
                label = self._label(kind, name, before | after | final, row)
                yield ChangedField(label, words[0], words[1], final_words, difference)

    def _label(self, kind: Kind, name: str, values: Mapping[str, Json], row: CorrectableRow | None) -> str:
        """Return what a field is called: a place on the second axis is “or” that where there is one on the first."""
        first = FIRST_PLACES.get(name)
        if first is None:
            return label_of(kind, name)
        place = values[first] if first in values else row.stored.get(first) if row is not None else None
        return label_of(kind, name if self._in_words(kind, first, place) else first)

    def form_value(self, change: Change, name: str, value: Json) -> Any:
        """Return a value of a change as a form shows it."""
        field = rows.editable(change.model).field(name)
        if field.many_to_many:
            return "\n".join(sorted(map(self.naming.written, ids_in(value)), key=sort_key))
        if field.related_model in SUBJECT_MODELS:
            return self.naming.written(value) if value else ""
        if name == "tag":
            return self.tags.get(value, "")
        if name in EPISODES and isinstance(value, int) and is_on_second_axis(value):
            return None
        return self.naming.with_names(value) if isinstance(field, Prose) and value else value

    def _in_words(self, kind: Kind, name: str, value: Json) -> str:
        if value is None or value == "":
            return ""
        editable = rows.editable(kind.label)
        field = editable.field(name)
        if isinstance(field, Prose):
            return self.naming.words(value)
        if field.related_model in SUBJECT_MODELS:
            return listed(sorted((Name(without_id(self.naming.name(each))) for each in ids_in(value)), key=sort_key))
        if name in WHEN:
            is_told_by_both = name in EPISODES and is_on_second_axis(value)  # then the other place says it
            return "" if is_told_by_both else self._episode_in_words(value)
        if name == "tag":
            return self.tags.get(value, "a tag")
        if name in editable.files:
            return "the picture that was sent"
        if isinstance(value, bool):
            return "yes" if value else "no"
        return str(dict(field.flatchoices).get(value, value))

    def _episode_in_words(self, number: int) -> str:
        if not is_reached(number, self.knowledge.progress):
            return ""
        return named(number) if number else before_the_first()


def texts_in_words(knowledge: Knowledge, texts: Iterable[str]) -> list[str]:
    """Return texts with names for their mentions."""
    texts = list(texts)
    naming = Naming(knowledge)
    naming.note_texts(texts)
    naming.look_up()
    return [naming.words(text) for text in texts]


# What an author who has gone back to an earlier episode may not read for now


def later_episodes(knowledge: Knowledge, sent: Mapping[Correction, Sequence[Change]]) -> dict[UUID, int]:
    """Return those corrections that are about an episode their author has gone back before, with that episode."""
    known_rows = rows_by_key(knowledge, ((each.model, each.row) for changes in sent.values() for each in changes))
    later: dict[UUID, int] = {}
    for correction, changes in sent.items():
        numbers = [
            hidden_until(knowledge, correction, each, known_rows.get((each.model, each.row))) for each in changes
        ]
        if not is_reached(correction.evidence_episode or 0, knowledge.progress):
            numbers.append(correction.evidence_episode)
        if correction.is_note:
            places = (correction.sent_in or 0, correction.also_in or 0)
            numbers += [place for place in places if not is_reached(place, knowledge.progress)]
        latest = max((number for number in numbers if number is not None), default=None)
        if latest is not None:
            later[correction.pk] = latest
    return later


def hidden_until(
    knowledge: Knowledge, correction: Correction, change: Change, row: CorrectableRow | None
) -> int | None:
    """Return the episode from which on the author may read a change again, if they have gone back before that."""
    if later := [
        place
        for values in (change.before, change.after)
        for place in _places_to_come(change, values, knowledge.progress)
    ]:
        return max(later)
    is_told_by_both = correction.also_in is not None and correction.is_known(knowledge.progress)
    is_of_then = correction.sent_in is not None and (
        is_told_by_both or is_reached(correction.sent_in, knowledge.progress)
    )
    if is_of_then or row is not None or (change.action != Action.SET and change.model in PUBLIC_KINDS):
        return None
    if correction.sent_in is not None:
        return correction.sent_in
    last = last_episode()
    return None if is_reached(last, knowledge.progress) else last


def public_values(change: Change, values: Json) -> Iterable[tuple[Kind, str, Json]]:
    """Yield those values of a change that can be shown to others than editors, with the kind and the field."""
    kind = SENT_KINDS.get(change.model)
    if kind is None or values is None:
        return
    for name, value in ({change.path: values} if change.action == Action.SET else values).items():
        if name in _shown_fields(kind) or name in kind.owners:
            yield kind, name, value


def _shown_fields(kind: Kind) -> tuple[str, ...]:
    return ("name",) if kind is TAG else with_second_places(kind)


def _places_to_come(change: Change, values: Json, progress: int) -> list[int]:
    """Return the places in the values of a change that somebody has gone back before, on each axis that tells it."""
    said = {name: value for _, name, value in public_values(change, values) if isinstance(value, int)}
    counted = PLACES[:1] if change.action == Action.REMOVE else PLACES
    places = [[said[name] for name in names if name in said] for names in counted]
    return [of_one[0] for of_one in places if of_one and not any(is_reached(place, progress) for place in of_one)]


def episodes_in(change: Change, values: Json) -> list[int]:
    """Return the episodes in the values of a change.

    The end of a row that is to be removed does not count: the author of the change may not have known it.
    """
    counted = PLACES[0] if change.action == Action.REMOVE else WHEN
    return [value for _, name, value in public_values(change, values) if name in counted and isinstance(value, int)]


# The pages that changes are about


def pages_of(knowledge: Knowledge, references: Iterable[str]) -> dict[str, Link]:
    """Return links to those pages that are known, by the references that corrections have to them."""
    keys = rows.by_label(references)
    cast = Cast(knowledge)
    known = {
        kind.label: set(visible(knowledge.progress, kind).filter(id__in=keys[kind.label]).values_list("id", flat=True))
        for kind in SUBJECTS
    }
    cast.note(subject for subjects in known.values() for subject in subjects)
    cast.look_up()
    faces = {f"{label}:{key}": cast.root_face(key) for label, subjects in known.items() for key in subjects}
    pages = {reference: Link(face.name, face.url) for reference, face in faces.items()}
    for row in knowledge.by_place.values():
        if row.known:
            name = Name(row.heading)
            pages[f"episodes.episode:{row.number}"] = Link(name, row.url)
    return pages


def published_lately(
    knowledge: Knowledge, published: Sequence[Publication], about: About | None = None
) -> tuple[Lately, ...]:
    """Return the kinds of changes that were published and their pages; of one page also their rows, as known now.

    What the changes say or said is left out: a spoiler that was removed would still be read here.
    """
    every_change = [change for each in published for change in each.changes]
    pages = pages_of(knowledge, {each.subject for change in every_change for each in change.subjects.all()})
    titles: dict[tuple[str, str], str] = {}
    if about is not None:
        pages = {reference: link for reference, link in pages.items() if reference not in about.subjects}
        there = ((change.model, change.row) for change in every_change if change.action != Action.REMOVE)
        with vocabulary.using(lambda: knowledge.vocabulary):  # whoever asks for a feed may be at another episode
            titles = {key: row.title for key, row in rows_by_key(knowledge, there).items()}
    return tuple(_lately(each, pages, titles) for each in published)


def _lately(publication: Publication, pages: Mapping[str, Link], titles: Mapping[tuple[str, str], str]) -> Lately:
    counts: dict[tuple[tuple[Link, ...], str, str, str], int] = defaultdict(int)
    for change in publication.changes:
        about = {pages[each.subject] for each in change.subjects.all() if each.subject in pages}
        in_order = tuple(sorted(about, key=lambda link: (sort_key(link.name), link.url)))
        title = titles.get((change.model, change.row), "")
        counts[in_order, _noun_of(change), DONE[Action(change.action)], title] += 1
    lines = [
        LatelyLine(
            f"{noun.capitalize() if count == 1 or title else f'{count} {noun}s'} {done}",
            about[:MOST_NAMED],
            title,
            others=len(about[MOST_NAMED:]),
        )
        for (about, noun, done, title), count in counts.items()
    ]
    return Lately(
        at=publication.at,
        credit=Name(publication.correction.thanks_to),
        lines=tuple(lines[:MOST_LINES]),
        more=len(lines[MOST_LINES:]) + publication.more,
    )


def _noun_of(change: Change) -> str:
    """Return what a change adds, changes or removes: a whole page goes by the name of its model."""
    editable, kind = rows.editable(change.model), PUBLIC_KINDS.get(change.model)
    is_page = editable.page is not None and change.action != Action.SET
    if is_page and kind is EPISODE:
        return current().word(int(change.row))
    return str(editable.model._meta.verbose_name) if is_page or kind is None else kind.noun
