"""Settings of a server that opens its database anew for each request, so that it sees when a file goes away."""

from rougedb.settings import *  # noqa: F403
from rougedb.settings import DATABASES

DATABASES["default"]["CONN_MAX_AGE"] = 0
