from django.db import migrations

# Keys are of a-z, 0-9 and a few signs. Other collations of PostgreSQL pass over the signs; SQLite goes by codes.
TABLES = ("characters_character", "characters_faction", "characters_term", "characters_revelation")


def order_by_codes(apps, schema_editor):
    set_collation(schema_editor, '"C"')


def order_as_before(apps, schema_editor):
    set_collation(schema_editor, '"default"')


def set_collation(schema_editor, collation):
    if schema_editor.connection.vendor == "postgresql":
        for table in TABLES:
            schema_editor.execute(f'ALTER TABLE "{table}" ALTER COLUMN "key" TYPE varchar(80) COLLATE {collation}')


class Migration(migrations.Migration):
    dependencies = [
        ("characters", "0010_sort_keys"),
    ]

    operations = [
        migrations.RunPython(order_by_codes, order_as_before),
    ]
