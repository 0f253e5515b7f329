#!/usr/bin/env python3
"""Records a small shop with a portlog of any schema: its history as SQL, and what that portlog answers from it.

    python3 record-history.py PORTLOG PORTLOAD

The fixtures `schema1.sql`, `schema2.sql`, `schema3.sql` and the answers beside them were made by this, each with the last portlog of its schema.
Takes two minutes.
Needs root, for namespaces of everything that names the machine: network, files, host, processes, boot clock.
"""
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
BOOTS = ["0d1c8e5a-7f0b-4c39-9a53-6a3f0e1d2b71", "5b0f3c1e-2d64-4e0e-8c0b-91a7c4f6d802"]


def sh(command):
    subprocess.run(command, shell=True, check=True)


class Agent:
    """A process that makes sockets as it is told: `portload agent` under another name."""

    def __init__(self, portload, name, uid=0, unit=None):
        program = f"/srv/shop/{name}"
        shutil.copy(portload, program)
        user = ["setpriv", f"--reuid={uid}", "--clear-groups"] if uid else []
        self.process = subprocess.Popen(user + [program, "agent"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self("count", name="")
        if unit:
            cgroup = f"/srv/cgroup-{name}"
            with open(cgroup, "w") as file:
                file.write(f"0::/system.slice/{unit}\n")
            sh(f"mount --bind {cgroup} /proc/{self.process.pid}/cgroup")

    def __call__(self, command, **words):
        self.process.stdin.write(json.dumps({"command": command, **words}) + "\n")
        self.process.stdin.flush()
        reply = json.loads(self.process.stdout.readline())
        assert reply["ok"], (command, words, reply)
        return reply

    def serve(self, name, address, port, **more):
        self("listen", name=name, address=address, port=port, accept=True, **more)

    def connect(self, name, to, port, count=1, **more):
        self("connect", name=name, to=to, to_port=port, count=count, **more)

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def boot(number):
    with open("/srv/boot_id", "w") as file:
        file.write(BOOTS[number] + "\n")
    sh("mount --bind /srv/boot_id /proc/sys/kernel/random/boot_id")


def record(portlog, *more):
    return subprocess.Popen([portlog, "record", "--database", "/srv/portlog.db", "--interval", "100ms", *more],
                            stderr=subprocess.DEVNULL)


def world():
    """Everything that would name the machine is another one's."""
    sh("mount -t tmpfs none /srv && mkdir /srv/shop && hostname shop-1 && ip link set lo up")
    with open("/srv/osrelease", "w") as file:
        file.write("6.1.0-37-amd64\n")
    sh("mount --bind /srv/osrelease /proc/sys/kernel/osrelease")
    for address in ("10.0.0.10", "10.0.0.20"):
        sh(f"ip address add {address}/32 dev lo")


def first_boot(portlog, portload):
    boot(0)
    web = Agent(portload, "web", 33, "web.service")
    web.serve("http", "0.0.0.0", 8080, reuse_address=True)
    browser = Agent(portload, "browser", 1000)
    browser.connect("page", "10.0.0.10", 8080, 5)
    recorder = record(portlog, "--samples", "60")
    time.sleep(2)
    browser("close", name="page", count=3)
    recorder.wait()
    browser.end()
    web.end()


def second_boot(portlog, portload):
    boot(1)
    web = Agent(portload, "web", 33, "web.service")
    web.serve("http", "0.0.0.0", 8080, reuse_address=True)
    web.serve("https", "::", 8443)
    db = Agent(portload, "db", 999, "db.service")
    db.serve("sql", "10.0.0.20", 5432)
    db.serve("admin", "10.0.0.20", 5433)
    dns = Agent(portload, "dns", 0, "dns.service")
    dns("bind", name="dns", transport="udp", address="0.0.0.0", port=53)
    dns("bind", name="dns", transport="udp", address="::", port=53, v6_only=True)
    orders = Agent(portload, "orders-api", 1000, "orders-api.service")
    browser = Agent(portload, "browser", 1000)
    orders.connect("kept", "10.0.0.20", 5433, 3)
    shared = dict(transport="udp", address="127.0.0.1", port=40001, reuse_address=True)
    for agent in (dns, orders):
        agent("bind", name="shared", **shared)
    recorder = record(portlog)
    began = time.monotonic()

    def after(seconds):
        """Until then, an order every 1.3 seconds leaves a TIME_WAIT."""
        while time.monotonic() - began < seconds:
            orders.connect("order", "10.0.0.20", 5432)
            time.sleep(0.25)
            orders("close", name="order")
            db("close_accepted", listener="sql", count=1)
            time.sleep(1.05)

    browser.connect("long", "10.0.0.10", 8080, 4)
    browser.connect("six", "::1", 8443, 2)
    browser.connect("query", "127.0.0.1", 53, transport="udp")
    after(4)
    browser("close", name="query")
    after(10)
    browser("shutdown", name="six")
    workers = dict(name="workers", listener="http", count=2)
    web("fork_workers", **workers)
    sh("sysctl -qw net.ipv4.ip_local_port_range='40000 50000'")
    after(18)
    browser("close", name="long", count=1)
    dns("bind", name="mdns", transport="udp", address="0.0.0.0", port=5353)
    dns("bind", name="odd", transport="udp", address="10.0.0.10", port=45000)
    after(24)
    recorder.send_signal(19)
    time.sleep(0.75)
    recorder.send_signal(18)
    web("close", name="workers")
    browser("close", name="six")
    after(31)
    dns("close", name="mdns")
    dns("close", name="odd")
    web("close", name="http")
    after(33)
    blog = Agent(portload, "blog", 0, "blog.service")
    blog.serve("http", "0.0.0.0", 8080, reuse_address=True)
    after(40)
    sh("sysctl -qw net.ipv4.ip_local_reserved_ports=45000,48000-48010 net.ipv4.ip_local_port_range='32768 60999'")
    recorder.kill()
    recorder.wait()
    time.sleep(0.5)
    recorder = record(portlog)
    after(56)
    browser("close", name="long", count=1)
    dns("set_uid", uid=65534)
    dns("bind", name="late", transport="udp", address="127.0.0.1", port=8125)
    after(76)
    browser("close", name="long", count=1, reset=True)
    time.sleep(0.45)
    recorder.terminate()
    recorder.wait()


def dump(database, schema, out):
    out.write(f"-- A history of schema {schema}, as the last portlog of that schema recorded it: record-history.py.\n")
    tables = database.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'").fetchall()
    for (table,) in tables:
        columns = ", ".join(row[1] for row in database.execute(f"PRAGMA table_info({table})"))
        rows = database.execute(f"SELECT {columns} FROM {table}").fetchall()
        if not rows:
            continue
        out.write(f"INSERT INTO {table} ({columns}) VALUES\n")
        lines = []
        for row in rows:
            words = ["'" + word.replace("'", "''") + "'" if isinstance(word, str) else str(word) for word in row]
            lines.append("(" + ",".join(words) + ")")
        out.write(",\n".join(lines) + ";\n")


def answers(portlog, database, out):
    times = [row[0] for row in database.execute("SELECT taken_at FROM sample ORDER BY number")]

    def moment(milliseconds):
        return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(milliseconds // 1000)) + f".{milliseconds % 1000:03}Z"

    period = ["--since", moment(times[0]), "--until", moment(times[-1])]
    answers = []
    for words in (["who", "8080"] + period, ["who", "5432", "--at", moment(times[200])], ["who", "53"] + period,
                  ["listeners", "--at", moment(times[30])], ["listeners", "--at", moment(times[200])],
                  ["time-wait"] + period, ["time-wait", "--at", moment(times[700])], ["ephemeral"] + period,
                  ["conflicts"] + period):
        asked = [portlog, *words, "--database", "/srv/portlog.db", "-o", "json"]
        answer = json.loads(subprocess.run(asked, check=True, stdout=subprocess.PIPE).stdout)
        answer.pop("series", None)  # the points of a chart are chosen otherwise since
        answers.append({"arguments": words, "answer": answer})
    json.dump(answers, out, indent=1)
    out.write("\n")


def main():
    if os.environ.get("INSIDE") != "1":
        unshare = "unshare --mount --net --uts --pid --fork --mount-proc --time --boottime 400000".split()
        os.environ["INSIDE"] = "1"
        subprocess.run(unshare + [sys.executable, os.path.abspath(__file__)] + sys.argv[1:], check=True)
        return
    portlog, portload = sys.argv[1:]
    world()
    shutil.copy(portlog, "/srv/portlog")
    first_boot("/srv/portlog", portload)
    second_boot("/srv/portlog", portload)
    database = sqlite3.connect("/srv/portlog.db")
    schema = database.execute("PRAGMA user_version").fetchone()[0]
    with open(os.path.join(HERE, f"schema{schema}.sql"), "w") as out:
        dump(database, schema, out)
    with open(os.path.join(HERE, f"schema{schema}-answers.json"), "w") as out:
        answers("/srv/portlog", database, out)


main()
