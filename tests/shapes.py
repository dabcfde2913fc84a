"""Random shows whose pages tell nothing of what comes later by their shape, or tell it in one way."""

from collections.abc import Callable
from random import Random
from typing import Any

from characters.shape.sights import CHANGES_SIDES, DIES, UNMASKED, Sight
from episodes.names import Name
from tests.shows import episode, headline

EPISODES, CHARACTERS, GROUPS = 6, 48, 3
ATTRIBUTES = ("occupation", "appearance", "ability", "habit", "weapon", "weakness", "purpose", "voice_actor")
KINDS = ("ally", "enemy", "sibling", "serves", "hunts", "rescued")
COLOURS = ("red", "blue", "green", "silver", "black")

type Rows = dict[str, Any]


class RandomShow:
    """Somebody appears as much as their weight says. What is told of them comes with what is learned of them, and the
    more is learned, the likelier something happens to them."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.revelations: list[Rows] = []
        self.relationships: list[Rows] = []
        self.characters = [self._character(number) for number in range(CHARACTERS)]
        for character in self.characters:
            self._tell_of(character)
        self.unmasked: dict[str, int] = {}
        self.dead: dict[str, int] = {}
        self.turned: dict[str, int] = {}
        self.unmaskings = self._decide_fates()
        self.dies = self._deaths_on_pages()

    def files(self) -> Rows:
        """Return what `write_show` takes."""
        return {
            "episodes": [episode(number) for number in range(1, EPISODES + 1)],
            "factions": [
                {"key": f"g{number}", "revealed_in": 1, "aliases": [headline(f"Group {number}", since=1)]}
                for number in range(GROUPS)
            ],
            "characters": self.characters,
            "relationships": self.relationships,
            "revelations": self.revelations,
            "unmaskings": self.unmaskings,
        }

    # What is told of somebody

    def _character(self, number: int) -> Rows:
        """Return what a page begins with."""
        random, first = self.random, self.random.choice((1, 1, 1, 2, 2, 3))
        traits = [_trait("status", "alive", first), _trait("summary", self.words(random.randint(8, 40)), first)]
        if random.random() < 0.85:
            traits.append(_trait("species", random.choice(("human", "Nean")), first))
        if random.random() < 0.6:
            traits.append(_trait("colour", random.choice(COLOURS), first))
        return {
            "key": f"c{number}",
            "revealed_in": first,
            "aliases": [headline(f"{self.words(1).title()} {number}", since=first)],
            "traits": traits,
            "memberships": [{"faction": f"g{random.randrange(GROUPS)}", "role": "member", "revealed_in": first}],
            "tags": [],
        }

    def _tell_of(self, character: Rows) -> None:
        """Add what is learned of somebody, and the rows that come with it."""
        key, first, weight = character["key"], character["revealed_in"], 0.2 + self.random.expovariate(1)
        attributes = self.random.sample(ATTRIBUTES, len(ATTRIBUTES))
        for number in range(first, EPISODES + 1):
            for place in range(self._about(weight)):
                text = f"[[{key}]] {self.words(self.random.randint(4, 25))}."
                row = {"key": f"{key}.{number}.{place}", "text": text, "revealed_in": number, "characters": [key]}
                self.revelations.append(row)
                brings = self.random.random()
                if brings < 0.3 and attributes:
                    said = self.words(self.random.randint(1, 6))
                    character["traits"].append(_trait(attributes.pop(), said, number))
                elif brings < 0.5:
                    name = {"name": f"{self.words(1)} of {row['key']}", "kind": "variant", "revealed_in": number}
                    character["aliases"].append(name)
                elif brings < 0.7:
                    character["tags"].append({"name": f"tag {self.random.randrange(9)} {place}", "revealed_in": number})
                else:
                    self._tie(character, number)

    def _tie(self, one: Rows, number: int) -> None:
        other = self.random.choice([row for row in self.characters if row["revealed_in"] <= number])
        kind = self.random.choice(KINDS)
        row = {"source": one["key"], "kind": kind, "target": other["key"], "revealed_in": number}
        if one is not other and not any(_says_it_already(each, row) for each in self.relationships):
            self.relationships.append(row)

    # What happens to them

    def _decide_fates(self) -> list[Rows]:
        """Decide who is unmasked, dies and changes sides: more of those who appear more, and for no other reason."""
        unmaskings: list[Rows] = []
        for row in self.characters:
            key, first = row["key"], row["revealed_in"]
            learned = sum(key in each["characters"] for each in self.revelations)
            likely = min(0.6, 0.1 + 0.05 * learned)
            if self.random.random() < likely:
                self.turned[key] = self._later(first)
                row["memberships"][0]["ended_in"] = self.turned[key]
                row["memberships"].append(
                    {"faction": f"g{self.random.randrange(GROUPS)}", "role": "spy", "revealed_in": self.turned[key]}
                )
            if self.random.random() < likely:
                self.dead[key] = self._later(first)
                row["traits"].append(_trait("status", "deceased", self.dead[key]))
            if self.random.random() < likely:
                self.unmasked[key] = self._later(first)
        for persona, since in self.unmasked.items():
            known = [
                row["key"] for row in self.characters if row["revealed_in"] < since and row["key"] not in self.unmasked
            ]
            unmaskings.append({"persona": persona, "identity": self.random.choice(known), "revealed_in": since})
        return unmaskings

    def _deaths_on_pages(self) -> dict[str, int]:
        """Return when a page says that somebody is dead: also of whoever that turns out to be, or turned out to be."""
        dies = dict(self.dead)
        for row in self.unmaskings:
            persona, identity, since = row["persona"], row["identity"], row["revealed_in"]
            for one, other in ((persona, identity), (identity, persona)):
                if other in self.dead and one not in self.dead:
                    dies[one] = max(since, self.dead[other])
        return dies

    # By chance

    def words(self, count: int) -> str:
        syllables = ("ba", "do", "ki", "lu", "mer", "na", "po", "ras", "ti", "vo")
        return " ".join("".join(self.random.choices(syllables, k=3)) for _ in range(count))

    def _about(self, mean: float) -> int:
        """Return a number around a mean, mostly below it and now and then far above."""
        count, left = 0, self.random.expovariate(1)
        while left < mean and count < 8:
            count, left = count + 1, left + self.random.expovariate(1)
        return count

    def _later(self, first: int) -> int:
        return self.random.randint(first + 1, EPISODES)


def _trait(attribute: str, value: str, since: int) -> Rows:
    return {"attribute": attribute, "value": value, "revealed_in": since}


# Each way to tell: what is told, by which feature, and how.


def without_species(show: RandomShow) -> None:
    for row in show.characters:
        row["traits"] = [each for each in row["traits"] if each["attribute"] != "species"]
        if row["key"] not in show.unmasked:
            row["traits"].append(_trait("species", "human", row["revealed_in"]))


def long_summaries(show: RandomShow) -> None:
    for row in show.characters:
        for each in row["traits"]:
            if each["attribute"] == "summary" and row["key"] in show.dies:
                each["value"] += " " + show.words(80)


def many_spellings(show: RandomShow) -> None:
    for row in show.characters:
        if row["key"] in show.turned:
            row["aliases"] += [
                {"name": f"{show.words(1)} {row['key']} too", "kind": "variant", "revealed_in": row["revealed_in"]}
                for _ in range(2)
            ]


def in_red(show: RandomShow) -> None:
    for row in show.characters:
        row["traits"] = [each for each in row["traits"] if each["attribute"] != "colour"]
        colour = "red" if row["key"] in show.dies else show.random.choice(("blue", "green", "silver"))
        row["traits"].append(_trait("colour", colour, row["revealed_in"]))


TELLING: dict[str, tuple[Callable[[RandomShow], None], str, str]] = {
    "what is missing": (without_species, "unmasked later", "species: given"),
    "how long it is": (long_summaries, "dies later", "summary: length"),
    "how many there are": (many_spellings, "changes sides later", "names: spelling variant"),
    "its colour": (in_red, "dies later", "accent: red"),
}


def telling_show(seed: int, way: str) -> RandomShow:
    show = RandomShow(seed)
    TELLING[way][0](show)
    return show


# The same without a database, for tests of many shows


def sights_of(show: RandomShow) -> list[Sight]:
    """Return what a reader sees of the pages of a random show, of the features that `RandomShow` can differ in."""
    return [
        Sight(
            who=who,
            public_id=row["key"],
            name=Name(row["aliases"][0]["name"]),
            episode=number,
            revelations=sum(row["key"] in each["characters"] for each in _known(show.revelations, number)),
            features=_features(show, row, number),
            later=_later(show, row["key"], number),
        )
        for number in range(EPISODES + 1)
        for who, row in enumerate(show.characters)
        if row["revealed_in"] <= number < show.unmasked.get(row["key"], EPISODES + 1)
    ]


def _says_it_already(tie: Rows, other: Rows) -> bool:
    """Return whether two ties are the same; what happens may happen again."""
    if other["kind"] == "rescued":
        return tie == other
    return tie["kind"] == other["kind"] and {tie["source"], tie["target"]} == {other["source"], other["target"]}


def _known(rows: list[Rows], number: int) -> list[Rows]:
    return [row for row in rows if row["revealed_in"] <= number]


def _features(show: RandomShow, row: Rows, number: int) -> dict[str, float]:
    traits = {each["attribute"]: each["value"] for each in _known(row["traits"], number)}
    ties = [each for each in _known(show.relationships, number) if row["key"] in (each["source"], each["target"])]
    features: dict[str, float] = {
        "summary: length": len(traits["summary"]),
        "names: spelling variant": len(_known(row["aliases"], number)) - 1,
        "tags: number": len(_known(row["tags"], number)),
        "ties: number": len(ties),
    }
    for attribute in ("species", *ATTRIBUTES):
        features[f"{attribute}: given"] = attribute in traits
        features[f"{attribute}: length"] = len(traits.get(attribute, ""))
    for kind in KINDS:
        features[f"ties: {kind}"] = sum(each["kind"] == kind for each in ties)
    for colour in COLOURS:
        features[f"accent: {colour}"] = traits.get("colour") == colour
    return features


def _later(show: RandomShow, key: str, number: int) -> dict[str, int | None]:
    unmasked, dead, turned = show.unmasked.get(key), show.dies.get(key), show.turned.get(key)
    later = {UNMASKED: unmasked, CHANGES_SIDES: turned if turned and turned > number else None}
    return later if dead and dead <= number else later | {DIES: dead}
