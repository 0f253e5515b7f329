#!/usr/bin/env bash
# What recording costs, as ratios measured in one run against cat and ss: with about 130 000 sockets, a third of them in
# TIME_WAIT, in a network namespace of their own. Prints a table in Markdown. Needs root; takes about two minutes.
#
# Usage: Tests/Benchmarks/run.sh [DIRECTORY]     where portlog and portload are; default .build/release
# Environment: CONNECTIONS (45000; twice as many sockets), TIME_WAIT (42000), RATE (280 connections opened, and as many
# reset, a second), SAMPLES (30)
set -euo pipefail

readonly limit=230  # seconds for everything
if [[ -z ${PORTLOG_BENCH_INSIDE:-} ]]; then
    if [[ $EUID -ne 0 ]]; then
        echo "The benchmark makes a network namespace and needs root: sudo make bench" >&2
        exit 1
    fi
    PORTLOG_BENCH_INSIDE=1 exec timeout --kill-after=10 "$limit" unshare --net -- "$0" "$@"
fi

binaries=$(readlink -f "${1:-.build/release}")
readonly binaries portlog=$binaries/portlog portload=$binaries/portload
readonly connections=${CONNECTIONS:-45000} time_wait=${TIME_WAIT:-42000} rate=${RATE:-280} samples=${SAMPLES:-30}
readonly tables=(/proc/net/tcp /proc/net/tcp6 /proc/net/udp /proc/net/udp6)

say() { printf '%s\n' "$*" >&2; }

# The processes of this script, by their numbers. The load also ends when its standard input does.
load=""
recorder=""
folder=$(mktemp -d "${TMPDIR:-/tmp}/portlog-bench.XXXXXX")
cleanup() {
    local pid
    for pid in $recorder $load; do kill "$pid" 2>/dev/null || true; done
    for pid in $recorder $load; do wait "$pid" 2>/dev/null || true; done
    rm -rf "$folder"
}
trap cleanup EXIT
trap 'exit 143' TERM INT

# CPU milliseconds (user and system, with children) of a command whose output nobody reads.
cpu_of() {
    local TIMEFORMAT='%3U %3S' spent
    spent=$({ time "$@" >/dev/null 2>&1; } 2>&1)
    awk '{ printf "%d\n", ($1 + $2) * 1000 + 0.5 }' <<<"$spent"
}

median() { sort -n | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }
ask() { sqlite3 -readonly "$database" "$1"; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'; }
verdict() { awk -v a="$1" -v b="$2" 'BEGIN { print a <= b ? "yes" : "**no**" }'; }

ip link set lo up
readonly database=$folder/portlog.db

# TIME_WAIT lasts 60 s: what is measured with these sockets has to be over by then.
say "making $((connections * 2 + time_wait)) sockets …"
mkfifo "$folder/hold"
"$portload" hold --connections "$connections" --time-wait "$time_wait" --rate "$rate" --reset --seconds "$limit" \
    <"$folder/hold" >"$folder/ready" 2>"$folder/load.log" &
load=$!
exec 7>"$folder/hold"
for ((tenths = 0; tenths < 600; tenths++)); do
    [[ -s $folder/ready ]] && break
    kill -0 "$load" 2>/dev/null || { cat "$folder/load.log" >&2; exit 1; }
    sleep 0.1
done
[[ -s $folder/ready ]] || { say "the load did not come up within a minute"; exit 1; }
ready=$SECONDS

say "ss -tanp, twice …"
ss -tanp >/dev/null 2>&1
ss=$(cpu_of ss -tanp)

say "recording $samples samples at 1 s, cat in between …"
cat "${tables[@]}" >/dev/null
"$portlog" record --namespaces own --database "$database" --interval 1s --samples "$samples" 2>"$folder/record.log" 7>&- &
recorder=$!
sleep 4
: >"$folder/cat"
: >"$folder/resident"
for ((round = 0; round < 20; round++)); do
    cpu_of cat "${tables[@]}" >>"$folder/cat"
    awk '/^VmRSS:/ { print $2 * 1024 }' "/proc/$recorder/status" >>"$folder/resident"
    [[ $round -eq 19 ]] || sleep 0.6
done
peak=$(awk '/^VmHWM:/ { print $2 * 1024 }' "/proc/$recorder/status")
wait "$recorder" || { cat "$folder/record.log" >&2; exit 1; }
recorder=""
elapsed=$((SECONDS - ready))

# A sample's CPU is noted before its own commit, which the next one's then holds: every steady figure has one commit in it.
cat_median=$(median <"$folder/cat")
steady=$(ask "SELECT cpu_ms FROM samples WHERE number > 2 ORDER BY number LIMIT 20" | median)
first=$(ask "SELECT cpu_ms FROM samples WHERE number = 1")
sockets=$(ask "SELECT sockets FROM samples WHERE number > 2 ORDER BY number LIMIT 20" | median)
missed=$(ask "SELECT sum(missed) FROM samples")
waiting=$(ask "SELECT count(*) FROM sockets WHERE state = 'time_wait' AND 12 BETWEEN first_sample AND last_sample")
churn=$(ask "WITH closed AS (SELECT start + ((cluster & 67108863) << ((cluster >> 26) + 6)) AS first, span, age
        FROM (SELECT cluster, start, span, age FROM interval
            UNION ALL SELECT cluster, start, span, age FROM listener_interval)),
    new AS (SELECT first AS n FROM open_interval WHERE age = 0 UNION ALL SELECT first FROM closed WHERE age = 0),
    gone AS (SELECT first + (span >> 7) + 1 AS n FROM closed WHERE span & 64 = 0),
    both AS (SELECT n, count(*) AS c FROM (SELECT n FROM new UNION ALL SELECT n FROM gone) GROUP BY n)
    SELECT 100.0 * c / sockets FROM both JOIN sample ON number = n WHERE n > 2 ORDER BY n LIMIT 20" | median)
unknown=$(ask "SELECT count(*) FROM sockets WHERE is_open = 1 AND inode IS NOT NULL AND attribution = 'unknown'")
attributed=$(ask "SELECT count(*) FROM sockets WHERE is_open = 1 AND inode IS NOT NULL")

say "ending the load, and the history with it …"
exec 7>&-
wait "$load" || true
load=""
for ((seconds = 0; seconds < 70; seconds++)); do  # the TIME_WAIT sockets go last
    grep -q 'TCP:.* tw 0 ' /proc/net/sockstat && break
    sleep 1
done
"$portlog" record --namespaces own --database "$database" --interval 1s --samples 1 2>>"$folder/record.log"
sqlite3 "$database" "PRAGMA wal_checkpoint(TRUNCATE)" >/dev/null
closed=$(ask "SELECT count(*) FROM interval")
listeners=$(ask "SELECT count(*) FROM listener_interval")
open=$(ask "SELECT count(*) FROM open_interval")
all=$((closed + listeners + open))
interval_bytes=$(ask "SELECT sum(pgsize) FROM dbstat WHERE name = 'interval'")
file_bytes=$(stat -c %s "$database")

first_limit=$(ratio "$ss" 2)
memory_limit=$(awk -v n="$sockets" 'BEGIN { printf "%d", 30e6 + 200 * n }')
steady_ratio=$(ratio "$steady" "$cat_median")
first_ratio=$(ratio "$first" "$ss")
mb() { awk -v b="$1" 'BEGIN { printf "%.1f MB", b / 1e6 }'; }
ms() { awk -v t="$1" 'BEGIN { printf "%.0f ms", t }'; }

cat <<TABLE
| | |
|---|---|
| Command | \`make bench\` |
| Kernel | $(uname -sr), $(uname -m) |
| CPU | $(nproc) × $(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo | head -n 1) |
| portlog | $("$portlog" --version) |
| cat | $(cat --version | head -n 1) |
| ss | $(ss -V) |
| SQLite's shell | $(sqlite3 --version | cut -d ' ' -f 1,2) |
| Sockets | $(printf '%.0f' "$sockets"), of which $waiting in TIME_WAIT (median of 20 samples; sample 12) |
| New or gone from one sample to the next | $(printf '%.2f' "$churn") % (median) |
| Samples, missed ticks | $samples at 1 s, $missed |
| Open sockets without a known owner | $unknown of $attributed |

| What | portlog | Measured against | Ratio | Wanted | Met |
|---|---:|---:|---:|---:|---|
| CPU of a steady sample, commit included (medians of 20) | $(ms "$steady") | $(ms "$cat_median") · \`cat ${tables[*]}\` | $steady_ratio | ≤ 1.30 | $(verdict "$steady_ratio" 1.30) |
| CPU of the first sample, which attributes every socket | $(ms "$first") | $(ms "$ss") · \`ss -tanp\`, caches warm | $first_ratio | ≤ 0.50 | $(verdict "$first" "$first_limit") |
| Resident memory, steady (median) | $(mb "$(median <"$folder/resident")") | $(mb "$memory_limit") · 30 MB + 200 B a socket | $(ratio "$(median <"$folder/resident")" "$memory_limit") | ≤ 1.00 | $(verdict "$(median <"$folder/resident")" "$memory_limit") |
| Resident memory, highest | $(mb "$peak") | $(mb "$memory_limit") · the same | $(ratio "$peak" "$memory_limit") | ≤ 1.00 | $(verdict "$peak" "$memory_limit") |
| Bytes an interval in the big table ($closed intervals) | $(ratio "$interval_bytes" "$closed") B | | | | |
| Bytes an interval, the whole file ($all intervals, $open of them open) | $(ratio "$file_bytes" "$all") B | | | | |
TABLE
say "(measured within $elapsed s of the load's being there)"
