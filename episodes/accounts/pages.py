"""The pages of an account that allauth does not have: the profile, and deleting the account."""

from typing import cast

from allauth.account.decorators import reauthentication_required
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.crypto import get_random_string
from django.views.decorators.http import require_http_methods

from ..models import Viewer
from ..visits import Visit
from .forms import DeleteAccountForm, ProfileForm
from .sign_in_log import note

DECIDES = "corrections.decide"


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: Visit) -> HttpResponse:
    viewer, _ = Viewer.objects.get_or_create(user=signed_in_user(request))
    form = ProfileForm(request.POST or None, instance=viewer)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Saved.")
        return redirect("profile")
    return render(request, "episodes/profile.html", {"form": form})


@login_required
@reauthentication_required  # type: ignore[untyped-decorator]
@require_http_methods(["GET", "HEAD", "POST"])
def delete_account(request: Visit) -> HttpResponse:
    form = DeleteAccountForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        note("account deleted", request, signed_in_user(request))
        forget(signed_in_user(request))
        logout(request)
        return redirect("home")
    context = {"form": form, "decides": signed_in_user(request).has_perm(DECIDES)}
    return render(request, "episodes/delete_account.html", context)


def signed_in_user(request: Visit) -> User:
    """Return the user of a request that `login_required` has let through."""
    return cast(User, request.user)


@transaction.atomic
def forget(user: User) -> None:
    """Delete all personal data of a user, and keep the row under a name made up for it.

    So their corrections have an author, and the record tells what one moderator decided from what others did.
    """
    role = "former-moderator" if user.has_perm(DECIDES) else "gone"
    EmailAddress.objects.filter(user=user).delete()
    Authenticator.objects.filter(user=user).delete()
    for session in UserSession.objects.filter(user=user):
        session.end()
    Viewer.objects.filter(user=user).delete()
    user.groups.clear()
    user.user_permissions.clear()
    user.username = f"{role}-{get_random_string(12).lower()}"
    user.first_name = user.last_name = user.email = ""
    user.is_active = user.is_staff = user.is_superuser = False
    user.last_login = None
    user.set_unusable_password()
    user.save()
