from django.db import migrations

# SQLite's list of the words in its full-text table, which is made of the table itself whenever it is asked.
VOCABULARY = """
CREATE VIRTUAL TABLE "characters_search_vocabulary" USING fts5vocab('characters_search_texts', 'instance')
"""


def create_vocabulary(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute(VOCABULARY)


def drop_vocabulary(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute('DROP TABLE "characters_search_vocabulary"')


class Migration(migrations.Migration):
    dependencies = [
        ("characters", "0006_terms"),
    ]

    operations = [
        migrations.RunPython(create_vocabulary, drop_vocabulary),
    ]
