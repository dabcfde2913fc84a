"""The letter that is sent with a correction."""

from corrections.letter import Letter
from corrections.models import Correction

LETTER = Letter("It is so.", 3, "12:03", "https://show.example/")


def test_it_is_put_on_a_correction_and_read_from_it() -> None:
    correction = Correction()
    LETTER.put_on(correction)
    assert (correction.reason, correction.evidence_episode) == ("It is so.", 3)
    assert Letter.of(correction) == LETTER


def test_it_is_read_from_a_form_with_other_fields() -> None:
    assert Letter.from_form(LETTER.as_values() | {"nothing_here": ""}) == LETTER


def test_it_loses_what_no_database_can_hold() -> None:
    correction = Correction()
    Letter("Th\x00ere.").put_on(correction)
    assert correction.reason == "There."


def test_one_below_another_keeps_both_reasons_and_replaces_the_evidence() -> None:
    assert Letter("And so.").below(LETTER) == Letter("It is so.\n\nAnd so.", 3, "12:03", "https://show.example/")
    assert Letter("", 0).below(LETTER) == Letter("It is so.", 0, "", "https://show.example/")
