"""WebSockets: the three ways in, and what comes back."""

import json
from collections.abc import Callable
from typing import Any

from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import ClientConnection, connect

WAIT_SECONDS = 20
MEMBERS = ["connection_id", "expires_at", "id", "sid", "username"]


class Sockets:
    def __init__(self, url: str) -> None:
        self.url = url

    def by_header(self, token: str) -> ClientConnection:
        return connect(self.url, additional_headers={"Authorization": f"Bearer {token}"})

    def by_subprotocol(self, token: str) -> ClientConnection:
        return connect(self.url, subprotocols=["bearer", token])

    def by_ticket(self, ticket: str) -> ClientConnection:
        return connect(f"{self.url}?ticket={ticket}")


def who(socket: ClientConnection) -> dict[str, Any]:
    socket.send("who am I?")
    return json.loads(socket.recv(timeout=WAIT_SECONDS))


def closed(socket: ClientConnection, within_seconds: float = WAIT_SECONDS) -> bool:
    try:
        socket.recv(timeout=within_seconds)
    except ConnectionClosed:
        return True
    except TimeoutError:
        pass
    return False


def refused(way: Callable[[], ClientConnection]) -> bool:
    try:
        way().close()
    except InvalidHandshake:
        return True
    return False
