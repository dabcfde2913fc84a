"""An episode is read only from a plain number, whichever door it comes through: 010 is neither eight nor ten."""

from pathlib import Path
from typing import Any

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.forms import ModelChoiceField, modelform_factory
from django.test import Client
from django.urls import resolve

from characters.datasets.quick import UnclearNumber
from characters.datasets.reading import read
from episodes.models import Episode, Viewer
from episodes.numbers import NOT_PLAIN
from episodes.requests import whole_number
from tests.people import OWN, person, seen_by
from tests.shows import load_show
from tests.visitors import at

UNCLEAR = ["010", "00", "0x10", "0o10", "1_0", "1e1", "10.0", "1:30", "+3", "-3", "-0", "１０", "१०", "10 0", "true"]

pytestmark = pytest.mark.django_db


@pytest.fixture
def show(tmp_path: Path) -> None:
    load_show(tmp_path / "show", episodes=[{"number": number} for number in range(1, 14)], characters=[])


@pytest.mark.parametrize("text", [*UNCLEAR, "", " 10", "10 ", "1000000"])
def test_only_a_plain_number_is_a_number(text: str) -> None:
    assert whole_number(text) is None


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("10", 10), ("999999", 999_999)])
def test_a_plain_number_is_read(text: str, number: int) -> None:
    assert whole_number(text) == number


@pytest.mark.parametrize("text", ["010", "0x10", "0b11", "1_0", "+3", "1:30"])
@pytest.mark.parametrize("beside", ["a", '"a\u2028b"'])  # the second is read by the slow parser
def test_a_data_set_has_no_other_number(tmp_path: Path, text: str, beside: str) -> None:
    path = tmp_path / "episodes.yaml"
    path.write_text(f"- {{number: {text}, title: {beside}}}\n- {{number: 10, title: {beside}}}\n")
    document = read(path)
    assert document.problems == []
    assert [entry["number"] for entry in document.data] == [UnclearNumber(text), 10]


@pytest.mark.usefixtures("show")
@pytest.mark.parametrize("text", UNCLEAR)
def test_addresses_cookies_and_forms_refuse_it(text: str) -> None:
    for address in (f"/episodes/{text}/", f"/corrections/new/episodes/{text}/"):
        assert Client().get(address).status_code == 404
    assert seen_by(at(text.encode().decode("latin-1"))) == 0
    client = at("9")
    assert client.get("/corrections/new/episodes/9/").status_code == 200
    assert client.post("/progress/", {"episode": text, "sure": "yes"}, headers=OWN).status_code == 400
    assert seen_by(client) == 9
    for address in ("/episodes/", "/graph/", "/recap/?since=1"):
        joined = "&" if "?" in address else "?"
        same = client.get(address).content
        assert client.get(f"{address}{joined}as_of={text}").content == same, address
    since = client.get("/recap/", {"since": text})
    assert "This is the shortest" in since.content.decode()
    assert client.get("/recap/", {"since": "2", "until": text}).content == client.get("/recap/?since=2").content


@pytest.mark.parametrize("text", UNCLEAR)
def test_the_address_of_an_episode_in_the_admin_has_one_form(text: str) -> None:
    assert resolve("/admin/episodes/episode/10/learned/").kwargs == {"number": 10}
    assert "number" not in resolve(f"/admin/episodes/episode/{text}/learned/").kwargs


@pytest.mark.usefixtures("show")
@pytest.mark.parametrize("text", UNCLEAR)
def test_no_form_of_the_admin_takes_it(text: str) -> None:
    form = modelform_factory(Episode, fields=["number"])({"number": text})
    assert form.errors == {"number": [NOT_PLAIN]}
    choice = ModelChoiceField(Episode.objects.all())
    with pytest.raises(forms.ValidationError):
        choice.clean(text)
    assert choice.clean("10").number == 10


@pytest.mark.usefixtures("show")
@pytest.mark.parametrize("text", UNCLEAR)
def test_no_list_of_the_admin_reads_it(text: str) -> None:
    person(role="superuser")
    editor = Client()
    editor.cookies["progress"] = "99"
    editor.force_login(person("bea", role="superuser"))
    assert editor.get("/admin/episodes/episode/10/change/").status_code == 200
    assert editor.get(f"/admin/episodes/episode/{text}/change/").status_code == 302  # as any row that is not there
    narrowed = editor.get("/admin/characters/character/", {"revealed_in__number__exact": text})
    assert (narrowed.status_code, narrowed.headers.get("Location")) == (302, "/admin/characters/character/?e=1")


def test_a_field_takes_numbers_and_blank_as_before() -> None:
    field: Any = Episode._meta.get_field("number")
    assert (field.to_python(10), field.to_python("10"), field.to_python(None)) == (10, 10, None)
    assert modelform_factory(Viewer, fields=["progress"])({"progress": ""}).is_valid()
    typed = modelform_factory(Viewer, fields=["progress"])({"progress": " 10 "})
    assert (typed.is_valid(), typed.cleaned_data) == (True, {"progress": 10})
    with pytest.raises(ValidationError):
        field.to_python("010")


@pytest.mark.usefixtures("show")
@pytest.mark.parametrize("text", UNCLEAR)
def test_the_command_refuses_it(tmp_path: Path, text: str) -> None:
    with pytest.raises(CommandError, match="as-of"):
        call_command("dump_dataset", str(tmp_path / "new"), f"--as-of={text}")
    assert not (tmp_path / "new").exists()
    call_command("dump_dataset", str(tmp_path / "new"), "--as-of=10", verbosity=0)
    assert (tmp_path / "new" / "episodes.yaml").exists()
