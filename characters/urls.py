from django.urls import path, register_converter
from django.urls.converters import StringConverter

from . import suggesting_views, views


class PublicId(StringConverter):
    regex = "[0-9a-z]{8,32}"


class UnicodeSlug(StringConverter):
    regex = r"[-\w]+"


register_converter(PublicId, "public_id")
register_converter(UnicodeSlug, "unicode_slug")

urlpatterns = [
    path("", views.home, name="home"),
    path("characters/", views.character_list, name="characters"),
    path("characters/<public_id:public_id>/", views.character_without_name, name="character-bare"),
    path("characters/<public_id:public_id>/<str:slug>/", views.character, name="character"),
    path("characters/<public_id:public_id>/<str:slug>/then/", views.then, name="then"),
    path("c/<public_id:public_id>/", views.character_without_name, name="character-short"),
    path("factions/", views.faction_list, name="factions"),
    path("factions/<public_id:public_id>/", views.faction_without_name, name="faction-short"),
    path("factions/<public_id:public_id>/<str:slug>/", views.faction, name="faction"),
    path("tags/", views.tag_list, name="tags"),
    path("tags/<unicode_slug:slug>/", views.tag, name="tag"),
    path("graph/", views.graph, name="graph"),
    path("recap/", views.recap, name="recap"),
    path("search/", views.search, name="search"),
    path("search/suggest/", views.suggest, name="suggest"),
    path(
        "corrections/new/characters/<public_id:key>/",
        suggesting_views.correct,
        {"kind": "characters"},
        name="correct-characters",
    ),
    path(
        "corrections/new/factions/<public_id:key>/",
        suggesting_views.correct,
        {"kind": "factions"},
        name="correct-factions",
    ),
    path(
        "corrections/new/episodes/<int:key>/",
        suggesting_views.correct,
        {"kind": "episodes"},
        name="correct-episodes",
    ),
    path("corrections/<uuid:pk>/again/", suggesting_views.write_again, name="correction-again"),
    path("corrections/receipt/<str:receipt>/again/", suggesting_views.write_again, name="receipt-again"),
    path("sitemap.xml", views.sitemap, name="sitemap"),
    path("robots.txt", views.robots, name="robots"),
    path("healthz", views.healthz, name="healthz"),
]
