from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("corrections", "0015_into"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="change",
            index=models.Index(
                condition=models.Q(("into", ""), _negated=True), fields=["into"], name="corrections_merges"
            ),
        ),
    ]
