"""The home page: the viewer's episode, and the pages that changed with it."""

from characters.lore import rows
from characters.lore.cast import Cast
from characters.lore.knowledge import Knowledge
from characters.values.home import HomePage

from .changed import pages_changed
from .episode import episode_page
from .recap import units_between


def home_page(knowledge: Knowledge, since: int) -> HomePage:
    """Return what is known by now and what changed since an earlier point; where nothing did, who is in the episode."""
    at, cast = knowledge.progress, Cast(knowledge)
    text = next((row["synopsis"] for row in rows.synopses(at, [at])), "")
    cast.note_texts([text])
    changed = pages_changed(knowledge, since, at) if knowledge.has_begun else ()
    cast.look_up()
    page = None if changed else episode_page(knowledge, at)
    return HomePage(
        episode=knowledge.current_episode,
        synopsis=cast.render(text),
        cast=page.cast if page else (),
        since=since,
        new_with=_new_with(knowledge, since),
        changed=changed,
        count=rows.root_count(at),
    )


def _new_with(knowledge: Knowledge, since: int) -> int | None:
    """Return the unit with which all came that is new, if it is one alone."""
    new = units_between(knowledge, since, knowledge.progress)
    return new[0].number if len(new) == 1 else None
