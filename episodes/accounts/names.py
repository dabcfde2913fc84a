"""Refuses names that could be taken for another's: of two alphabets, like a name that is there, or like the staff's.

Names are compared by their skeletons, after Unicode's UTS 39. Its list of some 6,000 look-alikes is not needed: a name
has letters of one alphabet, of those that Unicode recommends for names, and only a few of these have letters that are
drawn like Latin ones.
"""

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from ..migrated import has_come_up_to_date
from ..models import ShownName, TakenName, Viewer

MOST_CHARACTERS = 500  # of a skeleton
ALPHABETS = {
    *("arabic", "armenian", "bengali", "bopomofo", "cyrillic", "devanagari", "ethiopic", "georgian", "greek"),
    *("gujarati", "gurmukhi", "hangul", "hebrew", "cjk", "hiragana", "kannada", "katakana", "khmer", "lao", "latin"),
    *("malayalam", "myanmar", "oriya", "sinhala", "tamil", "telugu", "thaana", "thai", "tibetan"),
}  # as the names of their letters begin; UAX 31, table 5
WRITTEN_TOGETHER = ({"cjk", "hiragana", "katakana"}, {"cjk", "hangul"}, {"cjk", "bopomofo"})
RESERVED = (
    "admin", "administrator", "anonymous", "contributor", "contributors", "editor", "editors", "everybody", "help",
    "moderation", "moderator", "moderators", "nobody", "official", "owner", "postmaster", "root", "rougedb",
    "security", "staff", "superuser", "support", "sysadmin", "system", "team", "webmaster",
)  # fmt: skip

_DRAWN_ALIKE = str.maketrans(
    # Cyrillic
    "АВЕЅІЈКМНОРСТУХԌԚԜҮӀавгԁеѕіјкмнопрстухһԛԝѵӏ"
    # Greek
    "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧϹαβγεικμνορστυχωϲϳ"
    # Armenian, and Latin letters with no dot or another form
    "ՕՍՏօոսհյցզɑɡıȷʟɩⱺꜱ"
    # Within Latin itself
    "I1|0",
    "ABESIJKMHOPCTYXGQWYlabrdesijkmhonpctyxhqwvlABEZHIKMNOPTYXCabyeikuvopotuxwcjOUSonuhjgqagijlioslllo",
)


class NameTaken(ValidationError):
    """Somebody has this name, or took it at the same moment."""

    def __init__(self) -> None:
        super().__init__("Somebody has this name already. Choose another one.")


def check(name: str, *, user: User | None = None) -> None:
    """Raise ValidationError if a name could be taken for anybody's but this user's."""
    if unicodedata.normalize("NFKC", name) != name or not name.isprintable():
        raise ValidationError("Please use plain letters: some of these have a special form.")
    if not _is_of_one_alphabet(name):
        raise ValidationError("All letters of a name must come from one alphabet.")
    if _sounds_official(name):
        raise ValidationError("People could take this for a name of the staff. Choose another one.")
    others = ShownName.objects.filter(skeleton=skeleton(name))
    if others.exclude(user=user).exists():
        raise ValidationError("Somebody has this name or one that looks like it. Choose another one.")


def user_called(name: str) -> User | None:
    """Return the user of this name, in whatever case; databases do not agree on that outside of ASCII."""
    alike = User.objects.filter(pk__in=ShownName.objects.filter(skeleton=skeleton(name)).values("user"))
    users = [user for user in alike if _folded(user.username) == _folded(name)]
    same = [user for user in users if user.username == name]
    return (same or users)[0] if len(same or users) == 1 else None


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def skeleton(name: str) -> str:
    """Return the same text for names that look alike: without accents and case, look-alikes written as one letter."""
    letters = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name))
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter))
    drawn = bare.translate(_DRAWN_ALIKE).translate(_DRAWN_ALIKE)  # a Greek capital becomes an I, which is like an l
    return " ".join(drawn.casefold().replace("rn", "m").replace("vv", "w").split())[:MOST_CHARACTERS]


def remember(sender: Any, instance: User | Viewer, update_fields: Any = None, **kwargs: Any) -> None:
    """Keep the skeletons of the names that a user is shown by (receives `post_save` of users and viewers)."""
    if update_fields and not {"username", "credit_name"} & set(update_fields):
        return
    user = instance if isinstance(instance, User) else instance.user
    if user is instance:
        _take(user, is_new=bool(kwargs.get("created")))
    credit = Viewer.objects.filter(user=user).values_list("credit_name", flat=True).first()
    wanted = {skeleton(name) for name in (user.username, credit) if name}
    kept = ShownName.objects.filter(user=user)
    kept.exclude(skeleton__in=wanted).delete()
    missing = wanted - set(kept.values_list("skeleton", flat=True))
    ShownName.objects.bulk_create((ShownName(user=user, skeleton=each) for each in missing), ignore_conflicts=True)


def remember_all(plan: Sequence[Any] = (), **kwargs: Any) -> None:
    """Keep the skeletons of those of whom none is kept yet (receives `post_migrate`)."""
    if has_come_up_to_date(plan):
        for user in User.objects.exclude(pk__in=ShownName.objects.values("user")):
            remember(User, user)


def check_free(name: str, *, user: User) -> None:
    """Raise NameTaken if another user has this name in whatever case."""
    others = TakenName.objects.filter(folded=_folded(name)).exclude(user_id=user.pk)
    if others.exists():
        raise NameTaken


def _take(user: User, *, is_new: bool) -> None:
    """Keep the name of a user, or raise NameTaken; who had a name in common with another before keeps it."""
    folded = _folded(user.username)
    own = TakenName.objects.filter(user=user).first()
    if own and own.folded == folded:
        return
    if not own and not is_new and TakenName.objects.filter(folded=folded).exists():
        return
    try:
        with transaction.atomic():
            TakenName.objects.update_or_create(user=user, defaults={"folded": folded})
    except IntegrityError as error:
        raise NameTaken from error


def _is_of_one_alphabet(name: str) -> bool:
    used = {_alphabet_of(letter) for letter in name if letter.isalpha()}
    used |= {"digits"} if any(letter.isdigit() and not letter.isascii() for letter in name) else set()
    return used <= ALPHABETS and (len(used) < 2 or any(used <= together for together in WRITTEN_TOGETHER))


def _alphabet_of(letter: str) -> str:
    return re.split(r"[ -]", unicodedata.name(letter, "unnamed").lower())[0]


def _sounds_official(name: str) -> bool:
    plain = re.sub(r"[\W_]", "", name.lower())
    readings = {skeleton(plain), skeleton(plain.replace("1", "i"))}
    return bool(readings & {skeleton(word) for word in RESERVED})
