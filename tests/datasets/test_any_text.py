"""Whatever text was accepted, at any door, can be dumped and comes back as it was."""

from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from characters.datasets.dumping import as_yaml, dump
from characters.datasets.loading import load
from characters.datasets.reading import DatasetError, read
from characters.models import Alias, Trait
from corrections.models import Change, Correction
from episodes.models import Episode, Series
from episodes.names import DIRECTION_SIGN
from episodes.texts import CONTROLS, LineInForm, TextInForm, check_line, check_text, cleaned
from tests.characters.sheets import fill_in
from tests.corrections.desk import at_the_desk, decide_by_form, verdict
from tests.corrections.forms import send_form
from tests.corrections.letters import accepted, new, sent, set_to, somebody, status_of
from tests.datasets.pictures import files_of
from tests.datasets.test_loading import everything
from tests.people import person
from tests.shows import character, episode, load_show, trait

CONTROL = [chr(code) for code in [*range(1, 32), *range(0x7F, 0xA0)] if chr(code) not in "\t\n\r"]
SPECIAL = (
    "\t\n\r \u2028\u2029\ufeff\ufffe\uffff\U0001fffe\U0010ffff\u00a0\u3000\u200b\u00ad\u200d\ufe0f\u0301\ue000"
    "'\"#:-?!&*|>%@`{}[],\\~=<"
)
WORDS = [
    "no",
    "null",
    "010",
    "1e3",
    "1:30",
    "2024-01-11",
    "- x",
    "a: b",
    "# x",
    "---",
    "...",
    "!a",
    "&a",
    "*a",
    "word " * 60,
]
TEXTS = st.lists(
    st.one_of(
        st.characters(exclude_categories=["Cc", "Cs"]), st.sampled_from(SPECIAL), st.sampled_from(WORDS), st.just(" ")
    ),
    min_size=1, max_size=60,
).map(lambda parts: DIRECTION_SIGN.sub("", "".join(parts)).strip()).filter(bool)  # fmt: skip


@settings(max_examples=500, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(TEXTS)
@example("a\u2028b")
@example("\u2029a \u2028 b")
@example("\ufeffa\r\nb\rc\n\n d\t")
def test_what_is_dumped_is_read_again(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_bytes(as_yaml([{"value": text}]).encode())
    document = read(path)
    assert (document.problems, document.data) == ([], [{"value": text}])


ONE_LINE = TEXTS.filter(lambda text: not {"\n", "\r"} & set(text)).map(lambda text: text[:100].strip()).filter(bool)


@settings(
    max_examples=3, deadline=None, phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.large_base_example, HealthCheck.too_slow],
)  # fmt: skip
@given(
    st.lists(TEXTS.filter(lambda text: "[[" not in text), min_size=30, max_size=30, unique=True),
    st.lists(ONE_LINE, min_size=30, max_size=30, unique=True),
)
@pytest.mark.django_db
def test_a_show_of_any_texts_comes_back(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], names: list[str]
) -> None:
    directory = tmp_path_factory.mktemp("show")
    habits = [trait("habit", text, since=1) for text in texts]
    aliases = [{"name": name, "revealed_in": 1} for name in names if name != "Ann"]
    ann = character("ann", aliases=aliases, traits=habits)
    titled = [
        episode(number, title=name, synopsis=text)
        for number, (name, text) in enumerate(zip(names, texts, strict=True), 1)
    ]
    series = {"title": names[0], "premise": texts[0], "writers": names, "music": names[:1]}
    load_show(directory / "0", series=series, episodes=titled, characters=[ann])
    before = everything()
    assert {row["value"] for (model, _), row in before.items() if model == Trait._meta.label} == set(texts)
    assert {row["name"] for (model, _), row in before.items() if model == Alias._meta.label} == {"Ann", *names}
    dump(directory / "1")
    load(directory / "1", replace=True)
    assert everything() == before
    dump(directory / "2")
    assert files_of(directory / "2") == files_of(directory / "1")


# Doors. Forms take out what nobody sees; a data set is refused with file and line, as is whatever else writes.


@pytest.mark.parametrize("control", CONTROL)
def test_forms_take_control_characters_out(control: str) -> None:
    assert cleaned(f"a{control}b") in ("ab", "a\nb")
    assert cleaned(f"a{control}b", one_line=True) in ("ab", "a b")
    assert not CONTROLS.search(cleaned(f"{control}a\r\nb\tc"))
    assert cleaned("a\r\nb\tc\n") == "a\r\nb\tc\n"
    with pytest.raises(ValidationError, match=f"U\\+{ord(control):04X} is not allowed"):
        check_text(f"a{control}b")


def test_what_breaks_a_line_breaks_it_as_all_others_do() -> None:
    assert cleaned("one\x0btwo\x0cthree\x85four\x07\ud800!") == "one\ntwo\nthree\nfour!"
    assert cleaned("one\r\ntwo\nthree\x0bfour", one_line=True) == "one two three four"
    for text in ("one\ntwo", "one\rtwo"):
        check_text(text)
        with pytest.raises(ValidationError, match="one line"):
            check_line(text)


@pytest.mark.parametrize("control", [repr(control)[1:-1] for control in CONTROL])
@pytest.mark.django_db
def test_the_loader_refuses_them_with_the_line(tmp_path: Path, control: str) -> None:
    code = f"U+{ord(control.encode().decode('unicode_escape')):04X} is not allowed"
    (tmp_path / "episodes.yaml").write_text(f'- {{number: 1}}\n- number: 2\n  title: "a{control}b"\n')
    (tmp_path / "series.yaml").write_text(f'title: A\nwriters:\n- B\n- "a{control}b"\n')
    (tmp_path / "characters.yaml").write_text("[]")
    with pytest.raises(DatasetError) as refused:
        load(tmp_path)
    found = [(problem.file, problem.line, code in problem.message) for problem in refused.value.problems]
    assert found == [("episodes.yaml", 3, True), ("series.yaml", 4, True)]


@pytest.mark.parametrize("unseen", ["\x85", "\u2028", "\u2029"])
@pytest.mark.parametrize("value", ["a{}b", "a {} b", "a{}", "{}a", "|\n  a{}b", ">\n  a{}b", "1{}  key: bea"])
def test_a_line_that_breaks_unseen_is_refused(tmp_path: Path, value: str, unseen: str) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(f"- key: ann\n- value: {value.format(unseen)}\n".encode())
    [problem] = read(path).problems
    assert str(problem) == (
        f"x.yaml:{2 + value.count(chr(10))}: The character U+{ord(unseen):04X} breaks the line here, "
        "where nobody sees it. Take it out."
    )


@pytest.mark.parametrize("quote", ["'", '"'])
def test_one_that_would_become_a_space_is_refused_within_quotes(tmp_path: Path, quote: str) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(f"- value: {quote}a\x85b{quote}\n".encode())
    assert [problem.line for problem in read(path).problems] == [1]
    path.write_bytes(f"- value: {quote}a\u2028b{quote}\n".encode())
    assert read(path).problems == []


@pytest.mark.django_db
def test_a_title_of_two_lines_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"episodes\.yaml:2: “title”: This must be one line\."):
        load_show(tmp_path, episodes=[{"number": 1, "title": "One\nTwo"}], characters=[])


@pytest.mark.parametrize("unseen", ["\u200b", "\u200d\ufe0f", "\ufeff", "\u3164", "\U000e0041", " \u00ad "])
def test_what_nobody_sees_is_nothing_to_a_form(unseen: str) -> None:
    for field in (TextInForm, LineInForm):
        assert field(required=False).clean(unseen) == ""
        assert field().clean(f"{unseen.strip()}a") == f"{unseen.strip()}a"
        with pytest.raises(ValidationError, match="required"):
            field().clean(unseen)


PASTED = "alive\x0band\x07 well\x85"
CLEAN = "alive\nand well"


def comes_back(tmp_path: Path) -> None:
    dump(tmp_path / "1")
    load(tmp_path / "1", replace=True)
    dump(tmp_path / "2")
    assert files_of(tmp_path / "2") == files_of(tmp_path / "1")


@pytest.fixture
def editor(db: None) -> Client:
    for number in range(4):
        Episode.objects.create(number=number, title=f"Title of {number}" if number else "")
    return at_the_desk(person(role="superuser"))


def test_the_public_form_takes_them_out(editor: Client, tmp_path: Path) -> None:
    ann = somebody()
    status = status_of(ann)
    address = f"/corrections/new/characters/{ann.public_id}/?row={status.pk}&add=alias"
    client = at_the_desk(None)
    typed = {f"{status.pk}-value": PASTED, "new0-name": "An\x0bna", "new0-kind": "name", "new0-revealed_in": "1"}
    assert send_form(client, address, **typed).status_code == 303
    accepted(Correction.objects.get(), by=person(role="moderator"))
    status.refresh_from_db()
    assert status.value == CLEAN
    assert set(ann.aliases.values_list("name", flat=True)) == {"Ann", "An na"}
    comes_back(tmp_path)


def test_the_admin_takes_them_out(editor: Client, tmp_path: Path) -> None:
    address = reverse("admin:episodes_episode_change", args=[2])
    page = editor.get(address)
    data = {field.html_name: field.value() or "" for field in page.context["adminform"].form}
    data |= {"title": "One\x0bTwo\r\nThree", "synopsis": PASTED, "_base": page.context.get("base", "")}
    editor.post(address, data)
    row = Episode.objects.get(number=2)
    assert (row.title, row.synopsis) == ("One Two Three", CLEAN)
    series = {"title": "A\x07 Show", "premise": PASTED, "writers": "Ann\x07\nBea\x0bCee", "music": ""}
    editor.post(reverse("admin:episodes_series_add"), series)
    show = Series.objects.get()
    assert (show.title, show.premise, show.writers) == ("A Show", CLEAN, ["Ann", "Bea", "Cee"])
    comes_back(tmp_path)


def test_the_form_of_an_episode_takes_them_out(editor: Client, tmp_path: Path) -> None:
    newcomer = {"who": "character", "key": "bea", "name": "Be\x0ba", "kind": "name", "summary": PASTED}
    assert fill_in(editor, 2, newcomers=[newcomer], traits=[]).status_code == 302
    assert Trait.objects.get(attribute="summary").value == CLEAN
    assert Alias.objects.get().name == "Be a"
    comes_back(tmp_path)


def test_the_desk_takes_them_out(editor: Client, tmp_path: Path) -> None:
    status = status_of(somebody())
    correction = sent(
        set_to(status, "value", "dead"), new(Alias, character=status.character, name="A", revealed_in_id=1)
    )
    value, name = correction.changes.order_by("position")
    alias = {
        "character": str(status.character.pk),
        "name": "A\x0bB",
        "kind": "name",
        "language": "en",
        "revealed_in": "1",
    }
    decide_by_form(editor, correction, verdict(value, "accept", value=PASTED), verdict(name, "accept", **alias))
    status.refresh_from_db()
    assert status.value == CLEAN
    assert Alias.objects.filter(name="A B").exists()
    comes_back(tmp_path)


def test_names_are_edited_line_by_line(editor: Client) -> None:
    series = Series.objects.create(pk=1, title="A Show", writers=["Ann"])
    correction = sent(set_to(series, "writers", ["Ann", "Bea"]))
    decide_by_form(
        editor, correction, verdict(correction.changes.get(), "accept", writers="Ann\x07 \r\n\r\nCee\x0bDee")
    )
    series.refresh_from_db()
    assert series.writers == ["Ann", "Cee", "Dee"]


@pytest.mark.parametrize("writers", ["Ann", {"a": 1}, [1], ["a\u0007"], ["a\nb"], [" a"], [""], [None], [["a"]]])
def test_a_list_of_names_holds_nothing_else(editor: Client, writers: Any) -> None:
    series = Series.objects.create(pk=1, title="A Show", writers=["Ann"])
    series.writers = writers
    with pytest.raises(ValidationError):
        series.full_clean()
    accepted(sent(set_to(Series.objects.get(), "writers", writers)), by=person(role="moderator"))
    series.refresh_from_db()
    assert series.writers == ["Ann"]


def test_what_waited_with_one_is_not_published(editor: Client) -> None:
    status = status_of(somebody())
    correction = sent(set_to(status, "value", "alive\x0band well"))
    accepted(correction, by=person(role="moderator"))
    status.refresh_from_db()
    assert status.value == "alive"
    assert Change.objects.get().outcome != "applied"


@pytest.mark.django_db
def test_what_was_let_in_before_is_dumped_clean(tmp_path: Path) -> None:
    load_show(
        tmp_path / "0",
        series={"title": "A", "writers": ["B"]},
        characters=[character("ann", traits=[trait("habit", "sings", since=1)])],
    )
    Trait.objects.update(value=" sings\x0bloud\x85")
    Alias.objects.update(name="An\x07n\ne")
    Series.objects.update(writers=["B\x1f"])
    dump(tmp_path / "1")
    load(tmp_path / "1", replace=True)
    assert (Trait.objects.get().value, Alias.objects.get().name) == ("sings\nloud", "Ann e")
    assert Series.objects.get().writers == ["B"]
