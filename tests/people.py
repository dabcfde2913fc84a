"""The people of the tests, by what they may do."""

from typing import Any

from django.contrib.auth.models import Group, User

from characters.roles import CONTRIBUTORS, EDITORS, MODERATORS

GROUPS = {"contributor": CONTRIBUTORS, "editor": EDITORS, "moderator": MODERATORS}


def person(name: str = "", *, role: str = "contributor", **values: Any) -> User:
    name = name or role
    values.setdefault("email", f"{name}@example.org")
    values.setdefault("is_staff", role not in ("contributor", "nobody"))
    user = User.objects.create_user(name, password=f"secret of {name}", is_superuser=role == "superuser", **values)
    if role in GROUPS:
        user.groups.add(Group.objects.get(name=GROUPS[role]))
    return User.objects.get(pk=user.pk)  # without what it remembers of its permissions
