"""The secrets of apps for codes are encrypted in the database, with keys that can be changed."""

import json
from importlib import import_module
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command

from episodes.accounts.app_secrets import decrypt, encrypt
from tests.people import person

pytestmark = pytest.mark.django_db
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
migration = import_module("episodes.migrations.0004_encrypt_app_secrets")


@pytest.fixture
def codes() -> list[str]:
    """Ann has an app and recovery codes, which are these."""
    user = person("ann")
    TOTP.activate(user, SECRET)
    return RecoveryCodes.activate(user).generate_codes()


def stored() -> str:
    return json.dumps(list(Authenticator.objects.values_list("data", flat=True)))


def codes_now() -> list[str]:
    return Authenticator.objects.get(type="recovery_codes", user__username="ann").wrap().generate_codes()


def test_neither_the_secret_nor_a_code_is_in_the_database(codes: list[str]) -> None:
    assert SECRET not in stored()
    assert stored().count("fernet:") == 2
    assert not any(code in stored() for code in codes)
    assert decrypt(Authenticator.objects.get(type="totp").data["secret"]) == SECRET
    assert codes_now() == codes


def test_the_same_text_is_never_encrypted_the_same() -> None:
    assert encrypt(SECRET) != encrypt(SECRET)


def test_keys_are_changed_one_after_the_other(codes: list[str], settings: Any) -> None:
    settings.MFA_KEYS = ["one" * 11]
    assert codes_now() == codes, "SECRET_KEY still opens what it encrypted"
    call_command("encrypt_app_secrets", verbosity=0)
    settings.SECRET_KEY = "another-" * 8
    assert codes_now() == codes
    settings.MFA_KEYS = ["two" * 11, "one" * 11]
    call_command("encrypt_app_secrets", verbosity=0)
    settings.MFA_KEYS = ["two" * 11]
    assert codes_now() == codes


def test_a_wrong_key_is_named_as_such(codes: list[str], settings: Any) -> None:
    settings.SECRET_KEY = "another-" * 8
    with pytest.raises(ImproperlyConfigured, match="MFA_KEYS"):
        codes_now()


def test_what_is_there_already_is_encrypted_by_the_migration(codes: list[str]) -> None:
    migration.decrypt_all(apps, None)
    assert SECRET in stored()
    assert codes_now() == codes, "and can be read until then"
    old = Authenticator.objects.create(
        user=person("bea"), type="recovery_codes", data={"migrated_codes": ["11111111"], "used_mask": 0}
    )
    migration.encrypt_all(apps, None)
    assert SECRET not in stored()
    assert "11111111" not in stored()
    assert codes_now() != ["11111111"]
    assert Authenticator.objects.get(pk=old.pk).wrap().get_unused_codes() == ["11111111"]
