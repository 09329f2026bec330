#!/usr/bin/env bash
# A real Django database of users, and what one gets out of it: tests/django/make.sh FOLDER
#
# Needs Python 3.11. Salts, times and tokens are new each time. SIGNING_KEY may name the key of the tokens.
set -euo pipefail
: "${1:?usage: make.sh FOLDER}"
mkdir -p "$1"
folder=$(cd "$1" && pwd)
cd "$(dirname "$0")"
tools=$PWD/../../.tools/django
export DATABASE=$folder/taxi.sqlite3 PYTHONDONTWRITEBYTECODE=1
export SIGNING_KEY=${SIGNING_KEY:-a-signing-key-of-the-tests-and-of-nobody-else}

if ! cmp -s requirements.txt "$tools/.packages"; then
    python3 -m venv "$tools"
    "$tools/bin/pip" install --quiet --disable-pip-version-check -r requirements.txt
    cp requirements.txt "$tools/.packages"
fi
python=$tools/bin/python

rm -f "$DATABASE"
"$python" manage.py migrate --verbosity 0
"$python" make_users.py "$folder"
"$python" manage.py dumpdata --indent 1 --output "$folder/dump.json" --verbosity 0
"$python" manage.py dumpdata --natural-foreign --natural-primary --output "$folder/dump.natural.json" --verbosity 0
"$python" manage.py dumpdata trips.user --format jsonl --output "$folder/users.jsonl" --verbosity 0
"$python" make_csv.py "$DATABASE" "$folder"
echo "made in $1:"
cd "$folder"
wc -c taxi.sqlite3 users.json tokens.json dump.json dump.natural.json users.jsonl users.csv users.postgresql.csv
