#!/usr/bin/env bash
# The clients of docs/guides/clients.md, which shows the files that are tested, and clients/typescript: in Node, in
# Chromium and against the running service, whose WebSockets Python's `websockets` package tries as well.
#
# Needs Node 20 and Python 3.11.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=.ci/browser.sh
source .ci/browser.sh
python_packages='websockets==17.4'

if ! installed clients "$python_packages"; then
    python3 -m venv .tools/clients
    # shellcheck disable=SC2086
    .tools/clients/bin/pip install --quiet --disable-pip-version-check $python_packages
    done_with clients "$python_packages"
fi
node_packages clients-node 'playwright-core@1.65.1 ws@8.23.0'
package=$(cat clients/typescript/package.json)
if ! installed clients-typescript "$package"; then
    mkdir -p .tools/clients-typescript
    cp clients/typescript/package.json .tools/clients-typescript/
    npm install --prefix .tools/clients-typescript --no-package-lock --no-audit --no-fund --silent
    done_with clients-typescript "$package"
fi
find_chromium

typescript=$PWD/.tools/clients-typescript
rm -rf "$typescript/build"
"$typescript/node_modules/.bin/tsc" -p clients/typescript/tsconfig.json --noEmit
"$typescript/node_modules/.bin/tsc" -p clients/typescript/tsconfig.test.json \
    --typeRoots "$typescript/node_modules/@types" --outDir "$typescript/build"
export CLIENTS_TYPESCRIPT=$typescript/build

prepare_services
service short-lived FAREGATE_ACCESS_TOKEN_LIFETIME_SECONDS=5 FAREGATE_TOKEN_JITTER=off
export CLIENTS_SHORT_LIVED_API=$api
service fixed FAREGATE_ROTATE_REFRESH_TOKENS=false
export CLIENTS_FIXED_API=$api
service ordinary
export CLIENTS_API=$api CLIENTS_FAREGATE="$binaries/faregate --endpoint-url $dynamodb" CLIENTS_LOCAL=$binaries/local
export CLIENTS_NODE_MODULES=$PWD/.tools/clients-node/node_modules

python3 .ci/clients/snippets.py

# It waits for up to a minute for sockets to be closed: meanwhile the others run.
# shellcheck disable=SC2086
.tools/clients/bin/python -B .ci/clients/sockets.py "$CLIENTS_API" "$CLIENTS_SHORT_LIVED_API" $CLIENTS_FAREGATE \
    >"$logs/sockets" 2>&1 &
sockets=$!
started+=("$sockets")
failed=0
run_node .ci/clients/{session,requests,rotation,socket,browser,elsewhere,tabs,service}.test.mjs \
    "$CLIENTS_TYPESCRIPT"/test/{client,answers,workers,service}.test.js
wait "$node" || failed=1
wait "$sockets" || failed=1
cat "$logs/sockets"

socket_count() { sed -n "s/^sockets: .*\b\([0-9]\+\) $1.*/\1/p" "$logs/sockets"; }
passed=$(($(node_count pass) + $(socket_count passed)))
failures=$(($(node_count fail) + $(node_count cancelled) + $(socket_count failed)))
echo "clients: $passed passed, $failures failed"
exit "$failed"
