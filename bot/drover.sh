#!/bin/sh
# The drover program: the TypeScript source, run by the Node that comes with the repository. The compile cache (see
# cli.ts) is named here too, so that cli.ts itself comes out of it and nothing is left that loads the type stripper.
here=$(dirname "$(readlink -f "$0")")
export NODE_COMPILE_CACHE="${NODE_COMPILE_CACHE:-$here/../node_modules/.cache/drover}"
exec "$here/../node_modules/.bin/node" "$here/cli.ts" "$@"
