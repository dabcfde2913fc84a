from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in


class EpisodesConfig(AppConfig):
    name = "episodes"

    def ready(self) -> None:
        from .viewers import copy_browser_progress

        user_logged_in.connect(copy_browser_progress)
