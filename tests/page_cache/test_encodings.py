"""Which compressed form a client gets."""

import pytest

from rougedb.page_cache.encodings import encoding_for


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("", ""), ("gzip, deflate, br", "br"), ("gzip, deflate, br, zstd", "br"), ("gzip", "gzip"), ("GZIP", "gzip"),
        ("gzip;q=1, br;q=0.5", "gzip"), ("br;q=0, gzip", "gzip"), ("br; q=0 , gzip;q=0", ""), ("*", "br"),
        ("*;q=0", ""), ("br;q=0, *", "gzip"), ("identity", ""), ("identity, gzip;q=0.5", ""), ("deflate", ""),
        ("brx, xgzip", ""), ("br;q=x, gzip;q=", ""), ("br;level=4", ""), (";;,,q=1", ""), ("gzip;q=1.0;x", ""),
    ],
)  # fmt: skip
def test_the_encoding_that_a_client_likes_best(accepted: str, encoding: str) -> None:
    assert encoding_for(accepted) == encoding
