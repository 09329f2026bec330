#!/usr/bin/env bash
# Starts the service for each variant of the recorded contract and lets run.py send the cases over HTTP.
#
#   .ci/conformance.sh FOLDER     FOLDER holds run.py and deviations.json
set -euo pipefail
folder=$(realpath "$1")
cd "$(dirname "$0")/.."
port=8600
dynamodb_port=8601
key=conformance-0123456789abcdef0123456789abcdef
# shellcheck source=.ci/programs.sh
source .ci/programs.sh

service=
stop() {
    if [ -n "$service" ]; then
        kill -TERM "$service"
        wait "$service"
        service=
    fi
}
trap stop EXIT

for variant in seed policy rotate; do
    policy=django rotation=false
    if [ "$variant" = seed ]; then policy=off; fi
    if [ "$variant" = rotate ]; then rotation=true; fi
    export FAREGATE_HS256_KEY=$key FAREGATE_USERNAME_CASE_SENSITIVE=true FAREGATE_THROTTLE=off \
        FAREGATE_TOKEN_JITTER=off FAREGATE_REFRESH_GRACE_SECONDS=0 FAREGATE_PASSWORD_POLICY=$policy \
        FAREGATE_ROTATE_REFRESH_TOKENS=$rotation
    exec {output}< <(exec "$binaries/local" --memory --port "$port" --dynamodb-port "$dynamodb_port" 2>/dev/null)
    service=$!
    read -r greeting <&"$output" # printed once both ports are open; nothing when the service did not start
    echo "contract over HTTP, variant $variant: $greeting"
    python3 "$folder/run.py" "http://127.0.0.1:$port" --variant "$variant" --quiet \
        --id-body any --id-claim string --extra-claims --deviations "$folder/deviations.json" --signing-key "$key" \
        --admin-cmd "$binaries/faregate --endpoint-url http://127.0.0.1:$dynamodb_port users"
    stop
    exec {output}<&-
done
