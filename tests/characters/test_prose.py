"""What is read as words alone is what a browser would show of the same text."""

import html
import tracemalloc
from typing import Any
from unittest.mock import patch

import nh3
import pytest
from cachetools import LRUCache
from django.utils.html import conditional_escape
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it.token import Token

from characters.text import prose
from episodes.names import CommonName, Name

NAMES = {"ann": "the stranger", "bea": '<b>Bea</b> & "co"', "bert": "  Bert   the *First* "}
PIECES = st.sampled_from([
    "[[ann]]", "[[bea]]", "[[bert]]", "[[nobody]]", "[[ann|her words]]", "[[bea|a & b]]", "[[Ann]]", "[[", "]]",
    "*", "**", "_", "`", "\\", "- ", "+ ", "1. ", "1) ", "# ", "> ", "---", "=", "\n", "\n\n", "  ", "\t", "\u2028",
    "\u00a0", ". ", "? ", "… ", "“", "(", "&amp;", "<b>", "<!-- x -->", "~~", "|", "http://a.b", "word", "two words",
    "ルジュ", "é", "!",
])  # fmt: skip


def find(key: str) -> prose.Mention | None:
    return prose.Mention(CommonName(NAMES[key]), f"/{key}/") if key in NAMES else None


@settings(max_examples=500, deadline=None)
@example(pieces=["\u2028", "[[ann]]"])
@given(pieces=st.lists(PIECES, max_size=8) | st.lists(st.text(max_size=5) | PIECES, max_size=5))
def test_words_are_what_is_shown(pieces: list[str]) -> None:
    text = "".join(pieces).replace("\x00", "")
    assert prose.words(text, find) == prose.plain(prose.render(text, find))
    assert prose.words(text, find, inline=True) == prose.plain(prose.render_line(text, find))
    for length in (0, 4, 12):
        assert prose.shortened(prose.words(text, find, enough=length), length) == prose.shortened(
            prose.words(text, find), length
        )


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
    ("She is a Dr... He is not?! Who?", "She is a Dr... He is not?!"),
    ("One...x two?) Three.", "One...x two?) Three."),
])  # fmt: skip
def test_the_first_sentences_of_a_text(text: str, opening: str) -> None:
    assert prose.opening(text, 2) == opening


# Names are filled in where a text is cleaned already. It must read as if they had been in it before.

ANY_NAME = st.text(min_size=1, max_size=8).filter(lambda name: "\r" not in name)  # forms take no line breaks
MENTIONED = st.builds(
    prose.Mention,
    ANY_NAME.map(CommonName) | ANY_NAME.map(Name),
    st.text(max_size=5).map(lambda path: f"/{path}/") | st.just(""),
)


def rendered_with_names(text: str, find: prose.FindMention, *, inline: bool) -> str:
    """Return a text parsed with the names in it and cleaned as a whole, which takes long."""

    def mention(tokens: list[Token], index: int, options: Any, env: Any) -> str:
        blank: prose._Blank = tokens[index].meta["blank"]
        found = find(blank.key)
        words = conditional_escape(blank.words_for(found))
        return f'<a href="{html.escape(found.url)}">{words}</a>' if found and found.url else words

    rules: Any = prose._markdown.renderer
    with patch.dict(rules.rules, mention=mention):
        whole = prose._markdown.renderInline(text) if inline else prose._markdown.render(text)
    return nh3.clean(whole, tags=prose.TAGS, attributes={"a": {"href"}}, link_rel=None)


@settings(max_examples=500, deadline=None)
@example(pieces=["*", "[[ann]]", "*. [[bert]]"], ann=prose.Mention(Name("\u00a0<&>\"'"), '/"&\u00a0<>/'), bea=None)
@example(pieces=["\ue000[[ann]]\ue001"], ann=prose.Mention(Name("\ue000\ue002"), "/\ue000/"), bea=None)
@given(
    pieces=st.lists(PIECES, max_size=8) | st.lists(st.text(max_size=5) | PIECES, max_size=6),
    ann=MENTIONED,
    bea=MENTIONED | st.none(),
)
def test_names_stand_as_if_they_had_always_been_there(
    pieces: list[str], ann: prose.Mention, bea: prose.Mention | None
) -> None:
    text = "".join(pieces)
    find = {"ann": ann, "bea": bea}.get
    assert prose.render(text, find) == rendered_with_names(text, find, inline=False)
    assert prose.render_line(text, find) == rendered_with_names(text, find, inline=True)


def test_each_reader_reads_their_own_names() -> None:
    text = "*[[ann]]* sings for [[bea]]."
    for name in ("the stranger", "Ann"):
        read = prose.render(text, {"ann": prose.Mention(CommonName(name), "/a/")}.get)
        assert read == f'<p><em><a href="/a/">{name[0].upper()}{name[1:]}</a></em> sings for somebody.</p>\n'


def test_only_so_much_of_what_was_parsed_is_kept() -> None:
    cache: LRUCache[Any, Any] = prose._kept.cache  # type: ignore[assignment]
    long = "long " * prose.LONGEST_KEPT
    prose.render(long, find)
    assert (long, False) not in cache
    for number in range(40):
        prose.render(f"{number} " + "word " * (prose.LONGEST_KEPT // 8), find)
    assert sum(prose._size(kept) for kept in cache.values()) == cache.currsize <= cache.maxsize == prose.MOST_KEPT


def test_many_mentions_keep_no_copies_of_the_text() -> None:
    def most_bytes(times: int) -> int:
        tracemalloc.start()
        try:
            prose._parsed("[[ann]] " * times, False)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    most_bytes(10)
    assert most_bytes(2_000) < 6 * most_bytes(500)  # four times as many
