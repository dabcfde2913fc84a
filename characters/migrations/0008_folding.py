from django.db import migrations


def rebuild_index(apps, schema_editor):
    """Make the index anew, as other words are in it by now; a new database has none yet."""
    if apps.get_model("characters", "SearchEntry").objects.exists():
        from characters import indexing

        indexing.rebuild()


class Migration(migrations.Migration):
    dependencies = [
        ("characters", "0007_words_of_texts"),
    ]

    operations = [
        migrations.RunPython(rebuild_index, migrations.RunPython.noop),
    ]
