"""What an author writes to the moderators with a correction."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
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
        """Return an earlier letter with this one added to it. Evidence in this one replaces the earlier evidence."""
        evidence = self if self.evidence_episode is not None else earlier
        return Letter(
            reason="\n\n".join(filter(None, (earlier.reason, self.reason))),
            evidence_episode=evidence.evidence_episode,
            evidence_time=evidence.evidence_time,
            evidence_url=self.evidence_url or earlier.evidence_url,
        )
