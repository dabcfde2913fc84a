"""A story told twice, as episodes and as chapters, in another order for some of what it tells."""

from typing import Any

from tests.shows import episode


def both(since: int | None, chapter: int | None, **row: Any) -> dict[str, Any]:
    """A row with a place on either axis; what one of them does not tell has none there."""
    places = {"revealed_in": since, "or_revealed_in": chapter}
    return row | {name: place for name, place in places.items() if place is not None}


def _name(name: str, since: int | None, chapter: int | None, **values: Any) -> dict[str, Any]:
    return both(since, chapter, name=name, **values)


def two_axes() -> dict[str, Any]:
    """Six episodes and forty chapters, which tell much in another order and something that the others do not."""
    return {
        "series": {"title": "Twice Told", "second_unit": "part", "second_units": "parts"},
        "episodes": [episode(number) for number in range(1, 7)],
        "chapters": [
            {"number": number, "title": f"Heading of {number}", "synopsis": f"What part {number} tells of [[ann]]."}
            for number in range(1, 41)
        ],
        "vocabulary": [
            both(4, 12, section="relation", key="guards", label="guards", sentence="guards", bond="kin", goes_on=True)
        ],
        "characters": [
            {
                "key": "ann", "revealed_in": 0,
                "aliases": [
                    {"name": "Ann", "headline": True, "revealed_in": 0},
                    _name("Ann of the Harbour", 5, 3, headline=True),
                    _name("The Seventh", 2, 30, kind="codename"),
                ],
                "traits": [
                    both(1, 9, attribute="species", value="human"),
                    both(5, 2, attribute="species", value="android"),
                    both(3, None, attribute="status", value="missing"),
                    both(None, 25, attribute="ability", value="reads tides"),
                    both(1, 1, attribute="definition", value="a pilot of the harbour"),
                ],
                "memberships": [both(2, 6, faction="guild", role="pilot", ended_in=6, or_ended_in=8)],
                "tags": [both(1, 1, name="pilot", ended_in=4, or_ended_in=31), both(None, 11, name="tide reader")],
            },
            {
                **both(1, 5, key="mask"),
                "aliases": [_name("The Mask", 1, 5, headline=True)],
                "traits": [both(2, 7, attribute="occupation", value="courier of [[guild]]")],
            },
            {
                **both(2, 4, key="bea"),
                "aliases": [_name("Bea", 2, 4, headline=True), _name("Beatrix Vane", 6, 16, headline=True)],
                "memberships": [both(3, 10, faction="guild", role="head", or_ended_in=33)],
            },
            {
                **both(None, 14, key="cole"),
                "aliases": [_name("Cole", None, 14, headline=True)],
                "traits": [both(None, 15, attribute="species", value="human")],
                "tags": [both(None, 20, name="pilot")],
            },
            {
                **both(3, None, key="dora"),
                "aliases": [_name("Dora", 3, None, headline=True)],
            },
        ],
        "factions": [
            {
                **both(2, 6, key="guild"),
                "aliases": [_name("The Guild", 2, 6, headline=True), _name("The Drowned Guild", 4, 38, headline=True)],
            },
            {**both(4, 2, key="court"), "aliases": [_name("The Court", 4, 2, headline=True)]},
        ],
        "relationships": [
            both(3, 18, source="ann", kind="ally", target="bea", ended_in=5, or_ended_in=19),
            both(5, 13, source="bea", kind="guards", target="ann"),
            both(None, 22, source="cole", kind="killed", target="bea", certainty="claimed"),
            both(4, None, source="dora", kind="sibling", target="mask"),
        ],
        "revelations": [
            both(1, 5, key="r1", text="[[mask]] follows [[ann]].", characters=["ann", "mask"]),
            both(3, 18, key="r2", text="[[bea]] trusts [[ann]].", characters=["ann", "bea"]),
            both(5, 19, key="r3", text="[[bea]] never trusted her.", characters=["ann", "bea"], supersedes="r2"),
            both(None, 21, key="r4", text="[[cole]] keeps the tide tables.", characters=["cole"], factions=["guild"]),
            both(6, 40, key="r5", text="[[guild]] sinks.", factions=["guild"]),
            both(3, None, key="r6", text="[[dora]] waits at the lighthouse.", characters=["dora"]),
        ],
        "unmaskings": [both(6, 17, persona="mask", identity="bea")],
    }  # fmt: skip
