"""The staff: who wrote and directed each episode."""

from characters.lore import rows
from characters.lore.knowledge import Knowledge
from characters.lore.rows import Row
from characters.values.credits import Credits, EpisodeCredits, StaffPage
from episodes.names import Name, capital
from episodes.parts import number_and_last
from episodes.requests import with_parameter
from episodes.units import current

MOST_EPISODES = 60  # on a page


def staff_page(knowledge: Knowledge, part: int = 1) -> StaffPage:
    """Return who made each episode that has been watched, as far as anybody is credited."""
    credited = rows.credited_episodes(knowledge.progress)
    number, last = number_and_last(part, credited[::MOST_EPISODES])
    shown = credited[(number - 1) * MOST_EPISODES : number * MOST_EPISODES]
    by_number = {row["number"]: row for row in rows.episode_credits(knowledge.progress, shown)}
    return StaffPage(
        episodes=tuple(
            EpisodeCredits(episode, in_words(by_number[episode.number]))
            for episode in knowledge.by_place.values()
            if episode.number in by_number
        ),
        number=number,
        last=last,
        page_url=with_parameter(knowledge.address("staff"), "page="),
    )


def credits_of(knowledge: Knowledge, number: int) -> Credits:
    """Return who made an episode; of one that has not been watched, nobody."""
    return next((in_words(row) for row in rows.episode_credits(knowledge.progress, [number])), ())


def in_words(row: Row) -> Credits:
    """Return the credits of an episode with what each is called."""
    labels = {"writers": "Written by", "directors": f"{capital(current().at(row['number']).directed)} by"}
    return tuple((label, tuple(map(Name, row[field]))) for field, label in labels.items() if row[field])
