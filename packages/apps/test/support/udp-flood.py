"""Sends datagrams through the kernel as fast as it can, and reads no answer: udp-flood.py ADDRESS PORT COUNT SIZE."""

import socket
import sys

address, port, count, size = sys.argv[1], *map(int, sys.argv[2:5])
client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
client.connect((address, port))
payload = bytes(size)
for _ in range(count):
    try:
        client.send(payload)
    except OSError:  # ENOBUFS: the device's queue is full
        pass
