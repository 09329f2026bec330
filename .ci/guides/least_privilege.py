"""Stands between a function and DynamoDB, and refuses what the function's own IAM policy does not allow.

The local DynamoDB checks no rights; so the policies in the guides' templates are held to what the functions really ask.
"""

import http.client
import json
import re
import threading
from fnmatch import fnmatchcase
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from cases import Cases
from local_aws import LocalAws

DENIED = {"__type": "com.amazon.coral.service#AccessDeniedException", "message": "not in the function's policy"}
HOP_HEADERS = {"connection", "content-length", "host", "transfer-encoding"}


class Gate:
    """A DynamoDB endpoint for one function. Until it knows the policy it refuses everything."""

    def __init__(self, database: str) -> None:
        gate = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, format: str, *args: object) -> None:
                pass

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                action = self.headers["X-Amz-Target"].rpartition(".")[2]
                status, headers, answer = gate._answer(action, body, dict(self.headers))
                self.send_response(status)
                for name, value in headers:
                    if name.lower() not in HOP_HEADERS:
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

        self._database = urlsplit(database).netloc
        self._statements: list[dict[str, Any]] = []
        self.used: set[str] = set()
        self.refused: set[str] = set()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> "Gate":
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def obey(self, aws: LocalAws, function: str) -> None:
        """Takes the policies of the function's role."""
        iam = aws.client("iam")
        role = aws.client("lambda").get_function_configuration(FunctionName=function)["Role"].rpartition("/")[2]
        names = iam.list_role_policies(RoleName=role)["PolicyNames"]
        documents = [iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"] for name in names]
        self._statements = [statement for document in documents for statement in as_list(document["Statement"])]

    def check(self, name: str, cases: Cases) -> None:
        """The function did what it did with these rights, and needs every one of them."""
        cases.check(f"{name}: what its policy refused", self.refused, set())
        rights = {action for statement in self._statements for action in as_list(statement["Action"])}
        used = {"dynamodb:" + what.partition(" ")[0] for what in self.used}
        cases.check(f"{name}: rights that it has and used", used, {r for r in rights if r.startswith("dynamodb:")})

    def _answer(self, action: str, body: bytes, headers: dict[str, str]) -> tuple[int, list[tuple[str, str]], bytes]:
        for table, key, facts in touched(json.loads(body)):
            what = f"{action} {table} {re.sub('#.*', '#*', key)}"
            if not any(allows(statement, action, table, facts) for statement in self._statements):
                self.refused.add(what)
                return 400, [("Content-Type", "application/x-amz-json-1.0")], json.dumps(DENIED).encode()
            self.used.add(what)
        connection = http.client.HTTPConnection(self._database, timeout=30)
        kept = {name: value for name, value in headers.items() if name.lower() not in HOP_HEADERS}
        connection.request("POST", "/", body, kept)
        response = connection.getresponse()
        answer = response.read()
        connection.close()
        return response.status, response.getheaders(), answer


Facts = dict[str, list[str]]


def touched(request: dict[str, Any]) -> list[tuple[str, str, Facts]]:
    """The tables and partition keys of a request, each with what conditions look at."""
    if "RequestItems" in request:
        items = request["RequestItems"].items()
        return [(t, key["pk"]["S"], facts(key["pk"]["S"], part)) for t, part in items for key in part["Keys"]]
    if "KeyConditionExpression" in request:
        equal = re.search(r"(#?\w+)\s*=\s*(:\w+)", request["KeyConditionExpression"])
        value = request["ExpressionAttributeValues"][equal[2]]["S"] if equal else "*"
        return [(request["TableName"], value, facts(value, request))]
    item = request.get("Key") or request.get("Item") or {}
    key = item.get("pk", {}).get("S", "*")
    return [(request.get("TableName", "*"), key, facts(key, request))]


def facts(key: str, part: dict[str, Any]) -> Facts:
    """A read names its attributes or means all of them; `dynamodb:Select` says which."""
    found = {"dynamodb:LeadingKeys": [key]}
    projection = part.get("ProjectionExpression")
    if projection:
        found["dynamodb:Attributes"] = [name.strip() for name in projection.split(",")]
        found["dynamodb:Select"] = ["SPECIFIC_ATTRIBUTES"]
    elif "Keys" in part or "KeyConditionExpression" in part:
        found["dynamodb:Select"] = ["ALL_ATTRIBUTES"]
    return found


def allows(statement: dict[str, Any], action: str, table: str, found: Facts) -> bool:
    """Whether a statement of these templates' kind allows it; an operator that is not known here allows nothing."""
    if statement["Effect"] != "Allow" or f"dynamodb:{action}" not in as_list(statement["Action"]):
        return False
    if not any(resource.endswith(f":table/{table}") for resource in as_list(statement["Resource"])):
        return False
    conditions = statement["Condition"].items()
    return all(
        holds(operator, found.get(name), as_list(wanted))
        for operator, condition in conditions
        for name, wanted in condition.items()
    )


def holds(operator: str, values: list[str] | None, wanted: list[str]) -> bool:
    match operator:
        # As in IAM, these hold where there is no value at all.
        case "ForAllValues:StringEquals" | "StringEqualsIfExists":
            return all(value in wanted for value in values or [])
        case "ForAllValues:StringLike":
            return all(any(fnmatchcase(value, pattern) for pattern in wanted) for value in values or [])
        case _:
            return False


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
