"""The local service, as the issuer of tokens and the owner of the tables."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from cases import Answer, ask, clean_environment, free_port, wait_until_it_listens

PASSWORD = "pAssw0rd!"


@dataclass(frozen=True)
class Tokens:
    access: str
    refresh: str

    def tampered(self) -> str:
        """The access token with another character in the middle of its signature."""
        head, _, signature = self.access.rpartition(".")
        middle = len(signature) // 2
        other = "A" if signature[middle] != "A" else "B"
        return f"{head}.{signature[:middle]}{other}{signature[middle + 1:]}"


class Service:
    def __init__(self, binaries: Path, folder: Path) -> None:
        self.binaries = binaries
        port, database_port = free_port(), free_port()
        self.issuer = f"http://127.0.0.1:{port}"
        self.database = f"http://127.0.0.1:{database_port}"
        self.log = folder / "local.log"
        self._command = [binaries / "local", "--memory", "--port", str(port), "--dynamodb-port", str(database_port)]

    def __enter__(self) -> "Service":
        with self.log.open("wb") as log:
            environment = clean_environment(FAREGATE_ISSUER=self.issuer)
            self._process = subprocess.Popen(self._command, env=environment, stdout=log, stderr=log)
        wait_until_it_listens("the local service", self.issuer, self, self._process)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()

    def post(self, path: str, token: str | None = None, **body: str) -> Answer:
        return ask(self.issuer + path, token=token, json=json.dumps(body))

    def sign_up(self, username: str) -> str:
        """Makes a user; gives the id."""
        answer = self.post("/api/sign_up/", username=username, password1=PASSWORD, password2=PASSWORD)
        if answer.status != 201:
            raise RuntimeError(f"sign-up: {answer.status} {answer.body}")
        return json.loads(answer.body)["id"]

    def log_in(self, username: str) -> Tokens:
        answer = self.post("/api/log_in/", username=username, password=PASSWORD)
        if answer.status != 200:
            raise RuntimeError(f"log-in: {answer.status} {answer.body}")
        tokens = json.loads(answer.body)
        return Tokens(tokens["access"], tokens["refresh"])

    def log_out(self, tokens: Tokens) -> None:
        answer = self.post("/api/log_out/", refresh=tokens.refresh)
        if answer.status != 200:
            raise RuntimeError(f"log-out: {answer.status} {answer.body}")

    def ticket(self, tokens: Tokens) -> str:
        answer = self.post("/api/ws_ticket/", token=tokens.access)
        if answer.status != 201:
            raise RuntimeError(f"ticket: {answer.status} {answer.body}")
        return json.loads(answer.body)["ticket"]
