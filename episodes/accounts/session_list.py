"""What the list of one's sessions says of each, and how it is forgotten.

Allauth writes a row with address and browser at each sign-in, and deletes it when a later one finds its session gone.
"""

import re
from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session

# As most browsers name others too, the first that fits counts.
BROWSERS = {"Edg": "Edge", "OPR/": "Opera", "Firefox/": "Firefox", "Chrome/": "Chrome", "Safari/": "Safari"}
SYSTEMS = {
    "Android": "Android", "iPhone": "iPhone", "iPad": "iPad", "Windows": "Windows", "CrOS": "ChromeOS",
    "Mac OS": "macOS", "Linux": "Linux",
}  # fmt: skip


def forget(sender: Any, instance: Session, **kwargs: Any) -> None:
    """Forget whence somebody signed in once the session is over (receives `post_delete` of sessions)."""
    UserSession.objects.filter(session_key=instance.session_key).delete()


def browser_in_words(user_agent: str) -> str:
    """Return what a browser calls itself in short, such as “Firefox on Linux”."""
    browser, system = (
        next((name for sign, name in signs.items() if sign in user_agent), "") for signs in (BROWSERS, SYSTEMS)
    )
    if not browser:
        return re.split(r"[/ ;(]", user_agent, maxsplit=1)[0][:30] or "A browser"
    return f"{browser} on {system}" if system else browser
