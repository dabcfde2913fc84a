"""A hasher for tests, which need many passwords and none that is safe."""

from django.contrib.auth.hashers import MD5PasswordHasher

from episodes.accounts.hashing import OneFormOfEachLetter


class QuickHasher(OneFormOfEachLetter, MD5PasswordHasher):
    pass
