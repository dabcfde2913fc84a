from django.urls import URLPattern, path

from . import converters, views  # noqa: F401 - registers the converters
from .kinds import SUBJECTS, Kind


def pages_of(kind: Kind) -> list[URLPattern]:
    """Return the addresses of one kind of subject: its list, its pages, and an address that holds no name."""
    plural, options = kind.plural, {"kind": kind.plural}
    short = SHORT.get(plural, plural)
    pages = [
        path(f"{plural}/", views.subject_list, options, name=plural),
        path(f"{short}/<public_id:public_id>/", views.subject_without_name, options, name=f"{kind.name}-short"),
        path(f"{plural}/<public_id:public_id>/<str:slug>/", views.subject, options, name=kind.name),
    ]
    if short != plural:
        bare = path(f"{plural}/<public_id:public_id>/", views.subject_without_name, options, name=f"{kind.name}-bare")
        pages.append(bare)
    return pages


SHORT = {"characters": "c"}  # what is shared most has the shortest address

urlpatterns = [
    path("search/suggest/", views.suggest, name="suggest"),  # first: it is asked for with each letter that is typed
    path("", views.home, name="home"),
    *(page for kind in SUBJECTS for page in pages_of(kind)),
    path("characters/<public_id:public_id>/<str:slug>/then/", views.then, name="then"),
    path("tags/", views.tag_list, name="tags"),
    path("t/<public_id:public_id>/", views.tag_without_name, name="tag-short"),
    path("tags/<unicode_slug:slug>/", views.tag, name="tag"),
    path("voices/", views.voice_list, name="voices"),
    path("voices/<public_id:public_id>/", views.voice_without_name, name="voice-short"),
    path("voices/<public_id:public_id>/<str:slug>/", views.voice, name="voice"),
    path("staff/", views.staff, name="staff"),
    path("graph/", views.graph, name="graph"),
    path("linked/", views.linked, name="linked"),
    path("recap/", views.recap, name="recap"),
    path("search/", views.search, name="search"),
    path("went-back/", views.went_back, name="went-back"),
    path("about/", views.about, name="about"),
    path("privacy/", views.privacy, name="privacy"),
    path("sitemap.xml", views.sitemap, name="sitemap"),
]
