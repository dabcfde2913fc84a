"""How other credits of the show are written, one on a line."""

from django.core.exceptions import ValidationError


def check_credits(lines: list[str]) -> None:
    """Raise ValidationError unless each line says what somebody did and who that is."""
    for line in lines:
        what, _, who = line.partition(": ")
        if not what.strip() or not who.strip():
            raise ValidationError(f"“{line}” is no credit: write what it is and who, such as “Author: Ann Ash”.")
