"""Puts the pages of accounts, whose templates are Django's as allauth's are, into the frame of the public pages."""

from django import template
from django.template import Context
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_block_tag
def words(content: str) -> str:
    """Keep what a part of a template says under a name, as in {% words as title %}…{% endwords %}."""
    return content


@register.simple_block_tag(takes_context=True)
def frame(context: Context, content: str, *, title: str) -> SafeString:
    """Return a page with this content in its middle."""
    return SafeString(render_to_string("account.html", {"title": title, "main": content}, request=context["request"]))
