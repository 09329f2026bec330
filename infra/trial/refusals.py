"""Parameters that are wrong or contradict each other: refused with their names, before anything is made."""

from botocore.exceptions import ClientError

from cases import Cases
from local_aws import LocalAws
from project import Project

REFUSED = {
    "DomainName without its certificate": ({"DomainName": "auth.example.com"}, "CertificateArn"),
    "DefaultEndpoint without a domain": ({"DefaultEndpoint": "disabled"}, "DomainName"),
    "a policy that does not exist": ({"PasswordPolicy": "none"}, "PasswordPolicy"),
    "a key that is too short": ({"Hs256Key": "short"}, "Hs256Key"),
}
STACK = "faregate-refused"


def check(cases: Cases, aws: LocalAws, project: Project) -> None:
    for name, (parameters, parameter) in REFUSED.items():
        deployed = project.deploy("dev", parameters, "--stack-name", STACK)
        cases.check(f"refused, {name}: the deploy fails", deployed.ok, False)
        error = deployed.output.rpartition("Error:")[2]
        cases.check(f"refused, {name}: the message names it", parameter in error or error, True)
        cases.check(f"refused, {name}: nothing was made", resources(aws), [])


def resources(aws: LocalAws) -> list[str]:
    try:
        found = aws.client("cloudformation").describe_stack_resources(StackName=STACK)["StackResources"]
    except ClientError:
        return []
    return [resource["LogicalResourceId"] for resource in found]
