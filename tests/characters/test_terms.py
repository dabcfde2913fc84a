"""A term has everything that a kind of subject has, by its declaration alone."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from characters.datasets.dumping import dump
from characters.datasets.loading import load
from characters.lore import Lore
from characters.models import Alias, Revelation, Term, TermTag
from characters.spoilers.rows import corpus_of_database
from corrections.models import Change, Correction
from tests.conftest import Visitor
from tests.nets import net_lifted
from tests.people import person
from tests.shows import character, headline, load_show, revelation, trait
from tests.twins import answers, known_addresses

NECTAR = {
    "key": "nectar", "revealed_in": 1,
    "aliases": [headline("the red drink", since=1) | {"kind": "placeholder"}, headline("Nectar", since=2)],
    "traits": [
        trait("category", "a substance", since=1),
        trait("summary", "What [[ann]] drinks.", since=1),
        trait("summary", "What every machine needs to live.", since=3),
    ],
    "tags": [{"name": "bottled", "revealed_in": 2}],
}  # fmt: skip
SHOW: dict[str, Any] = {
    "characters": [character("ann")],
    "terms": [NECTAR],
    "revelations": [revelation("e2", "[[ann]] spills the [[nectar]].", since=2, characters=["ann"], terms=["nectar"])],
}


@pytest.fixture
def show(db: None, tmp_path: Path) -> None:
    load_show(tmp_path, **SHOW)


def public_id() -> str:
    with net_lifted():
        return Term.objects.get().public_id


def address(*, at: int) -> str:
    url = Lore(at).address_of("terms", public_id())
    assert url is not None
    return url


def page(visitor: Visitor, *, at: int) -> str:
    return visitor(at).get(address(at=at)).content.decode()


@pytest.mark.parametrize(("at", "names"), [(0, []), (1, ["the red drink"]), (2, ["Nectar"])])
@pytest.mark.usefixtures("show")
def test_it_stands_in_its_list_under_the_name_that_is_known(visitor: Visitor, at: int, names: list[str]) -> None:
    assert [card.face.name for card in Lore(at).subjects("terms").cards] == names
    assert visitor(at).get("/terms/").status_code == 200


@pytest.mark.usefixtures("show")
def test_its_page_says_what_is_known_and_keeps_what_was_believed(visitor: Visitor) -> None:
    first, last = page(visitor, at=1), page(visitor, at=3)
    assert "A substance" in first
    assert "drinks." in first
    assert "every machine" not in first
    assert "bottled" not in first
    assert "every machine" in last
    assert "bottled" in last
    assert "spills the" in last


@pytest.mark.usefixtures("show")
def test_a_page_that_is_not_known_yet_is_as_missing_as_one_that_never_was(visitor: Visitor) -> None:
    hidden = visitor(0).get(f"/terms/{public_id()}/x/")
    unknown = visitor(0).get("/terms/zzzzzzzzzzzz/x/")
    assert hidden.status_code == unknown.status_code == 404
    assert hidden.content == unknown.content


@pytest.mark.usefixtures("show")
def test_it_is_searched_suggested_tagged_and_listed_in_the_sitemap(visitor: Visitor) -> None:
    client = visitor(2)
    for path in ("/search/?q=nectar", "/search/suggest/?q=nec", "/tags/bottled/", "/recap/?since=1", "/episodes/2/"):
        assert address(at=2) in client.get(path).content.decode(), path
    assert address(at=1) not in visitor(1).get("/search/?q=nectar").content.decode()
    assert address(at=2) in Lore(2).addresses()


def test_whoever_knows_less_gets_the_same_bytes_as_from_a_show_without_the_rest(db: None, tmp_path: Path) -> None:
    load_show(tmp_path, **SHOW)
    with net_lifted():
        asked = known_addresses() | {"/search/?q=nectar", "/search/?q=machine", "/terms/?tag=bottled", "/sitemap.xml"}
        dump(tmp_path / "cut", as_of=1)
    full = answers(asked, progress=1)
    with net_lifted():
        load(tmp_path / "cut", replace=True)
    assert answers(asked, progress=1) == full


@pytest.mark.usefixtures("show")
def test_a_dump_holds_it_as_it_was_loaded(tmp_path: Path) -> None:
    with net_lifted():
        dump(tmp_path / "one")
        load(tmp_path / "one", replace=True)
        dump(tmp_path / "two")
    assert "Nectar" in (tmp_path / "one/terms.yaml").read_text()
    for file in sorted((tmp_path / "one").iterdir()):
        assert file.read_bytes() == (tmp_path / "two" / file.name).read_bytes()


@pytest.mark.usefixtures("show")
def test_the_linter_knows_its_name() -> None:
    with net_lifted():
        Revelation.objects.create(key="early", revealed_in_id=1, text="She asks for Nectar.")
        findings = corpus_of_database().findings()
    assert [(finding.words, finding.known_from) for finding in findings] == [("Nectar", 2)]


@pytest.mark.usefixtures("show")
def test_a_mention_before_it_is_known_is_refused() -> None:
    with net_lifted():
        early = Revelation(key="early", revealed_in_id=0, text="[[nectar]]")
        with pytest.raises(Exception, match="revealed in episode 1"):
            early.full_clean()


@pytest.mark.usefixtures("show")
def test_a_contributor_corrects_it_from_its_page(client: Client) -> None:
    client.cookies["progress"] = "2"
    form = f"/corrections/new/terms/{public_id()}/"
    assert form in client.get(address(at=2)).content.decode()
    assert client.get(f"{form}?add=alias&add=termtag&add=revelation&add=trait").status_code == 200
    posted = {
        "add": "alias", "new0-here": "1", "new0-name": "ネクター", "new0-kind": "name", "new0-language": "ja",
        "new0-revealed_in": "2", "reason": "It is written so.",
    }  # fmt: skip
    assert client.post(form, posted, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 303
    change = Change.objects.get(correction__kind=Correction.Kind.SUGGESTION)
    assert change.after is not None
    assert change.after["term"] == str(Term.objects.get().pk)
    assert change.subjects.get().subject == f"characters.term:{Term.objects.get().pk}"


@pytest.mark.usefixtures("show")
def test_an_editor_changes_it_in_the_admin(client: Client) -> None:
    moderator: User = person("mod", role="moderator")
    client.force_login(moderator)
    client.cookies["progress"] = "99"
    term = Term.objects.get()
    for name, args in (("changelist", []), ("add", []), ("change", [term.pk]), ("history", [term.pk])):
        assert client.get(reverse(f"admin:characters_term_{name}", args=args)).status_code == 200, name
    assert "Nectar" in client.get(reverse("admin:characters_term_changelist")).content.decode()


@pytest.mark.usefixtures("show")
def test_exactly_one_subject_owns_a_name() -> None:
    term = Term.objects.get()
    with net_lifted():
        assert TermTag.objects.get().content_object == term
        nobody = Alias(name="Nobody", revealed_in_id=1)
        with pytest.raises(Exception, match="exactly one"):
            nobody.full_clean()
