"""The folder in which `sam deploy` runs: the repository's samconfig.toml and what `sam build` made."""

import os
import shutil
import signal
import subprocess
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from samtranslator.yaml_helper import yaml_parse

from cases import Cases
from local_aws import ROOT, LocalAws

DEPLOY_SECONDS = 180


@dataclass(frozen=True)
class Deployed:
    ok: bool
    output: str


def refused(resource: dict[str, Any]) -> str | None:
    """Why the local CloudFormation would not deploy it."""
    if resource["Type"] == "AWS::ApiGatewayV2::RouteResponse":
        return "knows no AWS::ApiGatewayV2::RouteResponse; a call makes it"
    if resource["Type"] == "AWS::CloudWatch::Alarm" and "Metrics" in resource["Properties"]:
        return "knows no alarm on an expression"
    return None


class Project:
    """Runs `sam deploy` as its user does, on a copy of the built template without what ministack does not know."""

    def __init__(self, aws: LocalAws, folder: Path, built: Path, cases: Cases) -> None:
        self._aws = aws
        self._folder = folder
        self._config = tomllib.loads((ROOT / "samconfig.toml").read_text())
        shutil.copy(ROOT / "samconfig.toml", folder)
        template = yaml_parse((built / "template.yaml").read_text())
        for name, resource in list(template["Resources"].items()):
            reason = refused(resource)
            if reason:
                cases.left_out(f"the resource {name}", f"ministack's CloudFormation {reason}")
                del template["Resources"][name]
            elif resource["Type"] == "AWS::Serverless::Function":
                resource["Properties"]["CodeUri"] = str((built / resource["Properties"]["CodeUri"]).resolve())
        copy = folder / ".aws-sam/build/template.yaml"
        copy.parent.mkdir(parents=True)
        copy.write_text(yaml.safe_dump(template, sort_keys=False))
        self.template: dict[str, Any] = template

    def deploy(self, environment: str, parameters: Mapping[str, str], *options: str) -> Deployed:
        """`sam deploy --config-env ENVIRONMENT`, with these parameters besides those of samconfig.toml."""
        own = self._config[environment]["deploy"]["parameters"].get("parameter_overrides", [])
        pairs = [*own, *(f'{name}="{value}"' for name, value in parameters.items())]
        return self.run("--config-env", environment, *options, "--parameter-overrides", *pairs)

    def run(self, *arguments: str) -> Deployed:
        process = subprocess.Popen(
            [ROOT / ".tools/sam/bin/sam", "deploy", *arguments], cwd=self._folder, env=self._aws.environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )
        try:
            output, _ = process.communicate(timeout=DEPLOY_SECONDS)
        finally:
            if process.poll() is None:
                os.kill(process.pid, signal.SIGKILL)
                process.wait()
        return Deployed(process.returncode == 0, output)
