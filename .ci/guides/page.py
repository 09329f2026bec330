"""A page of docs/guides: its snippets, and its commands run word by word."""

import re
import subprocess
from pathlib import Path

from cases import Cases, end_group

ROOT = Path(__file__).parents[2]
COMMAND_SECONDS = 120
SNIPPET = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Page:
    def __init__(self, name: str, cases: Cases, folder: Path, tools: Path) -> None:
        self.name = name
        self._cases = cases
        self._folder = folder
        self._tools = tools
        page = (ROOT / "docs/guides" / f"{name}.md").read_text()
        self._snippets = [(match[1], match[2]) for match in SNIPPET.finditer(page)]
        self._commands = [text for language, text in self._snippets if language == "sh"]
        self._python = [text for language, text in self._snippets if language == "python"]

    def start(self, environment: dict[str, str], placeholders: dict[str, str], **to: object) -> "subprocess.Popen[str]":
        """Starts the page's next commands, in a process group of their own."""
        return self._shell(self._next_commands(placeholders), environment, **to)

    def follow(self, environment: dict[str, str], placeholders: dict[str, str], wanted_status: int = 0) -> str:
        """Runs the page's next commands with these values instead of the placeholders; gives their output."""
        text = self._next_commands(placeholders)
        shell = self._shell(text, environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            output, errors = shell.communicate(timeout=COMMAND_SECONDS)
        finally:
            end_group(shell)
        if shell.returncode != wanted_status:
            raise RuntimeError(f"{self.name}: {text}\n{output}{errors}")
        return output

    def _next_commands(self, placeholders: dict[str, str]) -> str:
        return replaced(self._commands.pop(0), placeholders)

    def _shell(self, text: str, environment: dict[str, str], **to: object) -> "subprocess.Popen[str]":
        path = f"{self._tools}:{environment['PATH']}"
        return subprocess.Popen(
            ["bash", "-euo", "pipefail", "-c", text], cwd=self._folder, env=environment | {"PATH": path},
            text=True, start_new_session=True, **to,
        )

    def next_program(self, placeholders: dict[str, str]) -> str:
        """The page's next Python program."""
        return replaced(self._python.pop(0), placeholders)

    def all_followed(self) -> None:
        self._cases.check(f"{self.name}: every command of the page was run", self._commands + self._python, [])


def replaced(text: str, placeholders: dict[str, str]) -> str:
    for placeholder, value in placeholders.items():
        text = text.replace(placeholder, value)
    return text
