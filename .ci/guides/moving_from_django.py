"""Follows docs/guides/moving-from-django.md; `.ci/django.sh` calls it with the folder of the built binaries and a folder.

In that folder is `made`: what tests/django/make.sh made.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import unicodedata
from pathlib import Path

# Of what the local AWS's runner has, this needs what needs no AWS.
sys.path.insert(0, str(Path(__file__).parents[2] / "infra/trial"))

from cases import Cases, ask, clean_environment, end_group, free_port, wait_until_it_listens
from client import PASSWORD, Client
from page import ROOT, Page

NEW_PASSWORD = "correct-horse-7"
# Of all names in the database those that are refused, and why: before the page's mend.py, and after it.
SAME, INVALID = "username: the same as that of ", "username: Enter a valid username"
STAY_REFUSED = {
    "Ann": SAME, "ANN": SAME, "ﬁona": SAME, "zoe\u0308": SAME, "STRASSE": SAME,
    "🚕": INVALID, 'a,b"c': INVALID, "two\nlines": INVALID,
}
REFUSED = STAY_REFUSED | {"by_md5": "password: MD5 is too weak", "with space": INVALID}
RENAMED = {"with space": "with.space"}
# Django's log-in trims what its table does not.
ONLY_HERE = {" led"}


class Project:
    """The Django project, in a folder where the page's commands run."""

    def __init__(self, binaries: Path, folder: Path) -> None:
        made, self.folder = folder / "made", folder / "project"
        shutil.copytree(ROOT / "tests/django", self.folder)
        self.users = json.loads((made / "users.json").read_text())
        self.tokens = json.loads((made / "tokens.json").read_text())
        self._faregate, commands = binaries / "faregate", folder / "bin"
        commands.mkdir()
        (commands / "faregate").symlink_to(self._faregate)
        self.python = ROOT / ".tools/django/bin/python"
        self.environment = clean_environment(
            DATABASE=str(made / "taxi.sqlite3"), SIGNING_KEY=self.tokens["signing_key"], PYTHONDONTWRITEBYTECODE="1",
            PATH=f"{commands}:{os.environ['PATH']}",
        )

    def read(self, name: str) -> list[dict]:
        """A file with a line of JSON for each user."""
        return [json.loads(line) for line in (self.folder / name).read_text().splitlines()]

    def refused(self) -> dict[str, str]:
        """Whom the last import refused, and why."""
        dump = json.loads((self.folder / "dump.json").read_text())
        return {dump[line["record"] - 1]["fields"]["username"]: line["reason"] for line in self.read("refused.jsonl")}

    def django(self, code: str) -> str:
        command = [self.python, "manage.py", "shell", "--verbosity", "0", "-c", code]
        return subprocess.check_output(command, cwd=self.folder, env=self.environment, text=True)

    def check_passwords(self, passwords: dict[str, str]) -> dict[str, bool]:
        command = [self.python, ROOT / ".ci/guides/check_passwords.py"]
        asked = subprocess.run(
            command, cwd=self.folder, env=self.environment, input=json.dumps(passwords), capture_output=True, text=True
        )
        return json.loads(asked.stdout) if asked.returncode == 0 else {asked.stderr: False}

    def faregate(self, service: "Service", *arguments: str) -> "subprocess.CompletedProcess[str]":
        command = [self._faregate, *arguments, "--endpoint-url", service.database]
        return subprocess.run(command, cwd=self.folder, env=self.environment, capture_output=True, text=True)


class Service(Client):
    """The local service, started by a command of the page, or by one like it."""

    def __init__(self, binaries: Path, log: Path) -> None:
        port, database_port = free_port(), free_port()
        super().__init__(f"http://127.0.0.1:{port}")
        self.database = f"http://127.0.0.1:{database_port}"
        self._log = log
        self._command = f"exec {binaries}/local --port {port}"
        self._embedded = f" --dynamodb-port {database_port}"

    def placeholders(self) -> dict[str, str]:
        return {
            "cargo run --": self._command + self._embedded,
            "http://localhost:8000": self.url,
            "http://127.0.0.1:8001": self.database,
        }

    def start(self, page: Page, environment: dict[str, str], **placeholders: str) -> None:
        with self._log.open("ab") as log:
            self._process = page.start(environment, self.placeholders() | placeholders, stdout=log, stderr=log)
        wait_until_it_listens("the local service", self.url, self, self._process)

    def start_with(self, **settings: str) -> None:
        """Not by the page."""
        beside = "AWS_ENDPOINT_URL_DYNAMODB" in settings
        command = self._command if beside else f"{self._command}{self._embedded} --memory"
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command, shell=True, env=clean_environment(**settings), stdout=log, stderr=log, start_new_session=True
            )
        wait_until_it_listens("the local service", self.url, self, self._process)

    def __enter__(self) -> "Service":
        return self

    def __exit__(self, *_: object) -> None:
        end_group(self._process)

    def status(self, path: str, token: str | None = None, **body: str) -> int:
        return self.post(path, token, **body).status


class Move:
    """The page from its first command to its last."""

    def __init__(self, cases: Cases, binaries: Path, folder: Path) -> None:
        self.cases, self.binaries = cases, binaries
        self.log = folder / "local.log"
        self.project = Project(binaries, folder)
        self.page = Page("moving-from-django", cases, self.project.folder, self.project.python.parent)
        self.dummy_hash = ""
        # Who is expected to log in, and how; what everybody's id is.
        self.passwords: dict[str, str] = {}
        self.ids: dict[str, str] = {}

    def service(self) -> Service:
        return Service(self.binaries, self.log)

    def check(self, name: str, found: object, wanted: object) -> None:
        self.cases.check(f"django: {name}", found, wanted)

    def follow(self, service: Service, wanted_status: int = 0) -> str:
        return self.page.follow(self.project.environment, service.placeholders(), wanted_status)

    def run(self) -> None:
        self.look()
        with self.service() as service:
            named = {"pbkdf2-sha256:i=1000000": self.dummy_hash}
            key = self.page.follow(self.project.environment, {}).strip()
            self.check("the page prints the signing key", key, self.project.tokens["signing_key"])
            service.start(self.page, self.project.environment, **named)
            self.import_twice(service)
            self.log_in(service)
            self.look_after(service)
            self.old_ids(service)
            self.carry_over(service)
            self.go_back(service)
            self.import_too_late(service)
        self.case_sensitive()
        self.page.all_followed()

    def look(self) -> None:
        self.page.follow(self.project.environment, {})
        told = self.page.follow(self.project.environment, {}, wanted_status=1)
        counts = dict(line.split() for line in told.splitlines() if line.startswith(("  accepted ", "  refused ")))
        wanted = {"accepted": str(len(self.project.users) - len(REFUSED)), "refused": str(len(REFUSED))}
        self.check("the dry run counts", counts, wanted)
        self.refused_are(REFUSED)
        named = [line.strip() for line in told.splitlines() if "FAREGATE_DUMMY_HASH=" in line]
        self.dummy_hash = named[0].partition("=")[2]
        self.check("it names what most have", self.dummy_hash, "pbkdf2-sha256:i=10000")

    def refused_are(self, wanted: dict[str, str]) -> None:
        refused = self.project.refused()
        self.check("who is refused", set(refused), set(wanted))
        for name, reason in refused.items():
            self.check(f"why {name!r} is refused", wanted.get(name, "") in reason or reason, True)

    def import_twice(self, service: Service) -> None:
        (self.project.folder / "mend.py").write_text(self.page.next_program({}))
        first = self.follow(service)
        users = self.project.users
        self.check("the first import", made(first), len(users) - len(STAY_REFUSED))
        self.refused_are(STAY_REFUSED)
        self.project.django(
            "from django.contrib.auth import get_user_model as model\n"
            "from django.contrib.auth.hashers import make_password\n"
            f"model().objects.create_user('late', password={NEW_PASSWORD!r})\n"
            f"model().objects.create(username='late_md5', password=make_password({NEW_PASSWORD!r}, hasher='md5'))\n"
            f"never = model().objects.get(username='never_seen'); never.set_password({NEW_PASSWORD!r}); never.save()"
        )
        before = exported(self.project.faregate(service, "export").stdout)
        self.check("the second import adds who is new", made(self.follow(service)), 2)
        after = exported(self.project.faregate(service, "export").stdout)
        self.check("the second import changes nobody", {name: after[name] for name in before}, before)
        users["late"] = {"password": NEW_PASSWORD, "hasher": "pbkdf2_sha256", "logs_in": True}
        users["late_md5"] = {"password": NEW_PASSWORD, "hasher": "md5", "logs_in": True}
        for name, user in users.items():
            if name not in STAY_REFUSED and user["hasher"] != "md5" and (user["logs_in"] or name in ONLY_HERE):
                self.passwords[RENAMED.get(name, name)] = user["password"]

    def log_in(self, service: Service) -> None:
        told = json.loads(self.follow(service))
        self.check("the page's log-in", set(told), {"access", "refresh"})
        for name, password in self.passwords.items():
            wrong = service.status("/api/log_in/", username=name, password=f"{password}x")
            self.check(f"a wrong password of {name!r}", wrong, 401)
            for time in ("first", "second"):
                answer = service.post("/api/log_in/", username=name, password=password)
                self.check(f"the {time} log-in of {name!r}", answer.status, 200)
            me = ask(f"{service.url}/api/me/", token=json.loads(answer.body)["access"])
            self.ids[name] = json.loads(me.body)["id"]
        for name, user in self.project.users.items():
            if user["password"] and RENAMED.get(name, name) not in self.passwords:
                status = service.status("/api/log_in/", username=name, password=user["password"])
                self.check(f"the log-in of {name!r}, who may not", status, 401)

    def look_after(self, service: Service) -> None:
        stats = self.follow(service).splitlines()
        ours = [line.split()[1] for line in stats if line.startswith("  argon2id:m=19456,t=2,p=1 ")]
        self.check("stats count those who logged in", ours, [str(len(self.passwords))])
        self.follow(service)
        given = service.status("/api/log_in/", username="by_md5", password=NEW_PASSWORD)
        self.check("the password that staff gave", given, 200)
        self.passwords["by_md5"] = NEW_PASSWORD

    def old_ids(self, service: Service) -> None:
        self.follow(service)
        users = self.project.read("moved.jsonl")
        hashes = {user["username"]: user["password_hash"] for user in users}
        for name in self.passwords:
            stored = hashes[stored_as(name)]
            self.check(f"the hash of {name!r} is ours", stored.startswith("$argon2id$") or stored, True)
        lines = (self.project.folder / "ids.csv").read_text().splitlines()
        old_and_new = dict(line.split(",") for line in lines)
        self.check("every user has an old id", len(old_and_new), len(users))
        old_names = {new: old for old, new in RENAMED.items()}
        for name, new in self.ids.items():
            old = self.project.users[old_names.get(name, name)].get("id")
            self.check(f"the ids of {name!r}", old is None or old_and_new[str(old)] == new, True)

    def carry_over(self, service: Service) -> None:
        carried = json.loads(self.follow(service))
        self.check("the page's token is carried over", set(carried), {"access", "refresh"})
        tokens = self.project.tokens
        access = ask(f"{service.url}/api/me/", token=tokens["access"])
        self.check("an access token of Django's", access.status, 401)
        for name in ("refresh", "refresh_for_ten_years", "refresh_with_integer_id"):
            answer = service.post("/api/token/refresh/", refresh=tokens[name])
            self.check(f"{name}: the first time", answer.status, 200)
            given = json.loads(answer.body)
            me = ask(f"{service.url}/api/me/", token=given["access"])
            self.check(f"{name}: whose it is", json.loads(me.body)["id"], self.ids["rider"])
            used = service.status("/api/token/refresh/", refresh=given["refresh"])
            self.check(f"{name}: our refresh token", used, 200)
            again = service.status("/api/token/refresh/", refresh=tokens[name])
            self.check(f"{name}: the second time", again, 401)
        forged = tokens["refresh_for_ten_years"][:-6] + "AAAAAA"
        bad = {name: tokens[name] for name in ("expired_refresh", "refresh_of_nobody", "refresh_of_inactive")}
        for name, token in (bad | {"a forged one": forged}).items():
            self.check(name, service.status("/api/token/refresh/", refresh=token), 401)
        self.after_a_new_password(service)
        self.without_the_key(service)

    def after_a_new_password(self, service: Service) -> None:
        token = self.project.django(
            "from django.contrib.auth import get_user_model as model\n"
            "from rest_framework_simplejwt.tokens import RefreshToken\n"
            "print(RefreshToken.for_user(model().objects.get(username='staff')))"
        )
        old, new = self.passwords["staff"], f"{NEW_PASSWORD} of staff"
        answer = service.post("/api/log_in/", username="staff", password=old)
        changed = service.status(
            "/api/password/change/", json.loads(answer.body)["access"],
            old_password=old, new_password1=new, new_password2=new,
        )
        self.check("a password changed here", changed, 200)
        self.passwords["staff"] = new
        refused = service.status("/api/token/refresh/", refresh=token.strip())
        self.check("a token from before a new password", refused, 401)

    def without_the_key(self, service: Service) -> None:
        tokens = service.log_in("rider")
        with self.service() as other:
            other.start_with(AWS_ENDPOINT_URL_DYNAMODB=service.database)
            refused = other.status("/api/token/refresh/", refresh=tokens.refresh)
            self.check("without the key, a refresh token", refused, 401)
            other.log_in("rider")
        self.check("with the key", service.status("/api/token/refresh/", refresh=tokens.refresh), 200)

    def go_back(self, service: Service) -> None:
        service.sign_up("newcomer@example.com")
        self.passwords |= {"newcomer@example.com": PASSWORD, "late_md5": NEW_PASSWORD}
        # Somebody else has the name in Django, and came there after the last import.
        service.sign_up("Latest")
        self.project.django(
            "from django.contrib.auth import get_user_model as model\n"
            f"model().objects.create_superuser('latest', password={NEW_PASSWORD!r})"
        )
        gone = "before_1970"
        answer = service.post("/api/log_in/", username=gone, password=self.passwords[gone])
        deleted = service.status(
            "/api/account/delete/", json.loads(answer.body)["access"], password=self.passwords.pop(gone)
        )
        self.check("an account is deleted", deleted, 200)
        (self.project.folder / "back.py").write_text(self.page.next_program({}))
        self.check("back in Django, who is left out", self.follow(service).split()[-1:], ["Latest"])
        self.passwords["latest"] = NEW_PASSWORD
        old_names = {new: old for old, new in RENAMED.items()}
        passwords = {old_names.get(name, name): password for name, password in self.passwords.items()}
        for name, fits in self.project.check_passwords(passwords).items():
            self.check(f"back in Django, the password of {name!r}", fits, True)
        wrong = {name: f"{password}x" for name, password in passwords.items()}
        self.check("back in Django, wrong ones", set(self.project.check_passwords(wrong).values()), {False})
        active = self.project.django(
            "from django.contrib.auth import get_user_model as model\n"
            f"print(*model().objects.filter(is_active=False).order_by('id').values_list('username', flat=True))"
        )
        self.check("back in Django, who is inactive", active.split(), ["inactive", gone])
        staff = self.project.django(
            "from django.contrib.auth import get_user_model as model\n"
            "print(*model().objects.filter(is_staff=True).order_by('id').values_list('username', flat=True))"
        )
        self.check("back in Django, who is staff", staff.split(), ["staff", "superuser", "latest"])

    def import_too_late(self, service: Service) -> None:
        told = self.project.faregate(service, "import", "django-dumpdata", "dump.json", "--commit", "--skip-refused")
        self.check("an import that comes too late brings back who is gone", made(told.stdout), 1)

    def case_sensitive(self) -> None:
        with self.service() as service:
            service.start_with(FAREGATE_USERNAME_CASE_SENSITIVE="true")
            arguments = ["django-dumpdata", "dump.json", "--commit", "--skip-refused", "--refusals", "refused.jsonl"]
            self.project.faregate(service, "import", *arguments)
            by_case = {"Ann", "ANN", "STRASSE"}
            self.refused_are({name: why for name, why in STAY_REFUSED.items() if name not in by_case})
            for name in by_case | {"ann", "straße"}:
                password = self.project.users[name]["password"]
                status = service.status("/api/log_in/", username=name, password=password)
                self.check(f"case-sensitive: the log-in of {name!r}", status, 200)


def made(told: str) -> int:
    """How many users an import says that it made."""
    return sum(int(line.split()[1]) for line in told.splitlines() if line.startswith("  made "))


def exported(lines: str) -> dict[str, dict]:
    return {user["username"]: user for user in map(json.loads, lines.splitlines())}


def stored_as(name: str) -> str:
    """How the service writes the name: trimmed and in NFKC."""
    return unicodedata.normalize("NFKC", name.strip())


def main() -> int:
    binaries, folder = (Path(argument).resolve() for argument in sys.argv[1:3])
    # Also when it is told to stop, what it started is stopped.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    os.environ.update({"NO_PROXY": "127.0.0.1,localhost", "no_proxy": "127.0.0.1,localhost"})
    cases = Cases()
    move = Move(cases, binaries, folder)
    cases.attempt("django", move.run)
    if cases.failed:
        print("the end of the log:\n" + "\n".join(move.log.read_text(errors="replace").splitlines()[-40:]))
    print(f"django: {cases.passed} passed, {len(cases.failed)} failed")
    return 1 if cases.failed else 0


if __name__ == "__main__":
    sys.exit(main())
