"""Users, sessions and sockets of the running service that the arguments of sockets.py name."""

import asyncio
import base64
import json
import sys
import time
import urllib.error
import urllib.request

from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

API, SHORT_LIVED_API, *FAREGATE = sys.argv[1:]
PASSWORD = "correct-horse-7"
ANSWER_SECONDS = 20
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def request(url, fields, access):
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {access}"} if access else {})
    try:
        with opener.open(urllib.request.Request(url, json.dumps(fields).encode(), headers), timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


async def post(path, fields=None, access=None, api=API):
    return await asyncio.to_thread(request, api + path, fields or {}, access)


async def expect(status, path, fields=None, access=None, api=API):
    got, body = await post(path, fields, access, api)
    assert got == status, f"{path}: wanted {status}, got {got} {body}"
    return body


class User:
    count = 0

    @classmethod
    async def sign_up(cls, api=API):
        User.count += 1
        user = cls()
        user.name, user.api = f"rider{User.count}-{time.time_ns()}", api
        fields = {"username": user.name, "password1": PASSWORD, "password2": PASSWORD}
        user.id = (await expect(201, "/api/sign_up/", fields, api=api))["id"]
        return user

    async def log_in(self):
        fields = {"username": self.name, "password": PASSWORD}
        return Session(self, await expect(200, "/api/log_in/", fields, api=self.api))


class Session:
    def __init__(self, user, tokens):
        self.user, self.access, self.refresh = user, tokens["access"], tokens["refresh"]

    async def ticket(self):
        body = await expect(201, "/api/ws_ticket/", access=self.access)
        assert body["expires_in"] == 30, body
        return body["ticket"]

    async def log_out(self):
        await expect(200, "/api/log_out/", {"refresh": self.refresh}, api=self.user.api)

    async def by_header(self, **options):
        return await connected(bearer(self.access), api=self.user.api, **options)


async def logged_in(api=API):
    return await (await User.sign_up(api)).log_in()


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def claims(token):
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


async def connected(headers=None, protocols=None, query="", api=API):
    url = api.replace("http", "ws", 1) + "/ws/" + query
    socket = await connect(
        url, additional_headers=headers, subprotocols=protocols, ping_interval=None, proxy=None, open_timeout=60
    )
    socket.closed_at = None

    async def watch():
        await socket.wait_closed()
        socket.closed_at = time.monotonic()

    socket.watch = asyncio.create_task(watch())
    return socket


async def refused(status, headers=None, protocols=None, query=""):
    try:
        socket = await connected(headers, protocols, query)
    except InvalidStatus as refusal:
        assert refusal.response.status_code == status, f"wanted {status}, got {refusal.response.status_code}"
        return
    await socket.close()
    raise AssertionError(f"wanted {status}, was let in")


async def who(socket, message="who?"):
    await socket.send(message)
    answer = json.loads(await asyncio.wait_for(socket.recv(), ANSWER_SECONDS))
    assert set(answer) == {"connection_id", "id", "username", "sid", "expires_at"}, answer
    return answer


async def is_of(socket, session):
    answer = await who(socket)
    token = claims(session.access)
    found = (answer["id"], answer["username"], answer["sid"], answer["expires_at"])
    wanted = (session.user.id, session.user.name, token["sid"], token["exp"])
    assert found == wanted, f"wanted {wanted}, got {found}"
    return answer["connection_id"]


async def closed(since, limit, *sockets):
    """Waits until all are closed, at most `limit` seconds `since`; says how long it took and with which code."""
    left = since + limit + 5 - time.monotonic()
    _, open_still = await asyncio.wait([socket.watch for socket in sockets], timeout=left)
    assert not open_still, f"{len(open_still)} of {len(sockets)} still open after {limit + 5} s, the limit is {limit} s"
    took = max(socket.closed_at for socket in sockets) - since
    assert took <= limit, f"closed after {took:.2f} s, the limit is {limit} s"
    codes = "/".join(str(code) for code in sorted({socket.close_code for socket in sockets}))
    return f"closed after {took:.2f} s with {codes}"


async def operator(*arguments, stdin=""):
    process = await asyncio.create_subprocess_exec(
        *FAREGATE, "users", *arguments, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate(stdin.encode())
    assert process.returncode == 0, f"{arguments}: {process.returncode} {output.decode()}"
