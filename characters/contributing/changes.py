"""Turn what a form says into proposed changes."""

from typing import Any

from django.db.models import Max
from django.utils.crypto import get_random_string

from characters.lore.knowledge import Knowledge
from characters.lore.parts import Part
from characters.models import Revelation
from corrections import rows
from corrections.rows import Values
from corrections.sending import Proposed, adding, removing

# Changes


def changing(part: Part, after: Values) -> list[Proposed]:
    return [
        Proposed("set", part.model, part.row, name, part.stored[name], value)
        for name, value in after.items()
        if part.stored[name] != value
    ]


def asking_to_remove(knowledge: Knowledge, part: Part) -> Proposed | None:
    """What is noted as its present state is all of the row: it is for the moderator, and compared when it goes."""
    model: Any = rows.editable(part.model).model
    row = model.objects.as_of(knowledge.progress).filter(pk=part.row).first()
    return None if row is None else removing(row)


def proposing(knowledge: Knowledge, model: str, values: Values) -> Proposed:
    """A new row; what only editors fill in gets a value that they can alter."""
    kind = rows.editable(model)
    whole = rows.blank_values(kind)
    if kind.model is Revelation:
        told = Revelation.objects.as_of(knowledge.progress).filter(revealed_in=values["revealed_in"])
        whole["key"] = f"suggested-{get_random_string(8, 'abcdefghjkmnpqrstvwxyz23456789')}"
        whole["position"] = (told.aggregate(last=Max("position"))["last"] or 0) + 1
    return adding(model, whole | values)
