"""A show with a vocabulary of its own, of which some words come with an episode."""

from typing import Any

from tests.shows import character, episode, revelation, trait, unmasking

EPISODES = 4
VOWED = 3  # the episode from which on there are oaths


def word(key: str, section: str = "relation", **values: Any) -> dict[str, Any]:
    return {"section": section, "key": key} | values


def tie(source: str, kind: str, target: str, *, since: int, **values: Any) -> dict[str, Any]:
    return {"source": source, "kind": kind, "target": target, "revealed_in": since} | values


WORDS = [
    word("avenges", label="avenges", reverse="avenged by", bond="conflict"),
    word("friend", label="shipmate of", bond="trust", goes_on=True),
    word("twin", left_out=True),
    word("sworn", label="blood-sworn to", reverse="holds the oath of", sentence="swore blood to", bond="power",
         goes_on=True, revealed_in=VOWED),
    word("bounty", "attribute", label="Bounty", single=True),
    word("habit", "attribute", label="Ways aboard"),
    word("voice_actor_de", "attribute", label="Voice (German)", spoken_in="German", revealed_in=2),
    word("true_name", "attribute", label="True name", revealed_in=VOWED),
    word("weakness", "attribute", left_out=True),
    word("epithet", "name", label="Epithet"),
    word("oath_name", "name", label="Name under oath", revealed_in=VOWED),
    word("oathbreaker", label="broke faith with", reverse="left in the lurch by", bond="conflict",
         revealed_in=EPISODES),
]  # fmt: skip


ANN = {
    "aliases": [{"name": "the Gale", "kind": "epithet", "revealed_in": 2}],
    "traits": [
        trait("bounty", "ten crowns", since=1),
        trait("bounty", "forty crowns", since=2),
        trait("habit", "hums", since=1),
        trait("voice_actor_de", "Vera Vogel", since=2),
        trait("true_name", "Annaliese", since=VOWED),
    ],
}


PLAIN = [character(name) for name in ("ann", "bea", "cid", "dora")]  # of the default list alone


def vows(**files: Any) -> dict[str, Any]:
    """The files of the show; `vocabulary`, `relationships` and others can be given in their place."""
    return {
        "series": {"title": "Vows"},
        "episodes": [episode(number) for number in range(1, EPISODES + 1)],
        "vocabulary": WORDS,
        "characters": [
            character("ann", **ANN),
            character("bea", aliases=[{"name": "Bea Bound", "kind": "oath_name", "revealed_in": VOWED}]),
            character("cid"),
            character("dora", since=2),
        ],
        "relationships": [
            tie("ann", "friend", "bea", since=1),
            tie("cid", "avenges", "ann", since=2),
            tie("bea", "sworn", "dora", since=VOWED),
            tie("dora", "oathbreaker", "bea", since=EPISODES),
        ],
        "revelations": [revelation("meeting", "[[ann]] meets [[bea]].", since=1, characters=["ann", "bea"])],
        "unmaskings": [unmasking("cid", "dora", since=EPISODES)],
    } | files
