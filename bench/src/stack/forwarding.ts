import { checksum, macAddress, Stack, Verdict } from '@lunetta/core';
import { createMemoryCable, ethernet } from '@lunetta/testkit';
import type { Bench } from './benches.js';
import { BenchHost } from './bench-host.js';
import { Generator } from './generator.js';
import { Reflector } from './reflector.js';

/** What a forwarding case of bench:stack varies. */
export interface ForwardingCase {
  /** Bytes of a frame, without frame check sequence. */
  readonly frame: number;
  /** Destinations, each in a network of its own; so many datagrams are under way. */
  readonly destinations: number;
  /** Routes to those networks. */
  readonly routes: 1 | 10_000;
  /** Whether a packet filter looks at each datagram. */
  readonly isFiltered?: boolean;
}

const HEADERS = 42;
const ROUTER_MAC = '02:00:00:00:ff:01';
const ROUTER = '10.1.1.1';
const SENDER = '10.0.1.1';
const TTL_WORD_AT = 14 + 8;
const IP_CHECKSUM_AT = 14 + 10;
const TTL = 64;

/** A router on a stick: what comes in by its one port goes out by it, to the next router or back to the sender. */
export function forwardingBench(options: ForwardingCase): Bench {
  const host = new BenchHost();
  const stack = new Stack(host, {
    loop: { pollsPerTurn: 1 },
    ipv4: { forwarding: true, sendRedirects: false },
    arp: { reachableMs: 3_600_000 },
  });
  const cable = newCable();
  stack.addInterface(cable.a, {
    name: 'if0',
    addresses: ['10.0.0.1/16', '10.1.0.1/16'],
    hardwareAddress: macAddress.parse(ROUTER_MAC)!,
    mode: 'busy',
  });
  if (options.routes === 1) stack.routes.add({ destination: '16.0.0.0/4', gateway: ROUTER });
  else
    for (let i = 0; i < options.routes; i++) stack.routes.add({ destination: `${network(i)}.0/24`, gateway: ROUTER });
  if (options.isFiltered === true) {
    stack.filter.add('forward', (datagram) => (datagram.destinationPort === 22 ? Verdict.DROP : Verdict.PASS));
  }
  return start(new Generator(cable.b, restoreTtl), options, () => host.turn());
}

/** A flat function in the router's place, which swaps addresses. */
export function swappingBench(options: ForwardingCase): Bench {
  const cable = newCable();
  const reflector = new Reflector(cable.a);
  return start(new Generator(cable.b, restoreTtl), options, () => reflector.poll());
}

/** Gives a datagram the TTL back that the router has taken from it. */
function restoreTtl(view: DataView, at: number): void {
  const before = view.getUint16(at + TTL_WORD_AT);
  const after = (TTL << 8) | (before & 0xff);
  view.setUint16(at + TTL_WORD_AT, after);
  view.setUint16(at + IP_CHECKSUM_AT, checksum.update(view.getUint16(at + IP_CHECKSUM_AT), before, after));
}

function newCable() {
  return createMemoryCable({ sharedMemory: true, inFlight: 8192, buffers: 2 * 12_288, wakeup: 'none' });
}

/** One of 10,000 networks of 24 bits. */
function network(i: number): string {
  return `${16 + (i >> 12)}.${(i >> 4) & 255}.${(i & 15) << 4}`;
}

function start(generator: Generator, { frame, destinations }: ForwardingCase, turn: () => void): Bench {
  for (let i = 0; i < destinations; i++) {
    const { echoes } = generator;
    generator.start(datagram(`${network(Math.floor((i * 10_000) / destinations))}.1`, frame));
    // One by one, so that ARP finds the next router and the sender before the next one comes.
    for (let turns = 0; generator.echoes === echoes; turns++) {
      if (turns > 100) throw new Error(`datagram ${i} is not forwarded`);
      generator.poll();
      turn();
    }
  }
  return {
    run: (count) => {
      const before = generator.echoes;
      const begin = process.hrtime.bigint();
      while (generator.echoes - before < count) {
        generator.poll();
        turn();
      }
      return Number(process.hrtime.bigint() - begin) / (generator.echoes - before);
    },
  };
}

function datagram(dst: string, frame: number): Uint8Array {
  return ethernet({ dst: ROUTER_MAC, src: '02:00:00:00:01:01' })
    .ipv4({ src: SENDER, dst, ttl: TTL })
    .udp({ srcPort: 1000, dstPort: 2000 })
    .payload(new Uint8Array(frame - HEADERS))
    .bytes();
}
