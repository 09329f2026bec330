"""Follows docs/guides/jwt-authorizer.md."""

import json
from pathlib import Path

from cases import Cases, ask
from local_aws import LocalAws
from pages import Guide
from service import Service

PLACEHOLDER = "https://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com"


def run(cases: Cases, service: Service, aws: LocalAws, folder: Path, rider: str) -> None:
    guide = Guide("jwt-authorizer", cases, folder)
    guide.copy_template(service.binaries)
    placeholders = {"https://auth.example.com": service.issuer}
    discovery = json.loads(guide.follow(aws.environment, placeholders))
    cases.check("jwt: the issuer names itself", discovery["issuer"], service.issuer)
    deployed = guide.follow(aws.environment, placeholders)
    stack = aws.stack("rides")
    cases.check("jwt: the page's commands print the Url", stack.outputs["Url"] in deployed, True)
    stack.mend_http_apis()
    url = "http://" + aws.api(stack, "Api")
    seen = json.loads(guide.follow(aws.environment, placeholders | {PLACEHOLDER: url}))
    cases.check("jwt: the page's access token opens the route", seen, {"rider": rider, "rides": []})

    tokens = service.log_in("rider@example.com")
    rides = url + "/rides"
    cases.check("jwt: an access token", ask(rides, token=tokens.access).status, 200)
    cases.check("jwt: no token", ask(rides).status, 401)
    cases.check("jwt: a changed signature", ask(rides, token=tokens.tampered()).status, 401)
    cases.check("jwt: a refresh token", ask(rides, token=tokens.refresh).status, 401)
    gateway = aws.client("apigatewayv2")
    api = stack.physical_ids["Api"]
    [authorizer] = gateway.get_authorizers(ApiId=api)["Items"]
    others = {"audience": (service.issuer, "other"), "issuer": (service.issuer + "/other", "faregate")}
    for name, (issuer, audience) in others.items():
        configuration = {"Issuer": issuer, "Audience": [audience]}
        gateway.update_authorizer(ApiId=api, AuthorizerId=authorizer["AuthorizerId"], JwtConfiguration=configuration)
        cases.check(f"jwt: another {name}", ask(rides, token=tokens.access).status, 401)
    cases.left_out("jwt: a key that arrives later", "ministack keeps a JWKS for two hours, as API Gateway may")
    guide.all_followed()
