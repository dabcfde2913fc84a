"""Atom feeds of what was published, of all pages or of one.

A feed belongs to an episode, as whoever reads it sends no cookie. The address of one beyond episode 0 carries a token
that pages offer at that episode alone, so nobody comes by trying to what lies ahead of them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.contrib.syndication.views import Feed
from django.core.signing import BadSignature, Signer
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from episodes.axes import Progress, key_of
from episodes.kept_pages import kept
from episodes.progress import is_further, parse_progress
from episodes.requests import absolute_address
from episodes.units import before_the_first, named
from episodes.visits import Visit

from .recent import Publication, recent_page

EMPTY_SINCE = datetime(2024, 1, 1, tzinfo=UTC)  # when a feed without entries was updated
BEFOREHAND = key_of(0)  # of somebody who has watched nothing, as a crawler
ALL = ""  # which feed that of all pages is, to those who sign


@kept()
@require_safe
def changes_feed(request: Visit, token: str = "") -> HttpResponse:
    """Answer with what was published lately."""
    return _feed(request, token)


@kept()
@require_safe
def history_feed(request: Visit, kind: str, key: str, token: str = "") -> HttpResponse:
    """Answer with what was published of one page."""
    return _feed(request, token, kind, key)


def feed_address(progress: int, kind: str = "", key: str = "") -> str:
    """Return the address of a feed at an episode, for pages that are shown at that episode alone."""
    name, args = ("history-feed", [kind, key]) if kind else ("changes-feed", [])
    if key_of(progress) == BEFOREHAND:
        return reverse(name, args=args)
    return reverse(f"{name}-at", args=[*args, _signer(kind, key).sign(key_of(progress))])


def _signer(kind: str, key: str) -> Signer:
    which = f"{kind}/{key}" if kind else ALL
    return Signer(key=settings.CONTENT_KEY, salt=f"rougedb.feed:{which}")


def _progress_in(token: str, kind: str, key: str) -> Progress:
    """Return the progress that a token is for. Raise Http404 for any other text, as for whatever else is not there."""
    try:
        progress = parse_progress(_signer(kind, key).unsign(token) if token else BEFOREHAND)
    except BadSignature:
        progress = None
    if progress is None:
        raise Http404
    return progress


@dataclass(frozen=True, slots=True)
class Published:
    """An entry: something that was published, in words of the feed's episode."""

    publication: Publication
    told: Any  # characters.values.corrections.Lately, which this app must not import

    @property
    def title(self) -> str:
        return self.lines[0] + (f" and {more} more" if (more := len(self.lines) - 1 + self.told.more) else "")

    @property
    def lines(self) -> list[str]:
        return [_in_words(line) for line in self.told.lines]

    @property
    def key(self) -> str:
        what = f"{self.publication.correction.pk}:{self.publication.at.isoformat()}"
        return salted_hmac("rougedb.published", what, secret=settings.CONTENT_KEY, algorithm="sha256").hexdigest()[:32]


def _in_words(line: Any) -> str:
    names = ", ".join(f"{page.name}" for page in line.pages) + (f" and {line.others} more" if line.others else "")
    return f"{line.what}: {line.title or names}" if line.title or names else str(line.what)


@dataclass(frozen=True, slots=True)
class Channel:
    """What a feed is made of."""

    title: str
    url: str
    feed_url: str
    entries: tuple[Published, ...]


class SteadyAtom(Atom1Feed):
    """An Atom feed whose date is that of its latest entry; without any it is always the same."""

    def latest_post_date(self) -> datetime:
        dates = [item["updateddate"] for item in self.items]
        return max(dates, default=EMPTY_SINCE)


class PublishedFeed(Feed):
    feed_type = SteadyAtom

    def get_object(self, request: Any, channel: Channel) -> Channel:
        return channel

    def title(self, channel: Channel) -> str:
        return channel.title

    def link(self, channel: Channel) -> str:
        return absolute_address(channel.url)

    def feed_url(self, channel: Channel) -> str:
        return absolute_address(channel.feed_url)

    def feed_guid(self, channel: Channel) -> str:
        return absolute_address(channel.feed_url)

    def items(self, channel: Channel) -> Iterable[Published]:
        return channel.entries

    def item_title(self, item: Any) -> SafeString:
        return SafeString(item.title)  # Atom has plain text there, and the generator escapes it

    def item_description(self, item: Any) -> str:
        thanks = item.told.credit
        return format_html_join("", "<p>{}</p>", ((line,) for line in item.lines)) + (
            format_html("<p>thanks to {}</p>", thanks) if thanks else ""
        )

    def item_link(self, item: Any) -> str:
        pages = [page.url for line in item.told.lines for page in line.pages]
        return absolute_address(pages[0] if pages else reverse("changes"))

    def item_guid(self, item: Any) -> str:
        return f"urn:rougedb:{item.key}"

    def item_pubdate(self, item: Any) -> datetime:
        return item.publication.at

    def item_updateddate(self, item: Any) -> datetime:
        return item.publication.at


def _feed(request: Visit, token: str, kind: str = "", key: str = "") -> HttpResponse:
    progress = _progress_in(token, kind, key)
    lore = request.lore.at(progress)
    subject = lore.history(kind, key) if kind else None
    if kind and subject is None:
        raise Http404
    about = subject.about if subject else None
    page = recent_page(progress, 1, lore.still_known, about)
    told = lore.published_lately(page.publications, about)
    of = f"History of {subject.name}" if subject else f"Changes to {lore.series.title}"
    channel = Channel(
        title=f"{of}, as known {f'at {named(progress)}' if is_further(progress, 0) else before_the_first()}",
        url=subject.address if subject else reverse("changes"),
        feed_url=feed_address(progress, kind, key),
        entries=tuple(Published(*each) for each in zip(page.publications, told, strict=True)),
    )
    response = PublishedFeed()(request, channel=channel)
    response["ETag"] = f'W/"{sha256(response.content).hexdigest()[:32]}"'
    response["X-Robots-Tag"] = "noindex"
    # A browser that a link leads here saves the feed instead of showing what its reader may not have watched.
    response["Content-Disposition"] = f'attachment; filename="episode-{key_of(progress)}.atom"'
    return response
