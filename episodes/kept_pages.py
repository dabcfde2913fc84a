"""Says of a view that its page may be kept, and which parameters of its address the page reads.

The page may then be a function of its path, of these parameters, and of what the middleware says of its reader:
`progress`, `as_of`, `theme`, `hides_ahead`, and where it is declared `previous_progress`. It is made for a request that
has nothing else, and shown to everybody of whom that much is the same.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .requests import whole_number

type Parameter = Callable[[list[str]], Iterable[str]]
"""Takes all values of a parameter, and returns the shortest that mean the same; none if it need not be there."""

type Parameters = Mapping[str, Parameter]


@dataclass(frozen=True, slots=True)
class Keeping:
    """What a page that is kept depends on, besides its path and how far its reader is."""

    parameters: Callable[..., Parameters]  # takes the arguments of the view
    after_a_step: bool


def kept[View: Callable[..., Any]](
    parameters: Parameters | Callable[..., Parameters] | None = None, *, after_a_step: bool = False
) -> Callable[[View], View]:
    """Decorate a view whose page is kept. With `after_a_step` it tells what came with the reader's last step."""

    def declare(view: View) -> View:
        view.keeping = Keeping(  # type: ignore[attr-defined]
            parameters if callable(parameters) else lambda **_: parameters or {}, after_a_step
        )
        return view

    return declare


def keeping_of(view: Callable[..., Any]) -> Keeping | None:
    """Return what was declared of a view, or None if its page is not kept."""
    return getattr(view, "keeping", None)


def number(digits: int = 6, *, otherwise: Iterable[str] = ()) -> Parameter:
    """Return a parameter that is a whole number; what is none means the same as `otherwise`."""

    def parameter(values: list[str]) -> Iterable[str]:
        found = whole_number(values[-1], digits=digits)
        return otherwise if found is None else [str(found)]

    return parameter


def page_number(values: list[str]) -> Iterable[str]:
    """A parameter that is the number of a page, of which the first need not be named."""
    return [str(found)] if (found := whole_number(values[-1]) or 1) > 1 else []


def text(meaning: Callable[[str], str]) -> Parameter:
    """Return a parameter that is a text; `meaning` returns the simplest text that means the same."""

    def parameter(values: list[str]) -> Iterable[str]:
        simplest = meaning(values[-1])
        return [simplest] if simplest else []

    return parameter


def any_of(most: int) -> Parameter:
    """Return a parameter that is a set of values, of which so many are read."""
    return lambda values: sorted(set(values[:most]) - {""})
