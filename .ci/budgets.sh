#!/usr/bin/env bash
# Instructions of each operation are within tests/bench/src/budget.rs, as Callgrind counts them: on any machine, however busy,
# nearly the same number. Installs valgrind where it is missing, and gungraun's runner into .tools.
#
# Linux on x86_64 only: the numbers are of its code.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=.ci/debian.sh
source .ci/debian.sh
version=0.20.0
if [ "$(uname -sm)" != "Linux x86_64" ]; then
    echo "instructions are counted on Linux and x86_64 alone, not on $(uname -sm): the budgets are those of its code" >&2
    exit 2
fi
command -v valgrind >/dev/null || debian valgrind
if ! .tools/gungraun/bin/gungraun-runner --version 2>/dev/null | grep --quiet --fixed-strings "$version"; then
    # Unoptimised, which is sooner there: it reads what Callgrind wrote.
    CARGO_TARGET_DIR="$PWD/.tools/gungraun/target" \
        cargo install --quiet --locked --debug --root .tools/gungraun --version "$version" gungraun-runner
    rm -rf .tools/gungraun/target
fi
PATH="$PWD/.tools/gungraun/bin:$PATH" \
    cargo bench --locked --profile counted --package bench --features valgrind --bench instructions
