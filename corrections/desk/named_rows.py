"""Fields for rows that are chosen by name where there are too many to list in each field.

A page has one list of their names, which narrows while one types.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from episodes.folding import fold
from episodes.names import isolates_taken_out

MOST_LISTED = 40  # rows in a list of each field
MOST_SUGGESTED = 1_000  # names in the list of a page


class NamedRowField(forms.CharField):
    """One row, by its name or its key; with `many`, several, one in a line. It returns keys."""

    def __init__(self, *, choices: Sequence[tuple[str, str]], suggestions: str, many: bool, **options: Any) -> None:
        attributes = {"rows": 4} if many else {"list": suggestions, "autocomplete": "off"}
        widget: forms.Widget = forms.Textarea(attributes) if many else forms.TextInput(attributes)
        super().__init__(widget=widget, **options)
        self.many, self.suggestions = many, suggestions
        self.names = _told_apart(choices)
        self._keys = {fold(name): key for key, name in self.names.items()}
        self._keys |= {name: key for key, name in self.names.items()}

    def prepare_value(self, value: Any) -> Any:
        keys: list[str] = value if isinstance(value, list) else [value]
        return "\n".join(self.names.get(key, key) for key in keys if key)

    def clean(self, value: Any) -> Any:
        lines = str(super().clean(value)).splitlines()
        keys = [self._key(line.strip()) for line in lines if line.strip()]
        return keys if self.many else (keys[0] if keys else "")

    def _key(self, typed: str) -> str:
        name = isolates_taken_out(typed)
        key = typed if typed in self.names else self._keys.get(name, self._keys.get(fold(name)))
        if key is None:
            raise ValidationError(f"Nothing is called “{typed}” here. Take a name from the list.")
        return key

    def has_changed(self, initial: Any, data: Any) -> bool:
        said = self.prepare_value(initial).splitlines()
        return [line.strip() for line in str(data or "").splitlines() if line.strip()] != said


def _told_apart(choices: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the names of rows by their keys, with numbers where several have the same."""
    names: dict[str, str] = {}
    seen: dict[str, int] = {}
    for key, choice in choices:
        name = isolates_taken_out(choice)
        seen[name] = seen.get(name, 0) + 1
        names[key] = name if seen[name] == 1 else f"{name} ({seen[name]})"
    return names


def suggestions_of(of_forms: Iterable[forms.Form]) -> dict[str, list[str]]:
    """Return the names that the fields of some forms offer, by the id of the list in the page."""
    fields = [field for form in of_forms for field in form.fields.values() if isinstance(field, NamedRowField)]
    return {field.suggestions: list(field.names.values())[:MOST_SUGGESTED] for field in fields if not field.many}
