"""The local service, as the issuer of tokens and the owner of the tables."""

import subprocess
from pathlib import Path

from cases import clean_environment, free_port, wait_until_it_listens
from client import Client, Tokens

__all__ = ["Service", "Tokens"]


class Service(Client):
    def __init__(self, binaries: Path, folder: Path) -> None:
        self.binaries = binaries
        port, database_port = free_port(), free_port()
        super().__init__(f"http://127.0.0.1:{port}")
        self.issuer = self.url
        self.database = f"http://127.0.0.1:{database_port}"
        self.log = folder / "local.log"
        self._command = [binaries / "local", "--memory", "--port", str(port), "--dynamodb-port", str(database_port)]

    def __enter__(self) -> "Service":
        with self.log.open("wb") as log:
            environment = clean_environment(FAREGATE_ISSUER=self.issuer)
            self._process = subprocess.Popen(self._command, env=environment, stdout=log, stderr=log)
        wait_until_it_listens("the local service", self.issuer, self, self._process)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()
