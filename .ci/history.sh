#!/usr/bin/env bash
# What eight clients see in a minute of faults is linearizable, and the log of it tells no secret. Another seed: .ci/history.sh SEED
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=.ci/programs.sh
source .ci/programs.sh
"$binaries/history" --seed "${1:-1}" --seconds 60
