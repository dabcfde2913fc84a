"""What the read door tells: newest traits, merged personas, ends that are gated by themselves."""

from pathlib import Path
from typing import Any

import pytest

from characters.lore import Lore
from characters.models import Character, Faction
from characters.values.pages import SubjectPage
from tests.conftest import Visitor
from tests.shows import character, headline, load_show, revelation, trait, unmasking
from tests.twins import text_of

pytestmark = pytest.mark.usefixtures("netted")


def page_of(key: str, *, at: int) -> SubjectPage:
    page = Lore(at).subject("characters", public_id_of(key))
    assert page is not None
    return page


def public_id_of(key: str) -> str:
    return Character.objects.as_of(99).get(key=key).public_id


def facts_of(page: SubjectPage) -> dict[str, list[str]]:
    return {fact.label: [str(value.html) for value in fact.values] for fact in page.facts}


def names_in_list(*, at: int) -> list[str]:
    return [card.face.name for card in Lore(at).subjects("characters").cards]


def changes_of(page: SubjectPage) -> list[tuple[int, str, str]]:
    return [(c.episode.number, entry.label, str(entry.html)) for c in page.chapters for entry in c.changes]


def masked_show(directory: Path, **files: Any) -> None:
    """The mask (2) is Bea (3), and Bea is Ann (since 1) from episode 3 on: a chain."""
    load_show(
        directory,
        episodes=[{"number": number} for number in (1, 2, 3, 4)],
        characters=[
            character("ann", tags=[{"name": "singer", "revealed_in": 1}]),
            character("bea", since=2, tags=[{"name": "pilot", "revealed_in": 2}]),
            character("mask", "the mask", since=2, kind="placeholder", traits=[trait("habit", "laughs", since=2)]),
            character("eve", since=1),
        ],
        unmaskings=[unmasking("mask", "bea", since=3), unmasking("bea", "ann", since=4)],
        **files,
    )


def test_the_newest_headline_known_is_the_name(tmp_path: Path) -> None:
    load_show(tmp_path, characters=[character("ann", "the stranger", aliases=[headline("Ann", since=3)])])
    assert [names_in_list(at=n) for n in range(4)] == [[], ["the stranger"], ["the stranger"], ["Ann"]]


def test_the_newest_trait_wins_and_the_older_stays_as_what_was_believed(tmp_path: Path) -> None:
    species = [trait("species", "human", since=1), trait("species", "Nean", since=3)]
    load_show(tmp_path, characters=[character("ann", traits=species)])
    assert facts_of(page_of("ann", at=2)) == {"Species": ["human"]}
    page = page_of("ann", at=3)
    assert facts_of(page) == {"Species": ["Nean"]}
    [entry] = page.chapters[-1].changes
    assert (entry.label, entry.html, entry.believed_before) == ("Species", "Nean", "human")


def test_of_other_attributes_all_values_stand(tmp_path: Path) -> None:
    load_show(
        tmp_path,
        characters=[character("ann", traits=[trait("ability", "runs", since=1), trait("ability", "flies", since=2)])],
    )
    assert facts_of(page_of("ann", at=1)) == {"Abilities": ["runs"]}
    assert facts_of(page_of("ann", at=2)) == {"Abilities": ["runs", "flies"]}


def test_personas_are_two_until_they_are_one(tmp_path: Path) -> None:
    masked_show(tmp_path)
    assert names_in_list(at=2) == ["Ann", "Bea", "Eve", "the mask"]
    assert names_in_list(at=3) == ["Ann", "Bea", "Eve"]
    assert names_in_list(at=4) == ["Ann", "Eve"]
    assert [Lore(n).home(n - 1).count for n in range(5)] == [0, 2, 4, 3, 2]


def test_a_chain_leads_to_its_end(tmp_path: Path) -> None:
    masked_show(tmp_path)
    assert [page_of("mask", at=n).face.name for n in (2, 3, 4)] == ["the mask", "Bea", "Ann"]
    merged = page_of("mask", at=4)
    assert merged == page_of("ann", at=4)
    assert {name.name for name in merged.names} == {"Bea", "the mask"}
    assert facts_of(merged) == {"Habits": ["laughs"]}
    assert [tag.name for tag in merged.tags] == ["pilot", "singer"]


def test_tags_count_a_merged_character_once(tmp_path: Path) -> None:
    masked_show(tmp_path)
    load_show(
        tmp_path,
        characters=[
            character("ann", tags=[{"name": "spy", "revealed_in": 1}]),
            character("mask", tags=[{"name": "spy", "revealed_in": 1}]),
        ],
        unmaskings=[unmasking("mask", "ann", since=2)],
    )
    assert [[(tag.name, tag.count) for tag in Lore(n).tags().tags] for n in (0, 1, 2)] == [
        [],
        [("spy", 2)],
        [("spy", 1)],
    ]


def test_a_mention_keeps_the_personas_name_and_leads_to_the_identity(tmp_path: Path) -> None:
    masked_show(tmp_path, revelations=[revelation("r", "Beware of [[mask]].", since=2, characters=["eve"])])
    for at, name in ((2, "the-mask"), (3, "bea"), (4, "ann")):
        html = str(page_of("eve", at=at).chapters[0].revelations[0].html)
        assert ">the mask</a>" in html
        assert html.count(f'/{name}/"') == 1


def test_a_mention_begins_a_sentence_with_a_capital(tmp_path: Path) -> None:
    masked_show(tmp_path, revelations=[revelation("r", "[[mask]] laughs. [[mask]] and\n[[mask]].", since=2)])
    episode = Lore(2).episode(2)
    assert episode is not None
    assert str(episode.revelations[0].html).count(">The mask<") == 2


def test_a_tie_between_two_personas_goes_once_they_are_one(tmp_path: Path) -> None:
    masked_show(
        tmp_path,
        relationships=[
            {"source": "bea", "kind": "enemy", "target": "mask", "revealed_in": 2},
            {"source": "mask", "kind": "killed", "target": "eve", "revealed_in": 2},
        ],
    )
    assert [tie.other.name for tie in page_of("bea", at=2).ties] == ["the mask"]
    merged = page_of("bea", at=3)
    assert [(tie.other.name, tie.label, tie.masks) for tie in merged.ties] == [("Eve", "killed", "the mask")]
    assert any(label == "Relation" and "enemy of" in html for _, label, html in changes_of(merged))
    assert [(tie.other.name, tie.label) for tie in page_of("eve", at=4).ties] == [("Ann", "killed by")]


def test_ties_are_told_by_verb_and_only_states_since_an_episode(tmp_path: Path, visitor: Visitor) -> None:
    def tie(source: str, kind: str, target: str, since: int, **more: Any) -> dict[str, Any]:
        return {"source": source, "kind": kind, "target": target, "revealed_in": since, **more}

    load_show(
        tmp_path,
        characters=[character("ann"), character("bea"), character("cleo"), character("eve")],
        relationships=[
            tie("ann", "killed", "cleo", 2, certainty="claimed"),
            tie("ann", "killed", "bea", 1),
            tie("eve", "killed", "ann", 3),
            tie("bea", "ally", "ann", 1),
            tie("ann", "sibling", "eve", 1),
            tie("ann", "helps", "bea", 1, ended_in=2),
            tie("cleo", "commands", "ann", 1, ended_in=3),
        ],
    )
    page = visitor(3).get(f"/c/{Character.objects.as_of(3).get(key='ann').public_id}/", follow=True).content
    relations = text_of(page.partition(b'<h2 id="ties">')[2].partition(b"</section>")[0])
    assert relations.replace(" ", "") == (
        "Relations Sibling of Eve (episode 1) Ally of Bea (since episode 1) "
        "Killed Bea (episode 1), Cleo claimed (episode 2) Killed by Eve (episode 3) "
        "No longer so Helped Bea (episodes 1–2) Answers to Cleo (episodes 1–3)"
    ).replace(" ", "")


def test_that_a_member_is_a_member_is_not_said_twice(tmp_path: Path) -> None:
    roles = [{"faction": "crew", "role": role, "revealed_in": 1} for role in ("member", "cook")]
    load_show(tmp_path, characters=[character("ann", memberships=roles)], factions=[character("crew", "the crew")])
    assert [place.role for place in page_of("ann", at=1).places] == ["", "cook"]


def test_an_end_is_known_in_its_own_episode(tmp_path: Path) -> None:
    load_show(
        tmp_path,
        characters=[
            character(
                "ann",
                memberships=[{"faction": "crew", "role": "agent", "revealed_in": 1, "ended_in": 3}],
                tags=[{"name": "ally", "revealed_in": 1, "ended_in": 3}],
            ),
            character("bea"),
        ],
        factions=[character("crew", "the crew")],
        relationships=[{"source": "ann", "kind": "friend", "target": "bea", "revealed_in": 1, "ended_in": 3}],
    )
    before, after = page_of("ann", at=2), page_of("ann", at=3)
    assert (before.places[0].until, before.ties[0].until, len(before.tags)) == (None, None, 1)
    assert (after.places[0].until, after.ties[0].until, len(after.tags)) == (3, 3, 0)
    assert (Lore(2).tag("ally") is not None, Lore(3).tag("ally")) == (True, None)
    assert [card.members for n in (2, 3) for card in Lore(n).subjects("factions").cards] == [1, 0]


def test_a_belief_stands_until_its_successor_is_revealed(tmp_path: Path) -> None:
    load_show(
        tmp_path,
        characters=[character("ann")],
        revelations=[
            revelation("belief", "Ann is dead.", since=1, characters=["ann"]),
            revelation("truth", "Ann lives.", since=3, characters=["ann"], supersedes="belief"),
        ],
    )
    [then] = page_of("ann", at=2).chapters[0].revelations
    assert then.overturned_in is None
    belief, truth = [chapter.revelations[0] for chapter in page_of("ann", at=3).chapters]
    assert belief.overturned_in == 3
    assert "Ann is dead." in str(truth.believed_before)


def test_a_settled_suspicion_is_left_to_the_timeline(tmp_path: Path) -> None:
    masked_show(
        tmp_path,
        relationships=[
            {"source": "mask", "kind": "suspected_to_be", "target": "eve", "certainty": "hinted"}
            | {"revealed_in": 2, "ended_in": 3}
        ],
    )
    assert [tie.label for tie in page_of("eve", at=2).ties] == ["suspected to be"]
    settled = page_of("eve", at=3)
    assert settled.ties == ()
    assert [label for _, label, _ in changes_of(settled)] == ["Suspicion settled"]


def test_a_guess_that_ended_where_it_began_is_told(tmp_path: Path) -> None:
    guess = {"source": "mask", "kind": "suspected_to_be", "target": "eve", "revealed_in": 3, "ended_in": 3}
    masked_show(tmp_path, relationships=[guess])
    assert [label for _, label, _ in changes_of(page_of("eve", at=3))] == ["Suspicion settled"]


def test_a_claim_does_not_hide_its_disproof(tmp_path: Path) -> None:
    tie = {"source": "ann", "kind": "killed", "target": "bea"}
    load_show(
        tmp_path,
        characters=[character("ann"), character("bea")],
        relationships=[
            tie | {"certainty": "claimed", "revealed_in": 1},
            tie | {"certainty": "disproved", "revealed_in": 2},
        ],
    )
    assert [tie.certainty for tie in page_of("ann", at=2).ties] == ["claimed", "disproved"]


def test_each_chapter_leads_to_the_pages_of_its_time(tmp_path: Path) -> None:
    masked_show(tmp_path, revelations=[revelation("r", "The mask laughs.", since=2, characters=["mask"])])
    [second, third, _] = page_of("ann", at=4).chapters
    assert (second.episode.number, [link.name for link in second.pages_then]) == (2, ["Ann", "Bea", "the mask"])
    assert (third.episode.number, [link.name for link in third.pages_then]) == (3, ["Ann", "Bea"])
    assert [link.url.partition("?")[2] for link in second.pages_then] == ["as_of=2"] * 3


def test_an_earlier_summary_has_a_chapter_of_its_own(tmp_path: Path) -> None:
    summaries = [trait("summary", f"Ann after {n}.", since=n) for n in (1, 2, 3)]
    load_show(tmp_path, characters=[character("ann", traits=summaries)])
    page = page_of("ann", at=3)
    assert "Ann after 3." in str(page.summary)
    assert [(chapter.episode.number, len(chapter.pages_then)) for chapter in page.chapters] == [(1, 1), (2, 1)]


def test_the_summary_of_a_persona_that_never_stood_alone_is_told(tmp_path: Path) -> None:
    load_show(
        tmp_path,
        characters=[
            character("ann", traits=[trait("summary", "Ann leads.", since=2)]),
            character("mole", "the mole", since=2, traits=[trait("summary", "The mole listens.", since=2)]),
        ],
        unmaskings=[unmasking("mole", "ann", since=2)],
    )
    page = page_of("ann", at=2)
    assert "Ann leads." in str(page.summary)
    assert ("Summary, as the mole", "The mole listens.") in {(label, html) for _, label, html in changes_of(page)}


def test_a_faction_lists_those_who_are_one_once(tmp_path: Path) -> None:
    masked_show(tmp_path)
    load_show(
        tmp_path,
        characters=[
            character(key, memberships=[{"faction": "crew", "role": "agent", "revealed_in": 1}])
            for key in ("ann", "mask")
        ],
        factions=[character("crew", "the crew")],
        unmaskings=[unmasking("mask", "ann", since=2)],
    )
    crew = Faction.objects.as_of(99).get(key="crew").public_id
    for at, members in ((1, ["Ann", "Mask"]), (2, ["Ann"])):
        page = Lore(at).subject("factions", crew)
        assert page is not None
        assert [place.other.name for place in page.places] == members


def test_episodes_beyond_progress_have_a_number_and_a_date_alone(tmp_path: Path) -> None:
    load_show(tmp_path, characters=[character("ann", since=2)])
    page = Lore(1).episode(2)
    assert page is not None
    assert (page.episode.title, page.synopsis, page.cast, page.episode.known) == ("", "", (), False)
    assert [row.title for row in Lore(1).episodes] == ["", "Title of 1", "", ""]


def test_cast_is_who_appears_or_is_concerned(tmp_path: Path) -> None:
    masked_show(tmp_path, revelations=[revelation("r", "Eve sings.", since=3, characters=["eve", "mask"])])
    second, third = Lore(4).episode(2), Lore(4).episode(3)
    assert second is not None
    assert third is not None
    assert [face.name for face in second.cast] == ["Ann"]
    assert second.newcomers == ()  # Bea and the mask are Ann, who was there before
    assert [face.name for face in third.cast] == ["Ann", "Eve"]


def test_nobody_known_is_nobody() -> None:
    assert Lore(3).subject("characters", "zzzzzzzzzzzz") is None
    assert Lore(3).subject("factions", "zzzzzzzzzzzz") is None
    assert Lore(3).tag("zzz") is None
    assert Lore(3).episode(99) is None
