"""How the difference between two values is marked up."""

import re
from unittest.mock import patch

import pytest

from corrections.desk import diffs
from corrections.desk.diffs import diff_of_words


def test_it_compares_texts_word_by_word_with_names_for_mentions() -> None:
    shown = diff_of_words("[[ann]] is good.", "[[ann]] is very bad.", {"[[ann]]": "Ann"})
    ann = '<span class="mention" title="[[ann]]">Ann</span>'
    assert shown == f"<span>{ann} is </span><del>good</del><ins>very bad</ins><span>.</span>"


def test_it_escapes_markup_in_texts_and_names() -> None:
    assert "<script>" not in diff_of_words("a", "<script>alert(1)</script>", {})
    assert "&lt;" in diff_of_words("a", "<script>", {"<script>": "<b>"})


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (" ".join(f"w{number}" for number in range(200)), " ".join(f"v{number}" for number in range(4_000))),
        ("a b " * 400, "a c " * 400),
    ],
)
def test_texts_of_the_same_words_again_and_again_are_not_searched_for_long_passages(before: str, after: str) -> None:
    with patch.object(diffs, "SequenceMatcher", side_effect=AssertionError("It takes the third power of the time.")):
        shown = diff_of_words(before, after, {})
    assert re.sub("<[^>]*>", "", re.sub("<ins>.*?</ins>", "", shown)) == before
    assert re.sub("<[^>]*>", "", re.sub("<del>.*?</del>", "", shown)) == after


def test_a_small_change_of_a_long_text_is_shown_as_such() -> None:
    before = "One word and another, and so on. " * 60
    shown = diff_of_words(before, before.replace("another", "a third", 1), {})
    assert shown.startswith("<span>One word and </span><del>another</del><ins>a third</ins><span>, and so on.")
    assert shown.count("<del>") == 1
