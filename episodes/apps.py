from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in
from django.db.models.signals import post_delete, post_migrate, post_save

from .units import worded


class EpisodesConfig(AppConfig):
    name = "episodes"
    verbose_name = worded("{Many}")

    def ready(self) -> None:
        from allauth.account.signals import password_changed, password_reset
        from django.contrib.auth.models import User
        from django.contrib.sessions.models import Session

        from .accounts import (
            attempts,
            known_browsers,
            names,
            session_age,
            session_list,
            sign_in_limits,
            sign_in_log,
            signing_in,
        )
        from .models import Viewer
        from .viewers import copy_browser_progress

        user_logged_in.connect(copy_browser_progress)
        user_logged_in.connect(known_browsers.remember)
        user_logged_in.connect(session_age.begin)
        password_reset.connect(known_browsers.remember)
        password_reset.connect(attempts.forget)
        password_reset.connect(signing_in.forget_unconfirmed)
        password_changed.connect(signing_in.forget_unconfirmed)
        post_delete.connect(session_list.forget, sender=Session)
        post_save.connect(names.remember, sender=User)
        post_save.connect(names.remember, sender=Viewer)
        post_migrate.connect(names.remember_all, sender=self)
        sign_in_limits.install()
        sign_in_log.install()
