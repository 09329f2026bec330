#!/usr/bin/env bash
# The browsable API and the admin site in Chromium. With `--screenshots` the pictures of docs/pages.md are made anew instead.
#
# Needs Node 20.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=.ci/browser.sh
source .ci/browser.sh
case "$*" in
'') tests=(.ci/pages/*.test.mjs) ;;
--screenshots) tests=(.ci/pages/screenshots.mjs) ;;
*) tests=("$@") ;;
esac

node_packages pages 'playwright-core@1.65.1 axe-core@4.14.1'
find_chromium
prepare_services
service pages
export PAGES_SITE=$api PAGES_FAREGATE="$binaries/faregate --endpoint-url $dynamodb"
export PAGES_NODE_MODULES=$PWD/.tools/pages/node_modules

failed=0
run_node "${tests[@]}"
wait "$node" || failed=1
echo "pages: $(node_count pass) passed, $(($(node_count fail) + $(node_count cancelled))) failed"
exit "$failed"
