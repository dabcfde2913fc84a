"""Search: names first (exact, beginning, word in it, one slip), then texts, the newest known first.

One index entry per gated row, and the gate is part of every question to the index. Rank is made of the visible rows
alone: no statistics of the corpus, which would count what is hidden.
"""

from characters.lore.knowledge import Knowledge
from characters.text.words import Query, parse
from characters.values.search import SearchPage, Suggestion

from .index import MOST_NAMES, MOST_SUGGESTIONS, Rank, _names, _texts
from .results import GROUPS_PER_PAGE, _Found
from .slips import _corrected


def search(knowledge: Knowledge, text: str, page: int = 1) -> SearchPage:
    query = parse(text)
    if not query.wanted:
        return _Found(knowledge, query).page(query.text, page)
    found = _look_for(knowledge, query) or _look_for_each(knowledge, query)
    better = None if found.has_names else _corrected(knowledge, query, keeping_others=not found)
    if better is None:
        return found.page(query.text, page)
    if found:
        return found.page(query.text, page, did_you_mean=better.text if _names(knowledge, better, 1) else "")
    instead = _look_for(knowledge, better)
    return instead.page(query.text, page, shown_instead=better.text if instead else "")


def _look_for(knowledge: Knowledge, query: Query) -> _Found:
    found = _Found(knowledge, query)
    found.add(_names(knowledge, query, MOST_NAMES), _texts(knowledge, query, Rank.TEXT))
    if len(found) < GROUPS_PER_PAGE:
        found.add([], _texts(knowledge, query, Rank.WORDS_BEGIN))
    return found


def _look_for_each(knowledge: Knowledge, query: Query) -> _Found:
    """Whoever bears all the words, though in names of their own: the one name has the first, another the second."""
    found = _Found(knowledge, query)
    if query.is_plain:
        names = [_names(knowledge, Query(query.text, (term,)), MOST_NAMES) for term in query.wanted]
        common = set.intersection(*({knowledge.root_of(name.owner) for name in of_one} for of_one in names))
        fitting = [name for of_one in names for name in of_one if knowledge.root_of(name.owner) in common]
        found.add([name._replace(rank=Rank.WORD_IN_NAME) for name in fitting], {})
    return found


def suggest(knowledge: Knowledge, text: str) -> tuple[Suggestion, ...]:
    """Visible names that fit what has been typed so far, one for each character or faction."""
    query = parse(text)
    if not query.is_plain:
        return ()
    found = _named(knowledge, query) or _look_for_each(knowledge, query)
    if not found and (better := _corrected(knowledge, query)):
        found = _named(knowledge, better)
    return found.suggestions()


def _named(knowledge: Knowledge, query: Query) -> _Found:
    found = _Found(knowledge, query)
    found.add(_names(knowledge, query, MOST_SUGGESTIONS * 3), {})
    return found
