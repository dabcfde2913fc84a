"""Which names are made of ordinary words; how names are printed is in `episodes.names`."""

from characters.vocabulary import AliasKind
from episodes.names import CommonName, Name


def as_name(name: str, kind: str) -> Name:
    """Return a name of a subject as it is printed, by the kind of name that it is."""
    has_article = kind in (AliasKind.CODENAME, AliasKind.TITLE) and name.startswith("the ")
    return CommonName(name) if kind == AliasKind.PLACEHOLDER or has_article else Name(name)
