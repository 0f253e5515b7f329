#!/usr/bin/env python3
"""Takes one webhook or one mail on loopback, and prints what came: receiver.py http|smtp PORT"""
import socket
import sys


def take_webhook(stream, say):
    length = 0
    while line := stream.readline().strip():
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    print(stream.read(length).decode(), flush=True)
    say(b"HTTP/1.1 204 No Content")
    say(b"")


def take_mail(stream, say):
    say(b"220 here")
    while line := stream.readline().strip():
        print(line.decode(), flush=True)
        if line.upper() == b"DATA":
            say(b"354 go on")
            while (line := stream.readline().rstrip()) != b".":
                print(line.decode(), flush=True)
        say(b"250 well")
        if line.upper() == b"QUIT":
            break


kind, port = sys.argv[1], int(sys.argv[2])
peer, _ = socket.create_server(("127.0.0.1", port)).accept()
take = take_webhook if kind == "http" else take_mail
take(peer.makefile("rb"), lambda line: peer.sendall(line + b"\r\n"))
