"""Links in the sentences that pages make by themselves."""

from functools import lru_cache

from django.utils.html import format_html
from django.utils.safestring import SafeString


@lru_cache(2**12, typed=True)  # a page has hundreds, to the same few
def link(url: str, words: str) -> SafeString:
    """Return the words as a link to an address."""
    return format_html('<a href="{}">{}</a>', url, words)
