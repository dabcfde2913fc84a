"""What stands in a mail may be read over a shoulder: it names no episode, no title and no character."""

import re
from pathlib import Path

import allauth
import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core import mail
from django.core.mail import EmailMessage
from django.template.loader import get_template
from django.test import Client

from episodes.models import Series
from rougedb.mail import ReadableConsole
from tests.people import PASSWORD, person, signed_in

ALL_SUBJECTS = sorted(
    path.relative_to(root).as_posix()
    for root in [Path(allauth.__file__).parent / "templates"]
    for app in ("account", "mfa")
    for path in (root / app / "email").glob("*_subject.txt")
)


@pytest.mark.parametrize("name", ALL_SUBJECTS)
def test_subjects_are_the_same_for_everybody(name: str) -> None:
    source = get_template(name).template.source
    assert not re.search(
        r"{{|blocktrans\w* with|{% (?!load|autoescape|endautoescape|blocktrans|endblocktrans|trans|include)", source
    )


@pytest.mark.django_db
def test_a_mail_says_who_sends_it_and_little_else() -> None:
    Series.objects.create(id=1, title="Metallic Rouge")
    User.objects.create_user("eve", "eve@example.org", PASSWORD)
    person("ann", at=3)
    Client().post("/accounts/signup/", {"username": "bea", "email": "bea@example.org", "password1": PASSWORD})
    Client().post("/accounts/signup/", {"username": "cay", "email": "ann@example.org", "password1": PASSWORD})
    Client().post("/accounts/password/reset/", {"email": "ann@example.org"})
    client = signed_in("ann", at=3)
    change = {"oldpassword": PASSWORD, "password1": "a-quite-odd-new-one", "password2": "a-quite-odd-new-one"}
    client.post("/accounts/password/change/", change)
    assert len(mail.outbox) == 4
    for message in mail.outbox:
        assert message.subject.startswith("[rougedb] ")
        assert message.from_email == "rougedb <no-reply@127.0.0.1>"
        assert not re.search("Rouge|episode|progress", f"{message.subject} {message.body}"), message.body
        assert message.body.endswith("--\nrougedb, 127.0.0.1:8000")


def test_on_the_console_a_link_is_in_one_piece(capsys: pytest.CaptureFixture[str]) -> None:
    link = "http://127.0.0.1:8000/accounts/confirm-email/" + "x" * 100 + "é/"
    ReadableConsole().send_messages([EmailMessage("Subject", f"Look: {link}", None, ["ann@example.org"])])
    assert link in capsys.readouterr().out


@pytest.mark.django_db
def test_links_in_mails_lead_to_the_site_whatever_host_was_named() -> None:
    Series.objects.create(id=1, title="Metallic Rouge")
    person("ann", at=3)
    client = Client(headers={"Host": "testserver:666"})
    client.post("/accounts/signup/", {"username": "bea", "email": "bea@example.org", "password1": PASSWORD})
    client.post("/accounts/signup/", {"username": "cay", "email": "ann@example.org", "password1": PASSWORD})
    for address in ("ann@example.org", "nobody@example.org"):
        client.post("/accounts/password/reset/", {"email": address})
    assert len(mail.outbox) == 4
    for message in mail.outbox:
        links = re.findall(r"\w+://[^/\s]*", str(message.body))
        assert set(links) == {settings.SITE_URL}
        assert "666" not in f"{message.subject} {message.body}"


@pytest.mark.django_db
def test_addresses_for_crawlers_lead_to_the_site_whatever_host_was_named() -> None:
    for path in ("/robots.txt", "/sitemap.xml"):
        answer = Client().get(path, headers={"Host": "testserver:666"}).content.decode()
        assert settings.SITE_URL in answer
        assert "666" not in answer
