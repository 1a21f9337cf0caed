#!/usr/bin/env bash
# postgres.sh COMMAND…: runs the command with a PostgreSQL of its own, in a temporary folder that is removed at the
# end. The command finds it in POSTGRES_URL (an address to add /DATABASE to; `postgres` is there) and may stop and
# start it with POSTGRES_CONTROL stop|start.
set -euo pipefail

bin=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
[ -d "$bin" ] || {
    echo "PostgreSQL is not installed: scripts/install.sh test" >&2
    exit 1
}
folder=$(mktemp -d /tmp/clairscore-postgres-XXXXXX)
# The server refuses to run as root.
as_user() { "$@"; }
if [ "$(id -u)" = 0 ]; then
    chown postgres "$folder"
    as_user() { setpriv --reuid=postgres --regid=postgres --init-groups -- "$@"; }
fi
here=$PWD
cd "$folder" # which that user may enter
stop() { as_user "$bin/pg_ctl" -D "$folder/data" -m immediate stop >/dev/null 2>&1 || true; }
trap 'stop; rm -rf "$folder"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Nothing here outlives the command: the disk need not hear of it.
as_user "$bin/initdb" -D "$folder/data" -U clairscore --auth=trust --encoding=UTF8 --locale=C --no-sync >/dev/null
as_user tee -a "$folder/data/postgresql.conf" >/dev/null <<END
listen_addresses = ''
unix_socket_directories = '$folder'
fsync = off
full_page_writes = off
synchronous_commit = off
max_connections = 100
shared_buffers = 64MB
END
cat >"$folder/control" <<END
#!/bin/sh
# control stop|start
cd "$folder"
set -- "$bin/pg_ctl" -D "$folder/data" -l "$folder/data/log" -w -m fast "\$1"
[ "\$(id -u)" = 0 ] && set -- setpriv --reuid=postgres --regid=postgres --init-groups -- "\$@"
exec "\$@" >/dev/null
END
chmod 700 "$folder/control"
"$folder/control" start || {
    cat "$folder/data/log" >&2
    exit 1
}

export POSTGRES_CONTROL=$folder/control
export POSTGRES_URL=postgres://clairscore@${folder//\//%2F}
cd "$here"
"$@"
