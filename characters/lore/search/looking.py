"""Search: names first (exact, beginning, word in it, one slip), then who is known as that or tied to whom the query
names, then texts, the newest known first.

One index entry per gated row, and the gate is part of every question to the index. Rank is made of the visible rows
alone: no statistics of the corpus, which would count what is hidden.
"""

from uuid import UUID

from characters.kinds import RELATIONSHIP
from characters.lore.knowledge import Knowledge
from characters.lore.spoken import FoundVoice, asks_for_voices_alone, find_voices, without_asking
from characters.text.other_words import in_other_words
from characters.text.words import Query, highlighted, parse
from characters.values.search import SearchPage, Suggestion
from episodes.names import capital

from .index import MOST_NAMES, MOST_SUGGESTIONS, Rank, are_in_names, find_beginnings, find_names, find_parts, find_texts
from .results import GROUPS_PER_PAGE, Results
from .slips import respelled
from .telling_texts import KNOWN_BY, PASSIVE, without_verb


def search(knowledge: Knowledge, text: str, page: int = 1) -> SearchPage:
    """Return a page of results; where no name fits, the query may be corrected or another one suggested."""
    query = _as_meant(knowledge, parse(text))
    if not query.wanted:
        return _look_for_signs(knowledge, query).page(query.text, page)
    results = _look_for(knowledge, query) or _look_for_each_word(knowledge, query)
    if not results and (named := without_asking(query)):
        results = _look_for(knowledge, named)
    if not results.has_names and (bare := query.without_courtesies):
        results.add(find_names(knowledge, bare, MOST_NAMES), {} if results else find_texts(knowledge, bare))
    _add_ties(knowledge, query, results)
    _add_other_words(knowledge, query, results)
    better = None
    is_found = results.has_names or results.says_who_it_is or results.has_ties
    if not is_found and not asks_for_voices_alone(query):
        better = respelled(knowledge, query, keeping_others=not results)
    if better is None:
        if not (results.has_names or results.has_ties) and len(query.telling) > 1 and query.is_plain:
            results.add(find_parts(knowledge, query, MOST_NAMES), {})
        return results.page(query.text, page)
    if results:
        has_names = are_in_names(knowledge, [better], prefix=True)
        return results.page(query.text, page, did_you_mean=better.text if has_names else "")
    instead = _look_for(knowledge, better)
    return instead.page(query.text, page, shown_instead=better.text if instead else "")


def suggest(knowledge: Knowledge, text: str) -> tuple[Suggestion, ...]:
    """Return visible names that fit what has been typed so far, one for each subject; then voices."""
    query = _as_meant(knowledge, parse(text))
    query = query if query.unwanted else query.as_name
    if not query.is_plain:
        return _look_for_signs(knowledge, query).suggestions()
    results = _look_for_names(knowledge, query) or _look_for_each_word(knowledge, query)
    voices = find_voices(knowledge, query, MOST_SUGGESTIONS - len(results))
    if not (results or voices) and (bare := query.without_courtesies):
        results = _look_for_names(knowledge, bare)
    if not (results or voices) and (better := respelled(knowledge, query)):
        results = _look_for_names(knowledge, better)
    return results.suggestions() + tuple(_suggestion_of(voice, query) for voice in voices)


def _suggestion_of(voice: FoundVoice, query: Query) -> Suggestion:
    first, *others = (f"{role.face.name}" for role in voice.roles)
    line = f"Voice of {first}" + (f" and {len(others)} more" if others else "")
    return Suggestion(voice.face, html=highlighted(capital(voice.face.name), query), also=None, line=line)


def owners_of_names(knowledge: Knowledge, text: str) -> set[UUID]:
    """Return who has a name that fits, as an editor types it into a field that finds one."""
    query = parse(text).as_name
    names = find_names(knowledge, query, MOST_NAMES) if query.wanted else []
    if not names and (bare := query.without_courtesies):
        names = find_names(knowledge, bare, MOST_NAMES)
    return {name.owner for name in names}


def _as_meant(knowledge: Knowledge, query: Query) -> Query:
    """Return a query without its operators if it is a name, or begins one, that has such signs itself."""
    if not query.unwanted:
        return query
    names = find_names(knowledge, query.as_name, MOST_NAMES)
    has_signs = any(name.rank <= Rank.NAME_BEGINS and parse(name.name).unwanted for name in names)
    return query.as_name if has_signs else query


def _look_for(knowledge: Knowledge, query: Query) -> Results:
    results = Results(knowledge, query)
    results.add(find_names(knowledge, query, MOST_NAMES), find_texts(knowledge, query))
    if len(results) < GROUPS_PER_PAGE:
        results.add([], find_beginnings(knowledge, query), Rank.WORDS_BEGIN)
    return results


def _add_ties(knowledge: Knowledge, query: Query, results: Results) -> None:
    """Add the ties that a query asks for which calls somebody by what they are, as in “who killed the doctor”."""
    verbs, others = without_verb(query, knowledge.vocabulary)
    if results.has_names or results.has_ties or not (verbs and others and query.is_plain):
        return
    whom = _look_for(knowledge, parse(" ".join(others))).first()
    passive = [PASSIVE] if PASSIVE in query.words else []
    asked = parse(" ".join([*verbs, *passive, whom]))
    if whom:
        ties = {kind: rows for kind, rows in find_texts(knowledge, asked).items() if kind is RELATIONSHIP}
        results.add([], ties, asked=asked)


def _add_other_words(knowledge: Knowledge, query: Query, results: Results) -> None:
    """Add who is known as what the query asks for in another word: the investigator for a detective."""
    if results.has_names or results.says_who_it_is or results.has_ties or not query.is_plain:
        return
    for asked in in_other_words(query):
        telling = {kind: rows for kind, rows in find_texts(knowledge, asked).items() if kind in KNOWN_BY}
        results.add(find_names(knowledge, asked, MOST_NAMES), telling, asked=asked)


def _look_for_names(knowledge: Knowledge, query: Query) -> Results:
    results = Results(knowledge, query)
    results.add(find_names(knowledge, query, MOST_SUGGESTIONS * 3), {})
    return results


def _look_for_signs(knowledge: Knowledge, query: Query) -> Results:
    """Return whoever bears a name without words, such as ???, if that was typed."""
    results = Results(knowledge, query)
    if query.of_signs:
        results.add(find_names(knowledge, query.of_signs, MOST_NAMES), {})
    return results


def _look_for_each_word(knowledge: Knowledge, query: Query) -> Results:
    """Return whoever bears all the words in names of their own: one name has the first, another the second."""
    results = Results(knowledge, query)
    if query.is_plain:
        by_word = [find_names(knowledge, Query(query.text, (term,)), MOST_NAMES) for term in query.wanted]
        common = set.intersection(*({knowledge.root_of(name.owner) for name in names} for names in by_word))
        fitting = [name for names in by_word for name in names if knowledge.root_of(name.owner) in common]
        results.add([name._replace(rank=Rank.WORD_IN_NAME) for name in fitting], {})
    return results
