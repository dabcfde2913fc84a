"""The home page: the viewer's episode, and the pages that changed with it."""

from characters.lore import rows
from characters.lore.cast import Cast
from characters.lore.knowledge import Knowledge
from characters.values.home import HomePage

from .changed import pages_changed
from .episode import episode_page


def home_page(knowledge: Knowledge, since: int) -> HomePage:
    """Return what is known by now and what changed after an episode; where nothing did, who is in the newest one."""
    at, cast = knowledge.progress, Cast(knowledge)
    text = next((row["synopsis"] for row in rows.synopses(at, [at])), "")
    cast.note_texts([text])
    changed = pages_changed(knowledge, since, at) if at else ()
    cast.look_up()
    page = None if changed else episode_page(knowledge, at)
    return HomePage(
        episode=knowledge.current_episode,
        synopsis=cast.render(text),
        cast=page.cast if page else (),
        since=since,
        changed=changed,
        count=rows.root_count(at),
    )
