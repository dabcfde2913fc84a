"""Mail about watched pages, once a day at most. It names no page, because anybody may read over one's shoulder.

A digest is planned, sent and marked. Where that is interrupted after the sending, the next run sends the same once
more: the plan holds a key, which is in the Message-ID, so that programs for mail show one of the two.
"""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from episodes.axes import Progress, end
from episodes.names import Name
from episodes.requests import absolute_address, message_id

from .models import Digest, Watch
from .recent import latest_publications

EVERY = timedelta(hours=23)  # a timer is not that exact
MOST_LINKS = 50
SALT = "rougedb.digest"

type LoreAt = Callable[[int], Any]
"""Returns the `characters.lore.Lore` of an episode, which this app must not import."""

log = logging.getLogger(__name__)


def send_digests(lore_at: LoreAt) -> tuple[int, int]:
    """Mail everybody whose watched pages have changed; return how many mails were sent, and how many could not be."""
    sent = failed = 0
    now, last = timezone.now(), end()
    watching = Digest.objects.filter(wanted=True, user__is_active=True).exclude(user__email="")
    for digest in watching.select_related("user__viewer").order_by("pk"):
        if digest.sent_at is not None and digest.sent_at > now - EVERY:
            continue
        try:
            sent += _send(digest, lore_at(_progress_of(digest, last)), now)
        except Exception:  # the others are not to wait for one whose address is wrong; the plan stays for the next run
            failed += 1
            log.exception("A digest could not be sent.")
    return sent, failed


def _send(digest: Digest, lore: Any, now: datetime) -> bool:
    until = digest.until or now
    changed = changed_pages(digest, lore, until)
    if not changed:
        _forget_plan(digest)
        return False
    if digest.key is None:
        digest.key, digest.until = uuid4(), until
        digest.save(update_fields=["key", "until"])
    _mail(digest, changed).send()
    mark_sent(digest)
    return True


def changed_pages(digest: Digest, lore: Any, until: datetime) -> list[str]:
    """Return the addresses of the histories of watched pages that changed, as far as their reader knows them."""
    changed: dict[str, None] = {}
    for watch in Watch.objects.filter(user=digest.user_id).order_by("created_at", "pk"):
        page = lore.history(watch.kind, watch.key)
        if page is None or page.address in changed:
            continue
        published = latest_publications(lore.progress, lore.still_known, page.about, since=watch.told_until)
        if any(group[0].at <= until for group in published):
            changed[page.address] = None
    return list(changed)


def mark_sent(digest: Digest) -> None:
    """Note that all changes up to the plan's moment have been told."""
    with transaction.atomic():
        Watch.objects.filter(user=digest.user_id, told_until__lt=digest.until).update(told_until=digest.until)
        Digest.objects.filter(pk=digest.pk).update(sent_at=timezone.now(), key=None, until=None)


def _forget_plan(digest: Digest) -> None:
    if digest.key is not None:  # what it was about is not known any more
        Digest.objects.filter(pk=digest.pk).update(key=None, until=None)


def _progress_of(digest: Digest, last: Progress) -> Progress:
    viewer = getattr(digest.user, "viewer", None)
    progress = viewer.progress_on_both if viewer else None
    if progress is None:
        return Progress(0)
    return Progress(min(int(progress), int(last)), min(progress.second, last.second))


def _mail(digest: Digest, changed: Iterable[str]) -> EmailMessage:
    addresses = [absolute_address(address) for address in changed]
    stop = absolute_address(address_to_stop(digest))
    what = "1 page you watch has" if len(addresses) == 1 else f"{len(addresses)} pages you watch have"
    links = "\n".join(addresses[:MOST_LINKS])
    text = (
        f"Hello {Name(digest.user.get_username())},\n\n{what} changed. You see there what you know by now:\n\n"
        f"{links}\n\nAll that you watch: {absolute_address(reverse('watching'))}\n"
        f"To get no more of these mails: {stop}\n"
    )
    return EmailMessage(
        f"[{settings.SITE_NAME}] {what} changed",
        text,
        None,
        [digest.user.email],
        headers={
            "Message-ID": message_id(str(digest.key)),
            "List-Unsubscribe": f"<{stop}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "Auto-Submitted": "auto-generated",
        },
    )


# The address by which one stops them without signing in


def address_to_stop(digest: Digest) -> str:
    return reverse("watching-stop", args=[_signer().sign(f"{digest.pk}")])


def digest_of(token: str) -> Digest | None:
    """Return the digest that an address to stop it is of, or None if it is of none."""
    try:
        return Digest.objects.filter(pk=_signer().unsign(token)).first()
    except BadSignature:
        return None


def _signer() -> Signer:
    """Return what signs by a key that lasts, as mails do, and reads what was signed by others before."""
    former: list[str | bytes] = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return Signer(key=settings.CONTENT_KEY, fallback_keys=former, salt=SALT)
