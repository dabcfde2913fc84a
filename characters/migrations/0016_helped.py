from django.db import migrations, models


def empty_index(apps, schema_editor):
    """“Helps” is “helped” by now in the words of relations: all is made anew after the migrations (`characters.derived`)."""
    apps.get_model("characters", "SearchEntry").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [
        ("characters", "0015_inferred"),
    ]

    operations = [
        migrations.RunPython(empty_index, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="relationship",
            name="kind",
            field=models.CharField(
                choices=[
                    ("ally", "ally of"),
                    ("comrade", "comrade of"),
                    ("enemy", "enemy of"),
                    ("family", "family of"),
                    ("friend", "friend of"),
                    ("lover", "lover of"),
                    ("partner", "partner of"),
                    ("rival", "rival of"),
                    ("shares_body", "shares a body with"),
                    ("sibling", "sibling of"),
                    ("twin", "twin of"),
                    ("abducted", "abducted"),
                    ("adopted", "adoptive parent of"),
                    ("arrested", "arrested"),
                    ("attacked", "attacked"),
                    ("betrayed", "betrayed"),
                    ("commands", "commands"),
                    ("controls", "controls"),
                    ("created", "created"),
                    ("deceived", "deceived"),
                    ("employs", "employs"),
                    ("guides", "guides"),
                    ("helps", "helped"),
                    ("hunts", "hunts"),
                    ("impersonated", "impersonated"),
                    ("investigates", "investigates"),
                    ("killed", "killed"),
                    ("loves", "loves"),
                    ("overcame", "defeated"),
                    ("owns", "owner of"),
                    ("parent", "parent of"),
                    ("pressures", "puts pressure on"),
                    ("protects", "protects"),
                    ("recruits", "tries to win over"),
                    ("rescued", "rescued"),
                    ("serves", "serves"),
                    ("spared", "spared"),
                    ("suspected_to_be", "suspected to be"),
                    ("suspects", "suspects"),
                    ("wounded", "wounded"),
                ],
                help_text="Start with the one who acts (“killed”). The page of the other shows the reverse (“killed by”).",
                max_length=20,
            ),
        ),
    ]
