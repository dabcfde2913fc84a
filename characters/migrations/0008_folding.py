from django.db import migrations


def empty_index(apps, schema_editor):
    """Other words are in the index by now: it is made anew after all migrations (`characters.derived`)."""
    apps.get_model("characters", "SearchEntry").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [
        ("characters", "0007_words_of_texts"),
    ]

    operations = [
        migrations.RunPython(empty_index, migrations.RunPython.noop),
    ]
