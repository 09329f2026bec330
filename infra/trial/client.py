"""An app of a user: what it sends to the service, and what it gets."""

import json
from dataclasses import dataclass

from cases import Answer, ask

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


class Client:
    """Asks the service at `url`; an answer that is not the good one is an error."""

    def __init__(self, url: str) -> None:
        self.url = url

    def post(self, path: str, token: str | None = None, **body: str) -> Answer:
        return ask(self.url + path, token=token, json=json.dumps(body))

    def sign_up(self, username: str) -> str:
        """Makes a user; gives the id."""
        body = self._good(201, "/api/sign_up/", username=username, password1=PASSWORD, password2=PASSWORD)
        return json.loads(body)["id"]

    def log_in(self, username: str) -> Tokens:
        tokens = json.loads(self._good(200, "/api/log_in/", username=username, password=PASSWORD))
        return Tokens(tokens["access"], tokens["refresh"])

    def log_out(self, tokens: Tokens) -> None:
        self._good(200, "/api/log_out/", refresh=tokens.refresh)

    def ticket(self, tokens: Tokens) -> str:
        return json.loads(self._good(201, "/api/ws_ticket/", token=tokens.access))["ticket"]

    def _good(self, status: int, path: str, token: str | None = None, **body: str) -> str:
        answer = self.post(path, token=token, **body)
        if answer.status != status:
            raise RuntimeError(f"{path}: {answer.status} {answer.body}")
        return answer.body
