"""Completes a deployed stack by what ministack's CloudFormation leaves out, each with its reason, and nothing else."""

import json
from typing import Any

from cases import Cases
from local_aws import LocalAws, Stack
from management import Management

LEFT_OUT = {
    "routes and integrations of the HTTP API": "ministack's CloudFormation ignores an OpenAPI Body; made by calls",
    "the last slash": "in ministack {proxy+} wants one character; every /path/{proxy+} gets a route /path/ beside it",
    "the route response of $default": "made by a call",
    "TTL of the tables": "ministack's CloudFormation ignores TimeToLiveSpecification; made by a call",
    "point-in-time recovery": "ministack's CloudFormation ignores PointInTimeRecoverySpecification; made by a call",
    "dynamodb:Select of a batch read": "ministack does not look there; ReadStates goes without the condition",
    "dynamodb:LeadingKeys": "ministack looks at actions, tables and transactions, not at keys; `cargo test` does",
    "FAREGATE_WS_ENDPOINT": "the management API is elsewhere in ministack; set on ws-connect and ws-reaper, to a proxy"
    " that signs as ws-reaper's role, since at a loopback address the function signs with dummy credentials",
}


def announce(cases: Cases) -> None:
    for name, reason in LEFT_OUT.items():
        cases.left_out(name, reason)


def mend(aws: LocalAws, stack: Stack, management: Management) -> None:
    """After the first deploy."""
    stack.mend_http_apis()
    stack.add_route_response("WebSocketApi")
    for logical_id, resource in stack.template["Resources"].items():
        if resource["Type"] == "AWS::DynamoDB::Table":
            mend_table(aws.client("dynamodb"), stack.physical_ids[logical_id], resource["Properties"])
    mend_batch_read(aws.client("iam"), stack.physical_ids["ReadStates"])
    mend_sockets(stack, management)


def mend_sockets(stack: Stack, management: Management) -> None:
    """After every deploy: an update sets a function's environment anew."""
    endpoint = management.endpoint(stack)
    for function in ("WsConnect", "WsReaper"):
        stack.set_variables(function, FAREGATE_WS_ENDPOINT=endpoint)


def mend_table(dynamodb: Any, name: str, properties: dict[str, Any]) -> None:
    dynamodb.update_time_to_live(
        TableName=name, TimeToLiveSpecification=properties["TimeToLiveSpecification"],
    )
    dynamodb.update_continuous_backups(
        TableName=name, PointInTimeRecoverySpecification=properties["PointInTimeRecoverySpecification"],
    )


def mend_batch_read(iam: Any, arn: str) -> None:
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    document = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
    for statement in document["Statement"]:
        del statement["Condition"]["StringEqualsIfExists"]
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(document), SetAsDefault=True)
