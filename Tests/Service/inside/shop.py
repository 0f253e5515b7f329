#!/usr/bin/env python3
"""A server and its customers: `shop.py serve` listens on port 8080, `shop.py visit N` keeps N connections to it open."""
import socket
import sys
import time

kept = []
if sys.argv[1] == "serve":
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", 8080))
    listener.listen(512)
    while True:
        kept.append(listener.accept())
for _ in range(int(sys.argv[2])):
    visitor = socket.socket()
    while visitor.connect_ex(("127.0.0.1", 8080)) != 0:
        time.sleep(0.1)
    kept.append(visitor)
time.sleep(1_000_000)
