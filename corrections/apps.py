from django.apps import AppConfig
from django.db.models.signals import pre_delete


class CorrectionsConfig(AppConfig):
    name = "corrections"

    def ready(self) -> None:
        from .senders import remove_credit

        pre_delete.connect(remove_credit, sender="episodes.Viewer")
