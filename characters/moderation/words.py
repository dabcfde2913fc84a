"""How corrections are worded for moderators."""

from collections.abc import Callable, Iterable

from characters.models import Alias, Character, Faction, Subject
from characters.text.mentions import MENTION, mentioned_keys
from characters.vocabulary import Attribute
from corrections.rows import Values
from episodes.models import Episode

# Names, as they are known at an episode


def names_of(model: type[Subject]) -> Callable[[Iterable[str], int], dict[str, str]]:
    owner = str(model._meta.model_name)

    def names(keys: Iterable[str], episode: int) -> dict[str, str]:
        known = Alias.objects.as_of(episode).filter(headline=True, **{f"{owner}__in": list(keys)})
        newest_last = known.order_by("revealed_in").values_list(f"{owner}_id", "name")
        return {str(key): name for key, name in newest_last}

    return names


def find(model: type[Subject]) -> Callable[[str, int], Iterable[str]]:
    owner = str(model._meta.model_name)

    def find_named(words: str, episode: int) -> Iterable[str]:
        known = Alias.objects.as_of(episode).filter(name__icontains=words, **{f"{owner}__isnull": False})
        return {str(key) for key in known.values_list(f"{owner}_id", flat=True)}

    return find_named


def names_of_episodes(keys: Iterable[str], episode: int) -> dict[str, str]:
    rows = Episode.objects.filter(number__in=[int(key) for key in keys])
    return {
        str(row.number): f"episode {row}" if row.number <= episode else f"episode {row.number}"
        for row in rows.only("number", "title")
    }


def find_episodes(words: str, episode: int) -> Iterable[str]:
    known = Episode.objects.filter(number__lte=episode, title__icontains=words)
    return {str(number) for number in known.values_list("number", flat=True)}


def read_mentions(texts: Iterable[str], episode: int) -> dict[str, str]:
    """Each mention as it is written, and in words; whoever is not known yet is somebody."""
    texts = list(texts)
    keys = {key for text in texts for key in mentioned_keys(text)}
    if not keys:
        return {}
    names: dict[str, str] = {}
    for model in (Character, Faction):
        found = dict(model._base_manager.filter(key__in=keys).values_list("id", "key"))
        known = names_of(model)(map(str, found), episode)
        names |= {key: known.get(str(pk), "somebody") for pk, key in found.items()}
    return {
        match[0]: match[2] or names[match[1]] for text in texts for match in MENTION.finditer(text) if match[1] in names
    }


# Nouns


def noun_of_alias(values: Values) -> str:
    kind = values.get("kind") or "name"
    return kind if kind in ("name", "title", "codename", "placeholder") else f"name ({kind.replace('_', ' ')})"


def noun_of_trait(values: Values) -> str:
    attribute = values.get("attribute", "")
    return str(Attribute(attribute).label).lower() if attribute in Attribute else "trait"
