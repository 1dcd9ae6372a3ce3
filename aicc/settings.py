"""How this installation is configured: every environment variable is read here, at the top.

The README's configuration table lists the same variables; a test compares the two.
"""

import os
from pathlib import Path

from csp.constants import NONE, SELF
from psycopg.conninfo import conninfo_to_dict


def _flag(name: str, default: str) -> bool:
    return os.environ.get(name, default).lower() in {"1", "true", "yes", "on"}


BASE_DIR = Path(__file__).resolve().parent.parent

# Where PostgreSQL is: postgresql://user:password@host:port/name, options of libpq behind "?".
DATABASE_URL = os.environ.get("DATABASE_URL", "postgresql:///aicc")
# Where Redis is (Celery's broker): redis://host:port/0, rediss://…, or unix:///path?db=0.
REDIS_URL = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0")
# Signs sessions and forms; at least 50 random characters. Without it nothing that signs will run.
SECRET_KEY = os.environ.get("AICC_SECRET_KEY", "")
# Names under which browsers reach the site, separated by commas.
ALLOWED_HOSTS = [host for host in os.environ.get("AICC_ALLOWED_HOSTS", "").split(",") if host]
# The site is reached over HTTPS: secure cookies, HSTS, redirect. "no" only on loopback.
HTTPS = _flag("AICC_HTTPS", "yes")
# Proxies in front of the site that set X-Forwarded-For and X-Forwarded-Proto.
PROXIES = int(os.environ.get("AICC_PROXIES", "0"))
# Where recordings and archives are kept, and everything the embedded services write.
AICC_HOME = Path(os.environ.get("AICC_HOME") or BASE_DIR / "var").resolve()
# The keys of encrypted personal data; nobody but the site may read it.
KEY_FILE = Path(os.environ.get("AICC_KEY_FILE") or AICC_HOME / "personal-data.keys").resolve()
# The internal location of nginx where AICC_HOME/media is, as "/recordings/": then nginx sends stored recordings
# itself. Empty: this process sends them.
X_ACCEL = os.environ.get("AICC_X_ACCEL", "")
# DEBUG, INFO, WARNING or ERROR. Nothing personal is logged at any level.
LOG_LEVEL = os.environ.get("AICC_LOG_LEVEL", "INFO").upper()
# Django's debug pages, on a developer's own machine.
DEBUG = _flag("AICC_DEBUG", "no")

# --- Applications -----------------------------------------------------------------------------------

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django_filters",
    "django_htmx",
    "axes",
    "aicc.tenants",
    "contacts",
    "exports",
    "ivrhistory",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "aicc.tenants.middleware.TenantMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "aicc.urls"
WSGI_APPLICATION = "aicc.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [("django.template.loaders.cached.Loader", ["django.template.loaders.filesystem.Loader"])]
            if not DEBUG
            else ["django.template.loaders.filesystem.Loader"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "aicc.tenants.shell.shell",
                "exports.badge.export_badge",
            ],
            "builtins": ["django.templatetags.i18n", "django.templatetags.static", "django.templatetags.tz"],
        },
    }
]

# --- Data ---------------------------------------------------------------------------------------------

_dsn = conninfo_to_dict(DATABASE_URL)
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": _dsn.pop("dbname", ""),
        "USER": _dsn.pop("user", ""),
        "PASSWORD": _dsn.pop("password", ""),
        "HOST": _dsn.pop("host", ""),
        "PORT": _dsn.pop("port", ""),
        "OPTIONS": _dsn,
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
    }
}
# What a worker holds while it packs, beside the snapshot that it reads rows from. The lock of one that is gone, with
# its machine or its network, is free within seconds.
_gone_soon = (
    "-c client_connection_check_interval=1s -c tcp_user_timeout=5s"
    " -c tcp_keepalives_idle=2 -c tcp_keepalives_interval=1 -c tcp_keepalives_count=3"
)
DATABASES["claims"] = {
    **DATABASES["default"],
    "OPTIONS": {**_dsn, "options": f"{_dsn.get('options') or ''} {_gone_soon}".strip()},
    "CONN_MAX_AGE": 0,
    "TEST": {"MIRROR": "default"},
}

# --- Who may sign in ------------------------------------------------------------------------------------

AUTH_USER_MODEL = "tenants.Account"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "aicc.tenants.access.AccountBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"

# Signed out after 30 minutes without activity; sessions live in the database, so that they can be ended.
SESSION_ENGINE = "aicc.tenants.sessions"
SESSION_COOKIE_AGE = 30 * 60
SESSION_SAVE_EVERY_REQUEST = True

AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_CALLABLE = "aicc.tenants.views.locked_out"
AXES_ENABLE_ACCESS_FAILURE_LOG = False
AXES_VERBOSE = False
AXES_CLIENT_IP_CALLABLE = "aicc.tenants.access.client_address"

# --- What browsers are told ------------------------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "media-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PROXIES else None
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True

STATIC_URL = "static/"
STATIC_ROOT = AICC_HOME / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": AICC_HOME / "media"}},
    # What workers pack: one folder for web servers and workers, closed to everybody else.
    "exports": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": AICC_HOME / "exports"},
    },
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# --- Language, time, logs --------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
USE_I18N = USE_TZ = True
TIME_ZONE = "UTC"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    # Axes writes the names and addresses of people who mistype; the attempts are kept in the database.
    "loggers": {"axes": {"level": "CRITICAL"}},
}

# --- Celery ----------------------------------------------------------------------------------------------

CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://").replace("?db=", "?virtual_host=")
# Not reached within seconds is not reached: nobody waits at a button for a broker.
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_connect_timeout": 2, "socket_timeout": 10, "visibility_timeout": 3600}
CELERY_TASK_IGNORE_RESULT = True
# A message is done when its task is: that of a worker that dies goes to another one.
CELERY_TASK_ACKS_LATE = CELERY_TASK_REJECT_ON_WORKER_LOST = True
# Seconds, less than the visibility timeout: no message is delivered again while its task still runs.
CELERY_TASK_TIME_LIMIT = 1800
CELERY_WORKER_POOL = "prefork"
CELERY_WORKER_CONSUMER = "exports.bell:Consumer"
# However long the broker is away, the worker waits for it.
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_TASK_PUBLISH_RETRY = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
