"""Where the messages of Django wait until a page shows them: in a cookie that no neighbouring host can set.

Those for visitors without a session would otherwise write one.
"""

from functools import cached_property

from django.contrib.messages.storage.base import BaseStorage
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage
from django.http import HttpRequest

from episodes.requests import cookie_name


class _HostCookie(CookieStorage):
    @property
    def cookie_name(self) -> str:  # type: ignore[override]
        return cookie_name(self.request, "messages")


class Storage(FallbackStorage):
    """Is made for every request, and looks at what it has to do with cookies and sessions if there is a message."""

    storage_classes = (_HostCookie, SessionStorage)

    def __init__(self, request: HttpRequest) -> None:
        BaseStorage.__init__(self, request)
        self._used_storages: set[BaseStorage] = set()

    @cached_property
    def storages(self) -> list[BaseStorage]:
        """Where messages go, in this order."""
        return [storage(self.request) for storage in self.storage_classes]
