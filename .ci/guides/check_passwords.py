"""Asks Django itself: reads {username: password} and writes {username: whether its `check_password` takes it}.

In the project's folder, with its Python: DATABASE=taxi.sqlite3 SIGNING_KEY=... python check_passwords.py
"""

import json
import os
import sys

import django

sys.path.insert(0, os.getcwd())
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "taxi.settings")
django.setup()

from django.contrib.auth import get_user_model  # noqa: E402
from django.contrib.auth.hashers import check_password  # noqa: E402

stored = dict(get_user_model().objects.values_list("username", "password"))
json.dump({name: check_password(password, stored[name]) for name, password in json.load(sys.stdin).items()}, sys.stdout)
