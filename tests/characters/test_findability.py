"""A name is found by whoever types it as people type it, in search, in suggestions and in forms."""

import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from characters.lore import Lore
from characters.text.words import highlighted, joined, parse
from episodes.folding import fold, folded_pieces
from tests.shows import character, load_show, trait

pytestmark = pytest.mark.django_db

SPELLINGS = [
    # joined and apart
    ("Rouge Redstar", "Rouge Red Star"),
    ("Rouge Redstar", "red star rouge"),
    ("Rouge Redstar", "Red-star"),
    ("Rouge Redstar", "Redstar,Rouge"),
    ("Rouge Redstar", "redstar/rouge"),
    ("Red Star", "Redstar"),
    ("Red Star", "redst"),
    ("Red-Star", "redstar"),
    ("Red Star", "red–star"),
    ("Jean-Luc", "Jeanluc"),
    ("Jean-Luc −5", "Jean-Luc -5"),
    ("Jean-Luc −5", "Jean-Luc −5"),
    ("Unit 02", "unit02"),
    ("Unit02", "unit 02"),
    # points, apostrophes, initials
    ("J. R. Smith", "JR Smith"),
    ("JR Smith", "J. R. Smith"),
    ("J.R.R. Tolk", "JRR Tolk"),
    ("JRR Tolk", "J R R Tolk"),
    ("O’Brien", "O'Brien"),
    ("O'Brien", "OBrien"),
    ("OBrien", "O`Brien"),
    ("OBrien", "OʼBrien"),
    ("Gene's assistant", "Gene’s assistant"),
    ("Gene's assistant", "Genes assistant"),
    ("Gene’s assistant", "Gene's assistant"),
    ("Gene’s assistant", "Genes assistant"),
    ("Kāneʻohe", "Kaneohe"),
    # honorifics
    ("Naomi Orthmann", "Naomi-san"),
    ("Naomi Orthmann", "naomi sama"),
    ("Naomi Orthmann", "Mr. Orthmann"),
    ("Naomi Orthmann", "Dr Orthmann"),
    ("ナオミ", "なおみさん"),
    ("澤田", "沢田先生"),
    # kana
    ("ルージュ", "るーじゅ"),
    ("ルージュ", "ﾙｰｼﾞｭ"),
    ("ルージュ", "ルジュ"),
    ("さくら", "サクラ"),
    ("ヴェルデ", "ベルデ"),
    ("ベルデ", "ヴェルデ"),
    ("ヴェルデ", "う\u3099ぇるで"),
    ("バ", "ゔぁ"),
    ("ヷン", "ばん"),
    ("ヂル", "ジル"),
    ("ヅカ", "ズカ"),
    ("いすゞ", "イスヾ"),
    ("キヤノン", "キャノン"),
    ("ヱヴァ", "エヴァ"),
    # width, letters that do not come apart, ligatures
    ("Rouge", "Ｒｏｕｇｅ"),
    ("Işık", "isik"),
    ("Søren", "soren"),
    ("Ærø", "aero"),
    ("Þór", "thor"),
    ("Straße", "STRASSE"),
    ("Łódź", "lodz"),
    ("Đorđe", "dorde"),
    ("ﬁn", "fin"),
    ("Œuvre", "oeuvre"),
    ("Unit Ⅱ", "unit ii"),
    # kanji
    ("國光", "国光"),
    ("沢", "澤"),
    ("髙﨑", "高崎"),
    ("辻\U000e0100", "辻"),
    ("斉藤", "齋藤"),
    ("齊藤", "斎藤"),
    ("龜田", "亀田"),
    # Arabic, Cyrillic
    ("مُحَمَّد", "محمد"),
    ("محـــمد", "محمد"),
    ("أحمد", "احمد"),
    ("فاطمة", "فاطمه"),
    ("علی", "علي"),
    ("علے", "علي"),
    ("ڪريم", "كريم"),
    ("Семён", "семен"),
    ("Ґанна", "ганна"),
    ("Unit ٢", "unit 2"),
    # unseen signs
    ("Gesamt\u00adkonzept", "Gesamtkonzept"),
    ("Gesamt\u00adkonzept", "Gesamt\u00adkonzept"),
    ("می\u200cخواهم", "میخواهم"),
    ("می\u200cخواهم", "می خواهم"),
    ("Ann", "An\u2060n"),
    ("An\ufff9n", "Ann"),
    # signs of a name that could be operators
    ("Persona 5 -The Day Breakers-", "Persona 5 -The Day Breakers-"),
    ("Jean -Luc", "Jean -Luc"),
    # no words at all
    ("???", "???"),
    ("???", "？"),
    ("♥", "♥"),
    ("🦊", "🦊"),
    ("👩‍🚀", "👩🚀"),
    ("…", "..."),
    # what is said with a name
    ("Rouge", "Rouge's"),
    ("Rouge", "Rouge’s"),
    ("Rouge Redstar", "who is rouge?"),
    ("Rouge", "the Rouge"),
    ("St. Denis", "Saint Denis"),
    ("Rouge", "Captain Rouge"),
    ('Roy "Jung" Hardt', 'Roy "Jung" Hardt'),
    ("Roy “Jung” Hardt", "Roy „Jung“ Hardt"),
]


@pytest.fixture
def small(tmp_path: Path, netted: None) -> Any:
    def load(**files: Any) -> None:
        load_show(tmp_path, **files)

    return load


def names(text: str) -> list[str]:
    return [group.face.name for group in Lore(1).search(text).groups if group.names and group.face]


def suggested(text: str) -> list[str]:
    return [suggestion.face.name for suggestion in Lore(1).suggest(text)]


@pytest.mark.parametrize(("name", "typed"), SPELLINGS)
def test_a_name_is_found_as_people_type_it(small: Any, name: str, typed: str) -> None:
    small(characters=[character("ann", name), character("bea", "Marianne"), character("cleo", "ムライ")])
    assert names(typed) == [name]
    assert suggested(typed) == [name]
    assert Lore(1).search(typed).shown_instead == ""


def test_a_name_that_is_in_one_for_some_finds_all_who_bear_it(small: Any) -> None:
    small(characters=[character("ann", "Red Star"), character("bea", "Redstar"), character("cleo", "Star")])
    assert sorted(names("redstar")) == sorted(names("red star")) == ["Red Star", "Redstar"]
    assert names("red star")[0] == "Red Star"
    assert names("redstar")[0] == "Redstar"


def test_operators_are_those_that_a_person_meant(small: Any) -> None:
    small(characters=[character("ann", "Rouge Redstar"), character("bea", "Rouge -Noir"), character("cleo", "Rouge")])
    assert sorted(names("rouge -redstar")) == ["Rouge", "Rouge -Noir"]
    assert names("rouge -noir") == ["Rouge -Noir"]
    assert names('"rouge redstar"') == ["Rouge Redstar"]
    assert suggested("rouge -redstar") == []
    for quoted in ('"rouge redstar"', "“rouge redstar”", "„rouge redstar‟", "«rouge redstar»", "＂rouge redstar＂"):
        assert [term.quoted for term in parse(quoted).wanted] == [True], quoted


ALIKE = [
    ("C", "C++", "C#"), ("Roy", "Roy!", "ROY", "roy"), ("René", "Rene"), ("か", "が", "カ", "ガ"), ("龍", "竜"),
    ("Red Star", "Red-Star", "Redstar"), ("Jean -Luc", "Jean Luc", "Jean-Luc"), ("Unit 2", "Unit ２", "Unit-2"),
    ('"Rouge"', "Rouge", "-Rouge-"), ("Ann & Bea", "Ann Bea", "Ann/Bea"), ("?", "???", "!"),
    ("A B C D E F G H I", "A B C D E F G H J", "A B C D E F G H"),
]  # fmt: skip


@pytest.mark.parametrize("alike", ALIKE)
def test_of_names_that_are_alike_the_one_that_was_typed_comes_first(small: Any, alike: tuple[str, ...]) -> None:
    small(characters=[character(f"c{at}", name, since=1) for at, name in enumerate(alike)])
    for name in alike:
        assert (names(name)[0], suggested(name)[0]) == (name, name)
    if len({name.casefold() for name in alike}) == len(alike):
        assert [names(name.swapcase())[0] for name in alike] == list(alike)


def test_a_name_that_only_contains_the_signs_changes_no_operator(small: Any) -> None:
    small(characters=[character("ann", "Old Rouge -Noir"), character("bea", "Rouge Noir")])
    assert names("rouge -noir") == []


def test_names_of_long_words_are_not_joined() -> None:
    assert joined(("a" * 30, "b" * 30)) == ("a" * 30 + "b" * 30,)
    assert joined(("a" * 30, "b" * 31)) == ()


def test_words_of_a_question_find_texts_as_well(small: Any) -> None:
    small(characters=[character("ann", "Rouge Redstar", traits=[trait("habit", "sings to a sister", since=1)])])
    (group,) = Lore(1).search("Rouge's sister").groups
    assert (group.face and group.face.name, bool(group.passages)) == ("Rouge Redstar", True)
    assert Lore(1).search("who is the").groups == ()


def test_an_honorific_in_a_name_counts(small: Any) -> None:
    small(characters=[character("ann", "Dr. Stein"), character("bea", "Rose Stein")])
    assert names("Dr Stein") == ["Dr. Stein"]
    assert sorted(names("Mr Stein")) == ["Dr. Stein", "Rose Stein"]


def test_unseen_signs_do_not_split_the_words_of_texts(small: Any) -> None:
    small(characters=[character("ann", "Ann", traits=[trait("habit", "a Wunder\u00adwerk, Zoe\u0308", since=1)])])
    for typed in ("Wunderwerk", "Wunder\u00adwerk", "zoë"):
        (group,) = Lore(1).search(typed).groups
        assert "<mark>" in group.passages[0].html, typed
    assert highlighted("a Wunder\u00adwerk", parse("wunderwerk")) == "a <mark>Wunder\u00adwerk</mark>"
    assert highlighted("Zoe\u0308!", parse("zoe")) == "<mark>Zoe\u0308</mark>!"
    assert highlighted("ヴェルデ", parse("ベ")) == "<mark>ヴェ</mark>ルデ"


@pytest.mark.parametrize(
    ("name", "typed", "meant"),
    [
        ("ベルグ", "ベルデ", "ベルグ"),
        ("Zoë Ōshima", "zoé oshama", "Zoë Ōshima"),
        ("Straße", "strasso", "Straße"),
        ("McGregor", "mcgreger", "McGregor"),
        ("Junghardt", "yunghart", "Junghardt"),
        ("Zoe\u0308 Smith", "Zoe Smiht", "Zoe\u0308 Smith"),
    ],
)
def test_what_is_meant_is_said_as_it_is_written(small: Any, name: str, typed: str, meant: str) -> None:
    small(characters=[character("ann", name)])
    page = Lore(1).search(typed)
    assert (names(typed), page.shown_instead) == ([name], meant)


@example("う\u3099ェ")
@example("ﾁﾞ")
@example("İ\u0345ﷺ")
@given(st.text(st.one_of(st.characters(), st.sampled_from("うウｳヴゔチつ\u3099ﾞァぇｮー\u00ad\u0301")), max_size=12))
def test_a_text_is_folded_as_its_pieces_are(text: str) -> None:
    assert "".join(folded for *_, folded in folded_pieces(text)) == fold(text)
    assert fold(fold(text)) == fold(text)
    assert fold(unicodedata.normalize("NFD", text)) == fold(unicodedata.normalize("NFC", text))
