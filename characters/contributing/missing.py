"""Proposing a character who is missing: a name, an episode, and at will who it is and how it is connected."""

from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from characters.kinds import ALIAS, CHARACTER, FACTION, MEMBERSHIP, RELATIONSHIP, TRAIT, Kind
from characters.lore.correctable import names_to_offer
from characters.lore.corrections import ChangeWording, hidden_until
from characters.lore.corrections import pages_of as links_to_pages
from characters.lore.knowledge import Knowledge
from characters.lore.naming import KnownNames
from characters.lore.rows import visible
from characters.text.definitions import check_definition
from characters.text.fitting import look
from characters.values.basics import Link
from characters.vocabulary import Attribute
from corrections import drafts, rows, sending
from corrections.letter import Letter
from corrections.models import Change, Correction
from corrections.sending import Proposed, Sender, adding, made_up_key
from corrections.thread import version_for_author
from corrections.views import address_of
from episodes.axes import second_of
from episodes.choices import Chosen, Unclear, asked_before, with_choice
from episodes.names import Name, listed
from episodes.requests import form_of, is_same_origin
from episodes.units import worded
from episodes.visits import Visit

from .early import KnownVocabulary
from .fields import KnownNameField, MentionsField, form_field, suggestions_for
from .forms import WHERE_IT_IS_TOLD, LetterForm, UnfinishedForm, is_without_a_place, place_to_begin_with
from .posting import do_with_draft, state_of_draft, try_to_send, with_receipt

TEXTS = {"definition": Attribute.DEFINITION, "summary": Attribute.SUMMARY}


class NewCharacterForm(UnfinishedForm):
    """A character in a few fields, with names instead of keys."""

    definition = MentionsField(
        label="Who it is, in one line", required=False, max_length=500, widget=forms.TextInput,
        help_text="Up to 90 characters and without a full stop, such as “Star singer of Club Canal”.",
    )  # fmt: skip
    summary = MentionsField(
        label="Summary", required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=worded("A few sentences on what viewers know after that {one}."),
    )  # fmt: skip
    faction = KnownNameField(suggestions_for(FACTION.model), label="In the faction", required=False)
    kind = forms.ChoiceField(label="Is connected: this character", required=False)
    target = KnownNameField(suggestions_for(CHARACTER.model), label="Whom", required=False)

    def __init__(self, knowledge: Knowledge, asked: frozenset[str] = frozenset(), **options: Any) -> None:
        super().__init__(**options)
        self.knowledge, self.names, self.asked = knowledge, KnownNames(knowledge), asked
        self.namesakes: tuple[Link, ...] = ()
        self.fields["name"] = form_field(ALIAS, "name", knowledge)
        self.fields["name"].help_text = "As the show has it. Other names can be added once it is here."
        self.fields["revealed_in"] = form_field(ALIAS, "revealed_in", knowledge)
        since: Any = self.fields["revealed_in"]
        since.help_text = worded("The {one} in which viewers first see or hear of it.")
        place = place_to_begin_with(knowledge.progress)
        since.initial = place.get("revealed_in")
        if second_of(knowledge.progress):
            self.fields["also_in"] = form_field(ALIAS, "also_in", knowledge)
            self.fields["also_in"].initial = place.get("also_in")
        kinds: Any = self.fields["kind"]
        kinds.choices = [("", "–"), *((kind.key, kind.sentence) for kind in knowledge.vocabulary.relations.values())]
        self.order_fields(["name", "revealed_in", "also_in", "definition", "summary", "faction", "kind", "target"])
        self._let_long_texts_in()

    def clean_name(self) -> str:
        """Point once to those who have that name already, as far as they are known; two can share one."""
        name: str = self.cleaned_data["name"]
        folded = look(name)
        same = [
            f"{CHARACTER.label}:{character}"
            for character, other in visible(self.knowledge.progress, ALIAS)
            .filter(character__isnull=False)
            .order_by("id")
            .values_list("character_id", "name")
            if look(other) == folded
        ]
        self.namesakes = tuple(dict.fromkeys(pages_of(self.knowledge, same)))
        if self.namesakes and name not in self.asked:
            raise Unclear(
                f"There is a page of {listed(Name(link.name) for link in self.namesakes)} with this name. If it is "
                "somebody else, send it once more.",
                typed=name, can_stay=True,
            )  # fmt: skip
        return name

    def clean_faction(self) -> str:
        return self._subject("faction", FACTION)

    def clean_target(self) -> str:
        return self._subject("target", CHARACTER)

    def _subject(self, name: str, kind: Kind) -> str:
        typed = self.cleaned_data[name]
        return str(self.names.subject(typed, [kind]).id) if typed else ""

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = self.cleaned_data
        vocabulary = KnownVocabulary(self.knowledge.progress)
        places = cleaned.get("revealed_in", self.knowledge.progress), cleaned.get("also_in")
        if is_without_a_place(self):
            self.add_error("revealed_in", WHERE_IT_IS_TOLD)
        for name in TEXTS:
            try:
                cleaned[name] = self.names.with_keys(cleaned.get(name) or "")
                if name == "definition" and cleaned[name]:
                    check_definition(cleaned[name])
            except ValidationError as error:
                self.add_error(name, error)
                continue
            for question in vocabulary.said_too_early(cleaned[name], *places):
                if question.typed not in self.asked:
                    self.add_error(name, question)
        if bool(cleaned.get("kind")) != bool(cleaned.get("target")) and "target" not in self.errors:
            self.add_error("target", "Choose both how they are connected and with whom, or neither.")
        return cleaned

    def proposed(self) -> list[Proposed]:
        """Return the changes that the form asks for: the character and its rows, all from the same episode on."""
        values, character = self.cleaned_data, str(uuid4())
        since = {name: values[name] for name in ("revealed_in", "also_in") if name in values}
        whose = {"character": character}
        new_key = made_up_key()
        proposed = [
            _adding(CHARACTER, since | {"key": new_key}, key=character),
            _adding(ALIAS, since | whose | {"name": values["name"], "headline": True}),
        ]
        for name, attribute in TEXTS.items():
            if values[name]:
                proposed.append(_adding(TRAIT, since | whose | {"attribute": attribute.value, "value": values[name]}))
        if values["faction"]:
            proposed.append(_adding(MEMBERSHIP, since | whose | {"faction": values["faction"]}))
        if values["target"]:
            tie = {"source": character, "kind": values["kind"], "target": values["target"]}
            proposed.append(_adding(RELATIONSHIP, since | tie))
        return proposed


def _adding(kind: Kind, values: dict[str, Any], *, key: str = "") -> Proposed:
    whole = rows.with_places(rows.blank_values(rows.editable(kind.label)) | values)
    return adding(kind.label, whole, key=key)


def pages_of(knowledge: Knowledge, references: Sequence[str]) -> list[Link]:
    """Return links to the pages of these that are known."""
    links = links_to_pages(knowledge, references)
    return [links[each] for each in references if each in links]


# Opening again


def is_of_a_missing_character(correction: Correction) -> bool:
    """Return whether a correction proposes a character, all of which is still to be decided or can be sent anew."""
    proposed = correction.changes.proposed()
    accepted = proposed.filter(decision=Change.Decision.ACCEPTED)
    is_new = proposed.filter(model=CHARACTER.label, action=Change.Action.ADD)
    return correction.is_suggestion and is_new.exists() and not accepted.exists()


def values_sent(knowledge: Knowledge, correction: Correction) -> dict[str, Any] | None:
    """Return what the form was filled in with, or None to whoever has gone back before the character's episode."""
    changes = list(correction.changes.proposed().order_by("position"))
    if any(hidden_until(knowledge, correction, each, None) is not None for each in changes):
        return None
    wording, values = ChangeWording(knowledge, changes), dict[str, Any]()
    for change in changes:
        after = change.after or {}
        match change.model:
            case ALIAS.label:
                places = {
                    name: wording.form_value(change, name, after.get(name)) for name in ("revealed_in", "also_in")
                }
                values |= {"name": after["name"]} | places
            case TRAIT.label:
                name = next((name for name, each in TEXTS.items() if each == after["attribute"]), "")
                values |= {name: wording.form_value(change, "value", after["value"])} if name else {}
            case MEMBERSHIP.label:
                values["faction"] = wording.form_value(change, "faction", after["faction"])
            case RELATIONSHIP.label:
                values |= {"kind": after["kind"], "target": wording.form_value(change, "target", after["target"])}
    return values


# Views


@csrf_exempt  # is_same_origin() is the guard, as for progress: the form is the same bytes for all at the same episode
@require_http_methods(["GET", "HEAD", "POST"])
def propose_character(request: Visit) -> HttpResponse:
    """Show the form for a character who is missing, and send what was written."""
    return form_for_missing(request)


def form_for_missing(request: Visit, earlier: Correction | None = None, sender: Sender | None = None) -> HttpResponse:
    """Show the form, empty or with what was sent before, and send it, anew or in the place of that."""
    is_posted = request.method == "POST"
    if is_posted and not is_same_origin(request):
        return render(request, "corrections/not_from_here.html", status=403)
    initial = {"name": request.GET.get("name", "")[:200]} if earlier is None else values_sent(request.lore, earlier)
    if initial is None:
        raise Http404
    answer, not_kept = do_with_draft(request, request.path)
    if answer:
        return answer
    opened = drafts.opened_draft(request, request.path, request.lore.progress)
    posted = drafts.posted_by(opened) if opened else form_of(request)
    data = with_choice(posted) if is_posted and not not_kept else None
    letter_values = Letter.of(earlier).as_values() if earlier else {}
    if opened or not_kept:  # nothing is said of what is not finished
        initial, letter_values = initial | posted.dict(), letter_values | posted.dict()
    form = NewCharacterForm(request.lore, asked_before(posted), data=data, initial=initial)
    letter = LetterForm(request.lore, data=data, initial=letter_values)
    status = 409 if not_kept else 200
    if data is not None:
        is_valid = all([form.is_valid(), letter.is_valid()])
        if Chosen.of(posted):
            status = 200 if is_valid else 422
        else:
            send = partial(_send, form, letter, data, earlier, sender)
            if_refused = 409 if earlier else 429
            address, status = try_to_send(request, letter, data, send, is_valid=is_valid, status_if_refused=if_refused)
            if address:
                drafts.forget(request, request.path)
                return HttpResponseRedirect(address, status=status)
    context: dict[str, Any] = {
        "not_kept": not_kept,
        "unsent": state_of_draft(request, request.path),
        "is_typed": is_posted,
        "form": form,
        "letter": letter,
        "earlier": earlier,
        "errors": [(field.id_for_label, str(field.label)) for each in (form, letter) for field in each if field.errors],
        "suggestions": {
            suggestions_for(kind.model): names_to_offer(request.lore, kind) for kind in (CHARACTER, FACTION)
        },
    }
    if earlier:
        goes_on = bool(opened) or (is_posted and status != 409)
        context["version"] = posted.get("version", "") if goes_on else version_for_author(earlier)
    return render(request, "corrections/missing.html", context, status=status)


def _send(
    form: NewCharacterForm,
    letter: LetterForm,
    data: QueryDict,
    earlier: Correction | None,
    who: Sender | None,
    by: Sender,
) -> str:
    version = str(data.get("version", ""))
    if earlier is not None and who is not None and earlier.is_undecided:
        sending.amend(earlier, form.proposed(), sender=who, version=version, letter=letter.letter())
        return address_of(earlier, who.receipt)
    if earlier is not None:
        sending.refuse_if_decided_since(earlier, version)
    by = with_receipt(by)
    return address_of(sending.send(form.proposed(), sender=by, letter=letter.letter(), revises=earlier), by.receipt)
