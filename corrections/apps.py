from django.apps import AppConfig
from django.db.models.signals import pre_delete


class CorrectionsConfig(AppConfig):
    name = "corrections"

    def ready(self) -> None:
        from episodes.accounts import own_data

        from .own_data import corrections_of, decisions_of, drafts_of, watched_by
        from .senders import forget_drafts, forget_watches, remove_credit

        pre_delete.connect(remove_credit, sender="episodes.Viewer")
        pre_delete.connect(forget_watches, sender="episodes.Viewer")
        pre_delete.connect(forget_drafts, sender="episodes.Viewer")
        own_data.register("corrections", corrections_of)
        own_data.register("decisions", decisions_of)
        own_data.register("watched_pages", watched_by)
        own_data.register("drafts", drafts_of)
