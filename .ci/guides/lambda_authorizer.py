"""Follows docs/guides/lambda-authorizer.md."""

import json
from pathlib import Path

from cases import Cases, ask
from least_privilege import Gate
from local_aws import LocalAws, Stack
from pages import Guide
from service import Service

HTTP_PLACEHOLDER = "https://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com"
REST_PLACEHOLDER = "https://f6g7h8i9j0.execute-api.eu-central-1.amazonaws.com/live"
NOWHERE = "http://127.0.0.1:1"


def run(cases: Cases, service: Service, aws: LocalAws, folder: Path, rider: str) -> None:
    with Gate(service.database) as gate:
        follow(Guide("lambda-authorizer", cases, folder), cases, service, aws, gate, rider)
        gate.check("authorizer", cases)


def follow(guide: Guide, cases: Cases, service: Service, aws: LocalAws, gate: Gate, rider: str) -> None:
    guide.copy_template(service.binaries, {"authorizer": {"AWS_ENDPOINT_URL_DYNAMODB": gate.url}})
    cases.left_out("lambda: sam build", "it builds release binaries for minutes; the debug binaries are deployed")
    placeholders = {"https://auth.example.com": service.issuer, "sam build --beta-features\n": ""}
    deployed = guide.follow(aws.environment, placeholders)
    stack = aws.stack("rides-authorizer")
    printed = all(stack.outputs[name] in deployed for name in ("HttpUrl", "RestUrl"))
    cases.check("lambda: the page's commands print the Urls", printed, True)
    stack.mend_http_apis()
    gate.obey(aws, stack.physical_ids["Authorizer"])
    http, rest = "http://" + aws.api(stack, "HttpApi"), "http://" + aws.api(stack, "RestApi", "live")
    seen = guide.follow(aws.environment, placeholders | {HTTP_PLACEHOLDER: http, REST_PLACEHOLDER: rest})
    wanted = {"rider": rider, "username": "rider@example.com", "rides": []}
    both = [json.loads(line) for line in seen.splitlines()]
    cases.check("lambda: the page's access token opens both", both, [wanted, wanted])
    for name, rides in (("http", http + "/rides"), ("rest", rest + "/rides")):
        answers(f"lambda, {name}", cases, service, rides)
    without_cache(cases, service, aws, stack, http + "/rides")
    guide.all_followed()


def answers(name: str, cases: Cases, service: Service, rides: str) -> None:
    """The table of the page, and what API Gateway keeps."""
    tokens = service.log_in("rider@example.com")
    cases.check(f"{name}: an access token", ask(rides, token=tokens.access).status, 200)
    cases.check(f"{name}: no token", ask(rides).status, 401)
    cases.check(f"{name}: a changed signature", ask(rides, token=tokens.tampered()).status, 403)
    cases.check(f"{name}: a refresh token", ask(rides, token=tokens.refresh).status, 403)
    cases.check(f"{name}: nonsense", ask(rides, token="nonsense").status, 403)
    service.log_out(tokens)
    cases.check(f"{name}: a kept answer outlives log-out", ask(rides, token=tokens.access).status, 200)
    unseen = service.log_in("rider@example.com")
    service.log_out(unseen)
    cases.check(f"{name}: after log-out", ask(rides, token=unseen.access).status, 403)


def without_cache(cases: Cases, service: Service, aws: LocalAws, stack: Stack, rides: str) -> None:
    """The same function with other settings, each seen at once."""
    functions, gateway = aws.client("lambda"), aws.client("apigatewayv2")
    name, api = stack.physical_ids["Authorizer"], stack.physical_ids["HttpApi"]
    variables = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    [authorizer] = gateway.get_authorizers(ApiId=api)["Items"]

    def gateway_setting(**setting: object) -> None:
        gateway.update_authorizer(ApiId=api, AuthorizerId=authorizer["AuthorizerId"], **setting)

    def function_setting(**setting: str) -> None:
        functions.update_function_configuration(FunctionName=name, Environment={"Variables": variables | setting})

    gateway_setting(AuthorizerResultTtlInSeconds=0)
    tokens = service.log_in("rider@example.com")
    cases.check("lambda, nothing kept: an access token", ask(rides, token=tokens.access).status, 200)
    service.log_out(tokens)
    cases.check("lambda, nothing kept: after log-out", ask(rides, token=tokens.access).status, 403)
    function_setting(FAREGATE_AUTHORIZER_MODE="stateless")
    cases.check("lambda, stateless: after log-out", ask(rides, token=tokens.access).status, 200)
    cases.check("lambda, stateless: a changed signature", ask(rides, token=tokens.tampered()).status, 403)
    function_setting(FAREGATE_AUTHORIZER_RESPONSE="policy")
    gateway_setting(EnableSimpleResponses=False)
    live = service.log_in("rider@example.com")
    cases.check("lambda, policy: an access token", ask(rides, token=live.access).status, 200)
    cases.check("lambda, policy: after log-out", ask(rides, token=tokens.access).status, 403)
    gateway_setting(AuthorizerPayloadFormatVersion="1.0")
    cases.check("lambda, payload 1.0: an access token", ask(rides, token=live.access).status, 200)
    cases.check("lambda, payload 1.0: after log-out", ask(rides, token=tokens.access).status, 403)
    function_setting(AWS_ENDPOINT_URL_DYNAMODB=NOWHERE)
    cases.check("lambda: DynamoDB is gone", ask(rides, token=live.access).status, 500)
