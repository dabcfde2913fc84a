"""What requests leave for later is done, whatever is killed: every mail arrives."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from email import message_from_bytes
from functools import partial
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.tasks import TaskResultStatus
from django_ox.models import OxTask

from corrections.models import Correction, SentMail, State
from corrections.notifications import mail_author, notify_author
from tests.people import person
from tests.server.conftest import PATIENCE, free_port, wait_until

pytestmark = pytest.mark.django_db(transaction=True)

MAILS = 30
AGAIN_AFTER = "2"  # seconds that a worker may be silent before its task is taken from it


class Mailbox:
    """Takes mails, as slowly as some servers do."""

    def __init__(self) -> None:
        self.mails: list[tuple[str, str]] = []  # to whom, and which

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        time.sleep(0.02)
        self.mails.append((envelope.rcpt_tos[0], message_from_bytes(envelope.content)["Message-ID"]))
        return "250 OK"

    def has(self, mails: int) -> bool:
        return len(self.mails) >= mails


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, str]]:
    taking, port = Mailbox(), free_port()
    controller = Controller(taking, hostname="127.0.0.1", port=port)
    controller.start()
    yield taking, f"smtp://127.0.0.1:{port}"
    controller.stop()


@pytest.fixture
def for_a_worker(settings: Any) -> None:
    settings.TASK_WORKER = True
    settings.TASKS = {"default": {"BACKEND": "django_ox.backend.OxBackend"}}


def decided(by: User, state: str = State.ACCEPTED) -> Correction:
    return Correction.objects.create(author=by, state=state)


def worker(environment: dict[str, str], mail: str, *options: str) -> subprocess.Popen:
    told = environment | {"TASK_WORKER": "true", "EMAIL_URL": mail}
    command = [sys.executable, "manage.py", "ox_worker", "--interval", "0.1", "--lock-timeout", AGAIN_AFTER, *options]
    return subprocess.Popen(  # noqa: S603
        command, cwd=settings.BASE_DIR, env=told, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def is_done() -> bool:
    return not OxTask.objects.exclude(status=TaskResultStatus.SUCCESSFUL).exists()


def test_every_mail_arrives_though_the_worker_is_killed(
    environment: dict[str, str], mailbox: tuple[Mailbox, str], for_a_worker: None
) -> None:
    taking, address = mailbox
    ann = person("ann")
    for _ in range(MAILS):
        notify_author(decided(ann))
    assert OxTask.objects.count() == MAILS
    kills = 0
    for more in (5, 10):
        running = worker(environment, address)
        wait_until(partial(taking.has, len(taking.mails) + more))
        os.kill(running.pid, signal.SIGKILL)
        running.wait()
        kills += 1
    running = worker(environment, address)
    try:
        wait_until(is_done)
    finally:
        running.terminate()
        running.wait(PATIENCE)
    times = Counter(name for _, name in taking.mails)
    assert len(times) == MAILS
    assert sum(times.values()) <= MAILS + kills, "a kill may come between sending a mail and noting it"
    assert SentMail.objects.count() == MAILS


def test_a_task_is_there_with_what_it_tells_of_or_neither(for_a_worker: None) -> None:
    ann = person("ann")
    with transaction.atomic():
        notify_author(decided(ann))
        assert OxTask.objects.count() == 1
        transaction.set_rollback(True)
    assert not OxTask.objects.exists()


def test_a_mail_is_tried_again_while_its_server_is_away(
    environment: dict[str, str], mailbox: tuple[Mailbox, str], for_a_worker: None
) -> None:
    taking, address = mailbox
    notify_author(decided(person("ann")))
    away = worker(environment, f"smtp://127.0.0.1:{free_port()}", "--batch")
    assert away.wait(PATIENCE) == 0
    task = OxTask.objects.get()
    assert (task.status, task.attempts) == (TaskResultStatus.READY, 1)
    assert "example.org" not in str([task.args, task.kwargs]), "a row that stays holds no address"
    OxTask.objects.update(run_after=None)
    assert worker(environment, address, "--batch").wait(PATIENCE) == 0
    assert [to for to, _ in taking.mails] == ["ann@example.org"]


def test_no_mail_is_sent_twice(mailoutbox: list[Any]) -> None:
    correction = decided(person("ann"))
    for _ in range(3):
        mail_author.call(str(correction.pk), State.ACCEPTED, 1)
    assert len(mailoutbox) == 1
    mail_author.call(str(correction.pk), State.ASKED, 2)
    assert len(mailoutbox) == 2


def test_without_a_worker_it_is_done_after_the_commit(mailoutbox: list[Any]) -> None:
    ann = person("ann")
    with transaction.atomic():
        notify_author(decided(ann))
        assert not mailoutbox
    assert [mail.to for mail in mailoutbox] == [["ann@example.org"]]


def test_nobody_is_mailed_who_has_no_account_any_more(mailoutbox: list[Any]) -> None:
    ann = person("ann")
    correction = decided(ann)
    User.objects.filter(pk=ann.pk).update(email="")
    mail_author.call(str(correction.pk), State.ACCEPTED, 1)
    assert not mailoutbox
