from django.db import migrations, models

CONTENT = (
    "alias", "character", "charactertag", "faction", "factiontag", "membership", "portrait", "relationship", "revelation",
    "term", "termtag", "trait", "unmasking",
)  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("characters", "0014_plainer_help_texts")]

    operations = [
        migrations.AddField(
            model_name=name,
            name="inferred",
            field=models.BooleanField(
                default=False,
                help_text="No source states this episode: it was worked out. Visitors do not see it.",
            ),
        )
        for name in CONTENT
    ]
