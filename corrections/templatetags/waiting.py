from typing import Any

from django import template
from django.template import RequestContext

from corrections.desk import queue
from corrections.desk.clearance import clearance_of, unfolded
from corrections.models import Correction
from corrections.wording import in_short

register = template.Library()


@register.inclusion_tag("admin/corrections/correction/waiting.html", takes_context=True)
def what_waits(context: RequestContext) -> dict[str, Any]:
    """Show how many corrections are waiting, to users who may see the queue."""
    request: Any = context.get("request")
    if request is None or not request.user.has_perm("corrections.view_correction"):
        return {}
    waiting = Correction.objects.undecided()
    count = unfolded(waiting, clearance_of(request)).count()
    return {
        "may_look": True,
        "may_decide": request.user.has_perm("corrections.decide"),
        "count": count,
        "folded": waiting.count() - count,
        "wait": in_short(queue.median_wait()),
        "csrf_token": context.get("csrf_token"),
        "units": context.get("units"),  # what context processors add does not reach the template of a tag
    }
