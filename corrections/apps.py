from django.apps import AppConfig
from django.db.models.signals import pre_delete


class CorrectionsConfig(AppConfig):
    name = "corrections"

    def ready(self) -> None:
        from .senders import name_no_more

        pre_delete.connect(name_no_more, sender="episodes.Viewer")
