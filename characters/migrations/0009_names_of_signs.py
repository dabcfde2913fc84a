from django.db import migrations


def empty_index(apps, schema_editor):
    """Names without words and more old kanji are in the index by now; it is made anew after all migrations."""
    apps.get_model("characters", "SearchEntry").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [
        ("characters", "0008_folding"),
    ]

    operations = [
        migrations.RunPython(empty_index, migrations.RunPython.noop),
    ]
