#!/usr/bin/env bash
# What finding the owners of sockets costs: 90 000 sockets with descriptors, 1 % of them new or gone a second, in a network namespace
# of their own. The recorder runs as root, and as a user who may look into no process: the difference is the search. Beside it
# `ss -tanp` and psutil's net_connections(), where python3-psutil is installed. Prints a table in Markdown; needs root, takes two
# minutes.
#
# Usage: Tests/Benchmarks/attribution.sh [DIRECTORY]     where portlog and portload are; default .build/release
set -euo pipefail

readonly limit=200
if [[ -z ${PORTLOG_BENCH_INSIDE:-} ]]; then
    if [[ $EUID -ne 0 ]]; then
        echo "The benchmark makes a network namespace and needs root: sudo make bench-attribution" >&2
        exit 1
    fi
    PORTLOG_BENCH_INSIDE=1 exec timeout --kill-after=10 "$limit" unshare --net -- "$0" "$@"
fi

binaries=$(readlink -f "${1:-.build/release}")
readonly binaries
folder=$(mktemp -d "${TMPDIR:-/tmp}/portlog-bench.XXXXXX")
load=""
cleanup() {
    [[ -z $load ]] || { kill "$load" 2>/dev/null || true; wait "$load" 2>/dev/null || true; }
    rm -rf "$folder"
}
trap cleanup EXIT
trap 'exit 143' TERM INT
# The other user writes a history here, and runs the programs from here.
chmod 777 "$folder"
cp "$binaries/portlog" "$binaries/portload" "$folder"

say() { printf '%s\n' "$*" >&2; }
cpu_of() {
    local TIMEFORMAT='%3U %3S' spent
    spent=$({ time "$@" >/dev/null 2>&1; } 2>&1)
    awk '{ printf "%d\n", ($1 + $2) * 1000 + 0.5 }' <<<"$spent"
}
median() { sort -n | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }
ask() { sqlite3 -readonly "$folder/$1.db" "$2"; }
thrice() { { cpu_of "$@"; cpu_of "$@"; cpu_of "$@"; } | median; }

ip link set lo up
mkfifo "$folder/hold"
"$folder/portload" hold --connections 45000 --rate 450 --reset --seconds "$limit" <"$folder/hold" >"$folder/ready" 2>/dev/null &
load=$!
exec 7>"$folder/hold"
for ((tenths = 0; tenths < 600; tenths++)); do [[ -s $folder/ready ]] && break; sleep 0.1; done
say "ss -tanp, psutil …"
ss -tanp >/dev/null 2>&1
ss=$(thrice ss -tanp)
psutil=-
if /usr/bin/python3 -c 'import psutil' 2>/dev/null; then
    psutil=$(($(thrice /usr/bin/python3 -c 'import psutil; psutil.net_connections()') - $(thrice /usr/bin/python3 -c 'import psutil')))
fi
tables=$(thrice cat /proc/net/tcp /proc/net/tcp6 /proc/net/udp /proc/net/udp6)
for round in 1 2; do
    for user in root nobody; do
        say "recording as $user …"
        through=()
        [[ $user == root ]] || through=(setpriv --reuid=65534 --clear-groups)
        "${through[@]}" "$folder/portlog" record --namespaces own --database "$folder/$user$round.db" --interval 1s --samples 12 \
            2>/dev/null 7>&-
    done
done
figure() { # $1: which samples; the median over rounds of root less nobody
    for round in 1 2; do
        local own other
        own=$(ask "root$round" "SELECT cpu_ms FROM samples WHERE $1" | median)
        other=$(ask "nobody$round" "SELECT cpu_ms FROM samples WHERE $1" | median)
        awk -v a="$own" -v b="$other" 'BEGIN { printf "%.0f\n", a - b }'
    done | median
}
first=$(figure "number = 1")
steady=$(figure "number > 2")
unknown=$(ask root2 "SELECT count(*) FROM sockets WHERE is_open = 1 AND inode IS NOT NULL AND attribution = 'unknown'")
all=$(ask root2 "SELECT count(*) FROM sockets WHERE is_open = 1 AND inode IS NOT NULL")
ratio() { [[ $2 == - ]] && printf -- '-' || awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'; }
cat <<TABLE
| CPU of finding owners | portlog | Measured against | Ratio | Wanted |
|---|---:|---:|---:|---:|
| all of $all, tables and commit apart | $first ms | $ss ms · \`ss -tanp\` | $(ratio "$first" "$ss") | ≤ 0.20 |
| the same | $first ms | $psutil ms · psutil's \`net_connections()\` | $(ratio "$first" "$psutil") | ≤ 0.50 |
| in a steady sample with 1 % new or gone | $steady ms | $tables ms · \`cat\` of the socket tables | $(ratio "$steady" "$tables") | ≤ 0.50 |

$unknown of $all open sockets had no owner yet at the last sample: they were new in it.
TABLE
exec 7>&-
