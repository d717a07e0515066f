import { describe, expect, test } from '@jest/globals';
import type { TcpConnection } from '@lunetta/core';
import { pattern, Reader, send, TcpPair } from './support.js';

const LITTLE = { tcp: { maxMemory: 65_536 } };

/** Rings that grow to 32, 16, 8, 4, 2 and 2 KiB fill it. */
const FILLING = [32_000, 12_000, 6000, 3000, 1500, 1500];

/** Connections, at the client and the server; what the first ones have not read holds all the client's memory. */
function filledLab(): { lab: TcpPair; first: TcpConnection; others: [TcpConnection, TcpConnection][] } {
  const lab = new TcpPair({ client: LITTLE });
  const ends = Array.from({ length: FILLING.length + 2 }, (_, i) => lab.connect(80 + i));
  for (const [i, length] of FILLING.entries()) {
    send(ends[i][1], pattern(length), false);
    lab.host.advance('1s');
  }
  expect(lab.client.counters().tcp.bufferBytes).toBe(65_536);
  return { lab, first: ends[0][0], others: ends.slice(FILLING.length) };
}

test.each(['close', 'abort'] as const)('%s after the end gives back what was not read', async (call) => {
  const lab = new TcpPair();
  const [client, server] = lab.connect();
  send(server, pattern(100));
  client.end();
  lab.host.advance('1s');
  expect(client.state).toBe('TIME_WAIT');
  expect(client.readableLength).toBe(100);
  expect(lab.client.counters().tcp.bufferBytes).toBe(2048);
  client[call]();
  expect(lab.client.counters().tcp.bufferBytes).toBe(0);
  await lab.close();
});

describe('the memory of all connections is used up', () => {
  test('a write takes what there is memory for', async () => {
    const lab = new TcpPair({ client: LITTLE });
    const [client, server] = lab.connect();
    const [other, atOther] = lab.connect(81);
    expect(atOther.write(pattern(10))).toBe(10);
    lab.host.advance('10ms'); // 2,048 bytes are taken for them
    expect(other.readableLength).toBe(10);
    expect(client.write(pattern(60_000))).toBe(32_768);
    const reader = new Reader(server);
    lab.host.advance('1s');
    expect(reader.length).toBe(32_768);
    await lab.close();
  });

  test('a writer that found none is told when another connection has given some back', async () => {
    const { lab, first, others } = filledLab();
    const [[second, atSecond], [third]] = others;
    expect([second.write(pattern(10)), third.write(pattern(10))]).toEqual([0, 0]);
    const told: string[] = [];
    second.onWritable = () => void told.push('second'); // and does nothing: the third is told all the same
    third.onWritable = () => void told.push('third');
    lab.host.advance('1s');
    expect(told).toEqual([]);
    new Reader(first);
    lab.host.advance('10ms');
    expect(told).toEqual(['second', 'third']);
    const reader = new Reader(atSecond);
    expect(second.write(pattern(10))).toBe(10);
    lab.host.advance('1s');
    expect(reader.length).toBe(10);
    await lab.close();
  });

  test('two that have written more than either can receive come through', async () => {
    const lab = new TcpPair({ client: LITTLE, server: LITTLE });
    const [client, server] = lab.connect();
    const readers = [new Reader(client), new Reader(server)];
    for (const end of [client, server]) send(end, pattern(60_000));
    lab.host.advance('10s');
    expect(readers.map(({ length }) => length)).toEqual([60_000, 60_000]);
    await lab.close();
  });

  test('a connection that waits for memory and is aborted is told of its end only', async () => {
    const { lab, first, others } = filledLab();
    const [[second]] = others;
    expect(second.write(pattern(10))).toBe(0);
    const told: string[] = [];
    second.onWritable = () => void told.push('writable');
    second.onClose = (error) => void told.push(`closed ${error}`);
    second.abort();
    new Reader(first);
    lab.host.advance('1s');
    expect(told).toEqual(['closed ECONNABORTED']);
    await lab.close();
  });
});
