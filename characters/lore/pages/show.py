"""The show itself: its credits and its premise."""

from django.utils.safestring import SafeString

from characters.lore.cast import Cast
from characters.lore.knowledge import Knowledge
from characters.values.basics import SeriesInfo
from episodes.licences import Licence
from episodes.names import Name


def series_info(knowledge: Knowledge) -> SeriesInfo:
    """Return the show's titles and credits."""
    row = knowledge.show
    credits = [(label, row.get(name)) for name, label in knowledge.vocabulary.credits.items()]
    others = (line.partition(": ") for line in row.get("credits") or ())
    credits += [(label, names.split(", ")) for label, _, names in others]
    return SeriesInfo(
        title=Name(row["title"]),
        native_title=Name(row.get("native_title", "")),
        native_language=row.get("native_language", ""),
        credits=tuple(
            (label, tuple(map(Name, [names] if isinstance(names, str) else names))) for label, names in credits if names
        ),
        licence=Licence(row["licence"]) if row.get("licence") else None,
    )


def premise(knowledge: Knowledge) -> SafeString:
    """Return what may be said of the show to somebody who has seen nothing."""
    text = knowledge.show.get("premise", "")
    cast = Cast(knowledge)
    cast.note_texts([text])
    cast.look_up()
    return cast.render(text)
