"""Blocking somebody from sending, by account, or by address for those who have none. They read why, and until when."""

from datetime import datetime

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format

from .errors import Blocked, Refused
from .models import Block, BlockQuerySet, Correction

MOST_ADDRESSES = 20  # of an account that are blocked with it


def blocks_of(user: User | None, address_hashes: set[str]) -> models.QuerySet[Block]:
    """Return the blocks that hold for a sender; those of an address do not hold for the accounts behind it."""
    if user is not None:
        return Block.objects.filter(user=user).in_force()
    return Block.objects.filter(sender__in=address_hashes).in_force() if address_hashes else Block.objects.none()


def refuse_if_blocked(user: User | None, address_hashes: set[str]) -> None:
    """Raise Blocked, with the reason and the end, if a moderator has blocked this sender."""
    block = blocks_of(user, address_hashes).order_by(models.F("until").desc(nulls_first=True)).first()
    if block is None:
        return
    whom = "your account" if block.user_id else "what comes without an account from your address"
    until = f" until {date_format(block.until, 'j F Y, H:i')} UTC" if block.until else ""
    raise Blocked(
        f"This was not sent: a moderator has blocked {whom}{until}. The reason: {block.reason} You can still read "
        "everything, and what you wrote is still here."
    )


@transaction.atomic
def block(*, user: User | None, senders: set[str], reason: str, until: datetime | None, by: User) -> list[Block]:
    """Block an account, or those who send without one from some addresses. A block that is in force is replaced."""
    if not by.has_perm("corrections.decide"):
        raise Refused("Only moderators can block somebody.")
    if user is not None and (user == by or user.is_superuser or user.has_perm("corrections.decide")):
        raise Refused("Moderators cannot be blocked. Whoever gives roles can take that role away first.")
    if until is not None and until <= timezone.now():
        raise ValidationError("Nobody was blocked: the end lies in the past.")
    blocks = [Block(sender=sender, reason=reason, until=until, by=by) for sender in sorted(senders) if sender]
    if user is not None:
        blocks.append(Block(user=user, reason=reason, until=until, by=by))
    if not blocks:
        raise ValidationError("Nobody was blocked: it is not known where this came from.")
    for each in blocks:
        each.full_clean()
    lift(_same_as(blocks).in_force(), by=by)
    return Block.objects.bulk_create(blocks)


def lift(blocks: models.QuerySet[Block], *, by: User) -> int:
    """End blocks now, and return how many there were."""
    if not by.has_perm("corrections.decide"):
        raise Refused("Only moderators can lift a block.")
    return blocks.update(lifted_at=timezone.now(), lifted_by=by)


def addresses_of(user: User) -> set[str]:
    """Return the keyed hashes of the addresses from which an account sent last."""
    sent = Correction.objects.filter(author=user).exclude(sender="").order_by().values_list("sender")
    last = sent.annotate(last=models.Max("created_at")).order_by("-last", "sender")[:MOST_ADDRESSES]
    return {sender for sender, _ in last}


def _same_as(blocks: list[Block]) -> BlockQuerySet:
    users = [each.user_id for each in blocks if each.user_id]
    senders = [each.sender for each in blocks if each.sender]
    return Block.objects.filter(Q(user__in=users) | Q(sender__in=senders))
