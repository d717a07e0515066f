import { afterEach, describe, expect, test } from '@jest/globals';
import { DESCRIPTOR_WORDS, FLAGS, LENGTH, RX_COALESCED, VLAN_AND_MSS, type LinkQueue } from '@lunetta/core';
import type { MemoryCableOptions } from '@lunetta/testkit';
import { pattern, Reader, send, TcpPair, type PairOptions } from './support.js';

/** Both ends cut up and finish what they are given, and show each other what was not, as a TAP device does. */
const OFFLOADS: MemoryCableOptions = { offloads: true, bufferSize: 66_000, buffers: 1024, inFlight: 512 };
/** 1,500 bytes without headers of 20, 20 and 12 bytes. */
const MSS = 1448;

let pair: TcpPair | undefined;

afterEach(async () => {
  await pair?.close();
  pair = undefined;
});

function newPair(options: PairOptions = {}): TcpPair {
  return (pair = new TcpPair({ ...options, cable: { ...OFFLOADS, ...options.cable } }));
}

/** Notes what a queue receives from now on: length and MSS of every coalesced frame. */
function coalescedFrames({ server }: TcpPair): { length: number; mss: number }[] {
  const queue: LinkQueue = server.interfaces[0].io.queue;
  const seen: { length: number; mss: number }[] = [];
  const poll = queue.poll.bind(queue);
  queue.poll = (txCount) => {
    const received = poll(txCount);
    for (let d = 0; d < received * DESCRIPTOR_WORDS; d += DESCRIPTOR_WORDS) {
      if ((queue.rx[d + FLAGS] & RX_COALESCED) === 0) continue;
      seen.push({ length: queue.rx[d + LENGTH], mss: queue.rx[d + VLAN_AND_MSS] >>> 16 });
    }
    return received;
  };
  return seen;
}

describe('a device that cuts segments up', () => {
  test('is given many in one piece, as far as the congestion window allows; every byte arrives', () => {
    const lab = newPair();
    const [client, server] = lab.connect();
    const seen = coalescedFrames(lab);
    const reader = new Reader(server);
    const bytes = pattern(1_000_000);
    send(client, bytes);
    lab.host.advance('1s');
    expect(reader.hasEnded).toBe(true);
    expect(Buffer.compare(reader.bytes, bytes)).toBe(0);
    expect(seen[0]).toEqual({ length: 14 + 20 + 32 + 10 * MSS, mss: MSS }); // RFC 6928
    expect(Math.max(...seen.map(({ length }) => length))).toBe(14 + 20 + 32 + 45 * MSS);
    expect(lab.client.counters().tcp.segmentsSent).toBeLessThan(100);
  });

  test('a part that fills no segment waits as it does without one, unless it may go', () => {
    const lab = newPair();
    const [client, server] = lab.connect();
    const seen = coalescedFrames(lab);
    const reader = new Reader(server);
    client.write(pattern(3 * MSS + 100));
    lab.host.settle();
    expect(seen.map(({ length }) => length)).toEqual([66 + 3 * MSS]);
    lab.host.advance('100ms');
    expect(reader.length).toBe(3 * MSS + 100);
    client.noDelay = true;
    client.write(pattern(3 * MSS + 100));
    lab.host.settle();
    expect(seen.map(({ length }) => length)).toEqual([66 + 3 * MSS, 66 + 3 * MSS + 100]);
  });

  test('one acknowledgment answers a coalesced frame, and a full segment is still one of MSS bytes', () => {
    const lab = newPair();
    const [client, server] = lab.connect();
    const reader = new Reader(server);
    const before = lab.server.counters().tcp.segmentsSent;
    client.write(pattern(10 * MSS));
    lab.host.settle();
    expect(reader.length).toBe(10 * MSS);
    expect(lab.server.counters().tcp.segmentsSent - before).toBe(1);
    client.write(pattern(MSS));
    client.write(pattern(MSS));
    lab.host.settle();
    expect(lab.server.counters().tcp.segmentsSent - before).toBe(2);
  });

  test.each([true, false])('may lose whole pieces: every byte arrives once and in order (SACK: %s)', (sack) => {
    const lab = newPair({ loss: 0.05, client: { tcp: { sack } } });
    const [client, server] = lab.connect();
    const reader = new Reader(server);
    const bytes = pattern(3_000_000);
    send(client, bytes);
    lab.host.advance('300s');
    expect(reader.hasEnded).toBe(true);
    expect(Buffer.compare(reader.bytes, bytes)).toBe(0);
    expect(lab.client.counters().tcp.segmentsResent).toBeGreaterThan(0);
  });
});
