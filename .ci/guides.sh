#!/usr/bin/env bash
# Follows docs/guides: deploys their templates to a local AWS beside the local service and asks the routes.
set -euo pipefail
cd "$(dirname "$0")/.."
. infra/trial/environment.sh
# shellcheck source=.ci/programs.sh
source .ci/programs.sh
exec .tools/sam/bin/python -B .ci/guides/run.py "$binaries"
