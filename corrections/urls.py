from django.urls import path

from . import feeds, views, watching

urlpatterns = [
    path("changes/", views.changes, name="changes"),
    path("changes/feed/", feeds.changes_feed, name="changes-feed"),
    path("changes/feed/at/<str:token>/", feeds.changes_feed, name="changes-feed-at"),
    path("changes/<slug:kind>/<slug:key>/", views.history, name="history"),
    path("changes/<slug:kind>/<slug:key>/feed/", feeds.history_feed, name="history-feed"),
    path("changes/<slug:kind>/<slug:key>/feed/at/<str:token>/", feeds.history_feed, name="history-feed-at"),
    path("watching/", watching.watching, name="watching"),
    path("watching/stop/<str:token>/", watching.stop, name="watching-stop"),
    path("corrections/", views.corrections, name="corrections"),
    path("corrections/<uuid:pk>/", views.correction, name="correction"),
    path("corrections/<uuid:pk>/withdraw/", views.withdraw, name="correction-withdraw"),
    path("corrections/<uuid:pk>/answer/", views.answer, name="correction-answer"),
    path("corrections/receipt/<str:receipt>/", views.receipt, name="receipt"),
    path("corrections/receipt/<str:receipt>/withdraw/", views.withdraw, name="receipt-withdraw"),
    path("corrections/receipt/<str:receipt>/answer/", views.answer, name="receipt-answer"),
]
