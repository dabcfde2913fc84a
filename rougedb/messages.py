"""Where the messages of Django wait until a page shows them: in a cookie that no neighbouring host can set.

Those for visitors without a session would otherwise write one.
"""

from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage

from episodes.requests import cookie_name


class _HostCookie(CookieStorage):
    @property
    def cookie_name(self) -> str:  # type: ignore[override]
        return cookie_name(self.request, "messages")


class Storage(FallbackStorage):
    storage_classes = (_HostCookie, SessionStorage)
