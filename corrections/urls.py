from django.urls import path

from . import views

urlpatterns = [
    path("changes/", views.changes, name="changes"),
    path("changes/<slug:kind>/<slug:key>/", views.history, name="history"),
    path("corrections/", views.corrections, name="corrections"),
    path("corrections/<uuid:pk>/", views.correction, name="correction"),
    path("corrections/<uuid:pk>/withdraw/", views.withdraw, name="correction-withdraw"),
    path("corrections/<uuid:pk>/answer/", views.answer, name="correction-answer"),
    path("corrections/receipt/<str:receipt>/", views.receipt, name="receipt"),
    path("corrections/receipt/<str:receipt>/withdraw/", views.withdraw, name="receipt-withdraw"),
    path("corrections/receipt/<str:receipt>/answer/", views.answer, name="receipt-answer"),
]
