"""What the page shows that says how two characters are linked."""

from dataclasses import dataclass

from .basics import Face, Link


@dataclass(frozen=True, slots=True)
class Asked:
    """A character that somebody asked for: who is meant, or why that is unclear and who could be."""

    typed: str
    face: Face | None = None
    problem: str = ""
    choices: tuple[Link, ...] = ()

    @property
    def shown(self) -> str:
        """Return what stands in the field."""
        return str(self.face.name) if self.face else self.typed


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing that links two: “Ann killed Bea (episode 4)”."""

    subject: Face
    verb: str
    object: Face
    certainty: str
    when: str
    role: str = ""


type Step = tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class LinkedPage:
    asked: tuple[Asked, Asked]
    ways: tuple[tuple[Step, ...], ...]  # all of them equally short
    more: int  # ways that are not shown
    names: tuple[str, ...]  # to choose from, where they are few
    are_one: bool  # both are known to be the same
    url: str  # of this page at the viewer's own episode
    url_here: str  # and at the one at which they look at it

    @property
    def is_clear(self) -> bool:
        """Whether it is known who both of them are."""
        return all(asked.face for asked in self.asked)

    @property
    def summary(self) -> str:
        steps, ways = len(self.ways[0]), len(self.ways) + self.more
        how = "Directly" if steps == 1 else f"In {steps} steps"
        return f"{how}:" if ways == 1 else f"{how}, and in {ways} ways:"
