"""What people wrote to the desk, such as reasons, comments and their own names: hidden where it names what comes later.

These words have no episode of their own, so they count as being of the latest episode of their correction's changes.
"""

import re
from collections.abc import Callable, Iterable
from functools import cached_property
from html import unescape
from urllib.parse import unquote

from django.contrib.auth.models import User

from corrections import rows
from corrections.errors import messages_of
from corrections.models import Correction
from episodes.axes import last_chapter, place_of, second_of
from episodes.known import is_reached
from episodes.names import CommonName, Name, in_text, with_capital
from episodes.progress import last_episode
from episodes.units import named, worded

from .access import author_in_words, credit_in_words
from .clearance import Clearance

HIDDEN = worded("This is hidden, because it names something of a later {one} than you have {watched}.")
NOT_TOLD = worded(
    "It cannot be saved like this. The reason may be of a later {one} than you have {watched}: show everything, and "
    "save it again."
)
IS_THERE = re.compile(r"\balready\b")
HIDDEN_NAME = worded("somebody whose name tells of a later {one}")
HIDDEN_LINK = worded("a link whose address tells of a later {one}")


def reader_of_later(episode: int) -> Callable[[str], bool]:
    """Return what finds whether a message may tell of a row known only after an episode: its name, or that it is there.

    The names of the show are read once, however many messages follow.
    """
    latest_named = [read_names() for read_names in rows.name_readers]
    chapters = range(place_of(second_of(episode)) + 1, place_of(last_chapter()) + 1)
    later = "|".join(re.escape(named(place)) for place in (*range(episode + 1, last_episode() + 1), *chapters))
    says_later = re.compile(rf"(?:{later})(?!\w)" if later else r"(?!)")

    def tells_of_later(text: str) -> bool:
        text = unescape(text)  # of some messages names are in HTML, such as O&#x27;Neil
        if IS_THERE.search(text) or says_later.search(text):
            return True
        return not all(is_reached(latest(text, episode), episode) for latest in latest_named)

    return tells_of_later


def told(texts: Iterable[str], horizon: int | None) -> list[str]:
    """Return why something cannot be saved, in other words where that could tell of what is hidden."""
    if horizon is None or not (texts := list(texts)):
        return list(texts)
    tells_of_later = reader_of_later(horizon)
    return [str(NOT_TOLD) if tells_of_later(text) else text for text in texts]


class Discretion:
    """Shows a moderator what people wrote, but for what names something that the moderator does not know yet."""

    def __init__(self, clearance: Clearance) -> None:
        self.clearance = clearance
        self.has_hidden = False

    def words(self, correction: Correction, words: str) -> str:
        """Return a reason or a comment, or a text that hides it."""
        return self._unless_too_early(correction, words, words, instead=HIDDEN)

    def link(self, correction: Correction) -> str:
        """Return the link that was given as evidence, or nothing if its address tells too much."""
        return self._address(correction, correction.evidence_url)

    def page(self, correction: Correction) -> str:
        """Return the address of the page that a note was written on, or nothing if it tells too much."""
        return self._address(correction, correction.page)

    def _address(self, correction: Correction, url: str) -> str:
        return self._unless_too_early(correction, _words_of_address(url), url, instead="")

    def author(self, correction: Correction) -> str:
        return self.name(correction, author_in_words(correction))

    def credit(self, correction: Correction) -> str:
        return self._unless_too_early(correction, correction.credit, credit_in_words(correction), instead="")

    def name(self, correction: Correction, name: str) -> str:
        """Return the name of somebody who did something to a correction, or words that hide it."""
        return self._unless_too_early(correction, name, name, instead=CommonName(HIDDEN_NAME))

    def name_of(self, correction: Correction, user: User | None) -> str:
        """Return who has claimed or decided a correction, or words that hide the name; nothing if nobody has."""
        return self.name(correction, Name(user.get_username())) if user is not None else ""

    def refusal(self, correction: Correction, error: Exception) -> str:
        """Return why something was refused, without the name in it if that tells too much."""
        text, who = " ".join(messages_of(error)), getattr(error, "who", "")
        if not who or self.name(correction, who) == who:
            return text
        return with_capital(text.replace(in_text(who), str(HIDDEN_NAME)))

    def name_apart(self, name: str) -> str:
        """Return a name that stands on no correction, or words that hide it."""
        return Name(HIDDEN_NAME) if self._is_too_early(name, self.clearance.progress) else name

    def words_apart(self, words: str) -> str:
        """Return words that stand on no correction, or a text that hides them."""
        return HIDDEN if self._is_too_early(words, self.clearance.progress) else words

    def _unless_too_early(self, correction: Correction, words: str, shown: str, *, instead: str) -> str:
        if self.clearance.reads_all_of(correction):
            return shown
        if not self._is_too_early(words, self.clearance.reading_episode(correction)):
            return shown
        self.has_hidden = True
        return instead

    def _is_too_early(self, words: str, episode: int) -> bool:
        if not words or self.clearance.has_watched_all:
            return False
        return not all(is_reached(latest_named(words, episode), episode) for latest_named in self._readers)

    @cached_property
    def _readers(self) -> list[Callable[[str, int], int]]:
        return [read_names() for read_names in rows.name_readers]


def _words_of_address(url: str) -> str:
    """Return the words in an address, in which they are parted by signs."""
    return unquote(url).translate(str.maketrans("-_+/.=&?#", " " * 9))
