from typing import Any

from django.apps import AppConfig
from django.db import connection
from django.db.models.signals import post_migrate, pre_migrate


class CharactersConfig(AppConfig):
    name = "characters"

    def ready(self) -> None:
        from allauth.account.signals import email_confirmed

        from characters.models.mentions import check_mentions
        from corrections import editions
        from episodes.gate import prose_checks
        from episodes.models import Episode, Series

        from . import derived, indexing
        from .admin import accounts, revelations, show, subjects, ties, vocabulary  # noqa: F401 - registers what editors edit
        from .models.words import vocabulary_in_the_database
        from .moderation import registration
        from .roles import grant_permissions, join_contributors
        from .vocabulary import read_outside_of_requests

        def watch_content(**kwargs: object) -> None:
            there = set(connection.introspection.table_names())  # of a former release, some are not
            content: list[Any] = [Series, Episode, *self.get_models(include_auto_created=True)]
            editions.watch(model for model in content if model._meta.db_table in there)

        prose_checks.append(check_mentions)
        indexing.connect()
        read_outside_of_requests(vocabulary_in_the_database)
        registration.register_all()
        post_migrate.connect(grant_permissions, sender=self)
        pre_migrate.connect(editions.unwatch, sender=self)
        post_migrate.connect(derived.bring_up_to_date, sender=self)
        post_migrate.connect(watch_content, sender=self, weak=False)
        email_confirmed.connect(join_contributors)
