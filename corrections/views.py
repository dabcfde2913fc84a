from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from episodes.requests import Visit

from .sending import Sender, sent_by


@require_safe
def correction(request: Visit, pk: UUID) -> HttpResponse:
    """What became of it, for whoever sent it."""
    sender = Sender(request.user if request.user.is_authenticated else None)
    found = sent_by(sender).filter(pk=pk).first()
    if found is None:
        raise Http404
    return render(request, "corrections/correction.html", {"correction": found})
