from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from . import themes
from .progress import inside, is_leap, is_own_hand, last_episode, parse_episode, remember, remember_the_step
from .requests import Visit, form_of
from .viewers import note


@require_safe
def episode_list(request: Visit) -> HttpResponse:
    return render(request, "episodes/episode_list.html", {"episodes": request.lore.episodes})


@require_safe
def episode(request: Visit, number: int) -> HttpResponse:
    page = request.lore.episode(number)
    if page is None:
        raise Http404
    return render(request, "episodes/episode.html", {"page": page})


@csrf_exempt  # is_own_hand() is the guard: a token would make each page differ from visitor to visitor
@require_POST
def set_progress(request: Visit) -> HttpResponse:
    if not is_own_hand(request):
        return render(request, "episodes/not_your_hand.html", status=403)
    form = form_of(request)
    number, target = parse_episode(form.get("episode")), inside(form.get("next", "/"))
    if number is None or number > last_episode():
        return render(request, "episodes/no_such_episode.html", status=400)
    if is_leap(request, request.progress, number) and not form.get("sure"):
        return render(request, "episodes/so_far_ahead.html", {"episode": number, "target": target})
    if number < request.progress and not request.lore.at(number).leads_on(target):
        target = "/"  # or else the address of the page that they leave would go on telling a name
    response = HttpResponseRedirect(target, status=303)
    remember(response, request, number)
    remember_the_step(response, request, request.progress, number)
    if request.account:
        note(request, request.account, request.here, number, answered=form.get("account"))
    return response


@csrf_exempt  # as above
@require_POST
def set_theme(request: Visit) -> HttpResponse:
    if not is_own_hand(request):
        return render(request, "episodes/not_your_hand.html", status=403)
    form = form_of(request)
    response = HttpResponseRedirect(inside(form.get("next", "/")), status=303)
    themes.remember(response, request, form.get("theme", ""))
    return response
