"""The contributors' form, filled in as a browser would."""

import json
import re
from html import unescape
from html.parser import HTMLParser
from typing import Any

from django.test import Client

OWN = {"Sec-Fetch-Site": "same-origin"}


class _Fields(HTMLParser):
    """What the form would send if nobody touched it."""

    def __init__(self) -> None:
        super().__init__()
        self.data: dict[str, list[str]] = {}
        self._inside = False
        self._select = self._text = ""
        self._chosen: str | None = None

    def handle_starttag(self, tag: str, attributes: Any) -> None:
        told = dict(attributes)
        if tag == "form":
            self._inside = told.get("enctype") == "multipart/form-data"
        if not self._inside:
            return
        name = told.get("name") or ""
        if tag == "input" and name and told.get("type") not in ("checkbox", "file"):
            self.data.setdefault(name, []).append(told.get("value") or "")
        elif tag == "input" and told.get("type") == "checkbox" and "checked" in told:
            self.data.setdefault(name, []).append(told.get("value") or "on")
        elif tag == "select":
            self._select, self._chosen = name, None
        elif tag == "option" and self._select and (self._chosen is None or "selected" in told):
            self._chosen = told.get("value") or ""
        elif tag == "textarea":
            self._text = name
            self.data[name] = [""]

    def handle_data(self, data: str) -> None:
        if self._text:
            self.data[self._text][0] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "select" and self._select:
            self.data[self._select] = [self._chosen or ""]
            self._select = ""
        elif tag == "textarea" and self._text:
            self.data[self._text] = [self.data[self._text][0].removeprefix("\n")]
            self._text = ""
        elif tag == "form":
            self._inside = False


def fields_of(response: Any) -> dict[str, list[str]]:
    parser = _Fields()
    parser.feed(response.content.decode())
    return parser.data


def send_form(client: Client, address: str, *, headers: dict[str, str] = OWN, **typed: Any) -> Any:
    """Open the form, change some fields, send it. `new0__name="Annie"` is the name in the first new row."""
    return send_on(client, address, client.get(address), headers=headers, **typed)


def send_on(client: Client, address: str, form: Any, *, headers: dict[str, str] = OWN, **typed: Any) -> Any:
    assert form.status_code in (200, 409, 422, 429), form.status_code
    data: dict[str, Any] = {**fields_of(form), "reason": "It is so."}
    for name, value in typed.items():
        data[name.replace("__", "-")] = value
    return client.post(address, {name: value for name, value in data.items() if value is not None}, headers=headers)


BUTTON = re.compile(
    r'<button type="submit" class="instead" name="_choose" value="([^"]*)" formnovalidate>(.*?)</button>'
)


def offered(response: Any) -> dict[str, str]:
    """Return what the buttons at the errors of a form send, by what they say without markup."""
    found = BUTTON.findall(response.content.decode())
    return {re.sub("<[^>]+>|[\u2068\u2069]", "", unescape(label)): unescape(value) for value, label in found}


def choose(client: Client, address: str, response: Any, label: str, *, of: str = "") -> Any:
    """Press the button with this label; of several, the one that is for what was typed."""
    found = [
        unescape(value) for value, said in BUTTON.findall(response.content.decode())
        if unescape(said) == label and of in json.loads(unescape(value))[1]
    ]  # fmt: skip
    assert len(found) == 1, (label, offered(response))
    return client.post(address, fields_of(response) | {"reason": "It is so.", "_choose": found[0]}, headers=OWN)
