"""Voices: who speaks whom, known no sooner than the trait that says so."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import call_command

from characters.lore import Lore
from characters.lore.pages import voices
from characters.lore.telling import voice_id
from characters.models import Character, Trait, Unmasking
from characters.vocabulary import SPOKEN_IN
from episodes.models import Episode
from tests.conftest import Visitor
from tests.shows import character, load_show, trait, unmasking
from tests.twins import text_of

pytestmark = pytest.mark.django_db

VOICE = "Vera Void"
PAGE = f"/voices/{voice_id(VOICE)}/vera-void/"


def spoken(by: str, since: int, attribute: str = "voice_actor") -> dict[str, Any]:
    return trait(attribute, by, since=since)


@pytest.fixture
def masked(db: None, tmp_path: Path) -> None:
    """Ann is spoken by Vera; in episode 2 so is the mask, who turns out to be Ann in episode 3."""
    load_show(
        tmp_path,
        characters=[
            character("ann", "Ann", traits=[spoken(VOICE, 1), spoken("Emma English", 2, "voice_actor_en")]),
            character("mask", "The Mask", traits=[spoken(VOICE, 2)]),
        ],
        unmaskings=[unmasking("mask", "ann", since=3)],
    )


def main_of(visitor: Visitor, at: int, address: str) -> str:
    page = visitor(at).get(address, follow=True)
    assert page.status_code == 200, address
    return page.content.decode().partition('<main id="main"')[2].partition("</main>")[0]


def test_a_voice_has_a_page_with_whom_it_is_known_to_speak(masked: None, visitor: Visitor) -> None:
    assert visitor(0).get(PAGE).status_code == 404
    first, shared, one = (text_of(main_of(visitor, at, PAGE).encode()) for at in (1, 2, 3))
    assert "Ann" in first
    assert "The Mask" not in first
    assert "Ann" in shared
    assert "The Mask" in shared
    assert "as The Mask" not in shared
    assert "Ann as The Mask" in one


def test_the_address_without_a_name_leads_to_the_one_with_it_once_it_is_known(masked: None, visitor: Visitor) -> None:
    short = f"/voices/{voice_id(VOICE)}/"
    before, wrong = visitor(0).get(short), visitor(0).get("/voices/zzzzzzzzzzzz/")
    assert (before.status_code, before.content) == (404, wrong.content)
    assert visitor(1).get(short)["Location"] == visitor(1).get(f"{short}nobody/")["Location"] == PAGE
    assert f'href="{short}"' in visitor(1).get(PAGE).content.decode().partition('class="share"')[2]


def test_who_goes_back_to_before_a_voice_was_known_is_told_so(masked: None, visitor: Visitor) -> None:
    lore = Lore(0)
    assert lore.without_name(PAGE) == f"/voices/{voice_id(VOICE)}/"
    assert not lore.has_page_at(PAGE)
    assert Lore(1).has_page_at(PAGE)
    assert Lore(1).has_page_at(f"/voices/{voice_id(VOICE)}/")


def test_the_list_is_by_language(masked: None, visitor: Visitor) -> None:
    assert "No voices yet" in main_of(visitor, 0, "/voices/")
    assert "In English" not in main_of(visitor, 1, "/voices/")
    page = main_of(visitor, 3, "/voices/")
    _, japanese, english = page.split("<h2 ")
    assert f'<a href="{PAGE}">Vera Void</a>' in japanese
    assert ">Emma English</a>" in english
    assert ">as The Mask</small>" in japanese
    assert "2 known at episode 3" in page


def test_the_page_of_a_character_leads_to_its_voices(masked: None, visitor: Visitor) -> None:
    ann = Character.objects.as_of(1).get(key="ann").public_id
    assert f'<dd><a href="{PAGE}">Vera Void</a></dd>' in main_of(visitor, 1, f"/c/{ann}/")
    assert f'<dd><a href="{PAGE}?as_of=1">Vera Void</a></dd>' in main_of(visitor, 3, f"/c/{ann}/?as_of=1")


def test_one_person_who_speaks_two_languages_has_one_page(db: None, tmp_path: Path, visitor: Visitor) -> None:
    both = [spoken(VOICE, 1), spoken(VOICE, 2, "voice_actor_en")]
    load_show(tmp_path, characters=[character("ann", "Ann", traits=both)])
    assert "Speaks in English" not in main_of(visitor, 1, PAGE)
    page = main_of(visitor, 2, PAGE)
    assert page.index("Speaks in Japanese") < page.index("Speaks in English")


def test_many_voices_and_roles_are_cut_into_parts(
    db: None, tmp_path: Path, visitor: Visitor, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.PAGE_CACHE_BYTES = 0
    monkeypatch.setattr(voices, "MOST_NAMES", 4)
    monkeypatch.setattr(voices, "MOST_ROLES", 2)
    monkeypatch.setattr(voices, "MOST_NAMED", 1)
    cast = [character(f"c{n}", f"Name {n}", traits=[spoken(VOICE, 1), spoken(f"Single {n}", 1)]) for n in range(3)]
    load_show(tmp_path, characters=cast)
    first, last = (main_of(visitor, 1, f"/voices/?page={number}") for number in (1, 2))
    assert [name in first for name in ("Single 0", "Single 1", "Single 2", VOICE)] == [True, True, False, False]
    assert [name in last for name in ("Single 0", "Single 1", "Single 2", VOICE)] == [False, False, True, True]
    assert "And 2 more" in last
    assert 'href="/voices/?page=2"' in first
    first, last = (main_of(visitor, 1, f"{PAGE}?page={number}") for number in (1, 2))
    assert [f"Name {n}" in first for n in range(3)] == [True, True, False]
    assert [f"Name {n}" in last for n in range(3)] == [False, False, True]


def test_no_voice_of_the_real_show_tells_who_is_whom(real_show: None) -> None:
    """Who hears one voice from two people guesses that they are one; both traits are known no sooner than that is."""
    spoken_by: dict[Any, dict[str, int]] = {}
    for row in Trait.objects.as_of(13).filter(attribute__in=SPOKEN_IN, character__isnull=False):
        spoken_by.setdefault(row.character_id, {})[row.value] = row.revealed_in_id
    compared = 0
    for merged in Unmasking.objects.as_of(13):
        persona, identity = (spoken_by.get(one, {}) for one in (merged.persona_id, merged.identity_id))
        for name in persona.keys() & identity.keys():
            assert max(persona[name], identity[name]) >= merged.revealed_in_id, name
            compared += 1
    assert compared == 2


def made(number: int, **values: Any) -> dict[str, Any]:
    return {"number": number, **values, "writers": ["Wilma Writer", "Otto Other"], "directors": ["Dora Director"]}


def test_the_credits_of_an_episode_are_known_with_it(db: None, tmp_path: Path, visitor: Visitor) -> None:
    episodes = [{"number": 1}, made(2, title="Two")]
    load_show(tmp_path, episodes=episodes, characters=[])
    for address in ("/episodes/2/", "/staff/"):
        assert "Director" not in main_of(visitor, 1, address)
        page = text_of(main_of(visitor, 2, address).encode())
        assert "Written by Wilma Writer and Otto Other" in page
        assert "Directed by Dora Director" in page
        looking_back = visitor(2).get(f"{address}?as_of=1").content.decode()
        assert "Dora" not in looking_back


def test_staff_names_the_show_and_only_episodes_with_credits(real_show: None, visitor: Visitor) -> None:
    page = main_of(visitor, 13, "/staff/")
    assert "<dt>Chief director</dt><dd>Yutaka Izubuchi</dd>" in page
    assert "<dt>Mechanical design</dt><dd>Tomoyuki Hirao</dd>" in page
    assert page.count("Directed by") == 9
    assert ">Episode 2</a>" not in page


def test_who_does_not_want_to_know_how_many_there_are_sees_the_same_staff(
    db: None, tmp_path: Path, visitor: Visitor
) -> None:
    load_show(tmp_path, episodes=[made(number) for number in (1, 2, 3)], characters=[])
    client = visitor(1)
    page = main_of(visitor, 1, "/staff/")
    client.cookies["ahead"] = "hidden"
    hidden = client.get("/staff/").content.decode().partition('<main id="main"')[2].partition("</main>")[0]
    assert hidden == page
    assert "Episode 2" not in page


def test_credits_come_back_out_of_a_dump_and_a_show_without_them_has_none(db: None, tmp_path: Path) -> None:
    plain = {"number": 1, "title": "One"}
    load_show(tmp_path, episodes=[plain, made(2, title="Two")], characters=[])
    assert Episode.objects.get(number=2).writers == ["Wilma Writer", "Otto Other"]
    for at, last in (("2", made(2, title="Two")), ("1", {"number": 2})):
        call_command("dump_dataset", tmp_path / at, as_of=int(at), verbosity=0)
        assert yaml.safe_load((tmp_path / at / "episodes.yaml").read_text()) == [plain, last]


# Suggestions


def suggested(text: str, at: int) -> list[tuple[str, str]]:
    return [(f"{each.face.name}", each.line) for each in Lore(at).suggest(text)]


def test_a_voice_is_suggested_with_whom_it_is_known_to_speak(masked: None) -> None:
    assert suggested("vera", 0) == []
    assert suggested("vera", 1) == [(VOICE, "Voice of Ann")]
    assert suggested("vera", 2) == [(VOICE, "Voice of Ann and 1 more")]
    assert suggested("vera", 3) == [(VOICE, "Voice of Ann")]
    (one,) = Lore(1).suggest("voi")
    assert one.face.url == PAGE
    assert "<mark>" in one.html


@pytest.mark.parametrize("typed", ["who is voiced by Vera", "voiced by vera void", "void vera", "Vera voice actor"])
def test_a_voice_is_suggested_however_it_is_asked_for(masked: None, typed: str) -> None:
    assert [name for name, _ in suggested(typed, 1)] == [VOICE]


@pytest.mark.parametrize("typed", ["who is voiced by Vera", "voiced by vera void", "who voices Ann?"])
def test_search_finds_whom_a_voice_speaks_and_takes_no_word_of_the_question_for_a_slip(
    db: None, tmp_path: Path, typed: str
) -> None:
    voice = character("x", "The voice of X", traits=[spoken("Emma English", 1)])
    load_show(tmp_path, characters=[character("ann", "Ann", traits=[spoken(VOICE, 1)]), voice])
    found = Lore(1).search(typed)
    assert [f"{group.face.name}" for group in found.groups if group.face] == ["Ann"]
    assert found.shown_instead == ""


def test_search_knows_no_voice_too_early(db: None, tmp_path: Path) -> None:
    load_show(tmp_path, characters=[character("ann", "Ann", traits=[spoken(VOICE, 2)])])
    assert [len(Lore(at).search("who is voiced by Vera").groups) for at in (1, 2)] == [0, 1]


@pytest.mark.parametrize("typed", ["vera english", "-vera", "voice", "era", "ann"])
def test_no_voice_is_suggested_that_was_not_asked_for(masked: None, typed: str) -> None:
    assert VOICE not in [name for name, _ in suggested(typed, 3)]


def test_names_of_the_show_come_before_voices(db: None, tmp_path: Path) -> None:
    crowd = [character(f"vera{n}", f"Vera {n}") for n in range(7)]
    load_show(
        tmp_path,
        characters=[*crowd, *(character(f"a{n}", traits=[spoken(f"Vera Void {n}", 1)]) for n in range(3))],
    )
    names = [name for name, _ in suggested("vera", 1)]
    assert names[:7] == [f"Vera {n}" for n in range(7)]
    assert names[7:] == ["Vera Void 0"]


def test_a_name_with_a_slip_is_suggested_where_no_voice_fits(db: None, tmp_path: Path) -> None:
    load_show(tmp_path, characters=[character("rose", "Roxana", traits=[spoken("Roxane Voice", 2)])])
    assert suggested("roxane", 1) == [("Roxana", "")]
    assert suggested("roxane", 2) == [("Roxane Voice", "Voice of Roxana")]


def test_who_asks_for_voices_alone_made_no_slip(tmp_path: Path) -> None:
    load_show(tmp_path, characters=[character("ann", "The Voice", traits=[spoken(VOICE, 1)])])
    for asked in ("who voices", "voiced by", "voices"):
        page = Lore(1).search(asked)
        assert (page.shown_instead, page.did_you_mean) == ("", ""), asked
