"""What is read from Redis: our own values, and nothing that somebody else has put there."""

import os
import pickle
from pathlib import Path
from typing import Any

import pytest

from rougedb.cache import SignedSerializer
from rougedb.page_cache.store import KeptPage

PAGE = KeptPage(200, (("Content-Type", "text/html"),), "Gärten".encode(), (("header", 1, 2),))


class Evil:
    """Runs a command when it is unpickled."""

    def __init__(self, sign: Path) -> None:
        self.sign = sign

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.sign),)


@pytest.mark.parametrize("value", [PAGE, 7, 0, -3, True, None, "7", b"", [1, 2]], ids=repr)
def test_what_we_write_is_read_again(value: object) -> None:
    written = SignedSerializer().dumps(value)
    again = SignedSerializer().loads(written if isinstance(written, bytes) else str(written).encode())
    assert (again, type(again)) == (value, type(value))


def test_what_others_write_is_not_read(tmp_path: Path, settings: Any) -> None:
    evil, signed = pickle.dumps(Evil(tmp_path / "done")), SignedSerializer().dumps(PAGE)
    for forged in (evil, signed[:32] + evil, b"x" * 32 + evil, b"", b"x", signed[:-1], signed[32:]):
        assert SignedSerializer().loads(forged) is None
    assert not (tmp_path / "done").exists()
    settings.SECRET_KEY = "b" * 50
    assert SignedSerializer().loads(signed) is None
