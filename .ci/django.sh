#!/usr/bin/env bash
# Follows docs/guides/moving-from-django.md with a database that a real Django made, on the local service.
#
# Needs Python 3.11.
set -euo pipefail
cd "$(dirname "$0")/.."
if ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    echo "left out: the move from Django: there is no python3, or one that is older than 3.11"
    exit
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# shellcheck source=.ci/programs.sh
source .ci/programs.sh
tests/django/make.sh "$folder/made" >/dev/null
.tools/django/bin/python -B .ci/guides/moving_from_django.py "$binaries" "$folder"
