"""The rows of the form in which editors write down what an episode tells: `learned` puts them together.

A row names others by their key or by a name that a viewer of that episode knows, so that it can name whoever is new in
the same form.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.text import slugify

from characters.models import (
    Alias,
    Character,
    CharacterTag,
    Faction,
    FactionTag,
    Membership,
    Relationship,
    Revelation,
    Tag,
    Trait,
    Unmasking,
)
from characters.text.mentions import MENTION, mentioned_keys
from characters.vocabulary import AliasKind, Attribute, RelationshipKind
from corrections import rows
from corrections.models import Change
from corrections.sending import Proposed, adding

CHARACTER, FACTION = "character", "faction"

SUBJECTS: dict[str, Any] = {CHARACTER: Character, FACTION: Faction}

WORDS_OF_A_KEY = 5


@dataclass(frozen=True, slots=True)
class Named:
    kind: str
    pk: str
    key: str
    name: str


class Cast:
    """Whom a row can name: everybody known in the episode, and whoever is new in the same form."""

    def __init__(self, episode: int) -> None:
        self.by_key: dict[str, Named] = {}
        self._by_pk: dict[str, Named] = {}
        self._by_name: defaultdict[str, set[Named]] = defaultdict(set)
        names = list(Alias.objects.as_of(episode).order_by("revealed_in"))
        for kind, model in SUBJECTS.items():
            shown = {getattr(row, f"{kind}_id"): row.name for row in names if row.headline}
            for pk, key in model.objects.as_of(episode).order_by("key").values_list("pk", "key"):
                self.add(Named(kind, str(pk), key, shown.get(pk, key)))
        for row in names:
            if (named := self._by_pk.get(str(row.character_id or row.faction_id))) is not None:
                self._by_name[row.name.casefold()].add(named)

    def add(self, named: Named) -> None:
        self.by_key[named.key] = self._by_pk[named.pk] = named
        self._by_name[named.name.casefold()].add(named)

    def name_of(self, pk: Any) -> str:
        return self._by_pk[str(pk)].name if str(pk) in self._by_pk else "somebody"

    def known(self, kind: str) -> list[Named]:
        return [named for named in self.by_key.values() if named.kind == kind]

    def find(self, text: str, kinds: Iterable[str]) -> Named:
        named = self.by_key.get(text)
        if named is None:
            found = [each for each in self._by_name.get(text.casefold(), ()) if each.kind in kinds]
            if len(found) > 1:
                keys = ", ".join(sorted(each.key for each in found))
                raise ValidationError(f"More than one goes by “{text}”: say which by the key ({keys}).")
            named = found[0] if found else None
        if named is None or named.kind not in kinds:
            raise ValidationError(f"No {' or '.join(kinds)} of this episode has the key or the name “{text}”.")
        return named


# Fields


class Whom(forms.CharField):
    """Somebody by key or name; the form says who there is."""

    cast: Cast

    def __init__(self, *kinds: str, **options: Any) -> None:
        self.kinds = kinds
        offered = forms.TextInput(attrs={"list": f"known-{'-'.join(kinds)}", "autocomplete": "off"})
        super().__init__(widget=offered, **options)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        return self.cast.find(text, self.kinds) if text else None


class AllOfThem(Whom):
    """Several, with commas between them."""

    def clean(self, value: Any) -> Any:
        text = forms.CharField.clean(self, value)
        named = [each.strip() for each in text.split(",") if each.strip()]
        return list(dict.fromkeys(self.cast.find(each, self.kinds) for each in named))


class ByName(forms.ModelChoiceField):
    """A row by what editors call it, out of a list that narrows while one types."""

    def __init__(self, *args: Any, offered: str, **options: Any) -> None:
        super().__init__(*args, widget=forms.TextInput(attrs={"list": offered, "autocomplete": "off"}), **options)

    def to_python(self, value: Any) -> Any:
        return super().to_python(value.strip().lower() if value else value)


def lines(count: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": count})


# Rows


class RowForm(forms.Form):
    """One new row, revealed in the episode of the form. Its `plain` fields are those of the model."""

    use_required_attribute = False
    model: type[models.Model]
    plain: tuple[str, ...] = ()
    order: tuple[str, ...] = ()

    def __init__(self, *args: Any, episode: int, cast: Cast, **options: Any) -> None:
        super().__init__(*args, **options)
        self.episode, self.cast = episode, cast
        for name in self.plain:
            self.fields[name] = self.model._meta.get_field(name).formfield()  # type: ignore[union-attr, assignment]
        for field in self.fields.values():
            if isinstance(field, Whom):
                field.cast = cast
        self.order_fields(self.order)

    def proposed(self) -> Iterator[Proposed]:
        yield self.new(self.model, {name: self.cleaned_data[name] for name in self.plain})

    def new(self, model: type[models.Model], values: Mapping[str, Any], *, key: str = "") -> Proposed:
        kind = rows.editable(model._meta.label_lower)
        stored = {name: _stored(kind.field(name), value) for name, value in values.items()}
        return adding(kind.label, rows.blank_values(kind) | stored | {"revealed_in": self.episode}, key=key)

    def field_of(self, proposed: Proposed, name: str) -> str | None:
        """Where on the form a problem with that field of the row is to be shown."""
        return name if name in self.fields else None


def _stored(field: Any, value: Any) -> Any:
    if isinstance(value, Named):
        return value.pk
    if isinstance(value, list):
        return sorted(each.pk for each in value)
    if isinstance(value, models.Model):
        return rows.plain(field, value.pk)
    value = value.replace("\r\n", "\n") if isinstance(value, str) else value
    return rows.plain(field, value)


class RevelationRow(RowForm):
    model = Revelation
    plain = ("text", "certainty", "time", "source", "position", "key")
    order = ("text", "concerned", "certainty", "time", "supersedes", "source", "position", "key")
    concerned = AllOfThem(
        CHARACTER, FACTION, required=False, label="Whom it concerns",
        help_text="Keys or names, with commas between. Left empty, it is whoever the text mentions.",
    )  # fmt: skip
    supersedes = ByName(
        Revelation.objects.none(), to_field_name="key", offered="known-revelations", required=False,
        help_text="The key of the earlier belief that this one overturns or completes.",
    )  # fmt: skip

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["text"].widget = lines(3)
        self.fields["supersedes"].queryset = Revelation.objects.filter(revealed_in__lte=self.episode)  # type: ignore[attr-defined]
        for name, told in (
            ("position", "Its place in the telling, as the numbers above. Left empty, it comes last."),
            ("key", "The editors' handle. Left empty, it is made of the first words."),
        ):
            self.fields[name].required, self.fields[name].initial, self.fields[name].help_text = False, None, told
        self.last = 0  # the position after which those come that say none

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not cleaned.get("key") and cleaned.get("text"):
            cleaned["key"] = key_from(cleaned["text"], self.episode)
        if cleaned.get("concerned") == []:
            known = (self.cast.by_key.get(key) for key in mentioned_keys(cleaned.get("text", "")))
            cleaned["concerned"] = [named for named in known if named is not None]
        return cleaned

    def proposed(self) -> Iterator[Proposed]:
        told = self.cleaned_data
        values = {name: told[name] for name in (*self.plain, "supersedes")}
        for kind in SUBJECTS:
            values[f"{kind}s"] = [named for named in told["concerned"] if named.kind == kind]
        if values["position"] is None:
            values["position"] = self.last
        yield self.new(Revelation, values)

    def field_of(self, proposed: Proposed, name: str) -> str | None:
        return "concerned" if name in ("characters", "factions") else super().field_of(proposed, name)


def key_from(text: str, episode: int) -> str:
    """Such as “e14.naomi-opens-the-gate”."""
    words = slugify(MENTION.sub(lambda match: match[2] or match[1], text)).replace("_", "-").split("-")
    return f"e{episode:02}.{'-'.join(words[:WORDS_OF_A_KEY])}".rstrip(".")[:80]


class NewcomerRow(RowForm):
    model = Alias
    plain = ("name", "kind")
    order = ("who", "key", "name", "kind", "summary")
    who = forms.ChoiceField(
        label="What", choices=[(CHARACTER, "Character"), (FACTION, "Faction")], initial=CHARACTER
    )  # fmt: skip
    key = forms.CharField(
        max_length=80, validators=Character._meta.get_field("key").validators,
        help_text="Your own handle, by which texts mention it: [[key]]. Visitors never see it.",
    )  # fmt: skip
    summary = forms.CharField(
        required=False, widget=lines(2), help_text="What can be said of it in its first episode. It opens the page."
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["name"].help_text = "What it is called in this episode; the name on its page for now."

    def named(self) -> Named:
        told = self.cleaned_data
        self.pk = getattr(self, "pk", None) or str(Character._meta.pk.get_default())
        return Named(told["who"], self.pk, told["key"], told["name"])

    def proposed(self) -> Iterator[Proposed]:
        named, told = self.named(), self.cleaned_data
        yield self.new(SUBJECTS[named.kind], {"key": named.key}, key=named.pk)
        yield self.new(
            Alias, {named.kind: named, "name": told["name"], "kind": told["kind"], "headline": True}
        )  # fmt: skip
        if told["summary"]:
            yield self.new(Trait, {named.kind: named, "attribute": Attribute.SUMMARY, "value": told["summary"]})

    def field_of(self, proposed: Proposed, name: str) -> str | None:
        return "summary" if name == "value" else super().field_of(proposed, name)


class OwnedRow(RowForm):
    whose = Whom(CHARACTER, FACTION)

    def proposed(self) -> Iterator[Proposed]:
        named = self.cleaned_data["whose"]
        yield self.new(self.model, {name: self.cleaned_data[name] for name in self.plain} | {named.kind: named})


class NameRow(OwnedRow):
    model = Alias
    plain = ("name", "kind", "language", "headline")
    order = ("whose", "name", "kind", "language", "headline")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["kind"].initial = AliasKind.NAME


class TraitRow(OwnedRow):
    model = Trait
    plain = ("attribute", "value")
    order = ("whose", "attribute", "value")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["value"].widget = lines(2)


class BetweenRow(RowForm):
    """A row between two."""

    ends: tuple[str, ...]

    def proposed(self) -> Iterator[Proposed]:
        yield self.new(self.model, {name: self.cleaned_data[name] for name in (*self.plain, *self.ends)})


class MembershipRow(BetweenRow):
    model = Membership
    plain = ("role",)
    ends = ("character", "faction")
    order = ("character", "faction", "role")
    character = Whom(CHARACTER)
    faction = Whom(FACTION)


class RelationshipRow(BetweenRow):
    model = Relationship
    plain = ("kind", "certainty")
    ends = ("source", "target")
    order = ("source", "kind", "target", "certainty")
    source = Whom(CHARACTER, label="Who")
    target = Whom(CHARACTER, label="Whom")


class UnmaskingRow(BetweenRow):
    model = Unmasking
    ends = ("persona", "identity")
    persona = Whom(CHARACTER, help_text="Whom the audience took for somebody else; its page ends here.")
    identity = Whom(CHARACTER, label="Is really", help_text="Whose page stays, with everything of both.")


class TagRow(RowForm):
    model = CharacterTag
    order = ("whose", "tag")
    whose = Whom(CHARACTER, FACTION)
    tag = ByName(
        Tag.objects.all(), to_field_name="name", offered="known-tags",
        error_messages={"invalid_choice": "There is no tag “%(value)s” yet. Add it under Tags first, in another tab."},
    )  # fmt: skip

    def proposed(self) -> Iterator[Proposed]:
        named = self.cleaned_data["whose"]
        model = CharacterTag if named.kind == CHARACTER else FactionTag
        yield self.new(model, {"content_object": named, "tag": self.cleaned_data["tag"]})


class EndingRow(forms.Form):
    """A membership, relation or tag that is over, or of which the audience learns that it never was so."""

    use_required_attribute = False
    what = forms.CharField(
        label="What is over", widget=forms.TextInput(attrs={"list": "open-ties", "autocomplete": "off"}),
        help_text="A membership, a relation or a tag that holds until now; choose it from the list.",
    )  # fmt: skip

    def __init__(self, *args: Any, episode: int, cast: Cast, ties: Mapping[str, models.Model], **options: Any) -> None:
        super().__init__(*args, **options)
        self.episode, self.ties = episode, ties

    def clean_what(self) -> str:
        if self.cleaned_data["what"] not in self.ties:
            raise ValidationError("Nothing of that kind holds at this episode. Choose one from the list.")
        return str(self.cleaned_data["what"])

    def proposed(self) -> Iterator[Proposed]:
        row = self.ties[self.cleaned_data["what"]]
        label = row._meta.label_lower
        yield Proposed(Change.Action.SET, label, str(row.pk), "ended_in", None, self.episode)

    def field_of(self, proposed: Proposed, name: str) -> str | None:
        return "what"


def told_of(row: models.Model, who: Cast) -> str:
    """A row in a line, for a list of what is there."""
    match row:
        case Alias():
            return f"{who.name_of(row.character_id or row.faction_id)}: {row.name} ({row.get_kind_display().lower()})"
        case Trait():
            value = " ".join(row.value.split())
            return f"{who.name_of(row.character_id or row.faction_id)}: {row.get_attribute_display().lower()} – {value}"
        case Membership():
            role = f", {row.role}" if row.role else ""
            return f"{who.name_of(row.character_id)} in {who.name_of(row.faction_id)}{role}"
        case Relationship():
            kind = RelationshipKind(row.kind).sentence
            return f"{who.name_of(row.source_id)} {kind} {who.name_of(row.target_id)}"
        case Unmasking():
            return f"{who.name_of(row.persona_id)} is {who.name_of(row.identity_id)}"
        case CharacterTag() | FactionTag():
            return f"{who.name_of(row.content_object_id)}: {row.tag.name}"
    return who.name_of(row.pk)
