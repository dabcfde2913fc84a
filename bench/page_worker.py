"""Asks the site of one checkout for pages, a line of JSON in and one out, until its input ends.

It is started by its path, in a checkout that may be older than this file, and imports nothing of the bench.

    {"link": "Rouge", "on": "/characters/", "progress": 13}  →  "/characters/…/"
    {"ask": "/characters/…/", "progress": 13}                →  {"ms": 12.3, "bytes": 40312, …}
"""

import json
import logging
import os
import re
import sys
from functools import cache
from html import unescape
from time import process_time
from typing import Any

LINK = re.compile(r'<a [^>]*href="(/[^"#]*)"[^>]*>((?:(?!</a>).)*)</a>', re.DOTALL)

ELEMENT = re.compile(rb"<[a-z]")


@cache  # the first request of each loads the middleware
def client(progress: int) -> Any:
    from django.test import Client

    browser = Client()
    browser.cookies["progress"] = str(progress)
    return browser


def link(words: str, page: str, progress: int) -> str | None:
    """Return the address of the first link on a page that holds these words."""
    body = client(progress).get(page).content.decode()
    deep = ((unescape(address), text) for address, text in LINK.findall(body) if address.count("/") > 2)
    return next((address for address, text in deep if words in re.sub("<[^>]*>", "", text)), None)


def ask(address: str, progress: int, *, count: bool) -> dict[str, Any]:
    """Return what a request takes: CPU of this process in milliseconds, or else how many statements."""
    from django.db import connection

    statements: list[str] = []

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        statements.append(sql)
        return execute(sql, params, many, context)

    browser = client(progress)
    if count:
        with connection.execute_wrapper(watch):
            response = browser.get(address)
        size, elements = len(response.content), len(ELEMENT.findall(response.content))
        return {"status": response.status_code, "bytes": size, "elements": elements, "statements": len(statements)}
    began = process_time()
    browser.get(address)
    return {"ms": (process_time() - began) * 1000}


def main() -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # the site may print what it likes, elsewhere
    import django
    from django.conf import settings

    django.setup()
    settings.ALLOWED_HOSTS = ["*"]
    logging.disable(logging.ERROR)  # a 404 is asked for on purpose
    for line in sys.stdin:
        asked = json.loads(line)
        if "link" in asked:
            answer: Any = link(asked["link"], asked["on"], asked["progress"])
        else:
            answer = ask(asked["ask"], asked["progress"], count=asked["count"])
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
