import django.db.models.deletion
from django.db import migrations, models

# Each entry of PostgreSQL's index holds a word for every power of two that its episode lies before (`@4`: before episode
# 16). A question at episode 10 asks for `@4` as well, and the index does not list what the whole show has of a word.
# The gate itself is a comparison of numbers, as everywhere.
GATE_WORDS = """
    array_to_tsvector((ARRAY[{words}])[width_bucket("revealed_in_id"::int, ARRAY[{powers}]) + 1 :])
""".format(
    words=", ".join(f"'@{power}'" for power in range(16)),
    powers=", ".join(str(2**power) for power in range(15)),
)
ADD_VECTOR = """
ALTER TABLE "characters_searchentry" DROP COLUMN "vector";
ALTER TABLE "characters_searchentry"
    ADD COLUMN "vector" tsvector GENERATED ALWAYS AS (to_tsvector('simple', "words"){more}) STORED;
CREATE INDEX "characters_search_names" ON "characters_searchentry" USING gin ("vector") WHERE "is_name";
CREATE INDEX "characters_search_texts" ON "characters_searchentry" USING gin ("vector") WHERE NOT "is_name";
"""


def add_gate_words(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(ADD_VECTOR.format(more=f" || {GATE_WORDS}"))
        # For beginnings that many names have: the newest names are no longer looked for among all entries.
        schema_editor.execute(
            'CREATE INDEX "characters_search_newest" ON "characters_searchentry" ("id") WHERE "is_name"'
        )


def remove_gate_words(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute('DROP INDEX "characters_search_newest"')
        schema_editor.execute(ADD_VECTOR.format(more=""))


class Migration(migrations.Migration):
    dependencies = [
        ("characters", "0003_help_texts"),
    ]

    operations = [
        migrations.RunPython(add_gate_words, remove_gate_words),
        migrations.AddIndex(
            model_name="trait",
            index=models.Index(fields=["attribute", "revealed_in"], name="characters_trait_by_attribute"),
        ),
        migrations.AlterField(
            model_name="trait",
            name="character",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="traits",
                to="characters.character",
            ),
        ),
        migrations.AddIndex(
            model_name="trait",
            index=models.Index(fields=["character", "attribute", "revealed_in"], name="characters_trait_by_character"),
        ),
        migrations.AlterField(
            model_name="revelation",
            name="supersedes",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                help_text="The earlier belief that this one overturns or completes.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="successors",
                to="characters.revelation",
            ),
        ),
        migrations.AddIndex(
            model_name="revelation",
            index=models.Index(
                condition=models.Q(("supersedes__isnull", False)), fields=["supersedes"], name="characters_successors"
            ),
        ),
    ]
