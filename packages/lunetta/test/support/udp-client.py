"""Sends one datagram through the kernel and prints what comes back: udp-client.py ADDRESS PORT TEXT."""

import socket
import sys

address, port, text = sys.argv[1], int(sys.argv[2]), sys.argv[3]
client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
client.settimeout(10)
client.connect((address, port))
client.send(text.encode())
print(client.recv(65535).decode())
