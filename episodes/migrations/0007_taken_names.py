import unicodedata
from collections import defaultdict

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def fold(name):
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def take_all(apps, schema_editor):
    """Give each name to the user who had it first, and say who have one in common."""
    users = defaultdict(list)
    for pk, name in apps.get_model("auth", "User").objects.order_by("date_joined", "pk").values_list("pk", "username"):
        users[fold(name)].append((pk, name))
    TakenName = apps.get_model("episodes", "TakenName")
    TakenName.objects.bulk_create(
        (TakenName(user_id=alike[0][0], folded=folded) for folded, alike in users.items()), batch_size=1000
    )
    for alike in users.values():
        if len(alike) > 1:
            names = ", ".join(f"{name} (user {pk})" for pk, name in alike)
            print(f"\n  Users with one name but for its case: {names}. Rename all but one.", end="")  # noqa: T201


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("episodes", "0006_licence"),
    ]

    operations = [
        migrations.CreateModel(
            name="TakenName",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("folded", models.CharField(max_length=500, unique=True)),
            ],
        ),
        migrations.RunPython(take_all, migrations.RunPython.noop),
    ]
