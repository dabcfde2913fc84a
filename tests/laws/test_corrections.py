"""Law 1 for corrections: who is before what they touch knows nothing of them, whatever becomes of them."""

from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import transaction

from characters.contributing import draft
from characters.kinds import SUBJECTS
from characters.lore import Lore
from characters.lore.pages.tags import public_id_of_tag
from characters.models import Alias, Character, CharacterTag, Membership, Revelation, Tag, Trait
from corrections import holding, rows
from corrections.letter import Letter
from corrections.models import Correction
from corrections.sending import Place, Proposed, Sender, adding, removing, send_note, setting
from episodes.gate import Ends, Gated
from episodes.models import Episode, Viewer
from tests.corrections.letters import accepted, sent, set_to
from tests.laws.test_no_leak import assert_twins
from tests.nets import net_lifted
from tests.people import person
from tests.shows import character, episode, headline, load_show, revelation, trait, unmasking
from tests.twins import Answer, answers, ask, everything_asked, forms, text_of

pytestmark = pytest.mark.django_db
LAST = 9


@pytest.fixture
def moderator(tmp_path: Path) -> User:
    load_show(
        tmp_path / "show",
        episodes=[episode(number) for number in range(1, LAST + 1)],
        factions=[{"key": "guild", "revealed_in": 2, "aliases": [headline("The Guild", since=2)]}],
        characters=[
            character(
                "ann", traits=[trait("status", "alive", since=1), trait("status", "dead", since=9)],
                memberships=[{"faction": "guild", "role": "agent", "revealed_in": 3, "ended_in": 9}],
            ),
            character("bea", since=9),
        ],
        revelations=[
            revelation("early", "[[ann]] sets out.", since=1, characters=["ann"]),
            revelation("late", "[[bea]] was [[ann]] all along.", since=9, characters=["ann", "bea"]),
        ],
    )  # fmt: skip
    return person("judge", role="moderator")


def of_every_kind() -> list[Proposed]:
    ann = Character.objects.get(key="ann")
    ids = {"character": str(ann.pk)}
    early, late = Revelation.objects.get(key="early"), Revelation.objects.get(key="late")
    blank = rows.values_of(Alias(revealed_in_id=9, name="Queen Mab")) | ids
    return [
        set_to(Trait.objects.get(value="dead"), "value", "murdered"),
        adding("characters.alias", blank),
        setting(Membership.objects.get(), "ended_in", 9, 8),
        setting(early, "revealed_in", 1, 9),
        removing(late),
        set_to(Character.objects.get(key="bea"), "revealed_in", 8),
    ]


def asked(progress: int) -> dict[str, Answer]:
    also = {*forms(progress), "/changes/", "/changes/?page=2", "/corrections/"}
    also |= {f"/corrections/{correction.pk}/" for correction in Correction.objects.all()}
    with net_lifted():
        also |= histories()
    return everything_asked(progress, also=also)


def histories() -> set[str]:
    subjects = {
        f"/changes/{kind.plural}/{row.public_id}/" for kind in SUBJECTS for row in kind.model._base_manager.all()
    }
    tags = {f"/changes/tags/{public_id_of_tag(tag.slug)}/" for tag in Tag.objects.all()}
    pages = subjects | tags | {f"/changes/episodes/{number}/" for number in range(LAST + 2)}
    return pages | {f"{page}feed/" for page in (*pages, "/changes/")}


@pytest.mark.parametrize("number", range(6))
def test_one_for_episode_9_is_invisible_at_8_before_and_after_it_is_decided(moderator: User, number: int) -> None:
    before = asked(8)
    with net_lifted():
        correction = sent(of_every_kind()[number], by=person("author"))
    assert correction.revealed_in == 9
    assert_twins(before, answers(before, progress=8))
    with net_lifted():
        verdict: dict[str, Any] = {"accept": number % 2 == 0, "why": "Bea is Queen Mab."}
        accepted(correction, by=moderator, **verdict)
    after = answers(before, progress=8)
    if number == 2:  # an end that is known at 8 now: the pages tell it, but not that it was moved
        before, after = (
            {address: told for address, told in each.items() if address.startswith("/changes/")}
            for each in (before, after)
        )
    assert_twins(before, after)


def cut(progress: int) -> None:
    """Take away what comes later, and leave all else in its place: a row that was corrected keeps its id."""
    for model in apps.get_models():
        if issubclass(model, Gated):
            model.objects.filter(revealed_in__gt=progress).delete()
        if issubclass(model, Ends):
            model._base_manager.filter(ended_in__gt=progress).update(ended_in=None)
    Episode.objects.filter(number__gt=progress).update(title="", native_title="", synopsis="")
    Correction.objects.filter(revealed_in__gt=progress).delete()


def test_full_site_and_cut_site_tell_the_same_of_what_changed(moderator: User) -> None:
    """Open and decided corrections in both; in the cut one those that come later are not there."""
    author = person("author")
    Viewer.objects.create(user=author, wants_credit=True, credit_name="A friend")
    with net_lifted():
        ann = Character.objects.get(key="ann")
        early = [
            set_to(Trait.objects.get(value="alive"), "value", "alive and well"),
            adding("characters.alias", rows.values_of(Alias(character=ann, name="Annie", revealed_in_id=4))),
            set_to(Membership.objects.get(), "role", "master"),
            set_to(Revelation.objects.get(key="early"), "text", "[[ann]] leaves."),
        ]
        for proposed in [*early, *of_every_kind()]:
            accepted(sent(proposed, by=author, kind="edit"), by=moderator)
            sent(set_to(ann.aliases.get(headline=True), "name", "Anna"), by=author, kind="edit")
    told = {progress: asked(progress) for progress in (8, 4, 2)}
    assert b"thanks to A friend" in told[8]["/changes/"].body
    for progress, full in told.items():
        cut(progress)
        assert_twins(full, answers(full, progress=progress))


def test_the_parts_of_a_form_tell_nothing_of_later_rows(moderator: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draft, "MOST_LISTED", 300)
    with net_lifted():
        ann = Character.objects.get(key="ann")
        refs = [ann.pk, *ann.traits.values_list("pk", flat=True)]
    form = f"/corrections/new/characters/{ann.public_id}/?more="
    addresses = {f"{form}{number}" for number in (1, 2, 3, 99)} | {f"{form}2&row={ref}" for ref in refs}
    for progress in (8, 4, 2):
        full = answers(addresses, progress=progress)
        assert b"This is part 1 of " in full[f"{form}1"].body
        with transaction.atomic():
            cut(progress)
            assert_twins(full, answers(addresses, progress=progress))
            transaction.set_rollback(True)


def test_of_what_changed_nothing_is_told_but_that_it_did(moderator: User) -> None:
    with net_lifted():
        early = Revelation.objects.get(key="early")
        accepted(sent(set_to(early, "text", "Queen Mab sets out."), letter=None), by=moderator, why="Told in 2.")
        accepted(sent(set_to(Revelation.objects.get(key="early"), "text", "[[ann]] sets out.")), by=moderator)
        accepted(sent(set_to(Character.objects.get(key="ann"), "key", "ann_the_queen")), by=moderator)
    assert ask("/changes/", progress=9).body.decode().count("Revelation changed") == 2
    with net_lifted():
        gone = sent(removing(Revelation.objects.get(key="early")))
        accepted(gone, by=moderator)
    body = ask("/changes/", progress=9).body.decode()
    assert "Revelation changed" not in body  # it is not there any more
    assert body.count("Revelation removed") == 1
    assert ">Ann</a>" in body
    for hidden in ("Queen Mab", "sets out", "ann_the_queen", "Told in 2", moderator.username, "First appearance"):
        assert hidden not in body, hidden


def test_what_is_published_is_told_while_the_rest_of_it_waits(moderator: User) -> None:
    with net_lifted():
        status, role = Trait.objects.get(revealed_in=1), Membership.objects.get()
        partly = sent(set_to(status, "value", "x"), set_to(role, "role", "captain"))
        Membership.objects.filter(pk=role.pk).update(role="guest")
        assert len(accepted(partly, by=moderator).held) == 1
        between = sent(set_to(Revelation.objects.get(key="early"), "text", "[[ann]] goes."))
        accepted(between, by=moderator)
        latest = max(partly.revealed_in or 0, between.revealed_in or 0)
    body = ask("/changes/", progress=9).body.decode()
    assert body.index("Revelation changed") < body.index("Fact changed")  # by when it was published
    assert "Membership changed" not in body
    with net_lifted():
        accepted(partly, by=moderator, override=True, seen="guest")
    body = ask("/changes/", progress=latest).body.decode()
    assert body.index("Membership changed") < body.index("Revelation changed")


def test_nobody_is_named_who_did_not_ask_for_it(moderator: User) -> None:
    shy, proud = person("shy"), person("proud")
    Viewer.objects.create(user=shy, wants_credit=False, credit_name="Shy")
    Viewer.objects.create(user=proud, wants_credit=True)
    with net_lifted():
        for author, word in ((shy, "x"), (proud, "y"), (None, "z")):
            accepted(sent(set_to(Trait.objects.get(revealed_in=1), "value", word), by=author), by=moderator)
    body = ask("/changes/", progress=9).body.decode()
    assert "thanks to proud" in body
    assert "shy" not in body.casefold()


def test_a_name_that_no_moderator_has_read_is_shown_to_nobody(moderator: User) -> None:
    """It would stand at every episode, whatever it tells."""
    author = person("author")
    viewer = Viewer.objects.create(user=author, wants_credit=True, credit_name="Somebody")
    with net_lifted():
        waiting = sent(set_to(Trait.objects.get(revealed_in=1), "value", "x"), by=author)
        viewer.credit_name = "Ann dies in 9"
        viewer.save()
        accepted(waiting, by=moderator)
    assert "thanks to" not in ask("/changes/", progress=2).body.decode()
    viewer.credit_name = "Somebody"
    viewer.save()
    assert "thanks to Somebody" in ask("/changes/", progress=2).body.decode()
    viewer.wants_credit = False
    viewer.save()
    assert "Somebody" not in ask("/changes/", progress=2).body.decode()


def test_pages_of_what_changed(moderator: User, django_assert_max_num_queries: Any) -> None:
    with net_lifted():
        for number in range(35):
            status = Trait.objects.get(revealed_in=1)
            accepted(sent(set_to(status, "value", f"state {number}"), kind="edit"), by=moderator)
    with django_assert_max_num_queries(20):
        first = ask("/changes/", progress=9).body.decode()
    assert first.count("Fact changed") == 30
    assert "/changes/?page=2" in first
    second = ask("/changes/?page=2", progress=9).body.decode()
    assert second.count("Fact changed") == 5
    assert "/changes/?page=1" in second
    assert ask("/changes/?page=x", progress=9).body.decode().count("Fact changed") == 30
    assert "Nothing yet" in ask("/changes/?page=99", progress=9).body.decode()


# The history of one page


def history_of(key: str, progress: int = LAST) -> str:
    with net_lifted():
        public_id = Character.objects.get(key=key).public_id
    return ask(f"/changes/characters/{public_id}/", progress=progress).body.decode()


def test_a_page_has_a_history_of_its_own_in_words_of_the_reader(moderator: User) -> None:
    with net_lifted():
        for text in ("Queen Mab sets out.", "[[ann]] goes away."):
            early = Revelation.objects.get(key="early")
            accepted(sent(set_to(early, "text", text), set_to(rewritten(), "value", f"well {len(text)}")), by=moderator)
        accepted(sent(set_to(Character.objects.get(key="bea").aliases.get(), "name", "Bea Bell")), by=moderator)
    told = text_of(history_of("ann").encode())
    assert told.count("Revelation changed: Ann goes away.") == 2
    assert told.count("Fact changed: well 18") == 2
    assert "Bea" not in told
    assert "Mab" not in told
    assert "Name changed: Bea Bell" in text_of(history_of("bea").encode())
    assert history_of("bea", 8) == ask("/nothing/", progress=8).body.decode()


def rewritten() -> Trait:
    return Trait.objects.get(revealed_in=1)


def test_what_was_moved_to_a_later_episode_leaves_no_trace(moderator: User) -> None:
    """Not even that something was added or changed before: the site is as if it had come with the later episode."""
    with net_lifted():
        accepted(sent(set_to(rewritten(), "value", "well")), by=moderator)
        was = Membership.objects.get()
        guest = Membership(character_id=was.character_id, faction_id=was.faction_id, role="guest", revealed_in_id=3)
        accepted(sent(adding("characters.membership", rows.values_of(guest), key=str(guest.pk))), by=moderator)
    pages = {address: ask(address, progress=8) for address in (*sorted(histories()), "/changes/")}
    with net_lifted():
        ann = str(Character.objects.get(key="ann").pk)
        alias = Alias(character_id=ann, name="Queen Mab", revealed_in_id=4)
        accepted(sent(adding("characters.alias", rows.values_of(alias), key=str(alias.pk))), by=moderator)
        accepted(sent(setting(Membership.objects.get(role="guest"), "ended_in", None, 5)), by=moderator)
    assert "Queen Mab" in history_of("ann", 8)
    assert "Membership changed" in history_of("ann", 8)
    with net_lifted():
        accepted(sent(setting(Alias.objects.get(name="Queen Mab"), "revealed_in", 4, 9)), by=moderator)
        accepted(sent(setting(Membership.objects.get(role="guest"), "ended_in", 5, 9)), by=moderator)
    assert_twins(pages, answers(pages, progress=8))


def test_what_is_held_back_is_as_if_it_came_with_the_next_episode(tmp_path: Path) -> None:
    """The site without those rows tells whoever is before it the same, once pages were kept that had them."""
    load_show(
        tmp_path,
        episodes=[episode(number) for number in range(1, 5)],
        factions=[{"key": "guild", "revealed_in": 1, "aliases": [headline("The Guild", since=1)]}],
        characters=[
            character(
                "ann",
                traits=[
                    trait("status", "alive", since=1), trait("status", "vanished", since=3),
                    trait("summary", "Ann, of nougat.", since=3), trait("summary", "Ann, the last one.", since=4),
                ],
                memberships=[
                    {"faction": "guild", "role": "agent", "revealed_in": 1, "ended_in": 3},
                    {"faction": "guild", "role": "traitor", "revealed_in": 3},
                ],
                tags=[{"name": "brave", "revealed_in": 1, "ended_in": 3}, {"name": "false", "revealed_in": 3}],
            ),
            character("bea", traits=[trait("status", "well", since=3), trait("voice_actor", "Mia Voice", since=3)]),
            character("mask", "The Mask", since=2),
        ],
        relationships=[{"source": "ann", "kind": "killed", "target": "bea", "certainty": "claimed", "revealed_in": 3}],
        revelations=[
            revelation("early", "[[ann]] sets out.", since=2, characters=["ann"]),
            revelation("she", "[[ann]] wears the marzipan.", since=3, characters=["ann"], supersedes="early"),
        ],
        unmaskings=[unmasking("mask", "ann", since=3)],
    )  # fmt: skip
    words = {f"/search/{how}?q={word}" for how in ("", "suggest/") for word in ("marzipan", "vanished", "mask", "mi")}
    ask_all_of_them(words)
    with net_lifted():
        judge, ann = person("judge", role="moderator"), Character.objects.get(key="ann")
        for subject in Character.objects.filter(key__in=("ann", "bea")):
            place = Place(f"/characters/{subject.public_id}/x/", Lore(3).subjects_at(f"/c/{subject.public_id}/"), 3)
            report = send_note(Letter(), place, sender=Sender(), kind=Correction.Kind.REPORT)
            everything = [holding.reference_of(each) for each in holding.newly_shown(report)]
            assert holding.hold(report, by=judge, chosen=everything).left == []
        assert ann.traits.get(value="vanished").revealed_in_id == 4
    told = ask_all_of_them(words)
    bodies = b"".join(answer.body for answer in told.values())
    assert b"The Mask" in bodies
    assert not any(word in bodies for word in (b"wears the", b"traitor", b"Mia Voice", b"nougat", b"removed"))
    cut(3)
    assert_twins(told, answers(told, progress=3))


def ask_all_of_them(words: set[str]) -> dict[str, Answer]:
    return asked(3) | answers({*words, "/search/?q=brave", "/tags/", "/voices/"}, progress=3)


def test_the_history_of_a_mask_is_that_of_whoever_wore_it_once_that_is_known(tmp_path: Path) -> None:
    load_show(
        tmp_path,
        characters=[character("ann"), character("mask", "The Mask", traits=[trait("status", "alive", since=1)])],
        unmaskings=[unmasking("mask", "ann", since=3)],
    )
    with net_lifted():
        accepted(sent(set_to(rewritten(), "value", "well")), by=person("judge", role="moderator"))
        mask, ann = (Character.objects.get(key=key).public_id for key in ("mask", "ann"))
    assert "Nothing yet" in history_of("ann", 2)
    assert "Fact changed: well" in text_of(history_of("mask", 2).encode())
    assert "Fact changed: well" in text_of(history_of("ann", 3).encode())
    assert dict(ask(f"/changes/characters/{mask}/", progress=3).headers)["Location"] == f"/changes/characters/{ann}/"


def test_an_episode_and_a_tag_have_histories_too(moderator: User) -> None:
    with net_lifted():
        tag = Tag.objects.create(name="brave", slug="brave")
        ann = Character.objects.get(key="ann")
        borne = CharacterTag(content_object=ann, tag=tag, revealed_in_id=4)
        accepted(
            sent(adding("characters.charactertag", rows.values_of(borne), key=str(borne.pk)), kind="edit"), by=moderator
        )
        accepted(sent(set_to(Revelation.objects.get(key="early"), "text", "[[ann]] leaves.")), by=moderator)
    tagged = f"/changes/tags/{public_id_of_tag('brave')}/"
    assert "Tag added" in text_of(ask(tagged, progress=4).body) or "tag added" in text_of(ask(tagged, progress=4).body)
    assert ask(tagged, progress=3).status == 404
    assert "Revelation changed: Ann leaves." in text_of(ask("/changes/episodes/1/", progress=1).body)
    assert "Revelation" not in text_of(ask("/changes/episodes/2/", progress=9).body)
    assert ask("/changes/episodes/2/", progress=1).status == 404


def test_every_page_that_has_a_history_leads_to_it(moderator: User) -> None:
    with net_lifted():
        ann = Character.objects.get(key="ann").public_id
    character_page = ask(f"/characters/{ann}/ann/", progress=3).body.decode()
    assert f'<a href="/changes/characters/{ann}/" rel="nofollow">History of this page</a>' in character_page
    assert 'href="/changes/episodes/3/" rel="nofollow"' in ask("/episodes/3/", progress=3).body.decode()
    assert "/changes/episodes/" not in ask("/episodes/3/", progress=2).body.decode()
    behind = ask(f"/characters/{ann}/ann/?as_of=2", progress=3).body.decode()
    assert f"/changes/characters/{ann}/?as_of=2" in behind
    assert f"/changes/characters/{ann}/?as_of=2" not in character_page
