import { afterEach, describe, expect, test } from '@jest/globals';
import { pattern, Reader, send, TcpPair, type PairOptions } from './support.js';

let pair: TcpPair | undefined;

afterEach(async () => {
  await pair?.close();
  pair = undefined;
});

function newPair(options: PairOptions = {}): TcpPair {
  return (pair = new TcpPair(options));
}

describe('two stacks', () => {
  test('open a connection, exchange text and close it in order', () => {
    const lab = newPair();
    const [client, server] = lab.connect();
    expect([client.state, server.state]).toEqual(['ESTABLISHED', 'ESTABLISHED']);
    const atServer = new Reader(server);
    const atClient = new Reader(client);
    const closed: (string | undefined)[] = [];
    client.onClose = (error) => closed.push(`client ${error}`);
    server.onClose = (error) => closed.push(`server ${error}`);
    send(client, pattern(1000));
    lab.host.advance('100ms');
    expect(atServer.bytes).toEqual(pattern(1000));
    expect(atServer.hasEnded).toBe(true);
    expect([client.state, server.state]).toEqual(['FIN_WAIT_2', 'CLOSE_WAIT']);
    send(server, pattern(500));
    lab.host.advance('100ms');
    expect(atClient.bytes).toEqual(pattern(500));
    expect(closed.sort()).toEqual(['client undefined', 'server undefined']);
    expect(client.state).toBe('TIME_WAIT');
    expect(lab.client.counters().tcp).toMatchObject({ connections: 0, timeWait: 1, bufferBytes: 0 });
    expect(lab.server.counters().tcp).toMatchObject({ connections: 0, timeWait: 0, bufferBytes: 0 });
    lab.host.advance('61s');
    expect(lab.client.counters().tcp.timeWait).toBe(0);
  });

  test.each([1, 100, 65_536, 1_000_000, 5_000_000])('bring %i bytes both ways at once', (length) => {
    const lab = newPair();
    const [client, server] = lab.connect();
    const [atClient, atServer] = [new Reader(client), new Reader(server)];
    send(client, pattern(length));
    send(server, pattern(length, 7));
    lab.host.advance('30s');
    expect(Buffer.compare(atServer.bytes, pattern(length))).toBe(0);
    expect(Buffer.compare(atClient.bytes, pattern(length, 7))).toBe(0);
    expect([atClient.hasEnded, atServer.hasEnded]).toEqual([true, true]);
  });

  test('a connection to a port where nobody listens is refused', () => {
    const lab = newPair();
    const client = lab.client.tcp.connect({ address: '10.0.0.2', port: 9 });
    let outcome: string | undefined = 'nothing';
    client.onClose = (error) => (outcome = error);
    lab.host.advance('10ms');
    expect(outcome).toBe('ECONNREFUSED');
  });

  test('a reader that stops closes the window, and opens it again', () => {
    const lab = newPair();
    const [client, server] = lab.connect();
    send(client, pattern(300_000));
    lab.host.advance('5s');
    expect(server.readableLength).toBeGreaterThanOrEqual(60_000);
    expect(server.readableLength).toBeLessThanOrEqual(70_000);
    lab.host.advance('600s');
    expect(client.state).toBe('ESTABLISHED');
    const reader = new Reader(server);
    lab.host.advance('5s');
    expect(Buffer.compare(reader.bytes, pattern(300_000))).toBe(0);
    expect(reader.hasEnded).toBe(true);
  });
});
