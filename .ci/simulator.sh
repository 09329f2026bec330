#!/usr/bin/env bash
# The simulator's table is the one that docs/sessions.md shows, line by line, and every property holds.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=.ci/programs.sh
source .ci/programs.sh
output=$(mktemp)
trap 'rm -f "$output"' EXIT
"$binaries/simulator" --markdown >"$output"
"$binaries/simulator" exhaustive >>"$output"
compared=0
while read -r line; do
    if ! grep --quiet --fixed-strings --line-regexp -- "$line" docs/sessions.md; then
        echo "docs/sessions.md does not show: $line" >&2
        exit 1
    fi
    compared=$((compared + 1))
done < <(grep '^|' "$output")
grep '^properties:' "$output"
echo "simulator: $compared lines of the table compared, 0 differ"
