"""The recorded contract, sent to a deployed stack by the runner that also sends it in process."""

import os
import re
import subprocess

from cases import Cases
from local_aws import CREDENTIALS, ROOT, LocalAws, Stack

VARIANT = "policy"
KEY = "conformance-0123456789abcdef0123456789abcdef"
# The settings of the recording (tests/contract).
PARAMETERS = {
    "Hs256Key": KEY,
    "UsernameCaseSensitive": "true",
    "TokenJitter": "off",
    "RefreshGraceSeconds": "0",
    "PasswordPolicy": "django",
    "RotateRefreshTokens": "false",
    "BrowsableApi": "on",
    "Throttle": "off",
}
OPTIONS = "ministack answers OPTIONS itself, from the API's CORS settings, of which there are none"
TEXT = "ministack makes UTF-8 text of a JSON body, whatever its bytes are"
# What the emulator keeps from being seen, by exact name.
LEFT_OUT = {
    "method.sign_up.OPTIONS": OPTIONS,
    "method.sign_up.OPTIONS_with_unsupported_type": OPTIONS,
    "method.log_in.OPTIONS": OPTIONS,
    "method.refresh.OPTIONS": OPTIONS,
    "auth_header.sign_up.OPTIONS_garbage_token": OPTIONS,
    "browsable.sign_up.options": OPTIONS,
    "browsable.refresh.options": OPTIONS,
    "route.unknown_OPTIONS": OPTIONS,
    "body.sign_up.invalid_utf8": TEXT,
    "body.sign_up.charset_latin1": TEXT,
    "body.sign_up.charset_wrong_latin1_said_utf8": TEXT,
    "body.sign_up.charset_utf16": TEXT,
}
SECONDS = 600
# As .ci/programs.sh builds it.
RUNNER = "cargo test --locked --quiet --test contract --".split()
SUMMARY = re.compile(r"^test result: \w+\. (\d+) passed; (\d+) failed", re.MULTILINE)
FAILED = re.compile(r"^test (.+?) +\.\.\. FAILED$", re.MULTILINE)


def run(cases: Cases, aws: LocalAws, stack: Stack) -> None:
    for name, reason in LEFT_OUT.items():
        cases.left_out(f"contract: {name}", reason)
    skipped = [argument for name in LEFT_OUT for argument in ("--skip", name)]
    done = subprocess.run(
        [*RUNNER, f"{VARIANT}::", *skipped], cwd=ROOT, env=environment(aws, stack),
        stdin=subprocess.DEVNULL, timeout=SECONDS, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )
    summary = SUMMARY.search(done.stdout)
    if summary is None or (done.returncode != 0) != (summary[2] != "0"):
        raise RuntimeError(f"the runner of the contract ended with {done.returncode}:\n{done.stdout[-4000:]}")
    cases.passed += int(summary[1])
    if summary[2] != "0":
        cases.failed += FAILED.findall(done.stdout)
        print(done.stdout, flush=True)
    cases.check("contract: cases were sent", int(summary[1]) > 400, True)


def environment(aws: LocalAws, stack: Stack) -> dict[str, str]:
    """The runner's own environment, and what it has to know of the stack.

    No AWS_ENDPOINT_URL_DYNAMODB: at a loopback endpoint of that name the runner takes a region of its own, `local`.
    """
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "FAREGATE_"))}
    return ours | CREDENTIALS | {
        "AWS_ENDPOINT_URL": aws.url,
        "AWS_REGION": CREDENTIALS["AWS_DEFAULT_REGION"],
        "FAREGATE_CONTRACT_URL": "http://" + aws.api(stack, "HttpApi"),
        "FAREGATE_CONTRACT_TABLE": stack.outputs["UsersTableName"],
        "FAREGATE_CONTRACT_KEY": KEY,
    }
