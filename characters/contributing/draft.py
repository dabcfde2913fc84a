"""The contributors' form: what is there, some empty rows, and a letter. It knows rows by what `contributing` tells."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from django.forms.utils import ErrorDict
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict

from characters.lore.knowledge import Knowledge
from characters.lore.parts import CorrectablePage, names_to_offer, tag_ids
from corrections.sending import Proposed

from .fields import Name
from .forms import LetterForm, MayUpload, NewForm, PartForm

MOST_NEW = 20  # rows added in one form


class Draft:
    """The whole form: the rows that were chosen, the new ones, the letter, and what could be chosen besides."""

    def __init__(
        self,
        knowledge: Knowledge,
        page: CorrectablePage,
        asked: QueryDict,
        *,
        may_upload: MayUpload,
        files: MultiValueDict | None = None,
        posted: bool = False,
        written: "Written | None" = None,
    ) -> None:
        self.knowledge, self.page, self.posted, self.asked = knowledge, page, posted, asked
        written = written or Written()
        refs = {*asked.getlist("row"), *written.parts}
        additions = dict(page.additions)
        added: list[tuple[str, Mapping[str, Any]]] = [*((short, {}) for short in asked.getlist("add")), *written.new]
        added = [(short, values) for short, values in added if short in additions][:MOST_NEW]
        chosen = [part for part in page.parts if part.ref in refs]
        self.left = [part for part in page.parts if part.ref not in refs]
        self.gone = sorted(refs - {part.ref for part in chosen}) if posted else []
        seen = [part for part in chosen if posted and f"{part.ref}-seen" in asked]
        bound: dict[str, Any] = {"data": asked, "files": files}
        self.parts = [
            PartForm(part, knowledge, initial=part.shown, **bound)
            if part in seen
            else PartForm(part, knowledge, initial={**part.shown, **written.parts.get(part.ref, {})})
            for part in chosen
        ]
        self.new = []
        for number, (short, values) in enumerate(added):
            is_filled_in = posted and f"new{number}-here" in asked
            options = bound | {"empty_permitted": True} if is_filled_in else {"initial": dict(values)}
            self.new.append(NewForm(f"characters.{short}", page, knowledge, number, may_upload=may_upload, **options))
        self.later = written.later
        told: dict[str, Any] = {"data": asked} if posted else {"initial": written.letter}
        self.letter = LetterForm(knowledge, earlier_is_kept=written.keeps_letter, **told)

    @property
    def is_chosen(self) -> bool:
        return bool(self.parts or self.new)

    @property
    def typed_in_vain(self) -> list[str]:
        """What was written into rows that are gone; and why, where nothing else is left."""
        typed = [
            text
            for ref in self.gone
            for name, text in self.asked.items()
            if name.startswith(f"{ref}-") and name != f"{ref}-seen"
        ]
        reason = [] if self.is_chosen else [self.asked.get("reason", "")]
        return [str(text) for text in [*typed, *reason] if str(text).strip()]

    @property
    def rows(self) -> list["PartForm | NewForm"]:
        return [*self.parts, *self.new]

    @property
    def is_sent(self) -> bool:
        """Whether all of it was on the page that was sent; or else it asks for more of the form first."""
        return self.posted and "more" not in self.asked and all(form.is_bound for form in self.rows)

    @cached_property
    def is_valid(self) -> bool:
        return all([*(form.is_valid() for form in self.rows), self.letter.is_valid()])

    def find_no_fault_yet(self) -> None:
        """Somebody asks for more of the form, and is still writing; but a picture that cannot be kept is told."""
        for form in (form for form in [*self.rows, self.letter] if form.is_bound):
            form.full_clean()
            upload = form.add_prefix("image")
            told = {name: found for name, found in form.errors.items() if name == "image" and upload in form.files}
            form._errors = ErrorDict(told)  # type: ignore[union-attr]

    @property
    def mistakes(self) -> list[tuple[str, str]]:
        """The fields with errors, by their ids and labels, to go to from above."""
        found = []
        for form in self.rows:
            if form.is_bound and form.non_field_errors():
                found.append((f"row-{form.prefix}", form.label if isinstance(form, NewForm) else form.part.label))
        for bound in (field for form in [*self.rows, self.letter] if form.is_bound for field in form):
            if bound.errors:
                found.append((bound.id_for_label, str(bound.label)))
        return found

    @property
    def is_by_a_machine(self) -> bool:
        return bool(self.letter.data.get("nothing_here"))

    def proposed(self) -> list[Proposed]:
        return [change for form in self.rows if form.has_changed() for change in form.proposed()]

    @cached_property
    def names(self) -> Mapping[str, Sequence[str]]:
        """To choose from, for the fields that take a name."""
        fields = [field for form in self.rows for field in form.fields.values()]
        lists = {field.widget.attrs.get("list") for field in fields if isinstance(field, Name)}
        offered: dict[str, Sequence[str]] = {}
        if "known-characters" in lists:
            offered["known-characters"] = names_to_offer(self.knowledge, "character")
        if "known-factions" in lists:
            offered["known-factions"] = names_to_offer(self.knowledge, "faction")
        if "known-tags" in lists:
            offered["known-tags"] = sorted(tag_ids(self.knowledge))
        return offered


class Written:
    """What was written before, to begin with again: by row what its fields said, new rows by kind, and the letter.

    Of changes about later episodes there is only how many; and then the letter is kept as well, and not shown.
    """

    def __init__(
        self,
        parts: Mapping[str, Mapping[str, Any]] | None = None,
        new: Sequence[tuple[str, Mapping[str, Any]]] = (),
        letter: Mapping[str, Any] | None = None,
        *,
        later: int = 0,
        keeps_letter: bool = False,
    ) -> None:
        self.parts, self.new, self.letter = parts or {}, new, letter or {}
        self.later, self.keeps_letter = later, keeps_letter

    @property
    def without_rows(self) -> "Written":
        """To go with a form that was sent, which has rows of its own."""
        return Written(later=self.later, keeps_letter=self.keeps_letter)
