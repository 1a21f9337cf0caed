#!/usr/bin/env bash
# demo_backend.sh: the backend's image with the demo portfolio. Generates and imports it when the store is
# not there yet, then becomes the backend.
set -euo pipefail
folder=$(mktemp -d)
if [ ! -f "${DATABASE_URL#sqlite:}" ]; then
    bin/00_portfolio generate --clients "${DEMO_CLIENTS:-10000}" --seed 1 --out "$folder/demo" \
        --model models/portfolio.json
    bin/import --data "$folder/demo"
fi
rm -rf "$folder"
exec bin/backend
