"""Answers with kept pages, and makes and keeps those that are not there.

`kept_pages` stands far outside: a visitor without a session whose page is there is answered without anything that
sessions, accounts and forms need. `making_pages` stands next to the views, where an answer has nothing of a visitor
about it: no cookie, no token, no header that something further out adds.
"""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, DatabaseError, InterfaceError
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.cache import patch_vary_headers

from corrections import editions
from corrections.editions import CurrentEdition
from episodes.middleware import UNGATED_PATHS, read_choices, read_progress
from episodes.reading import reading_from
from episodes.visits import Visit
from rougedb.budgets import refusal_of
from rougedb.replicas import replicas

from . import current, encodings, parts, store
from .pages import MISSING, Address, Page, PageRequest, address_of, page_of
from .store import KeptPage
from .turns import made_once

type View = Callable[[Visit], HttpResponseBase]

KEPT = (200, 301, 302, 404)  # statuses
UNPACED_PATHS = (*UNGATED_PATHS, "/accounts/", "/robots.txt")  # for people and for crawlers that mean well


def kept_pages(get_response: View) -> View:
    """Answer with a page that is kept where that is all it takes, and fill in what is of one visitor alone."""

    def middleware(request: Visit) -> HttpResponseBase:
        address = _address_asked(request)
        if address is not None:
            request.get_host()  # raises an error if the site does not answer to it
            if (before := current.edition_before(within=current.AWAY)) and (
                answer := _answer_at(before, request, address)
            ):
                return answer
            try:
                request.edition = _edition_for(request)  # before anything is read that the page is made of
            except (DatabaseError, InterfaceError):
                if answer := _answer_at(current.edition_before(), request, address):
                    return answer
                raise
            if answer := _answer_at(request.edition, request, address):
                return answer
        elif not store.is_on() and _would_be_kept(request):
            request.edition = editions.current()  # at once, as it says how many episodes there are as well
        response = get_response(request)
        if isinstance(response, PageResponse):
            return _finish(response, request)
        return _with_parts(response, request)

    return middleware


def making_pages(get_response: View) -> View:
    """Make pages for nobody in particular and keep them. All that is missing gets the same page."""

    def middleware(request: Visit) -> HttpResponseBase:
        address = address_of(request.path_info) if request.method in ("GET", "HEAD") else None
        is_missing = False
        if address is not None and request.edition is not None:
            page = page_of(request, address)
            is_missing = address is MISSING and not page.is_ahead
            if store.is_on() and (address is not MISSING or is_missing):
                return _kept_or_made_from_anywhere(page, request, get_response)
        if refusal := _refusal_of_page(request):
            return refusal
        if is_missing:  # what leads nowhere need not be looked for among all addresses again
            return render(request, "404.html", status=404)
        response = get_response(request)
        if response.status_code != 404 or request.path.startswith(UNGATED_PATHS):
            return response
        request.edition = editions.current() if store.is_on() else None
        if request.edition is None:
            return render(request, "404.html", status=404)
        return _kept_or_made(page_of(request, MISSING), request, get_response)

    return middleware


def _refusal_of_page(request: Visit) -> HttpResponse | None:
    """Return the answer to somebody who asks for too many pages that are not kept, such as forms."""
    is_page = request.method in ("GET", "HEAD") and not request.path.startswith(UNPACED_PATHS)
    return refusal_of(request) if is_page else None


def _edition_for(visit: Visit) -> CurrentEdition | None:
    """Return the edition for a visitor: that of the primary for whoever is signed in, as others publish nothing."""
    return current.read_edition(from_replica=settings.SESSION_COOKIE_NAME not in visit.COOKIES)


def _address_asked(request: Visit) -> Address | None:
    """Return the address of the kept page that is asked for, or None if it is something else."""
    return address_of(request.path_info) if store.is_on() and request.method in ("GET", "HEAD") else None


def _would_be_kept(request: Visit) -> bool:
    """Return whether a page is asked for that would be kept, if any were."""
    return request.method in ("GET", "HEAD") and address_of(request.path_info) is not None


# Answering


class PageResponse(HttpResponse):
    """An answer with a page that is kept, as most visitors get it until `_finish` has seen to it."""

    form: str | None = None  # the key of what is sent, if it is sent as it is kept

    def __init__(self, kept: KeptPage, page: Page) -> None:
        super().__init__(kept.body, status=kept.status, headers=dict(kept.headers))
        self.kept, self.page = kept, page

    @property
    def url(self) -> str:
        """Where a redirect leads, as Django's own have it."""
        return self["Location"]


def _answer_at(edition: CurrentEdition | None, visit: Visit, address: Address) -> HttpResponse | None:
    """Return the answer to a visitor without a session, if the page of this edition is there."""
    if edition is None or settings.SESSION_COOKIE_NAME in visit.COOKIES:
        return None
    visit.edition = edition
    read_progress(visit, None)
    read_choices(visit)
    return _ready_answer(visit, page_of(visit, address))


def _ready_answer(visit: Visit, page: Page) -> HttpResponse | None:
    """Return the answer to a visitor without a session, if the page is there."""
    encoding = _encoding_for(visit)
    if encoding and (kept := store.kept_page(page.form(encoding), is_linked=page.is_linked)):
        return _sent(PageResponse(kept, page), visit, page.form(encoding))
    kept = store.kept_page(page.key, is_linked=page.is_linked)
    if kept is not None and kept.is_absent:
        return _ready_answer(visit, page.missing)
    return _finish(PageResponse(kept, page), visit) if kept is not None else None


def _encoding_for(visit: Visit) -> str:
    """Return the encoding of an answer.

    What is of one visitor alone is not compressed: from the length of a page that holds both that and what somebody
    else made them ask for, such as a query, it could be guessed (the attack is called BREACH).
    """
    return encodings.encoding_for(visit.headers.get("Accept-Encoding", "")) if parts.is_usual(visit) else ""


def _finish(response: PageResponse, visit: Visit) -> HttpResponse:
    """Put the parts of a visitor into an answer, or compress it where there are none."""
    kept, page = response.kept, response.page
    key: str | None = page.key
    encoding = _encoding_for(visit)
    if encoding and len(kept.body) >= encodings.LEAST:
        form = store.kept_page(page.form(encoding), is_linked=page.is_linked)
        if form is None:
            form = encodings.encoded(kept, encoding)
            if store.kept_page(page.key, is_linked=page.is_linked) is kept:  # it may hold something of two editions
                store.keep(page.form(encoding), form, is_linked=page.is_linked, share=False)
        response.content, response["Content-Encoding"] = form.body, encoding
        key = page.form(encoding)
    elif kept.gaps and not parts.is_usual(visit):
        response.content, key = parts.with_own_parts(kept.body, kept.gaps, visit), None
    return _sent(response, visit, key)


def _sent(response: PageResponse, visit: Visit, form: str | None) -> HttpResponse:
    response["Content-Length"] = str(len(response.content))
    patch_vary_headers(response, ["Accept-Encoding"])
    is_of_nobody = settings.SESSION_COOKIE_NAME not in visit.COOKIES and not response.cookies
    if is_of_nobody and _address_asked(visit) is not None:  # not if somebody may yet get another answer there
        response.form = form
        if settings.PROXY_CACHE_SECONDS:
            response["X-Accel-Expires"] = str(settings.PROXY_CACHE_SECONDS)
    return response


def _with_parts(response: HttpResponseBase, visit: Visit) -> HttpResponseBase:
    """Fill in the parts of a page that is not kept. What is not HTML can hold a mark as somebody wrote it."""
    is_html = response.get("Content-Type", "").startswith("text/html")
    if is_html and isinstance(response, HttpResponse) and parts.MARK.search(response.content):
        body, gaps = parts.with_usual_parts(response.content)
        response.content = body if parts.is_usual(visit) else parts.with_own_parts(body, gaps, visit)
        if response.has_header("Content-Length"):
            response["Content-Length"] = str(len(response.content))
    return response


# Making


def _kept_or_made_from_anywhere(page: Page, visit: Visit, get_response: View) -> HttpResponseBase:
    """Return a page, of another database where the replica that told the edition has failed since."""
    for _ in replicas().aliases:  # each may fail once
        source = visit.edition.database
        if source == DEFAULT_DB_ALIAS:
            break
        try:
            response = _kept_or_made(page, visit, get_response)
        except (DatabaseError, InterfaceError) as error:
            replicas().leave(source, error)
        else:
            if response.status_code != 503:
                return response
            replicas().leave(source, "a page could not be made")
        visit.edition = current.read_edition(from_replica=True)
        if visit.edition is None:  # and so nothing is kept
            return get_response(visit)
        page = page_of(visit, page.address)
    return _kept_or_made(page, visit, get_response)


def _kept_or_made(page: Page, visit: Visit, get_response: View) -> HttpResponseBase:
    """Return a page that is kept, or make it and keep it; an error is an answer to this visitor alone."""
    kept = store.kept_page(page.key, is_linked=page.is_linked)
    kept = kept or store.shared_page(page.key, is_linked=page.is_linked)  # before it counts as one that is made
    failure: HttpResponseBase | None = None

    def make() -> KeptPage | None:
        nonlocal failure
        request: Any = PageRequest(page, visit.edition)
        is_missing = page.address is MISSING
        with reading_from(visit.edition.database):  # that the edition was read from, so that it is of these rows
            response = render(request, "404.html", status=404) if is_missing else get_response(request)
            made = _made_of(response, request, is_missing=is_missing)
            if made is None:
                failure = response
            elif editions.current() == visit.edition:  # or else it may hold something of both
                store.keep(page.key, made, is_linked=page.is_linked)
        return made

    if kept is None and (refusal := refusal_of(visit)):
        return refusal
    kept = kept or made_once(page, make)
    if kept is None:
        return failure or get_response(visit)
    if kept.is_absent:
        return _kept_or_made(page.missing, visit, get_response)
    return PageResponse(kept, page)


def _made_of(response: HttpResponseBase, request: PageRequest, *, is_missing: bool) -> KeptPage | None:
    """Return what to keep of an answer, or None where it must not be kept."""
    has_secrets = bool(response.cookies) or "CSRF_COOKIE" in request.META
    if response.status_code not in KEPT or not isinstance(response, HttpResponse) or has_secrets:
        return None
    if response.status_code == 404 and not is_missing:
        return KeptPage(404, (), b"")
    body, gaps = parts.with_usual_parts(response.content)
    return KeptPage(response.status_code, tuple(response.items()), body, gaps)
