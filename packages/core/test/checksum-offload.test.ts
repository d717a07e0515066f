import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  DESCRIPTOR_WORDS,
  FLAGS,
  RX_IP_CHECKSUM_BAD,
  RX_IP_CHECKSUM_GOOD,
  RX_L4_CHECKSUM_BAD,
  RX_L4_CHECKSUM_GOOD,
} from '@lunetta/core';
import { ethernet, StackLab } from '@lunetta/testkit';

let lab: StackLab;
beforeEach(() => {
  lab = new StackLab();
  lab.befriend();
  const socket = lab.stack.udp.open();
  socket.bind({ port: 7 });
  socket.onDatagram = (datagram) => void datagram.reply();
});
afterEach(() => lab.close());

/** From now on the device says `flags` of every frame that it receives. */
function deviceSays(flags: number): void {
  const { queue } = lab.iface.io;
  const poll = queue.poll.bind(queue);
  queue.poll = (txCount) => {
    const received = poll(txCount);
    for (let d = 0; d < received * DESCRIPTOR_WORDS; d += DESCRIPTOR_WORDS) queue.rx[d + FLAGS] |= flags;
    return received;
  };
}

/** Echo requests with a right and a wrong UDP checksum, and with a wrong IPv4 header checksum. */
const REQUESTS = {
  right: () =>
    ethernet()
      .ipv4()
      .udp({ srcPort: 5, dstPort: 7 })
      .payload(Uint8Array.of(1, 2, 3)),
  wrongUdp: () =>
    ethernet()
      .ipv4()
      .udp({ srcPort: 5, dstPort: 7, checksum: 0xbad })
      .payload(Uint8Array.of(1, 2, 3)),
  wrongIp: () =>
    ethernet()
      .ipv4({ checksum: 0xbad })
      .udp({ srcPort: 5, dstPort: 7 })
      .payload(Uint8Array.of(1, 2, 3)),
} as const;

/** How many answers there are; each is held to the standards, its checksums among them. */
function answersTo(request: keyof typeof REQUESTS): number {
  lab.send(REQUESTS[request]());
  return lab.heard().filter(({ udp }) => udp).length;
}

describe('what a device says of checksums', () => {
  test('nothing: each is verified', () => {
    expect(answersTo('right')).toBe(1);
    expect(answersTo('wrongUdp')).toBe(0);
    expect(answersTo('wrongIp')).toBe(0);
    expect([lab.drops('udp.badChecksum'), lab.drops('ipv4.badChecksum')]).toEqual([1, 1]);
  });

  test('a good UDP checksum is trusted, but not sent on: a local sender may have left it unfinished', () => {
    deviceSays(RX_L4_CHECKSUM_GOOD);
    expect(answersTo('wrongUdp')).toBe(1);
    expect(answersTo('wrongIp')).toBe(0);
  });

  test('a bad UDP checksum drops the datagram', () => {
    deviceSays(RX_L4_CHECKSUM_BAD);
    expect(answersTo('right')).toBe(0);
    expect(lab.drops('udp.badChecksum')).toBe(1);
  });

  test('a good IPv4 header is trusted, the rest is verified as ever', () => {
    deviceSays(RX_IP_CHECKSUM_GOOD);
    expect(answersTo('wrongIp')).toBe(1);
    expect(answersTo('wrongUdp')).toBe(0);
  });

  test('a bad IPv4 header drops the datagram', () => {
    deviceSays(RX_IP_CHECKSUM_BAD);
    expect(answersTo('right')).toBe(0);
    expect(lab.drops('ipv4.badChecksum')).toBe(1);
  });
});
