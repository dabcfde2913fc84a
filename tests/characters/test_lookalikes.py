"""A later name is found however its letters are drawn, and whatever stands unseen between them."""

import pytest

from characters.spoilers.linter import TAG_KIND, Corpus, KnownName, LintedText, Location
from characters.spoilers.lookalikes import LOOKALIKES, drawn, visible

ROY = KnownName("Roy Junghardt", "name", 3)
NINE = KnownName("Immortal Nine", "name", 3, group="faction")
RENE = KnownName("René", "name", 3)
GENE = KnownName("Gene", "name", 3)
YUNG = KnownName("ユングハルト", "name", 3)
FIRST = KnownName("First", "name", 3, common_word=True)
TAG = KnownName("proto-nean", TAG_KIND, 3)
ROY_IN_KANA = KnownName("ロイ・ユングハルト", "name", 3)
KOREAN = KnownName("융하르트", "name", 3)
THAI = KnownName("สมชาย", "name", 3)
RUSSIAN = KnownName("Юнгхардт", "name", 3)


def found_in(words: str, *names: KnownName, at: int = 1) -> list[str]:
    corpus = Corpus(list(names), [LintedText(words, at, Location(), "value", markdown=True)])
    return [finding.name for finding in corpus.findings()]


CAPITALS = ["ROY JUNGHARDT IS DEAD", "It is JUNGHARDT.", "JUNGHARDT'S end", "It is jUNGHARDT", "it is JungHardt",
            "the end of roy junghardt", "ROY IS DEAD", "all JUNGHARDTS"]  # fmt: skip
LOOKALIKE = ["Jungh\u0430rdt", "J\u03c5ngh\u0430rdt and R\u043e\u0443", "\u0408ungh\u0430rdt", "R\u03bfy", "\u13a1oy",
             "JUNGH\u0410RD\u0422", "R\u043eY JUNGHARDT", "\uff2aunghardt", "\U0001d409\U0001d42e\U0001d427ghardt",
             "J\u00fanghardt", "Junghardt\u0301", "J\u0336u\u0336nghardt",
             "J" + "\u0336" * 5 + "unghardt",
             # Lisu; letters that are crossed; small capitals; in black squares, in circles, of flags
             "\ua4d9UNGHARDT", "Jung\u0127ar\u0111t", "\u1d0a\u1d1c\u0274\u0262\u029c\u1d00\u0280\u1d05\u1d1b",
             "\U0001f179\U0001f184\U0001f17d\U0001f176\U0001f177\U0001f170\U0001f181\U0001f173\U0001f183",
             "\u24bf\u24e4\u24dd\u24d6\u24d7\u24d0\u24e1\u24d3\u24e3",
             "\U0001f1ef\U0001f1fa\U0001f1f3GHARDT"]  # fmt: skip
DIGITS = ["Jungh4rdt", "Jungh@rdt", "JUNGH4RDT", "Jun9hardt", "Junghard7", "his name: Jun6hardt"]
UNSEEN = [f"Seeks Jung{chr(code)}hardt." for code in
          (0xAD, 0x34F, 0x61C, 0x115F, 0x180E, 0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x202E, 0x2060, 0x2064, 0x206F,
           0x3164, 0xFE00, 0xFE0F, 0xFEFF, 0xFFA0, 0xFFF9, 0xE0001, 0xE0061, 0xE0100, 0xE01EF)]  # fmt: skip
SPLIT = ["Jung-hardt", "Jung\u00b7hardt", "J.u.n.g.h.a.r.d.t", "Jung_hardt", "Jung'hardt", "Jung--hardt",
         "Roy_Junghardt", "Roy.Junghardt", "Roy/Junghardt", "Jung\u2011hardt",
         "J\u2022u\u2022n\u2022g\u2022hardt", "Jung-\nhardt", "J u n g h a r d t",
         "it was J\u00a0u\u00a0n\u00a0g\u00a0h\u00a0a\u00a0r\u00a0d\u00a0t",
         "R o y J u n g h a r d t", "Jung|hardt", "[Jung]hardt", "Jung[hardt]", "Jung&shy;hardt", "Jung<b>hardt</b>",
         "Jung<wbr>hardt"]  # fmt: skip
JOINED = ["RoyJunghardt", "@royjunghardt", "#ROYJUNGHARDT", "Roy\u200bJunghardt", "Roy\u3164Junghardt"]


UNSEEN.append("Jung" + "\ufff9" * 5 + "hardt")


@pytest.mark.parametrize("words", [*CAPITALS, *LOOKALIKE, *DIGITS, *UNSEEN, *SPLIT, *JOINED])
def test_a_later_name_is_found(words: str) -> None:
    assert found_in(words, ROY) == ["Roy Junghardt"]
    assert found_in(words, ROY, at=3) == []


@pytest.mark.parametrize(
    "words",
    [
        "ImmortalNine",
        "THE IMMORTAL NINE",
        "the Immortal_Nine",
        "Immortal \u00b7 Nine",
        "Im-mortal Nine",
        "\u0406mmortal Nine",
    ],
)
def test_a_group_is_found(words: str) -> None:
    assert found_in(words, NINE) == ["Immortal Nine"]


@pytest.mark.parametrize(
    ("words", "name"),
    [("Rene", RENE), ("Rene\u0301", RENE), ("RENE", RENE), ("Ren\u00e9", RENE),
     ("\u042e\u041d\u0413\u0425\u0410\u0420\u0414\u0422", RUSSIAN),
     ("\u3086\u3093\u3050\u306f\u308b\u3068\u306f", YUNG),
     ("\u30ed\u30a4\u30e6\u30f3\u30b0\u30cf\u30eb\u30c8", ROY_IN_KANA),
     ("\uadf8\ub294 \uc735\ud558\ub974\ud2b8\ub2e4", KOREAN),
     ("\u0e40\u0e02\u0e32\u0e04\u0e37\u0e2d\u0e2a\u0e21\u0e0a\u0e32\u0e22", THAI),
     ("\uff95\uff9d\uff78\uff9e\uff8a\uff99\uff84", YUNG), ("PROTO-NEANS", TAG)],
)  # fmt: skip
def test_spellings_of_other_names_are_found(words: str, name: KnownName) -> None:
    assert found_in(words, name) == [name.name]


@pytest.mark.parametrize(
    ("words", "name"),
    [("1st, 2nd, the 1980s and MP3s", KnownName("Mpes", "name", 3)), ("a 3D model", KnownName("Ed", "name", 3)),
     ("a x u n g h a r", KnownName("Ungha", "name", 3)), ("is it", KnownName("Isit", "name", 3)),
     ("isit", KnownName("Is It", "name", 3)),
     ("the first of many", FIRST), ("FIRST", FIRST), ("a gene", GENE), ("general, genetic", GENE), ("GENERAL", GENE),
     ("immortal. Nine came", NINE), ("the immortal nine", NINE), ("well-gened", GENE)],
)  # fmt: skip
def test_words_that_are_no_names_are_left_alone(words: str, name: KnownName) -> None:
    assert found_in(words, name) == []


def test_the_finding_shows_the_text_as_it_is() -> None:
    words = "Long ago Jung-h\u0430rdt came."
    [finding] = Corpus([ROY], [LintedText(words, 1, Location(), "value", markdown=True)]).findings()
    assert (finding.words, finding.excerpt) == ("Jung-h\u0430rdt", words)


def test_signs_that_make_other_letters_stay() -> None:
    for word in ("\u0930\u093e\u092e", "\u0e01\u0e34\u0e19", "\u30ac", "\ud55c\uae00", "\u05e9\u05b8"):
        assert (visible(word), drawn(word)) == (word, word)
    assert all(letter.isascii() for letter in LOOKALIKES.values())
    assert len(LOOKALIKES) > 450
