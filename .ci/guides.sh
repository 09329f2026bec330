#!/usr/bin/env bash
# Follows docs/guides: deploys their templates to a local AWS beside the local service and asks the routes.
set -euo pipefail
cd "$(dirname "$0")/.."

# environment FOLDER PACKAGE ...: a virtual environment with exactly these packages, made when the list changes.
environment() {
    local folder=.tools/$1
    shift
    if [ "$(cat "$folder/guides.txt" 2>/dev/null)" != "$*" ]; then
        python3 -m venv "$folder"
        "$folder/bin/pip" install --quiet --disable-pip-version-check "$@"
        echo "$*" >"$folder/guides.txt"
    fi
}

# A venv of its own: ministack pins botocore.
environment ministack 'ministack[full]==1.5.33'
environment sam aws-sam-cli==1.170.0 cfn-lint==1.58.0 websockets==17.4 'PyJWT[crypto]==2.15.1' joserfc==1.8.0
cargo build --quiet
exec .tools/sam/bin/python -B .ci/guides/run.py "${CARGO_TARGET_DIR:-target}/debug"
