from django import template

from ..accounts.session_list import browser_in_words

register = template.Library()
register.filter("browser", browser_in_words)
