"""Follows docs/guides/websocket-api.md."""

import contextlib
import io
import json
from pathlib import Path
from typing import Any

from websockets.sync.client import connect

from cases import Cases
from least_privilege import Gate
from local_aws import LocalAws, Stack
from pages import Guide
from service import Service
from sockets import MEMBERS, Sockets, closed, refused, who

PLACEHOLDER = "wss://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com/live"
SCHEDULED = {"source": "aws.events", "detail-type": "Scheduled Event"}
FUNCTIONS = {"ws-authorizer": "WsAuthorizer", "ws-connect": "WsConnect", "ws-reaper": "WsReaper"}


def run(cases: Cases, service: Service, aws: LocalAws, folder: Path, rider: str) -> None:
    with contextlib.ExitStack() as stack:
        gates = {binary: stack.enter_context(Gate(service.database)) for binary in FUNCTIONS}
        follow(Guide("websocket-api", cases, folder), cases, service, aws, gates, rider)
        for binary, gate in gates.items():
            gate.check(binary, cases)


def follow(guide: Guide, cases: Cases, service: Service, aws: LocalAws, gates: dict[str, Gate], rider: str) -> None:
    variables: dict[str, dict[str, Any]] = {
        binary: {"AWS_ENDPOINT_URL_DYNAMODB": gate.url} for binary, gate in gates.items()
    }
    for binary in ("ws-connect", "ws-reaper"):
        variables[binary]["FAREGATE_WS_ENDPOINT"] = {"Fn::Sub": f"{aws.url}/_aws/execute-api/${{Api}}/live"}
    guide.copy_template(service.binaries, variables, left_out=("ApiDefaultRouteResponse",))
    cases.left_out("websocket: AWS::ApiGatewayV2::RouteResponse", "not in ministack's CloudFormation; made by a call")
    placeholders = {"https://auth.example.com": service.issuer, "sam build --beta-features\n": ""}
    deployed = guide.follow(aws.environment, placeholders)
    stack = aws.stack("rides-live")
    printed = all(stack.outputs[name] in deployed for name in ("Url", "Reaper"))
    cases.check("websocket: the page's commands print the Url and the Reaper", printed, True)
    stack.add_route_response("Api")
    for binary, gate in gates.items():
        gate.obey(aws, stack.physical_ids[FUNCTIONS[binary]])

    sockets = Sockets("ws://" + aws.api(stack, "Api", "live"))
    ticket = json.loads(guide.follow(aws.environment, placeholders))
    cases.check("websocket: a ticket lives 30 s", ticket["expires_in"], 30)
    program = guide.next_program({PLACEHOLDER: sockets.url, "TICKET": ticket["ticket"]})
    with contextlib.redirect_stdout(io.StringIO()) as output:
        exec(program, {})  # the page's own client
    cases.check("websocket: the page's client", json.loads(output.getvalue())["id"], rider)
    cases.check("websocket: a spent ticket", refused(lambda: sockets.by_ticket(ticket["ticket"])), True)
    guide.all_followed()

    three_ways(cases, service, sockets)
    refusals(cases, service, sockets)
    reaping(cases, service, sockets, Reaper(aws, stack))


def three_ways(cases: Cases, service: Service, sockets: Sockets) -> None:
    tokens = service.log_in("rider@example.com")
    ways = {
        "header": lambda: sockets.by_header(tokens.access),
        "subprotocol": lambda: sockets.by_subprotocol(tokens.access),
        "ticket": lambda: sockets.by_ticket(service.ticket(tokens)),
    }
    for name, way in ways.items():
        with way() as socket:
            answer = who(socket)
            cases.check(f"websocket, {name}: members", sorted(answer), MEMBERS)
            cases.check(f"websocket, {name}: who", answer.get("username"), "rider@example.com")
    cases.left_out("websocket: the subprotocol comes back", "ministack sends no Sec-WebSocket-Protocol")


def refusals(cases: Cases, service: Service, sockets: Sockets) -> None:
    tokens = service.log_in("rider@example.com")
    for name, token in (("changed", tokens.tampered()), ("refresh", tokens.refresh), ("nonsense", "nonsense")):
        cases.check(f"websocket: a {name} token in the header", refused(lambda: sockets.by_header(token)), True)
        cases.check(f"websocket: a {name} token as subprotocol", refused(lambda: sockets.by_subprotocol(token)), True)
    cases.check("websocket: no credentials", refused(lambda: connect(sockets.url)), True)
    cases.check("websocket: an unknown ticket", refused(lambda: sockets.by_ticket("unknown")), True)
    in_query = f"{sockets.url}?token={tokens.access}"
    cases.check("websocket: an access token in the query", refused(lambda: connect(in_query)), True)
    service.log_out(tokens)
    cases.check("websocket: after log-out", refused(lambda: sockets.by_header(tokens.access)), True)


class Reaper:
    def __init__(self, aws: LocalAws, stack: Stack) -> None:
        self._functions = aws.client("lambda")
        self._name = stack.outputs["Reaper"]
        self.schedules = [rule["ScheduleExpression"] for rule in aws.client("events").list_rules()["Rules"]]

    def invoke(self, event: dict[str, Any]) -> bool:
        """Whether it did its work."""
        answer = self._functions.invoke(FunctionName=self._name, Payload=json.dumps(event).encode())
        return "FunctionError" not in answer


def reaping(cases: Cases, service: Service, sockets: Sockets, reaper: Reaper) -> None:
    cases.check("websocket: the reaper's schedule", reaper.schedules, ["rate(1 minute)"])
    ann, bob = service.sign_up("ann@example.com"), service.sign_up("bob@example.com")
    for name, event in (("as log-out calls it", {"user_id": ann}), ("as the schedule calls it", SCHEDULED)):
        ending, staying, another = (service.log_in(who) for who in ("ann@example.com",) * 2 + ("bob@example.com",))
        with contextlib.ExitStack() as stack:
            closing, *others = (stack.enter_context(sockets.by_header(t.access)) for t in (ending, staying, another))
            cases.check(f"websocket, {name}: open before", [who(s)["id"] for s in (closing, *others)], [ann, ann, bob])
            service.log_out(ending)
            cases.check(f"websocket, {name}: the reaper", reaper.invoke(event), True)
            cases.check(f"websocket, {name}: the session's socket is closed", closed(closing), True)
            cases.check(f"websocket, {name}: others stay open", [who(s)["id"] for s in others], [ann, bob])
