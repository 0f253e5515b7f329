#!/usr/bin/env python3
"""A user with a great many sockets: `crowd.py N` binds N UDP sockets, in two processes: one may have too few descriptors."""
import os
import socket
import sys
import time

kept = []
half = int(sys.argv[1]) // 2
first = half if os.fork() == 0 else 0
for number in range(first, first + half):
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    one.bind((f"127.0.1.{number // 10000 + 1}", 10000 + number % 10000))
    kept.append(one)
time.sleep(1_000_000)
