"""What this site is called, and under which licence its texts are, for Django's templates."""

from django import template
from django.conf import settings

from episodes.licences import Licence
from episodes.models import licence_of_texts

register = template.Library()


@register.simple_tag
def site_name() -> str:
    return str(settings.SITE_NAME)


@register.simple_tag
def licence() -> Licence | None:
    """Return the licence under which whoever writes here gives their texts."""
    named = licence_of_texts()
    return Licence(named) if named else None
