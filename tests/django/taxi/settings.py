"""The settings of the taxi app that matter to an import; the rest is Django's defaults.

DATABASE is the path of an SQLite file; SIGNING_KEY signs the tokens (HS256, so at least 32 bytes).
"""
import os
from datetime import timedelta

SECRET_KEY = "only-sessions-and-forms-use-it-and-there-are-none"
DEBUG = False
ALLOWED_HOSTS = ["testserver"]
ROOT_URLCONF = "taxi.urls"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "trips.User"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["DATABASE"]}}

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "rest_framework",
    "trips",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
# The admin site asks for them.
CONTEXT_PROCESSORS = [f"django.{name}" for name in [
    "template.context_processors.request", "contrib.auth.context_processors.auth",
    "contrib.messages.context_processors.messages",
]]
TEMPLATES = [{
    "BACKEND": "django.template.backends.django.DjangoTemplates",
    "APP_DIRS": True,
    "OPTIONS": {"context_processors": CONTEXT_PROCESSORS},
}]

# A database as old as some are: the first hashes what is new, the others are still compared.
PASSWORD_HASHERS = [
    f"django.contrib.auth.hashers.{name}PasswordHasher"
    for name in ["PBKDF2", "PBKDF2SHA1", "Argon2", "BCryptSHA256", "BCrypt", "Scrypt", "MD5"]
]

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework_simplejwt.authentication.JWTAuthentication"],
}

SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=60),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=1),
    "SIGNING_KEY": os.environ["SIGNING_KEY"],
    "USER_ID_CLAIM": "id",
}
