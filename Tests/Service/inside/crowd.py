#!/usr/bin/env python3
"""A user with a great many sockets: `crowd.py N` binds N UDP sockets."""
import socket
import sys
import time

kept = []
for number in range(int(sys.argv[1])):
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    one.bind((f"127.0.1.{number // 10000 + 1}", 10000 + number % 10000))
    kept.append(one)
time.sleep(1_000_000)
