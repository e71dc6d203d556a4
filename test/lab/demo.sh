#!/bin/bash
# demo.sh [--script]: the main job on a fresh machine (see demo.ts), after installing what it needs.
set -euo pipefail
cd "$(dirname "$0")/../.."
bash test/setup.sh node lab
export PATH="$PWD/node_modules/.bin:$PATH"
exec node test/lab/demo.ts "$@"
