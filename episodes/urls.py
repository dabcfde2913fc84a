from django.urls import path

from . import views

urlpatterns = [
    path("episodes/", views.episode_list, name="episodes"),
    path("episodes/<int:number>/", views.episode, name="episode"),
    path("progress/", views.set_progress, name="progress"),
]
