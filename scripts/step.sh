# Sourced by the other scripts: says what is being done and how long it took.

# step TEXT COMMAND…: prints TEXT, runs the command, prints the seconds when it took more than one.
step() {
    local text=$1 started=$EPOCHREALTIME
    shift
    printf '→ %s\n' "$text"
    "$@"
    local status=$?
    local elapsed
    elapsed=$(awk -v a="$started" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f", b - a }')
    if [ $status -ne 0 ]; then
        printf '✗ %s failed after %s s\n' "$text" "$elapsed" >&2
    elif awk -v s="$elapsed" 'BEGIN { exit !(s >= 1) }'; then
        printf '  … %s s\n' "$elapsed"
    fi
    return $status
}
