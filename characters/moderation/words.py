"""Names of subjects and episodes for moderators, as they are known at an episode."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.db.models import Q

from characters.kinds import ALIAS, SUBJECTS, Kind, prose_of
from characters.lore.knowledge import Knowledge
from characters.lore.search.looking import owners_of_names
from characters.models import Alias
from characters.text.mentions import MENTION, mentioned_keys
from corrections import rows
from corrections.wording import RowNames
from episodes.known import is_read_by_now, place_in_order
from episodes.models import Episode
from episodes.names import Name
from episodes.units import named


def names_of(kind: Kind) -> Callable[[Iterable[str], int], dict[str, Name]]:
    """Return a function that finds the names of subjects by their ids at an episode."""

    def names(keys: Iterable[str], episode: int) -> dict[str, Name]:
        known = Alias.objects.as_of(episode).filter(headline=True, **{f"{kind.name}__in": list(keys)})
        newest_last = known.order_by(place_in_order(episode)).values_list(f"{kind.name}_id", "name")
        return {str(key): Name(name) for key, name in newest_last}

    return names


def names_from(kind: Kind) -> Callable[[Iterable[tuple[str, rows.Values]], int], dict[str, Name]]:
    """Return a function that finds the headline names which rows that are to be added would give to subjects."""

    def names(added: Iterable[tuple[str, rows.Values]], episode: int) -> dict[str, Name]:
        aliases = [values for label, values in added if label == ALIAS.label and values.get("headline")]
        places = [(rows.place_for(each, episode), each) for each in aliases if each.get(kind.name)]
        known = [(place, each) for place, each in places if place is not None]
        known.sort(key=lambda pair: pair[0])
        return {str(each[kind.name]): Name(each["name"]) for _, each in known}

    return names


def titles_of(kind: Kind) -> Callable[[Iterable[tuple[str, rows.Values]], RowNames], list[str]]:
    """Return a function that puts rows of a kind into a line each, with the names that a moderator may read."""

    def titles(named: Iterable[tuple[str, rows.Values]], names: RowNames) -> list[str]:
        each_row = [{"pk": key} | values for key, values in named]
        speaker = _Speaker(kind, each_row, names)
        return [kind.title(speaker.with_tag(values), speaker) for values in each_row]

    return titles


class _Speaker:
    """The names and texts of some rows of a kind, as a moderator reads them; a `kinds.Speaker`."""

    def __init__(self, kind: Kind, each_row: list[rows.Values], names: RowNames) -> None:
        self.names = names
        self.labels: dict[str, str] = {}
        own = ["pk"] if kind in SUBJECTS else []
        for name in (*own, *kind.owners, *kind.connects, *(["tag"] if "tag" in kind.fields else [])):
            label = kind.label if name == "pk" else kind.related_model(name)._meta.label_lower
            keys = {str(values[name]) for values in each_row if values.get(name)}
            names.look_up(rows.editable(label), keys)
            self.labels |= dict.fromkeys(keys, label)
        texts = [values.get(name) or "" for name in prose_of(kind) for values in each_row]
        self.mentions = names.of_mentions(texts)

    def with_tag(self, values: rows.Values) -> rows.Values:
        return values | {"tag": self.name(values["tag"])} if "tag" in values else values

    def name(self, subject: Any) -> Name:
        label = self.labels.get(str(subject))
        return self.names.name(rows.editable(label), subject) if label else Name("somebody")

    def words(self, text: str) -> str:
        return MENTION.sub(lambda match: f"{Name(self.mentions.get(match[0], match[2] or match[1]))}", text)


def find_in(kind: Kind) -> Callable[[str, int], Iterable[str]]:
    """Return a function that finds the ids of subjects by a part of a name at an episode."""

    def find(words: str, episode: int) -> Iterable[str]:
        named = Q(name__icontains=words) | Q(**{f"{kind.name}__in": owners_of_names(Knowledge(episode), words)})
        known = Alias.objects.as_of(episode).filter(named, **{f"{kind.name}__isnull": False})
        return {str(key) for key in known.values_list(f"{kind.name}_id", flat=True)}

    return find


def names_of_episodes(keys: Iterable[str], episode: int) -> dict[str, Name]:
    """Return the names of episodes by their numbers, with the titles of those that exist and have been watched."""
    keys = [str(int(key)) for key in keys]
    watched = Episode.objects.filter(is_read_by_now(episode), number__in=map(int, keys)).only("number", "title")
    return {key: Name(named(int(key))) for key in keys} | {
        str(row.number): Name(f"{named(row.number)} · {Name(row.title)}") for row in watched if row.title
    }


def find_episodes(words: str, episode: int) -> Iterable[str]:
    """Return the numbers of the watched episodes that have these words in their titles."""
    known = Episode.objects.filter(is_read_by_now(episode), title__icontains=words)
    return {str(number) for number in known.values_list("number", flat=True)}


def read_mentions(texts: Iterable[str], episode: int, added: Mapping[str, str]) -> dict[str, str]:
    """Return the words for each mention in some texts; a subject that is not known yet is “somebody”.

    `added` has names by keys that are in no row so far.
    """
    texts = list(texts)
    keys = {key for text in texts for key in mentioned_keys(text)}
    if not keys:
        return {}
    names: dict[str, str] = dict(added)
    for kind in SUBJECTS:
        mentioned = dict(kind.model._base_manager.filter(key__in=keys).values_list("id", "key"))
        known = names_of(kind)(map(str, mentioned), episode)
        names |= {key: known.get(str(pk), "somebody") for pk, key in mentioned.items()}
    return {
        match[0]: match[2] or names[match[1]] for text in texts for match in MENTION.finditer(text) if match[1] in names
    }
