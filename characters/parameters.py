"""What public pages read of their addresses, in the shortest words: addresses that mean the same share a kept page."""

from functools import lru_cache

from characters.converters import is_public_id
from characters.kinds import kind_with_pages
from characters.lore.lists.facets import facets_of
from characters.lore.lists.filters import MOST_VALUES, SORTS
from characters.lore.pages.addresses import without_name
from characters.text.fitting import as_typed
from characters.text.words import LONGEST_QUERY, parse
from episodes.kept_pages import Parameters, any_of, number, page_number, text
from episodes.requests import whole_number

MEANINGLESS = "-"  # what none of them could be; pages say so in the same words whatever it is


@lru_cache(2**10)
def _query(typed: str) -> str:
    query = parse(typed)
    return query.text if parse(query.text) == query else typed


def _public_id(public_id: str) -> str:
    return public_id if not public_id or is_public_id(public_id) else MEANINGLESS


def _order(sort: str) -> str:
    return sort if not sort or sort in SORTS else MEANINGLESS


def _nameless(address: str) -> str:
    return address if without_name(address) == address else ""


QUERY = text(lambda typed: _query(typed[:LONGEST_QUERY]))  # no more of it is read, or remembered
FACTION = CENTRE = text(_public_id)
NAME = text(as_typed)
PAGE = page_number
SINCE = number(digits=4, otherwise=[MEANINGLESS])
SINCE_ON_MAP = text(lambda since: since if not since or whole_number(since, digits=4) is not None else MEANINGLESS)
EPISODE = number(digits=4)
NAMELESS = text(_nameless)


def of_list(kind: str) -> Parameters:
    """Return what the list of a kind is narrowed and sorted by; `kind` is the plural in its address."""
    choices = {name: any_of(MOST_VALUES) for name in facets_of(kind_with_pages(kind))}
    return {**choices, "sort": text(_order), "page": PAGE}
