from django.db import migrations

# Entries at places of a second axis have words of their own, by the number there (`#4`: before chapter 16): by the place
# they would lie before no other episode than the rest of that axis, and a question would list all of it.
SECOND_AXIS = 10_000
WORDS = """(ARRAY[{words}])[width_bucket({number}, ARRAY[{powers}]) + 1 :]"""
GATE_WORDS = """
    array_to_tsvector(CASE WHEN "revealed_in_id" <= {second_axis} THEN {first} ELSE {second} END)
"""
ADD_VECTOR = """
ALTER TABLE "characters_searchentry" DROP COLUMN "vector";
ALTER TABLE "characters_searchentry"
    ADD COLUMN "vector" tsvector GENERATED ALWAYS AS (to_tsvector('simple', "words") || {more}) STORED;
CREATE INDEX "characters_search_names" ON "characters_searchentry" USING gin ("vector") WHERE "is_name";
CREATE INDEX "characters_search_texts" ON "characters_searchentry" USING gin ("vector") WHERE NOT "is_name";
"""


def words(sign, number):
    return WORDS.format(
        words=", ".join(f"'{sign}{power}'" for power in range(16)),
        powers=", ".join(str(2**power) for power in range(15)),
        number=number,
    )


def of_both_axes():
    first = words("@", '"revealed_in_id"::int')
    second = words("#", f'"revealed_in_id"::int - {SECOND_AXIS}')
    return GATE_WORDS.format(second_axis=SECOND_AXIS, first=first, second=second)


def as_before():
    return f"""array_to_tsvector({words("@", '"revealed_in_id"::int')})"""


def add_gate_words(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(ADD_VECTOR.format(more=of_both_axes()))


def remove_gate_words(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(ADD_VECTOR.format(more=as_before()))


class Migration(migrations.Migration):
    dependencies = [
        ("characters", "0023_languages"),
    ]

    operations = [
        migrations.RunPython(add_gate_words, remove_gate_words),
    ]
