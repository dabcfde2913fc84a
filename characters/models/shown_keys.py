"""What stands for the keys of rows while a page is made for an editor who must not read some of them.

A key is often the name that somebody bears in the end. Editors who have not watched that far read another handle in its
place, in whatever Django's admin says of a row, and can write it in mentions.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

from characters.text.mentions import MENTION

type StandIns = Callable[[], Mapping[str, str]]
"""Returns what stands for each key that is not shown."""

_stand_ins: ContextVar[StandIns] = ContextVar("stand_ins", default=dict)


@contextmanager
def standing_in(stand_ins: StandIns) -> Iterator[None]:
    """Show these handles instead of keys inside the block; they are looked up when the first key is shown."""
    token = _stand_ins.set(stand_ins)
    try:
        yield
    finally:
        _stand_ins.reset(token)


def hidden_keys() -> Mapping[str, str]:
    return _stand_ins.get()()


def shown_key(key: str) -> str:
    return hidden_keys().get(key, key)


def with_shown_keys(text: str) -> str:
    """Return a text whose mentions have handles for the keys that are not shown."""
    if not isinstance(text, str) or "[[" not in text:
        return text
    return MENTION.sub(lambda found: found[0].replace(f"[[{found[1]}", f"[[{shown_key(found[1])}", 1), text)
