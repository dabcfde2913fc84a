"""The part of an address that stands for a text, and the keys that are made of names."""

import re
import unicodedata
from hashlib import sha256

from django.utils.text import slugify

LONGEST = 80  # characters of the text
LONGEST_KEY = 60


def slug_of(text: str) -> str:
    """Return a slug that no other text has but for case, spaces and hyphens.

    What a slug leaves out, such as vowel signs (राम) and symbols (C++), is told apart by a short hash of the text. It
    depends on nothing else, so an address means the same at every episode.
    """
    folded = unicodedata.normalize("NFC", " ".join(text.split()).lower())
    slug = slugify(unicodedata.normalize("NFC", text), allow_unicode=True)
    if len(slug) <= LONGEST and re.sub(r"[\s-]+", "-", folded) == slug:
        return slug
    return f"{slug[:LONGEST]}-{sha256(folded.encode()).hexdigest()[:8]}".lstrip("-")


def key_of(name: str) -> str:
    """Return a key made of a name, such as “naomi_orthmann”; empty if the name has no letter that keys have."""
    return slugify(name).replace("-", "_").strip("_")[:LONGEST_KEY]
