"""Follows README.md's walk through the API, word by word, on a deployed service."""

import json
import re
import subprocess
from pathlib import Path

from cases import Cases, clean_environment
from local_aws import ROOT

SECTION = re.compile(r"^## A walk through the API$(.*?)^##", re.MULTILINE | re.DOTALL)
COMMANDS = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TOKEN = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+")
LOCAL = "http://localhost:8000"
SECONDS = 120
# What the answers were is kept: later nobody else may have kept the tokens in them.
RECORD = 'curl() { command curl "$@" | tee -a "$RECORD"; }\n'
PASSWORDS = ("pAssw0rd!", "correct-horse-7")


class Walk:
    def __init__(self, url: str, folder: Path) -> None:
        section = SECTION.search((ROOT / "README.md").read_text())
        self._blocks = COMMANDS.findall(section[1]) if section else []
        self._url = url
        self._record = folder / "answers.txt"

    def follow(self, number: int, *shown: str) -> list[str]:
        """Runs a block of commands; the lines that it prints, and behind them the values of the variables `shown`."""
        block = RECORD + self._blocks[number].replace(LOCAL, self._url)
        values = "".join(f'\nprintf "%s\\n" "${name}"' for name in shown)
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", block + values], env=clean_environment(RECORD=str(self._record)),
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS,
        )
        if done.returncode:
            raise RuntimeError(f"README.md, block {number}: {done.stdout}{done.stderr}")
        return [line.rstrip("\r") for line in done.stdout.splitlines() if line.strip()]

    def tokens(self) -> list[str]:
        """Every token that an answer held."""
        return sorted(set(TOKEN.findall(self._record.read_text())))


def run(cases: Cases, url: str, folder: Path) -> dict[str, str]:
    """Both blocks; gives the secrets that they used, each with a name."""
    walk = Walk(url, folder)
    first_steps(cases, walk)
    rotation_ids = with_rotation_ids(cases, walk)
    secrets = {f"password {number}": password for number, password in enumerate(PASSWORDS)}
    secrets |= {f"rotation id {number}": rotation_id for number, rotation_id in enumerate(rotation_ids)}
    return secrets | {f"token {number}": token for number, token in enumerate(walk.tokens())}


def first_steps(cases: Cases, walk: Walk) -> None:
    made, me, sessions, changed, logged_out = map(json.loads, walk.follow(0))
    wanted = {"id": made["id"], "username": "rider@example.com", "first_name": "Rita", "last_name": "Rider"}
    cases.check("README: sign-up", made, wanted)
    cases.check("README: who am I", me, wanted)
    cases.check("README: one session, this one", [session["current"] for session in sessions], [True])
    cases.check("README: password change", changed, {})
    cases.check("README: log-out", logged_out, {})


def with_rotation_ids(cases: Cases, walk: Walk) -> list[str]:
    *answers, first, second = walk.follow(1, "first", "second")
    once, again = (json.loads(answer) for answer in answers[:2])
    status, *headers, body = answers[2:]
    cases.check("README: the lost answer comes again", again["refresh"], once["refresh"])
    cases.check("README: a thief is refused", status.split()[1], "401")
    actions = [line.partition(":")[2].strip() for line in headers if line.lower().startswith("faregate-action:")]
    cases.check("README: a thief is told to log in", actions, ["reauthenticate"])
    cases.check("README: a thief's answer", json.loads(body)["code"], "token_not_valid")
    return [first, second]
