from django.urls import path

from characters import converters  # noqa: F401 - registers the converters

from . import views

urlpatterns = [
    path(
        "corrections/new/characters/<public_id:key>/", views.correct, {"kind": "characters"}, name="correct-characters"
    ),
    path("corrections/new/factions/<public_id:key>/", views.correct, {"kind": "factions"}, name="correct-factions"),
    path("corrections/new/episodes/<int:key>/", views.correct, {"kind": "episodes"}, name="correct-episodes"),
    path("corrections/<uuid:pk>/again/", views.write_again, name="correction-again"),
    path("corrections/receipt/<str:receipt>/again/", views.write_again, name="receipt-again"),
]
