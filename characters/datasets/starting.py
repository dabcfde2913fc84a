"""Write a data set to start a show of one's own from: it loads as it is, and comments say what goes in its place."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from . import heroes
from .dumping import as_yaml


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """What somebody says of their show."""

    title: str
    number: int  # of units
    unit: str = "episode"
    units: str = "episodes"
    watched: str = "watched"
    language: str = ""  # of its native title and names, as “ja”
    accent: str = "#2a6f97"
    accent_in_the_dark: str = "#7cc0e8"
    chapters: int = 0  # of a second axis, where the story is told in another way as well
    hero: str = "waves"  # the picture of the start page, one of `heroes.KINDS`


def write_start(directory: Path, start: Start) -> None:
    """Write the files; the directory must be new or empty."""
    for name, text in _files(start).items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def _files(start: Start) -> Mapping[str, str]:
    second, last = min(2, start.number), start.number
    words = {"unit": start.unit, "units": start.units, "watched": start.watched}
    own_words = as_yaml(words) if start.unit != "episode" else f"# {as_yaml(words).strip().replace('\n', '\n# ')}\n"
    native = (
        f"    - {{name: Ari as it is written there, language: {start.language}, revealed_in: 0}}\n"
        if start.language
        else ""
    )
    language = f"native_language: {start.language}\n" if start.language else "# native_language: ja\n"
    chapters = {"chapters.yaml": CHAPTERS + "".join(_chapters(start))} if start.chapters else {}
    second_words = SECOND_WORDS if start.chapters else ""
    # The stranger comes in one of the first chapters, so that whoever only reads meets somebody as well.
    also = f", or_revealed_in: {min(2, start.chapters)}" if start.chapters else ""
    as_well = also.replace(", ", "\n  ")
    return chapters | {
        "series.yaml": SERIES.format(title=as_yaml({"title": start.title}).strip(), words=own_words, language=language)
        + second_words,
        "episodes.yaml": EPISODES.format(unit=start.unit) + "".join(f"{line}\n" for line in _episodes(start)),
        "vocabulary.yaml": VOCABULARY.format(unit=start.unit),
        "characters.yaml": CHARACTERS.format(
            unit=start.unit, second=second, last=last, native=native, also=also, as_well=as_well
        ),
        "factions.yaml": FACTIONS,
        "relationships.yaml": RELATIONSHIPS.format(second=second),
        "revelations.yaml": REVELATIONS.format(second=second, last=last, as_well=as_well),
        "unmaskings.yaml": UNMASKINGS.format(last=last),
        "look/look.css": LOOK.format(accent=start.accent, dark=start.accent_in_the_dark),
        "look/hero.svg": heroes.hero(start.hero, seed=start.title, colour=start.accent_in_the_dark),
        "look/mark.svg": heroes.mark(start.hero, colour=start.accent_in_the_dark),
    }


def _episodes(start: Start) -> Iterator[str]:
    for number in range(1, start.number + 1):
        yield f"- {{number: {number}}}"


def _chapters(start: Start) -> Iterator[str]:
    for number in range(1, start.chapters + 1):
        yield f"- {{number: {number}}}\n"


SERIES = """\
# The show itself. All of it is public, so say nothing here that somebody who has seen nothing may not know.
{title}
premise: One paragraph about how it begins. Here Ari Vale keeps a small lighthouse, until a stranger knocks.
# native_title: its title in its own language
{language}# studio: who made it
# writers: [one name, another name]
# What its parts are called, where that is not an episode that is watched:
{words}"""

SECOND_WORDS = """\
# And those of the second axis, where they are not chapters that are read:
# second_unit: chapter
# second_units: chapters
# second_read: read
"""

EPISODES = """\
# One line for each {unit}, in the order of release. Titles and synopses are shown from that {unit} on:
# {{number: 1, title: "The Lamp", synopsis: "[[ari]] keeps the light."}}
# A label says what everybody calls it, a season groups: {{number: 13, label: S2 E1, season: "Season 2", title: "…"}}
# A special that comes out later goes in between: {{number: 5.5, label: Special 1}}
"""

CHAPTERS = """\
# The second axis: one line for each chapter, as in episodes.yaml, with a season for a volume; they begin with 1 again.
# Whatever a chapter tells as well says so beside its revealed_in, and alone where no episode tells it:
# {attribute: occupation, value: captain, revealed_in: 2, or_revealed_in: 5}
"""

VOCABULARY = """\
# Kinds of ties, facts and names that are this show’s own, beside those that docs/dataset.md lists. None are needed.
# Without the “# ” this adds one of each:
# - section: relation
#   key: avenges
#   label: avenges             # on the page of the one who acts
#   reverse: avenged by        # on that of the other; without it, it reads the same on both
#   bond: conflict             # or kin, trust, power, pursuit: its colour on the map
#   goes_on: true              # only for what holds until it ends: pages say “since {unit} 3”
#   revealed_in: 3             # only for a kind that tells something by itself: nothing names it before
# - {{section: attribute, key: bounty, label: Bounty, single: true}}   # single: only the newest value holds
# - {{section: name, key: epithet, label: Epithet}}
# - {{section: credit, key: writers, label: Author}}   # what a field of series.yaml is called
"""

CHARACTERS = """\
# Everybody, each from the {unit} in which they first appear; 0 is what is known before the first.
# Each fact has the {unit} after which the audience knows it. Names in double brackets become links: [[ari]].
- key: ari
  revealed_in: 0
  aliases:
    - {{name: Ari Vale, headline: true, revealed_in: 0}}
{native}  traits:
    - {{attribute: occupation, value: lighthouse keeper, revealed_in: 0}}
    - {{attribute: summary, value: "[[ari]] keeps the light at the end of the pier.", revealed_in: 1}}
  memberships:
    - {{faction: pilots, role: keeper, revealed_in: 1}}
- key: stranger
  revealed_in: 1{as_well}
  aliases:
    - {{name: the stranger, kind: placeholder, headline: true, revealed_in: 1{also}}}
  traits:
    - {{attribute: status, value: alive, revealed_in: 1{also}}}
- key: bo
  revealed_in: {second}
  aliases:
    - {{name: Bo Marsh, headline: true, revealed_in: {second}}}
  traits:
    - {{attribute: occupation, value: captain, revealed_in: {second}}}
"""

FACTIONS = """\
# Groups, each with its names. Who belongs to one stands with the characters.
- key: pilots
  revealed_in: 1
  aliases:
    - {name: the Harbour Pilots, headline: true, revealed_in: 1}
"""

RELATIONSHIPS = """\
# Ties between characters. One that ends has ended_in: the number of the part in which the audience learns that.
- {{source: ari, kind: friend, target: bo, revealed_in: {second}}}
"""

REVELATIONS = """\
# What the audience learns, a sentence or two each.
- key: a_knock
  revealed_in: 1{as_well}
  text: "[[stranger]] knocks at the door of [[ari]]."
  characters: [ari, stranger]
- key: who_it_was
  revealed_in: {last}
  text: "[[stranger]] was [[bo]] all along."
  characters: [stranger, bo]
"""

UNMASKINGS = """\
# Who turns out to be whom. Until then they are two, on two pages; from then on one.
- {{persona: stranger, identity: bo, revealed_in: {last}}}
"""

LOOK = """\
/* The colours of this show. Beside this file lie hero.svg, the picture of the start page, and mark.svg, the sign beside
   the site’s name: put your own in their place. There may be card.png (1200 x 630) with card.txt, which says what it
   shows, for links in messages. */
:root {{
  --rust: light-dark({accent}, {dark});
  --ember: {dark};
}}
"""
