#!/usr/bin/env bash
# test.sh: every check, cheapest first. Each says how long it took; the first failure ends the run.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/step.sh
make="make -s --no-print-directory BUILD=${BUILD:-build}"
jobs=$(nproc)
# Threads that wait for each other give the processor back: tests run beside servers, browsers and databases.
export OMP_WAIT_POLICY=passive

step "Layout (clang-format)" $make format-check
step "Static checks (cppcheck)" $make cppcheck
step "Building the programs" $make -j"$jobs" build
step "Unit tests" scripts/postgres.sh $make -j"$jobs" unit
step "Unit tests under ASan and UBSan" scripts/postgres.sh $make sanitize
step "API tests on SQLite" $make api
step "API tests on PostgreSQL" scripts/postgres.sh $make api
step "Browser tests" $make browser
