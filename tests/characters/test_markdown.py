"""What was written is never lost: what our Markdown does not mean stands on the page as it was typed."""

import re
from html import unescape
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from characters.text import markdown, prose

TYPED = [
    "1998. Was a good year.", "2049. A war ends.\n2050. Another.", "5. April", "1) 2) cited", "3.", "0. Zero",
    "007. Bond", "1. a\n1998. b", "1. a\n1. b", "1. One alone", "text\n1998. year", "-", "*", "+", "+ 1", "+ plus",
    "_", "#", "#hashtag", "# heading", "#1 fan", "a < b > c", "<b>x</b>", "<3", "<", ">:(", ">_<", "a * b * c", "5*3",
    "__init__", "snake_case_name", "_x_", "¯\\_(ツ)_/¯", "C:\\dir\\#1", "\\", "a\\", "\\d",
    "| a | b |\n|---|---|\n| 1 | 2 |", "```\ncode\n```", "`code`", "~~x~~", "http://a.b/c_d*e", "<http://x.y>",
    "[a](http://x)", "![i](x)", "[a]: http://x", "[a][b]", "&amp; &lt; AT&T &copy;", "Title\n===",
    "line one\nline two", "**Bold:**text", "k.d. lang", "100 % * 2",
    "2*3*4", "10**3**2 = 10**9", ">", "a\n>",
]  # fmt: skip


def shown(html: str) -> str:
    """Return what a browser shows, with the breaks of lines."""
    return unescape(re.sub(r"<(?!br)[^>]*>", "", html).replace("<br>\n", "\n")).strip("\n")


@pytest.mark.parametrize("text", TYPED)
def test_what_means_nothing_is_shown_as_it_was_typed(text: str) -> None:
    assert shown(prose.render(text, lambda key: None)) == text
    assert shown(prose.render_line(text, lambda key: None)) == text
    assert prose.words(text, lambda key: None) == " ".join(text.split())


@pytest.mark.parametrize(
    ("text", "html", "words"),
    [
        ("1. a\n2. b", "<ol>\n<li>a</li>\n<li>b</li>\n</ol>", "1. a 2. b"),
        ("3) a\n4) b", '<ol start="3">\n<li>a</li>\n<li>b</li>\n</ol>', "3. a 4. b"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>", "a b"),
        ("one\ntwo", "<p>one<br>\ntwo</p>", "one two"),
        ("> quoted", "<blockquote>\n<p>quoted</p>\n</blockquote>", "quoted"),
        ("> a\n>\n> b", "<blockquote>\n<p>a</p>\n<p>b</p>\n</blockquote>", "a b"),
        ("\\[a\\] \\\\", "<p>[a] \\</p>", "[a] \\"),
        ("\\*not\\* 1998\\. year", "<p>*not* 1998. year</p>", "*not* 1998. year"),
        ("1. a\n   1. x\n   2. y\n2. b",
         "<ol>\n<li>a\n<ol>\n<li>x</li>\n<li>y</li>\n</ol>\n</li>\n<li>b</li>\n</ol>", "1. a 1. x 2. y 2. b"),
        ("- 1. a\n- 2. b", "<ul>\n<li>1. a</li>\n<li>2. b</li>\n</ul>", "1. a 2. b"),
        ("1. a\n2. b\n\nText\n\n1998. year",
         "<ol>\n<li>a</li>\n<li>b</li>\n</ol>\n<p>Text</p>\n<p>1998. year</p>", "1. a 2. b Text 1998. year"),
    ],
)  # fmt: skip
def test_lists_show_the_numbers_that_were_typed(text: str, html: str, words: str) -> None:
    assert prose.render(text, lambda key: None).strip() == html
    assert prose.words(text, lambda key: None) == words


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("これは**重要：**です。", "これは<strong>重要：</strong>です。"),
        ("これは**「重要」**です。", "これは<strong>「重要」</strong>です。"),
        ("彼は*「はい」*と", "彼は<em>「はい」</em>と"),
        ("**（注）**この", "<strong>（注）</strong>この"),
        ("x**「重要」**y", "x<strong>「重要」</strong>y"),
        ("**이것(this)**은", "<strong>이것(this)</strong>은"),
        ("**重要。**", "<strong>重要。</strong>"),
        ("**a** *b* ***c***", "<strong>a</strong> <em>b</em> <em><strong>c</strong></em>"),
        ("a**b**c", "a<strong>b</strong>c"),
        ("2**b**3", "2<strong>b</strong>3"),
    ],
)
def test_emphasis_stands_beside_the_marks_of_scripts_without_spaces(text: str, html: str) -> None:
    assert prose.render_line(text, lambda key: None) == html


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from([*TYPED, "\n", "\n\n", " ", "1. ", "2. ", "- ", "> ", "word", "「", "**"]), max_size=6))
def test_no_letter_and_no_digit_is_lost(parts: list[str]) -> None:
    text = "".join(parts)
    for html in (prose.render(text, lambda key: None), prose.render_line(text, lambda key: None)):
        assert re.findall(r"\w", prose.plain(html)) == re.findall(r"\w", text)


@pytest.mark.parametrize(
    "piece", ["".join(f"{number}. a\n\n" for number in range(1, 100)), "1. a\n1. b\n", "5. a\nx\nx\n6. b\n"]
)
def test_lists_that_do_not_count_on_are_looked_at_once(piece: str) -> None:
    def looked_at(times: int) -> int:
        with patch.object(markdown, "_line", wraps=markdown._line) as line:
            markdown.parser().render(piece * times)
            return line.call_count

    assert looked_at(8) < 3 * looked_at(4)  # twice as many, which was four times as much


@pytest.mark.parametrize("marks", [".", "!?", "…"])
def test_a_run_of_marks_is_read_once(marks: str) -> None:
    assert prose.opening(marks * 50_000 + "x. Then", 1) == marks * 50_000 + "x."
