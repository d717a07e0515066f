"""The far end of a TAP device: an AF_PACKET socket of the kernel's, spoken to in lines of hex.

stdin: one line a frame to send. stdout: "ready", then one line a frame that the kernel received on the device.
Ends with its stdin.
"""

import os
import socket
import sys
import threading

ETH_P_ALL = 3
PACKET_OUTGOING = 4  # linux/if_packet.h: what we (and the kernel) sent ourselves

peer = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
peer.bind((sys.argv[1], 0))


def send():
    for line in sys.stdin:
        try:
            peer.send(bytes.fromhex(line))
        except OSError as error:  # the device is down or gone
            print("error", error, file=sys.stderr)
    os._exit(0)


threading.Thread(target=send, daemon=True).start()
print("ready", flush=True)
while True:
    try:
        frame, address = peer.recvfrom(70000)
    except OSError:
        continue  # ENETDOWN, told once for each time the device goes down
    if address[2] != PACKET_OUTGOING:
        print(frame.hex(), flush=True)
