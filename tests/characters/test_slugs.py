"""Texts that differ have addresses that differ, whatever a slug leaves out."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from characters.models import Tag
from characters.text.slugs import slug_of
from tests.shows import character, load_show, trait

DIFFERENT = ["\u0930\u093e\u092e", "\u0930\u092e\u093e", "\u0e01\u0e34\u0e19", "\u0e01\u0e31\u0e19",
             "C", "C++", "C#", "AC/DC", "ACDC", "???", "!!!",
             "R\u00e9my", "Remy", "x" * 90, "x" * 91,
             "y" * 150, "_a", "a", "1.5", "15", "\u2642", "\u2640"]  # fmt: skip


def test_different_texts_have_different_slugs() -> None:
    slugs = [slug_of(text) for text in DIFFERENT]
    assert len(set(slugs)) == len(DIFFERENT)
    assert all(slug and len(slug) <= 100 and not slug.startswith("-") for slug in slugs)


def test_the_same_text_has_one_slug() -> None:
    assert slug_of("Proto Nean") == slug_of("proto nean") == "proto-nean"
    assert slug_of("Re\u0301my") == slug_of("R\u00e9my") == "r\u00e9my"
    assert slug_of("Straße") == "straße"
    assert slug_of("") == slug_of(" ") == ""


def bearers(client: Client, **chosen: str) -> set[str]:
    page = client.get("/characters/", chosen).content.decode()
    return {name for name in ("Ann", "Bea", "Cee", "Dee") if f">{name}<" in page}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("attribute", "name"), [("voice_actor", "voice"), ("species", "species"), ("status", "status")]
)
def test_each_value_is_a_choice_of_its_own(tmp_path: Path, attribute: str, name: str) -> None:
    values = dict(
        zip(("Ann", "Bea", "Cee", "Dee"), ("\u0930\u093e\u092e", "\u0930\u092e\u093e", "C++", "???"), strict=True)
    )
    people = [character(who.lower(), traits=[trait(attribute, value, since=1)]) for who, value in values.items()]
    load_show(tmp_path, characters=people)
    client = Client()
    client.cookies["progress"] = "1"
    for who, value in values.items():
        assert bearers(client, **{name: slug_of(value)}) == {who}


@pytest.mark.django_db
def test_each_tag_has_a_page_of_its_own(tmp_path: Path) -> None:
    names = ["\u0930\u093e\u092e", "\u0930\u092e\u093e", "c", "c++", "c#", "re\u0301my"]
    tags: list[dict[str, Any]] = [{"name": name, "revealed_in": 1} for name in names]
    load_show(tmp_path, characters=[character("ann", tags=tags)])
    client = Client()
    client.cookies["progress"] = "1"
    assert set(Tag.objects.values_list("name", flat=True)) == {*names[:-1], "r\u00e9my"}
    for tag in Tag.objects.all():
        page = client.get(f"/tags/{tag.slug}/")
        assert page.status_code == 200
        assert tag.name in page.content.decode().lower()
