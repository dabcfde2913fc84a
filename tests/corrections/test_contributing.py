"""What somebody sends from the public pages, and what is made of it."""

import os
import re
from io import BytesIO
from secrets import token_hex
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import signing
from django.core.files.storage import default_storage, storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from django.utils.html import strip_tags
from PIL import Image

from characters.contributing import draft, reopening, uploads
from characters.contributing.forms import KEPT
from characters.models import Alias, Character, Faction, Membership, Relationship, Revelation, Trait
from characters.pictures import decoder, files, looking
from characters.pictures.looking import LEAST_COST
from corrections import archive, senders, sending
from corrections.models import Change, Correction
from corrections.sending import setting
from episodes.models import Episode, Series
from tests.characters.hostile import flat_png, jpeg_of_many_scans
from tests.corrections.forms import choose, fields_of, send_form, send_on
from tests.corrections.letters import accepted, sent, somebody
from tests.corrections.pictures import a_portrait_of
from tests.people import person
from tests.visitors import at

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann(db: None) -> Character:
    for number in range(10):
        Episode.objects.create(number=number, title=f"Title {number}" if number else "")
    return somebody()


@pytest.fixture
def moderator(ann: Character) -> User:
    return person(role="moderator")


def form_of(subject: Any, *rows: Any, add: str = "") -> str:
    kind = "factions" if isinstance(subject, Faction) else "characters"
    chosen = [f"row={row.pk}" for row in rows] + [f"add={short}" for short in add.split()]
    return f"/corrections/new/{kind}/{subject.public_id}/?{'&'.join(chosen)}"


def only_change() -> Change:
    return Change.objects.get()


def test_a_field_is_changed(ann: Character, moderator: User) -> None:
    status = ann.traits.get()
    response = send_form(at(3), form_of(ann, status), **{f"{status.pk}-value": "dead"})
    assert response.status_code == 303, response.content.decode()
    change = only_change()
    assert (change.action, change.row, change.path) == ("set", str(status.pk), "value")
    assert (change.before, change.after) == ("alive", "dead")
    accepted(change.correction, by=moderator)
    status.refresh_from_db()
    assert status.value == "dead"


def test_nothing_touched_is_no_change(ann: Character) -> None:
    text = "  *Ann* meets [[bea]].\r\n\r\nAnd [[bea|her]] dog. \n"
    somebody("bea", name="Bea")
    told = Revelation.objects.create(key="told", text=text, revealed_in_id=1)
    told.characters.set([ann])
    rows = [*ann.aliases.all(), *ann.traits.all(), told, ann]
    response = send_form(at(3), form_of(ann, *rows))
    assert response.status_code == 422
    assert "you have not changed anything" in response.content.decode()
    assert not Correction.objects.exists()


def test_several_changes_make_one_correction(ann: Character, moderator: User) -> None:
    bea, group = somebody("bea", name="Bea"), Faction.objects.create(key="group", revealed_in_id=1)
    Alias.objects.create(faction=group, name="The Group", headline=True, revealed_in_id=1)
    status = ann.traits.get()
    old = Alias.objects.create(character=ann, name="Anny", revealed_in_id=1)
    response = send_form(
        at(3), form_of(ann, status, old, add="alias trait membership relationship revelation"),
        **{f"{status.pk}-revealed_in": "2", f"{old.pk}-remove": "on"},
        new0__name="Annie", new0__revealed_in="2",
        new1__attribute="habit", new1__value="whistles to [[Bea]]",
        new2__faction="The Group", new2__role="Head",
        new3__target="Bea", new3__kind="friend",
        new4__text="[[Ann]] and [[Bea|her friend]] meet.", new4__characters="Ann\r\nBea", new4__revealed_in="3",
    )  # fmt: skip
    assert response.status_code == 303, response.content.decode()
    correction = Correction.objects.get()
    assert correction.revealed_in == 3
    assert accepted(correction, by=moderator).failure is None
    status.refresh_from_db()
    assert status.revealed_in_id == 2
    assert not Alias.objects.filter(name="Anny").exists()
    assert ann.aliases.get(name="Annie").revealed_in_id == 2
    assert ann.traits.get(attribute="habit").value == "whistles to [[bea]]"
    assert Membership.objects.get().role == "Head"
    assert (Relationship.objects.get().source, Relationship.objects.get().target) == (ann, bea)
    told = Revelation.objects.get()
    assert told.text == "[[ann]] and [[bea|her friend]] meet."
    assert set(told.characters.all()) == {ann, bea}


def test_no_key_is_in_a_form_and_none_can_be_guessed(ann: Character) -> None:
    secret = somebody("the_queen", name="the stranger", since=2)
    Alias.objects.create(character=secret, name="Queen Mab", headline=True, revealed_in_id=9)
    status = ann.traits.get()
    Trait.objects.filter(pk=status.pk).update(value="in love with [[the_queen]]", revealed_in_id=2)
    client, address = at(3), form_of(ann, status)
    assert "[[the stranger]]" in client.get(address).content.decode()
    assert "the_queen" not in client.get(address).content.decode()
    typed = "in love with [[the stranger]], [[the_queen]], [[Queen Mab]] and [[nobody_at_all|him]]"
    response = send_form(client, address, **{f"{status.pk}-value": typed})
    body = response.content.decode()
    assert response.status_code == 422
    for unknown in ("the_queen", "Queen Mab", "nobody_at_all"):
        assert f"You do not know of anybody or anything called “{unknown}”." in body
        response = choose(client, address, response, "Leave it to the moderators", of=unknown)
    assert response.status_code == 200
    response = send_on(client, address, response)
    assert response.status_code == 303
    assert only_change().after == (
        "in love with [[the_queen]], [[?the_queen]], [[?Queen Mab]] and [[?nobody_at_all|him]]"
    )
    receipt = strip_tags(client.get(response["Location"]).content.decode())
    assert "in love with the stranger, the_queen, Queen Mab and him" in receipt


def test_two_of_one_name_are_told_apart(ann: Character) -> None:
    one, other = somebody("one", name="Kim"), somebody("other", name="Kim")
    status = ann.traits.get()
    Trait.objects.filter(pk=status.pk).update(value="knows [[one]] and [[other|Kim]]")
    client, address = at(3), form_of(ann, status)
    body = client.get(address).content.decode()
    assert f"knows [[Kim ({one.public_id})]] and [[Kim ({other.public_id})|Kim]]" in body
    assert send_form(client, address).status_code == 422
    send_form(client, address, **{f"{status.pk}-value": f"knows [[Kim ({other.public_id})]]"})
    assert only_change().after == "knows [[other]]"


@pytest.mark.parametrize("name", ["[[c0]]", "a | b", "Kim (abcdefgh)", "", "]]"])
def test_any_name_can_be_written(ann: Character, name: str) -> None:
    somebody("bea", name=name)
    status = ann.traits.get()
    Trait.objects.filter(pk=status.pk).update(value="knows [[bea]]")
    client, address = at(3), form_of(ann, status)
    assert send_form(client, address).status_code == 422
    written = fields_of(client.get(address))[f"{status.pk}-value"][0]
    send_form(client, address, **{f"{status.pk}-value": f"{written} well"})
    assert only_change().after == "knows [[bea]] well"


def test_an_end_that_is_not_known_is_absent_and_a_clash_is_for_the_moderator(ann: Character, moderator: User) -> None:
    group = Faction.objects.create(key="group", revealed_in_id=1)
    Alias.objects.create(faction=group, name="The Group", headline=True, revealed_in_id=1)
    place = Membership.objects.create(character=ann, faction=group, revealed_in_id=1, ended_in_id=9)
    client, address = at(5), form_of(ann, place)
    assert fields_of(client.get(address))[f"{place.pk}-ended_in"] == [""]
    response = send_form(client, address, **{f"{place.pk}-ended_in": "4"})
    assert (only_change().before, only_change().after) == (None, 4)
    assert only_change().correction.revealed_in == 4
    assert accepted(only_change().correction, by=moderator).held
    page = client.get(response["Location"]).content.decode()
    assert "Not decided yet" in page
    assert "changed meanwhile" not in page


def test_who_asks_to_remove_does_not_learn_of_an_end(ann: Character) -> None:
    group = Faction.objects.create(key="group", revealed_in_id=1)
    Alias.objects.create(faction=group, name="The Group", headline=True, revealed_in_id=1)
    place = Membership.objects.create(character=ann, faction=group, revealed_in_id=1, ended_in_id=9)
    response = send_form(at(5), form_of(ann, place), **{f"{place.pk}-remove": "on"})
    assert (only_change().before or {})["ended_in"] == 9
    page = at(5).get(response["Location"]).content.decode()
    assert "The Group" in page
    assert "episode 9" not in page


def test_only_what_is_known_can_be_chosen(ann: Character) -> None:
    hidden = somebody("bea", name="Bea", since=6)
    client, address = at(5), form_of(ann, add="relationship")
    body = client.get(address).content.decode()
    assert "Bea" not in body
    assert 'value="6"' not in body.partition("<main")[2]
    for name in ("Bea", hidden.public_id, f"Bea ({hidden.public_id})", "Nobody at all"):
        response = send_form(client, address, new0__target=name, new0__kind="friend")
        assert response.status_code == 422
        assert f"called “{name}”" in response.content.decode()
    assert send_form(client, address, new0__target="Ann", new0__kind="friend", new0__revealed_in="6").status_code == 422
    assert not Correction.objects.exists()


def test_unknown_and_not_yet_are_the_same(ann: Character) -> None:
    hidden = somebody("bea", name="Bea", since=6)
    client = at(5)
    missing = client.get("/corrections/new/characters/zzzzzzzzzzzz/")
    assert missing.status_code == 404
    for address in (form_of(hidden), "/corrections/new/episodes/6/", "/corrections/new/episodes/99/"):
        assert client.get(address).content == missing.content, address
        assert client.post(address, {"reason": "x"}, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 404
    row = hidden.traits.get()
    unknown = "00000000-0000-4000-8000-000000000000"
    body = client.get(f"{form_of(ann)}row={row.pk}").content.decode()
    assert body.replace(str(row.pk), unknown) == client.get(f"{form_of(ann)}row={unknown}").content.decode()
    assert "data-narrowable" in body  # nothing is chosen


def test_what_changed_meanwhile_is_shown_and_nothing_typed_is_lost(ann: Character) -> None:
    status = ann.traits.get()
    client, address = at(3), form_of(ann, status)
    form = client.get(address)
    Trait.objects.filter(pk=status.pk).update(value="asleep")
    response = send_on(client, address, form, **{f"{status.pk}-value": "dead"})
    body = response.content.decode()
    assert response.status_code == 422
    assert "changed while you were writing" in body
    assert "asleep" in body
    assert fields_of(response)[f"{status.pk}-value"] == ["dead"]
    assert send_on(client, address, response).status_code == 303
    assert (only_change().before, only_change().after) == ("asleep", "dead")


def test_something_else_is_added_to_a_form_that_is_half_written(ann: Character) -> None:
    client, address = at(3), form_of(ann, add="alias")
    status = ann.traits.get()
    more = send_form(client, address, new0__name="Annie", row=[str(status.pk)], add=["alias", "trait"], more="1")
    assert more.status_code == 200
    assert fields_of(more)["new0-name"] == ["Annie"]
    assert fields_of(more)[f"{status.pk}-value"] == ["alive"]
    assert "new1-attribute" in fields_of(more)
    assert not re.search(r"<(?:input|select|textarea)[^>]*\brequired\b", more.content.decode().partition("<main")[2])
    sent = send_on(client, address, more, more=None, **{f"{status.pk}-value": "dead"})
    assert sent.status_code == 303, sent.content.decode()
    assert Change.objects.count() == 2  # the new fact was left empty


def test_nothing_is_wrong_while_one_asks_for_more_and_a_picture_is_kept(ann: Character) -> None:
    client, address = at(3), form_of(ann, add="portrait")
    more = send_form(client, address, reason="", new0__image=picture(), more="1")
    assert 'class="errorlist' not in more.content.decode()
    assert "Your picture is kept" in more.content.decode()
    more = send_on(client, address, more, reason="", more="1")
    assert "Your picture is kept" in more.content.decode()
    broken = SimpleUploadedFile("x.png", b"no picture", "image/png")
    refused = send_on(client, address, more, more="1", new0__image=broken)
    assert "not a readable" in refused.content.decode()
    values = {"new0__credit": "Me", "new0__licence": "CC0", "new0__alt_text": "Ann"}
    assert send_on(client, address, refused, more=None, **values).status_code == 303
    assert ".webp" in str(Change.objects.get().after)


def test_what_was_typed_into_a_row_that_is_gone_is_shown_and_nothing_is_sent(ann: Character) -> None:
    alias = Alias.objects.create(character=ann, name="Annie", revealed_in_id=1)
    status = ann.traits.get()
    client, address = at(3), form_of(ann, status, alias)
    form = client.get(address)
    typed, name = {f"{status.pk}-value": "a long story", f"{alias.pk}-name": "Anne"}, f"{alias.pk}-name"
    status.delete()
    response = send_on(client, address, form, **typed)
    assert response.status_code == 422
    assert "It was left out, and nothing has been sent yet" in response.content.decode()
    assert "a long story" in response.content.decode()
    assert fields_of(response)[name] == ["Anne"]
    alias.delete()
    nothing_left = send_on(client, address, response, reason="Because.")
    assert "Because." in nothing_left.content.decode()
    assert "Anne" in nothing_left.content.decode()
    assert not Correction.objects.exists()


def test_who_has_been_signed_out_is_asked_before_it_goes_without_a_name(ann: Character) -> None:
    status, user = ann.traits.get(), person("ben")
    form = at(3, user).get(form_of(ann, status))
    response = send_on(at(3), form_of(ann, status), form, **{f"{status.pk}-value": "dead"})
    assert response.status_code == 422
    assert "are not signed in as ben any more" in response.content.decode()
    assert fields_of(response)[f"{status.pk}-value"] == ["dead"]
    assert not Correction.objects.exists()
    assert "/receipt/" in send_on(at(3), form_of(ann, status), response)["Location"]


def test_who_ticks_nothing_is_told(ann: Character) -> None:
    assert "Nothing is ticked" not in at(3).get(form_of(ann)).content.decode()
    assert "Nothing is ticked yet." in at(3).get(form_of(ann) + "go=1").content.decode()


def test_errors_stand_next_to_their_fields(ann: Character) -> None:
    address = form_of(ann, add="revelation")
    response = send_form(
        at(3), address, reason="", evidence_time="soon", evidence_url="not a link", new0__text="", new0__time="x"
    )
    body = response.content.decode()
    assert response.status_code == 422
    assert body.count("This field is required.") == 2
    assert body.count("is written 21:40") == 2
    assert "Enter a valid URL" in body
    assert fields_of(response)["evidence_url"] == ["not a link"]


def picture(colour: str = "red") -> SimpleUploadedFile:
    buffer = BytesIO()
    Image.new("RGB", (300, 400), colour).save(buffer, "PNG")
    return SimpleUploadedFile("ann.png", buffer.getvalue(), "image/png")


def public_files() -> list[str]:
    return default_storage.listdir("portraits")[1] if default_storage.exists("portraits") else []


def test_a_picture_is_kept_aside_until_it_is_accepted(ann: Character, moderator: User) -> None:
    client, address = at(3), form_of(ann, add="portrait")
    again = send_form(client, address, new0__image=picture(), new0__credit="Me", new0__licence="CC0")
    assert again.status_code == 422
    assert "Your picture is kept" in again.content.decode()
    response = send_on(client, address, again, new0__alt_text="Ann, in red")
    assert response.status_code == 303, response.content.decode()
    assert public_files() == []
    accepted(only_change().correction, by=moderator)
    assert ann.portraits.get().alt_text == "Ann, in red"


def test_a_rejected_picture_leaves_no_file_in_public(
    ann: Character, moderator: User, django_capture_on_commit_callbacks: Any
) -> None:
    values = {"new0__credit": "Me", "new0__licence": "CC0", "new0__alt_text": "Ann"}
    with django_capture_on_commit_callbacks(execute=True):
        send_form(at(3), form_of(ann, add="portrait"), new0__image=picture(), **values)
        accepted(only_change().correction, by=moderator, accept=False, why="It is not hers.")
    assert public_files() == []


def with_broken_exif() -> bytes:
    """A text stands where its EXIF ought to have a number."""
    exif, buffer = Image.Exif(), BytesIO()
    exif[0x0112], exif[0x010E] = 6, "a text"
    Image.new("RGB", (20, 12)).save(buffer, "JPEG", exif=exif)
    return buffer.getvalue().replace(b"\x01\x0e\x00\x02", b"\x01\x00\x00\x02")


@pytest.mark.parametrize("content", [b"", b"no picture", b"\x89PNG\r\n\x1a\n" + b"0" * 100, with_broken_exif()])
def test_what_is_no_picture_is_refused(ann: Character, content: bytes) -> None:
    upload = SimpleUploadedFile("x.png", content, "image/png")
    response = send_form(at(3), form_of(ann, add="portrait"), new0__image=upload, new0__alt_text="Ann")
    assert response.status_code == 422
    assert not Correction.objects.exists()


def test_pictures_have_a_pace_and_what_else_was_typed_stays(ann: Character, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(senders, "MOST_UPLOADED_AN_HOUR", LEAST_COST)
    client, address = Client(REMOTE_ADDR=f"2001:db8:{token_hex(2)}:{token_hex(2)}::1"), form_of(ann, add="portrait")
    client.cookies["progress"] = "3"
    assert "Your picture is kept" in send_form(client, address, new0__image=picture()).content.decode()
    response = send_form(client, address, new0__image=picture("blue"), new0__alt_text="Ann, in blue")
    assert response.status_code == 422
    assert "too many pictures" in response.content.decode()
    assert fields_of(response)["new0-alt_text"] == ["Ann, in blue"]
    assert len(kept_files()) == 1


def test_a_form_takes_few_pictures_and_nothing_else_is_lost(ann: Character, monkeypatch: pytest.MonkeyPatch) -> None:
    address = form_of(ann, add=" ".join(["portrait"] * 6))
    pictures = {f"new{number}__image": picture() for number in range(6)}
    response = send_form(at(3), address, **pictures, new5__alt_text="The sixth")
    assert response.status_code == 422
    assert response.content.decode().count("Your picture is kept") == uploads.MOST_PICTURES == 5
    assert "A form takes 5 pictures at a time" in response.content.decode()
    assert fields_of(response)["new5-alt_text"] == ["The sixth"]
    monkeypatch.setattr(uploads, "MOST_BYTES_TOGETHER", 2 * len(picture().read()))
    response = send_form(at(3), address, **{name: picture() for name in list(pictures)[:3]})
    assert response.content.decode().count("Your picture is kept") == 2
    assert "Together these pictures are larger than" in response.content.decode()


def test_who_sends_a_picture_that_takes_too_much_is_told_and_loses_nothing_else(
    ann: Character, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "MOST_SCANS", 10**6)
    monkeypatch.setattr(looking, "MOST_PARTS", 10**6)
    monkeypatch.setattr(decoder, "MOST_CPU", 1)
    dear = SimpleUploadedFile("ann.jpg", jpeg_of_many_scans(30_000), "image/jpeg")
    response = send_form(at(3), form_of(ann, add="portrait"), new0__image=dear, new0__alt_text="Ann, in scans")
    assert response.status_code == 422
    assert "too much time or memory" in response.content.decode()
    assert fields_of(response)["new0-alt_text"] == ["Ann, in scans"]
    assert not storages["archive"].exists("kept")


def test_a_picture_is_counted_by_what_it_costs_and_before_it_is_decoded(
    ann: Character, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(senders, "MOST_UPLOADED_AN_HOUR", 12)
    monkeypatch.setattr(decoder, "_run", lambda *_: pytest.fail("It was decoded."))
    large = SimpleUploadedFile("ann.png", flat_png(4000, 3001, "1"), "image/png")
    response = send_form(at(3), form_of(ann, add="portrait"), new0__image=large)
    assert "too many pictures" in response.content.decode()


def test_the_answer_to_a_picture_is_the_same_whether_it_is_published_or_not(
    ann: Character, moderator: User, django_capture_on_commit_callbacks: Any
) -> None:
    def answer() -> str:
        response = send_form(at(3), form_of(ann, add="portrait"), new0__image=picture(), new0__alt_text="Ann")
        [signed] = fields_of(response)["new0-kept"]
        assert not {name.partition("-")[0] for name in public_files()} & {signing.loads(signed, salt=KEPT)[10:42]}
        assert signing.loads(signed, salt=KEPT).startswith("kept/")
        return response.content.decode().replace(signed, "")

    before = answer()
    with django_capture_on_commit_callbacks(execute=True):
        later, kept = a_portrait_of(ann, content=picture(), since=5)
        accepted(sent(later), by=moderator)
    assert files.published_name(kept).removeprefix("portraits/") in public_files()
    assert answer() == before


def test_the_same_picture_sent_twice_is_recognised_when_it_is_published(ann: Character, moderator: User) -> None:
    same = [a_portrait_of(ann)[0] for _ in range(2)]
    assert len({change.after["image"] for change in same}) == 2
    for change in same:
        accepted(sent(change), by=moderator)
    assert ann.portraits.count() == 1
    assert sorted(Change.objects.values_list("outcome", flat=True)) == ["already", "applied"]


def test_pictures_need_no_cache(ann: Character, settings: Any) -> None:
    nobody_answers = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1"}
    settings.CACHES = settings.CACHES | {"default": nobody_answers}
    response = send_form(at(3), form_of(ann, add="portrait"), new0__image=picture())
    assert "Your picture is kept" in response.content.decode()


def kept_files() -> set[str]:
    return set(storages["archive"].listdir("kept")[1])


def grown_old() -> None:
    long_ago = (timezone.now() - 2 * archive.UNSENT).timestamp()
    for name in kept_files():
        os.utime(storages["archive"].path(f"kept/{name}"), (long_ago, long_ago))


def test_pictures_of_forms_that_were_never_sent_are_removed(ann: Character, moderator: User) -> None:
    values = {"new0__credit": "Me", "new0__licence": "CC0", "new0__alt_text": "Ann"}
    client, address = at(3), form_of(ann, add="portrait")
    send_form(client, address, new0__image=picture(), **values)
    accepted(only_change().correction, by=moderator, accept=False, why="It is not hers.")
    (rejected,) = kept_files()
    unsent = send_form(client, address, new0__image=picture("blue"))
    call_command("remove_unsent_files", verbosity=0)
    assert len(kept_files()) == 2  # somebody may still be writing
    grown_old()
    send_form(client, address, new0__image=picture("green"))
    send_on(client, address, unsent)  # who sends the form again is still writing
    call_command("remove_unsent_files", verbosity=0)
    assert len(kept_files()) == 3
    grown_old()
    call_command("remove_unsent_files", verbosity=0)
    assert kept_files() == {rejected}
    response = send_on(client, address, unsent, **values)
    assert response.status_code == 422
    assert "Please choose a picture" in response.content.decode()


def test_no_other_file_can_be_named(ann: Character) -> None:
    response = send_form(
        at(3), form_of(ann, add="portrait"), new0__kept="portraits/secret.webp",
        new0__credit="Me", new0__licence="CC0", new0__alt_text="Ann",
    )  # fmt: skip
    assert response.status_code == 422
    assert "Please choose a picture" in response.content.decode()


def test_a_machine_is_told_that_all_went_well(ann: Character) -> None:
    status = ann.traits.get()
    response = send_form(
        at(3), form_of(ann, status), nothing_here="http://spam.example", **{f"{status.pk}-value": "spam"}
    )
    assert response.status_code == 303
    assert re.fullmatch(r"/corrections/receipt/[\w-]{20,}/", response["Location"])
    assert not Correction.objects.exists()


def test_a_limit_is_told_and_nothing_is_lost(ann: Character, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "MOST_AN_HOUR", 1)
    status = ann.traits.get()
    client, address = at(3), form_of(ann, status)
    assert send_form(client, address, **{f"{status.pk}-value": "dead"}).status_code == 303
    response = send_form(client, address, **{f"{status.pk}-value": "gone"})
    assert response.status_code == 429
    assert "within an hour" in response.content.decode()
    assert fields_of(response)[f"{status.pk}-value"] == ["gone"]
    elsewhere = {"REMOTE_ADDR": "192.0.2.7"}
    other = Client(**elsewhere)
    other.cookies["progress"] = "3"
    assert send_form(other, address, **{f"{status.pk}-value": "gone"}).status_code == 303


@pytest.mark.parametrize(
    ("behind_proxy", "forwarded", "counted"),
    [
        (False, "198.51.100.1", "127.0.0.1"), (True, "203.0.113.9, 198.51.100.1", "198.51.100.1"),
        (True, "::ffff:198.51.100.1", "198.51.100.1"),
        (True, "nonsense", "unknown"), (True, "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
    ],
)  # fmt: skip
def test_a_forwarded_address_counts_behind_our_own_proxy_alone(
    ann: Character, settings: Any, behind_proxy: bool, forwarded: str, counted: str
) -> None:
    settings.BEHIND_PROXY = behind_proxy
    status = ann.traits.get()
    client = at(3)
    form = client.get(form_of(ann, status))
    headers = {"Sec-Fetch-Site": "same-origin", "X-Forwarded-For": forwarded}
    send_on(client, form_of(ann, status), form, headers=headers, **{f"{status.pk}-value": "dead"})
    assert Correction.objects.get().sender == sending.Sender(address=counted).address_hash


@pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}], ids=str)
def test_a_form_on_another_site_sends_nothing(ann: Character, headers: dict[str, str]) -> None:
    status = ann.traits.get()
    response = send_form(at(3), form_of(ann, status), headers=headers, **{f"{status.pk}-value": "dead"})
    assert response.status_code == 403
    assert not Correction.objects.exists()


@pytest.mark.parametrize(
    "typed",
    [
        {"value": "a\x00b"}, {"value": "x" * 20_000}, {"revealed_in": "99"}, {"revealed_in": "x"},
        {"revealed_in": "9" * 5000}, {"attribute": "nonsense"}, {"attribute": "\x00"}, {"seen": "\x00"},
    ],
    ids=str,
)  # fmt: skip
def test_nonsense_is_refused_and_breaks_nothing(ann: Character, typed: dict[str, str]) -> None:
    status = ann.traits.get()
    values = {f"{status.pk}-{name}": value for name, value in ({"value": "dead"} | typed).items()}
    response = send_form(at(3), form_of(ann, status), **values)
    assert response.status_code == 422
    assert not Correction.objects.exists()


@pytest.mark.parametrize(
    "name", ["row", "add", "reason", "version", "new0-here", "evidence_episode", "nothing_here", "more"]
)
def test_garbage_breaks_nothing(ann: Character, name: str) -> None:
    client, address = at(3), form_of(ann, add="alias")
    for garbage in ("\x00", "x" * 3000, "-1", ["a", "b"] * 300):
        response = send_form(client, address, **{name: garbage, "new0-name": ""})
        assert response.status_code in (200, 303, 422), garbage
    assert client.get(address, {name: "\x00"}).status_code == 200
    assert not Correction.objects.exists()


def test_a_body_that_is_none_is_refused(ann: Character) -> None:
    client, address = at(3), form_of(ann)
    own = {"Sec-Fetch-Site": "same-origin"}
    odd = b'--x\r\nContent-Disposition: form-data; name="reason"\r\n\r\n3\r\n--x--\r\n'
    for body, kind in (
        (odd, "multipart/form-data; boundary=x; charset=zlib"),
        (b"\xff" * 100, "text/plain"),
        (b"", "multipart/form-data"),
    ):
        assert client.generic("POST", address, body, kind, headers=own).status_code in (200, 400, 422), kind
    huge = client.post(address, {"reason": "x" * 3_000_000}, headers=own)
    assert huge.status_code in (400, 413)


def test_rows_of_a_persona_stay_hers(ann: Character) -> None:
    from characters.models import Unmasking

    mask = somebody("mask", name="the mask")
    Unmasking.objects.create(persona=mask, identity=ann, revealed_in_id=3)
    body = at(2).get(form_of(ann)).content.decode()
    assert "the mask" not in body
    response = send_form(at(3), form_of(mask, add="alias"), new0__name="Masky", new0__whose=str(mask.pk))
    assert response.status_code == 303
    assert (only_change().after or {})["character"] == str(mask.pk)
    assert send_form(at(2), form_of(ann, add="alias"), new0__name="Anny", new0__whose=str(mask.pk)).status_code == 303
    assert (Change.objects.exclude(pk=only_first().pk).get().after or {})["character"] == str(ann.pk)


def only_first() -> Change:
    return Change.objects.order_by("correction__created_at").first()  # type: ignore[return-value]


def test_episode_and_show_can_be_corrected(ann: Character, moderator: User) -> None:
    from episodes.models import Series

    Series.objects.create(id=1, title="Show", premise="[[ann]] sets out.")
    Episode.objects.filter(number=2).update(synopsis="[[ann]] goes.", aired_on="2024-01-11")
    client = at(3)
    assert send_form(client, "/corrections/new/episodes/2/?row=episode").status_code == 422
    response = send_form(client, "/corrections/new/episodes/2/?row=episode", episode__synopsis="[[Ann]] stays.")
    assert response.status_code == 303, response.content.decode()
    assert only_change().correction.revealed_in == 2
    assert accepted(only_change().correction, by=moderator).failure is None
    assert Episode.objects.get(number=2).synopsis == "[[ann]] stays."
    # Ann is not known yet at 0, so her name is none there.
    assert "Ann" not in at(0).get("/corrections/new/episodes/0/?row=series").content.decode()
    assert send_form(client, "/corrections/new/episodes/0/?row=series", series__title="The Show").status_code == 303


def test_a_form_takes_a_bounded_number_of_queries(ann: Character, django_assert_max_num_queries: Any) -> None:
    for number in range(40):
        Alias.objects.create(character=ann, name=f"Ann {number}", revealed_in_id=1)
        told = Revelation.objects.create(key=f"r{number}", text="[[ann]] goes.", revealed_in_id=1)
        told.characters.add(ann)
    with django_assert_max_num_queries(40):
        assert at(3).get(form_of(ann, *ann.aliases.all())).status_code == 200


def test_the_summary_of_errors_leads_to_the_fields(ann: Character) -> None:
    body = send_form(at(3), form_of(ann, add="alias"), reason="", new0__language="ja").content.decode()
    for field, label in (("id_new0-name", "Name"), ("id_reason", "Why?")):
        assert f'<a href="#{field}">{label}</a>' in body
        assert f'id="{field}"' in body


def test_no_browser_fills_in_what_only_a_machine_sees(ann: Character) -> None:
    body = at(3).get(form_of(ann, add="alias")).content.decode()
    trap = re.search(r'<p class="trap" aria-hidden="true">.*?</p>', body)
    assert trap
    assert not re.search('website|url|mail|name="(name|phone|address)', trap[0])
    for attribute in ('autocomplete="off"', 'tabindex="-1"', "data-1p-ignore", 'data-lpignore="true"'):
        assert attribute in trap[0], attribute


def test_a_form_takes_so_many_rows_and_loses_none_that_was_written_in(
    ann: Character, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (draft, reopening):
        monkeypatch.setattr(module, "MOST_ROWS", 2)
    traits = [Trait.objects.create(character=ann, attribute="habit", value=value, revealed_in_id=1) for value in "abc"]
    client, address = at(3), form_of(ann, *traits)
    form = client.get(address)
    assert len(fields_of(form)["row"]) == 2
    assert "1 of those you chose was left out" in form.content.decode()
    written = {f"{each.pk}-value": f"written in {each.value}" for each in traits}
    seen = {f"{each.pk}-seen": "x" for each in traits}
    fields = {"row": [str(each.pk) for each in traits], "reason": "I saw it.", **written, **seen}
    refused = client.post(address, fields, headers={"Sec-Fetch-Site": "same-origin"})
    assert refused.status_code == 422
    assert all(text in refused.content.decode() for text in written.values())
    assert not Correction.objects.exists()
    changes = [setting(each, "value", each.value, f"{each.value} changed") for each in traits]
    receipt = sending.new_receipt()
    correction = sent(*changes, receipt=receipt)
    again = f"/corrections/receipt/{receipt}/again/"
    assert send_on(client, again, client.get(again), reason="I looked again.").status_code == 303
    assert {each.after for each in correction.changes.current()} == {"a changed", "b changed", "c changed"}


def test_a_form_says_that_it_takes_so_many_new_rows(ann: Character, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draft, "MOST_NEW", 1)
    client, address = at(3), form_of(ann, add="trait alias")
    form = client.get(address)
    assert fields_of(form)["add"] == ["trait"]
    assert "1 of those you chose was left out" in form.content.decode()
    written = {"new0-here": "1", "new0-value": "Sings.", "new1-here": "1", "new1-name": "Annabel"}
    fields = {"add": ["trait", "alias"], "reason": "I saw it.", **written}
    refused = client.post(address, fields, headers={"Sec-Fetch-Site": "same-origin"})
    assert refused.status_code == 422
    assert all(text in refused.content.decode() for text in ("Sings.", "<ul><li>Annabel</li></ul>"))


def test_what_is_written_in_a_row_is_kept_when_others_are_added(
    ann: Character, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(draft, "MOST_ROWS", 1)
    first, last = ann.aliases.get(), ann.traits.get()
    client = at(3)
    fields = fields_of(client.get(form_of(ann, last)))
    fields |= {"row": [str(first.pk), str(last.pk)], f"{last.pk}-value": ["dead"], "more": ["1"]}
    form = client.post(form_of(ann, last), fields, headers={"Sec-Fetch-Site": "same-origin"})
    assert fields_of(form)[f"{last.pk}-value"] == ["dead"]
    assert "1 of those you chose was left out" in form.content.decode()


def test_more_text_than_a_correction_holds_is_refused_and_nothing_lost(
    ann: Character, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "MOST_TEXT", 20)
    status = ann.traits.get()
    long = "ä" * 21
    refused = send_form(at(3), form_of(ann, status), **{f"{status.pk}-value": long})
    assert refused.status_code == 422
    assert "these texts have 21 characters, and at most 20 can be sent at once" in refused.content.decode()
    assert "Up to 20 characters can be sent at once." in refused.content.decode()
    assert fields_of(refused)[f"{status.pk}-value"] == [long]
    assert not Correction.objects.exists()
    assert send_form(at(3), form_of(ann, status), **{f"{status.pk}-value": long[1:]}).status_code == 303


def test_a_correction_of_the_show_itself_can_be_changed(ann: Character) -> None:
    Series.objects.create(id=1, title="A Show")
    client = at(0)
    sent_form = send_form(client, "/corrections/new/episodes/0/?row=series", **{"series-title": "The Show"})
    assert sent_form.status_code == 303, sent_form.content.decode()[-3000:]
    page = client.get(sent_form["Location"]).content.decode()
    assert "Change it" in page
    again = f"{sent_form['Location']}again/"
    assert fields_of(client.get(again))["series-title"] == ["The Show"]
    assert send_on(client, again, client.get(again), **{"series-title": "That Show"}).status_code == 303
    assert Change.objects.current().get().after == "That Show"


def test_lines_that_are_sentences_begin_with_a_capital_and_say_their_episode_once(ann: Character) -> None:
    mask = somebody("mask", name="the red figure")
    mask.aliases.update(kind="placeholder")
    revelation = Revelation.objects.create(key="mask.1", revealed_in_id=2, text="[[mask]] runs.", certainty="confirmed")
    revelation.characters.add(mask)
    page = at(3).get(form_of(mask)).content.decode()
    assert "<span>The red figure runs. <small>episode 2</small>" in page
    assert "<span>the red figure <small>" in page  # the name itself
    assert "<span>the red figure, episode 1</span>" in page
