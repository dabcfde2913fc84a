"""Who sends a request, for the limits and receipts of `sending`."""

from django.contrib.auth.models import User
from django.http import HttpRequest

from episodes import limits
from episodes.models import Viewer
from episodes.requests import client_address

from .models import Correction, Digest, FormDraft, Watch
from .sending import Sender

MOST_UPLOADED_AN_HOUR = 300  # megapixels to decode, from one address


def sender_of(request: HttpRequest, receipt: str = "") -> Sender:
    user = request.user if isinstance(request.user, User) and request.user.is_active else None
    return Sender(user, address=client_address(request), receipt=receipt)


def may_upload(sender: Sender, cost: int) -> bool:
    """Count an upload by the megapixels to decode, and return whether its address may have it decoded now."""
    return limits.consume("upload", sender.address, most=MOST_UPLOADED_AN_HOUR, seconds=3600, cost=cost)


def remove_credit(sender: object, instance: Viewer, **kwargs: object) -> None:
    """Remove the name of a deleted account from the corrections it sent (receives `pre_delete`)."""
    Correction.objects.filter(author=instance.user_id).exclude(credit="").update(credit="")


def forget_watches(sender: object, instance: Viewer, **kwargs: object) -> None:
    """Forget what a deleted account watched (receives `pre_delete`)."""
    Watch.objects.filter(user=instance.user_id).delete()
    Digest.objects.filter(user=instance.user_id).delete()


def forget_drafts(sender: object, instance: Viewer, **kwargs: object) -> None:
    """Forget what a deleted account typed and did not send (receives `pre_delete`)."""
    FormDraft.objects.filter(user=instance.user_id).delete()
