"""Compressed forms of a body, and which of them a client takes."""

import gzip
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

import brotli

from .store import KeptPage

LEAST = 512  # bytes; what is shorter gains nothing


def encoded(page: KeptPage, encoding: str) -> KeptPage:
    """Return a page in a compressed form."""
    return replace(
        page, body=COMPRESS[encoding](page.body), headers=(*page.headers, ("Content-Encoding", encoding)), gaps=()
    )


def _brotli(body: bytes) -> bytes:
    return brotli.compress(body, quality=5)


def _gzip(body: bytes) -> bytes:
    return gzip.compress(body, compresslevel=6, mtime=0)


COMPRESS: dict[str, Callable[[bytes], bytes]] = {"br": _brotli, "gzip": _gzip}  # the first of equals is taken


@lru_cache(2**7)
def encoding_for(accepted: str) -> str:
    """Return the encoding that an Accept-Encoding header likes best, or nothing for the body as it is (RFC 9110)."""
    weights = dict(filter(None, map(_weighed, accepted.lower().split(","))))
    others = weights.get("*", 0.0)
    liked = {name: weights.get(name, others) for name in COMPRESS}
    best = max(liked, key=lambda name: liked[name])
    return best if liked[best] > 0 and liked[best] >= weights.get("identity", 0.0) else ""


def _weighed(coding: str) -> tuple[str, float] | None:
    name, _, parameter = coding.partition(";")
    key, _, weight = parameter.partition("=")
    if not parameter.strip():
        return name.strip(), 1.0
    try:
        return (name.strip(), float(weight)) if key.strip() == "q" else None
    except ValueError:
        return None
