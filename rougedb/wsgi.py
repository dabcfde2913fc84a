"""The site for a server: it opens the database that is there, and makes none."""

import os
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rougedb.settings")

application = get_wsgi_application()

database = settings.DATABASES["default"]
if database["ENGINE"] == "django.db.backends.sqlite3" and not settings.TESTING:
    # SQLite would make a file that is gone anew, and empty. What migrates or loads opens it without this.
    database["OPTIONS"]["database"] = f"file:{quote(str(Path(database['NAME']).absolute()))}?mode=rw"
