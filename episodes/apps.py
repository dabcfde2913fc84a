from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in


class EpisodesConfig(AppConfig):
    name = "episodes"

    def ready(self) -> None:
        from .viewers import begin_with_this_browser

        user_logged_in.connect(begin_with_this_browser)
