from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CharactersConfig(AppConfig):
    name = "characters"

    def ready(self) -> None:
        from allauth.account.signals import email_confirmed

        from characters.models.mentions import check_mentions
        from episodes.gate import prose_checks

        from . import indexing
        from .admin import revelations, show, subjects  # noqa: F401 - registers what editors edit
        from .moderation import registration
        from .roles import grant_permissions, join_contributors

        prose_checks.append(check_mentions)
        indexing.connect()
        registration.register_all()
        post_migrate.connect(grant_permissions, sender=self)
        email_confirmed.connect(join_contributors)
