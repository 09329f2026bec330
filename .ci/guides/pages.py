"""A guide: its page, the snippets in it, its template, and the copy of the template that runs on this machine."""

import re
import shutil
import subprocess
import textwrap
from pathlib import Path
from typing import Any

import yaml
from samtranslator.yaml_helper import yaml_parse

from cases import Cases, clean_environment, end_group

ROOT = Path(__file__).parents[2]
COMMAND_SECONDS = 120
SNIPPET = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Guide:
    def __init__(self, name: str, cases: Cases, folder: Path) -> None:
        self.name = name
        self.template = ROOT / "docs/guides" / name / "template.yaml"
        self._cases = cases
        # Commands run here, so that `cd docs/guides/...` finds the copy of the template.
        self._folder = folder
        self._copy = folder / "docs/guides" / name / "template.yaml"
        page = (ROOT / "docs/guides" / f"{name}.md").read_text()
        self._snippets = [(match[1], match[2]) for match in SNIPPET.finditer(page)]
        self._commands = [text for language, text in self._snippets if language == "sh"]
        self._python = [text for language, text in self._snippets if language == "python"]

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

    def follow(self, environment: dict[str, str], placeholders: dict[str, str]) -> str:
        """Runs the page's next commands with these values instead of the placeholders; gives their output."""
        path = f"{ROOT / '.tools/sam/bin'}:{environment['PATH']}"
        text = replaced(self._commands.pop(0), placeholders)
        shell = subprocess.Popen(
            ["bash", "-euo", "pipefail", "-c", text], cwd=self._folder, env=environment | {"PATH": path},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        )
        try:
            output, errors = shell.communicate(timeout=COMMAND_SECONDS)
        finally:
            end_group(shell)
        if shell.returncode:
            raise RuntimeError(f"{self.name}: {text}\n{output}{errors}")
        return output

    def next_program(self, placeholders: dict[str, str]) -> str:
        """The page's next Python program."""
        return replaced(self._python.pop(0), placeholders)

    def all_followed(self) -> None:
        self._cases.check(f"{self.name}: every command of the page was run", self._commands + self._python, [])


def replaced(text: str, placeholders: dict[str, str]) -> str:
    for placeholder, value in placeholders.items():
        text = text.replace(placeholder, value)
    return text


def contains(template: str, snippet: str) -> bool:
    """Whether these lines follow one another in the template, at any depth of indentation."""
    lines, wanted = template.splitlines(), textwrap.dedent(snippet).splitlines()
    windows = (lines[start : start + len(wanted)] for start in range(len(lines)))
    return any(textwrap.dedent("\n".join(window)).splitlines() == wanted for window in windows)
