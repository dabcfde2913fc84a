from typing import Any

import pytest
from django.core.cache import cache


@pytest.fixture(autouse=True)
def no_limit_is_used_up() -> None:
    """The limits of allauth count in the cache, which outlives a test."""
    cache.clear()


@pytest.fixture(autouse=True)
def quick_passwords(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
