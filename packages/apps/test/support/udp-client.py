"""Sends datagrams through the kernel and compares what comes back: udp-client.py ADDRESS PORT SIZE...

Prints for each: "same", "different", "nothing" (after half a second) or "refused" (port unreachable).
"""

import os
import socket
import sys

address, port = sys.argv[1], int(sys.argv[2])
client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
client.settimeout(0.5)
client.connect((address, port))
for size in sys.argv[3:]:
    payload = os.urandom(int(size))
    try:
        client.send(payload)
        print("same" if client.recv(65535) == payload else "different")
    except TimeoutError:
        print("nothing")
    except ConnectionRefusedError:
        print("refused")
