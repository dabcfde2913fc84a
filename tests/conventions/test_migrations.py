"""Migrations run on the tables of their time, so they run no code that changes afterwards."""

from tests.conventions.source import APPS, ROOT, imports_of

# What makes default values, a field, and a check of one; secrets are read and written by the one way there is.
LASTING = ("characters.public_ids", "episodes.gate", "episodes.credits", "episodes.accounts.app_secrets")


def test_migrations_import_nothing_that_changes() -> None:
    files = [path for app in APPS for path in (ROOT / app / "migrations").glob("*.py")]
    assert len(files) > 10
    wrong = [
        f"{path.name}: {module}"
        for path in files
        for module in imports_of(path)
        if module.startswith(tuple(f"{app}." for app in APPS)) and not module.startswith(LASTING)
    ]
    assert wrong == []
