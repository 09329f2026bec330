"""Opens WebSockets to a running service as the `websockets` package does it, and watches which of them get closed.

    sockets.py API SHORT_LIVED_API FAREGATE...    FAREGATE... is the operator's command with its --endpoint-url

Access tokens of SHORT_LIVED_API live for some seconds.
"""

import asyncio
import base64
import sys
import time
import traceback

from service import (
    ANSWER_SECONDS, SHORT_LIVED_API, Session, User, bearer, closed, connected, expect, is_of, logged_in, operator,
    refused, who,
)
from websockets.exceptions import ConnectionClosed, InvalidStatus

KIB = 1024
CASES, SLOW_CASES = [], []


def case(function):
    CASES.append(function)


def slow_case(function):
    SLOW_CASES.append(function)


@case
async def connects_by_header():
    session = await logged_in()
    socket = await session.by_header()
    await is_of(socket, session)
    assert socket.subprotocol is None


@case
async def connects_by_subprotocol():
    session = await logged_in()
    socket = await connected(protocols=["bearer", session.access])
    await is_of(socket, session)
    assert socket.subprotocol == "bearer", socket.subprotocol


@case
async def connects_by_ticket():
    session = await logged_in()
    socket = await connected(query=f"?ticket={await session.ticket()}")
    await is_of(socket, session)
    assert socket.subprotocol is None


@case
async def each_connection_has_an_id_of_its_own_and_keeps_it():
    session = await logged_in()
    sockets = [await session.by_header() for _ in range(3)]
    ids = [await is_of(socket, session) for socket in sockets]
    assert len(set(ids)) == 3, ids
    assert [await is_of(socket, session) for socket in sockets] == ids


@case
async def echoes_the_first_subprotocol_that_is_not_the_token():
    session = await logged_in()
    ticket = f"?ticket={await session.ticket()}"
    for headers, offered, query, wanted in [
        (None, ["taxi.v1", "bearer", session.access], "", "taxi.v1"),
        (None, ["taxi.v2", "taxi.v1", "bearer", session.access], "", "taxi.v2"),
        (None, ["bearer", session.access, "taxi.v1"], "", "bearer"),
        (bearer(session.access), ["taxi.v1"], "", "taxi.v1"),
        (bearer(session.access), ["taxi.v2", "taxi.v1"], "", "taxi.v2"),
        (None, ["taxi.v1", "taxi.v2"], ticket, "taxi.v1"),
    ]:
        socket = await connected(headers, offered, query)
        await is_of(socket, session)
        echoed = socket.response.headers.get_all("Sec-WebSocket-Protocol")
        assert echoed == [wanted], f"{len(offered)} offered, wanted {wanted}, got {echoed}"


@case
async def the_handshake_tells_no_token():
    session = await logged_in()
    socket = await connected(protocols=["bearer", session.access])
    assert session.access not in str(socket.response.headers)


@case
async def looks_at_header_then_subprotocol_then_ticket():
    first, second, third = [await logged_in() for _ in range(3)]
    ticket = f"?ticket={await third.ticket()}"
    socket = await connected(bearer(first.access), ["bearer", second.access], ticket)
    await is_of(socket, first)
    ticket = f"?ticket={await third.ticket()}"
    socket = await connected(protocols=["bearer", second.access], query=ticket)
    await is_of(socket, second)


@case
async def refuses_no_and_bad_credentials():
    session = await logged_in()
    header, payload, signature = session.access.split(".")
    none = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').decode().rstrip("=")
    bad = {
        "nonsense": "nonsense",
        "a refresh token": session.refresh,
        "a signature cut short": session.access[:-8],
        "another signature": f"{header}.{payload}.{signature[::-1]}",
        "no signature": f"{none}.{payload}.",
        "a long token": "a" * 4000,
    }
    await refused(403)
    for name, token in bad.items():
        for way in (
            {"headers": bearer(token)},
            {"protocols": ["bearer", token]},
            {"protocols": ["taxi.v1", "bearer", token]},
            {"query": f"?ticket={token}"},
        ):
            try:
                await refused(403, **way)
            except AssertionError as failure:
                raise AssertionError(f"{name} by {list(way)}: {failure}") from None
    for headers in ({"Authorization": "Bearer"}, {"Authorization": f"Basic {session.access}"}):
        await refused(403, headers=headers)
    for protocols in (["bearer"], ["taxi.v1"], [session.access], [session.access, "bearer"]):
        await refused(403, protocols=protocols)


@case
async def refuses_an_access_token_in_the_query():
    session = await logged_in()
    for name in ("ticket", "token", "access_token", "access", "jwt", "bearer", "authorization"):
        await refused(403, query=f"?{name}={session.access}")


@case
async def a_ticket_works_once():
    session = await logged_in()
    ticket = f"?ticket={await session.ticket()}"
    socket = await connected(query=ticket)
    await refused(403, query=ticket)
    await is_of(socket, session)
    await socket.close()
    await refused(403, query=ticket)


@case
async def of_many_who_use_a_ticket_at_once_one_gets_in():
    session = await logged_in()
    for _ in range(5):
        ticket = f"?ticket={await session.ticket()}"
        outcomes = await asyncio.gather(*(connected(query=ticket) for _ in range(8)), return_exceptions=True)
        refusals = [outcome.response.status_code for outcome in outcomes if isinstance(outcome, InvalidStatus)]
        assert refusals == [403] * 7, outcomes


@case
async def a_ticket_needs_an_access_token():
    session = await logged_in()
    await expect(401, "/api/ws_ticket/")
    await expect(401, "/api/ws_ticket/", access=session.refresh)
    await session.log_out()
    await expect(401, "/api/ws_ticket/", access=session.access)


@case
async def a_log_out_closes_the_session_s_sockets_and_no_others():
    user = await User.sign_up()
    session, other_session, other_user = await user.log_in(), await user.log_in(), await logged_in()
    mine = [
        await session.by_header(),
        await connected(protocols=["bearer", session.access]),
        await connected(query=f"?ticket={await session.ticket()}"),
    ] + [await session.by_header() for _ in range(10)]
    others = {other_session: await other_session.by_header(), other_user: await other_user.by_header()}
    for socket in mine:
        await is_of(socket, session)
    await session.log_out()
    result = await closed(time.monotonic(), 1, *mine)
    for owner, socket in others.items():
        await is_of(socket, owner)
    return f"{len(mine)} sockets {result}"


@case
async def a_log_out_closes_sockets_from_before_a_refresh():
    session = await logged_in()
    before = await session.by_header()
    session = Session(session.user, await expect(200, "/api/token/refresh/", {"refresh": session.refresh}))
    after = await session.by_header()
    await who(before)
    await session.log_out()
    return await closed(time.monotonic(), 1, before, after)


@case
async def an_ended_session_opens_nothing():
    session = await logged_in()
    ticket = f"?ticket={await session.ticket()}"
    await session.log_out()
    await refused(401, headers=bearer(session.access))
    await refused(401, protocols=["bearer", session.access])
    await refused(401, query=ticket)


@case
async def messages_in_many_frames_are_answered():
    session = await logged_in()
    socket = await session.by_header()
    for message in (["w", "h", "o", "?"], ["x" * 16 * KIB] * 8, ["ü" * 100, "", "é"]):
        assert (await who(socket, message))["username"] == session.user.name
    assert (await who(socket, "x" * 32 * KIB))["username"] == session.user.name
    assert (await who(socket, ""))["username"] == session.user.name


async def too_big(message):
    session = await logged_in()
    socket, other = await session.by_header(), await session.by_header()
    sent = time.monotonic()
    try:
        await socket.send(message)
    except ConnectionClosed:
        pass
    result = await closed(sent, 5, socket)
    assert socket.close_code == 1009, result
    await is_of(other, session)
    return result


@case
async def a_message_over_128_kib_closes_its_socket_and_no_other():
    return await too_big(["x" * 16 * KIB] * 8 + ["x"])


@case
async def a_frame_over_32_kib_closes_its_socket_and_no_other():
    return await too_big("x" * (32 * KIB + 1))


@case
async def many_messages_are_answered_one_by_one():
    session = await logged_in()
    socket = await session.by_header()
    for _ in range(50):
        await socket.send("who?")
    for _ in range(50):
        await asyncio.wait_for(socket.recv(), ANSWER_SECONDS)


async def closed_by_operator(*arguments, stdin=""):
    user = await User.sign_up()
    sessions, other = [await user.log_in(), await user.log_in()], await logged_in()
    sockets = [await session.by_header() for session in sessions]
    stays = await other.by_header()
    await operator(*arguments[:1], user.name, *arguments[1:], stdin=stdin)
    done = time.monotonic()
    for session in sessions:
        await expect(401, "/api/token/refresh/", {"refresh": session.refresh})
    result = await closed(done, 60, *sockets)
    await is_of(stays, other)
    return result


@slow_case
async def the_operator_s_log_out_closes_a_user_s_sockets():
    return await closed_by_operator("log-out")


@slow_case
async def deactivation_closes_a_user_s_sockets():
    return await closed_by_operator("deactivate")


@slow_case
async def deletion_closes_a_user_s_sockets():
    return await closed_by_operator("delete", "--yes")


@slow_case
async def a_new_password_closes_a_user_s_sockets():
    return await closed_by_operator("set-password", "--password-stdin", stdin="other-horse-8\n")


@slow_case
async def a_socket_lives_as_long_as_its_access_token():
    session = await logged_in(SHORT_LIVED_API)
    socket = await session.by_header()
    left = (await who(socket))["expires_at"] - time.time()
    expires = time.monotonic() + left
    result = await closed(expires, 60, socket)
    assert socket.closed_at >= expires - 1, f"closed {expires - socket.closed_at:.1f} s too early"
    return f"{result} counted from its token's end"


async def run(function):
    name = function.__name__.replace("_s_", "'s ").replace("_", " ")
    try:
        result = await function()
    except Exception:
        print(f"FAILED {name}\n{traceback.format_exc()}", flush=True)
        return False
    print(f"ok {name}{': ' + result if result else ''}", flush=True)
    return True


async def main():
    slow = [asyncio.create_task(run(function)) for function in SLOW_CASES]
    outcomes = [await run(function) for function in CASES] + await asyncio.gather(*slow)
    print(f"sockets: {outcomes.count(True)} passed, {outcomes.count(False)} failed", flush=True)
    return 0 if all(outcomes) else 1


sys.exit(asyncio.run(main()))
