#!/usr/bin/env bash
# Serves the function binaries through `cargo lambda watch`, as the README tells a developer to, and walks the API.
set -euo pipefail
port=9700
cargo build --quiet
binaries=${CARGO_TARGET_DIR:-target}/debug
log=$(mktemp)

exec {output}< <(exec "$binaries/local" --memory --port 8610 --dynamodb-port 8611 2>/dev/null)
database=$!
read -r _ready <&"$output"
# A process group of its own: the functions that it starts end with it.
set -m
cargo lambda watch --disable-cors --invoke-address 127.0.0.1 --invoke-port "$port" \
    --env-file infra/local/watch.env --env-var AWS_ENDPOINT_URL_DYNAMODB=http://127.0.0.1:8611 >"$log" 2>&1 &
watch=$!
set +m
stop() {
    status=$?
    kill -TERM -- "-$watch" "$database" 2>/dev/null || :
    wait "$watch" "$database" 2>/dev/null || :
    if [ "$status" != 0 ]; then cat "$log"; fi
    rm -f "$log"
}
trap stop EXIT

# ask STATUS TEXT PATH [CURL ARGUMENT ...]: asks once the server listens, and compares status and a part of the answer.
passed=0
ask() {
    local status=$1 text=$2 path=$3 answer
    shift 3
    answer=$(curl --silent --show-error --max-time 120 --retry 60 --retry-delay 1 --retry-connrefused \
        --write-out '\n%{http_code}' "http://127.0.0.1:$port$path" "$@")
    if [ "${answer##*$'\n'}" != "$status" ] || [[ $answer != *"$text"* ]]; then
        echo "$path $*: wanted $status with $text, got $answer" >&2
        exit 1
    fi
    passed=$((passed + 1))
    body=${answer%$'\n'*}
}
member() { sed "s/.*\"$1\":\"\([^\"]*\)\".*/\1/" <<<"$body"; }

json='Content-Type: application/json'
ask 201 '"username":"ann"' /api/sign_up/ -H "$json" \
    -d '{"username":"ann","password1":"correct-horse-7","password2":"correct-horse-7"}'
ask 400 'already exists' /api/sign_up -H "$json" \
    -d '{"username":"ANN","password1":"correct-horse-7","password2":"correct-horse-7"}'
ask 200 '"access":"' /api/log_in/ -H "$json" -d '{"username":"ann","password":"correct-horse-7"}'
access=$(member access) refresh=$(member refresh)
ask 401 'No active account' /api/log_in -H "$json" -d '{"username":"ann","password":"wrong"}'
ask 200 '"username":"ann"' /api/me/ -H "Authorization: Bearer $access"
ask 200 '"refresh":"' /api/token/refresh/ -H "$json" -d "{\"refresh\":\"$refresh\"}"
refresh=$(member refresh)
ask 200 '{}' /api/token/verify/ -H "$json" -d "{\"token\":\"$refresh\"}"
ask 200 '{}' /api/log_out/ -H "$json" -d "{\"refresh\":\"$refresh\"}"
ask 401 'Token is blacklisted' /api/me -H "Authorization: Bearer $access"
ask 405 'Method \"PUT\" not allowed' /api/log_in/ -X PUT
ask 404 'Not Found' /nope
echo "cargo lambda watch: $passed passed, 0 failed"
