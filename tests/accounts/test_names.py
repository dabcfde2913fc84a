"""Names that could be taken for another's are refused, and everybody keeps the name they have."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from episodes.accounts.names import _DRAWN_ALIKE, remember_all, skeleton
from episodes.models import ShownName, Viewer
from tests.people import PASSWORD, person, signed_in

pytestmark = pytest.mark.django_db


def sign_up(name: str) -> Any:
    return Client().post("/accounts/signup/", {"username": name, "email": "new@example.org", "password1": PASSWORD})


def is_refused(name: str) -> bool:
    response = sign_up(name)
    made = User.objects.filter(email="new@example.org")
    refused = response.status_code == 200 and not made.exists()
    assert refused or response.status_code == 302, name
    made.delete()
    return refused


@pytest.mark.parametrize(
    "name",
    [
        "аdmin",  # the first letter is Cyrillic
        "Moderator", "MODERATOR", "m0derator", "adm1n", "ad_min", "Stаff", "sуstеm", "ｍoderator", "moderatör",
        "rouge-db", "Rougedb", "αdmin", "team",
    ],
)  # fmt: skip
def test_names_of_the_staff_are_not_free(name: str) -> None:
    assert is_refused(name)


@pytest.mark.parametrize(
    ("name", "like"),
    [
        ("Ann", "ann"), ("änn", "ann"), ("роре", "pope"), ("modern", "modem"), ("wiIl", "will"),
        ("wi1l", "will"), ("vvill", "will"), ("B0B", "BOB"), ("ВОВ", "BOB"), ("ΝΙΚΟ", "NIKO"), ("ꜱam", "sam"),
        ("сосо", "coco"),
    ],
)  # fmt: skip
def test_names_that_look_like_one_that_is_there_are_refused(name: str, like: str) -> None:
    assert not is_refused(name), "as long as nobody has the other"
    person(like)
    assert is_refused(name)


@pytest.mark.parametrize("name", ["mixedимя", "аnn", "ｎatalie", "漢字имя", "ᎪᏞᏔ", "𝐚𝐧𝐧", "ﬁfi", "ann٣"])
def test_letters_are_plain_and_of_one_alphabet(name: str) -> None:
    assert is_refused(name)


@pytest.mark.parametrize(
    "name", ["naomi", "Мария", "Ιωάννης", "漢字とカナ", "루즈", "עברית", "Łukasz", "ali", "all", "a.b-c_d+e", "1999"]
)
def test_honest_names_are_free(name: str) -> None:
    person("alias")
    assert not is_refused(name)


def test_a_name_in_credits_is_checked_too() -> None:
    person("ann")
    other = person("bea", at=1)
    Viewer.objects.filter(user=other).get()
    client = signed_in("ann")
    for name in ("Вea", "Moderator", "beа", "Ann\u202eLee"):
        body = client.post("/accounts/", {"wants_credit": "on", "credit_name": name}).content.decode()
        assert 'aria-invalid="true"' in body, name
    assert client.post("/accounts/", {"wants_credit": "on", "credit_name": "Ann Lee"}).status_code == 302
    assert client.post("/accounts/", {"wants_credit": "on", "credit_name": "Ann"}).status_code == 302, "her own"
    client.post("/accounts/", {"wants_credit": "on", "credit_name": "Ann Lee"})
    assert is_refused("Ann-Lee") is False
    client = signed_in("bea")
    body = client.post("/accounts/", {"wants_credit": "on", "credit_name": "Ann  Lee"}).content.decode()
    assert 'aria-invalid="true"' in body


def test_whoever_has_such_a_name_keeps_it() -> None:
    user = person("admin")
    Viewer.objects.create(user=user, credit_name="Moderator")
    person("аdmin")
    client = signed_in("admin")
    assert client.post("/accounts/", {"wants_credit": "on", "credit_name": "Moderator"}).status_code == 302
    assert Viewer.objects.get(user=user).credit == "Moderator"


def test_a_name_is_free_again_when_its_owner_is_gone() -> None:
    user = person("ann")
    Viewer.objects.create(user=user, credit_name="Ann Lee")
    assert set(ShownName.objects.values_list("skeleton", flat=True)) == {"ann", "ann lee"}
    user.delete()
    assert not ShownName.objects.exists()


def test_migrations_learn_the_names_that_are_there() -> None:
    Viewer.objects.create(user=person("ann"), credit_name="Ann Lee")
    person("bea")
    before = set(ShownName.objects.values_list("user", "skeleton"))
    ShownName.objects.all().delete()
    remember_all(plan=[])
    assert not ShownName.objects.exists()
    remember_all(plan=[object()])
    assert set(ShownName.objects.values_list("user", "skeleton")) == before


def test_what_looks_alike_is_one_letter_of_latin() -> None:
    assert {chr(to) if isinstance(to, int) else to for to in _DRAWN_ALIKE.values()} <= set(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    )
    assert skeleton("Ι") == skeleton("l"), "a Greek capital, which is drawn like an I"
