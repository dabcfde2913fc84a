from typing import Any

from django.db import migrations, models
from django.db.models import F


def take_what_is_known(apps: Any, editor: Any) -> None:
    apps.get_model("corrections", "Correction").objects.update(sent_in=F("revealed_in"))


class Migration(migrations.Migration):
    dependencies = [("corrections", "0004_remarked")]

    operations = [
        migrations.AddField(
            model_name="correction",
            name="sent_in",
            field=models.PositiveSmallIntegerField(blank=True, editable=False, null=True),
        ),
        migrations.RunPython(take_what_is_known, migrations.RunPython.noop),
    ]
