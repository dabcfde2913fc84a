from django.db import migrations, models
from django.db.models import F

SECOND_AXIS = 10_000


def note_chapters(apps, schema_editor):
    """Of what is of a chapter alone the place is known; what else was changed stays told by its episode."""
    corrections = apps.get_model("corrections", "Correction").objects.using(schema_editor.connection.alias)
    corrections.filter(revealed_in__gt=SECOND_AXIS).update(also_in=F("revealed_in"))


class Migration(migrations.Migration):
    dependencies = [
        ("corrections", "0017_second_place_of_drafts"),
    ]

    operations = [
        migrations.AddField(
            model_name="correction",
            name="also_in",
            field=models.PositiveSmallIntegerField(blank=True, db_column="also_in_id", editable=False, null=True),
        ),
        migrations.AddField(
            model_name="correction",
            name="besides",
            field=models.PositiveSmallIntegerField(db_default=0, default=0, editable=False),
        ),
        migrations.RunPython(note_chapters, migrations.RunPython.noop, elidable=True),
    ]
