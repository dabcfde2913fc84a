"""What is encrypted with the keys of the site stays readable, and only for what it was encrypted for."""

from typing import Any

import pytest
from cryptography.fernet import InvalidToken

from episodes.ciphers import cipher_for

STORED = [  # as databases and open forms hold it by now
    (
        "app_secrets",
        "gAAAAABrDMr1cp0BS_KoYt5AierNzMJC8eSCZyDmpho_9FLDLatWF-x4u2SaNUA-oglJvwerzoiijs6FRdrPh_K078zpoUZ8QQ==",
    ),
    ("sealing", "gAAAAABrDMr1gOG8BgmxtehH_r8hsD_CfH2WQBnkNp7EoDKsVXarJkphLiDnVB4xHQtif7r6Si9_oGJGZWs_9F-Z6-7wMdV-vQ=="),
]


@pytest.mark.parametrize(("purpose", "stored"), STORED, ids=lambda text: text[:11])
def test_what_is_stored_stays_readable(purpose: str, stored: str, settings: Any) -> None:
    settings.SECRET_KEY = "another-key-by-now-" * 2
    settings.SECRET_KEY_FALLBACKS = ["a-key-that-was-there-before-" + "x" * 20]
    assert cipher_for(purpose).decrypt(stored) == b"text"
    with pytest.raises(InvalidToken):
        cipher_for("other").decrypt(stored)
