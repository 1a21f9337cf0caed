#!/usr/bin/env bash
# install.sh LIST…: installs the Debian packages of scripts/packages/LIST.txt that are missing, and the npm
# packages of package-lock.json. Does nothing, quickly, when everything is there.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/step.sh

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        echo "Installing packages needs root. Run this as root, or install sudo, or install by hand: $*" >&2
        return 1
    fi
}

wanted=$(for list in "$@"; do grep -v '^#' "scripts/packages/$list.txt"; done | sort -u)
# A Node.js from elsewhere serves as well as Debian's.
if command -v node >/dev/null && command -v npm >/dev/null; then
    wanted=$(printf '%s\n' "$wanted" | grep -vxE 'nodejs|npm')
fi
installed=$(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' 2>/dev/null | awk '$1 == "ii" { print $2 }' | sort -u)
missing=$(comm -23 <(printf '%s\n' "$wanted") <(printf '%s\n' "$installed"))
if [ -n "$missing" ]; then
    export DEBIAN_FRONTEND=noninteractive
    step "Reading Debian's package lists" as_root apt-get update -qq
    # shellcheck disable=SC2086 # one word a package
    step "Installing from Debian: $(echo $missing)" \
        as_root apt-get install -y -qq --no-install-recommends $missing >/dev/null
fi

if ! cmp -s package-lock.json node_modules/.lock-installed; then
    step "Installing from npm (pinned by package-lock.json)" npm ci --silent --no-audit --no-fund
    cp package-lock.json node_modules/.lock-installed
fi
