"""A member of a multicast group in the kernel: multicast-peer.py INTERFACE-ADDRESS GROUP PORT TEXT.

Joins the group, says "ready", prints the first datagram that comes and where from, and sends TEXT to the group.
"""

import socket
import sys

address, group, port, text = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
member = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
member.bind((group, port))
membership = socket.inet_aton(group) + socket.inet_aton(address)
member.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
member.settimeout(20)
print("ready", flush=True)
payload, source = member.recvfrom(65535)
print(payload.decode(), source[0], flush=True)
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(address))
sender.sendto(text.encode(), (group, port))
