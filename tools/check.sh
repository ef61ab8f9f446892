#!/usr/bin/env bash
# Every check, in the order of what is quickest to know. Goes on after a failure, so that all of it is seen, and ends
# with the line `N passed, N failed`: the tests of all suites, and each failed step that has no tests as one failure.
#   tools/check.sh              all steps
#   tools/check.sh types unit   these only
set -u
cd "$(dirname "$0")/.."
export PATH="$PWD/node_modules/.bin:$PATH"
reports=.cache/check
rm -rf "$reports" && mkdir -p "$reports"
wanted=" $* "
passed=0 failed=0
summary=()

skips() { [ "$wanted" != "  " ] && [[ "$wanted" != *" $1 "* ]]; }
run() { printf '\n── %s ──\n' "$1" && shift && "$@" </dev/null; }
note() { summary+=("$(printf '%-10s %-4s %4ss  %s' "$@")"); }

# step NAME COMMAND…: passes or fails as a whole.
step() {
  skips "$1" && return
  local name=$1 began=$SECONDS
  if run "$@"; then
    note "$name" ok $((SECONDS - began)) ''
  else
    failed=$((failed + 1))
    note "$name" FAIL $((SECONDS - began)) ''
  fi
}

# tests NAME COMMAND…: counts the tests in $reports/NAME.json. A suite that ran none has failed.
tests() {
  skips "$1" && return
  local name=$1 began=$SECONDS status=0 good bad left
  run "$@" || status=$?
  read -r good bad left <<<"$(node tools/count.mjs "$reports/$name.json")"
  if [ "$bad" -eq 0 ] && { [ "$status" -ne 0 ] || [ "$good" -eq 0 ]; }; then bad=1; fi
  passed=$((passed + good)) failed=$((failed + bad))
  note "$name" "$([ "$bad" -eq 0 ] && echo ok || echo FAIL)" $((SECONDS - began)) "$good passed, $bad failed, $left skipped"
}

vitest() { tests "$1" command vitest run --project "$1*" --reporter=dot --reporter=json --outputFile.json="$reports/$1.json"; }

step tools bash tools/requirements.sh
step format npm run -s format
step lint npm run -s lint
step types npm run -s types
step layers npm run -s layers
step unused npm run -s unused
vitest unit
vitest dawn
vitest gpu
step build npm run -s build
step size npm run -s size
tests e2e playwright test
tests clients bash tools/clients.sh --reporter=dot --reporter=json --outputFile.json="$reports/clients.json"

printf '\n'
printf '%s\n' "${summary[@]}"
printf '\n%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ] && [ ${#summary[@]} -gt 0 ]
