from typing import Any

from django.db import migrations

from episodes.accounts.app_secrets import decrypt, encrypt_anew, rewrite


def encrypt_all(apps: Any, schema_editor: Any) -> None:
    rewrite(apps.get_model("mfa", "Authenticator").objects.all(), encrypt_anew)


def decrypt_all(apps: Any, schema_editor: Any) -> None:
    rewrite(apps.get_model("mfa", "Authenticator").objects.all(), decrypt)


class Migration(migrations.Migration):
    dependencies = [("episodes", "0003_uses"), ("mfa", "0001_initial")]

    operations = [migrations.RunPython(encrypt_all, decrypt_all, elidable=False)]
