"""Fills the database and writes what one cannot read from it: users.json (passwords) and tokens.json.

    DATABASE=taxi.sqlite3 SIGNING_KEY=... python make_users.py FOLDER

The database has been migrated and is empty. make.sh does all of it.
"""
import json
import os
import sys
import unicodedata
from datetime import datetime, timedelta, timezone
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "taxi.settings")
django.setup()

from django.contrib.admin.models import CHANGE, LogEntry  # noqa: E402
from django.contrib.auth import hashers  # noqa: E402
from django.contrib.auth.models import Group, Permission  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.db import transaction  # noqa: E402
from rest_framework.test import APIClient  # noqa: E402
from rest_framework_simplejwt.tokens import RefreshToken  # noqa: E402

from trips.models import User  # noqa: E402

PASSWORD = "pAssw0rd!"
# Each hasher at the cost that Django gives it.
HASHERS = ["pbkdf2_sha256", "argon2", "bcrypt_sha256", "scrypt", "pbkdf2_sha1", "bcrypt", "md5"]
# Usernames that forms refuse or change and the ORM takes, beside what they are taken for: by case, by NFKC, by form.
NAMES = [
    "ann",
    "Ann",
    "ANN",
    "fiona",
    "ﬁona",
    "ｂｅｎ",
    unicodedata.normalize("NFC", "zoë"),
    unicodedata.normalize("NFD", "zoë"),
    "straße",
    "STRASSE",
    "Олег",
    "李雷",
    "🚕",
    "with space",
    " led",
    "a,b\"c",
    "two\nlines",
    "rider@example.com",
    "n" * 150,
]


def as_long_ago(password):
    """As Django 1.4 did it: cheap, so that a test can log in everybody."""
    hasher = hashers.PBKDF2PasswordHasher()
    return hasher.encode(password, hasher.salt(), iterations=10_000)


def make(username, encoded, **fields):
    # `create_user` would bring the name into NFKC.
    return User.objects.create(username=username, password=encoded, **fields)


def one_of_each_hasher():
    for number, algorithm in enumerate(HASHERS):
        joined = datetime(2019, 1, 1 + number, 12, tzinfo=timezone.utc)
        seen = joined + timedelta(days=400, microseconds=123456)
        encoded = hashers.make_password(PASSWORD, hasher=algorithm)
        yield make(f"by_{algorithm}", encoded, date_joined=joined, last_login=seen), PASSWORD


def states():
    yield make("unusable", hashers.make_password(None)), None
    # Made by `objects.create` without a password.
    yield make("empty_hash", ""), None
    yield make("inactive", as_long_ago(PASSWORD), is_active=False), PASSWORD
    yield make("staff", as_long_ago(PASSWORD), is_staff=True, email="staff@example.com"), PASSWORD
    yield make("superuser", as_long_ago(PASSWORD), is_staff=True, is_superuser=True), PASSWORD
    yield make("never_seen", as_long_ago(PASSWORD), last_login=None), PASSWORD
    before_1970 = datetime(1969, 12, 31, 23, 59, 59, tzinfo=timezone.utc)
    yield make("before_1970", as_long_ago(PASSWORD), date_joined=before_1970), PASSWORD


def names():
    for username in NAMES:
        password = f"{PASSWORD} {username}"
        yield make(username, as_long_ago(password)), password
    quoted = {"first_name": 'Rita "R", the', "last_name": "O'Neill\nRider ", "email": "Rita@Example.COM"}
    yield make("quoted", as_long_ago("pässwörd 🚖"), **quoted), "pässwörd 🚖"
    yield make("long_names", as_long_ago(PASSWORD), first_name="f" * 150, last_name="ł" * 150), PASSWORD


def signed_up():
    """Through the app, which brings the name into NFKC."""
    user = {"username": "ｒider", "first_name": "Rita", "last_name": "Rider"}
    reply = APIClient().post("/api/sign_up/", user | {"password1": PASSWORD, "password2": PASSWORD})
    assert reply.status_code == 201, reply.content
    yield User.objects.get(id=reply.json()["id"]), PASSWORD


def put_into_groups():
    for name in ["driver", "rider"]:
        Group.objects.create(name=name)
    User.objects.get(username="rider").groups.add(Group.objects.get(name="rider"))
    staff = User.objects.get(username="staff")
    staff.groups.set(Group.objects.all())
    staff.user_permissions.add(Permission.objects.get(codename="view_user"))


def leave_traces():
    """Rows of other tables that name users: an import leaves them out."""
    superuser = User.objects.get(username="superuser")
    LogEntry.objects.log_actions(superuser.id, User.objects.filter(username="staff"), CHANGE)
    session = SessionStore()
    session["_auth_user_id"] = str(superuser.id)
    session.save()


def logs_in(user, password):
    """What the app says, which trims names; that it would hash the password anew is taken back."""
    with transaction.atomic():
        reply = APIClient().post("/api/log_in/", {"username": user.username, "password": password or "x"})
        transaction.set_rollback(True)
    return reply.status_code == 200


def described(user, password):
    matches = password is not None and hashers.check_password(password, user.password)
    assert matches == (password is not None), user.username
    # What follows "!" is random.
    hasher = user.password.split("$")[0] if user.has_usable_password() else "unusable"
    return {"id": user.id, "password": password, "hasher": hasher, "logs_in": logs_in(user, password)}


def tokens():
    """Tokens of one user: from log-in and refresh, and refresh tokens for ten years that differ in `jti` and one claim."""
    client = APIClient()
    given = client.post("/api/log_in/", {"username": "rider", "password": PASSWORD}).json()
    renewed = client.post("/api/token/refresh/", {"refresh": given["refresh"]}).json()
    changed = {
        "refresh_for_ten_years": lambda token: None,
        "expired_refresh": lambda token: token.set_exp(lifetime=-timedelta(days=1)),
        # As simplejwt before 5.5 wrote it.
        "refresh_with_integer_id": lambda token: token.payload.update(id=int(token["id"])),
        "refresh_of_nobody": lambda token: token.payload.update(id="999999"),
        "refresh_of_inactive": lambda token: token.payload.update(id=str(User.objects.get(username="inactive").id)),
    }
    made = {"username": "rider", **given, "renewed_access": renewed["access"]}
    for name, change in changed.items():
        token = RefreshToken(given["refresh"])
        token.set_exp(lifetime=timedelta(days=3650))
        change(token)
        token.set_jti()
        made[name] = str(token)
    return made


def write(path, value):
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def main():
    folder = Path(sys.argv[1])
    made = [pair for source in [one_of_each_hasher, states, names, signed_up] for pair in source()]
    put_into_groups()
    leave_traces()
    users = {user.username: described(user, password) for user, password in made}
    assert len(users) == len(made)
    write(folder / "users.json", users)
    given = tokens()
    write(folder / "tokens.json", {"signing_key": os.environ["SIGNING_KEY"], **given})
    print(f"{len(users)} users; refresh token of {given['username']}: {given['refresh']}")


if __name__ == "__main__":
    main()
