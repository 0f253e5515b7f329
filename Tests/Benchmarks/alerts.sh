#!/usr/bin/env bash
# What the alert rules add to a sample: two recorders side by side, one with the rules and one without, look at the same 100 000
# sockets towards 1 000 destinations in a network namespace of their own. Prints a table in Markdown. Needs root; takes about two
# minutes.
#
# Usage: Tests/Benchmarks/alerts.sh [DIRECTORY]     where portlog and portload are; default .build/release
# Environment: CONNECTIONS (45000; twice as many sockets), TIME_WAIT (10000), DESTINATIONS (1000), RATE (280 connections opened, and
# as many reset, a second), SAMPLES (60)
set -euo pipefail

readonly limit=230  # seconds for everything
if [[ -z ${PORTLOG_BENCH_INSIDE:-} ]]; then
    if [[ $EUID -ne 0 ]]; then
        echo "The benchmark makes a network namespace and needs root: sudo make bench-alerts" >&2
        exit 1
    fi
    PORTLOG_BENCH_INSIDE=1 exec timeout --kill-after=10 "$limit" unshare --net -- "$0" "$@"
fi

binaries=$(readlink -f "${1:-.build/release}")
readonly binaries portlog=$binaries/portlog portload=$binaries/portload
readonly connections=${CONNECTIONS:-45000} time_wait=${TIME_WAIT:-10000} destinations=${DESTINATIONS:-1000}
readonly rate=${RATE:-280} samples=${SAMPLES:-60}

say() { printf '%s\n' "$*" >&2; }

# The processes of this script, by their numbers. The load also ends when its standard input does.
load=""
recorders=()
folder=$(mktemp -d "${TMPDIR:-/tmp}/portlog-bench.XXXXXX")
cleanup() {
    local pid
    for pid in "${recorders[@]}" $load; do kill "$pid" 2>/dev/null || true; done
    for pid in "${recorders[@]}" $load; do wait "$pid" 2>/dev/null || true; done
    rm -rf "$folder"
}
trap cleanup EXIT
trap 'exit 143' TERM INT

ask() { sqlite3 -readonly "$folder/$1.db" "$2"; }
median() { sort -n | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }

ip link set lo up
# Each destination is an address of its own.
to=()
for ((number = 0; number < destinations; number++)); do
    to+=(--to "127.1.$((number / 250)).$((number % 250 + 1))")
done

say "making $((connections * 2 + time_wait)) sockets towards $destinations destinations …"
mkfifo "$folder/hold"
"$portload" hold --connections "$connections" --time-wait "$time_wait" --rate "$rate" --reset --seconds "$limit" "${to[@]}" \
    <"$folder/hold" >"$folder/ready" 2>"$folder/load.log" &
load=$!
exec 7>"$folder/hold"
for ((tenths = 0; tenths < 600; tenths++)); do
    [[ -s $folder/ready ]] && break
    kill -0 "$load" 2>/dev/null || { cat "$folder/load.log" >&2; exit 1; }
    sleep 0.1
done
[[ -s $folder/ready ]] || { say "the load did not come up within a minute"; exit 1; }

say "recording $samples samples at 1 s, with the rules and without …"
printf 'alerts:\n  enabled: false\n' >"$folder/without.yaml"
printf 'alerts:\n  enabled: true\n' >"$folder/with.yaml"
for kind in with without; do
    "$portlog" record --config "$folder/$kind.yaml" --namespaces own --database "$folder/$kind.db" --interval 1s \
        --samples "$samples" 2>"$folder/$kind.log" 7>&- &
    recorders+=($!)
    sleep 0.5  # not both at the same moment
done
for pid in "${recorders[@]}"; do wait "$pid" || { cat "$folder"/*.log >&2; exit 1; }; done
recorders=()

steady() { ask "$1" "SELECT cpu_ms FROM samples WHERE number > 4"; }
with=$(steady with | median)
without=$(steady without | median)
paired=$(paste <(steady with) <(steady without) | awk 'NF == 2 { printf "%.4f\n", $1 / $2 }' | median)
reached=$(ask with "SELECT count(DISTINCT remote_address) FROM sockets WHERE role = 'outgoing' AND is_open = 1")
sockets=$(ask with "SELECT sockets FROM samples WHERE number > 4" | median)
alerts=$("$portlog" alerts --database "$folder/without.db" -o json | grep -c '"rule"' || true)
[[ $alerts == 0 ]] || { say "the recorder without rules has $alerts alerts"; exit 1; }

cat <<TABLE
| | |
|---|---|
| Command | \`make bench-alerts\` |
| Sockets, destinations | $(printf '%.0f' "$sockets"), $reached |
| Samples | $samples at 1 s, side by side |

| CPU of a steady sample (medians of $((samples - 4))) | with the rules | without | Ratio of the medians | Median of the ratios | Wanted |
|---|---:|---:|---:|---:|---:|
| | $with ms | $without ms | $(awk -v a="$with" -v b="$without" 'BEGIN { printf "%.3f", a / b }') | $paired | ≤ 1.05 |
TABLE
