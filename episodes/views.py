from django.http import Http404, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from .progress import inside, is_own_hand, last_episode, parse_episode, remember
from .requests import Visit
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
    try:
        form = request.POST
    except LookupError:  # a charset that is none
        form = QueryDict()
    number = parse_episode(form.get("episode"))
    if number is None or number > last_episode():
        return render(request, "episodes/no_such_episode.html", status=400)
    response = HttpResponseRedirect(inside(form.get("next", "/")), status=303)
    remember(response, request, number)
    if request.account:
        note(request, request.account, request.here, number, answered=form.get("account"))
    return response
