"""What has to last is the same under a new SECRET_KEY, also once the old one is no fallback any more."""

from typing import Any

import pytest
from django.core import mail
from django.core.signing import Signer

from characters.kinds import CHARACTER
from characters.lore.correctable import CorrectableRow
from corrections import digests, feeds, later, sealing
from corrections.models import Block, Digest, SentMail
from corrections.sending import Sender
from corrections.thread import version_for_author
from episodes import limits
from episodes.models import Episode
from tests.corrections.letters import sent, set_to, somebody, status_of
from tests.people import person

pytestmark = pytest.mark.django_db

SENDER = Sender(address="192.0.2.1")


def test_what_has_to_last_outlives_a_new_secret_key(settings: Any) -> None:
    Episode.objects.bulk_create(Episode(number=number) for number in (0, 1))
    status = status_of(somebody())
    correction = sent(set_to(status, "value", "dead"))
    digest = Digest.objects.create(user=person())
    stop, feed = digests.address_to_stop(digest), feeds.feed_address(3)
    sealed = sealing.seal({"a:1": {"value": "x"}})
    Block.objects.create(sender=SENDER.address_hash, reason="Advertising.")
    limits.consume("tries", "ann", most=9, seconds=60)

    def lasting() -> tuple[Any, ...]:
        SentMail.objects.all().delete()
        later.send_once("a key", "Subject", "Text", "ann@example.org")
        return (
            mail.outbox[-1].extra_headers["Message-ID"],
            version_for_author(correction),
            CorrectableRow("", CHARACTER, "", "", "", {}, {"value": "x"}).digest,
            digests.address_to_stop(digest),
            digests.digest_of(stop.split("/")[-2]),
            feeds.feed_address(3),
            feeds._progress_in(feed.split("/")[-2], "", ""),
            sealing.unseal(sealed),
            Block.objects.filter(sender__in=SENDER.address_hashes).exists(),
            limits.used("tries", "ann"),
        )

    before = lasting()
    assert (digest, 3, {"a:1": {"value": "x"}}, True, 1) == (before[4], *before[6:])
    settings.SECRET_KEY = "n" * 50
    assert lasting() == before


def test_what_was_made_before_there_was_a_key_for_it_is_read(settings: Any) -> None:
    """Until the key of that time leaves the fallbacks."""
    digest = Digest.objects.create(user=person())
    stop, block = Signer(salt=digests.SALT).sign(f"{digest.pk}"), SENDER.address_hash
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "n" * 50
    settings.CONTENT_KEY = "c" * 50
    assert digests.digest_of(stop) == digest
    assert block in SENDER.address_hashes
