#!/usr/bin/env python3
"""Reads the four files every 10 s, and does nothing with them: what recording can cost at the least."""
import os
import time

while True:
    for table in ("tcp", "tcp6", "udp", "udp6"):
        descriptor = os.open("/proc/net/" + table, os.O_RDONLY)
        while os.read(descriptor, 65536):
            pass
        os.close(descriptor)
    time.sleep(10)
