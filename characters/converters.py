"""The parts of addresses that stand for a character, a faction or a tag."""

import re

from django.urls import register_converter
from django.urls.converters import StringConverter


class PublicId(StringConverter):
    regex = "[0-9a-z]{8,32}"


is_public_id = re.compile(PublicId.regex).fullmatch


class UnicodeSlug(StringConverter):
    regex = r"[-\w]+"


register_converter(PublicId, "public_id")
register_converter(UnicodeSlug, "unicode_slug")
