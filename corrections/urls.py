from django.urls import path

from . import views

urlpatterns = [
    path("corrections/<uuid:pk>/", views.correction, name="correction"),
]
