"""Sends datagrams through the kernel and compares what comes back: udp-client.py ADDRESS PORT SECONDS SIZE...

Prints for each: "same", "different", "nothing" (after SECONDS) or "refused" (port unreachable).
"""

import os
import socket
import sys

address, port, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
client.settimeout(seconds)
client.connect((address, port))
for size in sys.argv[4:]:
    payload = os.urandom(int(size))
    try:
        client.send(payload)
        print("same" if client.recv(65535) == payload else "different")
    except TimeoutError:
        print("nothing")
    except ConnectionRefusedError:
        print("refused")
