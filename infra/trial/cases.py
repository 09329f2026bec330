"""Counts what was tried, and waits for what is not there yet."""

import os
import signal
import socket
import subprocess
import time
import traceback
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

DEADLINE_SECONDS = 60


@dataclass
class Cases:
    passed: int = 0
    failed: list[str] = field(default_factory=list)

    def check(self, name: str, found: object, wanted: object) -> None:
        """One case: two values that ought to be equal."""
        if found == wanted:
            self.passed += 1
            return
        self.failed.append(name)
        print(f"FAILED {name}\n  wanted {wanted!r}\n  got    {found!r}", flush=True)

    def attempt(self, name: str, work: Callable[[], object]) -> None:
        """A part that breaks off is a failed case; the other parts go on."""
        try:
            work()
        except Exception:
            self.failed.append(name)
            print(f"FAILED {name}\n{traceback.format_exc()}", flush=True)

    def left_out(self, name: str, reason: str) -> None:
        print(f"left out: {name}: {reason}", flush=True)


@dataclass
class Answer:
    status: int
    headers: Mapping[str, str]
    body: str


def ask(url: str, *, token: str | None = None, json: str | None = None) -> Answer:
    """One request: a POST when there is a body. An answer of any status is an answer."""
    headers = {"Content-Type": "application/json"} if json is not None else {}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    data = None if json is None else json.encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data, headers), timeout=30) as response:
            return Answer(response.status, response.headers, response.read().decode())
    except urllib.error.HTTPError as error:
        return Answer(error.code, error.headers, error.read().decode())


def listens(url: str) -> Callable[[], bool]:
    def answers() -> bool:
        try:
            ask(url)
        except OSError:
            return False
        return True

    return answers


def wait_until(
    what: str, holds: Callable[[], bool], running: Callable[[], bool] = lambda: True, seconds: float = DEADLINE_SECONDS
) -> None:
    """Asks again until it holds, for a minute at most, and no longer than the program runs."""
    deadline = time.monotonic() + seconds
    while not holds():
        if not running():
            raise RuntimeError(f"{what}: the program ended")
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {seconds} s")
        time.sleep(0.1)


def wait_until_it_listens(what: str, url: str, program: Any, process: subprocess.Popen[Any]) -> None:
    """For a program that a `with` has started: one that does not come is ended before the error goes on."""
    try:
        wait_until(what, listens(url), lambda: process.poll() is None)
    except BaseException:
        program.__exit__()
        raise


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def end_group(process: subprocess.Popen[Any]) -> None:
    """Ends what is left of a process group that this process leads."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


def clean_environment(**more: str) -> dict[str, str]:
    """This machine's environment without what would lead a program to another AWS or to other settings."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "FAREGATE_", "SAM_"))}
    return ours | {"NO_PROXY": "127.0.0.1,localhost", "no_proxy": "127.0.0.1,localhost"} | more
