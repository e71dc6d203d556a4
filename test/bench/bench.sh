#!/bin/bash
# bench.sh [P1|P2|…]...: measures, on a machine prepared for it. Standard output belongs to the figures.
set -euo pipefail
cd "$(dirname "$0")/../.."
bash test/setup.sh node bench >&2
export PATH="$PWD/node_modules/.bin:$PATH"
exec node test/bench/run.ts "$@"
