"""What is known, row by row. Every row says from which episode on it may be known; see `episodes.gate`."""

from .checks import check_headlines, rows_mentioning, texts_mentioning
from .entries import SearchEntry
from .owned import Alias, CharacterTag, FactionTag, FormerAddress, Owned, Tag, TermTag, Trait
from .portraits import Portrait
from .revelations import Revelation
from .subjects import Character, Content, Faction, Subject, Term
from .ties import Membership, Relationship, Unmasking
from .words import Word

__all__ = [
    "Alias", "Character", "CharacterTag", "Content", "Faction", "FactionTag", "FormerAddress", "Membership", "Owned",
    "Portrait", "Relationship", "Revelation", "SearchEntry", "Subject", "Tag", "Term", "TermTag", "Trait", "Unmasking",
    "Word", "check_headlines", "rows_mentioning", "texts_mentioning",
]  # fmt: skip
