"""What is read as words alone is what a browser would show of the same text."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from characters.text import prose

NAMES = {"ann": "the stranger", "bea": '<b>Bea</b> & "co"', "bert": "  Bert   the *First* "}
PIECES = st.sampled_from([
    "[[ann]]", "[[bea]]", "[[bert]]", "[[nobody]]", "[[ann|her words]]", "[[bea|a & b]]", "[[Ann]]", "[[", "]]",
    "*", "**", "_", "`", "\\", "- ", "+ ", "1. ", "1) ", "# ", "> ", "---", "=", "\n", "\n\n", "  ", "\t", "\u2028",
    "\u00a0", ". ", "? ", "… ", "“", "(", "&amp;", "<b>", "<!-- x -->", "~~", "|", "http://a.b", "word", "two words",
    "ルジュ", "é", "!",
])  # fmt: skip


def find(key: str) -> prose.Mention | None:
    return prose.Mention(NAMES[key], f"/{key}/") if key in NAMES else None


@settings(max_examples=500, deadline=None)
@example(pieces=["\u2028", "[[ann]]"])
@given(pieces=st.lists(PIECES, max_size=8) | st.lists(st.text(max_size=5) | PIECES, max_size=5))
def test_words_are_what_is_shown(pieces: list[str]) -> None:
    text = "".join(pieces).replace("\x00", "")
    assert prose.words(text, find) == prose.plain(prose.render(text, find))
    assert prose.words(text, find, inline=True) == prose.plain(prose.render_line(text, find))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[ann]] sings. [[ann]] and [[nobody]] dance.", "The stranger sings. The stranger and somebody dance."),
        ("Here [[bea]] is [[ann|she]].", 'Here <b>Bea</b> & "co" is she.'),
        ("*Very* [[ann]]", "Very the stranger"),
    ],
)
def test_mentions_are_read_by_name(text: str, words: str) -> None:
    assert prose.words(text, find) == words


@pytest.mark.parametrize(("text", "opening"), [
    ("One. Two! Three.", "One. Two!"),
    ("One", "One"),
    ("[[ann|Dr. Who. Really]] came. “Did she?” He did.", "[[ann|Dr. Who. Really]] came. “Did she?”"),
    ("Dr. Ann is 1.5 m tall. So?\n\nThree.", "Dr. Ann is 1.5 m tall. So?"),
])  # fmt: skip
def test_the_first_sentences_of_a_text(text: str, opening: str) -> None:
    assert prose.opening(text, 2) == opening
