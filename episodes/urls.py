from django.urls import path

from . import numbers, views  # noqa: F401 - registers the converter
from .accounts import own_data, pages

urlpatterns = [
    path("episodes/", views.episode_list, name="episodes"),
    path("episodes/<place:number>/", views.episode, name="episode"),
    path("theme/", views.set_theme, name="theme"),
    path("progress/", views.set_progress, name="progress"),
    path("accounts/", pages.profile, name="profile"),
    path("accounts/data/", own_data.download, name="own-data"),
    path("accounts/delete/", pages.delete_account, name="delete-account"),
]
