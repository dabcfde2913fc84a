"""Check that whoever a text mentions exists and is known by then."""

from collections.abc import Iterator

from django.core.exceptions import ValidationError
from django.db import models

from characters.text.fitting import nearest_key
from characters.text.mentions import BY_NAME, LOOKS_LIKE_A_MENTION, MENTION, mentioned_keys
from episodes.gate import Gated
from episodes.neighbours import neighbours
from episodes.units import named, second_unit

from .subjects import Subject


class MentionsNobody(ValidationError):
    """A problem that goes if somebody has that key, as files may say of whom something else is wrong."""

    def __init__(self, key: str, question: str) -> None:
        super().__init__(f"It mentions “{key}”, but no character, faction or term has this key.{question}")
        self.key = key


def check_mentions(text: str, known_in: int, row: models.Model | None = None) -> None:
    """Require that whoever a text mentions exists and is revealed no later than the row that holds the text."""
    if "[[" not in text:
        return
    problems: list[str | ValidationError] = [
        f"“{attempt}” is not a mention; write [[key]] or [[key|words]].{_nearest_to(attempt, known_in)}"
        for attempt in LOOKS_LIKE_A_MENTION.findall(text)
        if not MENTION.fullmatch(attempt)
    ]
    keys = mentioned_keys(text)
    if keys:
        known = neighbours().first_episodes(Subject.__subclasses__(), keys)
        for _, owner in row.parents() if isinstance(row, Gated) else ():
            # A form may be moving the owner along with this row.
            if isinstance(owner, Subject) and owner.key in known:
                known[owner.key] = owner.revealed_in_id
        for key in sorted(keys):
            if key not in known:
                problems.append(MentionsNobody(key, _nearest_to(f"[[{key}]]", known_in)))
            elif known[key] > known_in:
                problems.append(f"It mentions “{key}”, who is revealed in {named(known[key])} only.")
        problems += _too_early_on_the_second_axis(keys & known.keys(), row)
    if problems:
        raise ValidationError(problems)


def _too_early_on_the_second_axis(keys: set[str], row: models.Model | None) -> Iterator[str]:
    """Yield what is wrong with mentions for who reads the second axis alone."""
    place = getattr(row, "also_known_in", None)
    if not place:  # it is not told there, or known from the start as they have to be then
        return
    known = neighbours().second_places(Subject.__subclasses__(), keys)
    for _, owner in row.parents() if isinstance(row, Gated) else ():
        if isinstance(owner, Subject) and owner.key in known:
            known[owner.key] = owner.also_known_in  # as above
    for key in sorted(keys):
        if (second := known[key]) is None:
            yield f"It mentions “{key}” in {named(place)}, who is revealed in no {second_unit()}."
        elif second > place:
            yield f"It mentions “{key}” in {named(place)}, who is revealed in {named(second)} only."


def _nearest_to(attempt: str, known_in: int) -> str:
    """Return a question for the key that a mention may have meant, if one is near."""
    typed = BY_NAME.fullmatch(attempt)
    key = nearest_key(typed[1], neighbours().keys(Subject.__subclasses__(), known_in)) if typed else ""
    return f" Did you mean “{key}”?" if key else ""
