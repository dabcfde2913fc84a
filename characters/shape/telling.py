"""Which features of pages tell of what comes later, by permutation.

A page is compared with those at the same episode of whom about as much is known, by the number of revelations so far.
For each feature and outcome, the AUC is how often the page of somebody to whom it comes has more of the feature than
another's: at 0.5 it says nothing.

All episodes together show the same characters again and again, so there each of them counts once, with the mean of
where its pages stand. Chance is known by drawing lots for who has the outcome, many times. Of so many features some
always stand out, so each is held against the one that stands out most in a draw (Westfall and Young's max-T). Single
episodes and all of them together are two families of features, which share what is allowed.
"""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from math import ceil, sqrt
from operator import mul
from random import Random
from statistics import fmean

from episodes.units import current, named

from .sights import OUTCOMES, Sight

# In which share of shows that tell nothing something is reported all the same. It may be 1 in 20; the number of
# revelations says only in part how much somebody appears, and what it leaves out takes its share too.
LIMIT = 0.02
DRAWS, SEED = 1_000, 1
OF_ALL_EPISODES = 0.8  # of the limit: it sees most, and single episodes share the rest
FEWEST = 3  # characters whose pages differ from most; of fewer, chance alone may always account for it
MIDDLE = 0.5  # the AUC of what says nothing
TINY = 1e-9  # what comes out as the same in another order of adding

type Numbers = tuple[float, ...]
"""A number for each feature."""


@dataclass(frozen=True, slots=True)
class Measure:
    """What a feature says of an outcome, at an episode or at all of them together."""

    feature: str
    outcome: str
    episode: int | None
    auc: float
    reach: float  # how far from the middle chance brings the AUC of any feature, at the limit
    chance: float  # in which share of shows that tell nothing some feature stands out as far

    @property
    def when(self) -> str:
        return f"all {current().many} together" if self.episode is None else named(self.episode)

    @property
    def strength(self) -> str:
        """Return the AUC with its band, and how probable so much is by chance."""
        band = f"by chance {max(0, MIDDLE - self.reach):.2f} to {min(1, MIDDLE + self.reach):.2f}"
        return f"AUC {self.auc:.2f}, {band}, p = {self.chance:.3f}"

    @property
    def claim(self) -> str:
        return f"{self.outcome}: {'more' if self.auc > MIDDLE else 'less'} of “{self.feature}”"

    def __str__(self) -> str:
        return f"{self.claim}, at {self.when}: {self.strength}"


@dataclass(frozen=True, slots=True)
class Row:
    """A page that somebody who guesses would guess by."""

    sight: Sight
    measure: Measure
    comes_in: int

    @property
    def value(self) -> float:
        return float(self.sight.features.get(self.measure.feature, 0))

    def __str__(self) -> str:
        fate = self.measure.outcome.removesuffix(" later")
        return f"{self.sight.name} at {named(self.sight.episode)}: {self.value:g}; {fate} in {self.comes_in}"


@dataclass(frozen=True)
class _Group:
    """Pages that are compared with each other, and to which of them an outcome comes."""

    who: tuple[int, ...]
    ranks: tuple[Numbers, ...]  # of each page among them, around 0: half of how many it is before
    positives: frozenset[int]  # the places of those with the outcome

    @property
    def pairs(self) -> int:
        return len(self.positives) * (len(self.who) - len(self.positives))

    def drawn(self, lots: Sequence[float]) -> list[Numbers]:
        """Return the ranks of those who would have the outcome if they were the ones who drew the lowest lots."""
        by_lot = sorted(zip(map(lots.__getitem__, self.who), self.ranks, strict=True))
        return [ranks for _, ranks in by_lot[: len(self.positives)]]

    def variances(self) -> Numbers:
        """Return for each feature the variance of the sum of such ranks."""
        size = len(self.who)
        share = self.pairs / (size * (size - 1))
        return tuple(share * sum(map(mul, column, column)) for column in zip(*self.ranks, strict=True))


@dataclass(frozen=True)
class _View:
    """What an outcome looks like from an episode, or from all of them together."""

    outcome: str
    episode: int | None
    groups: tuple[_Group, ...]

    @cached_property
    def pairs(self) -> int:
        return sum(group.pairs for group in self.groups)

    @cached_property
    def sums(self) -> Numbers:
        """For each feature how far those with the outcome rank above the middle, all together."""
        return _columns([group.ranks[place] for group in self.groups for place in group.positives])

    @cached_property
    def deviations(self) -> Numbers:
        """The standard deviations of these sums by chance."""
        return tuple(map(sqrt, _columns([group.variances() for group in self.groups])))

    def drawn(self, lots: Sequence[float]) -> Numbers:
        """Return the sums that these lots would bring."""
        return _columns(list(chain.from_iterable(group.drawn(lots) for group in self.groups)))


def measures(sights: Sequence[Sight], *, limit: float = LIMIT, draws: int = DRAWS, seed: int = SEED) -> list[Measure]:
    """Return what each feature says of each outcome, the most telling first."""
    names = [name for name in sorted({name for sight in sights for name in sight.features}) if _varies(sights, name)]
    if not names:
        return []
    alone = [view for outcome in OUTCOMES for view in _views(sights, outcome, names)]
    together = [view for outcome in OUTCOMES if (view := _together(sights, outcome, names)).pairs]
    random = Random(seed)  # noqa: S311 (it hides nothing)
    everybody = range(max((sight.who for sight in sights), default=-1) + 1)
    lots = [{outcome: [random.random() for _ in everybody] for outcome in OUTCOMES} for _ in range(draws)]
    found = [
        *_measured(together, names, lots, limit, OF_ALL_EPISODES),
        *_measured(alone, names, lots, limit, 1 - OF_ALL_EPISODES),
    ]
    return sorted(found, key=lambda measure: (measure.chance, -abs(measure.auc - MIDDLE) / measure.reach))


def _views(sights: Iterable[Sight], outcome: str, names: Sequence[str]) -> Iterator[_View]:
    """Yield how an outcome looks from each episode, where there are pages to compare."""
    for episode, pages in _at_risk(sights, outcome).items():
        groups = []
        for alike in _alike(pages):
            positives = frozenset(place for place, page in enumerate(alike) if page.later[outcome] is not None)
            groups.append(_Group(tuple(page.who for page in alike), _ranks_of(alike, names), positives))
        if groups := [group for group in groups if group.pairs]:
            yield _View(outcome, episode, tuple(groups))


def _together(sights: Iterable[Sight], outcome: str, names: Sequence[str]) -> _View:
    """Return how an outcome looks from all episodes: each character once, with the mean of where its pages stand."""
    before: dict[int, list[Numbers]] = defaultdict(list)  # of those to whom it comes, until then
    without: dict[int, list[Numbers]] = defaultdict(list)
    for pages in _at_risk(sights, outcome).values():
        for alike in _alike(pages):
            for page, ranks in zip(alike, _ranks_of(alike, names), strict=True):
                rows = without if page.later[outcome] is None else before
                rows[page.who].append(tuple(rank / len(alike) for rank in ranks))
    each = without | before
    means = [tuple(map(fmean, zip(*some, strict=True))) for some in each.values()]
    columns = [[(value - fmean(column)) * len(each) for value in column] for column in zip(*means, strict=True)]
    positives = frozenset(place for place, who in enumerate(each) if who in before)
    return _View(outcome, None, (_Group(tuple(each), tuple(zip(*columns, strict=True)), positives),))


def _measured(
    views: Sequence[_View],
    names: Sequence[str],
    lots: Sequence[Mapping[str, Sequence[float]]],
    limit: float,
    part: float,
) -> Iterator[Measure]:
    """Yield what each feature says in a family of views, which may take a part of the limit."""
    scales = [tuple(1 / deviation if deviation else 0 for deviation in view.deviations) for view in views]
    worst = sorted(
        max(
            abs(score)
            for view, scale in zip(views, scales, strict=True)
            for score in map(mul, view.drawn(draw[view.outcome]), scale)
        )
        for draw in (lots if views else ())
    )
    draws = len(worst)
    for view, scale in zip(views, scales, strict=True):
        bound = worst[min(draws - 1, ceil((1 - limit * part) * draws))]
        for name, total, inverse in zip(names, view.sums, scale, strict=True):
            if inverse:
                as_far = draws - bisect_left(worst, abs(total) * inverse * (1 - TINY))
                yield Measure(
                    feature=name,
                    outcome=view.outcome,
                    episode=view.episode,
                    auc=MIDDLE + total / view.pairs,
                    reach=bound / inverse / view.pairs,
                    chance=min(1, (as_far + 1) / (draws + 1) / part),
                )


def rows_of(measure: Measure, sights: Iterable[Sight]) -> list[Row]:
    """Return the pages that tell: of each character with the outcome the one that stands out most, the worst first."""
    sign = 1 if measure.auc > MIDDLE else -1
    telling: dict[int, tuple[float, Row]] = {}
    for pages in _at_risk(sights, measure.outcome).values():
        for alike in _alike(pages) if measure.episode in (None, pages[0].episode) else ():
            for page, rank in zip(
                alike, _ranks([page.features.get(measure.feature, 0) for page in alike]), strict=True
            ):
                comes_in, stands_out = page.later[measure.outcome], sign * rank / len(alike)
                if comes_in is not None and stands_out > max(0, telling[page.who][0] if page.who in telling else 0):
                    telling[page.who] = stands_out, Row(page, measure, comes_in)
    return [row for _, row in sorted(telling.values(), key=lambda item: (-item[0], item[1].sight.who))]


def _at_risk(sights: Iterable[Sight], outcome: str) -> dict[int, list[Sight]]:
    """Return by episode the pages of those to whom an outcome has not come."""
    pages: dict[int, list[Sight]] = defaultdict(list)
    for sight in sights:
        if outcome in sight.later:
            pages[sight.episode].append(sight)
    return pages


def _alike(pages: Iterable[Sight]) -> Iterable[list[Sight]]:
    """Return pages in groups of whom about as much is known: that concern 0 revelations, 1 or 2, 3 to 6, and so on."""
    groups: dict[int, list[Sight]] = defaultdict(list)
    for page in pages:
        groups[(page.revelations + 1).bit_length()].append(page)
    return groups.values()


def _varies(sights: Iterable[Sight], feature: str) -> bool:
    """Return whether several pages have another value of a feature than most have."""
    bearers: dict[float, set[int]] = defaultdict(set)
    times: Counter[float] = Counter()
    for sight in sights:
        value = sight.features.get(feature, 0)
        bearers[value].add(sight.who)
        times[value] += 1
    commonest = max(times, key=times.__getitem__)
    return len(set().union(*(who for value, who in bearers.items() if value != commonest))) >= FEWEST


def _ranks_of(pages: Sequence[Sight], names: Sequence[str]) -> tuple[Numbers, ...]:
    """Return for each page its ranks among them by each feature."""
    columns = [_ranks([page.features.get(name, 0) for page in pages]) for name in names]
    return tuple(zip(*columns, strict=True))


def _ranks(values: Sequence[float]) -> list[float]:
    """Return the rank of each value around the middle; of those that are alike, the mean."""
    in_order = sorted(values)
    return [(bisect_left(in_order, value) + bisect_right(in_order, value) - len(values)) / 2 for value in values]


def _columns(rows: Sequence[Numbers]) -> Numbers:
    return tuple(map(sum, zip(*rows, strict=True)))
