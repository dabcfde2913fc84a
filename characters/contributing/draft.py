"""The contributors' form as a whole: rows that are there, new rows, and a letter."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict
from django.utils.html import escape

from characters.kinds import SUBJECTS, TAG, kind_named
from characters.lore.correctable import CorrectablePage, CorrectableRow, names_to_offer, tag_ids
from characters.lore.knowledge import Knowledge
from characters.lore.naming import KnownNames
from corrections.sending import Proposed
from episodes.choices import Chosen, asked_before, with_choice
from episodes.order import sort_key
from episodes.parts import in_parts, number_and_last
from episodes.requests import whole_number

from .early import KnownVocabulary
from .fields import KnownNameField, suggestions_for
from .forms import ContributedRowForm, ExistingRowForm, LetterForm, NewRowForm
from .uploads import MayUpload, Uploads

MOST_NEW = 20  # rows added in one form
MOST_ROWS = 40  # existing rows in one form; each costs as much to show as a small page
MOST_LISTED = 64_000  # characters in a part of the list of what could be chosen
WEIGHT_OF_CHOICE = 125  # of what stands around its title
MOST_ON_PAGE = 275_000  # characters of that part, of all fields and of the names that these offer
WEIGHT_OF_ROW, WEIGHT_OF_FIELD, WEIGHT_OF_OPTION = 250, 470, 33  # of what stands around their texts
MORE = "more"  # the field of buttons that show the form again, and which part of the list it has then
NOT_TYPED = ("seen", "here", "kept")  # the hidden fields of a row


@dataclass(frozen=True, slots=True)
class Prefill:
    """The values of a correction that was sent, with which a form begins.

    Changes about later episodes are only counted, as their author has gone back before these. Then the letter is kept
    as well, and not shown.
    """

    rows: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # by the row's ref
    new: Sequence[tuple[str, Mapping[str, Any]]] = ()  # by the kind's name
    letter: Mapping[str, Any] = field(default_factory=dict)
    later_changes: int = 0
    keeps_letter: bool = False

    @property
    def without_rows(self) -> "Prefill":
        """The same for a form that was sent, which has rows of its own."""
        return Prefill(later_changes=self.later_changes, keeps_letter=self.keeps_letter)


class Draft:
    """The whole form: the rows that were chosen, the new ones, the letter, and what could be chosen besides."""

    def __init__(
        self,
        knowledge: Knowledge,
        page: CorrectablePage,
        data: QueryDict,
        *,
        may_upload: MayUpload,
        files: MultiValueDict | None = None,
        is_posted: bool = False,
        prefill: Prefill | None = None,
    ) -> None:
        self.knowledge, self.page, self.files, self.is_posted = knowledge, page, files, is_posted
        self.chosen = Chosen.of(data) if is_posted else None
        self.data = with_choice(data) if is_posted else data
        data, self.names = self.data, KnownNames(knowledge)
        prefill = prefill or Prefill()
        refs = {*data.getlist("row"), *prefill.rows}
        self.is_choosing = MORE in data and not is_posted and not (prefill.rows or prefill.new)
        self.ticked = [row for row in page.rows if row.ref in refs] if self.is_choosing else []
        self.ticked_kinds = data.getlist("add") if self.is_choosing else []
        chosen = [] if self.is_choosing else [row for row in page.rows if row.ref in refs]
        chosen.sort(key=lambda row: f"{row.ref}-seen" not in data)  # those that hold what somebody typed come first
        parts = in_parts(page.rows, MOST_LISTED, _weight_of)  # of all, so that none moves to another when it is chosen
        self.number, self.last = number_and_last(whole_number(data.get(MORE)) or 1, parts)
        listed = parts[self.number - 1]
        self.room = MOST_ON_PAGE - max(sum(map(_weight_of, part)) for part in parts)
        existing = [self._existing(row, prefill.rows.get(row.ref, {})) for row in chosen[:MOST_ROWS]]
        added = self._added(prefill)
        new = self._new(added[:MOST_NEW], Uploads(may_upload))
        sent = {*prefill.rows, *(str(form.prefix) for form in new if prefill.new)}
        fitting = {str(form.prefix) for form in self._fitting([*existing, *new], sent)}
        by_ref = {form.row.ref: form for form in existing if form.prefix in fitting}
        self.existing = [by_ref[row.ref] for row in page.rows if row.ref in by_ref]
        self.new = [form for form in new if form.prefix in fitting]
        wanted = [*(row.ref for row in chosen), *(f"new{number}" for number in range(len(added)))]
        self.left_out = [each for each in wanted if each not in fitting]
        aside = {*by_ref, *(row.ref for row in self.ticked)}
        self.unchosen = [row for row in listed if row.ref not in aside]
        self.missing = sorted(refs - {row.ref for row in page.rows}) if is_posted else []
        self.later_changes = prefill.later_changes
        vocabulary, asked = KnownVocabulary(knowledge.progress), asked_before(data) if is_posted else frozenset[str]()
        for form in self.rows:
            form.vocabulary, form.asked = vocabulary, asked
        options: dict[str, Any] = {"data": data} if is_posted else {"initial": prefill.letter}
        self.letter = LetterForm(knowledge, earlier_is_kept=prefill.keeps_letter, **options)

    def _existing(self, row: CorrectableRow, values: Mapping[str, Any]) -> ExistingRowForm:
        if self.is_posted and f"{row.ref}-seen" in self.data:
            return ExistingRowForm(row, self.names, initial=row.shown, data=self.data, files=self.files)
        return ExistingRowForm(row, self.names, initial={**row.shown, **values})

    def _added(self, prefill: Prefill) -> list[tuple[str, Mapping[str, Any]]]:
        """Return the kinds of the rows that were asked for, with what is in them already."""
        offered = dict(self.page.additions)
        asked = [] if self.is_choosing else self.data.getlist("add")
        ticked: list[tuple[str, Mapping[str, Any]]] = [(name, {}) for name in asked]
        return [(name, values) for name, values in [*ticked, *prefill.new] if name in offered]

    def _new(self, added: Sequence[tuple[str, Mapping[str, Any]]], uploads: Uploads) -> list[NewRowForm]:
        forms = []
        for number, (name, values) in enumerate(added):
            options: dict[str, Any] = {"initial": dict(values)}
            if self.is_posted and f"new{number}-here" in self.data:
                options = {"data": self.data, "files": self.files, "empty_permitted": True}
            kind = kind_named(name)
            forms.append(NewRowForm(kind, self.page, self.names, number, uploads=uploads, **options))
        return forms

    def _fitting(self, asked: Sequence[ContributedRowForm], sent: Collection[str]) -> list[ContributedRowForm]:
        """Return the forms that the page bears: all that hold what was typed or sent, and of the others the first."""
        stay = [form for form in asked if form.is_bound or form.prefix in sent]
        self.room -= sum(map(_weight_of_form, stay))
        for form in asked:
            if form not in stay:
                weight = _weight_of_form(form)
                if self.room < weight and stay:
                    break
                self.room -= weight
                stay.append(form)
        return stay

    @property
    def is_chosen(self) -> bool:
        return bool(self.existing or self.new)

    @property
    def lost_texts(self) -> list[str]:
        """The texts in rows that are gone or are too many; and the reason, where no other row is left."""
        lost = {*self.missing, *self.left_out}
        fields = ((*name.rpartition("-")[::2], text) for name, text in self.data.items())
        typed = [text for ref, field, text in fields if ref in lost and field not in NOT_TYPED]
        reason = [] if self.is_chosen else [self.data.get("reason", "")]
        return [str(text) for text in [*typed, *reason] if str(text).strip()]

    @property
    def rows(self) -> list[ContributedRowForm]:
        return [*self.existing, *self.new]

    @property
    def asks_for_more(self) -> bool:
        """Whether the form was sent to choose more; not where it is a draft that was opened."""
        return self.is_posted and bool(self.data.get(MORE))

    @property
    def is_sent(self) -> bool:
        """Whether the form was sent with all its rows, and not to get more rows first."""
        return self.is_posted and MORE not in self.data and all(form.is_bound for form in self.rows)

    @cached_property
    def is_valid(self) -> bool:
        if self.missing or self.left_out:
            return False
        return all([*(form.is_valid() for form in self.rows), self.letter.is_valid()])

    def show_only_upload_errors(self) -> None:
        """Show no errors while somebody is still writing, except that a picture was sent that cannot be kept."""
        for form in [*self.rows, self.letter]:
            if form.is_bound:
                form.show_errors_only_of({"image"} if form.add_prefix("image") in form.files else ())

    @property
    def error_links(self) -> list[tuple[str, str]]:
        """The rows and fields with errors, by their ids and labels, for a list with links to them."""
        links = [
            (f"row-{form.prefix}", form.heading) for form in self.rows if form.is_bound and form.non_field_errors()
        ]
        fields = [field for form in [*self.rows, self.letter] if form.is_bound for field in form]
        return links + [(field.id_for_label, str(field.label)) for field in fields if field.errors]

    @property
    def is_by_program(self) -> bool:
        return bool(self.letter.data.get("nothing_here"))

    def proposed(self) -> list[Proposed]:
        """Return the changes that the form asks for."""
        return [change for form in self.rows if form.has_changed() for change in form.proposed()]

    @cached_property
    def suggestions(self) -> Mapping[str, Sequence[str]]:
        """The lists of names to choose from, for the fields that take a name."""
        fields = [field for form in self.rows for field in form.fields.values()]
        wanted = {field.widget.attrs.get("list") for field in fields if isinstance(field, KnownNameField)}
        suggestions: dict[str, Sequence[str]] = {
            suggestions_for(kind.model): names_to_offer(self.knowledge, kind)
            for kind in SUBJECTS
            if suggestions_for(kind.model) in wanted
        }
        if suggestions_for(TAG.model) in wanted:
            suggestions[suggestions_for(TAG.model)] = sorted(tag_ids(self.knowledge), key=sort_key)
        room = self.room
        for wanted_by, names in suggestions.items():
            room -= sum(WEIGHT_OF_OPTION + _size(name) for name in names)
            if room < 0:  # then one types without it
                suggestions[wanted_by] = ()
        return suggestions


def _weight_of(row: CorrectableRow) -> int:
    return WEIGHT_OF_CHOICE + _size(row.title)


def _weight_of_form(form: ContributedRowForm) -> int:
    fields: Mapping[str, Any] = form.fields
    options = [label for each in fields.values() if isinstance(each.widget, forms.Select) for _, label in each.choices]
    texts = [*options, *(form.initial.get(name) or "" for name in fields)]
    return WEIGHT_OF_ROW + WEIGHT_OF_FIELD * len(fields) + WEIGHT_OF_OPTION * len(options) + sum(map(_size, texts))


def _size(text: Any) -> int:
    return len(escape(text).encode())
