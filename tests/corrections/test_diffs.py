"""How the difference between two values is marked up."""

from corrections.desk.diffs import diff_of_words


def test_it_compares_texts_word_by_word_with_names_for_mentions() -> None:
    shown = diff_of_words("[[ann]] is good.", "[[ann]] is very bad.", {"[[ann]]": "Ann"})
    ann = '<span class="mention" title="[[ann]]">Ann</span>'
    assert shown == f"<span>{ann} is </span><del>good</del><ins>very bad</ins><span>.</span>"


def test_it_escapes_markup_in_texts_and_names() -> None:
    assert "<script>" not in diff_of_words("a", "<script>alert(1)</script>", {})
    assert "&lt;" in diff_of_words("a", "<script>", {"<script>": "<b>"})
