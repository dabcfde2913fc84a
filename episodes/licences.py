"""The terms under which the texts of a show may be used by others."""

from django.db.models import TextChoices


class Licence(TextChoices):
    """By their identifiers in SPDX's list (https://spdx.org/licenses/)."""

    CC0 = "CC0-1.0", "CC0 1.0"
    CC_BY = "CC-BY-4.0", "CC BY 4.0"
    CC_BY_SA = "CC-BY-SA-4.0", "CC BY-SA 4.0"

    @property
    def address(self) -> str:
        """Where the licence itself can be read."""
        return ADDRESSES[self]


ADDRESSES = {
    Licence.CC0: "https://creativecommons.org/publicdomain/zero/1.0/",
    Licence.CC_BY: "https://creativecommons.org/licenses/by/4.0/",
    Licence.CC_BY_SA: "https://creativecommons.org/licenses/by-sa/4.0/",
}
