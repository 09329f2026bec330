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
        for table, key in touched(json.loads(body)):
            what = f"{action} {table} {re.sub('#.*', '#*', key)}"
            if not any(allows(statement, action, table, key) for statement in self._statements):
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


def touched(request: dict[str, Any]) -> list[tuple[str, str]]:
    """The tables and partition keys of a request, which is what `dynamodb:LeadingKeys` looks at."""
    if "RequestItems" in request:
        items = request["RequestItems"].items()
        return [(table, key["pk"]["S"]) for table, part in items for key in part["Keys"]]
    if "KeyConditionExpression" in request:
        equal = re.search(r"(#?\w+)\s*=\s*(:\w+)", request["KeyConditionExpression"])
        value = request["ExpressionAttributeValues"][equal[2]]["S"] if equal else "*"
        return [(request["TableName"], value)]
    key = request.get("Key") or request.get("Item") or {}
    return [(request.get("TableName", "*"), key.get("pk", {}).get("S", "*"))]


def allows(statement: dict[str, Any], action: str, table: str, key: str) -> bool:
    """Whether a statement of these templates' kind allows it; an operator that is not known here allows nothing."""
    if statement["Effect"] != "Allow" or f"dynamodb:{action}" not in as_list(statement["Action"]):
        return False
    if not any(resource.endswith(f":table/{table}") for resource in as_list(statement["Resource"])):
        return False
    for operator, condition in statement["Condition"].items():
        wanted = as_list(condition["dynamodb:LeadingKeys"])
        match operator:
            case "ForAllValues:StringEquals":
                holds = key in wanted
            case "ForAllValues:StringLike":
                holds = any(fnmatchcase(key, pattern) for pattern in wanted)
            case _:
                holds = False
        if not holds:
            return False
    return True


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
