from django.db import migrations

# On SQLite this is a view of its full-text table (0007). Here it is a table of all words that ever stood in a text: one that
# stands nowhere any more costs a statement that finds nothing.
VOCABULARY = """
CREATE TABLE "characters_search_vocabulary" ("term" text COLLATE "C" PRIMARY KEY);
INSERT INTO "characters_search_vocabulary"
    SELECT DISTINCT unnest(tsvector_to_array("vector")) FROM "characters_searchentry" WHERE NOT "is_name";
CREATE FUNCTION "characters_search_note_words"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO "characters_search_vocabulary"
        SELECT DISTINCT unnest(tsvector_to_array("vector")) AS "term" FROM "written" WHERE NOT "is_name" ORDER BY "term"
        ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER "characters_search_insert" AFTER INSERT ON "characters_searchentry"
    REFERENCING NEW TABLE AS "written" FOR EACH STATEMENT EXECUTE FUNCTION "characters_search_note_words"();
CREATE TRIGGER "characters_search_update" AFTER UPDATE ON "characters_searchentry"
    REFERENCING NEW TABLE AS "written" FOR EACH STATEMENT EXECUTE FUNCTION "characters_search_note_words"();
"""
NO_VOCABULARY = """
DROP TRIGGER "characters_search_insert" ON "characters_searchentry";
DROP TRIGGER "characters_search_update" ON "characters_searchentry";
DROP FUNCTION "characters_search_note_words"();
DROP TABLE "characters_search_vocabulary";
"""


def create_vocabulary(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(VOCABULARY)


def drop_vocabulary(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(NO_VOCABULARY)


class Migration(migrations.Migration):
    dependencies = [
        ("characters", "0011_order_of_keys"),
    ]

    operations = [
        migrations.RunPython(create_vocabulary, drop_vocabulary),
    ]
