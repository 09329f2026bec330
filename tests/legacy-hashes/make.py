"""Makes hashes.json: password hashes as other systems store them, by the packages that these systems use.

    python3 -m venv .tools/legacy-hashes
    .tools/legacy-hashes/bin/pip install -r tests/legacy-hashes/requirements.txt
    .tools/legacy-hashes/bin/python tests/legacy-hashes/make.py

Salts are fixed, so that a second run writes the same file.
"""
import base64
import hashlib
import json
import unicodedata
from importlib.metadata import version
from pathlib import Path

import argon2.low_level as argon2
import bcrypt
import django
import firebase_scrypt
from django.conf import settings
from django.contrib.auth import hashers
from passlib import hash as passlib

SALT = b"0123456789abcdef"
TEXT_SALT = "seasalt0123456789abcde"
BCRYPT_SALT = "abcdefghijklmnopqrstuu"
LONG = "0123456789" * 10
# ASCII; composed and decomposed; spaces; beyond the Basic Multilingual Plane; longer than bcrypt looks.
PASSWORDS = [
    "correct horse battery staple",
    "pässwörd",
    unicodedata.normalize("NFD", "pässwörd"),
    "  inner  space ",
    "🚕🚖",
    LONG,
]


def of_django():
    """Django's own hashers: each password cheaply, and one at the cost that Django has by default."""
    settings.configure()
    django.setup()
    name = f"Django {version('Django')}"

    class Pbkdf2Sha256(hashers.PBKDF2PasswordHasher):
        iterations = 1000

    class Pbkdf2Sha1(hashers.PBKDF2SHA1PasswordHasher):
        iterations = 1000

    class Scrypt(hashers.ScryptPasswordHasher):
        work_factor = 2**10

    cheap = [
        (Pbkdf2Sha256(), TEXT_SALT, "pbkdf2-sha256:i=1000"),
        (Pbkdf2Sha1(), TEXT_SALT, "pbkdf2-sha1:i=1000"),
        (Scrypt(), TEXT_SALT, "scrypt:ln=10,r=8,p=5"),
        (hashers.BCryptSHA256PasswordHasher(), f"$2b$04${BCRYPT_SALT}".encode(), "bcrypt-sha256:4"),
    ]
    for hasher, salt, cost in cheap:
        for password in PASSWORDS:
            yield entry(name, password, hasher.encode(password, salt), cost)
    for password in PASSWORDS:
        if password != LONG:
            plain = hashers.BCryptPasswordHasher().encode(password, f"$2b$04${BCRYPT_SALT}".encode())
            yield entry(name, password, plain, "bcrypt:4")
        cheap_argon2 = argon2.hash_secret(password.encode(), SALT, 2, 512, 2, 32, argon2.Type.ID).decode()
        yield entry(f"argon2-cffi under {name}'s name", password, f"argon2{cheap_argon2}", "argon2id:m=512,t=2,p=2")
    yield from at_default_costs(name)
    yield from refused(name)


def at_default_costs(name):
    password = PASSWORDS[0]
    by_text_salt = [
        (hashers.PBKDF2PasswordHasher(), "pbkdf2-sha256:i=1000000"),
        (hashers.PBKDF2SHA1PasswordHasher(), "pbkdf2-sha1:i=1000000"),
        (hashers.ScryptPasswordHasher(), "scrypt:ln=14,r=8,p=5"),
        (hashers.Argon2PasswordHasher(), "argon2id:m=102400,t=2,p=8"),
    ]
    for hasher, cost in by_text_salt:
        yield entry(f"{name}, by default", password, hasher.encode(password, TEXT_SALT), cost)
    salt = f"$2b$12${BCRYPT_SALT}".encode()
    by_default = f"{name}, by default"
    yield entry(by_default, password, hashers.BCryptSHA256PasswordHasher().encode(password, salt), "bcrypt-sha256:12")
    yield entry(by_default, password, hashers.BCryptPasswordHasher().encode(password, salt), "bcrypt:12")


def refused(name):
    md5 = hashers.MD5PasswordHasher().encode(PASSWORDS[0], TEXT_SALT)
    plain_md5 = hashlib.md5(PASSWORDS[0].encode()).hexdigest()
    sha1 = hashlib.sha1((TEXT_SALT + PASSWORDS[0]).encode()).hexdigest()
    unusable = "!kAnZ3tPRWv8vLtBQ0UGGYpzUWwBUQ4Xld1hW4Ybb"
    yield {"made_by": name, "stored": md5, "refused": "weak"}
    yield {"made_by": "hashlib, as Django before 1.4", "stored": plain_md5, "refused": "weak"}
    yield {"made_by": "hashlib, as Django before 5.1", "stored": f"sha1${TEXT_SALT}${sha1}", "refused": "weak"}
    yield {"made_by": f"{name}, set_unusable_password", "stored": unusable, "refused": "unusable"}


def of_argon2():
    name = f"argon2-cffi {version('argon2-cffi')}"
    types = [(argon2.Type.ID, "argon2id"), (argon2.Type.I, "argon2i"), (argon2.Type.D, "argon2d")]
    for kind, word in types:
        for number, release in [(19, name), (16, f"{name}, version 0x10")]:
            for password in PASSWORDS[:2]:
                made = argon2.hash_secret(password.encode(), SALT, 3, 256, 2, 24, kind, number).decode()
                yield entry(release, password, made, f"{word}:m=256,t=3,p=2")
                # The form of before there was a version.
                if number == 16:
                    yield entry(f"{release}, unnamed", password, made.replace("v=16$", ""), f"{word}:m=256,t=3,p=2")


def of_passlib():
    name = f"passlib {version('passlib')}"
    kinds = [
        (passlib.pbkdf2_sha1, "pbkdf2-sha1"),
        (passlib.pbkdf2_sha256, "pbkdf2-sha256"),
        (passlib.pbkdf2_sha512, "pbkdf2-sha512"),
    ]
    for password in PASSWORDS:
        for kind, word in kinds:
            yield entry(name, password, kind.using(rounds=1000, salt=SALT).hash(password), f"{word}:i=1000")
        yield entry(name, password, passlib.scrypt.using(rounds=10, salt=SALT).hash(password), "scrypt:ln=10,r=8,p=1")


def of_hashlib():
    """PHC strings of PBKDF2, as RustCrypto writes them."""
    encode = lambda data: base64.b64encode(data).decode().rstrip("=")
    for word in ["sha256", "sha512"]:
        tag = hashlib.pbkdf2_hmac(word, PASSWORDS[0].encode(), SALT, 1000, 32)
        stored = f"$pbkdf2-{word}$i=1000,l=32${encode(SALT)}${encode(tag)}"
        yield entry("hashlib, as a PHC string", PASSWORDS[0], stored, f"pbkdf2-{word}:i=1000")


def of_bcrypt():
    name = f"bcrypt {version('bcrypt')}"
    for password in PASSWORDS:
        # This package refuses what is longer than bcrypt looks; the ones before it cut it off, as all others do.
        made = bcrypt.hashpw(password.encode()[:72], f"$2b$05${BCRYPT_SALT}".encode()).decode()
        yield entry(name, password, made, "bcrypt:5")
    for prefix, who in [("$2a$", "as Auth0 and Supabase write it"), ("$2y$", "as PHP writes it")]:
        made = bcrypt.hashpw(PASSWORDS[1].encode(), f"$2b$04${BCRYPT_SALT}".encode()).decode()
        yield entry(f"{name}, {who}", PASSWORDS[1], made.replace("$2b$", prefix), "bcrypt:4")


def of_firebase():
    # The example of github.com/firebase/scrypt.
    key = "jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA=="
    salt, separator, rounds, mem_cost = "42xEC+ixf3L2lw==", "Bw==", 8, 14
    published = "lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ=="
    said = f"$fbscrypt$v=1,n={mem_cost},r={rounds},p=1,ss={separator},sk={key}${salt}$"
    yield entry("Firebase's own example", "user1password", said + published, "fbscrypt:ln=14,r=8,p=1")
    name = f"firebase-scrypt {version('firebase-scrypt')}"
    for password in PASSWORDS[:3]:
        derived = firebase_scrypt.generate_derived_key(password, salt, separator, rounds, 10)
        made = base64.b64encode(firebase_scrypt.encrypt(base64.b64decode(key), derived[:32])).decode()
        yield entry(name, password, said.replace("n=14", "n=10") + made, "fbscrypt:ln=10,r=8,p=1")


def entry(made_by, password, stored, cost):
    return {"made_by": made_by, "password": password, "stored": stored, "cost": cost}


def main():
    sources = [of_django, of_argon2, of_passlib, of_hashlib, of_bcrypt, of_firebase]
    lines = [json.dumps(made, ensure_ascii=False) for source in sources for made in source()]
    (Path(__file__).parent / "hashes.json").write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")
    print(f"{len(lines)} hashes")


if __name__ == "__main__":
    main()
