#!/usr/bin/env bash
# Builds both images, brings them up as docker-compose.yml says, signs in through the published port and takes
# everything down again. Uses docker when its engine answers, else podman. CA_FILE=FILE adds a certificate
# authority for npm during the build, where the network has one of its own.
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/step.sh
export FRONTEND_PORT=${FRONTEND_PORT:-28501} API_KEY=container-test-key LOGIN=conseiller PASSWORD=container-test
export COMPOSE_PROJECT_NAME=clairscore-test
log=$(mktemp)

if docker info >/dev/null 2>&1; then
    engine=docker compose="docker compose"
    build() { docker build -q --target "$1" -t "clairscore-$1" ${CA_FILE:+--build-arg NODE_EXTRA_CA_CERTS=/run/ca.crt} .; }
elif command -v podman >/dev/null; then
    engine=podman compose=podman-compose
    build() {
        podman build --format docker --isolation chroot --network host --target "$1" -t "clairscore-$1" \
            ${CA_FILE:+-v "$CA_FILE:/run/ca.crt:ro" --build-arg NODE_EXTRA_CA_CERTS=/run/ca.crt} . >"$log" 2>&1 ||
            { tail -n 20 "$log" >&2; return 1; }
    }
else
    echo "Neither docker nor podman is here: apt-get install $(grep -v '^#' scripts/packages/container.txt | xargs)" >&2
    exit 1
fi

finish() {
    $compose -p "$COMPOSE_PROJECT_NAME" down -v >/dev/null 2>&1 || true
    rm -f "$log"
}
trap finish EXIT

step "Building the backend's image" build backend
step "Building the frontend's image" build frontend
for name in backend frontend; do
    user=$($engine image inspect -f '{{.Config.User}}' "clairscore-$name")
    [ "$user" = clairscore ] || { echo "clairscore-$name runs as '$user', not as clairscore" >&2; exit 1; }
    printf '  clairscore-%s: %s MB\n' "$name" \
        "$(($($engine image inspect -f '{{.Size}}' "clairscore-$name") / 1000000))"
done
if (exec 3<>"/dev/tcp/127.0.0.1/$FRONTEND_PORT") 2>/dev/null; then
    echo "Port $FRONTEND_PORT is taken; choose another: FRONTEND_PORT=… make container" >&2
    exit 1
fi
step "Bringing both up" $compose -p "$COMPOSE_PROJECT_NAME" up -d --no-build >"$log" 2>&1

ready() {
    for _ in $(seq 1 240); do
        scripts/healthy.sh "$FRONTEND_PORT" /health && return 0
        sleep 0.5
    done
    echo "The dashboard did not become ready:" >&2
    $engine logs --tail 20 "$($engine ps -aqf name=frontend | head -n 1)" >&2
    $engine logs --tail 20 "$($engine ps -aqf name=backend | head -n 1)" >&2
    return 1
}
step "Waiting for the dashboard" ready
step "Signing in and opening a client" node tests/container/sign_in.mjs "http://127.0.0.1:$FRONTEND_PORT"
echo "1 passed, 0 failed"
