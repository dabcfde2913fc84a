"""Whatever is asked and sent: no error, no hang, no memory without bound, and nothing told early."""

import os
import resource
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from django.test import Client

from characters.datasets.dumping import dump
from characters.datasets.loading import load
from tests.fuzz.requests import Sent, as_it_is, drawn, fields_on, forms, requests, send
from tests.people import person
from tests.twins import Answer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("real_show")]

COUNT = int(os.environ.get("FUZZ_REQUESTS", "240"))
PROGRESS = 2
MOST_MEMORY = 400 * 1024  # kB that the process may grow by


def memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def test_no_request_tells_anything_early(tmp_path: Path) -> None:
    """Half of the requests read: twin sites, of which one ends with episode 2, answer them in the same bytes."""
    asked = drawn(requests(PROGRESS), COUNT // 2)
    assert len(asked) > COUNT // 3
    before = memory()
    full = answers(asked)
    assert memory() - before < MOST_MEMORY
    dump(tmp_path / "cut", as_of=PROGRESS)
    load(tmp_path / "cut", replace=True)
    told = {sent: (answer[:2], full[sent][:2]) for sent, answer in answers(asked).items() if answer != full[sent]}
    assert not told, f"{len(told)} requests tell something: {list(told.items())[:3]}"


def answers(asked: list[Sent]) -> dict[Sent, Answer]:
    return {sent: send(sent) for sent in asked}


@pytest.mark.parametrize("role", ["", "contributor"])
def test_no_form_breaks_anything(role: str) -> None:
    """The other half posts to every address, with the fields of the form that is there and others."""
    client = Client()
    if role:
        client.force_login(person(role=role, at=PROGRESS))
    session = client.cookies["sessionid"].value if role else ""

    @cache
    def fields_at(path: str) -> dict[str, str]:
        cookie = ("Cookie", f"progress={PROGRESS}")
        return fields_on(send(Sent("GET", path.encode(errors="surrogatepass"), "", (cookie,)), session=session).body)

    for path in {path for path, _ in forms(PROGRESS)[::20]}:
        answer = send(as_it_is(path, fields_at(path), PROGRESS), session=session)
        assert answer.status in {200, 303, 422}, f"{path} was neither taken nor shown again"
    before = memory()
    asked = drawn(requests(PROGRESS, fields_at), COUNT // 4)
    statuses = Counter(send(sent, number=number, session=session).status for number, sent in enumerate(asked))
    assert {404, 405} < statuses.keys()
    assert memory() - before < MOST_MEMORY
