"""Deploys to a local AWS and tries everything; `infra/try-deploy` calls it with the folder that `sam build` filled and
what it was built for."""

import os
import signal
import sys
import tempfile
from pathlib import Path

import contract
import leaks
import live
import mending
import refusals
import rotation
import walkthrough
from cases import Cases
from client import Client
from local_aws import LocalAws, Stack
from management import Management
from project import Project
from sockets import Sockets

# What is built here runs here; and who looks on cannot wait for an hour.
DEV = {"Architecture": sys.argv[2], "RotateKeysSchedule": "rate(1 minute)"}
CONTRACT = "faregate-contract"
LOG_LINES = 60


def deploy(cases: Cases, project: Project, what: str, parameters: dict[str, str], *options: str) -> None:
    deployed = project.deploy("dev", parameters, *options)
    cases.check(what, "" if deployed.ok else deployed.output, "")
    if not deployed.ok:
        raise RuntimeError(f"{what}: not deployed")


class Dev:
    """The stack that `sam deploy --config-env dev` makes."""

    def __init__(self, cases: Cases, aws: LocalAws, project: Project, management: Management, folder: Path) -> None:
        self._cases, self._aws, self._project, self._folder = cases, aws, project, folder
        self._management = management
        self._secrets: dict[str, str] = {}
        self._stack: Stack | None = None

    def first(self) -> None:
        """Deploys it, follows the README, and makes the keys old."""
        deploy(self._cases, self._project, "sam deploy --config-env dev", DEV)
        stack = self._aws.stack("faregate-dev")
        mending.mend(self._aws, stack, self._management)
        self._secrets |= walkthrough.run(self._cases, "http://" + self._aws.api(stack, "HttpApi"), self._folder)
        rotation.age_keys(self._cases, self._aws, stack)
        self._stack = stack

    def second(self) -> None:
        """Lets the schedule rotate, updates the stack so that it names its address, and looks from the outside."""
        cases, aws, stack = self._cases, self._aws, self._stack
        if stack is None:
            raise RuntimeError("the first deploy failed")
        client = Client("http://" + aws.api(stack, "HttpApi"))
        rotation.wait_for_the_next(cases, aws, stack)
        deploy(cases, self._project, "sam deploy, an update", DEV | {"TokenIssuer": client.url})
        mending.mend_sockets(stack, self._management)
        rotation.check_documents(cases, client.url)
        sockets = Sockets("ws://" + aws.api(stack, "WebSocketApi", "live"))
        cases.attempt("smoke test", lambda: live.check_smoke_test(cases, client))
        cases.attempt("sockets", lambda: self._keep(live.check_sockets(cases, client, sockets)))
        client.sign_up("rides@example.com")
        cases.attempt(
            "protected API", lambda: self._keep(live.check_protected_api(cases, aws, self._project, client))
        )
        cases.attempt("a missing right", lambda: live.check_missing_right(cases, aws, stack, client))
        cases.attempt("faregate", lambda: live.check_command(cases, aws, stack, client))
        cases.attempt("secrets", lambda: leaks.check(cases, aws, stack, self._secrets))

    def _keep(self, secrets: dict[str, str]) -> None:
        self._secrets |= secrets


def recorded_contract(cases: Cases, aws: LocalAws, project: Project, management: Management) -> None:
    deploy(cases, project, "sam deploy, for the contract", DEV | contract.PARAMETERS, "--stack-name", CONTRACT)
    stack = aws.stack(CONTRACT)
    mending.mend(aws, stack, management)
    contract.run(cases, aws, stack)


def run(cases: Cases, built: Path, folder: Path) -> None:
    with LocalAws(folder, checks_rights=True) as aws, Management(aws) as management:
        project_folder = folder / "project"
        project_folder.mkdir()
        project = Project(aws, project_folder, built, cases)
        mending.announce(cases)
        dev = Dev(cases, aws, project, management, folder)
        cases.attempt("refusals", lambda: refusals.check(cases, aws, project))
        cases.attempt("dev", dev.first)
        # The schedule has its minute meanwhile.
        cases.attempt("contract", lambda: recorded_contract(cases, aws, project, management))
        cases.attempt("dev, the update", dev.second)
    if cases.failed:
        end = aws.log.read_text(errors="replace").splitlines()[-LOG_LINES:]
        print("the end of ministack's log:\n" + "\n".join(end))


def main() -> int:
    # Also when it is told to stop, what it started is stopped.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    os.environ.update({"NO_PROXY": "127.0.0.1,localhost", "no_proxy": "127.0.0.1,localhost"})
    cases = Cases()
    with tempfile.TemporaryDirectory(prefix="try-deploy-") as folder:
        run(cases, Path(sys.argv[1]).resolve(), Path(folder))
    print(f"try-deploy: {cases.passed} passed, {len(cases.failed)} failed")
    return 1 if cases.failed else 0


if __name__ == "__main__":
    sys.exit(main())
