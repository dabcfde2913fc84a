from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in


class EpisodesConfig(AppConfig):
    name = "episodes"

    def ready(self) -> None:
        from allauth.account.signals import password_reset

        from . import attempts, known_browsers, sign_in_limits
        from .viewers import copy_browser_progress

        user_logged_in.connect(copy_browser_progress)
        user_logged_in.connect(known_browsers.remember)
        password_reset.connect(known_browsers.remember)
        password_reset.connect(attempts.forget)
        sign_in_limits.install()
