"""Fill in and send the form of what was learned in an episode, as a browser does."""

from typing import Any

from django.forms import Select
from django.test import Client
from django.urls import reverse


def address_of(episode: int) -> str:
    return reverse("admin:episodes_episode_learned", args=[episode])


def opened(client: Client, episode: int) -> Any:
    return client.get(address_of(episode), {"sure": "yes"})


def as_opened(page: Any) -> dict[str, Any]:
    """Return what a browser sends if nothing on the page is touched."""
    sheet = page.context["sheet"]
    forms = [sheet.episode_form]
    for section in sheet.sections:
        forms += [section.formset.management_form, *section.formset.forms, *section.positions]
    values = {field.html_name: _value_of(field) for form in forms for field in form}
    sent = {name: "" if value is None else value for name, value in values.items() if value is not False}
    return sent | {"_base": page.context["base"]}


def _value_of(field: Any) -> Any:
    """Return the value of a field, or the first choice of a select in which none is chosen, as browsers do."""
    choices = getattr(field.field, "choices", None)
    if field.value() is None and choices and isinstance(field.field.widget, Select):
        return next(iter(choices))[0]
    return field.value()


def with_rows(data: dict[str, Any], **sections: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the data of a form with the first rows of each section filled in."""
    filled = dict(data)
    for slug, rows in sections.items():
        filled[f"{slug}-TOTAL_FORMS"] = str(max(len(rows), int(filled[f"{slug}-TOTAL_FORMS"])))
        for number, values in enumerate(rows):
            filled |= {f"{slug}-{number}-{name}": value for name, value in values.items()}
    return filled


def fill_in(client: Client, episode: int, **sections: list[dict[str, Any]]) -> Any:
    return client.post(address_of(episode), with_rows(as_opened(opened(client, episode)), **sections))


def a_revelation(text: str, **values: Any) -> dict[str, Any]:
    return {"text": text, "certainty": "confirmed"} | values


def a_newcomer(key: str, name: str, **values: Any) -> dict[str, Any]:
    return {"who": "character", "key": key, "name": name, "kind": "name"} | values
