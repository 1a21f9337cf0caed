#!/usr/bin/env bash
# test.sh: every check, cheapest first. Each says how long it took; the first failure ends the run.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/step.sh
make="make -s --no-print-directory BUILD=${BUILD:-build}"
jobs=$(nproc)

step "Layout (clang-format)" $make format-check
step "Static checks (cppcheck)" $make cppcheck
step "Building the programs" $make -j"$jobs" build
step "Unit tests" $make -j"$jobs" unit
step "Unit tests under ASan and UBSan" $make sanitize
step "API tests" $make api
step "Browser tests" $make browser
