"""The page of an episode: its synopsis, who appears in it, and what it reveals."""

from characters.kinds import CHARACTER, EPISODE
from characters.lore import rows, telling, timeline
from characters.lore.cast import Cast
from characters.lore.knowledge import Knowledge, path
from characters.lore.material import note_revelations, note_unmaskings
from characters.lore.order import by_name
from characters.lore.statements import NONE
from characters.text import prose
from characters.values.pages import EpisodePage
from episodes.axes import is_on_second_axis
from episodes.known import began_in, is_reached
from episodes.numbers import in_address
from episodes.parts import in_parts, number_and_last, part_of
from episodes.requests import with_parameter

from .changed import first_heard_of
from .staff import credits_of

# What a page bears
MOST_FACES = 150
MOST_TOLD = 120_000  # characters
WEIGHT_OF_ENTRY = 600  # of what stands around its text


def episode_page(knowledge: Knowledge, number: int, part: int = 1) -> EpisodePage | None:
    """Return the page of an episode; of one that is not watched yet it has the number and the air date alone.

    Where it is more than a page bears, that is `part` of it.
    """
    of_axis = knowledge.chapters if is_on_second_axis(number) else knowledge.episodes
    place = next((place for place, row in enumerate(of_axis) if row.number == number), None)
    if place is None:
        return None
    at = knowledge.progress
    text = next((row["synopsis"] for row in rows.synopses(at, [number])), "")
    began = began_in(number) if is_reached(number, at) else NONE  # of a later one, what other units told is here
    revelations = rows.revelations(at, began, in_order=rows.AS_IN_FILES)
    unmaskings = [row for row in knowledge.unmaskings if number in (row["revealed_in_id"], row["also_in_id"])]
    names = rows.names(at, began)
    appeared = rows.ids_of(at, CHARACTER, began)
    cast = Cast(knowledge)
    cast.note_texts([text])
    cast.note(appeared)
    cast.note(row["owner_id"] for row in names)
    note_unmaskings(unmaskings, cast)
    note_revelations(revelations, cast)
    cast.look_up()
    synopsis = cast.render(text)
    changes = [
        entry
        for entries in (timeline.unmasked(unmaskings, cast), timeline.named(names, cast))
        for _, entry in timeline.in_order(entries)
    ]
    concerned = {person for row in revelations for person in row["concerned"][CHARACTER.name]}
    faces = by_name(cast.root_face(person) for person in {*appeared, *concerned})
    form = path("correct-episodes", number)
    learned = [telling.revelation_entry(row, cast, form, with_concerned=True) for row in revelations]
    told = [*((entry, False) for entry in learned), *((entry, True) for entry in changes)]
    sections = (
        in_parts(faces, MOST_FACES, lambda face: 1),
        in_parts(told, MOST_TOLD, lambda entry: WEIGHT_OF_ENTRY + len(entry[0].html)),
    )
    part, last = number_and_last(part, *sections)
    shown = part_of(sections[1], part)
    address = knowledge.address("episode", number)
    return EpisodePage(
        episode=of_axis[place],
        synopsis=synopsis,
        description=prose.shortened(cast.words(text)),
        credits=credits_of(knowledge, number),
        cast=part_of(sections[0], part),
        newcomers=by_name(cast.root_face(person) for person in appeared if first_heard_of(person, cast) == number),
        revelations=tuple(entry for entry, is_change in shown if not is_change),
        changes=tuple(entry for entry, is_change in shown if is_change),
        number=part,
        last=last,
        page_url=with_parameter(address, "page="),
        previous=of_axis[place - 1] if place else None,
        next=of_axis[place + 1] if place + 1 < len(of_axis) else None,
        correct_url=form,
        history_url=knowledge.address("history", EPISODE.plural, in_address(number)),
    )
