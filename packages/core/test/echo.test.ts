import { afterEach, describe, expect, test } from '@jest/globals';
import { ethernet, icmpv4, ipv4, udp } from '@lunetta/core';
import { concat, icmpMessage, StackLab } from '@lunetta/testkit';

let lab: StackLab;
afterEach(() => lab.close());

const HELLO = new TextEncoder().encode('hello');

describe('UDP echo', () => {
  test('a datagram comes back from the port it was sent to, with its bytes', () => {
    lab = new StackLab();
    const socket = lab.stack.udp.open();
    socket.bind({ port: 7 });
    socket.onDatagram = (datagram) => {
      expect(datagram.reply()).toBeUndefined();
    };
    lab.introduce();
    const [first] = lab.exchange(lab.udpFrame({ srcPort: 5000, dstPort: 7 }, HELLO));
    // The stack has our address from our request, unconfirmed: it asks for it once more, after the answer.
    expect(first).toBeDefined();
    const view = new DataView(first.buffer, first.byteOffset, first.length);
    expect(ethernet.ethertype(view, 0)).toBe(ethernet.ETHERTYPE_IPV4);
    expect(udp.srcPort(view, 34)).toBe(7);
    expect(udp.dstPort(view, 34)).toBe(5000);
    expect(first.subarray(42)).toEqual(HELLO);
  });

  test('a datagram from a stranger is answered once ARP has found him', () => {
    lab = new StackLab();
    const socket = lab.stack.udp.open();
    socket.bind({ port: 7 });
    socket.onDatagram = (datagram) => void datagram.reply();
    const [request] = lab.exchange(lab.udpFrame({ srcPort: 5000, dstPort: 7 }, HELLO));
    expect(new DataView(request.buffer, request.byteOffset).getUint16(12)).toBe(ethernet.ETHERTYPE_ARP);
  });
});

test('an ICMP echo request comes back as a reply with its data', () => {
  lab = new StackLab();
  lab.introduce();
  const data = Uint8Array.from({ length: 56 }, (_, i) => i);
  const message = icmpMessage(icmpv4.TYPE_ECHO_REQUEST, 0, 0x12345678, data);
  const frames = lab.exchange(lab.ipv4Frame({ protocol: ipv4.PROTOCOL_ICMP }, message));
  const reply = frames.find((frame) => frame[12] === 8 && frame[13] === 0)!;
  expect(reply.subarray(34)).toEqual(icmpMessage(icmpv4.TYPE_ECHO_REPLY, 0, 0x12345678, data));
  expect(concat(reply).length).toBe(14 + 20 + 8 + 56);
});
