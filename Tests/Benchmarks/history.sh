#!/usr/bin/env bash
# What a long history costs: bytes, time to answer, time to append; and how that compares with keeping `ss -tan | zstd -3` of every
# sample. Everything is generated with a simulated clock. Prints tables in Markdown. Takes about a quarter of an hour.
#
# Usage: Tests/Benchmarks/history.sh [DIRECTORY]     where portlog and portgen are; default .build/release
# Environment: DAYS (30), PAIRS (10), KEPT (1; 0: without the history whose samples are kept for 7 days), STANDING (10000: clients that keep a connection, in the comparison with ss), FOLDER (where the
# histories go; kept when given, and used again)
set -euo pipefail

binaries=$(readlink -f "${1:-.build/release}")
readonly binaries portlog=$binaries/portlog portgen=$binaries/portgen
readonly days=${DAYS:-30} pairs=${PAIRS:-10} standing=${STANDING:-10000} with_kept=${KEPT:-1}
folder=${FOLDER:-$(mktemp -d "${TMPDIR:-/tmp}/portlog-history.XXXXXX")}
mkdir -p "$folder"
cleanup() { [[ -n ${FOLDER:-} ]] || rm -rf "$folder"; }
trap cleanup EXIT
trap 'exit 143' TERM INT

say() { printf '%s\n' "$*" >&2; }
ask() { sqlite3 -readonly "$1" "$2"; }
median() { sort -n | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }
now() { date +%s%N; }

# Milliseconds that a command takes more than another one: the median over pairs.
more() {
    local round start middle end
    for ((round = 0; round < pairs; round++)); do
        start=$(now)
        "$portlog" --version >/dev/null
        middle=$(now)
        "$@" >/dev/null 2>&1
        end=$(now)
        awk -v a="$((middle - start))" -v b="$((end - middle))" 'BEGIN { printf "%.1f\n", (b - a) / 1e6 }'
    done | median
}
version() { for ((i = 0; i < pairs; i++)); do s=$(now); "$portlog" --version >/dev/null; e=$(now); echo $(((e - s) / 100000)); done | median | awk '{ printf "%.1f", $1 / 10 }'; }

generate() {
    local file=$1
    shift
    [[ -s $file ]] && return
    say "generating $(basename "$file") …"
    "$portgen" --database "$file" "$@" >"$file.json" 2>"$file.log"
}
readonly long=$folder/long.db short=$folder/short.db kept=$folder/kept.db
generate "$long" --days "$days"
[[ $with_kept == 0 ]] || generate "$kept" --days "$days" --keep-days 7
generate "$short" --days 1

say "sizes …"
echo "| Table | Rows | Bytes | Bytes a row |"
echo "|---|---:|---:|---:|"
ask "$long" "SELECT '| ' || name || ' | ' || sum(ncell) || ' | ' || sum(pgsize) || ' | ' || printf('%.1f', 1.0 * sum(pgsize) / sum(ncell)) || ' |'
    FROM dbstat GROUP BY name ORDER BY sum(pgsize) DESC LIMIT 14"
echo
full=$(ask "$long" "SELECT printf('%.1f', 1.0 * sum(pgsize) / (SELECT (SELECT count(*) FROM interval) + (SELECT count(*) FROM listener_interval)))
    FROM dbstat WHERE name NOT IN ('sample', 'sample_taken_at', 'minute', 'hour', 'day', 'bucket', 'series', 'series_now')")
rollup=$(ask "$long" "SELECT printf('%.1f', 1.0 * sum(pgsize) / (SELECT (SELECT count(*) FROM minute) + (SELECT count(*) FROM hour) + (SELECT count(*) FROM day)))
    FROM dbstat WHERE name IN ('minute', 'hour', 'day', 'bucket', 'series', 'series_now')")
first=$(grep -m1 -oP 'CPU \K[0-9]+' "$long.log")
last=$(grep -oP 'CPU \K[0-9]+' "$long.log" | tail -n 2 | head -n 1)
echo "| What | Measured | Wanted |"
echo "|---|---:|---:|"
echo "| Samples, intervals | $(ask "$long" "SELECT count(*) || ', ' || ((SELECT count(*) FROM interval) + (SELECT count(*) FROM listener_interval) + (SELECT count(*) FROM open_interval)) FROM sample") | ≥ 259200, 5000000 |"
echo "| Bytes an interval, side tables and indexes included | $full | ≤ 40 |"
echo "| Bytes a rollup row, buckets and series included | $rollup | ≤ 48 |"
echo "| CPU to append a sample, last whole day against the first | $last µs / $first µs = $(awk -v a="$last" -v b="$first" 'BEGIN { printf "%.2f", a / b }') | ≤ 1.20 |"
echo

say "questions …"
base=$(version)
readonly span=(--since "2026-10-01 00:00:00")
echo "Milliseconds more than \`portlog --version\` (${base} ms), whole process, median of $pairs pairs; wanted ≤ 60, and the whole at most"
echo "twice that of one day."
echo
kept_title=""
[[ $with_kept == 0 ]] || kept_title=" $days days, samples of 7 days |"
echo "| Question | 1 day | $days days, every sample kept |$kept_title whole process, $days days / 1 day |"
echo "|---|---:|---:|${kept_title:+---:|}---:|"
row() {
    local name=$1 a b c
    shift
    a=$(more "$portlog" "$@" --database "$short")
    b=$(more "$portlog" "$@" --database "$long")
    c=""
    [[ $with_kept == 0 ]] || c=" $(more "$portlog" "$@" --database "$kept") |"
    echo "| $name | $a | $b |$c $(awk -v v="$base" -v a="$a" -v b="$b" 'BEGIN { printf "%.2f", (v + b) / (v + a) }') |"
}
for question in time-wait ephemeral conflicts "who 40000" "who 443" listeners; do
    # shellcheck disable=SC2086
    row "\`$question\`, the last hour" $question
    # shellcheck disable=SC2086
    [[ $question == listeners ]] || row "\`$question\`, everything" $question "${span[@]}"
done
row "\`sockets\`, the newest" sockets
row "\`sockets --at\` the first day" sockets --at "2026-10-01 20:15:00"
echo
echo "| \`sockets --at\` | ms more | sockets |"
echo "|---|---:|---:|"
for at in "$((days / 10 + 1)) 03:12" "$((days / 3 + 1)) 11:40" "$((days / 2 + 1)) 17:05" "$((days - 1)) 22:50"; do
    moment=$(date -u -d "2026-10-01 + $((${at%% *} - 1)) days ${at#* }" '+%Y-%m-%d %H:%M:%S')
    echo "| $moment | $(more "$portlog" sockets --at "${moment/ /T}Z" --database "$long") | $("$portlog" sockets --at "${moment/ /T}Z" --database "$long" -o csv 2>/dev/null | tail -n +2 | wc -l) |"
done
echo

if ! command -v zstd >/dev/null; then
    say "zstd is not there: no comparison with ss"
    exit 0
fi
say "a day of ss -tan | zstd -3 …"
for clients in 0 "$standing"; do
    listing=$folder/ss-$clients
    day=$folder/day-$clients.db
    if [[ ! -s $day ]]; then
        rm -rf "$listing"
        mkdir -p "$listing"
        "$portgen" --database "$day" --days 1 --standing "$clients" --ss-folder "$listing" >/dev/null 2>"$day.log"
        find "$listing" -name '*.txt' -print0 | sort -z | xargs -0 -n 500 zstd -3 -q --rm
    fi
    ss_bytes=$(find "$listing" -name '*.zst' -printf '%s\n' | awk '{ s += $1 } END { print s }')
    own_bytes=$(stat -c %s "$day")
    at=$(ask "$day" "SELECT taken_at / 1000 FROM sample ORDER BY number DESC LIMIT 1 OFFSET 2000")
    port=$(ask "$day" "SELECT local_port FROM sockets WHERE protocol = 'tcp' AND local_port > 32767 ORDER BY random() LIMIT 1" 2>/dev/null || echo 40000)
    own=$(for ((i = 0; i < 5; i++)); do s=$(now); "$portlog" who "$port" --since "@$((at - 60))" --until "@$((at + 60))" --database "$day" >/dev/null 2>&1; e=$(now); echo $(((e - s) / 1000000)); done | median)
    grep=$(for ((i = 0; i < 3; i++)); do s=$(now); find "$listing" -name '*.zst' -print0 | xargs -0 zstdcat | grep -c ":$port " >/dev/null || true; e=$(now); echo $(((e - s) / 1000000)); done | median)
    echo "| A day, $(ask "$day" "SELECT CAST(avg(sockets) AS INTEGER) FROM sample") sockets on average | portlog | \`ss -tan \\| zstd -3\`, a file a sample | Ratio | Wanted |"
    echo "|---|---:|---:|---:|---:|"
    echo "| Bytes | $own_bytes | $ss_bytes | 1/$(awk -v a="$own_bytes" -v b="$ss_bytes" 'BEGIN { printf "%.1f", b / a }') | ≤ 1/20 |"
    echo "| Who held port $port at a time | $own ms | $grep ms · \`zstdcat … \\| grep\` | 1/$(awk -v a="$own" -v b="$grep" 'BEGIN { printf "%.0f", b / a }') | ≤ 1/50 |"
    echo
done
