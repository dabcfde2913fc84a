"""What an author writes to the moderators with a correction.

Another field is also one of the model `Correction`, with a migration; of `LetterForm` in `contributing/forms.py`; and
of three templates, `corrections/form.html`, `corrections/correction.html` and `admin/corrections/correction/page.html`.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Self

from .models import Correction


@dataclass(frozen=True, slots=True)
class Letter:
    """Why something should change, and where that can be checked. The fields are named as those of Correction are."""

    reason: str = ""
    evidence_episode: int | None = None
    evidence_time: str = ""
    evidence_url: str = ""

    @classmethod
    def of(cls, correction: Correction) -> Self:
        """Return the letter that was sent with a correction."""
        return cls(*(getattr(correction, field.name) for field in fields(cls)))

    @classmethod
    def from_form(cls, cleaned_data: Mapping[str, Any]) -> Self:
        """Return the letter in a valid form, which may have other fields besides."""
        return cls(*(cleaned_data[field.name] for field in fields(cls)))

    def as_values(self) -> dict[str, Any]:
        """Return the fields by name, as a form takes its initial values."""
        return asdict(self)

    def put_on(self, correction: Correction) -> None:
        """Set the fields of a correction, without saving it."""
        for name, value in self.as_values().items():
            setattr(correction, name, value.replace("\x00", "") if isinstance(value, str) else value)

    def below(self, earlier: "Letter") -> "Letter":
        """Return an earlier letter with this one added to it: what this one says goes before what was said earlier.

        Where in an episode something is seen belongs together.
        """
        place = self if self.evidence_episode is not None else earlier
        said = {name: value for name, value in self.as_values().items() if value not in (None, "")}
        together = {
            "reason": "\n\n".join(filter(None, (earlier.reason, self.reason))),
            "evidence_episode": place.evidence_episode,
            "evidence_time": place.evidence_time,
        }
        return replace(earlier, **(said | together))
