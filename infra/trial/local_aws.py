"""A local AWS (ministack), and what its CloudFormation leaves undone."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from cases import clean_environment, end_group, free_port, wait_until_it_listens

ROOT = Path(__file__).parents[2]
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}


class LocalAws:
    def __init__(self, folder: Path, *, checks_rights: bool = False) -> None:
        """With `checks_rights` functions have the rights that their roles give them, and no others."""
        port = free_port()
        self.address = f"127.0.0.1:{port}"
        self.url = f"http://{self.address}"
        self.log = folder / "ministack.log"
        scratch = folder / "ministack"
        scratch.mkdir()
        # Two of its services would take ports of their own.
        self._environment = clean_environment(
            GATEWAY_PORT=str(port), BIND_HOST="127.0.0.1", SFTP_ENABLED="0", IOT_MTLS_ENABLED="0",
            TMPDIR=str(scratch), STATE_DIR=str(scratch / "state"), S3_DATA_DIR=str(scratch / "s3"),
            # The functions that it starts inherit it, and so call this AWS.
            AWS_ENDPOINT_URL=self.url, AUTH="true" if checks_rights else "false",
        )
        # For commands that ask this AWS.
        self.environment = clean_environment(**CREDENTIALS, AWS_ENDPOINT_URL=self.url, SAM_CLI_TELEMETRY="0")

    def __enter__(self) -> "LocalAws":
        with self.log.open("wb") as log:
            # A process group of its own: the functions that it starts end with it.
            self._process = subprocess.Popen(
                [ROOT / ".tools/ministack/bin/ministack"],
                env=self._environment, stdout=log, stderr=log, start_new_session=True,
            )
        wait_until_it_listens("ministack", self.url + "/_ministack/health", self, self._process)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            pass
        end_group(self._process)

    def client(self, service: str) -> Any:
        return boto3.client(
            service, endpoint_url=self.url, region_name=CREDENTIALS["AWS_DEFAULT_REGION"],
            aws_access_key_id="test", aws_secret_access_key="test", config=Config(retries={"max_attempts": 1}),
        )

    def api(self, stack: "Stack", logical_id: str, stage: str = "") -> str:
        """Where an API of a stack answers, without a scheme and, as at AWS, without the stage `$default`."""
        return f"{self.address}/_aws/execute-api/{stack.physical_ids[logical_id]}/{stage}".rstrip("/")

    def stack(self, name: str) -> "Stack":
        return Stack(self, name)


class Stack:
    """A deployed stack, seen through its processed template."""

    def __init__(self, aws: LocalAws, name: str) -> None:
        self._aws = aws
        formation = aws.client("cloudformation")
        described = formation.describe_stacks(StackName=name)["Stacks"][0]
        self.name = name
        self.outputs = {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])}
        self._parameters = {p["ParameterKey"]: p["ParameterValue"] for p in described.get("Parameters", [])}
        resources = formation.describe_stack_resources(StackName=name)["StackResources"]
        self.physical_ids = {r["LogicalResourceId"]: r["PhysicalResourceId"] for r in resources}
        body = formation.get_template(StackName=name, TemplateStage="Processed")["TemplateBody"]
        self.template = json.loads(body) if isinstance(body, str) else body

    def mend_http_apis(self) -> None:
        """Makes the authorizers, integrations and routes of an OpenAPI `Body`, which ministack ignores."""
        for logical_id, resource in self.template["Resources"].items():
            if resource["Type"] == "AWS::ApiGatewayV2::Api" and "Body" in resource["Properties"]:
                body = resource["Properties"]["Body"]
                schemes = body.get("components", {}).get("securitySchemes", {})
                self._mend(self.physical_ids[logical_id], self.resolve(body["paths"]), self.resolve(schemes))

    def _mend(self, api_id: str, paths: dict[str, Any], schemes: dict[str, Any]) -> None:
        gateway = self._aws.client("apigatewayv2")
        authorizers = {
            name: gateway.create_authorizer(ApiId=api_id, Name=name, **authorizer(scheme))
            for name, scheme in schemes.items()
        }
        for path, methods in paths.items():
            for method, operation in methods.items():
                integration = operation["x-amazon-apigateway-integration"]
                made = gateway.create_integration(
                    ApiId=api_id, IntegrationType="AWS_PROXY", IntegrationUri=integration["uri"],
                    PayloadFormatVersion=integration["payloadFormatVersion"],
                )
                protection: dict[str, str] = {}
                for name in (name for requirement in operation.get("security", []) for name in requirement):
                    kind = "JWT" if authorizers[name]["AuthorizerType"] == "JWT" else "CUSTOM"
                    protection = {"AuthorizationType": kind, "AuthorizerId": authorizers[name]["AuthorizerId"]}
                method = "ANY" if method == "x-amazon-apigateway-any-method" else method.upper()
                target = f"integrations/{made['IntegrationId']}"
                for key in route_keys(method, path):
                    gateway.create_route(ApiId=api_id, RouteKey=key, Target=target, **protection)

    def add_route_response(self, logical_id: str) -> None:
        """Lets the answers of `$default` of a WebSocket API out: CloudFormation knows no RouteResponse in ministack."""
        gateway, api_id = self._aws.client("apigatewayv2"), self.physical_ids[logical_id]
        [route] = [route for route in gateway.get_routes(ApiId=api_id)["Items"] if route["RouteKey"] == "$default"]
        gateway.create_route_response(ApiId=api_id, RouteId=route["RouteId"], RouteResponseKey="$default")

    def set_variables(self, logical_id: str, **variables: str) -> None:
        """Sets environment variables of a function; the others stay."""
        functions, name = self._aws.client("lambda"), self.physical_ids[logical_id]
        now = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
        functions.update_function_configuration(FunctionName=name, Environment={"Variables": now | variables})

    def resolve(self, value: Any) -> Any:
        """A part of the template with its intrinsic functions replaced by what they give."""
        if isinstance(value, list):
            return [self.resolve(item) for item in value]
        if not isinstance(value, dict):
            return value
        match list(value.items()):
            case [("Ref", name)]:
                return self._reference(name)
            case [("Fn::GetAtt", [name, "Arn"])]:
                return self._arn(name)
            case [("Fn::Sub", [text, names])]:
                return self._substitute(text, self.resolve(names))
            case [("Fn::Sub", text)]:
                return self._substitute(text, {})
        return {key: self.resolve(item) for key, item in value.items()}

    def _substitute(self, text: str, names: dict[str, str]) -> str:
        def one(match: re.Match[str]) -> str:
            name = match[1]
            if name in names:
                return names[name]
            return self._arn(name.removesuffix(".Arn")) if name.endswith(".Arn") else self._reference(name)

        return re.sub(r"\$\{([^}]+)\}", one, text)

    def _reference(self, name: str) -> str:
        pseudo = {
            "AWS::Partition": "aws", "AWS::Region": CREDENTIALS["AWS_DEFAULT_REGION"],
            "AWS::AccountId": "000000000000", "AWS::URLSuffix": "amazonaws.com", "AWS::StackName": self.name,
        }
        return (pseudo | self._parameters | self.physical_ids)[name]

    def _arn(self, logical_id: str) -> str:
        functions = self._aws.client("lambda")
        return functions.get_function(FunctionName=self.physical_ids[logical_id])["Configuration"]["FunctionArn"]


def route_keys(method: str, path: str) -> list[str]:
    """The routes for a path; `{proxy+}` wants one character in ministack, so `/` behind the path is one of its own."""
    if path == "/$default":
        return ["$default"]
    found = [f"{method} {path}"]
    if path.endswith("/{proxy+}"):
        found.append(f"{method} {path.removesuffix('{proxy+}')}")
    return found


def authorizer(scheme: dict[str, Any]) -> dict[str, Any]:
    """The arguments of CreateAuthorizer for a security scheme that SAM wrote."""
    given = scheme["x-amazon-apigateway-authorizer"]
    source = given["identitySource"]
    if given["type"] == "jwt":
        configuration = given["jwtConfiguration"]
        return {
            "AuthorizerType": "JWT", "IdentitySource": [source],
            "JwtConfiguration": {"Issuer": configuration["issuer"], "Audience": configuration["audience"]},
        }
    return {
        "AuthorizerType": "REQUEST", "IdentitySource": source, "AuthorizerUri": given["authorizerUri"],
        "AuthorizerPayloadFormatVersion": given["authorizerPayloadFormatVersion"],
        "EnableSimpleResponses": given["enableSimpleResponses"],
        "AuthorizerResultTtlInSeconds": int(given["authorizerResultTtlInSeconds"]),
    }
