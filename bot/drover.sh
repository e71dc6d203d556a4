#!/bin/sh
# The drover program: the TypeScript source, run by the Node that comes with the repository.
here=$(dirname "$(readlink -f "$0")")
exec "$here/../node_modules/.bin/node" "$here/cli.ts" "$@"
