from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

type View = Callable[[HttpRequest], HttpResponseBase]


def for_our_own_pages(get_response: View) -> View:
    """Tell browsers that no other site's pages may load what is here: whether a picture exists tells something."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        response["Cross-Origin-Resource-Policy"] = "same-origin"
        return response

    return middleware
