"""Follows the guides; `.ci/guides.sh` calls it with the folder of the built binaries."""

import os
import signal
import sys
import tempfile
from pathlib import Path

import jwt
import verifiers
from joserfc.errors import JoseError

# The local AWS is shared with infra/try-deploy.
sys.path.insert(0, str(Path(__file__).parents[2] / "infra/trial"))

import jwt_authorizer
import lambda_authorizer
import websocket_api
from cases import Cases
from local_aws import LocalAws
from pages import Guide
from service import Service

GUIDES = {"jwt-authorizer": jwt_authorizer, "lambda-authorizer": lambda_authorizer, "websocket-api": websocket_api}


def libraries(cases: Cases, service: Service) -> None:
    """Two libraries of other people, fed from the running service."""
    user = service.sign_up("verified@example.com")
    tokens = service.log_in("verified@example.com")
    for name, verify in (("PyJWT", verifiers.with_pyjwt), ("joserfc", verifiers.with_joserfc)):

        def subject(token: str, audience: str = "faregate") -> str | None:
            try:
                return verify(token, service.issuer, audience)
            except (jwt.PyJWTError, JoseError, ValueError):
                return None

        cases.check(f"{name}: an access token", subject(tokens.access), user)
        cases.check(f"{name}: a changed signature", subject(tokens.tampered()), None)
        cases.check(f"{name}: a refresh token", subject(tokens.refresh), None)
        cases.check(f"{name}: another audience", subject(tokens.access, "other"), None)


def run(cases: Cases, binaries: Path, folder: Path) -> None:
    for name in GUIDES:
        Guide(name, cases, folder).check()
    with Service(binaries, folder) as service, LocalAws(folder) as aws:
        cases.attempt("verifiers", lambda: libraries(cases, service))
        rider = service.sign_up("rider@example.com")
        for name, guide in GUIDES.items():
            cases.attempt(name, lambda: guide.run(cases, service, aws, folder, rider))
    if cases.failed:
        for log in (service.log, aws.log):
            print(f"the end of {log.name}:\n" + "\n".join(log.read_text(errors="replace").splitlines()[-60:]))


def main() -> int:
    binaries = Path(sys.argv[1]).resolve()
    # Also when it is told to stop, what it started is stopped.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    os.environ.update({"NO_PROXY": "127.0.0.1,localhost", "no_proxy": "127.0.0.1,localhost"})
    cases = Cases()
    with tempfile.TemporaryDirectory(prefix="guides-") as folder:
        run(cases, binaries, Path(folder))
    print(f"guides: {cases.passed} passed, {len(cases.failed)} failed")
    return 1 if cases.failed else 0


if __name__ == "__main__":
    sys.exit(main())
