"""Voices: the list of them by language, and whom each speaks.

A voice is a trait of those it speaks and known from the episode of that trait on, as is each single role. Its page has
an address made from its name as it is written in the trait; who writes one name in two ways has two voices.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from characters.lore.cast import Cast
from characters.lore.knowledge import Knowledge, path
from characters.lore.spoken import roles_of, spoken_in
from characters.lore.telling import voice_id, voice_url
from characters.values.credits import Role, SpokenIn, Voice, VoiceList, VoicePage
from characters.vocabulary import Vocabulary
from episodes.names import Name
from episodes.order import sort_key
from episodes.parts import in_parts, number_and_last
from episodes.requests import with_parameter

# What a page bears
MOST_NAMES = 200  # of voices, and of those they speak
MOST_ROLES = 150
MOST_NAMED = 12  # roles of one voice in the list of all


def voice_list(knowledge: Knowledge, part: int = 1) -> VoiceList:
    """Return the voices that are known, language by language, in order of name."""
    spoken = spoken_in(knowledge)
    cast = Cast(knowledge)
    cast.note_texts(value for _, value in spoken)
    cast.look_up()
    place = _places(knowledge.vocabulary)
    in_order = sorted(spoken, key=lambda voice: (place[voice[0]], *_by_name(voice[1], cast)))
    parts = in_parts(in_order, MOST_NAMES, lambda voice: 1 + min(len(spoken[voice]), MOST_NAMED))
    number, last = number_and_last(part, parts)
    shown = parts[number - 1]
    cast.note(subject for voice in shown for subject in spoken[voice])
    cast.look_up()
    return VoiceList(
        count=len({value for _, value in spoken}),
        languages=_by_language(
            knowledge.vocabulary,
            ((language, _voice(value, roles_of(spoken[language, value], cast), cast)) for language, value in shown),
        ),
        number=number,
        last=last,
        page_url=with_parameter(knowledge.address("voices"), "page="),
    )


def voice_page(knowledge: Knowledge, public_id: str, part: int = 1) -> VoicePage | None:
    """Return whom a voice speaks; one that nobody is known to have does not exist."""
    spoken = {voice: whom for voice, whom in spoken_in(knowledge).items() if voice_id(voice[1]) == public_id}
    if not spoken:
        return None
    (value,) = {value for _, value in spoken}
    cast = Cast(knowledge)
    cast.note_texts([value])
    cast.note(subject for subjects in spoken.values() for subject in subjects)
    cast.look_up()
    place = _places(knowledge.vocabulary)
    roles = [
        (language, role)
        for language, _ in sorted(spoken, key=lambda voice: place[voice[0]])
        for role in roles_of(spoken[language, value], cast)
    ]
    parts = in_parts(roles, MOST_ROLES, lambda role: 1)
    number, last = number_and_last(part, parts)
    name, url = Name(cast.words(value, inline=True)), voice_url(value, cast)
    shown: dict[str, list[Role]] = defaultdict(list)
    for language, role in parts[number - 1]:
        shown[language].append(role)
    return VoicePage(
        name=name,
        url=url,
        url_without_name=voice_without_name(public_id),
        languages=_by_language(
            knowledge.vocabulary, ((language, Voice(name, url, tuple(those))) for language, those in shown.items())
        ),
        number=number,
        last=last,
        page_url=with_parameter(url, "page="),
    )


def voice_addresses(knowledge: Knowledge) -> list[str]:
    """Return the address of the page of each voice that is known, in order of name."""
    values = {value for _, value in spoken_in(knowledge)}
    cast = Cast(knowledge)
    cast.note_texts(values)
    cast.look_up()
    return [voice_url(value, cast) for value in sorted(values, key=lambda value: _by_name(value, cast))]


def voice_address(knowledge: Knowledge, public_id: str) -> str | None:
    """Return the full address of the voice behind a public id, if it is known."""
    value = _value_behind(knowledge, public_id)
    if value is None:
        return None
    cast = Cast(knowledge)
    cast.note_texts([value])
    cast.look_up()
    return voice_url(value, cast)


def voice_exists(knowledge: Knowledge, public_id: str) -> bool:
    """Return whether anybody is known to have this voice."""
    return _value_behind(knowledge, public_id) is not None


def voice_without_name(public_id: str) -> str:
    """Return the address of a voice that does not tell its name."""
    return path("voice-short", public_id)


def _value_behind(knowledge: Knowledge, public_id: str) -> str | None:
    return next((value for _, value in spoken_in(knowledge) if voice_id(value) == public_id), None)


def _places(vocabulary: Vocabulary) -> dict[str, int]:
    """Return the places of the languages, by the attribute that says whose voice it is."""
    return {attribute: place for place, attribute in enumerate(vocabulary.spoken_in)}


def _by_name(value: str, cast: Cast) -> tuple[str, str]:
    return sort_key(cast.words(value, inline=True)), value


def _voice(value: str, roles: tuple[Role, ...], cast: Cast) -> Voice:
    return Voice(
        name=Name(cast.words(value, inline=True)),
        url=voice_url(value, cast),
        roles=roles[:MOST_NAMED],
        more=max(len(roles) - MOST_NAMED, 0),
    )


def _by_language(vocabulary: Vocabulary, voices: Iterable[tuple[str, Voice]]) -> tuple[SpokenIn, ...]:
    by_language: dict[str, list[Voice]] = defaultdict(list)
    for language, voice in voices:
        by_language[language].append(voice)
    return tuple(_languages(vocabulary, by_language))


def _languages(vocabulary: Vocabulary, by_language: dict[str, list[Voice]]) -> Iterator[SpokenIn]:
    for attribute, language in vocabulary.spoken_in.items():
        if attribute in by_language:
            yield SpokenIn(language, tuple(by_language[attribute]))
