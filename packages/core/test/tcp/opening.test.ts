import { describe, expect, test } from '@jest/globals';
import { SeededRandom } from '@lunetta/core';
import { ethernet, StackLab, withLan, type Ipv4Values, type TcpValues } from '@lunetta/testkit';
import { InitialNumbers } from '../../src/tcp/listen/initial-numbers.js';
import { RawPeer } from './raw-peer.js';

function syn(ipv4: Partial<Ipv4Values> = {}, tcp: Partial<TcpValues> = {}) {
  return ethernet()
    .ipv4(ipv4)
    .tcp({ srcPort: 5000, dstPort: 80, seq: 1000, flags: ['SYN'], ...tcp });
}

describe('a SYN', () => {
  function listeningLab(): StackLab {
    const lab = new StackLab();
    lab.befriend();
    lab.stack.tcp.listen({ port: 80 });
    return lab;
  }

  test('is answered', () => {
    expect(listeningLab().ask(syn())[0].tcp).toMatchObject({ flags: ['SYN', 'ACK'], ack: 1001 });
  });

  test.each(['10.0.0.255', '255.255.255.255', '224.0.0.1'])(
    'to the broadcast or multicast address %s is dropped in silence (MUST-57)',
    (dst) => {
      const lab = listeningLab();
      expect(lab.ask(syn({ dst }))).toEqual([]);
      expect(lab.stack.counters().tcp.halfOpen).toBe(0);
    },
  );

  test.each(['10.0.0.255', '255.255.255.255', '224.0.0.1', '127.0.0.1', '0.0.0.0', '10.0.0.1'])(
    'from %s, which is nobody, is dropped in silence (MUST-63)',
    (src) => {
      const lab = listeningLab();
      expect(lab.ask(syn({ src }))).toEqual([]);
      expect(lab.stack.counters().tcp.halfOpen).toBe(0);
    },
  );

  test('with a wrong checksum is dropped in silence (MUST-3); what we send has a right one (MUST-2)', () => {
    const lab = listeningLab();
    expect(lab.ask(syn({}, { checksum: 0x1234 }))).toEqual([]);
    expect(lab.drops('tcp.badChecksum')).toBe(1);
    expect(lab.ask(syn())).toHaveLength(1); // `ask` holds it to its checksum
  });

  test('in a datagram with IP options that mean nothing to TCP is answered (MUST-50)', () => {
    const lab = listeningLab();
    const options = Uint8Array.of(7, 7, 4, 0, 0, 0, 0, 0); // record route, and padding
    expect(lab.ask(syn({ options }))).toHaveLength(1);
  });

  test('of ours has options with right lengths and zeros for padding, whatever it offers (MUST-14, MUST-68, MUST-69)', () => {
    for (let bits = 0; bits < 8; bits++) {
      const [sack, timestamps, windowScaling] = [1, 2, 4].map((bit) => (bits & bit) !== 0);
      const lab = new StackLab({ settings: { tcp: { sack, timestamps, windowScaling } } });
      lab.befriend();
      lab.stack.tcp.connect({ address: StackLab.PEER_IP, port: 80 });
      lab.advance('1ms');
      const [{ tcp }] = lab.heard();
      const offers = tcp!.options.filter((option) => option !== 'nop');
      expect(offers[0]).toEqual({ mss: 1460 });
      expect(offers).toHaveLength(1 + Number(sack) + Number(timestamps) + Number(windowScaling));
      expect(tcp!.options.at(-1)).not.toBe('nop'); // nothing is left over but what was written
    }
  });
});

describe('connect', () => {
  test.each(['10.0.0.255', '255.255.255.255', '224.0.0.1', '0.0.0.0'])('to %s is refused (MUST-46)', (address) => {
    const lab = new StackLab();
    expect(() => lab.stack.tcp.connect({ address, port: 80 })).toThrow(/connect/);
  });

  test('asks IP for its address, or takes the one that it is given, and keeps it (MUST-43, MUST-44, MUST-45)', () =>
    withLan({}, async (lan) => {
      const client = lan.host('client', { eth0: { addresses: ['10.0.0.1/24', '10.0.0.3/24', '10.9.0.1/24'] } });
      const server = lan.host('server', { eth0: { addresses: ['10.0.0.2/24', '10.9.0.2/24'] } });
      const cable = lan.cable(client, server);
      server.stack.tcp.listen({ port: 80 });
      const sources = new Set<string>();
      cable.observe(({ bytes, isForward }) => {
        if (isForward && bytes[12] === 8 && bytes[13] === 0) sources.add(bytes.subarray(26, 30).join('.'));
      });
      const tried = [];
      for (const options of [
        { address: '10.0.0.2' },
        { address: '10.9.0.2' },
        { address: '10.0.0.2', localAddress: '10.0.0.3' },
      ]) {
        sources.clear();
        const connection = client.stack.tcp.connect({ port: 80, ...options });
        await lan.advance('100ms');
        connection.write(new Uint8Array(10));
        connection.close();
        await lan.advance('100ms');
        tried.push([connection.localAddress, ...sources]);
      }
      expect(tried).toEqual(['10.0.0.1', '10.9.0.1', '10.0.0.3'].map((address) => [address, address]));
    }));
});

describe('listen', () => {
  test('on a port that listens already fails, and the first goes on (MUST-41)', () => {
    const lab = new StackLab();
    lab.befriend();
    lab.stack.tcp.listen({ port: 80 });
    lab.send(syn());
    expect(() => lab.stack.tcp.listen({ port: 80 })).toThrow('port 80 is taken');
    expect(lab.stack.counters().tcp.halfOpen).toBe(1);
    expect(lab.ask(syn({}, { srcPort: 5001 })).at(-1)!.tcp!.flags).toEqual(['SYN', 'ACK']);
  });

  test('on the port of a connection that is being opened (MUST-42)', () => {
    const lab = new StackLab();
    lab.befriend();
    const connection = lab.stack.tcp.connect({ address: StackLab.PEER_IP, port: 5001, localPort: 80 });
    expect(connection.state).toBe('SYN_SENT');
    lab.stack.tcp.listen({ port: 80 });
    lab.receive();
    expect(lab.ask(syn()).at(-1)!.tcp!.flags).toEqual(['SYN', 'ACK']);
    expect(connection.state).toBe('SYN_SENT');
    expect(lab.stack.counters().tcp).toMatchObject({ connections: 1, halfOpen: 1 });
  });
});

describe('initial sequence numbers', () => {
  const numbers = new InitialNumbers(new SeededRandom(1));

  test('follow a clock of 4 microseconds (MUST-8)', () => {
    const first = numbers.sequence(1, 2, 3, 0);
    expect((numbers.sequence(1, 2, 3, 4_000_000) - first) | 0).toBe(1_000_000);
    expect((numbers.sequence(1, 2, 3, 2 ** 34) - first) | 0).toBe(0); // it goes round in 4.77 hours
  });

  test('say nothing of those of other ends, nor of other stacks (MUST-9)', () => {
    const all = [
      ...[0, 1, 2, 3].map((port) => numbers.sequence(1, 2, port, 0)),
      ...[3, 4].map((remote) => numbers.sequence(1, remote, 3, 0)),
      ...[5, 6].map((seed) => new InitialNumbers(new SeededRandom(seed)).sequence(1, 2, 3, 0)),
    ];
    expect(new Set(all).size).toBe(all.length);
    const steps = all.slice(1).map((each, i) => Math.abs((each - all[i]) | 0));
    expect(Math.min(...steps)).toBeGreaterThan(1000);
  });
});

test('a burst of segments is worked through before one acknowledgment of all (MUST-58, MUST-59)', () => {
  const peer = new RawPeer();
  const burst = Array.from({ length: 10 }, (_, i) => peer.segment({ seq: peer.seq + 1000 * i }, 'a'.repeat(1000)));
  const answers = peer.lab.ask(...burst);
  expect(answers.map(({ tcp }) => tcp!.ack)).toEqual([peer.seq + 10_000]);
});
