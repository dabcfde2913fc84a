"""Lists of the admin that only what they offer narrows down."""

from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.http import HttpRequest


class OfferedFilters(ChangeList):
    """A list that its address narrows down by the filters that it offers, and by no other field.

    Django takes any field and relation: one could ask for what the list does not show, or for a number that no database
    can look for.
    """

    takes_any_field = False

    def get_filters(self, request: HttpRequest) -> Any:
        filters, has_filters, not_offered, *others = super().get_filters(request)
        if not_offered and not self.takes_any_field:
            raise IncorrectLookupParameters
        return filters, has_filters, not_offered, *others
