"""Names of subjects and episodes for moderators, as they are known at an episode."""

from collections.abc import Callable, Iterable

from django.db.models import Q

from characters.kinds import SUBJECTS, Kind
from characters.lore.knowledge import Knowledge
from characters.lore.search.looking import owners_of_names
from characters.models import Alias
from characters.text.mentions import MENTION, mentioned_keys
from episodes.models import Episode
from episodes.names import Name


def names_of(kind: Kind) -> Callable[[Iterable[str], int], dict[str, Name]]:
    """Return a function that finds the names of subjects by their ids at an episode."""

    def names(keys: Iterable[str], episode: int) -> dict[str, Name]:
        known = Alias.objects.as_of(episode).filter(headline=True, **{f"{kind.name}__in": list(keys)})
        newest_last = known.order_by("revealed_in").values_list(f"{kind.name}_id", "name")
        return {str(key): Name(name) for key, name in newest_last}

    return names


def find_in(kind: Kind) -> Callable[[str, int], Iterable[str]]:
    """Return a function that finds the ids of subjects by a part of a name at an episode."""

    def find(words: str, episode: int) -> Iterable[str]:
        named = Q(name__icontains=words) | Q(**{f"{kind.name}__in": owners_of_names(Knowledge(episode), words)})
        known = Alias.objects.as_of(episode).filter(named, **{f"{kind.name}__isnull": False})
        return {str(key) for key in known.values_list(f"{kind.name}_id", flat=True)}

    return find


def names_of_episodes(keys: Iterable[str], episode: int) -> dict[str, Name]:
    """Return the names of episodes by their numbers, with the titles of those that have been watched."""
    rows = Episode.objects.filter(number__in=[int(key) for key in keys])
    return {
        str(row.number): Name(f"episode {row}" if row.number <= episode else f"episode {row.number}")
        for row in rows.only("number", "title")
    }


def find_episodes(words: str, episode: int) -> Iterable[str]:
    """Return the numbers of the watched episodes that have these words in their titles."""
    known = Episode.objects.filter(number__lte=episode, title__icontains=words)
    return {str(number) for number in known.values_list("number", flat=True)}


def read_mentions(texts: Iterable[str], episode: int) -> dict[str, str]:
    """Return the words for each mention in some texts; a subject that is not known yet is “somebody”."""
    texts = list(texts)
    keys = {key for text in texts for key in mentioned_keys(text)}
    if not keys:
        return {}
    names: dict[str, str] = {}
    for kind in SUBJECTS:
        mentioned = dict(kind.model._base_manager.filter(key__in=keys).values_list("id", "key"))
        known = names_of(kind)(map(str, mentioned), episode)
        names |= {key: known.get(str(pk), "somebody") for pk, key in mentioned.items()}
    return {
        match[0]: match[2] or names[match[1]] for text in texts for match in MENTION.finditer(text) if match[1] in names
    }
