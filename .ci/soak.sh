#!/usr/bin/env bash
# Lives of users in one process, some 20,000 invocations: its memory, descriptors and slowest requests are at the end what they
# were at the beginning. docs/performance.md has the numbers of 100,000 (`.ci/soak.sh 100000`).
#
# Linux only.
set -euo pipefail
cd "$(dirname "$0")/.."
# As `cargo test` builds, of all packages (.ci/programs.sh says why): an optimised build takes longer than what is measured here.
cargo bench --quiet --locked --profile dev --bench soak -- "${1:-20000}"
