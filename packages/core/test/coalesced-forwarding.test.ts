import { afterEach, describe, expect, test } from '@jest/globals';
import {
  checksum,
  DESCRIPTOR_WORDS,
  FLAGS,
  ipv4,
  RX_COALESCED,
  RX_L4_CHECKSUM_GOOD,
  Verdict,
  VLAN_AND_MSS,
} from '@lunetta/core';
import { ethernet, type PacketBuilder } from '@lunetta/testkit';
import '@lunetta/testkit/jest';
import { RouterLab, type RouterLabOptions } from './support/router-lab.js';

const MSS = 400;
const THERE = { src: '10.0.0.2', dst: '10.0.1.2', dontFragment: true } as const;
const SEQ = 0xffff_ff00; // wraps within the text

let lab: RouterLab;
afterEach(() => lab.close());

/** A router whose first device says of all that it receives that it is several segments of MSS bytes, put together. */
function start(options: RouterLabOptions = {}): void {
  lab = new RouterLab(options);
  const { queue } = lab.stack.interfaces[0].io;
  const poll = queue.poll.bind(queue);
  queue.poll = (txCount) => {
    const received = poll(txCount);
    for (let d = 0; d < received * DESCRIPTOR_WORDS; d += DESCRIPTOR_WORDS) {
      queue.rx[d + FLAGS] |= RX_COALESCED | RX_L4_CHECKSUM_GOOD;
      queue.rx[d + VLAN_AND_MSS] = MSS << 16;
    }
    return received;
  };
}

const text = (from: number, to: number): Uint8Array => Uint8Array.from({ length: to - from }, (_, i) => (from + i) * 7);

/** A frame of `length` bytes of text; its checksum is left unfinished, as a local sender leaves it. */
function frame(length: number, ip: object = {}): PacketBuilder {
  return ethernet({ dst: RouterLab.routerMac(0), src: RouterLab.stationMac(0) })
    .ipv4({ ...THERE, id: 0xffff, ttl: 9, ...ip })
    .tcp({ seq: SEQ, ack: 1, flags: ['FIN', 'PSH', 'ACK', 'CWR'], checksum: 0xbad })
    .payload(text(0, length));
}

const segment = (id: number, seq: number, flags: readonly ('FIN' | 'PSH' | 'ACK' | 'CWR')[]): PacketBuilder =>
  ethernet({ dst: RouterLab.stationMac(1), src: RouterLab.routerMac(1) })
    .ipv4({ ...THERE, id, ttl: 8 })
    .tcp({ seq: seq >>> 0, ack: 1, flags });

function isSumRight(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const [source, destination] = [ipv4.source(view, 14), ipv4.destination(view, 14)];
  const end = 14 + ipv4.totalLength(view, 14);
  return checksum.finish(checksum.add(ipv4.pseudoHeaderSum(source, destination, 6, end - 34), view, 34, end)) === 0;
}

describe('segments that a device has put together', () => {
  test('are passed on as they came: sequence numbers, flags, identifications and checksums each its own', () => {
    start();
    lab.send(0, frame(1000));
    const seen = lab.heardRaw(1);
    expect(seen).toHaveLength(3);
    expect(seen[0]).toMatchPacket(segment(0xffff, SEQ, ['ACK', 'CWR']).payload(text(0, 400)));
    expect(seen[1]).toMatchPacket(segment(0, SEQ + 400, ['ACK']).payload(text(400, 800)));
    expect(seen[2]).toMatchPacket(segment(1, SEQ + 800, ['FIN', 'PSH', 'ACK']).payload(text(800, 1000)));
    expect(seen.every(isSumRight)).toBe(true);
    expect(lab.stack.counters().forwarding).toMatchObject({ forwarded: 1, fragmented: 0 });
  });

  test('that are one segment after all leave as one', () => {
    start();
    lab.send(0, frame(MSS));
    const seen = lab.heardRaw(1);
    expect(seen).toHaveLength(1);
    expect(seen[0]).toMatchPacket(segment(0xffff, SEQ, ['FIN', 'PSH', 'ACK', 'CWR']).payload(text(0, MSS)));
    expect(isSumRight(seen[0])).toBe(true);
  });

  test('that are too long for the next link each are refused, with what it takes', () => {
    start({ mtus: [1500, 300] });
    lab.send(0, frame(1000));
    expect(lab.heardRaw(1)).toEqual([]);
    expect(lab.heard(0)).toMatchObject([{ icmp: { type: 3, code: 4 } }]);
    expect(lab.drops(0, 'forward.tooLong')).toBe(1);
  });

  test('that may be cut up leave in fragments of the whole, whose checksum is right', () => {
    start({ mtus: [1500, 300] });
    lab.send(0, frame(1000, { dontFragment: false }));
    const seen = lab.heardRaw(1);
    expect(seen.length).toBeGreaterThan(3);
    const whole = seen.flatMap((bytes) => [...bytes.subarray(34)]);
    const sum = checksum.add(
      ipv4.pseudoHeaderSum(0x0a000002, 0x0a000102, 6, whole.length),
      viewOf(whole),
      0,
      whole.length,
    );
    expect(checksum.finish(sum)).toBe(0);
  });

  test('whose addresses and ports a filter changes have right checksums', () => {
    start();
    lab.stack.filter.add('forward', (datagram) => {
      datagram.source = '10.0.1.1';
      datagram.sourcePort = 4711;
      return Verdict.PASS;
    });
    lab.send(0, frame(1000));
    const seen = lab.heardRaw(1);
    expect(seen).toHaveLength(3);
    expect(seen.every(isSumRight)).toBe(true);
  });
});

function viewOf(bytes: readonly number[]): DataView {
  return new DataView(Uint8Array.from(bytes).buffer);
}
