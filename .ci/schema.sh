#!/usr/bin/env bash
# The OpenAPI document against the running service: schemathesis makes requests of it, good and bad ones, and holds every
# answer against it. The seed is fixed, and so is the number of requests.
#
# Needs Python 3.11.
set -euo pipefail
cd "$(dirname "$0")/.."
package='schemathesis==4.32.5'

if [ "$(cat .tools/schemathesis/.packages 2>/dev/null)" != "$package" ]; then
    python3 -m venv .tools/schemathesis
    .tools/schemathesis/bin/pip install --quiet --disable-pip-version-check "$package"
    echo "$package" >.tools/schemathesis/.packages
fi
# shellcheck source=.ci/programs.sh
source .ci/programs.sh

# The document is tried here, not the password hash.
export FAREGATE_ARGON2_MEMORY_KIB=64 FAREGATE_ARGON2_ITERATIONS=1
# Everything comes from one address, with wrong passwords for one name: what is counted is tried elsewhere (tests/it/throttles).
export FAREGATE_THROTTLE=off
unset AWS_ENDPOINT_URL_DYNAMODB
folder=$(mktemp -d)
service=
stop() {
    status=$?
    [ -z "$service" ] || kill -TERM "$service" 2>/dev/null || :
    wait
    if [ "$status" != 0 ]; then tail -n 20 "$folder/log"; fi
    rm -rf "$folder"
}
trap stop EXIT

mkfifo "$folder/greeting"
"$binaries/local" --memory --port 0 --dynamodb-port 0 >"$folder/greeting" 2>"$folder/log" &
service=$!
exec {greeting}<"$folder/greeting"
read -r line <&"$greeting" || :
if [[ ! $line =~ (http://localhost:[0-9]+) ]]; then
    echo "the service did not start: $line" >&2
    exit 1
fi
export SCHEMA_API=${BASH_REMATCH[1]}

# All checks are on. The file is what /api/schema/ serves: schemathesis leaves out the address that it loads a document from.
export PYTHONPATH=.ci/schema PYTHONDONTWRITEBYTECODE=1 SCHEMATHESIS_HOOKS=hooks
timeout --kill-after=10 180 .tools/schemathesis/bin/schemathesis \
    --config-file .ci/schema/schemathesis.toml run functions/schema/assets/openapi.json --url "$SCHEMA_API"
