#!/bin/bash
# run.sh [--fast] [part-of-a-path]...: every check and test, or only the test files whose path holds one of the words.
# --fast (or FAST=1) leaves out test/journeys/slow. Exit code 0 only when nothing failed.
set -uo pipefail
cd "$(dirname "$0")/.."

words=()
fast=${FAST:-}
for argument in "$@"; do
  case $argument in
  --fast) fast=1 ;;
  *) words+=("$argument") ;;
  esac
done

SECONDS=0
bash test/setup.sh node test || exit 1
export PATH="$PWD/node_modules/.bin:$PATH"

# A test that hangs is a failure, not a wait without end. Milliseconds; the slowest takes minutes on a busy machine.
test_limit=900000

files=()
while read -r file; do
  if [ -n "$fast" ] && [[ $file == test/journeys/slow/* ]]; then continue; fi
  if [ ${#words[@]} = 0 ] || grep -qF "$(printf '%s\n' "${words[@]}")" <<<"$file"; then files+=("$file"); fi
done < <(find test -name '*.test.ts' | sort)
if [ ${#files[@]} = 0 ]; then
  echo "no test file's path holds ${words[*]}" >&2
  exit 2
fi

failed=()
tsc --noEmit || failed+=(types)
biome check || failed+=(lint)
node --import ./test/seed.ts --test --test-concurrency=2 --test-timeout="$test_limit" --test-reporter=spec "${files[@]}" || failed+=(tests)

echo "${#files[@]} test files, $SECONDS s, ${failed[*]:+failed: }${failed[*]:-all passed}"
[ ${#failed[@]} = 0 ]
