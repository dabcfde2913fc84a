from django.urls import path

from . import accounts, views

urlpatterns = [
    path("episodes/", views.episode_list, name="episodes"),
    path("episodes/<int:number>/", views.episode, name="episode"),
    path("theme/", views.set_theme, name="theme"),
    path("progress/", views.set_progress, name="progress"),
    path("accounts/", accounts.profile, name="profile"),
    path("accounts/delete/", accounts.delete_account, name="delete-account"),
]
