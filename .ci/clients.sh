#!/usr/bin/env bash
# The clients of docs/guides/clients.md, which shows the files that are tested, and clients/typescript: in Node, in
# Chromium and against the running service, whose WebSockets Python's `websockets` package tries as well.
#
# Needs Node 20 and Python 3.11. CHROMIUM names the browser; without it, and as root on Debian, it is installed.
set -euo pipefail
cd "$(dirname "$0")/.."
binaries=${CARGO_TARGET_DIR:-target}/debug
python_packages='websockets==17.4'
node_packages='playwright-core@1.65.1 ws@8.23.0'

# installed FOLDER PACKAGES: whether exactly these were installed; `done_with` says that they are.
installed() { [ "$(cat ".tools/$1/.packages" 2>/dev/null)" = "$2" ]; }
done_with() { echo "$2" >".tools/$1/.packages"; }
if ! installed clients "$python_packages"; then
    python3 -m venv .tools/clients
    # shellcheck disable=SC2086
    .tools/clients/bin/pip install --quiet --disable-pip-version-check $python_packages
    done_with clients "$python_packages"
fi
if ! installed clients-node "$node_packages"; then
    mkdir -p .tools/clients-node
    # shellcheck disable=SC2086
    npm install --prefix .tools/clients-node --no-save --no-package-lock --no-audit --no-fund --silent $node_packages
    done_with clients-node "$node_packages"
fi
package=$(cat clients/typescript/package.json)
if ! installed clients-typescript "$package"; then
    mkdir -p .tools/clients-typescript
    cp clients/typescript/package.json .tools/clients-typescript/
    npm install --prefix .tools/clients-typescript --no-package-lock --no-audit --no-fund --silent
    done_with clients-typescript "$package"
fi
CHROMIUM=${CHROMIUM:-$(command -v chromium || command -v chromium-browser || :)}
if [ -z "$CHROMIUM" ]; then
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        echo "no chromium: install it, or name a browser of its kind in CHROMIUM" >&2
        exit 1
    fi
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null
    CHROMIUM=$(command -v chromium)
fi
export CHROMIUM

cargo build --quiet

typescript=$PWD/.tools/clients-typescript
rm -rf "$typescript/build"
"$typescript/node_modules/.bin/tsc" -p clients/typescript/tsconfig.json --noEmit
"$typescript/node_modules/.bin/tsc" -p clients/typescript/tsconfig.test.json \
    --typeRoots "$typescript/node_modules/@types" --outDir "$typescript/build"
export CLIENTS_TYPESCRIPT=$typescript/build

# The clients' work is measured here, not the password hash's.
export FAREGATE_ARGON2_MEMORY_KIB=64 FAREGATE_ARGON2_ITERATIONS=1
unset AWS_ENDPOINT_URL_DYNAMODB
logs=$(mktemp -d)
started=()
stop() {
    status=$?
    kill -TERM -- "${started[@]}" 2>/dev/null || :
    wait
    if [ "$status" != 0 ]; then tail -n 20 "$logs"/service-*; fi
    rm -rf "$logs"
}
trap stop EXIT

# service NAME [VARIABLE=VALUE ...]: starts one, and leaves where its API and its DynamoDB are in `api` and `dynamodb`.
service() {
    local output greeting=
    mkfifo "$logs/output-$1"
    env "${@:2}" "$binaries/local" --memory --port 0 --dynamodb-port 0 >"$logs/output-$1" 2>"$logs/service-$1" &
    started+=($!)
    exec {output}<"$logs/output-$1"
    read -r greeting <&"$output" || :
    if [[ ! $greeting =~ (http://localhost:[0-9]+).*(http://127.0.0.1:[0-9]+) ]]; then
        echo "the service did not start: $greeting" >&2
        exit 1
    fi
    api=${BASH_REMATCH[1]} dynamodb=${BASH_REMATCH[2]}
}
service short-lived FAREGATE_ACCESS_TOKEN_LIFETIME_SECONDS=5 FAREGATE_TOKEN_JITTER=off
export CLIENTS_SHORT_LIVED_API=$api
service fixed FAREGATE_ROTATE_REFRESH_TOKENS=false
export CLIENTS_FIXED_API=$api
service ordinary
export CLIENTS_API=$api CLIENTS_FAREGATE="$binaries/faregate --endpoint-url $dynamodb"
export CLIENTS_NODE_MODULES=$PWD/.tools/clients-node/node_modules

python3 .ci/clients/snippets.py

# It waits for up to a minute for sockets to be closed: meanwhile the others run.
# shellcheck disable=SC2086
.tools/clients/bin/python -B .ci/clients/sockets.py "$CLIENTS_API" "$CLIENTS_SHORT_LIVED_API" $CLIENTS_FAREGATE \
    >"$logs/sockets" 2>&1 &
sockets=$!
started+=("$sockets")
failed=0
# A process group of its own: the browser that it starts ends with it.
set -m
timeout 600 node --test --test-reporter=spec --test-reporter-destination=stdout \
    --test-reporter=tap --test-reporter-destination="$logs/node" \
    .ci/clients/{session,requests,rotation,socket,browser,tabs,service}.test.mjs \
    "$CLIENTS_TYPESCRIPT"/test/{client,answers,workers,service}.test.js &
node=$!
set +m
started+=("-$node")
wait "$node" || failed=1
wait "$sockets" || failed=1
cat "$logs/sockets"

node_count() { sed -n "s/^# $1 //p" "$logs/node"; }
socket_count() { sed -n "s/^sockets: .*\b\([0-9]\+\) $1.*/\1/p" "$logs/sockets"; }
passed=$(($(node_count pass) + $(socket_count passed)))
failures=$(($(node_count fail) + $(node_count cancelled) + $(socket_count failed)))
echo "clients: $passed passed, $failures failed"
exit "$failed"
