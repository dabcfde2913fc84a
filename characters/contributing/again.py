"""Open a correction that was sent as a form again."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from characters.lore.corrections import Action, Decision, _episodes, _fields, _hidden_until, _Teller, later_episodes
from characters.lore.knowledge import Knowledge
from characters.lore.parts import CorrectablePage, page_of
from characters.models import Character, Faction
from corrections.letter import Letter
from corrections.models import Change, Correction
from corrections.rows import Json
from corrections.sending import Proposed

from .draft import MOST_NEW, Written
from .forms import is_owned

# To be written again


def page_to_write_again(
    knowledge: Knowledge, correction: Correction
) -> tuple[CorrectablePage, Written, list[Proposed]] | None:
    """The form that shows most of it, what was written there, and what remains as it was.

    So does all that is about a later episode: no field could hold it, and its author has gone back.
    """
    proposed = correction.changes.proposed().order_by("position").prefetch_related("subjects")
    done = {Decision.ACCEPTED, Decision.REJECTED} if correction.is_undecided else {Decision.ACCEPTED}
    changes = [change for change in proposed if change.decision not in done]
    page = _best_page(knowledge, changes)
    if page is None:
        return None
    by_row = {(part.model, part.row): part for part in page.parts}
    teller = _Teller(knowledge, {}, changes)
    parts: dict[str, dict[str, Any]] = defaultdict(dict)
    new: list[tuple[str, dict[str, Any]]] = []
    rest: list[Proposed] = []
    later = 0
    for change in changes:
        part, short = by_row.get((change.model, change.row)), change.model.rpartition(".")[2]
        if _hidden_until(knowledge, correction, change, part) is not None:
            later += 1
            rest.append(_as_it_was(change))
        elif change.action == Action.REMOVE and part is not None:
            parts[part.ref]["remove"] = True
        elif change.action == Action.SET and part is not None and change.path in part.shown:
            parts[part.ref][change.path] = teller.typed(change, change.path, change.after)
        elif change.action == Action.ADD and len(new) < MOST_NEW and _can_be_added(page, change):
            typed = {name: teller.typed(change, name, value) for _, name, value in _fields(change, change.after)}
            new.append((short, typed | {"whose": _owner(change)}))
        else:
            rest.append(_as_it_was(change))
    if later_episodes(knowledge, {correction: changes}):
        return page, Written(parts, new, later=later, keeps_letter=True), rest
    return page, Written(parts, new, Letter.of(correction).as_values()), rest


def _can_be_added(page: CorrectablePage, change: Change) -> bool:
    """In the form of this page, by whom it is meant: two may have become one since, or be two again."""
    is_offered = change.model.rpartition(".")[2] in dict(page.additions)
    return is_offered and (not is_owned(change.model) or _owner(change) in dict(page.bearers))


def _owner(change: Change) -> Json:
    values = change.after or {}
    return values.get("character") or values.get("faction") or values.get("content_object")


def _as_it_was(change: Change) -> Proposed:
    return Proposed(change.action, change.model, change.row, change.path, change.before, change.after)


def _best_page(knowledge: Knowledge, changes: Sequence[Change]) -> CorrectablePage | None:
    """That on which most of the changes can be made."""
    counts: dict[str, int] = defaultdict(int)
    for change in changes:
        for each in change.subjects.all():
            counts[each.subject] += 1
        if change.model == "characters.revelation" and (change.after or change.before):
            for number in _episodes(change, change.after if change.action == Action.ADD else change.before):
                counts[f"episodes.episode:{number}"] += 1
    for subject in sorted(counts, key=lambda each: (-counts[each], each)):
        label, _, key = subject.partition(":")
        if label == "episodes.episode":
            page = page_of(knowledge, "episodes", key)
        else:
            model: Any = Character if label == "characters.character" else Faction
            found = model.objects.as_of(knowledge.progress).filter(id=key).values_list("public_id", flat=True).first()
            kind = "characters" if model is Character else "factions"
            page = page_of(knowledge, kind, found) if found else None
        if page is not None:
            return page
    return None
