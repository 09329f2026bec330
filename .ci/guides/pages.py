"""A guide with a template: its page's pieces of it, and the copy of the template that runs on this machine."""

import shutil
import subprocess
import textwrap
from pathlib import Path
from typing import Any

import yaml
from samtranslator.yaml_helper import yaml_parse

from cases import Cases, clean_environment
from page import ROOT, Page


class Guide(Page):
    def __init__(self, name: str, cases: Cases, folder: Path) -> None:
        super().__init__(name, cases, folder, ROOT / ".tools/sam/bin")
        self.template = ROOT / "docs/guides" / name / "template.yaml"
        # Commands run in `folder`, so that `cd docs/guides/...` finds the copy of the template.
        self._copy = folder / "docs/guides" / name / "template.yaml"

    def check(self) -> None:
        """What needs no deployment: the template's syntax, and the page's pieces of it."""
        run = clean_environment(AWS_DEFAULT_REGION="us-east-1", SAM_CLI_TELEMETRY="0")
        for tool in (["cfn-lint"], ["sam", "validate", "--lint", "--template-file"]):
            program = ROOT / ".tools/sam/bin" / tool[0]
            done = subprocess.run([program, *tool[1:], self.template], env=run, capture_output=True, text=True)
            found = "" if done.returncode == 0 else done.stdout + done.stderr
            self._cases.check(f"{self.name}: {tool[0]}", found, "")
        template = self.template.read_text()
        for language, text in self._snippets:
            if language == "yaml":
                first = text.splitlines()[0].strip()
                self._cases.check(f"{self.name}: {first} is in the template", contains(template, text), True)

    def copy_template(
        self, binaries: Path, variables: dict[str, dict[str, Any]] | None = None, left_out: tuple[str, ...] = ()
    ) -> None:
        """The template with binaries instead of sources, each with its `variables`, and without some resources."""
        template = yaml_parse(self.template.read_text())
        for resource in left_out:
            del template["Resources"][resource]
        for resource in template["Resources"].values():
            build = resource.pop("Metadata", {}).get("BuildProperties")
            if build:
                properties, binary = resource["Properties"], build["Binary"]
                properties["CodeUri"] = self._package(binaries / binary)
                properties.setdefault("Environment", {}).setdefault("Variables", {}).update((variables or {})[binary])
        self._copy.parent.mkdir(parents=True)
        self._copy.write_text(yaml.safe_dump(template, sort_keys=False))

    def _package(self, binary: Path) -> str:
        folder = self._folder / "packages" / binary.name
        folder.mkdir(parents=True)
        if subprocess.run(["strip", "-o", folder / "bootstrap", binary], capture_output=True).returncode:
            shutil.copy(binary, folder / "bootstrap")
        return str(folder)


def contains(template: str, snippet: str) -> bool:
    """Whether these lines follow one another in the template, at any depth of indentation."""
    lines, wanted = template.splitlines(), textwrap.dedent(snippet).splitlines()
    windows = (lines[start : start + len(wanted)] for start in range(len(lines)))
    return any(textwrap.dedent("\n".join(window)).splitlines() == wanted for window in windows)
