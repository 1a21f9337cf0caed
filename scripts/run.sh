#!/usr/bin/env bash
# run.sh: starts both servers on a prepared portfolio and leaves data/demo.env. Called by `make run`.
# DATA=DIR uses a folder of Home Credit CSV files instead of the generated demo portfolio.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/step.sh
umask 077
build=${BUILD:-build}
mkdir -p data/run data/log

# The settings of the last run stay, unless the environment says otherwise.
setting() { # setting NAME DEFAULT
    local kept=""
    [ -f data/demo.env ] && kept=$(. data/demo.env && eval "printf %s \"\${$1:-}\"")
    eval "printf %s \"\${$1:-${kept:-$2}}\""
}
random() { head -c "$1" /dev/urandom | base64 | tr -dc 'A-Za-z0-9' | head -c "$2"; }

bind=${BIND:-127.0.0.1}
backend_port=${BACKEND_PORT:-8080}
frontend_port=${FRONTEND_PORT:-${PORT:-8501}}
API_KEY=$(setting API_KEY "$(random 64 40)")
LOGIN=$(setting LOGIN administrateur)
PASSWORD=$(setting PASSWORD "$(random 32 16)")
SESSION_KEY=$(setting SESSION_KEY "$(random 64 43)")
LETTERHEAD=${LETTERHEAD:-Banque Clairval|Crédit aux particuliers|12 rue de la République|69002 Lyon}
BACKEND_URL=http://127.0.0.1:$backend_port
FRONTEND_URL=http://127.0.0.1:$frontend_port

data=${DATA:-data/demo}
if [ -n "${DATA:-}" ]; then
    [ -r "$data/application_train.csv" ] || {
        echo "DATA=$data: no application_train.csv there. Give the folder of the Home Credit CSV files." >&2
        exit 1
    }
    fingerprint=$(cd "$data" && stat -L -c '%n %s %Y' ./*.csv | sha256sum | head -c 12)
    model=${MODEL_DIR:-models/data-$fingerprint}
    database=${DATABASE_URL:-sqlite:data/$fingerprint.db}
    folds=()
    [ -r "$data/folds.csv" ] && folds=(--folds "$data/folds.csv")
    [ -f "$model/model.json" ] ||
        step "Training a model on $data (once for these files)" \
            "$build/02_model" --data "$data" "${folds[@]}" --out "$model" --sections none
else
    model=${MODEL_DIR:-models/demo}
    database=${DATABASE_URL:-sqlite:data/demo.db}
fi

# A server that this script started earlier gives way; anybody else's is left alone.
"$(dirname "$0")/stop.sh"
for port in "$backend_port" "$frontend_port"; do
    if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
        echo "Port $port is taken by another program. Choose others: BACKEND_PORT=… FRONTEND_PORT=… make run" >&2
        exit 1
    fi
done

export API_KEY MODEL_DIR=$model DATABASE_URL=$database
step "Importing $data into the client store" "$build/import" --data "$data"

# One account of each of the other roles, to see the dashboard as they do. The file is the demo's alone and made
# anew each time; with an ACCOUNTS_FILE of one's own there are only the accounts in that.
demo_accounts() {
    rm -f "$ACCOUNTS_FILE"
    "$build/accounts" add conseiller advisor <<<"$PASSWORD" >/dev/null 2>&1 &&
        "$build/accounts" add analyste analyst <<<"$PASSWORD" >/dev/null 2>&1
}
roles=""
if [ -z "${ACCOUNTS_FILE:-}" ]; then
    export ACCOUNTS_FILE=data/demo-accounts.json
    if demo_accounts; then # a PASSWORD of one's own may be too short for them
        roles="             or as conseiller (advisor) or analyste (analyst) with the same password"$'\n'
    else
        unset ACCOUNTS_FILE
    fi
fi

start() { # start NAME PORT VARIABLE=VALUE…
    local name=$1 port=$2
    shift 2
    setsid env PORT="$port" BIND="$bind" "$@" "$build/$name" >>"data/log/$name.log" 2>&1 </dev/null &
    echo $! >"data/run/$name.pid"
}
wait_for() { # wait_for NAME PORT PATH
    for _ in $(seq 1 300); do
        scripts/healthy.sh "$2" "$3" && return 0
        kill -0 "$(cat "data/run/$1.pid")" 2>/dev/null || break
        sleep 0.1
    done
    echo "The $1 did not become ready. Its last words (data/log/$1.log):" >&2
    tail -n 5 "data/log/$1.log" >&2
    exit 1
}
start backend "$backend_port"
start frontend "$frontend_port" BACKEND_URL="$BACKEND_URL" LOGIN="$LOGIN" PASSWORD="$PASSWORD" \
    SESSION_KEY="$SESSION_KEY" LETTERHEAD="$LETTERHEAD" ASSET_DIR="$build/frontend-assets"
step "Waiting for the backend" wait_for backend "$backend_port" /v2/health/ready
step "Waiting for the dashboard" wait_for frontend "$frontend_port" /health

cat >data/demo.env.part <<END
# Written by make run. Source it: . data/demo.env
BACKEND_URL='$BACKEND_URL'
FRONTEND_URL='$FRONTEND_URL'
API_KEY='$API_KEY'
LOGIN='$LOGIN'
PASSWORD='$PASSWORD'
SESSION_KEY='$SESSION_KEY'
MODEL_DIR='$model'
DATABASE_URL='$database'
END
mv data/demo.env.part data/demo.env

cat <<END

Clairscore is running.
  Dashboard  $FRONTEND_URL   sign in as $LOGIN with $PASSWORD
${roles}  REST API   $BACKEND_URL   key and the rest in data/demo.env
  Logs       data/log/   Stop with: make stop
END
