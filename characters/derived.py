"""What is made of names and texts by our own rules, brought up to date after migrations.

A migration that applied the rules itself would apply those of a later release to the tables of an earlier one. So it
only empties what has to be made anew (the search index), and the rest follows once all tables are of this release.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from django.db import models, transaction

from episodes.migrated import has_come_up_to_date
from episodes.models import Episode
from episodes.order import sort_key

from . import indexing
from .models import Alias, SearchEntry, Tag
from .text.slugs import slug_of

ROWS_AT_ONCE = 1_000


def bring_up_to_date(plan: Sequence[Any] = (), **kwargs: Any) -> None:
    """Make anew what is missing or out of date; receives `post_migrate`."""
    if not has_come_up_to_date(plan):
        return
    with transaction.atomic():
        for model in (Alias, Tag):
            _write_sort_keys(model)
        _write_slugs()
        if Episode.objects.exists() and not SearchEntry.objects.exists():
            indexing.rebuild()


def _write_sort_keys(model: type[models.Model]) -> None:
    stored = model._base_manager.values_list("pk", "name", "sort_key").iterator(ROWS_AT_ONCE)
    stale = [model(pk=pk, name=name) for pk, name, key in stored if bytes(key) != sort_key(name).encode()]
    model._base_manager.bulk_update(stale, ["sort_key"], ROWS_AT_ONCE)


def _write_slugs() -> None:
    """Give tags the slugs that are made of their names today; what others would share stays as it is."""
    for pk, slug in _new_slugs():
        if not Tag.objects.filter(slug=slug).exists():
            Tag.objects.filter(pk=pk).update(slug=slug)


def _new_slugs() -> Iterator[tuple[int, str]]:
    for pk, name, slug in Tag.objects.values_list("pk", "name", "slug"):
        if slug != slug_of(name):
            yield pk, slug_of(name)
