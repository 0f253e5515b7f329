#!/usr/bin/env python3
"""A process that calls itself by an escape sequence and listens on port 6666."""
import socket
import time

with open("/proc/self/comm", "w") as name:
    name.write("\033]0;gone\007\033[2J")
listener = socket.socket()
listener.bind(("127.0.0.1", 6666))
listener.listen()
time.sleep(1_000_000)
