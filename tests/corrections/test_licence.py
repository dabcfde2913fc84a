"""Under which licence texts are published, and under which their authors give them."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from characters.datasets.dumping import dump
from characters.datasets.loading import load
from characters.datasets.reading import DatasetError
from episodes.licences import ADDRESSES, Licence
from episodes.models import Episode, Series
from tests.corrections.desk import content_of, page_of
from tests.corrections.letters import sent, set_to, somebody, status_of

pytestmark = pytest.mark.django_db

FORM = "/corrections/new/episodes/0/?add=revelation"
SHOW = "title: Ann and Bea\nlicence: {licence}\n"


@pytest.fixture(autouse=True)
def pages_made_each_time(settings: Any) -> None:
    settings.PAGE_CACHE_BYTES = 0


def page_at(address: str) -> str:
    return Client().get(address).content.decode()


def show_under(licence: str) -> None:
    Series.objects.all().delete()
    Series.objects.create(id=1, title="Ann and Bea", licence=licence)


@pytest.mark.parametrize("licence", Licence)
def test_pages_and_the_form_name_the_licence_of_the_show(licence: Licence) -> None:
    show_under(licence)
    Episode.objects.get_or_create(number=0)
    for address in ("/about/", FORM):
        page = page_at(address)
        assert f'<a href="{ADDRESSES[licence]}" rel="license">{licence.label}</a>' in page, address


@pytest.mark.parametrize("address", ["/admin/characters/revelation/add/", "/admin/episodes/episode/1/learned/"])
def test_forms_of_the_admin_name_it_too(desk: Client, address: str) -> None:
    show_under("")
    assert 'rel="license"' not in content_of(desk.get(address))
    show_under(Licence.CC_BY_SA)
    assert f'<a href="{ADDRESSES[Licence.CC_BY_SA]}" rel="license">CC BY-SA 4.0</a>' in content_of(desk.get(address))


def test_without_a_licence_none_is_named() -> None:
    show_under(licence="")
    Episode.objects.get_or_create(number=0)
    assert "The texts about the show have no licence" in page_at("/about/")
    for address in ("/about/", FORM):
        assert 'rel="license"' not in page_at(address)


@pytest.mark.parametrize("address", ["/about/", "/privacy/"])
def test_the_pages_say_whom_to_write_to(address: str, settings: Any) -> None:
    assert "mailto:" not in page_at(address)
    settings.CONTACT_EMAIL = "editors@show.example"
    assert '<a href="mailto:editors@show.example">' in page_at(address)


def test_a_correction_keeps_the_licence_it_was_given_under(desk: Client, author: User) -> None:
    show_under(Licence.CC_BY_SA)
    correction = sent(set_to(status_of(somebody()), "value", "gone"), by=author)
    show_under(Licence.CC0)
    correction.refresh_from_db()
    assert correction.licence == Licence.CC_BY_SA
    assert "given under CC BY-SA 4.0" in content_of(desk.get(page_of(correction)))


def files(directory: Path, licence: str) -> Path:
    (directory / "series.yaml").write_text(SHOW.format(licence=licence))
    (directory / "episodes.yaml").write_text("- {number: 1}\n")
    (directory / "characters.yaml").write_text("[]\n")
    return directory


def test_a_data_set_names_its_licence_and_a_dump_says_it_again(tmp_path: Path) -> None:
    load(files(tmp_path, "CC0-1.0"))
    assert Series.objects.get().licence == Licence.CC0
    dump(tmp_path / "dump")
    assert "licence: CC0-1.0" in (tmp_path / "dump/series.yaml").read_text()


def test_a_licence_that_is_not_known_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="MY-OWN"):
        load(files(tmp_path, "MY-OWN"))
    assert not Series.objects.exists()
