from django.urls import path

from . import converters, views  # noqa: F401 - registers the converters

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
    path("sitemap.xml", views.sitemap, name="sitemap"),
]
