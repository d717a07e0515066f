"""Sends datagrams that no kernel would send to a stack on a device, and prints as JSON what came back of each.

usage: crafted-datagrams.py DEVICE STACK ADDRESS_IN_VLAN_10
"""

import json
import logging
import sys

logging.getLogger("scapy.runtime").setLevel(logging.ERROR)
from scapy.all import (  # noqa: E402
    ARP,
    ICMP,
    IP,
    UDP,
    Dot1Q,
    Ether,
    IPOption_RR,
    IPOption_SSRR,
    Raw,
    conf,
    fragment,
    get_if_addr,
    get_if_hwaddr,
    getmacbyip,
    raw,
)

device, stack, in_vlan = sys.argv[1:4]
conf.verb = 0
conf.iface = device
ours = get_if_addr(device)
ether = Ether(src=get_if_hwaddr(device), dst=getmacbyip(stack))
socket = conf.L2socket(iface=device)
number = 0


def ask(packets):
    """Sends packets, then an ordinary echo request: what came before its answer is the answer to the packets."""
    global number
    number += 1
    marker = 50000 + number
    for packet in packets:
        socket.send(ether / packet)
    socket.send(ether / IP(src=ours, dst=stack) / ICMP(type=8, id=marker))
    answer = "nothing"
    while True:
        frame = socket.recv()
        if frame is None or IP not in frame or frame.src == ether.src or frame[IP].src not in (stack, in_vlan) or ICMP not in frame:
            continue
        message = frame[ICMP]
        if message.type == 0 and message.id == marker:
            return answer
        if message.type == 0:
            answer = "reply in VLAN %d" % frame[Dot1Q].vlan if Dot1Q in frame else "reply"
        elif message.type == 3:
            answer = "unreachable %d" % message.code
        else:
            answer = "type %d" % message.type


def echo(size=1400, **fields):
    return IP(src=ours, dst=stack, **fields) / ICMP(type=8, id=number + 1000) / Raw(b"x" * size)


def fragments(**fields):
    return fragment(IP(raw(echo(id=number + 77, **fields))), fragsize=512)


def overlapping():
    first, second, third = fragments()
    twice = second.copy()
    twice.frag -= 1
    twice[Raw].load = b"y" * 8 + raw(second[Raw])
    del twice.len, twice.chksum
    return [first, twice, second, third]


def death():
    """Fragments that together are longer than 65,535 bytes."""
    pieces = [IP(src=ours, dst=stack, proto=1, id=666, flags="MF", frag=at // 8) / Raw(b"d" * 1400) for at in range(0, 65_000, 1400)]
    return pieces + [IP(src=ours, dst=stack, proto=1, id=666, frag=65_800 // 8 & 0x1FFF) / Raw(b"d" * 1400)] + [
        IP(src=ours, dst=stack, proto=1, id=666, frag=0x1FFF) / Raw(b"d" * 1400)
    ]


def to_vlan():
    return IP(src="10.99.10.1", dst=in_vlan) / ICMP(type=8, id=number + 1000)


# Tells the stack who 10.99.10.1 is.
arp_of_ours = ARP(op=1, hwsrc=ether.src, psrc="10.99.10.1", pdst=in_vlan)


def doubled():
    first, second, third = fragments()
    return [first, second, second, third]


results = {
    "plain": ask([echo()]),
    "fragments in reverse order": ask(list(reversed(fragments()))),
    "a fragment twice": ask(doubled()),
    "overlapping fragments": ask(overlapping()),
    "ping of death": ask(death()),
    "a wrong header checksum": ask([echo(chksum=0x1234)]),
    "a header longer than the datagram": ask([echo(size=0, ihl=15)]),
    "from a broadcast address": ask([IP(src="255.255.255.255", dst=stack) / ICMP(type=8)]),
    "from 127.0.0.1": ask([IP(src="127.0.0.1", dst=stack) / ICMP(type=8)]),
    "to a group in a unicast frame": ask([IP(src=ours, dst="224.0.0.1") / ICMP(type=8)]),
    "a strict source route": ask([echo(options=[IPOption_SSRR(routers=["192.0.2.1", stack])])]),
    "record route": ask([echo(options=[IPOption_RR(routers=["0.0.0.0"] * 3)])]),
    "an unknown protocol": ask([IP(src=ours, dst=stack, proto=99) / Raw(b"x" * 20)]),
    "a closed port": ask([IP(src=ours, dst=stack) / UDP(sport=5000, dport=99) / Raw(b"x")]),
    "TTL 0": ask([echo(ttl=0)]),
    "to the VLAN, with its tag": ask([Dot1Q(vlan=10) / arp_of_ours, Dot1Q(vlan=10) / to_vlan()]),
    "to the VLAN, in another one": ask([Dot1Q(vlan=11) / to_vlan()]),
    "to the VLAN, without a tag": ask([to_vlan()]),
}
print(json.dumps(results))
