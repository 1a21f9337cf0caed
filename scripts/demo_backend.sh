#!/usr/bin/env bash
# demo_backend.sh: the backend's image with the demo portfolio. Generates and imports it when the store is
# not there yet, then becomes the backend. Always of one date, so that a store elsewhere knows the files again.
set -euo pipefail
folder=$(mktemp -d)
if [ ! -f "${DATABASE_URL#sqlite:}" ]; then
    bin/00_portfolio generate --clients "${DEMO_CLIENTS:-10000}" --seed 1 --out "$folder/demo" \
        --model models/portfolio.json
    touch -d 2020-01-01 "$folder"/demo/*
    bin/import --data "$folder/demo"
fi
rm -rf "$folder"
exec bin/backend
