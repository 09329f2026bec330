# What .ci/clients.sh and .ci/pages.sh share: all programs, packages in .tools, Chromium, and the service on ports that are free.
# They read it with `source`, at the top of the repository.
#
# CHROMIUM names the browser; without it, and as root on Debian, it is installed.
# shellcheck source=.ci/debian.sh
source .ci/debian.sh
# shellcheck source=.ci/programs.sh
source .ci/programs.sh

# installed FOLDER PACKAGES: whether exactly these were installed; `done_with` says that they are.
installed() { [ "$(cat ".tools/$1/.packages" 2>/dev/null)" = "$2" ]; }
done_with() { echo "$2" >".tools/$1/.packages"; }

# node_packages FOLDER PACKAGES: from npm, into .tools/FOLDER/node_modules.
node_packages() {
    if ! installed "$1" "$2"; then
        mkdir -p ".tools/$1"
        # shellcheck disable=SC2086
        npm install --prefix ".tools/$1" --no-save --no-package-lock --no-audit --no-fund --silent $2
        done_with "$1" "$2"
    fi
}

# Leaves the browser in `CHROMIUM`.
find_chromium() {
    CHROMIUM=${CHROMIUM:-$(command -v chromium || command -v chromium-browser || :)}
    if [ -z "$CHROMIUM" ]; then
        # Or name a browser of its kind in CHROMIUM.
        debian chromium
        CHROMIUM=$(command -v chromium)
    fi
    export CHROMIUM
}

# Makes ready to start services. What is in `started` ends with the script, and what is in `logs` is gone then.
prepare_services() {
    # What is around the password hash is tried, not the hash.
    export FAREGATE_ARGON2_MEMORY_KIB=64 FAREGATE_ARGON2_ITERATIONS=1
    unset AWS_ENDPOINT_URL_DYNAMODB
    logs=$(mktemp -d)
    started=()
    trap stop EXIT
}
stop() {
    status=$?
    kill -TERM -- "${started[@]}" 2>/dev/null || :
    wait
    if [ "$status" != 0 ]; then tail -n 20 "$logs"/service-*; fi
    rm -rf "$logs"
}

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

# run_node FILE ...: these tests, and what they say in `$logs/node`; a process group of its own, so that the browser that it
# starts ends with it. `node` is its id.
run_node() {
    set -m
    timeout 600 node --test --test-reporter=spec --test-reporter-destination=stdout \
        --test-reporter=tap --test-reporter-destination="$logs/node" "$@" &
    node=$!
    set +m
    started+=("-$node")
}
node_count() { sed -n "s/^# $1 //p" "$logs/node"; }
