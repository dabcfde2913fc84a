"""Groups and their permissions in the admin, and the role of an account there: one choice, which also lets it in.

Contributors have none there: they send corrections from the pages. What editors change waits for a moderator; what
moderators change is published at once.
"""

from typing import Any

from django.apps import apps
from django.contrib.auth.models import Group, Permission, User
from django.db import models, transaction
from django.db.models import Q

CONTRIBUTORS, EDITORS, MODERATORS = "contributors", "editors", "moderators"


class Role(models.TextChoices):
    NONE = "none", "None"
    EDITOR = "editor", "Editor: changes wait for a moderator"
    MODERATOR = "moderator", "Moderator: decides corrections, and publishes"


GROUPS = {Role.MODERATOR: MODERATORS, Role.EDITOR: EDITORS}


def role_of(user: User) -> Role:
    """Return the role that an account can use: a group alone lets nobody into the admin."""
    groups = {group.name for group in user.groups.all()} if user.is_staff and user.pk else set()
    return next((role for role, group in GROUPS.items() if group in groups), Role.NONE)


@transaction.atomic
def give_role(user: User, role: Role) -> None:
    """Give an account a role in the place of the one it has, and let it into the admin or keep it out."""
    user.groups.remove(*Group.objects.filter(name__in=GROUPS.values()))
    if role in GROUPS:
        user.groups.add(Group.objects.get(name=GROUPS[role]))
    user.is_staff = role in GROUPS or user.is_superuser
    user.save(update_fields=["is_staff"])


def grant_permissions(**kwargs: Any) -> None:
    """Create the groups and give them their permissions; runs after each migrate, as new models have new ones.

    The vocabulary is left to superusers: what is said there stands on every page.
    """
    if not apps.is_installed("django.contrib.auth"):
        return
    content = Permission.objects.filter(
        Q(content_type__app_label__in=["characters", "episodes"])
        & ~Q(content_type__model="series", codename="delete_series")
        & ~Q(content_type__model__in=["viewer", "use", "shownname", "takenname", "word"])
    )
    Group.objects.get_or_create(name=CONTRIBUTORS)
    for name in (EDITORS, MODERATORS):
        group, _ = Group.objects.get_or_create(name=name)
        group.permissions.add(*content)
    corrections = Permission.objects.filter(content_type__app_label="corrections")
    Group.objects.get(name=EDITORS).permissions.add(*corrections.filter(codename="view_correction"))
    Group.objects.get(name=MODERATORS).permissions.add(*corrections)


def join_contributors(email_address: Any, **kwargs: Any) -> None:
    """Make users contributors once they have confirmed their address, so that they can sign what they send."""
    email_address.user.groups.add(Group.objects.get(name=CONTRIBUTORS))
