"""Whether the tables are those of this release."""

from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.migrations.executor import MigrationExecutor


def has_come_up_to_date(plan: Sequence[Any]) -> bool:
    """Return whether these migrations (of `post_migrate`) were the last; after a step back there are others to come."""
    if not plan:
        return False
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())
