"""Progress in the account of a visitor who is signed in.

A browser counts by its own cookie until its viewer has chosen, in this browser, that it follows the account. From then
on, until they sign out, the number in the account counts here and the cookie is set to it. Therefore signing in and
signing out show nobody more than they saw before, even on a browser that several people share.
"""

from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest

from .axes import Progress, second_of
from .models import Viewer
from .names import Name
from .progress import is_same, progress_in_cookie, up_to_the_last

FOLLOWED_ACCOUNT = "progress_goes_with"  # key in the session: the id of the account that this browser follows


@dataclass(frozen=True)
class Account:
    """The account that the visitor is signed in to."""

    id: int
    name: str
    progress: Progress | None  # None until the account has a number
    is_followed: bool  # whether this browser follows the account

    @property
    def shown_name(self) -> Name:
        """The name as pages show it; forms send it back as it is."""
        return Name(self.name)


@dataclass(frozen=True)
class Offer:
    """Where a browser and an account are, which differ, and of which the viewer chooses one."""

    in_browser: Progress
    in_account: Progress

    @property
    def higher(self) -> Progress:
        """The one that is further on the first axis, or where they agree on that, on the second."""
        return max(self.in_browser, self.in_account, key=_both)

    @property
    def lower(self) -> Progress:
        return min(self.in_browser, self.in_account, key=_both)

    @property
    def is_of_two_axes(self) -> bool:
        """Whether one of them is somewhere on the second axis, so that a choice has to name both numbers."""
        return bool(second_of(self.in_browser) or second_of(self.in_account))


def _both(progress: Progress) -> tuple[int, int]:
    return int(progress), second_of(progress)


def account_of(request: HttpRequest) -> Account | None:
    """Return the visitor's account, or None; without a session cookie nothing is queried."""
    if settings.SESSION_COOKIE_NAME not in request.COOKIES or not request.user.is_authenticated:
        return None
    viewer = getattr(request.user, "viewer", None)
    progress = viewer.progress_on_both if viewer else None
    return Account(
        id=request.user.pk,
        name=request.user.get_username(),
        progress=None if progress is None else up_to_the_last(request, progress),
        is_followed=progress is not None and request.session.get(FOLLOWED_ACCOUNT) == request.user.pk,
    )


def offer_for(account: Account | None, in_browser: Progress) -> Offer | None:
    """Return both numbers if the browser does not follow the account and they differ."""
    if account is None or account.is_followed or account.progress is None or is_same(account.progress, in_browser):
        return None
    return Offer(in_browser, account.progress)


def update_account(
    request: HttpRequest, account: Account, in_browser: Progress, progress: Progress, *, answered: str | None
) -> None:
    """Store the progress that the viewer has set in their account, if their account follows this browser's choice.

    `answered` is the name of the account in a form that asked about both numbers; from then on this browser follows
    the account. Any other form updates the account if both numbers were the same before, and leaves it alone while
    they differ.
    """
    is_answer = answered == account.name
    agree = account.progress is None or is_same(account.progress, in_browser)
    if not (is_answer or account.is_followed or agree):
        return
    Viewer.objects.update_or_create(user_id=account.id, defaults=Viewer.columns_of(progress))
    if is_answer:
        request.session[FOLLOWED_ACCOUNT] = account.id


def copy_browser_progress(sender: object, request: HttpRequest, user: User, **kwargs: object) -> None:
    """Give an account without a number the browser's progress, at its first sign-in."""
    viewer, _ = Viewer.objects.get_or_create(user=user)
    if viewer.progress is None:
        Viewer.objects.filter(pk=viewer.pk, progress=None).update(**Viewer.columns_of(progress_in_cookie(request)))
