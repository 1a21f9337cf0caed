#!/usr/bin/env bash
# stop.sh: ends the servers that run.sh started; they finish their running requests first.
set -euo pipefail
cd "$(dirname "$0")/.."
# True while the process runs; one that ended and waits for init to notice does not.
runs() {
    local state
    state=$(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null) && [ -n "$state" ] && [ "${state:0:1}" != Z ]
}

for name in frontend backend; do
    file=data/run/$name.pid
    [ -f "$file" ] || continue
    pid=$(cat "$file")
    # The number may have been given to somebody else's process since.
    if [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = "$name" ]; then
        kill "$pid"
        for _ in $(seq 1 400); do
            runs "$pid" || break
            sleep 0.05
        done
    fi
    rm -f "$file"
done
