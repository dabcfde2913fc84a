"""Progress in the account of a visitor who is signed in.

A browser counts by its own cookie until its viewer has chosen, in this browser, that it follows the account. From then
on, until they sign out, the number in the account counts here and the cookie is set to it. Therefore signing in and
signing out show nobody more than they saw before, even on a browser that several people share.
"""

from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest

from .models import Viewer
from .names import Name
from .progress import last_episode_for, progress_in_cookie

FOLLOWED_ACCOUNT = "progress_goes_with"  # key in the session: the id of the account that this browser follows


@dataclass(frozen=True)
class Account:
    """The account that the visitor is signed in to."""

    id: int
    name: str
    progress: int | None  # None until the account has a number
    is_followed: bool  # whether this browser follows the account

    @property
    def shown_name(self) -> Name:
        """The name as pages show it; forms send it back as it is."""
        return Name(self.name)


@dataclass(frozen=True)
class Offer:
    """The different numbers of a browser and an account, of which the viewer chooses one."""

    in_browser: int
    in_account: int

    @property
    def higher(self) -> int:
        return max(self.in_browser, self.in_account)

    @property
    def lower(self) -> int:
        return min(self.in_browser, self.in_account)


def account_of(request: HttpRequest) -> Account | None:
    """Return the visitor's account, or None; without a session cookie nothing is queried."""
    if settings.SESSION_COOKIE_NAME not in request.COOKIES or not request.user.is_authenticated:
        return None
    viewer = getattr(request.user, "viewer", None)
    progress = viewer.progress if viewer else None
    return Account(
        id=request.user.pk,
        name=request.user.get_username(),
        progress=None if progress is None else min(progress, last_episode_for(request)),
        is_followed=progress is not None and request.session.get(FOLLOWED_ACCOUNT) == request.user.pk,
    )


def offer_for(account: Account | None, in_browser: int) -> Offer | None:
    """Return both numbers if the browser does not follow the account and they differ."""
    if account is None or account.is_followed or account.progress in (None, in_browser):
        return None
    return Offer(in_browser, account.progress)


def update_account(
    request: HttpRequest, account: Account, in_browser: int, episode: int, *, answered: str | None
) -> None:
    """Store the progress that the viewer has set in their account, if their account follows this browser's choice.

    `answered` is the name of the account in a form that asked about both numbers; from then on this browser follows
    the account. Any other form updates the account if both numbers were the same before, and leaves it alone while
    they differ.
    """
    is_answer = answered == account.name
    if not (is_answer or account.is_followed or account.progress in (None, in_browser)):
        return
    Viewer.objects.update_or_create(user_id=account.id, defaults={"progress": episode})
    if is_answer:
        request.session[FOLLOWED_ACCOUNT] = account.id


def copy_browser_progress(sender: object, request: HttpRequest, user: User, **kwargs: object) -> None:
    """Give an account without a number the browser's progress, at its first sign-in."""
    viewer, _ = Viewer.objects.get_or_create(user=user)
    if viewer.progress is None:
        Viewer.objects.filter(pk=viewer.pk, progress=None).update(progress=progress_in_cookie(request))
