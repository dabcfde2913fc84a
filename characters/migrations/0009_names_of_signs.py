from django.db import migrations


def rebuild_index(apps, schema_editor):
    """Make the index anew, as names without words and more old kanji are found in it; a new database has none yet."""
    if apps.get_model("characters", "SearchEntry").objects.exists():
        from characters import indexing

        indexing.rebuild()


class Migration(migrations.Migration):
    dependencies = [
        ("characters", "0008_folding"),
    ]

    operations = [
        migrations.RunPython(rebuild_index, migrations.RunPython.noop),
    ]
