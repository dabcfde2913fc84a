"""What validation refuses, and what the database refuses when validation was passed by."""

from collections.abc import Callable
from io import BytesIO
from itertools import pairwise
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, models
from PIL import Image

from characters.datasets.memory import RowsInMemory
from characters.models import (
    Alias,
    Character,
    CharacterTag,
    Faction,
    FactionTag,
    Membership,
    Portrait,
    Relationship,
    Revelation,
    Tag,
    Trait,
    Unmasking,
    texts_mentioning,
)
from characters.vocabulary import Attribute
from episodes.models import Episode, Series
from episodes.neighbours import Neighbours, looking_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def episodes() -> None:
    Episode.objects.bulk_create(Episode(number=number) for number in range(6))


def make_character(key: str, *, since: int = 2) -> Character:
    character = Character.objects.create(key=key, revealed_in_id=since)
    make_alias(key.title(), character=character, since=since, headline=True)
    return character


def make_faction(key: str, *, since: int = 2) -> Faction:
    faction = Faction.objects.create(key=key, revealed_in_id=since)
    make_alias(key.title(), faction=faction, since=since, headline=True)
    return faction


def make_alias(name: str, *, since: int, **values: Any) -> Alias:
    return Alias.objects.create(name=name, revealed_in_id=since, **values)


def make_trait(character: Character, attribute: Attribute, value: str, *, since: int) -> Trait:
    return Trait.objects.create(character=character, attribute=attribute, value=value, revealed_in_id=since)


def make_revelation(key: str, text: str = "So it is.", *, since: int, **values: Any) -> Revelation:
    return Revelation.objects.create(key=key, text=text, revealed_in_id=since, **values)


def make_unmasking(persona: Character, identity: Character, *, since: int) -> Unmasking:
    return Unmasking.objects.create(persona=persona, identity=identity, revealed_in_id=since)


def refused(row: models.Model, *, saying: str, under: str | None = None) -> None:
    with pytest.raises(ValidationError) as caught:
        row.full_clean()
    assert saying in " ".join(caught.value.messages)
    if under is not None:
        assert set(caught.value.message_dict) == {under}


# Nothing before what it hangs on ------------------------------------------------------------------------------------

HANGING: dict[str, Callable[..., models.Model]] = {
    "alias": lambda ann, bea, crew: Alias(character=ann, name="Annie"),
    "trait": lambda ann, bea, crew: Trait(character=ann, attribute=Attribute.HABIT, value="hums"),
    "alias of a faction": lambda ann, bea, crew: Alias(faction=crew, name="The Crew"),
    "trait of a faction": lambda ann, bea, crew: Trait(faction=crew, attribute=Attribute.BASE, value="a ship"),
    "membership of a character": lambda ann, bea, crew: Membership(character=ann, faction=early(crew)),
    "membership in a faction": lambda ann, bea, crew: Membership(character=early(ann), faction=crew),
    "tag": lambda ann, bea, crew: CharacterTag(content_object=ann, tag=a_tag()),
    "tag of a faction": lambda ann, bea, crew: FactionTag(content_object=crew, tag=a_tag()),
    "relationship from": lambda ann, bea, crew: Relationship(source=ann, kind="ally", target=early(bea)),
    "relationship to": lambda ann, bea, crew: Relationship(source=early(bea), kind="ally", target=ann),
    "unmasking of": lambda ann, bea, crew: Unmasking(persona=ann, identity=early(bea)),
    "unmasking as": lambda ann, bea, crew: Unmasking(persona=early(bea), identity=ann),
    "portrait": lambda ann, bea, crew: a_portrait(ann),
    "supersession": lambda ann, bea, crew: Revelation(
        key="second", text="Not so.", supersedes=make_revelation("first", since=2)
    ),
}


def early(subject: Any) -> Any:
    type(subject).objects.filter(pk=subject.pk).update(revealed_in=0)
    subject.revealed_in_id = 0
    return subject


def a_tag() -> Tag:
    return Tag.objects.create(name="brave", slug="brave")


def a_portrait(character: Character, **values: Any) -> Portrait:
    content = BytesIO()
    Image.new("RGB", (2, 3)).save(content, "PNG")
    image = SimpleUploadedFile("ann.png", content.getvalue())
    return Portrait(character=character, image=image, alt_text="A face", credit="Somebody", licence="CC0", **values)


def an_episode(number: int, **values: str) -> Episode:
    episode = Episode.objects.get(number=number)
    for name, value in values.items():
        setattr(episode, name, value)
    return episode


@pytest.fixture
def hanging(request: pytest.FixtureRequest) -> models.Model:
    return HANGING[request.param](make_character("ann"), make_character("bea"), make_faction("crew"))


@pytest.mark.parametrize("hanging", HANGING, indirect=True)
def test_a_row_is_not_revealed_before_what_it_hangs_on(hanging: Any) -> None:
    hanging.revealed_in_id = 1
    refused(hanging, saying="Revealed in episode 1, before its", under="revealed_in")
    hanging.revealed_in_id = 2
    hanging.full_clean()


@pytest.mark.parametrize("hanging", HANGING, indirect=True)
def test_nothing_moves_past_what_hangs_on_it(hanging: Any) -> None:
    hanging.revealed_in_id = 4
    hanging.save()
    for _, parent in hanging.parents():
        if parent.revealed_in_id == 0:
            continue  # put there early, so that only one side is in question
        if isinstance(parent, Character | Faction):
            parent.aliases.filter(headline=True).update(revealed_in=5)
        parent.revealed_in_id = 5
        refused(parent, saying="hangs on this and is revealed in episode 4 already", under="revealed_in")
        if isinstance(parent, Character | Faction):
            parent.aliases.filter(headline=True).update(revealed_in=4)
        parent.revealed_in_id = 4
        parent.full_clean()


def test_a_character_does_not_move_past_a_revelation_that_concerns_it() -> None:
    ann = make_character("ann")
    make_revelation("news", since=3).characters.add(ann)
    ann.aliases.update(revealed_in=4)
    ann.revealed_in_id = 4
    refused(ann, saying="The revelation “news” hangs on this", under="revealed_in")


def test_a_faction_does_not_move_past_a_revelation_that_concerns_it() -> None:
    crew = make_faction("crew")
    make_revelation("news", since=3).factions.add(crew)
    crew.aliases.update(revealed_in=4)
    crew.revealed_in_id = 4
    refused(crew, saying="The revelation “news” hangs on this", under="revealed_in")


@pytest.mark.parametrize("make", [make_character, make_faction])
def test_a_revelation_does_not_move_before_those_it_concerns(make: Callable[..., Any]) -> None:
    subject = make("ann", since=2)
    news = make_revelation("news", since=3)
    (news.characters if isinstance(subject, Character) else news.factions).add(subject)
    news.revealed_in_id = 1
    refused(news, saying="Revealed in episode 1, before its", under="revealed_in")
    news.revealed_in_id = 2
    news.full_clean()


def test_a_superseded_revelation_does_not_move_past_its_successor() -> None:
    belief = make_revelation("belief", since=1)
    make_revelation("truth", since=3, supersedes=belief)
    belief.revealed_in_id = 4
    refused(belief, saying="The revelation “truth” hangs on this", under="revealed_in")


MENTIONING: dict[str, Callable[[str, Character], Any]] = {
    "trait": lambda text, bea: make_trait(bea, Attribute.HABIT, text, since=3),
    "revelation": lambda text, bea: make_revelation("news", text, since=3),
    "caption": lambda text, bea: a_portrait(bea, caption=text, revealed_in_id=3).save(),
    "synopsis": lambda text, bea: an_episode(3, synopsis=text).save(),
}


@pytest.mark.parametrize("text", ["It is [[ann]].", "It is [[ann|the girl]]."])
@pytest.mark.parametrize("place", MENTIONING)
def test_a_character_does_not_move_past_a_text_that_mentions_it(place: str, text: str) -> None:
    ann = make_character("ann")
    MENTIONING[place](text, make_character("bea"))
    ann.aliases.update(revealed_in=4)
    ann.revealed_in_id = 4
    refused(ann, saying="It is mentioned before that, in the", under="revealed_in")
    ann.aliases.update(revealed_in=3)
    ann.revealed_in_id = 3
    ann.full_clean()


@pytest.mark.parametrize("place", [Neighbours, RowsInMemory.of_the_database], ids=["database", "memory"])
def test_a_mention_without_an_end_or_with_two_words_mentions_nobody(place: Callable[[], Neighbours]) -> None:
    ann = make_character("ann")
    whole = make_revelation("whole", "It is [[ann|the girl]].", since=2)
    for number, text in enumerate(("It is [[ann| and goes on.", "It is [[ann|]].", "It is [[ann|she|her]].")):
        make_revelation(f"half{number}", text, since=2)
    with looking_in(place()):
        assert [row for row, _ in texts_mentioning(ann)] == [whole]


def test_a_key_that_begins_alike_is_not_a_mention() -> None:
    ann = make_character("ann")
    make_character("ann.b")
    make_revelation("news", "It is [[ann.b]] and [[joann|Ann]].", since=2)
    ann.aliases.update(revealed_in=4)
    ann.revealed_in_id = 4
    ann.full_clean()


def test_a_text_that_mentions_its_own_character_does_not_keep_it_from_moving_back() -> None:
    ann = make_character("ann", since=3)
    hums = make_trait(ann, Attribute.HABIT, "[[ann]] hums", since=3)
    ann.revealed_in_id = hums.revealed_in_id = 1
    hums.character = ann
    hums.full_clean()


# Circles ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [1, 2, 3])
def test_unmaskings_do_not_go_in_a_circle(length: int) -> None:
    ring = [make_character(f"mask{number}") for number in range(length)]
    for persona, identity in pairwise(ring):
        make_unmasking(persona, identity, since=3)
    refused(Unmasking(persona=ring[-1], identity=ring[0], revealed_in_id=3), saying="closes a circle")


def test_unmaskings_may_be_a_chain() -> None:
    first, second, third = (make_character(f"mask{number}") for number in range(3))
    make_unmasking(first, second, since=3)
    Unmasking(persona=second, identity=third, revealed_in_id=2).full_clean()


def test_a_circle_elsewhere_does_not_hang_the_check() -> None:
    ann, bea, cleo = (make_character(key) for key in ("ann", "bea", "cleo"))
    make_unmasking(ann, bea, since=3)
    make_unmasking(bea, ann, since=3)
    Unmasking(persona=cleo, identity=ann, revealed_in_id=3).full_clean()


@pytest.mark.parametrize("length", [1, 2, 3])
def test_supersessions_do_not_go_in_a_circle(length: int) -> None:
    ring = [make_revelation(f"belief{number}", since=3) for number in range(length)]
    for newer, older in pairwise(ring):
        newer.supersedes = older
        newer.save()
    ring[-1].supersedes = ring[0]
    refused(ring[-1], saying="supersed", under="supersedes" if length > 1 else None)


def test_supersessions_may_be_a_chain() -> None:
    first = make_revelation("first", since=1)
    second = make_revelation("second", since=2, supersedes=first)
    Revelation(key="third", text="So.", revealed_in_id=3, supersedes=second).full_clean()


# Owners, keys, names ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", [Alias, Trait])
@pytest.mark.parametrize("both", [True, False], ids=["two owners", "no owner"])
def test_a_name_or_trait_belongs_to_exactly_one(model: type[Any], both: bool) -> None:
    values: dict[str, Any] = {"name": "X"} if model is Alias else {"attribute": Attribute.HABIT, "value": "hums"}
    if both:
        values |= {"character": make_character("ann"), "faction": make_faction("crew")}
    refused(model(**values, revealed_in_id=3), saying="exactly one character, faction or term")


def test_a_key_is_not_shared_by_a_character_and_a_faction() -> None:
    make_character("ann")
    make_faction("crew")
    refused(Faction(key="ann", revealed_in_id=2), saying="A character has this key already", under="key")
    refused(Character(key="crew", revealed_in_id=2), saying="A faction has this key already", under="key")


@pytest.mark.parametrize("key", ["", "Ann", "an n", "-ann", "ann]", "änn", "ann\n"])
def test_a_key_is_plain(key: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Character(key=key, revealed_in_id=2).full_clean()
    assert set(caught.value.message_dict) == {"key"}


def test_the_founding_headline_stays() -> None:
    ann = make_character("ann")
    founding = ann.aliases.get()
    make_alias("Later", character=ann, since=4, headline=True)
    founding.headline = False
    refused(founding, saying="There is no headline name for episode 2")
    founding.headline, founding.revealed_in_id = True, 3
    refused(founding, saying="There is no headline name for episode 2")


def test_a_later_headline_may_go() -> None:
    ann = make_character("ann")
    later = make_alias("Later", character=ann, since=4, headline=True)
    later.headline = False
    later.full_clean()


def test_a_character_does_not_move_before_its_first_headline() -> None:
    ann = make_character("ann")
    ann.revealed_in_id = 1
    refused(ann, saying="There is no headline name for episode 1")


@pytest.mark.parametrize("owner", ["character", "faction"])
def test_an_episode_has_one_headline_of_an_owner(owner: str) -> None:
    make = make_character if owner == "character" else make_faction
    subject = make("ann")
    other = Alias(**{owner: subject}, name="Other", revealed_in_id=2, headline=True)
    refused(other, saying="There is another headline name for this episode")
    other.headline = False
    other.full_clean()


@pytest.mark.parametrize("language", ["e", "EN", "j1", "\n"])
def test_a_language_is_a_code(language: str) -> None:
    refused(
        Alias(character=make_character("ann"), name="X", revealed_in_id=2, language=language),
        saying="a code such as ja",
    )


# Ends, single values, repeats ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["membership", "relationship", "tag", "faction's tag"])
def test_nothing_ends_before_it_is_revealed(kind: str) -> None:
    ann, bea, crew = make_character("ann"), make_character("bea"), make_faction("crew")
    row: Any = {
        "membership": Membership(character=ann, faction=crew),
        "relationship": Relationship(source=ann, kind="ally", target=bea),
        "tag": CharacterTag(content_object=ann, tag=a_tag()),
        "faction's tag": FactionTag(content_object=crew, tag=Tag.objects.get_or_create(name="brave")[0]),
    }[kind]
    row.revealed_in_id, row.ended_in_id = 4, 3
    refused(row, saying="cannot end before it is revealed")
    row.ended_in_id = 4
    row.full_clean()


@pytest.mark.parametrize("attribute", Attribute.single_valued())
def test_a_single_valued_trait_has_one_value_in_an_episode(attribute: Attribute) -> None:
    ann = make_character("ann")
    make_trait(ann, attribute, "one", since=2)
    another = Trait(character=ann, attribute=attribute, value="two", revealed_in_id=2)
    refused(another, saying="another value of this attribute")
    another.revealed_in_id = 3
    another.full_clean()


def test_another_trait_has_many_values_but_each_once() -> None:
    ann = make_character("ann")
    make_trait(ann, Attribute.HABIT, "hums", since=2)
    Trait(character=ann, attribute=Attribute.HABIT, value="whistles", revealed_in_id=2).full_clean()
    Trait(character=make_character("bea"), attribute=Attribute.HABIT, value="hums", revealed_in_id=2).full_clean()
    again = Trait(character=ann, attribute=Attribute.HABIT, value="hums", revealed_in_id=3)
    refused(again, saying="This value is there already", under="value")


def test_a_relationship_is_between_two() -> None:
    ann = make_character("ann")
    refused(Relationship(source=ann, kind="ally", target=ann, revealed_in_id=3), saying="between two characters")


# Texts and tags -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "saying"),
    [
        ("[[Ann]]", "“[[Ann]]” is not a mention"),
        ("[[ann |she]]", "is not a mention"),
        ("[[]]", "is not a mention"),
        ("[[ann|]]", "is not a mention"),
        ("[[ann|she|her]]", "is not a mention"),
        ("[[nobody]]", "no character, faction or term has this key"),
        ("[[late]]", "“late”, who is revealed in episode 4 only"),
        ("[[late|a stranger]]", "“late”, who is revealed in episode 4 only"),
        ("[[late_crew]]", "“late_crew”, who is revealed in episode 4 only"),
    ],
)
@pytest.mark.parametrize("place", ["trait", "revelation", "caption", "synopsis"])
def test_a_text_mentions_properly_and_whom_it_may(place: str, text: str, saying: str) -> None:
    ann = make_character("ann")
    make_character("late", since=4)
    make_faction("late_crew", since=4)
    row, under = {
        "trait": (Trait(character=ann, attribute=Attribute.HABIT, value=text, revealed_in_id=3), "value"),
        "revelation": (Revelation(key="news", text=text, revealed_in_id=3), "text"),
        "caption": (a_portrait(ann, caption=text, revealed_in_id=3), "caption"),
        "synopsis": (an_episode(3, synopsis=text), "synopsis"),
    }[place]
    refused(row, saying=saying, under=under)


def test_all_that_is_wrong_with_a_text_is_said_at_once() -> None:
    with pytest.raises(ValidationError) as caught:
        Revelation(key="news", text="[[Ann]] [[nobody]] [[noone]]", revealed_in_id=3).full_clean()
    assert len(caught.value.messages) == 3


def test_a_text_may_mention_who_is_revealed_with_it() -> None:
    make_character("ann", since=3)
    make_faction("crew", since=3)
    Revelation(key="news", text="[[ann|She]] is of the [[crew]], [sic] a[0].", revealed_in_id=3).full_clean()


@pytest.mark.parametrize(
    ("name", "slug"),
    [("  Proto Nean ", "proto-nean"), ("ネアン", "ネアン"), ("Straße", "straße"), ("a/b?c", "abc-9e3e4499")],
)
def test_the_slug_of_a_tag_is_made_of_its_name(name: str, slug: str) -> None:
    tag = Tag(name=name)
    tag.clean()
    assert (tag.name, tag.slug) == (name.strip().lower(), slug)


@pytest.mark.parametrize("name", ["?!", "  ", "-"])
def test_a_tag_without_a_letter_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="letter or digit"):
        Tag(name=name).clean()


def test_two_tags_do_not_share_an_address() -> None:
    Tag.objects.create(name="proto nean")
    with pytest.raises(ValidationError, match="would share an address"):
        Tag(name="Proto-Nean").clean()


def test_a_tag_can_be_kept_as_it_is() -> None:
    Tag.objects.create(name="proto nean").full_clean()


@pytest.mark.parametrize("time", ["1:60", "1", ":30", "1:2:3:4", "21:4", "1:75:00", "21:40\n"])
def test_a_time_in_an_episode_is_minutes_and_seconds(time: str) -> None:
    revelation = Revelation(key="news", text="So.", revealed_in_id=3, time=time)
    with pytest.raises(ValidationError) as caught:
        revelation.full_clean()
    assert set(caught.value.message_dict) == {"time"}


@pytest.mark.parametrize("values", [{"title": "Before"}, {"synopsis": "Nothing yet."}])
def test_episode_0_has_nothing_to_watch(values: dict[str, str]) -> None:
    refused(an_episode(0, **values), saying="Episode 0 stands for what is known beforehand")


# Past validation ----------------------------------------------------------------------------------------------------


def past_validation() -> dict[str, Callable[[Character, Character, Faction], Any]]:
    def twice(model: type[models.Model], **values: Any) -> None:
        for _ in range(2):
            model._base_manager.create(**values)

    def trait(**owners: Any) -> Trait:
        return Trait.objects.create(attribute=Attribute.HABIT, value="hums", revealed_in_id=3, **owners)

    def ended(model: type[models.Model], **values: Any) -> None:
        model._base_manager.create(revealed_in_id=4, ended_in_id=3, **values)

    def supersedes_itself() -> None:
        news = make_revelation("news", since=3)
        Revelation.objects.filter(pk=news.pk).update(supersedes=news)

    return {
        "alias of two": lambda ann, bea, crew: make_alias("X", since=3, character=ann, faction=crew),
        "alias of nobody": lambda ann, bea, crew: make_alias("X", since=3),
        "trait of two": lambda ann, bea, crew: trait(character=ann, faction=crew),
        "trait of nobody": lambda ann, bea, crew: trait(),
        "membership ended early": lambda ann, bea, crew: ended(Membership, character=ann, faction=crew),
        "relationship ended early": lambda ann, bea, crew: ended(Relationship, source=ann, kind="ally", target=bea),
        "tag ended early": lambda ann, bea, crew: ended(CharacterTag, content_object=ann, tag=a_tag()),
        "faction's tag ended early": lambda ann, bea, crew: ended(FactionTag, content_object=crew, tag=a_tag()),
        "relationship with oneself": lambda ann, bea, crew: Relationship.objects.create(
            source=ann, kind="ally", target=ann, revealed_in_id=3
        ),
        "unmasking as oneself": lambda ann, bea, crew: make_unmasking(ann, ann, since=3),
        "superseding oneself": lambda ann, bea, crew: supersedes_itself(),
        "two headlines": lambda ann, bea, crew: make_alias("X", since=2, character=ann, headline=True),
        "two headlines of a faction": lambda ann, bea, crew: make_alias("X", since=2, faction=crew, headline=True),
        "two summaries": lambda ann, bea, crew: [
            make_trait(ann, Attribute.SUMMARY, value, since=3) for value in ("one", "two")
        ],
        "alias twice": lambda ann, bea, crew: make_alias("Ann", since=4, character=ann),
        "alias of a faction twice": lambda ann, bea, crew: make_alias("Crew", since=4, faction=crew),
        "membership twice": lambda ann, bea, crew: twice(Membership, character=ann, faction=crew, revealed_in_id=3),
        "relationship twice": lambda ann, bea, crew: twice(
            Relationship, source=ann, kind="ally", target=bea, revealed_in_id=3
        ),
        "tag twice": lambda ann, bea, crew: twice(CharacterTag, content_object=ann, tag=a_tag(), revealed_in_id=3),
        "faction's tag twice": lambda ann, bea, crew: twice(
            FactionTag, content_object=crew, tag=a_tag(), revealed_in_id=3
        ),
        "tag's slug twice": lambda ann, bea, crew: [Tag.objects.create(name=name) for name in ("a b", "a-b")],
        "two identities": lambda ann, bea, crew: [
            make_unmasking(ann, identity, since=3) for identity in (bea, make_character("cleo"))
        ],
        "key twice": lambda ann, bea, crew: make_character("ann"),
        "public id twice": lambda ann, bea, crew: Character.objects.filter(pk=ann.pk).update(public_id=bea.public_id),
        "two series": lambda ann, bea, crew: Series.objects.create(id=2, title="Another"),
        "title before the first episode": lambda ann, bea, crew: Episode.objects.filter(number=0).update(title="X"),
    }


@pytest.mark.parametrize("name", past_validation())
def test_the_database_itself_refuses(name: str) -> None:
    people = make_character("ann"), make_character("bea"), make_faction("crew")
    with pytest.raises(IntegrityError):
        past_validation()[name](*people)


def test_an_episode_that_something_is_revealed_in_stays() -> None:
    make_character("ann")
    with pytest.raises(models.ProtectedError):
        Episode.objects.filter(number=2).delete()
