"""Search by name, by memory and with slips; and the index behind it, in step with the rows."""

from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from characters import indexing
from characters.kinds import RELATIONSHIP
from characters.lore import Lore
from characters.lore.search import index, reading
from characters.models import Alias, Character, Relationship, Revelation, SearchEntry, Tag, Trait
from characters.text.other_words import OTHER_WORDS
from characters.text.words import parse
from characters.values.search import SearchPage
from episodes.models import Episode, Series
from tests.conftest import Visitor
from tests.shows import character, headline, load_show, revelation, trait, unmasking
from tests.twins import text_of

pytestmark = pytest.mark.django_db


def found(page: SearchPage) -> list[str]:
    return [group.face.name if group.face else f"episode {group.episode.number}" for group in page.groups]


def names(text: str, progress: int = 13) -> list[str]:
    return [group.face.name for group in Lore(progress).search(text).groups if group.names and group.face]


def suggested(text: str, progress: int = 13) -> list[str]:
    return [suggestion.face.name for suggestion in Lore(progress).suggest(text)]


# On the real show


@pytest.mark.parametrize(
    ("typed", "who"),
    [
        ("Rouge", "Rouge Redstar"),
        ("rouge redstar", "Rouge Redstar"),
        ("ROUGE", "Rouge Redstar"),
        ("Metal Rouge", "Rouge Redstar"),
        ("ルージュ", "Rouge Redstar"),
        ("ルジュ", "Rouge Redstar"),
        ("jungh", "Roy Junghardt"),
        ("Yunghart", "Roy Junghardt"),
        ("Junghrdt", "Roy Junghardt"),
        ("kristela", "Eva Kristella"),
        ("Éva Kristella", "Eva Kristella"),
        ("Naomi Orthman", "Naomi Orthmann"),
        ("Double-Headed Aerkos", "Aes and Alice"),
        ("immortal nine", "Immortal Nine"),
        ("aletheia", "Aletheia"),
        ("Rouge Ruju", "Rouge Redstar"),  # two names, of which nobody put both into one
        ("Gene Yunghart", "Gene Junghardt"),
        ("hell\u200b jaron\u00ad", "Giallon"),
    ],
)
def test_any_name_finds_its_bearer(real_show: None, typed: str, who: str) -> None:
    assert who in names(typed)
    assert who in suggested(typed)


def test_watching_on_loses_no_result(real_show: None) -> None:
    for text in ("rouge", "the", "junghardt"):
        episodes = [
            {
                name
                for number in range(1, page.last + 1)
                for name in found(Lore(at).search(text, number))
                if "epis" in name
            }
            for at in (9, 13)
            for page in (Lore(at).search(text),)
        ]
        assert episodes[0] <= episodes[1], text


def test_a_page_says_where_it_stopped_looking(
    real_show: None, visitor: Visitor, settings: Any, monkeypatch: Any
) -> None:
    settings.PAGE_CACHE_BYTES = 0  # what is kept was made with the bound as it is
    assert "the newest" not in text_of(visitor(13).get("/search/?q=rouge").content)
    monkeypatch.setattr("characters.lore.search.index.MOST_TEXTS", 7)
    monkeypatch.setattr("characters.lore.search.results.MOST_TEXTS", 7)
    assert "from names and the newest 7 passages" in text_of(visitor(13).get("/search/?q=rouge").content)


def test_a_number_is_an_episode_that_was_watched(real_show: None) -> None:
    for text in ("5", "episode 5", "Ep. 5", "ep5"):
        assert found(Lore(5).search(text))[0] == "episode 5"
        assert "episode 5" not in found(Lore(4).search(text))
    assert found(Lore(13).search("episode 0")) == found(Lore(13).search("episode 99")) == []


def test_what_joins_words_on_paper_leaves_them_apart(real_show: None) -> None:
    for text in ("rouge,naomi", "rouge/naomi", "rouge; naomi", "ro\u200buge nao\u00admi"):
        assert Lore(5).search(text).total == Lore(5).search("rouge naomi").total > 10


def test_who_begins_so_comes_before_whose_other_name_does(real_show: None) -> None:
    assert suggested("rou", 5)[0] == "Rouge Redstar"


@pytest.mark.parametrize("typed", ["-rouge", "-", '"', "*"])
def test_only_leaving_out_is_told_from_finding_nothing(real_show: None, visitor: Visitor, typed: str) -> None:
    assert "Add a word to look for" in text_of(visitor(5).get("/search/", {"q": typed}).content)


def test_the_bearer_comes_before_those_who_are_merely_mentioned(real_show: None) -> None:
    assert found(Lore(13).search("rouge redstar"))[0] == "Rouge Redstar"
    assert suggested("ro")[0] == "Rouge Redstar"


@pytest.mark.parametrize("typed", ["Junghardt family", "Aerkos", "Noir", "Bluestar", "Puppeteer"])
def test_no_name_is_found_before_it_is_known(real_show: None, typed: str) -> None:
    since = min(Alias.objects.filter(name__icontains=typed).values_list("revealed_in_id", flat=True))
    assert since > 0
    assert f"<mark>{typed.split()[0]}</mark>" in marked_names(typed, since)
    assert f"<mark>{typed.split()[0]}</mark>" not in marked_names(typed, since - 1)


def marked_names(text: str, progress: int) -> str:
    return " ".join(str(name) for group in Lore(progress).search(text).groups for name in group.names)


def test_what_is_remembered_of_the_plot_finds_it(real_show: None) -> None:
    page = Lore(13).search("throws gun overboard")
    assert "Cyan Bluestar" in found(page)
    marked = " ".join(str(passage.html) for group in page.groups for passage in group.passages)
    assert "<mark>throws</mark>" in marked
    assert "<mark>overboard</mark>" in marked


def test_everything_known_is_found_by_its_own_words(real_show: None) -> None:
    for progress in (1, 8):
        for text in Revelation.objects.filter(revealed_in__lte=progress).values_list("text", flat=True)[::7]:
            phrase = " ".join(word for word in text.split() if "[[" not in word and word.isalpha())[:60]
            assert Lore(progress).search(" ".join(phrase.split()[:6])).total, phrase


# On small ones


@pytest.fixture
def small(tmp_path: Path, netted: None) -> Any:
    def load(**files: Any) -> None:
        load_show(tmp_path, **files)

    return load


def test_rank_is_exact_then_beginning_then_word_then_text(small: Any) -> None:
    small(
        characters=[
            character("a", "Ann"),
            character("b", "Anna Bell"),
            character("c", "Mary Ann"),
            character("d", "Dora", traits=[trait("habit", "likes ann", since=1)]),
        ]
    )
    assert found(Lore(1).search("ann")) == ["Ann", "Anna Bell", "Mary Ann", "Dora"]


@pytest.mark.parametrize("typed", ["ro", "rouge", "red", "jean ju", "r"])
def test_the_best_names_are_the_same_among_few_as_where_all_fit(real_show: None, typed: str) -> None:
    query, lore = parse(typed), Lore(13)
    everybody = [(name.row, name.rank) for name in index.find_names(lore, query, 1_000)]
    assert everybody
    for most in range(1, len(everybody) + 2):
        best = [(name.row, name.rank) for name in index.find_names(lore, query, most)]
        assert best[:most] == everybody[:most], most


def test_of_equals_the_newest_known_comes_first_and_then_the_alphabet(small: Any) -> None:
    small(
        characters=[
            character("a", "Zoe Ray", since=1),
            character("b", "Abe Ray", since=1),
            character("c", "Moe Ray", since=2),
        ]
    )
    assert found(Lore(3).search("ray")) == ["Moe Ray", "Abe Ray", "Zoe Ray"]


def test_phrases_and_words_left_out(small: Any) -> None:
    small(
        characters=[
            character("ann", traits=[trait("habit", "drinks cold tea", since=1)]),
            character("bea", traits=[trait("habit", "drinks tea cold or hot", since=1)]),
        ]
    )
    assert found(Lore(1).search("tea cold")) == ["Ann", "Bea"]
    assert found(Lore(1).search('"cold tea"')) == ["Ann"]
    assert found(Lore(1).search("drinks -hot")) == ["Ann"]
    assert found(Lore(1).search('drinks -"cold tea"')) == ["Bea"]


def test_whole_words_first_and_then_beginnings_until_a_page_is_full(small: Any) -> None:
    small(
        characters=[
            *(character(f"c{n:02}", traits=[trait("habit", "hums", since=1)]) for n in range(20)),
            character("ann", traits=[trait("habit", "sings", since=1)]),
            character("bea", traits=[trait("habit", "singsong", since=2)]),
            character("cee", traits=[trait("habit", "hums and humsters", since=2)]),
            character("dee", traits=[trait("habit", "humster", since=2)]),
        ],
        revelations=[revelation(f"r{n}", "[[ann]] rows.", since=1, characters=["ann"]) for n in range(25)]
        + [revelation("more", "[[bea]] is a rowser.", since=1, characters=["bea"])],
    )
    assert found(Lore(2).search("rowser")) == ["Bea"]
    assert found(Lore(2).search("rows")) == ["Ann", "Bea"]
    assert found(Lore(1).search("sings")) == ["Ann"]
    assert found(Lore(2).search("sings")) == ["Ann", "Bea"]
    assert found(Lore(2).search("sin")) == ["Bea", "Ann"]
    assert Lore(2).search("hums").total == 21


def test_personas_are_two_hits_before_and_one_after(small: Any) -> None:
    small(
        characters=[character("mask", "Mask Ray"), character("face", "Face Ray")],
        unmaskings=[unmasking("mask", "face", since=3)],
    )
    assert found(Lore(2).search("ray")) == ["Face Ray", "Mask Ray"]
    after = Lore(3).search("ray")
    assert found(after) == ["Face Ray"]
    assert [str(name) for name in after.groups[0].names] == ["Face <mark>Ray</mark>", "Mask <mark>Ray</mark>"]
    assert [suggestion.face.name for suggestion in Lore(3).suggest("mask")] == ["Face Ray"]


def test_a_text_is_found_by_the_name_it_was_first_told_with(small: Any) -> None:
    small(
        characters=[character("eve", "the stranger", kind="placeholder", aliases=[headline("Eve", since=3)])],
        revelations=[revelation("r", "[[eve]] opens the vault.", since=2, characters=["eve"])],
    )
    for progress, shown in ((2, "The <mark>stranger</mark> opens"), (3, "Eve opens")):
        passages = Lore(progress).search("stranger vault").groups[0].passages
        assert str(passages[0].html).startswith(shown)
    assert Lore(2).search("eve").total == 0


def test_no_text_is_read_for_a_word_that_begins_no_other(small: Any, django_assert_num_queries: Any) -> None:
    small(characters=[character("ann")], revelations=[revelation("r1", "She opens vaults.", since=1)])
    for text, statements, finds in (("vaults", 1, False), ("vaul", 2, True), ("vault", 2, True)):
        with django_assert_num_queries(statements):
            assert bool(index.find_beginnings(Lore(1), parse(text))) == finds


def test_a_slip_is_corrected_by_visible_names_alone(small: Any) -> None:
    small(characters=[character("ann", "Annabel"), character("zed", "Zedekiah", since=3)])
    assert Lore(1).search("anabel").shown_instead == "Annabel"
    assert found(Lore(1).search("anabel")) == ["Annabel"]
    before = Lore(2).search("zedekia")
    assert (before.total, before.did_you_mean, before.shown_instead) == (0, "", "")
    assert found(Lore(3).search("zedekiha")) == ["Zedekiah"]


def test_a_slip_in_a_name_beside_a_word_of_a_text(small: Any) -> None:
    small(characters=[character("ann", "Marianne", traits=[trait("habit", "reads by candlelight", since=1)])])
    page = Lore(1).search("candlelight mariane")
    assert (found(page), page.shown_instead) == (["Marianne"], "candlelight Marianne")


def test_did_you_mean_beside_texts_that_fit(small: Any) -> None:
    small(
        characters=[character("ann", "Marianne"), character("bea", traits=[trait("habit", "quotes mariane", since=1)])]
    )
    page = Lore(1).search("mariane")
    assert found(page) == ["Bea"]
    assert page.did_you_mean == "Marianne"


def test_a_passage_says_how_sure_it_is_and_whether_it_still_holds(small: Any) -> None:
    small(
        characters=[character("ann", tags=[{"name": "armed", "revealed_in": 1, "ended_in": 3}])],
        revelations=[
            revelation("r1", "Ann has the vault.", since=1, characters=["ann"], certainty="claimed"),
            revelation("r2", "Bea has it.", since=2, characters=["ann"], supersedes="r1"),
        ],
    )

    def labels(progress: int, text: str) -> list[str]:
        return [passage.label for group in Lore(progress).search(text).groups for passage in group.passages]

    assert labels(1, "vault") == ["Claimed"]
    assert labels(2, "vault") == ["Claimed, seen differently since episode 2"]
    assert labels(2, "armed") == ["Tag"]
    assert labels(3, "armed") == ["Tag, until episode 3"]


def test_a_question_finds_its_answer_and_no_name_is_made_up_of_it(small: Any) -> None:
    small(
        characters=[character("ann"), character("bea"), character("carl", "Who Calls Bea")],
        relationships=[{"source": "ann", "kind": "killed", "target": "bea", "revealed_in": 1}],
    )
    page = Lore(1).search("who killed bea")
    assert found(page) == ["Ann", "Bea"]
    assert page.did_you_mean == ""


def test_pages_of_results(small: Any) -> None:
    small(characters=[character(f"c{n:02}", f"Ray {n:02}") for n in range(45)])
    first, last = Lore(1).search("ray"), Lore(1).search("ray", 99)
    assert (first.number, first.last, len(first.groups)) == (1, 3, 20)
    assert (last.number, len(last.groups)) == (3, 5)


def test_further_down_less_is_told_of_each_and_the_rest_is_a_link_away(small: Any, visitor: Visitor) -> None:
    small(
        characters=[character(f"c{n}", f"Ray {n}") for n in range(5)],
        revelations=[
            revelation(f"r{n}{turn}", f"Ray {n} waits {turn}.", since=1, characters=[f"c{n}"])
            for n in range(5)
            for turn in range(6)
        ],
    )
    page = Lore(1).search("ray")
    assert [(len(group.passages), group.more) for group in page.groups] == [*[(4, 2)] * 3, *[(2, 4)] * 2]
    body = visitor(1).get("/search/?q=ray").content.decode()
    for group in page.groups:
        assert group.face is not None
        assert f'<a href="{group.face.url}#timeline" rel="nofollow">{group.more} more' in body
        assert 'id="timeline"' in visitor(1).get(group.face.url).content.decode()


# In step


def entries() -> list[tuple[Any, ...]]:
    return sorted(SearchEntry.objects.values_list("id", "revealed_in", "kind", "row", "is_name", "words"))


def assert_in_step() -> None:
    kept = entries()
    indexing.rebuild()
    assert kept == entries()


def test_the_index_follows_every_kind_of_change(real_show: None) -> None:
    rouge = Character.objects.get(key="rouge_redstar")
    headline_row = rouge.aliases.filter(headline=True).first()
    assert headline_row is not None
    headline_row.name = "Scarlet"
    headline_row.save()
    trait_row = Trait.objects.filter(character=rouge).first()
    assert trait_row is not None
    trait_row.value = "quite another"
    trait_row.save()
    Trait.objects.filter(character=rouge).last().delete()
    Relationship.objects.first().delete()
    later = Revelation.objects.filter(revealed_in=3, successors=None).last()
    later.revealed_in_id = 9
    later.save()
    tag = Tag.objects.first()
    tag.name = "renamed"
    tag.save()
    episode = Episode.objects.get(number=5)
    episode.title = "Renamed"
    episode.save()
    series = Series.objects.get()
    series.premise = "Quite another premise."
    series.save()
    assert Lore(13).search("quite another premise").total == 1
    Alias.objects.filter(kind="variant").first().delete()
    Character.objects.exclude(pk=rouge.pk).first().delete()
    assert_in_step()


def test_the_loader_leaves_the_index_in_step(small: Any, tmp_path: Path) -> None:
    small(characters=[character("ann"), character("bea")])
    assert words_of_names() == {"ann", "bea"}
    small(characters=[character("cleo")])
    assert words_of_names() == {"cleo"}
    assert found(Lore(1).search("cleo")) == ["Cleo"]
    assert Lore(1).search("ann").total == 0


def words_of_names() -> set[str]:
    return set(SearchEntry.objects.as_of(99).filter(is_name=True).values_list("words", flat=True))


def test_a_command_makes_the_index_anew(real_show: None) -> None:
    kept = entries()
    SearchEntry.objects.all().delete()
    assert Lore(13).search("rouge").total == 0
    call_command("rebuild_search", verbosity=0)
    assert entries() == kept
    assert Lore(13).search("rouge").total
    row = Trait.objects.exclude(attribute="voice_actor").filter(revealed_in=1, character__isnull=False).first()
    assert row is not None
    row.value = "quite unheard-of before"
    row.save()
    assert Lore(13).search("unheard").total == 1  # what is written after it is followed as before
    row.delete()
    assert Lore(13).search("unheard").total == 0


# The pages

BAD = [
    "", " ", "x" * 10_000, '"', '""', "'", "-", "--", "*", "^a", "a*", ":", "(", ")", "a AND", "NOT a", "NEAR(a b)",
    "a OR b", "\x00", "a\x00b", "\u202eabc", "\u200f", "'; DROP TABLE characters_alias; --", "%", "_", "\\", "&", "|",
    "!", "<->", "a:*", "<script>", "ー", "゛", "🙂", "1e5", "0x1f", "２", "½", "ß", "İ", "\ud800", "{a b}", "words:a",
    "rowid:1", "a" * 300,
]  # fmt: skip


@pytest.mark.parametrize("path", ["/search/", "/search/suggest/"])
def test_whatever_is_typed_gets_a_page(real_show: None, visitor: Visitor, path: str) -> None:
    client = visitor(8)
    for typed in BAD:
        assert client.get(path, {"q": typed.encode("utf-8", "surrogatepass")}).status_code == 200, typed
        assert client.get(path, {"q": f'rouge {typed} "'.encode("utf-8", "surrogatepass")}).status_code == 200, typed
    for query in (
        "q=a&q=b",
        "page=-1&q=a",
        "page=99999999999&q=rouge",
        "q=rouge&page=x&nonsense=1",
        "q",
        "%00=%00",
        "q=%ff",
    ):
        assert client.get(f"{path}?{query}").status_code == 200, query


def test_what_was_typed_is_still_in_the_field_and_safe(visitor: Visitor) -> None:
    body = visitor(0).get("/search/", {"q": '<b>"x"'}).content.decode()
    assert 'value="&lt;b&gt;&#34;x&#34;"' in body
    assert "<b>" not in body


def test_an_empty_result_says_what_to_try(visitor: Visitor) -> None:
    text = text_of(visitor(0).get("/search/", {"q": "zzzz"}).content)
    assert "Nothing you know of matches." in text


def test_looking_back_searches_as_of_then(real_show: None, visitor: Visitor) -> None:
    client = visitor(13)
    body = client.get("/search/", {"q": "cyan", "as_of": "3"}).content
    assert b'name="as_of" value="3"' in body
    assert text_of(body).count("Bluestar") == 0


def test_search_takes_a_bounded_number_of_queries(
    real_show: None, visitor: Visitor, django_assert_max_num_queries: Any
) -> None:
    client = visitor(13)
    with django_assert_max_num_queries(45):
        client.get("/search/", {"q": "rouge"})
    with django_assert_max_num_queries(45):
        client.get("/search/", {"q": " ".join(OTHER_WORDS)})
    with django_assert_max_num_queries(20):
        client.get("/search/suggest/", {"q": "ro"})


# Who is known as something


def test_who_is_known_as_something_comes_before_who_is_mentioned_with_it(small: Any) -> None:
    small(
        characters=[
            character("ann", traits=[trait("definition", "Singer of the club", since=1)]),
            character("bea", traits=[trait("summary", "Bea knows the singer.", since=3)]),
            character("silver"),
        ]
    )
    page = Lore(3).search("the singer")
    assert (found(page)[:2], page.did_you_mean) == (["Ann", "Bea"], "")


def test_another_word_for_what_somebody_is_finds_them_once_it_is_known(small: Any) -> None:
    ann = [trait("definition", "Guest", since=1), trait("definition", "Investigator of the city", since=2)]
    small(
        characters=[
            character("ann", traits=ann),
            character("bea", traits=[trait("summary", "Bea knows an investigator.", since=1)]),
            character("carl", traits=[trait("occupation", "singer", since=3)]),
        ]
    )
    assert [found(Lore(episode).search("the detective")) for episode in (1, 2)] == [["Bea"], ["Ann", "Bea"]]
    assert found(Lore(3).search("detective of the city")) == ["Ann"]
    assert found(Lore(3).search("-detective")) == []
    assert found(Lore(3).search('"detective"')) == []
    assert found(Lore(2).search("vocalist")) == []
    assert found(Lore(3).search("vocalist")) == ["Carl"]


def test_other_words_are_not_tried_where_the_word_itself_says_it(small: Any) -> None:
    small(
        characters=[
            character("ann", traits=[trait("occupation", "detective", since=1)]),
            character("bea", traits=[trait("occupation", "investigator", since=2)]),
        ]
    )
    assert found(Lore(3).search("detective")) == ["Ann"]


def test_what_somebody_is_first_counts_more_than_what_comes_after(small: Any) -> None:
    small(
        characters=[
            character("ann", traits=[trait("definition", "Chief of police", since=1)]),
            character("bea", traits=[trait("definition", "Deputy chief of police", since=2)]),
        ]
    )
    assert found(Lore(3).search("chief of police")) == ["Ann", "Bea"]


@pytest.mark.parametrize(
    ("asked", "first"),
    [("who killed bea", "Ann"), ("killed by ann", "Bea"), ("who killed the doctor", "Ann"), ("friend of carl", "Ann")],
)
def test_a_tie_leads_to_the_other_end(small: Any, asked: str, first: str) -> None:
    small(
        characters=[
            character("ann"), character("carl"),
            character("bea", traits=[trait("occupation", "doctor", since=1)]),
        ],
        relationships=[
            {"source": "ann", "kind": "killed", "target": "bea", "revealed_in": 1},
            {"source": "bea", "kind": "killed", "target": "carl", "revealed_in": 2},
            {"source": "carl", "kind": "friend", "target": "ann", "revealed_in": 2},
        ],
    )  # fmt: skip
    assert found(Lore(3).search(asked))[0] == first


def test_a_tie_leads_there_in_whatever_order_a_database_reads_its_ends(
    small: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    small(
        characters=[character("ann"), character("bea")],
        relationships=[{"source": "ann", "kind": "killed", "target": "bea", "revealed_in": 1}],
    )
    known, statements = Relationship.objects.as_of(1), reading._about_sql
    monkeypatch.setattr(reading, "_about_sql", lambda kind: statements(kind)[::-1])
    ends = [(row, *about) for row, about in reading.whom_about(1, {RELATIONSHIP: [known.get().pk]}).items()]
    assert ends == list(known.values_list("id", "source_id", "target_id"))


def test_a_small_word_of_a_name_is_no_slip_of_another(small: Any) -> None:
    small(characters=[character("ann", "Ann Stone"), character("bea", "the girl in red", kind="placeholder")])
    page = Lore(1).search("Jin Stone")
    assert (found(page), page.did_you_mean, page.shown_instead) == (["Ann Stone"], "", "")
