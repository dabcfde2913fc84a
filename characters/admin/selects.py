"""Selects that complete what is typed in them, and look for no row by what cannot be a key.

Django's own look for whatever was posted, to say again what was chosen, and fail on “1” where keys are UUIDs.
"""

from typing import Any

from django.contrib.admin.widgets import AutocompleteMixin, AutocompleteSelect, AutocompleteSelectMultiple

from corrections.editing import is_key


class _KeysAlone(AutocompleteMixin):
    def optgroups(self, name: str, value: Any, attr: Any = None) -> Any:
        model = self.field.remote_field.model
        return super().optgroups(name, [key for key in value if not key or is_key(model, str(key))], attr)


class RowSelect(_KeysAlone, AutocompleteSelect):
    """Chooses one row."""


class RowsSelect(_KeysAlone, AutocompleteSelectMultiple):
    """Chooses several."""
