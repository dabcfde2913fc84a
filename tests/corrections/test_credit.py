"""The name under which an author is credited."""

import pytest
from django.contrib.auth.models import User

from episodes.accounts.pages import forget
from episodes.models import Viewer
from tests.corrections.letters import sent, set_to, somebody, status_of

pytestmark = pytest.mark.django_db


def test_it_is_removed_when_the_account_is_forgotten(author: User) -> None:
    Viewer.objects.create(user=author, wants_credit=True, credit_name="Ann of the West")
    correction = sent(set_to(status_of(somebody()), "value", "dead"), by=author)
    assert correction.credit == "Ann of the West"
    forget(author)
    correction.refresh_from_db()
    assert correction.credit == ""


def test_it_is_removed_when_the_user_is_deleted(author: User) -> None:
    Viewer.objects.create(user=author, wants_credit=True, credit_name="Ann of the West")
    correction = sent(set_to(status_of(somebody()), "value", "dead"), by=author)
    author.delete()
    correction.refresh_from_db()
    assert correction.credit == ""
