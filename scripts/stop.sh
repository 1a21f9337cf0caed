#!/usr/bin/env bash
# stop.sh: ends the servers that run.sh started; they finish their running requests first.
set -euo pipefail
cd "$(dirname "$0")/.."
for name in frontend backend; do
    file=data/run/$name.pid
    [ -f "$file" ] || continue
    pid=$(cat "$file")
    # The number may have been given to somebody else's process since.
    if [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = "$name" ]; then
        kill "$pid"
        for _ in $(seq 1 400); do
            kill -0 "$pid" 2>/dev/null || break
            sleep 0.05
        done
    fi
    rm -f "$file"
done
