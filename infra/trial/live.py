"""What the deployed service does for others: open sockets, an API behind its tokens, an operator's command."""

import contextlib
import os
import subprocess
from pathlib import Path

import leaks
from cases import Cases, ask, clean_environment
from client import PASSWORD, Client, Tokens
from local_aws import ROOT, LocalAws, Stack
from project import Project
from sockets import MEMBERS, Sockets, closed, refused, who

RIDES = ROOT / "docs/guides/jwt-authorizer/template.yaml"
# The schedule would close a socket too, within a minute.
AT_ONCE_SECONDS = 10


def check_sockets(cases: Cases, client: Client, sockets: Sockets) -> dict[str, str]:
    """Three ways in; out by a log-out. Gives the secrets that were used."""
    user = client.sign_up("socket@example.com")
    tokens, other = client.log_in("socket@example.com"), client.log_in("socket@example.com")
    ticket = client.ticket(tokens)
    ways = {
        "header": lambda: sockets.by_header(tokens.access),
        "subprotocol": lambda: sockets.by_subprotocol(tokens.access),
        "ticket": lambda: sockets.by_ticket(ticket),
    }
    with contextlib.ExitStack() as stack:
        opened = {name: stack.enter_context(way()) for name, way in ways.items()}
        staying = stack.enter_context(sockets.by_header(other.access))
        for name, socket in opened.items():
            answer = who(socket)
            cases.check(f"socket, {name}: members", sorted(answer), MEMBERS)
            cases.check(f"socket, {name}: who", answer.get("id"), user)
        client.log_out(tokens)
        for name, socket in opened.items():
            cases.check(f"socket, {name}: closed by the log-out", closed(socket, AT_ONCE_SECONDS), True)
        cases.check("socket of another session: stays", who(staying).get("id"), user)
    cases.left_out("socket: the subprotocol comes back", "ministack sends no Sec-WebSocket-Protocol")
    cases.check("socket: a spent ticket", refused(lambda: sockets.by_ticket(ticket)), True)
    cases.check("socket: a changed token", refused(lambda: sockets.by_header(other.tampered())), True)
    cases.check("socket: after log-out", refused(lambda: sockets.by_header(tokens.access)), True)
    return {"a ticket": ticket} | named("socket", tokens) | named("other socket", other)


def named(whose: str, tokens: Tokens) -> dict[str, str]:
    return {f"access token, {whose}": tokens.access, f"refresh token, {whose}": tokens.refresh}


def check_protected_api(cases: Cases, aws: LocalAws, project: Project, client: Client) -> dict[str, str]:
    """A second stack: somebody's own API behind API Gateway's JWT authorizer."""
    deployed = project.run(
        "--template-file", str(RIDES), "--stack-name", "rides", "--capabilities", "CAPABILITY_IAM", "--resolve-s3",
        "--no-confirm-changeset", "--parameter-overrides", f"Issuer={client.url}",
    )
    cases.check("protected API: deployed", "" if deployed.ok else deployed.output, "")
    stack = aws.stack("rides")
    stack.mend_http_apis()
    rides = "http://" + aws.api(stack, "Api") + "/rides"
    tokens = client.log_in("rides@example.com")
    answer = ask(rides, token=tokens.access)
    cases.check("protected API: an access token", (answer.status, "rider" in answer.body), (200, True))
    cases.check("protected API: no token", ask(rides).status, 401)
    cases.check("protected API: a changed token", ask(rides, token=tokens.tampered()).status, 401)
    cases.check("protected API: a refresh token", ask(rides, token=tokens.refresh).status, 401)
    return named("rides", tokens)


def check_missing_right(cases: Cases, aws: LocalAws, stack: Stack, client: Client) -> None:
    """A right is taken away from a role: trouble of our own, which the log names."""
    iam, role, policy = aws.client("iam"), stack.physical_ids["MeRole"], stack.physical_ids["ReadCaller"]
    token = client.log_in("rides@example.com").access
    iam.detach_role_policy(RoleName=role, PolicyArn=policy)
    refused = ask(client.url + "/api/me/", token=token)
    iam.attach_role_policy(RoleName=role, PolicyArn=policy)
    cases.check("a missing right: 503", (refused.status, "Retry-After" in refused.headers), (503, True))
    wanted = "the function's role lacks dynamodb:BatchGetItem there"
    said = any(wanted in line for line in leaks.log_lines(aws, stack.outputs["LogGroupName"]))
    cases.check("a missing right: the log says which", said, True)
    cases.check("a missing right: given back", ask(client.url + "/api/me/", token=token).status, 200)


def check_smoke_test(cases: Cases, client: Client) -> None:
    """What the deploy workflow asks a stack, as a user of its own that it deletes again."""
    done = subprocess.run(
        [ROOT / "infra/smoke-test", client.url], env=clean_environment(), stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=120,
    )
    lines = done.stdout.splitlines() or [""]
    found = "" if (done.returncode, lines[-1]) == (0, "smoke test: passed") else done.stdout + done.stderr
    cases.check("infra/smoke-test", found, "")


def check_command(cases: Cases, aws: LocalAws, stack: Stack, client: Client) -> None:
    """`faregate` looks at a user of the stack, and keeps the user out."""
    binary = ROOT / Path(os.environ.get("CARGO_TARGET_DIR", "target")) / "debug/faregate"
    environment = aws.environment | {
        "AWS_REGION": aws.environment["AWS_DEFAULT_REGION"],
        "FAREGATE_TABLE": stack.outputs["UsersTableName"],
        "FAREGATE_KEYS_TABLE": stack.outputs["KeysTableName"],
        "FAREGATE_WS_REAPER_FUNCTION": stack.outputs["ReaperName"],
    }

    def faregate(*arguments: str) -> str:
        done = subprocess.run([binary, *arguments], env=environment, capture_output=True, text=True, timeout=30)
        return done.stdout if done.returncode == 0 else f"{done.returncode}: {done.stderr}"

    shown = faregate("users", "show", "socket@example.com", "--json")
    cases.check("faregate: shows a user", '"socket@example.com"' in shown, True)
    cases.check("faregate: lists both keys of each use", faregate("keys", "list", "--json").count('"kid"'), 4)
    cases.check("faregate: deactivates", "active" in faregate("users", "deactivate", "socket@example.com"), True)
    log_in = client.post("/api/log_in/", username="socket@example.com", password=PASSWORD)
    cases.check("faregate: who is inactive logs in no more", log_in.status, 401)
