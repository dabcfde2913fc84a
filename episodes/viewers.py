"""Progress in the account of whoever is signed in.

A browser counts by its own cookie until its viewer has said, on this browser and with their own hand, that it goes
with the account. From then on, and until they sign out, the number in the account counts here and the cookie follows
it. So signing in and signing out show nobody more than they saw before, whoever's account it is.
"""

from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest

from .models import Viewer
from .progress import last_episode, watched_so_far

GOES_WITH = "progress_goes_with"  # in the session: the account that this browser follows


@dataclass(frozen=True)
class Account:
    id: int
    name: str
    progress: int | None  # None until the account has a number
    in_step: bool  # whether this browser goes with the account


@dataclass(frozen=True)
class Offer:
    """The two numbers of a browser and an account that differ; the viewer chooses."""

    here: int
    in_account: int

    @property
    def higher(self) -> int:
        return max(self.here, self.in_account)

    @property
    def lower(self) -> int:
        return min(self.here, self.in_account)


def account_of(request: HttpRequest) -> Account | None:
    """Whose account the visitor is signed in to; without a session's cookie nothing is looked up."""
    if settings.SESSION_COOKIE_NAME not in request.COOKIES or not request.user.is_authenticated:
        return None
    viewer = Viewer.objects.filter(user=request.user).first()
    progress = viewer.progress if viewer else None
    return Account(
        id=request.user.pk,
        name=request.user.get_username(),
        progress=None if progress is None else min(progress, last_episode()),
        in_step=progress is not None and request.session.get(GOES_WITH) == request.user.pk,
    )


def offer_to(account: Account | None, here: int) -> Offer | None:
    if account is None or account.in_step or account.progress in (None, here):
        return None
    return Offer(here, account.progress)


def note(request: HttpRequest, account: Account, here: int, episode: int, *, answered: str | None) -> None:
    """The viewer has set their progress: does their account take part in it?

    `answered` is the name of the account in a form that asked about both numbers; it puts this browser in step. Any
    other form takes the account along if the two agreed before, and leaves it alone while they differ.
    """
    answer = answered == account.name
    if not (answer or account.in_step or account.progress in (None, here)):
        return
    Viewer.objects.update_or_create(user_id=account.id, defaults={"progress": episode})
    if answer:
        request.session[GOES_WITH] = account.id


def begin_with_this_browser(sender: object, request: HttpRequest, user: User, **kwargs: object) -> None:
    """At the first sign-in the account has no number yet, and no browser that would follow it."""
    viewer, _ = Viewer.objects.get_or_create(user=user)
    if viewer.progress is None:
        Viewer.objects.filter(pk=viewer.pk, progress=None).update(progress=watched_so_far(request))
