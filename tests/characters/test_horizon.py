"""The admin for whoever has not watched everything, on the real show: nothing later is there until they show it."""

import base64
import re
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from html import unescape
from typing import Any

import pytest
from django.contrib import admin
from django.db.models import Count, Q
from django.test import Client
from django.urls import reverse
from django.utils.text import slugify

from characters.admin.horizon import known, stand_ins
from characters.kinds import KINDS, SUBJECTS, TAGGINGS
from characters.models import Alias, Character, Membership, Relationship, Revelation, Tag, Trait
from characters.models.shown_keys import standing_in
from characters.vocabulary import DEFAULT, Section
from corrections import rows
from corrections.desk.discretion import NOT_TOLD
from corrections.models import Correction
from corrections.sealing import unseal
from episodes.models import Episode
from tests.characters.sheets import fill_in, opened
from tests.characters.test_admin import (
    CONTENT,
    SECTION_SLUGS,
    as_filled_in,
    change_address,
    errors_on,
    section_address,
    section_of,
    with_row,
)
from tests.corrections.desk import at_the_desk
from tests.people import person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("real_show")]

SEEN = 6
HREF = re.compile(r'href="(\?[^"]*)"')


@pytest.fixture
def halfway() -> Client:
    return at_the_desk(person(role="superuser"), episode=SEEN)


def show_everything(client: Client) -> None:
    client.post(reverse("admin:horizon"), {"show": "everything"})


def text_of(response: Any) -> str:
    return unescape(response.content.decode())


def texts(model: Any, field: str) -> Iterator[tuple[str, int]]:
    for text, episode in model._base_manager.values_list(field, "revealed_in_id"):
        yield str(text), episode


def later_words() -> set[str]:
    """The names, keys, titles and beginnings of texts that nothing up to the episode says."""
    told = [*texts(Alias, "name"), *texts(Revelation, "text"), *texts(Trait, "value")]
    told += [text for kind in TAGGINGS for text in texts(kind.model, "tag__name")]
    told += [text for kind in SUBJECTS for text in texts(kind.model, "key")]
    told += list(Episode.objects.values_list("title", "number"))
    told += list(Episode.objects.values_list("synopsis", "number"))
    said = "\n".join(text for text, episode in told if episode <= SEEN).lower()
    names = {text[:60] for text, episode in told if episode > SEEN and len(text) > 4}
    return {name for name in names if name.lower() not in said} - set(DEFAULT.keys(Section.RELATION))


def telling(response: Any, words: set[str]) -> list[str]:
    content = text_of(response)
    return sorted(word for word in words if word in content)


def lists() -> Iterator[str]:
    for model in (*CONTENT, "characters_trait", "characters_relationship", "characters_membership"):
        yield reverse(f"admin:{model}_changelist")


def pages_of_lists(client: Client) -> Iterator[tuple[str, Any]]:
    """Every list, by every link of its filters, and every column it is sorted by."""
    for address in lists():
        page = client.get(address)
        yield address, page
        for query in sorted(set(map(unescape, HREF.findall(page.content.decode())))):
            yield address + query, client.get(address + query)


def known_rows() -> Iterator[Any]:
    """The subjects of which most comes later, whoever has a telling key, and some of all else."""
    for kind in SUBJECTS:
        later = Count("aliases", filter=Q(aliases__revealed_in__gt=SEEN))
        yield from kind.model.objects.filter(revealed_in__lte=SEEN).alias(later=later).order_by("-later", "-key")[:8]
    yield from Revelation.objects.filter(revealed_in__lte=SEEN, position__lt=3)
    yield from Episode.objects.filter(number__lte=SEEN)
    yield from Tag.objects.filter(character_rows__revealed_in__lte=SEEN).distinct()


def pages_of_rows(client: Client) -> Iterator[tuple[str, Any]]:
    """Every form, with all of its sections, and every history."""
    yield from pages_of(client, known_rows())


def pages_of_some_rows(client: Client) -> Iterator[tuple[str, Any]]:
    """The forms of the first row of each kind, with all of their sections, and their histories."""
    yield from pages_of(client, {type(row): row for row in reversed(list(known_rows()))}.values())


def pages_of(client: Client, rows: Iterable[Any]) -> Iterator[tuple[str, Any]]:
    for row in rows:
        sections = [section_address(row, slug) for slug in SECTION_SLUGS] if hasattr(row, "public_id") else []
        for address in (change_address(row), *sections, change_address(row, "history"), change_address(row, "delete")):
            yield address, client.get(address, follow=True)


def autocompletes(client: Client) -> Iterator[tuple[str, Any]]:
    """Every choice that a form completes, page by page."""
    for kind in KINDS:
        for field in kind.model._meta.get_fields():
            if not field.is_relation or field.auto_created or field.related_model not in admin.site._registry:
                continue
            if not admin.site._registry[field.related_model].search_fields:
                continue
            asked = {"app_label": kind.model._meta.app_label, "model_name": kind.name, "field_name": field.name}
            for number in range(1, 30):
                response = client.get(reverse("admin:autocomplete"), asked | {"term": "", "page": str(number)})
                yield f"{asked} {number}", response
                if response.status_code != 200 or not response.json()["pagination"]["more"]:
                    break


def other_pages(client: Client) -> Iterator[tuple[str, Any]]:
    addresses = [reverse("admin:index"), reverse("admin:app_list", args=["characters"])]
    addresses += [reverse("admin:report", args=[slug]) for slug in ("summaries", "pictures", "sources", "inferred")]
    addresses += [reverse("admin:episodes_episode_learned", args=[number]) for number in range(SEEN + 1)]
    addresses += [reverse(f"admin:{model}_add") for model in CONTENT]
    for address in addresses:
        yield address, client.get(address)


WALKS = (
    pages_of_lists, pages_of_some_rows, pytest.param(pages_of_rows, marks=pytest.mark.laws), autocompletes, other_pages,
)  # fmt: skip


@pytest.mark.parametrize("walk", WALKS, ids=lambda walk: walk.__name__)
def test_no_page_tells_of_what_is_later(halfway: Client, walk: Any) -> None:
    words = later_words()
    told = {address: found for address, page in walk(halfway) if (found := telling(page, words))}
    assert told == {}


@pytest.mark.parametrize("walk", [pages_of_lists, autocompletes], ids=lambda walk: walk.__name__)
def test_all_of_it_is_there_once_it_is_shown(halfway: Client, walk: Any) -> None:
    words = later_words()
    show_everything(halfway)
    assert any(telling(page, words) for _, page in walk(halfway))


def test_the_walk_looks_for_much() -> None:
    assert len(later_words()) > 100


def test_every_page_says_how_far_one_sees(halfway: Client) -> None:
    for address in (reverse("admin:index"), *lists(), change_address(Character.objects.filter(revealed_in=1)[0])):
        assert f"You see what is known at episode {SEEN}." in text_of(halfway.get(address))
    show_everything(halfway)
    assert "You see everything" in text_of(halfway.get(reverse("admin:index")))
    halfway.post(reverse("admin:horizon"), {"show": "known"})
    assert f"known at episode {SEEN}." in text_of(halfway.get(reverse("admin:index")))
    assert 'class="horizon"' not in text_of(at_the_desk(person(role="editor"), episode=99).get("/admin/"))


def test_it_is_lifted_by_a_form_alone_and_leads_nowhere_else(halfway: Client) -> None:
    assert halfway.get(reverse("admin:horizon")).status_code == 405
    away = halfway.post(reverse("admin:horizon"), {"show": "everything", "next": "https://example.org/"})
    assert away["Location"] == "/"
    assert Client().post(reverse("admin:horizon"), {"show": "everything"}).status_code == 403


def test_a_later_row_is_as_one_that_does_not_exist(halfway: Client) -> None:
    later = Revelation.objects.filter(revealed_in__gt=SEEN)[0]
    missing = Revelation(pk="00000000-0000-4000-8000-000000000000")
    for action in ("change", "history", "delete"):
        found, none = (
            text_of(halfway.get(change_address(row, action), follow=True)).replace(str(row.pk), "")
            for row in (later, missing)
        )
        assert re.sub(r'value="[^"]{32,}"', "", found) == re.sub(r'value="[^"]{32,}"', "", none)
    assert not Correction.objects.exclude(kind="import").exists()


def test_searches_find_nothing_by_what_is_later(halfway: Client) -> None:
    address = reverse("admin:characters_character_changelist")
    assert "Search by name, tag, or" in text_of(halfway.get(address)), "keys are not looked at"
    eva = Character.objects.get(key="eva_kristella")  # known from 5, and by this name from 8
    for words in ("eva", "kristella", "eva_kristella"):
        assert eva not in halfway.get(address, {"q": words}).context["cl"].result_list
    assert (
        eva
        in halfway.get(address, {"q": Alias.objects.filter(character=eva, revealed_in=5)[0].name})
        .context["cl"]
        .result_list
    )
    show_everything(halfway)
    assert eva in halfway.get(address, {"q": "kristella"}).context["cl"].result_list


def test_filters_and_their_counts_go_by_known_rows(halfway: Client) -> None:
    address = reverse("admin:characters_character_changelist")
    is_member = Membership.objects.filter(revealed_in__lte=SEEN)
    membership = next(
        row
        for row in Membership.objects.filter(
            revealed_in__gt=SEEN, character__revealed_in__lte=SEEN, faction__revealed_in__lte=SEEN
        )
        if not is_member.filter(character=row.character_id, faction=row.faction_id).exists()
    )
    by_faction = {"memberships__faction__id__exact": str(membership.faction_id)}
    assert membership.character not in halfway.get(address, by_faction).context["cl"].result_list
    assert not halfway.get(address, {"_facets": "True"}).context["cl"].add_facets
    show_everything(halfway)
    assert membership.character in halfway.get(address, by_faction).context["cl"].result_list


NOT_OFFERED = {
    "character": ("unmasking__isnull=0", "key__contains=kristella", "portraits__isnull=1", "memberships__isnull=1"),
    "revelation": ("successors__isnull=0", "text__contains=kristella", "supersedes__isnull=0"),
    "tag": ("character_rows__isnull=1",),
}


@pytest.mark.parametrize("query", [(name, each) for name, every in NOT_OFFERED.items() for each in every], ids="=".join)
def test_an_address_narrows_a_list_by_the_offered_filters_alone(halfway: Client, query: tuple[str, str]) -> None:
    address = reverse(f"admin:characters_{query[0]}_changelist")
    refused = halfway.get(f"{address}?{query[1]}")
    assert (refused.status_code, refused["Location"]) == (302, f"{address}?e=1")
    show_everything(halfway)
    assert halfway.get(f"{address}?{query[1]}").status_code == 200


def test_what_a_form_was_opened_with_cannot_be_read(halfway: Client) -> None:
    tie = Relationship.objects.filter(revealed_in__lte=SEEN, ended_in__gt=SEEN)[0]
    base = halfway.get(section_of(tie.source, "relationships")).context["base"]
    assert unseal(base)[f"characters.relationship:{tie.pk}"]["ended_in"] == tie.ended_in_id
    body = base.removeprefix(".").partition(":")[0]
    read = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
    with suppress(zlib.error):
        read = zlib.decompress(read)
    assert b"ended_in" not in read


# Saving leaves alone what is hidden


def content() -> list[Any]:
    return [{kind.label: rows.all_values(kind)} for kind in rows.registered()]


def save(client: Client, address: str, **changed: Any) -> Any:
    return client.post(address, as_filled_in(client.get(address)) | changed, follow=True)


def test_saving_every_section_untouched_changes_nothing(halfway: Client) -> None:
    before = content()
    for character in (Character.objects.get(key="eva_kristella"), Character.objects.get(key="naomi_orthmann")):
        for slug in SECTION_SLUGS:
            response = save(halfway, section_address(character, slug))
            assert response.redirect_chain, (slug, errors_on(response))
    assert content() == before


def test_saving_a_row_keeps_its_later_end(halfway: Client) -> None:
    tie = Relationship.objects.filter(revealed_in__lte=SEEN, ended_in__gt=SEEN)[0]
    address = section_of(tie.source, "relationships")
    filled = as_filled_in(halfway.get(address))
    prefix = next(name for name, value in filled.items() if str(value) == str(tie.pk)).removesuffix("-id")
    assert not filled.get(f"{prefix}-ended_in")
    end = tie.ended_in_id
    halfway.post(address, filled | {f"{prefix}-certainty": "hinted" if tie.certainty != "hinted" else "confirmed"})
    tie.refresh_from_db()
    assert tie.ended_in_id == end
    assert Correction.objects.exclude(kind="import").count() == 1
    refused = halfway.post(address, as_filled_in(halfway.get(address)) | {f"{prefix}-ended_in": str(SEEN)})
    assert str(NOT_TOLD) in text_of(refused)
    tie.refresh_from_db()
    assert tie.ended_in_id == end


def test_saving_a_text_keeps_the_keys_that_are_not_shown(halfway: Client) -> None:
    revelation = Revelation.objects.filter(text__contains="[[eva_kristella", revealed_in__lte=SEEN)[0]
    before = revelation.text, revelation.key
    save(halfway, change_address(revelation), source="An interview")
    revelation.refresh_from_db()
    assert (revelation.text, revelation.key) == before
    assert revelation.source == "An interview"
    assert [change.path for change in Correction.objects.exclude(kind="import").get().changes.all()] == ["source"]


def test_what_is_there_later_is_refused_without_a_word_of_it(halfway: Client) -> None:
    later = Alias.objects.filter(revealed_in__gt=SEEN, character__revealed_in__lte=SEEN, headline=True)[0]
    owner = later.character
    assert owner is not None
    address = section_of(owner, "aliases")
    form = with_row(as_filled_in(halfway.get(address)), "aliases", name=later.name, kind=later.kind, revealed_in=SEEN)
    refused = halfway.post(address, form)
    assert refused.status_code == 200
    assert str(NOT_TOLD) in text_of(refused)
    assert not Correction.objects.exclude(kind="import").exists()


def test_a_form_that_was_opened_with_everything_loses_nothing(halfway: Client) -> None:
    owner = Trait.objects.filter(character__revealed_in__lte=3, revealed_in__gt=SEEN)[0].character
    assert owner is not None
    show_everything(halfway)
    filled = as_filled_in(halfway.get(section_of(owner, "traits")))
    halfway.post(reverse("admin:horizon"), {"show": "known"})
    before = content()
    halfway.post(section_of(owner, "traits"), filled)
    assert content() == before


def test_one_writes_of_no_later_episode_before_showing_everything(halfway: Client) -> None:
    owner = Character.objects.get(key="naomi_orthmann")
    address = section_of(owner, "traits")
    habit = {"attribute": "habit", "value": "hums", "revealed_in": SEEN + 1}
    assert f"up to {SEEN}" in text_of(
        halfway.post(address, with_row(as_filled_in(halfway.get(address)), "traits", **habit))
    )
    show_everything(halfway)
    halfway.post(address, with_row(as_filled_in(halfway.get(address)), "traits", **habit))
    assert owner.traits.filter(attribute="habit", value="hums").exists()


def test_deleting_waits_until_everything_is_shown(halfway: Client) -> None:
    revelation = Revelation.objects.filter(revealed_in=SEEN, successors=None)[0]
    before = content()
    halfway.post(change_address(revelation, "delete"), {"post": "yes"})
    chosen = {"action": "delete_selected", "_selected_action": [str(revelation.pk)], "post": "yes"}
    halfway.post(reverse("admin:characters_revelation_changelist"), chosen)
    assert content() == before


def test_a_guessed_key_is_answered_as_one_that_nobody_has(halfway: Client) -> None:
    """Eva Kristella is known by another name; the key of whoever comes later is nobody's at all."""
    later = Character.objects.filter(revealed_in__gt=SEEN)[0].key
    revelation = Revelation.objects.filter(revealed_in=SEEN)[0]
    before = revelation.text
    address = change_address(revelation)
    said = []
    for key in ("eva_kristella", later, "nobody_at_all"):
        page = halfway.post(address, as_filled_in(halfway.get(address)) | {"text": f"[[{key}]] runs."})
        assert page.status_code == 200, key
        said.append(errors_on(page).replace(key, "KEY"))
        assert "has the key or the name" in said[-1]
    assert len({re.sub(r"<button.*?</button>", "", each, flags=re.DOTALL) for each in said}) == 1
    revelation.refresh_from_db()
    assert revelation.text == before
    show_everything(halfway)
    assert (
        halfway.post(address, as_filled_in(halfway.get(address)) | {"text": "[[eva_kristella]] runs."}).status_code
        == 302
    )


def test_handles_are_the_names_that_are_known_whoever_bears_them(halfway: Client) -> None:
    """So that none tells by its shape that another name comes."""
    with standing_in(stand_ins(SEEN)):
        handles = {row: str(row) for row in Character.objects.filter(revealed_in__lte=SEEN)}
    assert len(set(handles.values())) == len(handles)
    names = {row: known(row.aliases.filter(headline=True).order_by("-revealed_in"), SEEN)[0].name for row in handles}
    by_name = [row for row, handle in handles.items() if handle == slugify(names[row]).replace("-", "_")]
    assert len(by_name) >= len(handles) - 2  # but for those who share a name
    assert Character.objects.get(key="eva_kristella") in by_name


def test_a_handle_can_be_written_in_a_mention(halfway: Client) -> None:
    with standing_in(stand_ins(SEEN)):
        handle = str(Character.objects.get(key="eva_kristella"))
    revelation = Revelation.objects.filter(revealed_in=SEEN)[0]
    save(halfway, change_address(revelation), text=f"[[{handle}]] runs.")
    revelation.refresh_from_db()
    assert revelation.text == "[[eva_kristella]] runs."


def test_what_ends_later_is_offered_as_what_never_does_and_its_end_stays(halfway: Client) -> None:
    tie = Relationship.objects.filter(revealed_in__lte=SEEN, ended_in__gt=SEEN).order_by("revealed_in").last()
    assert tie is not None
    end = tie.ended_in_id
    sheet = opened(halfway, SEEN).context["sheet"]
    offered = [words for words, row in sheet.ties.items() if row == tie and words in sheet.open_ties()]
    assert len(offered) == 1
    refused = fill_in(halfway, SEEN, endings=[{"what": offered[0]}])
    assert str(NOT_TOLD) in text_of(refused)
    tie.refresh_from_db()
    assert tie.ended_in_id == end
    show_everything(halfway)
    assert tie not in opened(halfway, SEEN).context["sheet"].ties.values()


def test_one_field_of_many_rows_is_refused_in_the_same_words(halfway: Client) -> None:
    address = reverse("admin:characters_relationship_changelist")
    tie = Relationship.objects.filter(revealed_in__lte=SEEN, kind="enemy").first()
    assert tie is not None
    later = Relationship(source=tie.source, target=tie.target, kind="ally", revealed_in_id=tie.revealed_in_id)
    later.save_base(raw=True)
    chosen = {"action": "change_one_field", "_selected_action": [str(tie.pk)], "_field": "kind", "value": "ally"}
    asked = halfway.post(address, chosen | {"do": "look"})
    refused = halfway.post(address, chosen | {"do": "send", "_base": asked.context["base"]})
    assert str(NOT_TOLD) in text_of(refused)
    tie.refresh_from_db()
    assert tie.kind == "enemy"
