"""The addresses where corrections are written."""

from django.urls import URLPattern, path

from characters import converters  # noqa: F401 - registers the converters
from characters.kinds import EPISODE, KINDS, Kind

from . import missing, notes, views


def form_address(kind: Kind) -> URLPattern:
    """Return the address of the form for the pages of one kind."""
    plural, key = kind.own_page.plural, "place" if kind is EPISODE else "public_id"
    route = f"corrections/new/{plural}/<{key}:key>/"
    return path(route, views.correct, {"kind": plural}, name=kind.own_page.correct_url)


urlpatterns = [
    *(form_address(kind) for kind in KINDS if kind.page),
    path("corrections/new/characters/", missing.propose_character, name="propose-character"),
    path("corrections/too-much/", notes.told_too_much, name="told-too-much"),
    path("corrections/<uuid:pk>/again/", views.write_again, name="correction-again"),
    path("corrections/receipt/<str:receipt>/again/", views.write_again, name="receipt-again"),
]
