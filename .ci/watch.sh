#!/usr/bin/env bash
# Serves the function binaries through `cargo lambda watch`, as the README tells a developer to, and walks the API.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=.ci/programs.sh
source .ci/programs.sh
port=9700
log=$(mktemp)

exec {output}< <(exec "$binaries/local" --memory --port 8610 --dynamodb-port 8611 2>/dev/null)
database=$!
read -r _ready <&"$output"
# A process group of its own: the functions that it starts end with it.
set -m
cargo lambda watch --disable-cors --invoke-address 127.0.0.1 --invoke-port "$port" \
    --env-file infra/local/watch.env --env-var AWS_ENDPOINT_URL_DYNAMODB=http://127.0.0.1:8611 \
    --env-var AWS_ENDPOINT_URL_LAMBDA="http://127.0.0.1:$port" --env-var FAREGATE_WS_ENDPOINT=http://localhost:8610 \
    --env-var FAREGATE_CORS_ORIGINS=https://app.example.com \
    >"$log" 2>&1 &
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
ask 200 '"jwks_uri":"http' /.well-known/openid-configuration
ask 200 '"kty":"RSA"' /.well-known/jwks.json
ask 201 '"expires_in":30' /api/ws_ticket/ -X POST -H "Authorization: Bearer $access"

# invoke FUNCTION TEXT EVENT: the functions that answer events, as Lambda calls them.
invoke() { ask 200 "$2" "/2015-03-31/functions/$1/invocations" -d "$3"; }
headers='"headers":{"authorization":"Bearer '$access'"}'
connect='"methodArn":"arn:aws:execute-api:local:0:local/local/$connect","requestContext":{"routeKey":"$connect"}'
invoke authorizer '"isAuthorized":true' '{"version":"2.0","type":"REQUEST",'"$headers}"
invoke authorizer '"isAuthorized":false' '{"version":"2.0"}'
invoke ws-authorizer '"Effect":"Allow"' '{"type":"REQUEST",'"$headers,$connect}"
id=$(member id)
context='{"id":"'$id'","username":"ann","sid":"'$(member sid)'","expires_at":"'$(member expires_at)'"}'
invoke ws-connect '"statusCode":403' '{}'
invoke ws-connect '"statusCode":200' \
    '{"requestContext":{"routeKey":"$connect","connectionId":"L0SM9cOFvHcCIhw=","authorizer":'"$context}}"
invoke ws-reaper '"failed":0' '{"source":"aws.events"}'
invoke rotate-keys '"steps":["wait","wait"]' '{"source":"aws.events"}'
# The socket was opened long ago, by a gateway that holds it no more. log-out tells ws-reaper, which forgets it; the schedule of
# the service beside us does not: it goes by another name of its own endpoint.
dynamodb() {
    curl --silent --fail http://127.0.0.1:8611 -H "X-Amz-Target: DynamoDB_20120810.$1" -H 'X-Amz-Date: 20260101T000000Z' \
        -H 'Authorization: AWS4-HMAC-SHA256 Credential=local/20260101/local/dynamodb/aws4_request,SignedHeaders=,Signature=x' \
        -H 'Content-Type: application/x-amz-json-1.0' -d "$2"
}
open_sockets() {
    dynamodb Scan '{"TableName":"faregate","Select":"COUNT","FilterExpression":"begins_with(pk, :p)",
        "ExpressionAttributeValues":{":p":{"S":"CONNECTIONS#"}}}'
}
dynamodb UpdateItem '{"TableName":"faregate","UpdateExpression":"SET connected_at = :then",
    "ExpressionAttributeValues":{":then":{"N":"0"}},"ConditionExpression":"attribute_exists(pk)",
    "Key":{"pk":{"S":"CONNECTIONS#'"${id: -1}"'"},"sk":{"S":"'"$id"'#L0SM9cOFvHcCIhw="}}}' >/dev/null
ask 200 '{}' /api/log_out/ -H "$json" -d "{\"refresh\":\"$refresh\"}"
timeout 30 bash -c "$(declare -f dynamodb open_sockets); until [[ \$(open_sockets) == *'\"Count\":0'* ]]; do :; done"
passed=$((passed + 1))
ask 401 'Token is blacklisted' /api/me -H "Authorization: Bearer $access"
ask 200 '"access":"' /api/log_in/ -H "$json" -d '{"username":"ann","password":"correct-horse-7"}'
access=$(member access)
ask 200 '"current":true' /api/sessions/ -H "Authorization: Bearer $access"
ask 404 'Not found' /api/sessions/01968c4e-7a00-7000-8000-000000000001/ -X DELETE -H "Authorization: Bearer $access"
ask 200 '{}' /api/log_out/others/ -X POST -H "Authorization: Bearer $access"
ask 200 '{}' /api/password/change/ -H "$json" -H "Authorization: Bearer $access" \
    -d '{"old_password":"correct-horse-7","new_password1":"wrong-horse-7","new_password2":"wrong-horse-7"}'
ask 200 '{}' /api/account/delete/ -H "$json" -H "Authorization: Bearer $access" -d '{"password":"wrong-horse-7"}'
ask 401 'User not found' /api/log_out/all -X POST -H "Authorization: Bearer $access"
elsewhere='Origin: https://app.example.com'
ask 204 'access-control-allow-methods: GET, HEAD, OPTIONS' /api/me/ --include -X OPTIONS -H "$elsewhere" \
    -H 'Access-Control-Request-Method: GET'
ask 401 'access-control-allow-origin: https://app.example.com' /api/me/ --include -H "$elsewhere"
ask 405 'Method \"PUT\" not allowed' /api/log_in/ -X PUT
ask 404 'Not Found' /nope
echo "cargo lambda watch: $passed passed, 0 failed"
