import { describe, expect, test } from '@jest/globals';
import type { TcpConnection } from '@lunetta/core';
import { Spares } from '../../src/tcp/spares.js';
import { isAnythingLent, isRestChanged } from './lent.js';
import { pattern, Reader, send, TcpPair } from './support.js';

const REORDERED = 100_000;

/** A pair of ends that have moved bytes both ways, and then done nothing for a while. */
function usedEnds(lab: TcpPair, port = 80): [TcpConnection, TcpConnection] {
  const ends = lab.connect(port);
  for (const [i, end] of ends.entries()) {
    const reader = new Reader(ends[1 - i]);
    send(end, pattern(20_000), false);
    lab.host.advance('1s');
    expect(reader.length).toBe(20_000);
  }
  return ends;
}

describe('an idle connection', () => {
  test('has nothing lent, and has it again when there is something to do', async () => {
    const lab = new TcpPair();
    const ends = usedEnds(lab);
    expect(ends.map((end) => isAnythingLent(end))).toEqual([false, false]);
    ends[0].onReadable = undefined;
    ends[1].write(pattern(10));
    expect(isAnythingLent(ends[1])).toBe(true);
    lab.host.advance('1s');
    expect(ends.map((end) => isAnythingLent(end))).toEqual([true, false]); // what was not read lies in a ring
    ends[0].consume(10);
    expect(ends.map((end) => isAnythingLent(end))).toEqual([false, false]);
    expect(ends.map(isRestChanged)).toEqual([false, false]);
    await lab.close();
  });

  test('with keep-alive has its deadlines only', async () => {
    const lab = new TcpPair();
    const [client, server] = usedEnds(lab);
    client.setKeepAlive(10_000, 10_000);
    lab.host.advance('1s');
    client.write(pattern(10));
    lab.host.advance('1s');
    expect(isAnythingLent(client, 'deadlines')).toBe(true);
    expect(isAnythingLent(client, 'recovery')).toBe(false);
    expect(isAnythingLent(client, 'rings')).toBe(false);
    lab.host.advance('1min');
    expect(lab.client.counters().tcp.keepAlives).toBeGreaterThan(3);
    expect([client.state, server.state]).toEqual(['ESTABLISHED', 'ESTABLISHED']);
    await lab.close();
  });

  test('remembers round trips, and that its path changes the order of segments', async () => {
    const lab = new TcpPair();
    const [client] = usedEnds(lab);
    client.write(pattern(10));
    lab.host.advance('1us');
    client.sender.recovery.rack.hasReordering = true;
    client.sender.recovery.rack.duplicated(0, REORDERED);
    lab.host.advance('1s');
    expect(isAnythingLent(client)).toBe(false);
    client.write(pattern(10));
    lab.host.advance('1us');
    const { rack } = client.sender.recovery;
    expect([rack.hasReordering, rack.learned]).toEqual([true, 1 | (1 << 6)]);
    lab.host.advance('1s');
    expect(client.statistics().rttUs).toBeGreaterThan(0);
    expect(isRestChanged(client)).toBe(false);
    await lab.close();
  });

  test('that ends gives back what was lent', async () => {
    const lab = new TcpPair();
    const [client, server] = lab.connect();
    server.onReadable = undefined;
    client.write(pattern(10));
    lab.host.advance('1us');
    client.abort();
    lab.host.advance('1s');
    expect([client, server].map((end) => isAnythingLent(end, 'recovery', 'deadlines'))).toEqual([false, false]);
    await lab.close();
  });
});

test('connections between the same two hosts have one path', async () => {
  const lab = new TcpPair();
  const [[first], [second]] = [lab.connect(80), lab.connect(81)];
  expect(second.path).toBe(first.path);
  first.abort();
  lab.host.advance('1s');
  const [third, atThird] = lab.connect(82);
  expect(third.path).toBe(second.path);
  for (const end of [second, third]) end.abort();
  lab.host.advance('1s');
  expect(atThird.error).toBe('ECONNRESET');
  const [fourth] = lab.connect(83);
  expect(fourth.path).not.toBe(second.path);
  await lab.close();
});

test('spare things are lent again, the last one first, and let go once they were not needed from one look to the next', () => {
  let made = 0;
  const spares = new Spares(() => ++made);
  const lent = [spares.take(), spares.take(), spares.take()];
  for (const thing of lent) spares.give(thing);
  expect(spares.trim()).toBe(0);
  expect(spares.take()).toBe(3);
  spares.give(3);
  expect(spares.trim()).toBe(2);
  expect(spares.size).toBe(1);
  expect(spares.take()).toBe(3);
  spares.give(3);
  expect(spares.trim()).toBe(0);
  expect(spares.trim()).toBe(1);
  expect(spares.size).toBe(0);
});
