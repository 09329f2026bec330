"""Looks for plain secrets where they must not be: the tables and the log lines of a deployed stack."""

import json
from collections.abc import Mapping
from typing import Any

from cases import Cases
from local_aws import LocalAws, Stack


def check(cases: Cases, aws: LocalAws, stack: Stack, secrets: Mapping[str, str]) -> None:
    lines = log_lines(aws, stack.outputs["LogGroupName"])
    places = {
        "the users table": json.dumps(scan(aws, stack.outputs["UsersTableName"])),
        "the public keys": json.dumps(scan(aws, stack.outputs["KeysTableName"], "PUBLIC")),
        "the log": "\n".join(lines),
    }
    # Without these there would be nothing to find anything in.
    cases.check("secrets: the users table was read", "rider@example.com" in places["the users table"], True)
    cases.check("secrets: the public keys were read", "RS256" in places["the public keys"], True)
    cases.check("log: a JSON line for a request", any(is_request(line) for line in lines), True)
    metrics = [found for line in lines for found in namespaces(line)]
    cases.check("log: metrics of this stack", set(metrics), {f"Faregate/{stack.name}"})
    for where, text in places.items():
        for name, secret in secrets.items():
            # Of a token, its signature is what nobody may have.
            cases.check(f"secrets: {name} is not in {where}", secret.rpartition(".")[2] in text, False)


def scan(aws: LocalAws, table: str, partition: str | None = None) -> list[dict[str, Any]]:
    pages = aws.client("dynamodb").get_paginator("scan").paginate(TableName=table)
    items = [item for page in pages for item in page["Items"]]
    return [item for item in items if partition is None or item["pk"]["S"] == partition]


def log_lines(aws: LocalAws, group: str) -> list[str]:
    pages = aws.client("logs").get_paginator("filter_log_events").paginate(logGroupName=group)
    return [event["message"] for page in pages for event in page["events"]]


def is_request(line: str) -> bool:
    return {"http.status", "http.route"} <= members(line).keys()


def namespaces(line: str) -> list[str]:
    """Where CloudWatch puts the metrics that are embedded in a line."""
    return [directive["Namespace"] for directive in members(line).get("_aws", {}).get("CloudWatchMetrics", [])]


def members(line: str) -> dict[str, Any]:
    try:
        fields = json.loads(line)
    except ValueError:
        return {}
    return fields if isinstance(fields, dict) else {}
