"""How far the visitor has watched: the cookies that hold it, and how they are read and set.

In a show of two axes a cookie may hold a second number, “3+20”. Elsewhere that is not heeded.
"""

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponseBase, QueryDict
from django.utils.http import url_has_allowed_host_and_scheme

from .axes import Progress, end, end_for, key_of, last_chapter_for, second_of
from .requests import cookie_name, sending_page, whole_number

COOKIE = "progress"
PREVIOUS_COOKIE = "progress_before"
ONE_YEAR = 365 * 24 * 60 * 60  # seconds
TEN_MINUTES = 10 * 60
LONGEST_STEP = 2  # episodes, or chapters; a longer step has to be confirmed
HERE = "here"  # as where a form leads: to the page that it stands on, where that page must not say its own address


def parse_episode(text: str | None) -> int | None:
    """Return the text as the number of an episode, or None if it is no number."""
    return whole_number(text, digits=4)


def parse_progress(text: str | None) -> Progress | None:
    """Return the text as progress on one axis, “3”, or on both, “3+20”; None if it is neither."""
    first, plus, second = (text or "").partition("+")
    numbers = parse_episode(first), parse_episode(second) if plus else 0
    return None if None in numbers else Progress(*numbers)  # type: ignore[arg-type]


def last_episode() -> int:
    """Return the number of the show's last episode."""
    return int(end())


def last_episode_for(request: HttpRequest) -> int:
    return int(end_for(request))


def progress_in_cookie(request: HttpRequest) -> Progress:
    """Return the progress that this browser's cookie holds, at most the last of each axis.

    Over http a neighbouring host can add a cookie of the same name, so the lowest value counts, on each axis.
    """
    values = _progress_values(request, COOKIE)
    lowest = _lowest([Progress(0) if value is None else value for value in values])
    return Progress(0) if lowest is None else up_to_the_last(request, lowest)


def previous_progress(request: HttpRequest, progress: int) -> Progress | None:
    """Return the progress before the visitor's last step, or None if there is no step to undo."""
    lowest = _lowest([value for value in _progress_values(request, PREVIOUS_COOKIE) if value is not None])
    if lowest is None or lowest > last_episode_for(request):
        return None
    previous = up_to_the_last(request, lowest)
    return None if is_same(previous, progress) else previous


def _progress_values(request: HttpRequest, cookie: str) -> list[Progress | None]:
    return [parse_progress(value) for value in _cookie_values(request, cookie_name(request, cookie))]


def _lowest(values: list[Progress]) -> Progress | None:
    return Progress(min(values), min(map(second_of, values))) if values else None


def up_to_the_last(request: HttpRequest, progress: int) -> Progress:
    """Return progress that is no further than the last of each axis; whoever has begun neither costs no statement."""
    second = second_of(progress)
    return Progress(
        min(int(progress), last_episode_for(request)) if progress else 0,
        min(second, last_chapter_for(request)) if second else 0,
    )


def is_same(one: int | None, other: int | None) -> bool:
    """Return whether two are equally far on both axes; as numbers they are equal if they are on the first."""
    return one is other if one is None or other is None else key_of(one) == key_of(other)


def is_further(one: int, other: int) -> bool:
    """Return whether one is further than the other on any axis."""
    return one > other or second_of(one) > second_of(other)


def is_behind(since: int, progress: int) -> bool:
    """Return whether a point is before another, and on neither axis beyond it."""
    return is_further(progress, since) and not is_further(since, progress)


def read_at(progress: Progress, requested: int | None) -> Progress:
    """Return where somebody reads who asks for an episode: there, with nothing of the second axis, or at their own."""
    return progress if requested is None or requested >= progress else Progress(requested)


def is_first_answer(request: HttpRequest, progress: int) -> bool:
    """Return whether this visitor has never said how far they have watched."""
    return not (is_further(progress, 0) or _cookie_values(request, cookie_name(request, COOKIE)))


def has_to_be_confirmed(request: HttpRequest, progress: int, asked: int) -> bool:
    """Return whether a step ahead may be a slip of the finger: the first on an axis, and one of several units."""
    longest = 0 if is_first_answer(request, progress) else LONGEST_STEP
    second = second_of(progress)
    return asked > progress + longest or second_of(asked) > second + (longest if second else 0)


def _cookie_values(request: HttpRequest, cookie: str) -> list[str]:
    """Return all values of a cookie; Django keeps only one of several with the same name."""
    pairs = (pair.partition("=") for pair in request.META.get("HTTP_COOKIE", "").split(";"))
    return [value.strip().strip('"') for name, _, value in pairs if name.strip() == cookie]


def stops_to(last: int, here: int, most: int, beginnings: Sequence[int] = ()) -> list[int]:
    """Return the episodes up to `last` that links lead to: all of them, or of many some and those nearby.

    Where it is known how the seasons begin, some are the first episodes of these.
    """
    step = last // most + 1
    if step == 1:
        return list(range(last + 1))
    some = [number for number in beginnings if number <= last]
    some = some[:: len(some) // most + 1] if len(some) > 1 else [*range(0, last + 1, step)]
    near = (here - 1, here, here + 1, last)
    return sorted({0, *some, *(number for number in near if 0 <= number <= last)})


def local_path(target: str) -> str:
    """Return the target if it is a path on this site, or else the path of the home page."""
    return target if target.startswith("/") and url_has_allowed_host_and_scheme(target, allowed_hosts=None) else "/"


def target_of(request: HttpRequest, wanted: str) -> str:
    """Return the path on this site that a form leads to, without `as_of` where that is the page it was sent from."""
    if wanted != HERE:
        return local_path(wanted)
    page = sending_page(request)
    if page is None:
        return "/"
    query = QueryDict(page.query, mutable=True)
    query.pop("as_of", None)
    return local_path(page._replace(scheme="", netloc="", query=query.urlencode(), fragment="").geturl())


def set_progress_cookie(response: HttpResponseBase, request: HttpRequest, progress: int) -> None:
    _set_cookie(response, request, cookie_name(request, COOKIE), key_of(progress), ONE_YEAR)


def set_previous_cookie(response: HttpResponseBase, request: HttpRequest, before: int, after: int) -> None:
    """Keep the progress before this step for ten minutes, so that it can be undone; an undo itself cannot be undone."""
    cookie = cookie_name(request, PREVIOUS_COOKIE)
    if is_same(after, before) or is_same(after, previous_progress(request, before)):
        _set_cookie(response, request, cookie, "", 0)
    else:
        _set_cookie(response, request, cookie, key_of(before), TEN_MINUTES)


def _set_cookie(response: HttpResponseBase, request: HttpRequest, cookie: str, value: str, seconds: int) -> None:
    response.set_cookie(cookie, value, max_age=seconds, httponly=True, samesite="Lax", secure=request.is_secure())
