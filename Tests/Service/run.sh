#!/usr/bin/env bash
# Boots a Debian of its own, installs the package in it, and does there what an administrator does, and what an attacker tries.
# After everything the history has to be continuous and whole.
#
# Usage: Tests/Service/run.sh DIRECTORY-OF-THE-PACKAGE WORK-DIRECTORY
#
# The Debian is made by debootstrap once, from the mirror that this host's apt uses, and kept in WORK-DIRECTORY/base. It is
# booted by systemd-nspawn in namespaces of its own, without a network but loopback. PORTLOG_REST_SECONDS (120): for how long
# the recorder is measured at rest.
set -euo pipefail

readonly source=$(cd "$(dirname "$0")/../.." && pwd)
readonly package=$(realpath "$1"/portlog_*.deb)
mkdir -p "$2"
readonly work=$(realpath "$2")
readonly root=$work/root history=/var/lib/portlog/portlog.db
readonly rest=${PORTLOG_REST_SECONDS:-120}
container= asked=
checks=0 failures=0

skip() {
    echo "################################  SKIPPED: $*  ################################" >&2
    exit 0
}

section() { printf '%4d s  == %s\n' "$SECONDS" "$*"; }

# check WHAT COMMAND...: counts, and says what went wrong.
check() {
    local what=$1
    shift
    checks=$((checks + 1))
    if ! "$@"; then
        failures=$((failures + 1))
        echo "FAILED: $what" >&2
    fi
}

is() { [[ $1 == "$2" ]] || { echo "  found '$1', wanted '$2'" >&2; false; }; }
contains() { [[ $1 == *"$2"* ]] || { echo "  found '$1', wanted it to contain '$2'" >&2; false; }; }
more() { ((${1:-0} > ${2:-0})) || { echo "  found '$1', wanted more than '$2'" >&2; false; }; }

# Runs a command in the container, as root or as a user.
inside() { nsenter --target "$(leader)" --all -- /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 "$@"; }
as() {
    local user=$1
    shift
    inside runuser -u "$user" -- env HOME="/home/$user" "$@"
}
leader() { pgrep -P "$container" | head -n 1; }
# Of the socket that takes alerts.
socket() { for is in active enabled; do inside systemctl is-$is portlog-notify.socket 2>/dev/null || true; done | xargs; }
property() { inside systemctl show --property="$1" --value portlog; }

# status USER EXPRESSION: of `portlog status`, in Python; `s` is the document.
status() { as "$1" env ${asked:+PORTLOG_DATABASE=$asked} portlog status -o json | python3 -c "import json, sys; s = json.load(sys.stdin); print($2)"; }
newest() { status root "s['last_sample']['number']" 2>/dev/null || echo 0; }

# until_true SECONDS COMMAND...: waits for it.
until_true() {
    local end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        ((SECONDS < end)) || { echo "  waited in vain for: $*" >&2; return 1; }
        sleep 0.2
    done
}
is_beyond() { (($(newest) > $1)); }
restarted() { (($(property NRestarts) > $1)); }

# Samples go on after the one given, and the file is whole: as a member of the group asks.
continues() {
    check "$2: samples go on after $1" until_true 30 is_beyond "$1"
    check "$2: the history is whole" as alice portlog database check -o json >/dev/null
    # From the first to the last no sample is missing, whatever happened between them.
    check "$2: no sample is missing" is "$(inside sqlite3 -readonly $history \
        'SELECT max(number) - min(number) + 1 - count(*) FROM sample')" 0
    check "$2: integrity_check" is "$(inside sqlite3 -readonly $history 'PRAGMA integrity_check')" ok
}

drop_in() {
    inside mkdir -p /etc/systemd/system/portlog.service.d
    inside tee "/etc/systemd/system/portlog.service.d/$1.conf" >/dev/null
    inside systemctl daemon-reload
}
no_drop_in() {
    inside rm -f "/etc/systemd/system/portlog.service.d/$1.conf"
    inside systemctl daemon-reload
}

make_base() {
    [[ -x $work/base/usr/bin/curl ]] && return
    rm -rf "$work/base"
    local archive suite
    # The first archive of Debian itself that apt knows here: not security's, not updates'.
    read -r archive suite < <(apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(LABEL) $(CREATED_BY)' |
        awk '$3 == "Debian" && $4 == "Packages" && $2 !~ /[-\/]/ { print $1, $2 }' | sort -u) ||
        skip "apt knows no Debian"
    section "debootstrap $suite"
    rm -rf "$work/base.partial"
    debootstrap --variant=minbase \
        --include=systemd,systemd-sysv,dbus,libsqlite3-0,libstdc++6,libgcc-s1,python3-minimal,sqlite3,procps,curl \
        "$suite" "$work/base.partial" "$archive" >"$work/debootstrap.log" 2>&1 ||
        { tail -n 20 "$work/debootstrap.log" >&2; echo "debootstrap failed" >&2; exit 1; }
    mv "$work/base.partial" "$work/base"
}

boot() {
    rm -rf "$root"
    cp -a --reflink=auto "$work/base" "$root"
    install -m 755 "$source"/Tests/Service/inside/*.py "$root/usr/local/bin/"
    install -m 644 "$source"/Tests/Service/inside/*.service "$root/etc/systemd/system/"
    cp "$package" "$root/root/new.deb"
    cp "$work/old.deb" "$root/root/old.deb"
    start_container
}
start_container() {
    systemd-nspawn --quiet --register=no --keep-unit --private-network --boot --link-journal=no --console=pipe \
        --directory="$root" </dev/null >"$work/console.log" 2>&1 &
    container=$!
    until_true 60 is_up || { tail -n 20 "$work/console.log" >&2; exit 1; }
}
is_up() { inside systemctl is-system-running | grep -qE 'running|degraded'; }
shut_down() {
    [[ -n $container ]] || return 0
    kill -TERM "$container" 2>/dev/null || true
    local leader
    leader=$(leader || true)
    for _ in {1..50}; do kill -0 "$container" 2>/dev/null || break; sleep 0.1; done
    [[ -z $leader ]] || kill -KILL "$leader" 2>/dev/null || true
    wait "$container" 2>/dev/null || true
    rm -rf "$root"
}

# The same program as an earlier version.
make_earlier() {
    rm -rf "$work/old"
    dpkg-deb -R "$package" "$work/old"
    sed -i 's/^Version: .*/Version: 0.0.9-1/' "$work/old/DEBIAN/control"
    # What this test is about is the package's own behaviour; an earlier schema comes with a history of that schema below.
    dpkg-deb -Zgzip -z1 -b "$work/old" "$work/old.deb" >/dev/null
    rm -rf "$work/old"
}

install_version() { inside apt-get install -y -q --allow-downgrades "/root/$1.deb" >"$work/apt.log" 2>&1; }

[[ $EUID -eq 0 ]] || skip "the test of the service boots a Debian, which takes root"
unshare --mount --pid --net --uts --ipc --fork --mount-proc true 2>/dev/null || skip "namespaces are not permitted here"
[[ -f $package ]] || { echo "no package in $1: make deb" >&2; exit 1; }
trap shut_down EXIT

make_base
section "boot"
make_earlier
boot

section "install"
install_version old || { cat "$work/apt.log" >&2; echo "the package cannot be installed" >&2; exit 1; }
check "it runs after installing" is "$(property ActiveState)" active
check "it starts at boot" is "$(inside systemctl is-enabled portlog)" enabled
check "the folder is the recorder's" is "$(inside stat -c '%a %U %G' /var/lib/portlog)" "750 portlog portlog"
for file in $history $history-wal $history-shm; do
    check "$file is the group's to read" is "$(inside stat -c '%a %U %G' "$file")" "640 portlog portlog"
done
check "the program has no privilege of its own" is "$(inside stat -c '%a %U' /usr/bin/portlog)" "755 root"
inside useradd --create-home alice
inside usermod --append --groups portlog alice
inside useradd --create-home bob
# Quicker than in service, so that minutes become seconds.
drop_in quick <<'END'
[Service]
ExecStart=
ExecStart=/usr/bin/portlog record --interval 300ms
WatchdogSec=4s
RestartSec=3s
END
inside systemctl start shop.service customers.service
inside systemctl restart portlog
check "samples come" until_true 20 is_beyond 5

section "questions"
ask_all() {
    local user=$1 wanted=$2 question
    for question in status sockets listeners "who 8080" time-wait ephemeral conflicts alerts "doctor --at -1s" \
        "explain bind tcp 127.0.0.1:9999 --at -1s" "explain connect 127.0.0.1:8080 --at -1s" \
        "export --table samples" "database check" "database info"; do
        local code=0
        # shellcheck disable=SC2086
        as "$user" portlog $question >"$work/answer" 2>"$work/errors" || code=$?
        check "$user asks portlog $question ($3): $(head -n 1 "$work/errors")" is "$code" "$wanted"
        [[ $wanted != 0 ]] || check "$user is answered ($question)" test -s "$work/answer"
    done
}
ask_all root 0 recording
ask_all alice 0 recording
ask_all bob 77 recording
check "bob is told why" contains "$(cat "$work/errors")" "permission denied"
# A plugin's exit code: 0 is OK, 3 UNKNOWN.
check "monitoring asks as a member of the group" contains "$(as alice portlog check recorder)" "RECORDER OK - "
code=0; answer=$(as bob portlog check recorder 2>/dev/null) || code=$?
check "and is told that it may not, as anybody else" is "$code ${answer%% - *}" "3 RECORDER UNKNOWN"
check "config show says what is in force" contains "$(as bob portlog config show)" "ephemeral_exhaustion"

section "attribution"
# Of those of the shop and its customers: how many there are, and how many have an owner.
tally() {
    inside portlog sockets --database "$1" -o json | python3 -c "
import json, sys
rows = [r for r in json.load(sys.stdin)['sockets'] if 8080 in (r['local_port'], r['remote_port']) and r['inode']]
print(len(rows), sum(r['attribution'] == 'observed' for r in rows))"
}
capabilities() {
    drop_in capabilities <<END
[Service]
Environment=PORTLOG_DATABASE=%S/portlog/$1.db
AmbientCapabilities=
CapabilityBoundingSet=
${2:+AmbientCapabilities=$2}
CapabilityBoundingSet=${2:-}
END
    inside systemctl restart portlog 2>/dev/null
    sleep 1.5
    tally "/var/lib/portlog/$1.db"
    inside systemctl stop portlog 2>/dev/null
    inside sh -c "rm /var/lib/portlog/$1.db*"
}
read -r all owned < <(tally $history)
echo "        of $all sockets $owned have an owner, with both capabilities"
check "all are recorded" more "$all" 200
check "with the capabilities every process is found" is "$owned" "$all"
for set in none: ptrace:CAP_SYS_PTRACE search:CAP_DAC_READ_SEARCH; do
    read -r all owned < <(capabilities "${set%%:*}" "${set#*:}")
    echo "        of $all sockets $owned have an owner, with ${set%%:*} alone"
    check "${set%%:*} alone: all are recorded" more "$all" 200
    check "${set%%:*} alone: no process of another user is found" is "$owned" 0
done
no_drop_in capabilities
inside systemctl start portlog

section "drop-ins"
# As they say themselves. What another drop-in has set stays in force.
for name in namespaces sock-diag; do
    inside install -D -m 644 /usr/share/doc/portlog/examples/$name.conf /etc/systemd/system/portlog.service.d/$name.conf
done
inside systemctl daemon-reload
inside sed -i 's|#source: .*|source: auto|' /etc/portlog/portlog.yaml
inside systemctl restart portlog
check "sock-diag.conf adds a family" is "$(property RestrictAddressFamilies | tr ' ' '\n' | sort | xargs)" "AF_NETLINK AF_UNIX"
check "namespaces.conf adds a capability" is "$(property AmbientCapabilities | tr ' ' '\n' | sort | xargs)" \
    "cap_dac_read_search cap_sys_admin cap_sys_ptrace"
check "the interval is that of the other drop-in" contains "$(property ExecStart)" "--interval 300ms"
inside systemd-run --quiet --unit=bound python3 -c \
    'import socket, time; s = socket.socket(); s.bind(("127.0.0.1", 6667)); time.sleep(1000)'
if printf '6.8\n%s\n' "$(uname -r)" | sort -VC; then
    check "a socket that is bound and no more is recorded" until_true 20 eval 'as alice portlog sockets | grep "close .*:6667"'
else
    check "samples come without sock_diag" until_true 20 is_beyond "$(($(newest) + 3))"
fi
inside systemctl stop bound
inside sed -i 's|^source: .*|#source: proc|' /etc/portlog/portlog.yaml
no_drop_in namespaces
no_drop_in sock-diag
inside systemctl restart portlog

section "alerts"
# A hundred ports towards the shop, and nearly all of them used; what tells of it stands beside the recorder.
inside sed -i 's|#socket: .*|socket: /run/portlog/notify.sock|; s|#resolve_after: .*|resolve_after: 2s|' /etc/portlog/portlog.yaml
check "the configuration is right" inside portlog config check
inside systemctl reload portlog
check "the socket for alerts is off until it is wanted" is "$(socket)" "inactive disabled"
inside systemctl start portlog-notify.socket
inside systemctl stop customers.service
range=$(inside sysctl -n net.ipv4.ip_local_port_range)
inside sysctl -q -w net.ipv4.ip_local_port_range="40000 40099"
inside systemctl start rush.service
rings() { as alice portlog alerts --active | grep -qi 'critical.*ephemeral_exhaustion.*:8080'; }
check "it rings before the ports are gone" until_true 20 rings
check "monitoring hears of it" eval 'as alice portlog check ephemeral >/dev/null; (($? == 2))'
check "the journal has it by its id" until_true 10 eval \
    'inside journalctl -o cat --no-pager MESSAGE_ID=5c3b7ad1b7f84ee0a2f2c8c1f2a4d901 | grep -q "ports from 127.0.0.1 to 127.0.0.1:8080"'
check "the unit beside the recorder was given it" until_true 10 eval \
    'inside journalctl -o cat --no-pager -u "portlog-notify@*" | grep -q "\"event\":\"opened\""'
inside systemctl stop rush.service
check "it ends with the trouble" until_true 90 eval '! rings'
inside sysctl -q -w net.ipv4.ip_local_port_range="$range"
inside systemctl start customers.service
check "the recorder was not started again for it" is "$(property NRestarts)" 0

# The examples, where they run: given a line as the recorder gives it.
delivers() {
    local example=$1 kind=$2 port=$3 wanted=$4
    shift 4
    inside systemd-run --quiet --collect --unit="receiver-$kind" python3 /usr/local/bin/receiver.py "$kind" "$port"
    check "the receiver listens" until_true 10 inside grep -q ":$(printf %04X "$port") 00000000:0000 0A" /proc/net/tcp
    inside mkdir -p /etc/systemd/system/portlog-notify@.service.d
    printf '[Service]\nExecStart=\nExecStart=/usr/share/doc/portlog/examples/%s\n%s\n' "$example" "$*" |
        inside tee /etc/systemd/system/portlog-notify@.service.d/example.conf >/dev/null
    inside systemctl daemon-reload
    inside python3 -c 'import socket; s = socket.socket(socket.AF_UNIX); s.connect("/run/portlog/notify.sock"); s.sendall(
        b"{\"event\":\"opened\",\"rule\":\"slow_connect\",\"severity\":\"warning\"}\n")'
    check "$example delivers inside its unit" until_true 20 eval \
        "inside journalctl -o cat --no-pager -u receiver-$kind | grep -q '$wanted'"
}
delivers "notify-webhook http://127.0.0.1:8098/" http 8098 '"rule":"slow_connect"'
delivers "notify-mail ops@example.org" smtp 8025 "Subject: portlog: warning slow_connect opened" \
    Environment=SMTP=smtp://127.0.0.1:8025
inside rm -r /etc/systemd/system/portlog-notify@.service.d
inside systemctl daemon-reload

section "SIGKILL"
last=$(newest) restarts=$(property NRestarts)
inside systemctl kill --signal=KILL portlog
check "it is down" is "$(status alice "s['recording']")" False
ask_all alice 0 "after a crash"
ask_all bob 77 "after a crash"
check "it is started again" until_true 15 restarted "$restarts"
continues "$last" SIGKILL

section "a hang"
last=$(newest) restarts=$(property NRestarts)
inside systemctl kill --signal=STOP portlog
check "the watchdog ends it, and it is started again" until_true 20 restarted "$restarts"
check "the journal says so" contains "$(inside journalctl -u portlog -o cat --no-pager)" "Watchdog timeout"
continues "$last" "a hang"

section "stop"
last=$(newest)
inside systemctl stop portlog
check "it ends well" is "$(property Result)" success
check "it is down" is "$(status alice "s['recording']")" False
ask_all alice 0 stopped
ask_all bob 77 stopped
inside systemctl start portlog
continues "$last" stop

section "backup"
# As docs/operations.md says.
inside sh -c "umask 077; sqlite3 -readonly $history '.backup /var/backups/portlog.db'"
check "the copy is root's to read" is "$(inside stat -c '%a %U' /var/backups/portlog.db)" "600 root"
check "the copy is whole" inside portlog database check --database /var/backups/portlog.db -o json >/dev/null
check "the copy has the samples" more "$(inside sqlite3 -readonly /var/backups/portlog.db 'SELECT max(number) FROM sample')" "$last"

section "reboot"
last=$(newest) before=$(leader)
inside systemctl reboot
code=0; wait "$container" || code=$?
# What asks its manager to start it again, with the same root.
check "the container ends to boot again" is "$code" 133
start_container
check "it is another boot" eval '[[ $(leader) != "$before" ]]'
check "it runs after booting" until_true 20 inside systemctl is-active portlog
continues "$last" reboot
inside systemctl start shop.service customers.service

section "upgrade"
last=$(newest) pid=$(property MainPID)
check "the socket for alerts was started, not enabled" is "$(socket)" "inactive disabled"
inside systemctl start portlog-notify.socket
check "apt upgrades" install_version new
check "it runs after the upgrade" is "$(property ActiveState)" active
check "it is the new one" more "$(property MainPID)" "$pid"
check "the socket for alerts takes them as before" is "$(socket)" "active disabled"
continues "$last" upgrade
inside systemctl stop portlog-notify.socket
check "apt installs it once more" eval 'inside apt-get install -y -q --reinstall /root/new.deb >"$work/apt.log" 2>&1'
check "a socket that is stopped and disabled stays so" is "$(socket)" "inactive disabled"
# As docs/alerts.md says; it stays so to the end.
inside systemctl enable --now --quiet portlog-notify.socket

section "a history of an earlier schema"
inside systemctl stop portlog
inside mkdir /root/kept
inside sh -c "mv $history* /root/kept/"
{
    echo 'PRAGMA application_id = 0x504C4F47; BEGIN;'
    cat "$source/Migrations/0001_intervals.sql" "$source/Migrations/0002_rollups.sql"
    echo 'CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);'
    cat "$source/Tests/TestSupport/Fixtures/schema2.sql"
    echo '; COMMIT; PRAGMA journal_mode = WAL;'
} | inside runuser -u portlog -- sqlite3 $history >/dev/null
old=$(inside sqlite3 $history 'SELECT count(*) FROM sample')
check "the earlier history has samples" more "$old" 100
code=0; as alice portlog status >/dev/null 2>"$work/errors" || code=$?
check "a question does not migrate it" is "$code" 69
install_version old && install_version new
inside systemctl start portlog
check "the new version records into it" until_true 20 is_beyond "$old"
check "nothing of it is lost" is "$(inside sqlite3 $history "SELECT count(*) >= $old FROM sample")" 1
check "it has another schema" more "$(inside sqlite3 $history 'PRAGMA user_version')" 2
check "it is whole" is "$(inside sqlite3 -readonly $history 'PRAGMA integrity_check')" ok
inside systemctl stop portlog
inside sh -c "rm $history*; mv /root/kept/* /var/lib/portlog/"
inside systemctl start portlog

section "downgrade"
check "it runs" until_true 20 inside systemctl is-active portlog
last=$(newest)
inside systemctl stop portlog
schema=$(inside sqlite3 $history 'PRAGMA user_version')
inside runuser -u portlog -- sqlite3 $history 'PRAGMA user_version = 99; PRAGMA wal_checkpoint(TRUNCATE)' >/dev/null
sum=$(inside sha256sum $history)
check "an older package is refused" eval '! install_version old'
check "and says why" contains "$(cat "$work/apt.log")" "has schema 99, and this version reads up to $schema"
check "the newer package stays" is "$(inside dpkg-query -W -f '${Status} ${Version}' portlog)" \
    "install ok installed $(dpkg-deb -f "$package" Version)"
inside systemctl start portlog 2>/dev/null || true
check "the recorder refuses it as well" is "$(property ExecMainStatus)" 69
sleep 4
check "and does not try again and again" is "$(property ActiveState)" failed
check "the journal says why" contains "$(inside journalctl -u portlog -o cat --no-pager)" "it has schema 99"
inside apt-get remove -y -q portlog >/dev/null 2>&1
check "an older package is refused after remove as well" eval '! install_version old'
check "and says why there" contains "$(cat "$work/apt.log")" "has schema 99, and this version reads up to $schema"
check "no program is there" eval '! inside test -e /usr/bin/portlog'
check "the data are as they were" is "$(inside sha256sum $history)" "$sum"
inside sh -c "mv $history /root/history && head -c 59 /root/history >$history && dpkg-deb -e /root/old.deb /root/old"
check "what is too short for a history is passed over, silently" is "$(inside /root/old/preinst install 0.1.0-1 2>&1; echo $?)" 0
inside mv /root/history $history
inside runuser -u portlog -- sqlite3 $history "PRAGMA user_version = $schema" >/dev/null
check "a package that reads the history is installed again" install_version new
continues "$last" downgrade

section "attacks"
last=$(newest)
# A process whose name is an escape sequence that would rename the terminal.
inside systemctl start hostile.service
check "a process with a hostile name is seen" until_true 20 eval 'as alice portlog listeners | grep -q 6666'
check "a hostile name is escaped" eval '! as alice portlog listeners | grep -q "$(printf "\033\|\007")"'
check "and there" eval 'as alice portlog listeners | grep 6666 | grep -q x1b'
# Many sockets of one user.
inside systemctl start crowd.service
total() { status root "sum(t['count'] for t in s['totals'])"; }
is_crowded() { (($(total) > 20000)); }
check "20 000 sockets of a user: they are seen ($(inside systemctl is-active crowd))" until_true 60 is_crowded
check "20 000 sockets of a user: it records" until_true 30 is_beyond "$(($(newest) + 3))"
resident=$(inside awk '/^VmRSS/ { print $2 }' "/proc/$(property MainPID)/status")
echo "        with 20 000 sockets more it has $resident KiB"
check "20 000 sockets of a user: memory is bounded" eval '((resident < 128 * 1024))'
inside systemctl stop crowd.service hostile.service
# Links where the recorder writes, by whoever has got at its folder.
inside systemctl stop portlog
sum=$(inside sha256sum /etc/shadow)
inside mv $history-wal /root/wal
inside ln -s /etc/shadow $history-wal
code=0; inside portlog record --database $history --samples 1 >/dev/null 2>&1 || code=$?
check "a link in the place of the log is refused, also by root" is "$code" 73
check "and what it points to is as it was" is "$(inside sha256sum /etc/shadow)" "$sum"
inside rm $history-wal
inside mv /root/wal $history-wal
# A database in a folder that anybody may write, where somebody was first.
as bob sh -c 'cd /tmp && touch mine.db; ln -s /etc/shadow linked.db; : > other.db-wal'
for name in mine linked other; do
    code=0; inside portlog record --database /tmp/$name.db --samples 1 >/dev/null 2>&1 || code=$?
    check "root does not record into /tmp/$name.db" eval '((code == 73 || code == 69))'
done
check "bob's file is empty as before" is "$(inside stat -c %s /tmp/mine.db)" 0
check "nothing that is linked is written" is "$(inside sha256sum /etc/shadow)" "$sum"
# What bob can say in his environment and on the command line.
for trick in PORTLOG_DATABASE=$history PORTLOG_DATABASE=/etc/shadow XDG_STATE_HOME=/var/lib "LD_PRELOAD= PORTLOG_DATABASE=file:$history?immutable=1"; do
    code=0; answer=$(as bob env $trick portlog sockets 2>/dev/null) || code=$?
    check "bob with $trick is told nothing" eval '((code != 0)) && [[ -z $answer ]]'
done
check "bob reads nothing in the folder" eval '! as bob ls /var/lib/portlog 2>/dev/null'
inside systemctl start portlog
continues "$last" attacks

section "at rest, for $rest s"
no_drop_in quick
# A history of its own: what it costs should not depend on what was tried above. It has another place, as docs/operations.md says.
inside install -d -o portlog -g portlog -m 750 /srv/portlog
inside sed -i 's|#database: .*|database: /srv/portlog/rest.db|' /etc/portlog/portlog.yaml
drop_in rest <<'END'
[Unit]
RequiresMountsFor=/srv/portlog
[Service]
ReadWritePaths=/srv/portlog
END
inside systemctl restart portlog
inside systemctl start reader.service
asked=/srv/portlog/rest.db
check "the database of the configuration is recorded into" until_true 20 is_beyond 0
check "it is the group's to read" is "$(inside stat -c '%a %U %G' $asked)" "640 portlog portlog"
sleep 10
# What a service has used of the CPU, all its threads and those that have ended, in nanoseconds: its clock (clock_getcpuclockid).
all_runtime() {
    inside python3 -c 'import sys, time; print(time.clock_gettime_ns(~int(sys.argv[1]) << 3 | 2))' \
        "$(inside systemctl show --property=MainPID --value "$1")"
}
recorder=$(all_runtime portlog) reader=$(all_runtime reader) first=$(newest)
sleep "$rest"
recorder=$(($(all_runtime portlog) - recorder)) reader=$(($(all_runtime reader) - reader))
samples=$(($(newest) - first))
resident=$(inside awk '/^VmRSS/ { print $2 }' "/proc/$(property MainPID)/status")
sockets=$(total)
asked=
inside systemctl stop portlog
inside sed -i 's|^database: .*|#database: /var/lib/portlog/portlog.db|' /etc/portlog/portlog.yaml
inside rm -r /srv/portlog
no_drop_in rest
inside systemctl start portlog
echo "        $sockets sockets, $samples samples: recorder $((recorder / 1000)) µs, reader of the four files $((reader / 1000)) µs of CPU; $resident KiB"
check "it samples every 10 s" eval '((samples >= rest / 10 - 1))'
check "it takes at most 3 times the CPU of reading" eval '((recorder <= 3 * reader))'
check "it takes at most 30 MiB" eval '((resident <= 30 * 1024))'

section "remove, purge"
last=$(newest)
inside apt-get remove -y -q portlog >/dev/null 2>&1
check "remove stops it" is "$(inside systemctl is-active portlog || true)" inactive
check "remove stops the socket for alerts" contains "$(socket)" inactive
check "remove takes the program" eval '! inside test -e /usr/bin/portlog'
check "remove keeps the history" inside test -s $history
check "and it is whole" is "$(inside sqlite3 $history 'PRAGMA integrity_check')" ok
check "apt installs it again" install_version new
continues "$last" "remove and install"
check "the socket that was enabled takes alerts again" is "$(socket)" "active enabled"
for unit in portlog.service portlog-notify.socket portlog-notify@.service; do
    inside sh -c "mkdir -p '/etc/systemd/system/$unit.d' && : >'/etc/systemd/system/$unit.d/override.conf'"
done
inside apt-get purge -y -q portlog >/dev/null 2>&1
for path in /var/lib/portlog /etc/portlog /usr/share/doc/portlog; do
    check "purge leaves no $path" eval '! inside test -e "$path"'
done
check "purge leaves no user" eval '! inside getent passwd portlog'
check "purge leaves no group" eval '! inside getent group portlog'
check "purge leaves nothing enabled and no drop-in" eval '! inside find /etc/systemd /var/lib/systemd -name "portlog*" | grep .'

section "$checks checks, $failures failures"
((failures == 0))
