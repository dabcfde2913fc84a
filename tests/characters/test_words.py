"""What a visitor types, and where it stands in a text."""

from html import unescape

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from characters.text.words import LONGEST_QUERY, MOST_TERMS, excerpt, fold, highlighted, occurs, parse, words_of


@pytest.mark.parametrize(
    ("typed", "like"),
    [
        ("KRISTELLA", "kristella"),
        ("Café", "cafe"),
        ("ルジュ", "ルージュ"),
        ("Ｒｏｕｇｅ", "rouge"),
        ("STRASSE", "Straße"),
    ],
)
def test_case_accents_width_and_long_vowels_do_not_matter(typed: str, like: str) -> None:
    assert fold(typed) == fold(like)


def test_kana_and_kanji_are_a_phrase_of_characters() -> None:
    assert words_of("紅は暁") == ("紅", "ハ", "暁")
    assert words_of("サラ・フィッ") == ("サ", "ラ", "フ", "イ", "ツ")
    assert words_of("Roy Junghardt's gun") == ("roy", "junghardt", "s", "gun")


def test_phrases_and_words_to_leave_out() -> None:
    query = parse('"red figure" murder -Naomi -"wanted poster" “in the tent”')
    assert [(term.words, term.quoted) for term in query.wanted] == [
        (("red", "figure"), True),
        (("murder",), False),
        (("in", "the", "tent"), True),
    ]
    assert [term.words for term in query.unwanted] == [("naomi",), ("wanted", "poster")]


def test_a_hyphen_within_a_word_leaves_nothing_out() -> None:
    query = parse("Double-Headed")
    assert [term.words for term in query.wanted] == [("double", "headed")]
    assert not query.unwanted


def test_the_words_of_a_question_need_not_stand_in_the_answer() -> None:
    assert [term.words for term in parse("who killed the king").telling] == [("killed",), ("king",)]
    assert [term.words for term in parse('"to be" or').telling] == [("to", "be")]
    assert [term.words for term in parse("who is it").telling] == [("who",), ("is",), ("it",)]


def test_an_unclosed_quote_reaches_to_the_end() -> None:
    assert [term.words for term in parse('gun "red fig').wanted] == [("gun",), ("red", "fig")]


@pytest.mark.parametrize(
    "typed", ["", " ", '"', '""', "-", "- -", "***", "()", "\x00", "\u202e", "'", "NEAR(", "^", ":*"]
)
def test_what_holds_no_word_asks_for_nothing(typed: str) -> None:
    assert all(term.words == ("near",) for term in parse(typed).wanted)


def test_a_query_has_an_end() -> None:
    query = parse("word " * 5_000)
    assert len(query.wanted) == MOST_TERMS
    assert len(query.text) <= LONGEST_QUERY


@example("䷀")
@given(st.text())
def test_any_text_is_a_query_and_its_words_are_letters_and_digits(text: str) -> None:
    for word in parse(text).words:
        assert word.isalnum(), word


def test_words_are_marked_where_they_stand_whole_or_begin() -> None:
    marked = highlighted("Rouge & the rougher <b>", parse("rouge"))
    assert marked == "<mark>Rouge</mark> &amp; the rougher &lt;b&gt;"
    assert highlighted("Junghardts", parse("jungh")) == "<mark>Junghardts</mark>"
    assert highlighted("Junghardts", parse('"jungh"')) == "Junghardts"


def test_phrases_are_marked_as_one_and_accents_do_not_hide_them() -> None:
    assert highlighted("The Réd Figure and a red", parse('"red figure"')) == "The <mark>Réd Figure</mark> and a red"
    assert highlighted("ルージュ・レッドスター", parse("ルジュ")) == "<mark>ルージュ</mark>・レッドスター"


def test_an_excerpt_holds_the_match_and_is_short() -> None:
    text = "First of all there is this sentence. " * 20 + "Here is the needle in it. " + "And so on it goes. " * 20
    short = excerpt(text, parse("needle"))
    assert "Here is the needle in it." in short
    assert short.startswith("… ")
    assert short.endswith(" …")
    assert len(short) < 300


@given(st.text(), st.text(min_size=1, max_size=20))
def test_marking_loses_no_letter(text: str, typed: str) -> None:
    marked = str(highlighted(text, parse(typed)))
    assert unescape(marked.replace("<mark>", "").replace("</mark>", "")) == text


@example("Rouge Redstar's rougher", '"rouge redstar" rou')
@given(
    st.lists(st.sampled_from(["rouge", "Réd", "star", "ルジュ", "ー", "-", " ", "x", '"'])).map("".join),
    st.lists(st.sampled_from(["rou", "rouge", "red", "star", "ルジ", " ", '"', "-"]), min_size=1).map("".join),
)
def test_a_text_holds_a_term_where_it_would_be_marked(text: str, typed: str) -> None:
    assert occurs(text, parse(typed)) == ("<mark>" in highlighted(text, parse(typed)))
