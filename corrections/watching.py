"""Watching pages: the button, the list of what somebody watches, and the mails about it."""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from episodes.progress import local_path
from episodes.requests import form_of, is_same_origin
from episodes.visits import Visit

from .digests import digest_of
from .models import Digest, Watch

MOST_WATCHED = 300  # pages of one account


@dataclass(frozen=True, slots=True)
class Watched:
    """A page in the list of those that somebody watches; without a link where they do not know it at this episode."""

    kind: str
    public_id: str
    page: Any  # characters.values.corrections.HistoryPage


@csrf_exempt  # is_same_origin() is the guard, as for progress: the button is the same on everybody's pages
@require_http_methods(["GET", "HEAD", "POST"])
def watching(request: Visit) -> HttpResponse:
    """List what one watches; by POST watch a page, stop watching it, or choose whether mails come."""
    if request.method == "POST" and not is_same_origin(request):
        return render(request, "corrections/not_from_here.html", status=403)
    form = form_of(request)
    target = local_path(form.get("next", reverse("watching")))
    if not isinstance(request.user, User):
        return redirect_to_login(target)
    if request.method == "POST":
        _change(request, request.user, form)
        return HttpResponseRedirect(target, status=303)
    digest = Digest.objects.filter(user=request.user).first()
    watched = [
        Watched(each.kind, each.key, request.lore.history(each.kind, each.key))
        for each in Watch.objects.filter(user=request.user).order_by("-created_at", "pk")
    ]
    context = {"watched": watched, "wants_mail": digest is None or digest.wanted}
    return render(request, "corrections/watching.html", context)


def _change(request: Visit, user: User, form: Any) -> None:
    digest, _ = Digest.objects.get_or_create(user=user)
    if "mail" in form:
        Digest.objects.filter(pk=digest.pk).update(wanted=form["mail"] == "yes")
        return
    kind, key = (form.get(name, "").replace("\x00", "") for name in ("kind", "key"))
    if form.get("watch") == "no":
        Watch.objects.filter(user=user, kind=kind, key=key).delete()
        return
    if request.lore.history(kind, key) is None:
        raise Http404
    if Watch.objects.filter(user=user).count() < MOST_WATCHED:
        Watch.objects.get_or_create(user=user, kind=kind, key=key)


@csrf_exempt  # programs for mail send it without anything but the token, which is the guard
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: Visit, token: str) -> HttpResponse:
    """Ask whether mails about watched pages are to stop, and stop them by POST, without signing in."""
    digest = digest_of(token)
    if digest is None:
        raise Http404
    if request.method == "POST":
        Digest.objects.filter(pk=digest.pk).update(wanted=False)
    response = render(request, "corrections/watching_stop.html", {"is_stopped": request.method == "POST"})
    response["Referrer-Policy"] = "strict-origin"
    response["X-Robots-Tag"] = "noindex"
    return response
