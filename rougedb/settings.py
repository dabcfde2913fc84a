"""All settings, from the environment alone; `.env.example` explains each variable."""

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
import django
from django.core.exceptions import ImproperlyConfigured
from django.http.request import validate_host
from django.utils.csp import CSP
from jinja2 import FileSystemLoader, PrefixLoader

from . import env

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"

DEBUG = env.boolean("DEBUG")
TESTING = "pytest" in sys.modules

SECRET_KEY = env.text("SECRET_KEY")
if not SECRET_KEY:
    if not (DEBUG or TESTING):
        raise ImproperlyConfigured("SECRET_KEY must be set (or DEBUG=true for development).")
    SECRET_KEY = "development-only-" + "x" * 40
SECRET_KEY_FALLBACKS = env.keys("SECRET_KEY_FALLBACKS")
CONTENT_KEY = env.text("CONTENT_KEY", SECRET_KEY)  # what a new SECRET_KEY must not change

ALLOWED_HOSTS = env.words("ALLOWED_HOSTS")
if not (DEBUG or TESTING):
    if not ALLOWED_HOSTS or "*" in ALLOWED_HOSTS:
        raise ImproperlyConfigured("ALLOWED_HOSTS must name the hosts of the site, separated by commas; * is none.")
    if not env.text("SITE_URL"):
        raise ImproperlyConfigured("SITE_URL must be the address that visitors use: links in mails are made from it.")

SITE_NAME = env.text("SITE_NAME", "rougedb")
NAMESPACE = env.label("NAMESPACE")  # keeps cookies and what is in Redis apart from those of another site there
COOKIE_PREFIX = f"{NAMESPACE}_" if NAMESPACE else ""
SITE_URL = env.origin("SITE_URL", default="http://127.0.0.1:8000")
if ALLOWED_HOSTS and not validate_host(str(urlsplit(SITE_URL).hostname), ALLOWED_HOSTS):
    raise ImproperlyConfigured("ALLOWED_HOSTS must name the host of SITE_URL too.")
CSRF_TRUSTED_ORIGINS = [SITE_URL]

INSTALLED_APPS = [
    "rougedb.apps.DeskConfig",  # the admin
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "django_filters",
    "taggit",
    "django_ox",
    "episodes",
    "corrections",
    "characters",
    "rougedb.apps.SiteConfig",
    "django.forms",
]

MIDDLEWARE = [
    "rougedb.logs.numbered",
    "rougedb.bodies.bounded_bodies",
    "episodes.middleware.private_caching",  # of the redirects of those below as well
    "episodes.middleware.conditional",
    "django.middleware.security.SecurityMiddleware",
    "rougedb.headers.for_our_own_pages",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "rougedb.views.of_the_server",
    "rougedb.page_cache.middleware.kept_pages",  # what follows costs a visitor nothing whose page is there
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "episodes.accounts.session_age.middleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "episodes.accounts.known_browsers.middleware",
    "episodes.kept_forms.middleware",
    "episodes.middleware.progress",
    "episodes.middleware.theme",
    "characters.middleware.lore",
    "rougedb.page_cache.middleware.making_pages",
    "allauth.account.middleware.AccountMiddleware",  # after it, as it looks at each answer that something is missing
    "episodes.middleware.look_back",
]

FORM_RENDERER = "django.forms.renderers.TemplatesSetting"  # with our own template for a list to choose from

ROOT_URLCONF = "rougedb.urls"
WSGI_APPLICATION = "rougedb.wsgi.application"

TEMPLATES = [
    {  # of widgets: Django ships them in both languages, and a form of the admin has a thousand
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "NAME": "forms",
        # By how their names begin: every page is asked for here first, and the disk need not say that it is elsewhere.
        "OPTIONS": {
            "loader": PrefixLoader(
                {
                    "django": FileSystemLoader(
                        [BASE_DIR / "templates/forms/django", Path(django.__file__).parent / "forms/jinja2/django"]
                    )
                }
            )
        },
    },
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [BASE_DIR / "templates/pages"],
        "OPTIONS": {"environment": "rougedb.jinja.environment"},
    },
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "episodes.units.for_templates",
            ],
            "builtins": ["episodes.templatetags.site"],
        },
    },
]

DATABASE_URL = env.url(
    "DATABASE_URL",
    schemes=("sqlite", "postgres", "postgresql"),
    default=f"sqlite:///{VAR_DIR / 'rougedb.sqlite3'}",
)
THREADS = env.integer("THREADS", 8, least=1)
DATABASE_CONNECTIONS = env.integer("DATABASE_CONNECTIONS", THREADS, least=1)
REPLICA_URLS = env.urls("REPLICA_URLS", schemes=("postgres", "postgresql"))
REPLICA_LAG = env.integer("REPLICA_LAG", 10, least=2)  # seconds
# A connection that outlives its request would keep a test database from being dropped.
DATABASES = {
    alias: dj_database_url.parse(url, conn_max_age=0 if TESTING else 60, conn_health_checks=True)
    for alias, url in {"default": DATABASE_URL, **{f"replica{n}": url for n, url in enumerate(REPLICA_URLS, 1)}}.items()
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.postgresql" and not TESTING:
    from .pool import check

    for alias, database in DATABASES.items():
        given = database.get("OPTIONS", {})
        # Nobody waits longer for a lock, as on SQLite; what PGOPTIONS or the address says comes later, and counts.
        of_session = " ".join(filter(None, ("-c lock_timeout=20s", env.text("PGOPTIONS"), given.get("options"))))
        most = DATABASE_CONNECTIONS + 1  # which edition it is, is read even while all are busy
        patience = 5 if alias == "default" else 1  # seconds; where a replica has none, the primary is asked
        # A machine that vanishes breaks no connection by itself; these are seconds, and milliseconds.
        watched = {"connect_timeout": 5, "tcp_user_timeout": 20_000}
        database |= {
            "CONN_MAX_AGE": 0,  # the pool keeps them
            "OPTIONS": watched
            | given
            | {
                "options": of_session,
                "pool": {"min_size": 1, "max_size": most, "timeout": patience, "check": check},
            },
        }
if REPLICA_URLS:
    if DATABASES["default"]["ENGINE"] != "django.db.backends.postgresql":
        raise ImproperlyConfigured("REPLICA_URLS needs PostgreSQL in DATABASE_URL: SQLite has no replicas.")
    DATABASE_ROUTERS = ["episodes.reading.Router"]
    for alias in DATABASES.keys() - {"default"}:
        DATABASES[alias]["TEST"] = {"MIRROR": "default"}  # tests have one database, and read and write the same
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
    }

REDIS_URL = env.url("REDIS_URL", schemes=("redis", "rediss", "unix"))
CACHES: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "rougedb.cache.DispensableRedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": NAMESPACE,
        "OPTIONS": {
            "serializer": "rougedb.cache.SignedSerializer",
            "socket_connect_timeout": 1,  # seconds
            "socket_timeout": 1,
        },
    }
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}
PAGE_CACHE_BYTES = env.integer("PAGE_CACHE_MB", 0 if DEBUG else 32) * 1024**2  # in each worker
if REPLICA_URLS and not PAGE_CACHE_BYTES:
    raise ImproperlyConfigured("REPLICA_URLS needs PAGE_CACHE_MB: what replicas are read for are pages that are kept.")
# Pages that links lead to, and all the others: searches, filters, looks back, misses. Those are without number.
CACHES |= {
    name: {
        "BACKEND": "rougedb.memory.BoundedMemory",
        "LOCATION": name,
        "OPTIONS": {"MAX_BYTES": PAGE_CACHE_BYTES * quarters // 4},
    }
    for name, quarters in {"linked_pages": 3, "other_pages": 1}.items()
}
CACHES["lists"] = {  # lists with their filters, the map, words of names: for 20,000 characters 9, 3 and 5 MB
    "BACKEND": "rougedb.memory.BoundedMemory",
    "LOCATION": "lists",
    "OPTIONS": {"MAX_BYTES": 24 * 1024**2},
}
if REDIS_URL:
    CACHES["shared_pages"] = CACHES["default"] | {"KEY_PREFIX": f"{NAMESPACE}page", "TIMEOUT": 24 * 60 * 60}  # seconds
PAGE_BUDGET = env.integer("PAGE_BUDGET", 0 if DEBUG or TESTING else 60)  # pages made at once for an address; 0: no end
PROXY_CACHE_SECONDS = env.integer("PROXY_CACHE_SECONDS", 0)

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
KNOWN_WORDS = ["encyclopedia", "episode", "moderator", "editor", "admin", "password"]
KNOWN_WORDS.append(SITE_NAME.lower())
AUTH_PASSWORD_VALIDATORS += [
    {
        "NAME": "episodes.accounts.passwords.KnownWordsValidator",
        "OPTIONS": {
            "words": KNOWN_WORDS + [word for word in str(urlsplit(SITE_URL).hostname).split(".") if len(word) > 3]
        },
    }
]
PASSWORD_RESET_TIMEOUT = 24 * 60 * 60  # seconds that a link in a mail is good for
PASSWORD_HASHERS = ["episodes.accounts.hashing.Hasher"]
AUTHENTICATION_BACKENDS = ["episodes.accounts.backends.Backend"]
STAFF_SECOND_FACTOR = env.boolean("STAFF_SECOND_FACTOR", default=not (DEBUG or TESTING))
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = LOGOUT_REDIRECT_URL = "home"

ACCOUNT_ADAPTER = "episodes.accounts.signing_in.Adapter"
ACCOUNT_FORMS = {
    "login": "episodes.accounts.forms.LoginForm",
    "signup": "episodes.accounts.forms.SignupForm",
    "reset_password": "episodes.accounts.forms.ResetPasswordForm",
}
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*"]
ACCOUNT_USERNAME_VALIDATORS = "episodes.accounts.signing_in.username_validators"
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_NOTIFICATIONS = True  # of changes to the account
ACCOUNT_EMAIL_SUBJECT_PREFIX = f"[{SITE_NAME}] "
ACCOUNT_MAX_EMAIL_ADDRESSES = 3
ACCOUNT_PREVENT_ENUMERATION = "strict"  # several accounts may claim an address, and one confirm it
ACCOUNT_REAUTHENTICATION_REQUIRED = True

MFA_KEYS = env.keys("MFA_KEYS")  # the first one encrypts; without any, one is made of SECRET_KEY
MFA_ADAPTER = "episodes.accounts.app_secrets.MFAAdapter"
MFA_FORMS = {
    "add_webauthn": "episodes.accounts.forms.PasskeyForm",
    "login_webauthn": "episodes.accounts.forms.KeySignInForm",
    "authenticate_webauthn": "episodes.accounts.forms.KeySecondStepForm",
    "reauthenticate_webauthn": "episodes.accounts.forms.KeyAgainForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = SITE_NAME
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEBUG or TESTING  # http://localhost

MAILERS = {"default": env.mailer("EMAIL_URL", default="console:" if DEBUG else "smtp://localhost:25")}
CONTACT_EMAIL = env.text("CONTACT_EMAIL")
TASK_WORKER = env.boolean("TASK_WORKER")
WORKER_HEARTBEAT = env.text("WORKER_HEARTBEAT")  # a file
TASKS = {
    "default": {
        "BACKEND": "django_ox.backend.OxBackend",
        "OPTIONS": {"MAX_ATTEMPTS": 12, "BACKOFF_INITIAL": 10, "BACKOFF_MAX": 3600, "LOCK_TIMEOUT": 60},  # seconds
    }
    if TASK_WORKER
    else {"BACKEND": "django.tasks.backends.immediate.ImmediateBackend"}
}
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.text(
    "DEFAULT_FROM_EMAIL", f"{SITE_NAME} <no-reply@{urlsplit(SITE_URL).hostname or 'localhost'}>"
)

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True

DATASET_DIR = env.directory("DATASET_DIR", BASE_DIR / "characters/datasets/metallic_rouge")
LOOK_DIR = DATASET_DIR / "look"  # how the site of this show looks, beside its files
LOOK = tuple(
    name for name in ("hero.svg", "mark.svg", "card.png", "card.txt", "look.css") if (LOOK_DIR / name).is_file()
)
CARD_ALT = (LOOK_DIR / "card.txt").read_text().strip() if "card.txt" in LOOK else ""  # what card.png shows

STATIC_URL = "static/"
STATIC_ROOT = env.directory("STATIC_ROOT", VAR_DIR / "static")
STATICFILES_DIRS = [BASE_DIR / "static", *([LOOK_DIR] if LOOK else [])]
MEDIA_URL = env.text("MEDIA_URL", "media/")
MEDIA_ROOT = env.directory("MEDIA_ROOT", VAR_DIR / "media")
ARCHIVE_ROOT = env.directory("ARCHIVE_ROOT", VAR_DIR / "archive")  # never served
BACKUP_ROOT = env.text("BACKUP_ROOT") and env.directory("BACKUP_ROOT", VAR_DIR)  # looked at alone, by /readyz
for served in (MEDIA_ROOT, STATIC_ROOT):
    env.refuse_overlap("ARCHIVE_ROOT", ARCHIVE_ROOT, served)
    if BACKUP_ROOT:
        env.refuse_overlap("BACKUP_ROOT", BACKUP_ROOT, served)
MEDIA_BUCKET, ARCHIVE_BUCKET = env.text("MEDIA_BUCKET"), env.text("ARCHIVE_BUCKET")
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "archive": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": ARCHIVE_ROOT}},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG or TESTING
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
if MEDIA_BUCKET or ARCHIVE_BUCKET:
    if not (MEDIA_BUCKET and ARCHIVE_BUCKET) or MEDIA_BUCKET == ARCHIVE_BUCKET:
        raise ImproperlyConfigured("MEDIA_BUCKET and ARCHIVE_BUCKET must name two buckets, as one is never served.")
    if find_spec("storages") is None:
        raise ImproperlyConfigured("MEDIA_BUCKET needs: pip install -r requirements/s3.txt")
    service = {
        "endpoint_url": env.url("S3_ENDPOINT_URL", schemes=("https", "http")) or None,
        "region_name": env.text("S3_REGION") or None,
        "access_key": env.text("S3_ACCESS_KEY") or None,
        "secret_key": env.text("S3_SECRET_KEY") or None,
    }
    immutable = {"CacheControl": "public, max-age=31536000, immutable"}  # another picture has another name
    public = MEDIA_URL if urlsplit(MEDIA_URL).scheme else f"/{MEDIA_URL.lstrip('/')}"
    for name, bucket, options in (
        ("default", MEDIA_BUCKET, {"base_url": public, "object_parameters": immutable}),
        ("archive", ARCHIVE_BUCKET, {}),
    ):
        STORAGES[name] = {
            "BACKEND": "rougedb.buckets.Bucket",
            "OPTIONS": service | {"bucket_name": bucket} | options,
        }
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = DEBUG or TESTING

TAGGIT_CASE_INSENSITIVE = True
TAGGIT_STRIP_UNICODE_WHEN_SLUGIFYING = False

DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000  # the form of a main character has well over Django's 1,000

SECURE_REFERRER_POLICY = "same-origin"
# Our own files and nothing inline; without a nonce, as pages are the same bytes for everybody at one episode.
SECURE_CSP: dict[str, list[str]] = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
}
if urlsplit(MEDIA_URL).scheme:
    SECURE_CSP["img-src"].append(f"{urlsplit(MEDIA_URL).scheme}://{urlsplit(MEDIA_URL).netloc}")
# Nothing of what a browser offers but passkeys and copying a link, and these to our own pages alone.
PERMISSIONS_POLICY: dict[str, list[str]] = {
    feature: []
    for feature in (
        "accelerometer", "autoplay", "camera", "display-capture", "encrypted-media", "fullscreen", "geolocation",
        "gyroscope", "hid", "idle-detection", "local-fonts", "magnetometer", "microphone", "midi", "payment",
        "picture-in-picture", "screen-wake-lock", "serial", "usb", "xr-spatial-tracking",
    )
}  # fmt: skip
PERMISSIONS_POLICY |= {
    feature: ["self"] for feature in ("clipboard-write", "publickey-credentials-create", "publickey-credentials-get")
}
CSRF_FAILURE_VIEW = "episodes.kept_forms.csrf_failure"
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}sessionid", f"{COOKIE_PREFIX}csrftoken"
CSRF_COOKIE_HTTPONLY = True  # no script of ours reads it
MESSAGE_STORAGE = "rougedb.messages.Storage"
HSTS_SECONDS = env.integer("HSTS_SECONDS", 31_536_000)
SSL_REDIRECT = env.boolean("SSL_REDIRECT", default=True)
BEHIND_PROXY = env.boolean("BEHIND_PROXY")
if not DEBUG and not TESTING:
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    # A browser takes cookies of these names from this very host alone, over https: no neighbour can plant a session.
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = f"__Host-{SESSION_COOKIE_NAME}", f"__Host-{CSRF_COOKIE_NAME}"
    SECURE_HSTS_SECONDS = HSTS_SECONDS
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True
    SECURE_SSL_REDIRECT = SSL_REDIRECT
    SECURE_REDIRECT_EXEMPT = ["^(?:healthz|readyz|metrics)$"]  # whoever asks a server itself has no proxy for https
    # Only behind a proxy that sets the header itself may it be believed.
    if BEHIND_PROXY:
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

LOG_REQUESTS = env.boolean("LOG_REQUESTS")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"route": {"()": "rougedb.logs.RouteForPath"}},
    "formatters": {"text": {"()": "rougedb.logs.WithoutSecrets"}, "json": {"()": "rougedb.logs.Json"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": env.one_of("LOG_FORMAT", ("TEXT", "JSON"), "TEXT").lower(),
            "filters": ["route"],
        }
    },
    "loggers": {"django_ox": {"handlers": ["console"], "propagate": False}},
    "root": {"handlers": ["console"], "level": env.one_of("LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR"), "INFO")},
}
METRICS_TOKEN = env.text("METRICS_TOKEN")
if SENTRY_DSN := env.url("SENTRY_DSN", schemes=("http", "https")):
    from . import sentry

    sentry.start(SENTRY_DSN)
