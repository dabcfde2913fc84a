"""People at the moderators' desk."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from episodes.models import Episode
from tests.corrections.desk import at_the_desk
from tests.people import person


@pytest.fixture
def moderator(db: None) -> User:
    for number in range(4):
        Episode.objects.create(number=number, title=f"Title of {number}" if number else "")
    return person(role="moderator")


@pytest.fixture
def desk(moderator: User) -> Client:
    return at_the_desk(moderator)


@pytest.fixture
def author(moderator: User) -> User:
    return person("author")


@pytest.fixture
def halfway(moderator: User) -> Client:
    return at_the_desk(moderator, episode=1)
