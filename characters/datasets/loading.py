"""Load a data set: read everything, write everything, check everything, and keep it only if all is well.

The checks are the models' own, run on the rows as they would stand; a problem anywhere rolls all of it back.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Never

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.core.files.storage import default_storage
from django.db import IntegrityError, models, transaction
from pydantic import ValidationError as ShapeError

from characters import indexing
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
    check_headlines,
)
from characters.pictures import files
from characters.public_ids import public_id_for, row_id_for
from characters.spoilers.linter import Finding
from characters.vocabulary import Attribute
from corrections.imports import recorded_as_import
from episodes.gate import Prose
from episodes.models import Episode, Series

from .linting import corpus_of_files
from .reading import DatasetError, Document, Place, YamlPath, read
from .schema import FILES, REQUIRED, CharacterEntry, Entry, PortraitEntry, RevelationEntry, SubjectEntry

# Whoever hangs on others goes first when everything is deleted.
CONTENT = (
    Unmasking, Relationship, Revelation, Membership, Portrait, CharacterTag, FactionTag, Tag, Trait, Alias, Character,
    Faction, Series, Episode,
)  # fmt: skip


type Heed = Callable[[list[Finding]], None]

"""Takes what the texts say too early, before anything is kept; it may refuse by raising."""


def load(directory: Path, *, replace: bool = False, heed: Heed | None = None) -> Counter[str]:
    """Returns how many rows were written, by model; raises DatasetError with all that is wrong."""
    return _Load(directory).run(replace=replace, heed=heed)


def spoilers_in(directory: Path) -> list[Finding]:
    """What the texts of a data set say too early; only the files are read, and nothing is written."""
    return _Load(directory).spoilers()


def holds_a_show() -> bool:
    return Character.objects.exists() or Faction.objects.exists()


@dataclass
class _Load:
    directory: Path
    documents: dict[str, Document] = field(default_factory=dict)
    subjects: dict[str, Character | Faction] = field(default_factory=dict)
    episodes: set[int] = field(default_factory=set)
    rows: list[tuple[models.Model, Place]] = field(default_factory=list)
    seen: dict[tuple[Any, ...], Place] = field(default_factory=dict)
    written: Counter[str] = field(default_factory=Counter)
    new_tables: set[type[models.Model]] = field(default_factory=set)  # nothing of this kind was there before

    def run(self, *, replace: bool, heed: Heed | None) -> Counter[str]:
        self._read()
        with (
            transaction.atomic(),
            recorded_as_import(f"Data set {self.directory.name}"),
            indexing.rebuilt_afterwards(),
        ):
            if replace:
                for model in CONTENT:
                    model._base_manager.all().delete()
            self.new_tables = {model for model in CONTENT if not model._base_manager.exists()}
            self._write()
            self._check()
            self._refuse_if_wrong()
            if heed is not None:
                heed(self._findings())
        return self.written

    def spoilers(self) -> list[Finding]:
        self._read()
        findings = self._findings()
        self._refuse_if_wrong()
        return findings

    def _findings(self) -> list[Finding]:
        return corpus_of_files({name: list(self._entries(name)) for name in FILES}).findings()

    def _refuse_if_wrong(self) -> None:
        problems = [problem for document in self.documents.values() for problem in document.problems]
        if problems:
            raise DatasetError(problems)

    def _read(self) -> None:
        if not self.directory.is_dir():
            self._give_up(f"There is no directory {self.directory}.")
        for name in FILES:
            path = self.directory / name
            if path.exists() or name in REQUIRED:
                self.documents[name] = read(path)
        for path in sorted(self.directory.glob("*.y*ml")):
            if path.name not in FILES:
                stranger = Document(path.name)
                stranger.complain((), f"No file of a data set has this name; there are {', '.join(FILES)}.")
                self.documents[path.name] = stranger

    def _give_up(self, message: str) -> Never:
        document = Document(str(self.directory))
        document.complain((), message)
        raise DatasetError(document.problems)

    def _entries(self, name: str) -> Iterator[tuple[Any, Place]]:
        """The well-formed entries of a file; the others are reported."""
        document = self.documents.get(name)
        if document is None or document.data is None:
            return
        shape = FILES[name]
        if name == "series.yaml":
            entries: list[tuple[Any, YamlPath]] = [(document.data, ())]
        elif isinstance(document.data, list):
            entries = [(data, (place,)) for place, data in enumerate(document.data)]
        else:
            document.complain((), "The file must be a list: every entry begins with “- ”.")
            return
        for data, path in entries:
            entry = _shaped(shape, data, Place(document, path))
            if entry is not None:
                yield entry, Place(document, path)

    def _write(self) -> None:
        for entry, place in self._entries("episodes.yaml"):
            values = entry.model_dump()
            self.episodes.add(entry.number)
            self._put(Episode, {"number": values.pop("number")}, values, place)
        if not Episode.objects.filter(number=0).exists():
            Episode.objects.create(number=0)
        self.episodes |= set(Episode.objects.values_list("number", flat=True))
        for entry, place in self._entries("series.yaml"):
            self._put(Series, {"id": 1}, entry.model_dump(), place)
        factions = self._put_subjects(Faction, "factions.yaml")
        characters = self._put_subjects(Character, "characters.yaml")
        for owner, entry, place in [*factions, *characters]:
            self._put_what_hangs_on(owner, entry, place)
        self._put_relationships()
        self._put_revelations()
        self._put_unmaskings()

    def _put_subjects(
        self, model: type[Character | Faction], file: str
    ) -> list[tuple[Character | Faction, SubjectEntry, Place]]:
        found = []
        for entry, place in self._entries(file):
            if entry.key in self.subjects:
                place.part("key").complain(f"The key “{entry.key}” is given twice.")
                continue
            values: dict[str, Any] = {"revealed_in_id": entry.revealed_in}
            if entry.public_id:
                values["public_id"] = entry.public_id
            given = {"public_id": public_id_for(entry.key), "id": row_id_for(model.__name__, entry.key)}
            row = self._put(model, {"key": entry.key}, values, place, given)
            if row is not None:
                self.subjects[entry.key] = row
                found.append((row, entry, place))
        return found

    def _put_what_hangs_on(self, owner: Character | Faction, entry: SubjectEntry, place: Place) -> None:
        own = {"character": owner} if isinstance(owner, Character) else {"faction": owner}
        self._step_down(owner, entry)
        for number, alias in enumerate(entry.aliases):
            values = alias.model_dump()
            where = place.part("aliases", number)
            self._put_row(Alias, own | {"name": values.pop("name")}, values, where)
        for number, trait in enumerate(entry.traits):
            values = trait.model_dump()
            where = place.part("traits", number)
            one = values["attribute"] in Attribute.single_valued()
            natural = {"attribute": values.pop("attribute")}
            natural |= {"revealed_in_id": values.pop("revealed_in")} if one else {"value": values.pop("value")}
            self._put_row(Trait, own | natural, values, where)
        through = CharacterTag if isinstance(owner, Character) else FactionTag
        for number, tag in enumerate(entry.tags):
            where = place.part("tags", number)
            row = self._tag(tag.name, where)
            if row is not None:
                natural = {"content_object": owner, "tag": row, "revealed_in_id": tag.revealed_in}
                self._put_row(through, natural, {"ended_in": tag.ended_in}, where)
        if isinstance(entry, CharacterEntry) and isinstance(owner, Character):
            for number, membership in enumerate(entry.memberships):
                where = place.part("memberships", number)
                faction = self._subject(Faction, membership.faction, where.part("faction"))
                if faction is not None:
                    natural = {
                        "character": owner, "faction": faction, "role": membership.role,
                        "revealed_in_id": membership.revealed_in,
                    }  # fmt: skip
                    self._put_row(Membership, natural, {"ended_in": membership.ended_in}, where)
            for number, portrait in enumerate(entry.portraits):
                self._put_portrait(owner, portrait, place.part("portraits", number))

    def _step_down(self, owner: Character | Faction, entry: SubjectEntry) -> None:
        """Headlines that move make room first, so that two can change places."""
        wanted = {alias.name: alias.revealed_in for alias in entry.aliases if alias.headline}
        given = {alias.name for alias in entry.aliases}
        for row in owner.aliases.filter(headline=True, name__in=given):
            if wanted.get(row.name) != row.revealed_in_id:
                Alias._base_manager.filter(pk=row.pk).update(headline=False)

    def _tag(self, name: str, place: Place) -> Tag | None:
        tag = Tag(name=name.lower())
        found = Tag.objects.filter(name=tag.name).first()
        if found is not None:
            return found
        try:
            tag.clean()
        except ValidationError as error:
            _report(error, place)
            return None
        return self._put(Tag, {"name": tag.name}, {"slug": tag.slug}, place)

    def _put_portrait(self, owner: Character, entry: PortraitEntry, place: Place) -> None:
        path = (self.directory / entry.file).resolve()
        if not path.is_relative_to(self.directory.resolve()) or not path.is_file():
            place.part("file").complain(f"There is no file “{entry.file}” in the data set.")
            return
        try:
            with path.open("rb") as file:
                picture = files.normalised(file)
        except ValidationError as error:
            place.part("file").complain(" ".join(error.messages))
            return
        values = entry.model_dump(exclude={"file"})
        natural = {"character": owner, "image": files.DIRECTORY + (picture.name or "")}
        stood_there = Portrait.objects.filter(**natural).exists()
        row = self._put_row(Portrait, natural, values, place, {"image": picture})
        if row is not None and stood_there and not default_storage.exists(str(natural["image"])):
            row.image = picture
            row.save()

    def _put_relationships(self) -> None:
        for entry, place in self._entries("relationships.yaml"):
            source = self._subject(Character, entry.source, place.part("source"))
            target = self._subject(Character, entry.target, place.part("target"))
            if source is not None and target is not None:
                natural = {
                    "source": source, "kind": entry.kind, "target": target, "revealed_in_id": entry.revealed_in,
                }  # fmt: skip
                values = {"certainty": entry.certainty, "ended_in": entry.ended_in}
                self._put_row(Relationship, natural, values, place)

    def _put_revelations(self) -> None:
        told: Counter[int] = Counter()
        written: dict[str, tuple[Revelation, RevelationEntry, Place]] = {}
        for entry, place in self._entries("revelations.yaml"):
            values = entry.model_dump(include={"revealed_in", "certainty", "text", "time", "source"})
            values["position"] = told[entry.revealed_in]
            told[entry.revealed_in] += 1
            row = self._put_row(Revelation, {"key": entry.key}, values, place)
            if row is not None:
                written[entry.key] = (row, entry, place)
                self._concern(row, entry, place)
        for row, entry, place in written.values():
            earlier = written[entry.supersedes][0] if entry.supersedes in written else None
            if entry.supersedes and earlier is None:
                earlier = Revelation.objects.filter(key=entry.supersedes).first()
            if entry.supersedes and earlier is None:
                place.part("supersedes").complain(f"There is no revelation “{entry.supersedes}”.")
            elif row.supersedes_id != (earlier and earlier.pk):
                if earlier is not None and earlier.pk == row.pk:
                    place.part("supersedes").complain("A revelation cannot supersede itself.")
                    continue
                row.supersedes = earlier
                row.save()
                self.written["supersession"] += 1

    def _concern(self, row: Revelation, entry: RevelationEntry, place: Place) -> None:
        for model, name, keys in ((Character, "characters", entry.characters), (Faction, "factions", entry.factions)):
            found = [self._subject(model, key, place.part(name, number)) for number, key in enumerate(keys)]
            wanted = {subject for subject in found if subject is not None}
            relation = getattr(row, name)
            if set(relation.all()) != wanted:
                relation.set(wanted)
                self.written["revelation's subjects"] += 1

    def _put_unmaskings(self) -> None:
        for entry, place in self._entries("unmaskings.yaml"):
            persona = self._subject(Character, entry.persona, place.part("persona"))
            identity = self._subject(Character, entry.identity, place.part("identity"))
            if persona is not None and identity is not None:
                values = {"identity": identity, "revealed_in": entry.revealed_in}
                self._put_row(Unmasking, {"persona": persona}, values, place)

    def _subject[S: Character | Faction](self, model: type[S], key: str, place: Place) -> S | None:
        found = self.subjects.get(key) or model.objects.filter(key=key).first()
        if isinstance(found, model):
            return found
        place.complain(f"There is no {model._meta.verbose_name} “{key}”.")
        return None

    def _put_row[M: models.Model](
        self,
        model: type[M],
        natural: dict[str, Any],
        values: dict[str, Any],
        place: Place,
        given: dict[str, Any] | None = None,
    ) -> M | None:
        """A gated row: its episodes are numbers, its id is made from what it is."""
        values = {f"{name}_id" if name in ("revealed_in", "ended_in") else name: v for name, v in values.items()}
        parts = [
            # A tag's number is that of its making.
            str(value.pk if isinstance(value, models.Model) and not isinstance(value, Tag) else value)
            for value in natural.values()
        ]
        return self._put(model, natural, values, place, {"id": row_id_for(model.__name__, *parts)} | (given or {}))

    def _put[M: models.Model](
        self,
        model: type[M],
        natural: dict[str, Any],
        values: dict[str, Any],
        place: Place,
        given: dict[str, Any] | None = None,
    ) -> M | None:
        """Write one row unless it stands there already; `given` is for a new row alone."""
        identity = (model, *natural.values())
        if identity in self.seen:
            place.complain(f"This is given twice; the other is in line {self.seen[identity].line}.")
            return None
        self.seen[identity] = place
        if not self._episodes_exist(natural | values, place):
            return None
        row = None if model in self.new_tables else model._base_manager.filter(**natural).first()
        if row is not None and all(getattr(row, name) == value for name, value in values.items()):
            self.rows.append((row, place))
            return row
        adding = row is None
        if row is None:
            given = given or {}
            taken = model not in self.new_tables and "id" in given
            if taken and model._base_manager.filter(pk=given["id"]).exists():
                # An editor has changed the row of that id into something else; it is left alone.
                given = {name: value for name, value in given.items() if name != "id"}
            row = model(**natural | given | values)
        else:
            for name, value in values.items():
                setattr(row, name, value)
        try:
            row.clean_fields(exclude=_checked_otherwise(model))
            _save(row, adding=adding)
        except ValidationError as error:
            _report(error, place)
            return None
        self.written[model._meta.model_name or ""] += 1
        self.rows.append((row, place))
        return row

    def _episodes_exist(self, values: dict[str, Any], place: Place) -> bool:
        missing = {
            name: values[name]
            for name in ("revealed_in_id", "ended_in_id")
            if values.get(name) is not None and values[name] not in self.episodes
        }
        for name, number in missing.items():
            place.part(name.removesuffix("_id")).complain(f"There is no episode {number} in episodes.yaml.")
        return not missing

    def _check(self) -> None:
        """What depends on other rows is checked when all of them are there."""
        for row, place in self.rows:
            try:
                row.clean_fields(exclude={column.name for column in row._meta.fields if not isinstance(column, Prose)})
                row.clean()
                if isinstance(row, Character | Faction):
                    headlines = row.aliases.filter(headline=True)
                    check_headlines(row.revealed_in_id, set(headlines.values_list("revealed_in_id", flat=True)))
            except ValidationError as error:
                _report(error, place)


def _save(row: models.Model, *, adding: bool) -> None:
    """The database sees to its constraints; to ask for each first takes most of the time of a load.

    Where it objects they are asked, as they have the words for it.
    """
    try:
        with transaction.atomic():
            row.save(force_insert=adding)
    except IntegrityError:
        row.validate_unique(exclude={"id"})
        row.validate_constraints()
        raise


@cache
def _checked_otherwise(model: type[models.Model]) -> frozenset[str]:
    """Foreign keys are set from rows that exist; texts wait for `_check`, as whom they mention may come later."""
    return frozenset(column.name for column in model._meta.fields if column.is_relation or isinstance(column, Prose))


def _shaped(shape: type[Entry], data: Any, place: Place) -> Any:
    try:
        return shape.model_validate(data)
    except ShapeError as error:
        for detail in error.errors():
            steps = tuple(step for step in detail["loc"] if isinstance(step, str | int))
            place.part(*steps).complain(_in_words(detail["type"], detail["msg"], steps))
        return None


def _in_words(kind: str, message: str, steps: tuple[str | int, ...]) -> str:
    name = next((step for step in reversed(steps) if isinstance(step, str)), "entry")
    match kind:
        case "extra_forbidden":
            return f"“{name}” is not a key that belongs here."
        case "missing":
            return f"“{name}” is missing."
        case "string_type":
            return f"“{name}” must be text; put it in quotes."
    return f"“{name}”: {message}."


def _report(error: ValidationError, place: Place) -> None:
    if not hasattr(error, "error_dict"):
        for message in error.messages:
            place.complain(message)
        return
    for name, messages in error.message_dict.items():
        for message in messages:
            if name == NON_FIELD_ERRORS:
                place.complain(message)
            else:
                place.part(name).complain(f"“{name}”: {message}")
