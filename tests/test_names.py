"""How names are printed: set apart from what stands around them, with their own letters, and never in an attribute."""

import re
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils.html import conditional_escape, format_html

from characters.datasets.dumping import dump
from characters.datasets.loading import load
from characters.datasets.reading import DatasetError
from characters.models import Alias, Character, CharacterTag, Revelation, Trait
from characters.text.names import as_name
from corrections.models import Correction
from episodes.models import Episode, Series
from episodes.names import RIGHT_TO_LEFT, CommonName, Name, capital, listed
from episodes.texts import LineInForm, TextInForm, check_text
from tests.corrections.desk import QUEUE, at_the_desk, page_of
from tests.corrections.forms import send_form
from tests.corrections.letters import accepted, new, sent, set_to, status_of
from tests.people import person, signed_in
from tests.shows import character, episode, headline, load_show, revelation, trait, unmasking

MUHAMMAD, ALI, SARA = "محمد الفارس", "علي (بن سعيد)", "سارة 7"
GUILD, TITLE, TAG, ROLE, VOICE = "الحرس 9", "العنوان 3", "جاسوس", "قائد 2", "خالد 1"


@pytest.mark.parametrize(
    ("name", "html", "text"),
    [
        ("Ann", "Ann", "Ann"),
        ("Ōtomo & 紅", "Ōtomo &amp; 紅", "Ōtomo & 紅"),
        (ALI, f"<bdi>{ALI}</bdi>", f"\u2068{ALI}\u2069"),
        ("דוד <3", "<bdi>דוד &lt;3</bdi>", "\u2068דוד <3\u2069"),
        ("evil\u202eeman", "<bdi>evileman</bdi>", "\u2068evileman\u2069"),  # of before such signs were refused
        ("a\u2069b\u2066", "<bdi>ab</bdi>", "\u2068ab\u2069"),
    ],
)
def test_a_name_sets_itself_apart_where_it_would_turn_others_round(name: str, html: str, text: str) -> None:
    assert conditional_escape(Name(name)) == html
    assert format_html("<b>{}</b>", Name(name)) == f"<b>{html}</b>"
    assert f"{Name(name)}!" == f"{text}!"
    assert listed([Name(name), "x"]) == f"{text}, x"
    assert str(Name(name)) == name


@pytest.mark.parametrize(
    "name", ["eX-Driver", "xxxHOLiC", "k.d. lang", "iroha", "გიორგი", "ßarah", "ﬁn", "ŉanna", "", "3po"]
)
def test_a_name_keeps_its_own_letter(name: str) -> None:
    assert capital(Name(name)) == name


@pytest.mark.parametrize(
    ("words", "at_the_start"),
    [
        ("the man in grey", "The man in grey"),
        ("élan", "Élan"),
        ("ǆ", "ǅ"),
        ("proto-Nean", "Proto-Nean"),
        ("eX-driver in grey", "eX-driver in grey"),
        ("ßarah", "ßarah"),
        ("ﬁn", "ﬁn"),
        ("გიორგი", "გიორგი"),
        ("7th man", "7th man"),
        ("", ""),
    ],
)
def test_ordinary_words_have_a_capital_where_a_sentence_begins(words: str, at_the_start: str) -> None:
    assert capital(words) == capital(CommonName(words)) == at_the_start
    assert type(capital(CommonName(words))) is CommonName


@pytest.mark.parametrize(
    ("name", "kind", "at_the_start"),
    [
        ("the Puppeteer", "codename", "The Puppeteer"),
        ("the Mayor", "title", "The Mayor"),
        ("the man in grey", "placeholder", "The man in grey"),
        ("the pillows", "name", "the pillows"),
        ("thermos", "codename", "thermos"),
    ],
)
def test_an_article_before_a_codename_has_a_capital_where_a_sentence_begins(
    name: str, kind: str, at_the_start: str
) -> None:
    assert capital(as_name(name, kind)) == at_the_start


# Pages


class _Reader(HTMLParser):
    """Notes each text that is written from right to left and is not set apart, and each attribute with markup in it."""

    ALONE = ("bdi", "text", "textarea")  # a line of the map has its own direction by the style sheet
    PLAIN = ("title", "option", "textarea")
    READ = ("aria-label", "alt", "title", "content", "placeholder", "label", "aria-description")
    VOID = ("meta", "link", "img", "input", "br", "hr", "source", "base")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, bool]] = []
        self.wrong: list[str] = []
        self.set_apart = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if "<bdi" in (value or "") or (name not in self.READ and "\u2068" in (value or "")):
                self.wrong.append(f"{tag} {name}={value}")
            elif name in self.READ:
                self._read_plain(value or "", f"{tag} {name}")
        if tag not in self.VOID:
            self.open.append((tag, tag in self.ALONE or "dir" in dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not any(is_alone for _, is_alone in self.open):
            self._read_plain(data, " ".join(tag for tag, _ in self.open[-3:]))
        else:
            self.set_apart += bool(RIGHT_TO_LEFT.search(data))
        if self.open and self.open[-1][0] in self.PLAIN and "<bdi" in data:
            self.wrong.append(f"{self.open[-1][0]}: {data}")

    def _read_plain(self, text: str, where: str) -> None:
        bare = re.sub("\u2068[^\u2068\u2069]*\u2069", "", text)
        self.set_apart += bare != text
        if RIGHT_TO_LEFT.search(bare):
            self.wrong.append(f"{where}: {text.strip()}")


def reading(html: str) -> _Reader:
    reader = _Reader()
    reader.feed(html)
    return reader


def wrong_on(pages: dict[str, str]) -> dict[str, str]:
    """Return what is wrong on some pages, each with the first page that has it."""
    return {wrong: address for address, html in reversed(pages.items()) for wrong in reading(html).wrong}


def all_pages(client: Client, *starts: str) -> Iterator[tuple[str, str]]:
    """Yield every page of the site that a link leads to."""
    seen, found = set[str](), list(starts)
    while found:
        address = found.pop()
        if address in seen or "/media/" in address or "/static/" in address:
            continue
        seen.add(address)
        response = client.get(address, follow=True)
        if response["Content-Type"].startswith("text/html"):
            html = response.content.decode()
            yield address, html
            found += [unescape(link) for link in re.findall(r'href="(/(?!accounts|corrections/receipt)[^"#]*)', html)]


@pytest.fixture
def show(tmp_path: Path, db: None) -> None:
    """A show in which every name is written from right to left, and ends or begins with something else."""
    load_show(
        tmp_path,
        series={"title": TITLE, "native_title": TITLE, "writers": [VOICE, MUHAMMAD], "studio": GUILD},
        episodes=[
            episode(number, title=f"{TITLE} ({number})", native_title=TITLE, synopsis="[[m]], [[a]] (old).")
            for number in (1, 2, 3)
        ],
        factions=[{"key": "guild", "revealed_in": 1, "aliases": [{"name": GUILD, "headline": True, "revealed_in": 1}],
                   "traits": [trait("summary", "Of [[m]].", since=1)]}],
        terms=[{"key": "word", "revealed_in": 1, "aliases": [{"name": f"{GUILD}!", "headline": True, "revealed_in": 1}],
                "traits": [trait("category", "a law", since=1)]}],
        characters=[
            character(
                "m", MUHAMMAD,
                aliases=[{"name": VOICE, "revealed_in": 2}, {"name": f"{VOICE}!", "revealed_in": 2}],
                traits=[trait("summary", "Brother of [[a]], [[s]] (2).", since=2), trait("species", "human", since=1),
                        trait("species", "Nean, of [[a]]", since=2), trait("voice_actor", VOICE, since=1)],
                tags=[{"name": TAG, "revealed_in": 1}, {"name": f"{TAG} 2", "revealed_in": 1, "ended_in": 2}],
                memberships=[{"faction": "guild", "role": ROLE, "revealed_in": 1},
                             {"faction": "guild", "role": f"{ROLE}!", "revealed_in": 1, "ended_in": 2}],
            ),
            character("a", ALI, tags=[{"name": TAG, "revealed_in": 1}],
                      memberships=[{"faction": "guild", "revealed_in": 1, "ended_in": 2}]),
            character("s", SARA, since=2, traits=[trait("status", "alive", since=2)]),
        ],
        relationships=[
            {"source": "m", "kind": "ally", "target": "a", "revealed_in": 1},
            {"source": "s", "kind": "enemy", "target": "a", "revealed_in": 2, "ended_in": 3},
            {"source": "s", "kind": "enemy", "target": "a", "certainty": "hinted", "revealed_in": 3},
        ],
        unmaskings=[unmasking("s", "m", since=3)],
        revelations=[
            revelation("r", "[[m]] met [[a]], [[s|الأخت]].", since=2, characters=["m", "a", "s"]),
            revelation("q", "Nobody says who.", since=2, characters=["m", "a"], factions=["guild"]),
            revelation("p", "It was [[m]].", since=3, characters=["m"], supersedes="q"),
        ],
    )  # fmt: skip


# To read them at earlier episodes is exhaustive, and on each database the same.
EARLIER = [pytest.param(n, marks=pytest.mark.laws) for n in (1, 2)] if connection.vendor == "sqlite" else []


@pytest.mark.parametrize("progress", [3, *EARLIER])
def test_every_name_on_a_page_is_set_apart(show: None, progress: int) -> None:
    client = Client()
    client.cookies["progress"] = str(progress)
    searches = [f"/search/?q={quote(word)}" for word in (MUHAMMAD, "met", "ally", "1", GUILD, "محمذ", ROLE)]
    pages = dict(all_pages(client, "/", "/corrections/new/episodes/1/", *searches))
    pages |= {word: client.get(f"/search/suggest/?q={quote(word)}").content.decode() for word in ("مح", "خالد", "حر")}
    wrong = list(wrong_on(pages).items())
    assert wrong[:5] == []
    assert len(pages) > 50
    assert sum(reading(html).set_apart for html in pages.values()) > 500


def test_two_such_names_in_a_sentence_stand_in_its_order(show: None) -> None:
    client = Client()
    client.cookies["progress"] = "2"
    html = client.get(f"/c/{Character.objects.get(key='m').public_id}/", follow=True).content.decode()
    summary = re.search(r'<div class="summary">(.*?)</div>', html, re.DOTALL)
    assert summary is not None
    assert re.sub(r"</?[ap]\b[^>]*>", "", summary[1]).strip() == f"Brother of <bdi>{ALI}</bdi>, <bdi>{SARA}</bdi> (2)."
    assert f'<meta name="description" content="Brother of \u2068{ALI}\u2069, \u2068{SARA}\u2069 (2).">' in html
    assert f"<title>\u2068{MUHAMMAD}\u2069 · \u2068{TITLE}\u2069 · rougedb</title>" in html


def test_users_and_what_they_send_are_set_apart(show: None) -> None:
    user = person("كريم", at=3)
    client = signed_in("كريم", at=2)
    anna = Character.objects.get(key="m")
    status = status_of(Character.objects.get(key="s"))
    sent(new(Alias, character=anna, name=f"{VOICE}?", revealed_in_id=2), by=user)
    correction = sent(set_to(status, "value", "dead, by [[m]]"), by=user)
    addresses = [f"/corrections/{each.pk}/" for each in Correction.objects.all()]
    choosing = f"/corrections/new/characters/{anna.public_id}/"
    rows = [*anna.aliases.all(), *anna.memberships.all(), *anna.traits.all(), *Revelation.objects.all()]
    everything = "&".join([f"row={row.pk}" for row in rows] + ["add=alias", "add=membership", "add=relationship"])
    pages = dict(
        all_pages(client, "/", "/accounts/", "/corrections/", choosing, f"{choosing}?{everything}", *addresses)
    )
    moderator = at_the_desk(person("مدير", role="moderator"))
    desk = {}
    for each in Correction.objects.all():
        desk[page_of(each)] = moderator.get(page_of(each)).content.decode()
    desk[QUEUE] = moderator.get(QUEUE).content.decode()
    accepted(correction, by=person("حكم", role="superuser"))
    desk["decided"] = moderator.get(page_of(correction)).content.decode()
    wrong = list(wrong_on(pages | desk).items())
    assert wrong[:5] == []


def test_rows_in_the_admin_are_set_apart(show: None) -> None:
    editor = at_the_desk(person("kim", role="superuser"))
    rows = [row for model in (Series, Episode, Alias, Trait, CharacterTag) for row in model.objects.all()[:3]]
    pages = {}
    for row in rows:
        for page in ("history", "delete", "change"):
            if admin.site.is_registered(type(row)):
                address = reverse(f"admin:{row._meta.label_lower.replace('.', '_')}_{page}", args=[row.pk])
                pages[address] = editor.get(address, follow=True).content.decode()
    adding = "/admin/characters/character/add/"
    pages[adding] = editor.get(adding).content.decode()
    wrong = list(wrong_on(pages).items())
    assert wrong[:5] == []
    assert sum(reading(html).set_apart for html in pages.values()) > 20


# Doors


SIGNS = [chr(code) for code in (0x61C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))]


@pytest.mark.parametrize("sign", SIGNS)
def test_unseen_signs_of_direction_are_refused_in_names(tmp_path: Path, db: None, sign: str) -> None:
    files: dict[str, Any] = {
        "series": {"title": f"A{sign}B", "writers": [f"A{sign}B"]},
        "episodes": [episode(1, title=f"A{sign}B")],
        "factions": [{"key": "g", "revealed_in": 1, "aliases": [headline(f"A{sign}B", since=1)]}],
        "characters": [
            character("a", f"evil{sign}eman", tags=[{"name": f"a{sign}b", "revealed_in": 1}],
                      memberships=[{"faction": "g", "role": f"a{sign}b", "revealed_in": 1}]),
        ],
    }  # fmt: skip
    with pytest.raises(DatasetError) as refused:
        load_show(tmp_path, **files)
    code = f"U+{ord(sign):04X}"
    found = [each.file for each in refused.value.problems if "unseen sign" in each.message and code in each.message]
    assert sorted(found) == [
        *["characters.yaml"] * 3, "episodes.yaml", "factions.yaml", "series.yaml", "series.yaml",
    ]  # fmt: skip


def test_texts_may_hold_marks_but_nothing_that_turns_round_what_follows() -> None:
    check_text("שלום\u200f! \u200eA")
    with pytest.raises(ValidationError, match=r"unseen sign U\+202E, which reverses the text after it"):
        check_text("Ann\u202e met Bea")


@pytest.mark.parametrize("word", ["unit", "units", "watched", "second_unit", "second_units", "second_read"])
def test_words_of_the_show_are_no_html(word: str) -> None:
    Series(title="R&B", **{word: "kapitał"}).clean_fields()
    with pytest.raises(ValidationError, match="It holds “<”"):
        Series(title="R&B", **{word: "a<meta http-equiv=refresh content=0;/x>"}).clean_fields()


def test_a_name_that_was_copied_from_a_page_is_taken_without_what_set_it_apart() -> None:
    assert LineInForm().clean(f"\u2068{MUHAMMAD}\u2069") == MUHAMMAD
    assert TextInForm().clean(f"Of \u2068{ALI}\u2069, \u2068{SARA}\u2069.") == f"Of {ALI}, {SARA}."
    assert LineInForm().clean("A\u202eB") == "A\u202eB"  # which the model refuses


def test_a_form_refuses_such_a_sign(show: None) -> None:
    page = f"/corrections/new/characters/{Character.objects.get(key='m').public_id}/?add=alias"
    client = at_the_desk(None)
    answer = send_form(client, page, **{"new0-name": "evil\u202eeman", "new0-kind": "name", "new0-revealed_in": "1"})
    assert answer.status_code == 422
    assert "unseen sign U+202E, which reverses the text after it" in unescape(answer.content.decode())
    assert not Correction.objects.filter(kind=Correction.Kind.SUGGESTION).exists()


def test_what_was_let_in_before_is_dumped_without_such_signs(tmp_path: Path, show: None) -> None:
    Alias.objects.filter(name=VOICE).update(name="evil\u202eeman\u200f")
    Episode.objects.filter(number=2).update(synopsis="She\u202e met\u200f [[m]].")
    dump(tmp_path / "dumped")
    load(tmp_path / "dumped", replace=True)
    assert Alias.objects.filter(name="evileman").exists()
    assert Episode.objects.get(number=2).synopsis == "She met\u200f [[m]]."
