"""The key ring of a deployed stack moves on by its schedule alone."""

import json
from typing import Any

from cases import Cases, ask, wait_until
from local_aws import LocalAws, Stack

DAY_MILLISECONDS = 86_400_000
# The schedule calls once a minute.
SECONDS = 130


def items_of(aws: LocalAws, stack: Stack, partition: str) -> list[dict[str, Any]]:
    found = aws.client("dynamodb").query(
        TableName=stack.outputs["KeysTableName"], KeyConditionExpression="pk = :partition",
        ExpressionAttributeValues={":partition": {"S": partition}},
    )
    return found["Items"]


def age_keys(cases: Cases, aws: LocalAws, stack: Stack) -> None:
    """Has the keys of the first log-in sign for a hundred days already."""
    for partition in ("PUBLIC", "REFRESH"):
        active = [item for item in items_of(aws, stack, partition) if item["key_state"]["S"] == "active"]
        cases.check(f"keys: the first log-in made one, {partition}", len(active), 1)
        for item in active:
            since = int(item["since"]["N"]) - 100 * DAY_MILLISECONDS
            aws.client("dynamodb").update_item(
                TableName=stack.outputs["KeysTableName"], Key={"pk": item["pk"], "sk": item["sk"]},
                UpdateExpression="SET since = :since", ExpressionAttributeValues={":since": {"N": str(since)}},
            )


def wait_for_the_next(cases: Cases, aws: LocalAws, stack: Stack) -> None:
    for partition in ("PUBLIC", "REFRESH"):
        wait_until("a second key", lambda: len(items_of(aws, stack, partition)) > 1, seconds=SECONDS)
        states = sorted(item["key_state"]["S"] for item in items_of(aws, stack, partition))
        cases.check(f"keys: the schedule published the next, {partition}", states, ["active", "next"])


def check_documents(cases: Cases, url: str) -> None:
    """What verifiers elsewhere read. An `issuer` that ran before would show the ring of up to five minutes ago."""
    configuration = json.loads(ask(url + "/.well-known/openid-configuration").body)
    cases.check("keys: the issuer names itself", configuration["issuer"], url)
    keys = json.loads(ask(configuration["jwks_uri"]).body)["keys"]
    cases.check("keys: both keys are published", len({key["kid"] for key in keys}), 2)
