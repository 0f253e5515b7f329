#!/usr/bin/env python3
"""Makes sockets of every kind in a network namespace of its own and copies what /proc says about them.

    unshare -n python3 capture.py DIRECTORY

The fixture `host` was made by this; only its 4711/cgroup was written by hand. Needs root, for the namespace and the other users.
"""
import os
import shutil
import signal
import socket
import subprocess
import sys
import time

TCP_DEFER_ACCEPT = socket.TCP_DEFER_ACCEPT
keep = []


def sh(command):
    subprocess.run(command, shell=True, check=True)


def tcp(address, port=0, backlog=16, family=socket.AF_INET, defer=False):
    s = socket.socket(family, socket.SOCK_STREAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if defer:
        s.setsockopt(socket.IPPROTO_TCP, TCP_DEFER_ACCEPT, 30)
    s.bind((address, port))
    s.listen(backlog)
    keep.append(s)
    return s


def connect(to, family=socket.AF_INET):
    s = socket.socket(family, socket.SOCK_STREAM)
    s.connect(to)
    keep.append(s)
    return s


def pair(listener, family=socket.AF_INET, to=None):
    client = connect(to or listener.getsockname(), family)
    server, _ = listener.accept()
    keep.append(server)
    return client, server


def as_user(uid, make):
    """Makes sockets in a child of another user, which keeps them open."""
    ready, done = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.setuid(uid)
        make()
        os.write(done, b"x")
        signal.pause()
    os.close(done)
    os.read(ready, 1)
    return pid


def udp(address, port, family=socket.AF_INET, peer=None):
    s = socket.socket(family, socket.SOCK_DGRAM)
    s.bind((address, port))
    if peer:
        s.connect(peer)
    keep.append(s)


def scenario():
    sh("ip link set lo up")
    sh("ip link add veth0 type veth peer name veth1 && ip link set veth0 up && ip link set veth1 up")
    sh("ip addr add 192.0.2.1/24 dev veth0 && ip -6 addr add 2001:db8::1/64 dev veth0 nodad")
    children = []

    web = tcp("0.0.0.0", 8080)
    pair(web)
    tcp("127.0.0.53", 53)
    # TIME_WAIT on the client, then on the server.
    client, server = pair(web)
    client.close()
    server.close()
    client, server = pair(web)
    server.close()
    client.close()
    # FIN_WAIT_2 with a descriptor, and its CLOSE_WAIT.
    client, server = pair(web)
    client.shutdown(socket.SHUT_WR)
    # FIN_WAIT_2 of an orphan, a mini-socket, and its CLOSE_WAIT.
    client, server = pair(web)
    client.close()
    # Established, never accepted: the row of the server has no inode.
    connect(("127.0.0.1", 8080))
    # Half-open: the server waits for data before the handshake counts as finished.
    lazy = tcp("127.0.0.1", 8443, defer=True)
    connect(lazy.getsockname())
    # SYN_SENT to a neighbour that is not there.
    s = socket.socket()
    s.setblocking(False)
    s.connect_ex(("192.0.2.99", 443))
    keep.append(s)
    # Something unread and something unsent: queues that are not empty, and a running retransmission timer.
    client, server = pair(web)
    client.send(b"x" * 4096)
    children.append(as_user(65534, lambda: tcp("127.0.0.1", 9000)))
    children.append(as_user(4000000000, lambda: tcp("127.0.0.1", 9001)))

    six = tcp("::", 8081, family=socket.AF_INET6)
    pair(six, socket.AF_INET6, ("::1", 8081))
    pair(six, socket.AF_INET, ("127.0.0.1", 8081))
    client, server = pair(six, socket.AF_INET6, ("2001:db8::1", 8081))
    client.close()
    server.close()
    client, server = pair(six, socket.AF_INET6, ("::1", 8081))
    client.close()
    lazy = tcp("::1", 8444, family=socket.AF_INET6, defer=True)
    connect(("::1", 8444), socket.AF_INET6)
    connect(("::1", 8081), socket.AF_INET6)
    s = socket.socket(socket.AF_INET6)
    s.setblocking(False)
    s.connect_ex(("2001:db8::99", 443))
    keep.append(s)

    udp("0.0.0.0", 53)
    udp("127.0.0.1", 323)
    udp("127.0.0.1", 40000, peer=("127.0.0.1", 53))
    udp("192.0.2.1", 68, peer=("192.0.2.99", 67))
    children.append(as_user(65534, lambda: udp("0.0.0.0", 5353)))
    udp("::", 546, socket.AF_INET6)
    udp("::1", 323, socket.AF_INET6)
    udp("2001:db8::1", 40001, socket.AF_INET6, ("2001:db8::99", 53))
    udp("::ffff:127.0.0.1", 40002, socket.AF_INET6, ("::ffff:127.0.0.1", 53))
    time.sleep(0.3)
    return children


def odd_process():
    """A process whose name is made to mislead who reads its stat file."""
    ready, done = os.pipe()
    pid = os.fork()
    if pid == 0:
        with open("/proc/self/comm", "wb") as comm:
            comm.write(b"a) S 1 (\n\xff\\b")
        os.setresuid(1000, 1001, 1002)
        os.write(done, b"x")
        signal.pause()
    os.close(done)
    os.read(ready, 1)
    return pid


def copy(names, root):
    for name in names:
        target = os.path.join(root, name)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open("/proc/" + name, "rb") as source, open(target, "wb") as out:
            shutil.copyfileobj(source, out)


def main():
    root = sys.argv[1]
    children = scenario()
    copy(["net/" + n for n in "tcp tcp6 udp udp6 sockstat sockstat6 netstat".split()], root)
    copy(["sys/net/ipv4/" + n for n in (
        "ip_local_port_range ip_local_reserved_ports ip_unprivileged_port_start tcp_tw_reuse tcp_tw_reuse_delay "
        "tcp_max_tw_buckets tcp_timestamps tcp_fin_timeout ip_autobind_reuse ip_nonlocal_bind").split()], root)
    copy(["sys/net/ipv6/bindv6only", "stat"], root)
    copy(["sys/kernel/" + n for n in "random/boot_id hostname osrelease".split()], root)
    odd = odd_process()
    for name in ["stat", "status"]:
        copy([f"{odd}/{name}"], root)
    os.makedirs(os.path.join(root, "4711"))
    for name in ["stat", "status"]:
        os.rename(os.path.join(root, str(odd), name), os.path.join(root, "4711", name))
    os.rmdir(os.path.join(root, str(odd)))
    for pid in children + [odd]:
        os.kill(pid, signal.SIGKILL)


main()
