"""What a request leaves to a task, and mails that a task sends once, however often it runs."""

from functools import partial
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.tasks import Task
from django.utils.crypto import salted_hmac

from episodes.requests import message_id

from .models import SentMail


def later(task: Task, **arguments: Any) -> None:
    """Have a task done once the transaction at hand is committed.

    For a worker the task is a row of the same transaction, so that neither is there without the other. Without one it
    is done at once, in this process; if it fails, that is logged.
    """
    if settings.TASK_WORKER:
        task.enqueue(**arguments)
    else:
        transaction.on_commit(partial(task.enqueue, **arguments), robust=True)


def send_once(key: str, subject: str, text: str, to: str) -> None:
    """Send a mail unless that with this key was sent before.

    A worker that is killed between sending it and noting so sends it again, under the same Message-ID.
    """
    if SentMail.objects.filter(key=key).exists():
        return
    name = salted_hmac("rougedb.mail", key, secret=settings.CONTENT_KEY, algorithm="sha256").hexdigest()[:40]
    EmailMessage(subject, text, to=[to], headers={"Message-ID": message_id(name)}).send()
    SentMail.objects.get_or_create(key=key)
