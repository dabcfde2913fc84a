from django.urls import URLPattern, path

from . import converters, views  # noqa: F401 - registers the converters


def pages_of(kind: str, short: str) -> list[URLPattern]:
    """Return the addresses of one kind of subject; `short` begins the address that holds no name."""
    one, options = kind.removesuffix("s"), {"kind": kind}
    pages = [
        path(f"{kind}/", views.subject_list, options, name=kind),
        path(f"{short}/<public_id:public_id>/", views.subject_without_name, options, name=f"{one}-short"),
        path(f"{kind}/<public_id:public_id>/<str:slug>/", views.subject, options, name=one),
    ]
    if short != kind:
        bare = path(f"{kind}/<public_id:public_id>/", views.subject_without_name, options, name=f"{one}-bare")
        pages.append(bare)
    return pages


urlpatterns = [
    path("", views.home, name="home"),
    *pages_of("characters", short="c"),
    path("characters/<public_id:public_id>/<str:slug>/then/", views.then, name="then"),
    *pages_of("factions", short="factions"),
    path("tags/", views.tag_list, name="tags"),
    path("tags/<unicode_slug:slug>/", views.tag, name="tag"),
    path("graph/", views.graph, name="graph"),
    path("recap/", views.recap, name="recap"),
    path("search/", views.search, name="search"),
    path("search/suggest/", views.suggest, name="suggest"),
    path("sitemap.xml", views.sitemap, name="sitemap"),
]
