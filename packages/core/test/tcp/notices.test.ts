import { describe, expect, test } from '@jest/globals';
import { ethernet, withLan, type StackLab } from '@lunetta/testkit';
import { pattern } from './support.js';
import { RawPeer } from './raw-peer.js';

describe('urgent text', () => {
  test('the application is told at once, and how much is urgent (MUST-30, MUST-32, MUST-33, MUST-62)', () => {
    const peer = new RawPeer();
    const { connection } = peer;
    const told: number[] = [];
    connection.onUrgent = () => told.push(connection.urgentLength);
    peer.send({ flags: ['ACK', 'PSH', 'URG'], urgent: 3 }, 'abcdef'); // up to "c"
    expect(told).toEqual([3]);
    connection.read(new Uint8Array(2));
    expect(connection.urgentLength).toBe(1);
    connection.read(new Uint8Array(2));
    expect(connection.urgentLength).toBe(0);
    expect(peer.lab.stack.counters().tcp.urgent).toBe(1);
  });

  test('is of any length, and may be told of before it comes (MUST-31)', () => {
    const peer = new RawPeer();
    const { connection } = peer;
    const told: number[] = [];
    connection.onUrgent = () => told.push(connection.urgentLength);
    peer.send({ flags: ['ACK', 'URG'], urgent: 5000 });
    for (let i = 0; i < 5; i++) peer.send({ flags: ['ACK', 'URG'], urgent: 5000 - 1000 * i }, 'u'.repeat(1000));
    expect(told).toEqual([5000]); // the pointer has not moved
    peer.send({ flags: ['ACK', 'URG'], urgent: 2 }, 'xy');
    expect(told).toEqual([5000, 5002]);
    expect(connection.read(new Uint8Array(6000))).toBe(5002);
    expect(connection.urgentLength).toBe(0);
  });

  test('is told of with a window of zero too (MUST-66)', () => {
    const peer = new RawPeer({ tcp: { initialReceiveBuffer: 2048, maxReceiveBuffer: 2048 } });
    const { connection } = peer;
    peer.send({}, 'a'.repeat(1024));
    peer.send({}, 'a'.repeat(1024));
    let times = 0;
    connection.onUrgent = () => times++;
    peer.lab.ask(peer.segment({ flags: ['ACK', 'URG'], urgent: 1 }, 'u'));
    expect(times).toBe(1);
    expect(connection.urgentLength).toBe(2049);
  });

  test('a pointer back is none', () => {
    const peer = new RawPeer();
    let times = 0;
    peer.connection.onUrgent = () => times++;
    peer.send({ flags: ['ACK', 'URG'], urgent: 0 });
    peer.send({}, 'abc');
    peer.connection.read(new Uint8Array(3));
    peer.lab.ask(peer.segment({ flags: ['ACK', 'URG'], seq: peer.seq - 3, urgent: 2 }, 'abcd'));
    expect(times).toBe(0);
  });
});

describe('soft errors', () => {
  function toldOf({ connection }: RawPeer): string[] {
    const told: string[] = [];
    connection.onSoftError = (code) => told.push(code);
    connection.onClose = (code) => told.push(`closed ${code}`);
    return told;
  }

  function arpRequests(lab: StackLab): number {
    return lab.heard().filter((frame) => frame.arp?.operation === 'request').length;
  }

  test('after three retransmissions the application is told, and the next hop is to prove itself (MUST-20, MUST-47)', () => {
    const peer = new RawPeer();
    const told = toldOf(peer);
    peer.connection.write(pattern(10));
    peer.lab.advance('1s'); // at 200, 600 ms
    expect(told).toEqual([]);
    expect(arpRequests(peer.lab)).toBe(0);
    peer.lab.advance('1s'); // 1,400 ms
    expect(told).toEqual(['ETIMEDOUT']);
    expect(arpRequests(peer.lab)).toBeGreaterThan(0);
    expect(peer.connection.state).toBe('ESTABLISHED');
  });

  test('a SYN that nobody answers is told of after three more (MUST-22)', () =>
    withLan({}, async (lan) => {
      const [client, server] = [lan.host('client', '10.0.0.1/24'), lan.host('server', '10.0.0.2/24')];
      const cable = lan.cable(client, server);
      await lan.advance('1s');
      client.stack.udp.open().send(new Uint8Array(1), '10.0.0.2', 9); // they know one another
      await lan.advance('1s');
      cable.from(server).partition();
      const connection = client.stack.tcp.connect({ address: '10.0.0.2', port: 80 });
      const told: string[] = [];
      connection.onSoftError = (code) => told.push(code);
      await lan.advance('6s'); // at 1 s, 3 s
      expect(told).toEqual([]);
      await lan.advance('2s'); // 7 s
      expect(told).toEqual(['ETIMEDOUT']);
      connection.abort();
    }));

  test('what the network says reaches the application, once for each kind (MUST-47, MUST-54)', () => {
    const peer = new RawPeer();
    const told = toldOf(peer);
    peer.connection.write(pattern(10));
    peer.lab.advance('1ms');
    const [sent] = peer.lab.receive();
    const quoted = sent.subarray(14, 14 + 28);
    for (const code of [1, 1, 0]) peer.lab.send(ethernet().ipv4().icmp({ type: 3, code }).payload(quoted));
    expect(told).toEqual(['EHOSTUNREACH', 'ENETUNREACH']);
    expect(peer.connection.state).toBe('ESTABLISHED');
  });
});

describe('type of service and TTL', () => {
  test('are set for a connection and changed on the way (MUST-48, MUST-49)', () =>
    withLan({}, async (lan) => {
      const [client, server] = [lan.host('client', '10.0.0.1/24'), lan.host('server', '10.0.0.2/24')];
      const seen: string[] = [];
      const cable = lan.cable(client, server);
      await lan.advance('1s');
      cable.observe(({ bytes, isForward }) => {
        if (isForward && bytes[12] === 8 && bytes[13] === 0) seen.push(`${bytes[15]} ${bytes[22]}`);
      });
      server.stack.tcp.listen({ port: 80 });
      const connection = client.stack.tcp.connect({ address: '10.0.0.2', port: 80, tos: 0x28, ttl: 9 });
      await lan.advance('100ms');
      expect(seen).toEqual(['40 9', '40 9']);
      connection.tos = 0xb8;
      connection.ttl = 255;
      connection.write(pattern(1));
      await lan.advance('1ms');
      expect(seen).toEqual(['40 9', '40 9', '184 255']);
      expect(() => (connection.tos = 1)).toThrow("tos 1 is not a multiple of 4 from 0 to 252: the low bits are ECN's");
      expect(() => (connection.ttl = 0)).toThrow('ttl 0 is not an integer from 1 to 255');
      connection.abort();
    }));
});
