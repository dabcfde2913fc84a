"""Turn the values of a form into proposed changes."""

from typing import Any

from django.db.models import Max

from characters.kinds import REVELATION, Kind
from characters.lore.correctable import CorrectableRow
from characters.lore.knowledge import Knowledge
from characters.models import Revelation
from corrections import rows
from corrections.rows import Values
from corrections.sending import Proposed, adding, made_up_key, removing


def field_changes(row: CorrectableRow, after: Values) -> list[Proposed]:
    """Return a change for each field that has another value than the row."""
    return [
        Proposed("set", row.kind.label, row.key, name, row.stored[name], value)
        for name, value in after.items()
        if row.stored[name] != value
    ]


def removal(knowledge: Knowledge, row: CorrectableRow) -> Proposed | None:
    """Return the removal of a row that is known.

    Its state before holds all of the row, be it known to the contributor or not: moderators see it, and it is compared
    with the row when the removal is applied.
    """
    model: Any = row.kind.model
    stored = model.objects.as_of(knowledge.progress).filter(pk=row.key).first()
    return None if stored is None else removing(stored)


def addition(knowledge: Knowledge, kind: Kind, values: Values) -> Proposed:
    """Return a new row. The fields that only editors fill in get values, which a moderator can alter."""
    whole = rows.blank_values(rows.editable(kind.label))
    if kind is REVELATION:
        place = rows.with_places(values)["revealed_in"]
        same_episode = Revelation.objects.as_of(knowledge.progress).filter(revealed_in=place)
        whole["key"] = made_up_key()
        whole["position"] = (same_episode.aggregate(last=Max("position"))["last"] or 0) + 1
    return adding(kind.label, rows.with_places(whole | values))
