import { macAddress, Stack, type UdpSocket } from '@lunetta/core';
import { createMemoryCable, ethernet, type MemoryCable } from '@lunetta/testkit';
import { BenchHost } from './bench-host.js';
import { Generator } from './generator.js';
import { Reflector } from './reflector.js';

/** What a case of bench:stack varies. */
export interface StackCase {
  /** Bytes of a frame, without frame check sequence. */
  readonly frame: number;
  /** Sockets bound, of which the requests go to as many as there are requests under way. */
  readonly sockets?: number;
  /** Stations that send the requests. */
  readonly neighbours?: number;
  /** Interfaces, each on memory of another kind. */
  readonly ports?: 2;
  /** How the server answers: in place as it came (not given), in place changed, out of a view, or out of a copy. */
  readonly app?: 'changed' | 'view' | 'copy';
}

/** Something that echoes, and a generator that keeps it busy. */
export interface Bench {
  /** Nanoseconds an echo, over some echoes. */
  run(echoes: number): number;
}

const WINDOW = 64;
const HEADERS = 42;
const STACK_MAC = '02:00:00:00:ff:01';

/** A flat function that answers every frame by swapping its addresses, behind the same generator. */
export function reflectorBench(options: StackCase): Bench {
  const cables = cablesFor(options);
  const reflectors = cables.map(({ a }) => new Reflector(a));
  return start(cables, options, () => {
    for (const reflector of reflectors) reflector.poll();
  });
}

/** The whole stack, with echo servers written against its socket API. */
export function stackBench(options: StackCase): Bench {
  const host = new BenchHost();
  const stack = new Stack(host, { loop: { pollsPerTurn: 1 }, arp: { reachableMs: 3_600_000, maxNeighbours: 8192 } });
  const cables = cablesFor(options);
  cables.forEach(({ a }, i) => {
    stack.addInterface(a, {
      name: `if${i}`,
      addresses: [`10.${i}.0.1/16`],
      hardwareAddress: macAddress.parse(STACK_MAC)!,
      mode: 'busy',
    });
  });
  for (let i = 0; i < (options.sockets ?? 1); i++) {
    const socket = stack.udp.open();
    socket.bind({ port: 7 + i });
    socket.onDatagram = echoServer(socket, options.app);
  }
  return start(cables, options, () => host.turn());
}

function echoServer(socket: UdpSocket, app: StackCase['app']): NonNullable<UdpSocket['onDatagram']> {
  if (app === undefined) return (datagram) => void datagram.reply();
  if (app === 'changed') {
    return (datagram) => {
      datagram.memory.bytes[datagram.offset] ^= 1;
      datagram.reply();
    };
  }
  if (app === 'view') {
    return (datagram) => void socket.send(datagram.bytes, datagram.remoteAddress, datagram.remotePort);
  }
  return (datagram) => {
    const { bytes, remoteAddress, remotePort } = datagram.copy();
    socket.send(bytes, remoteAddress, remotePort);
  };
}

function cablesFor({ ports = 1, ...options }: Omit<StackCase, 'ports'> & { ports?: number }): MemoryCable[] {
  return Array.from({ length: ports }, (_, i) =>
    createMemoryCable({
      sharedMemory: true,
      inFlight: 8192,
      buffers: 2 * (windowOf(options) > WINDOW ? 12_288 : 9216),
      wakeup: 'none',
      // The second port's memory is of another kind: V8 must not fall back to a slower access for both.
      allocate: (bytes) => (i === 0 ? new ArrayBuffer(bytes) : new SharedArrayBuffer(bytes)),
    }),
  );
}

/** Requests under way: as many as there are stations or sockets to go round, but no more than 4,000. */
function windowOf({ sockets = 1, neighbours = 1 }: StackCase): number {
  return Math.min(Math.max(WINDOW, sockets, neighbours), 4000);
}

function start(cables: readonly MemoryCable[], options: StackCase, turn: () => void): Bench {
  const generators = cables.map(({ b }) => new Generator(b));
  generators.forEach((generator, i) => {
    for (let request = 0; request < windowOf(options); request++) {
      const { echoes } = generator;
      generator.start(requestFrame(i, request, options));
      // One by one, so that ARP finds every station before the next one is heard of.
      for (let turns = 0; generator.echoes === echoes; turns++) {
        if (turns > 100) throw new Error(`request ${request} is not answered`);
        generator.poll();
        turn();
      }
    }
  });
  return { run: (echoes) => time(generators, turn, echoes) };
}

function time(generators: readonly Generator[], turn: () => void, echoes: number): number {
  const before = count(generators);
  const begin = process.hrtime.bigint();
  let done = 0;
  while (done < echoes) {
    for (let i = 0; i < generators.length; i++) generators[i].poll();
    turn();
    done = count(generators) - before;
  }
  return Number(process.hrtime.bigint() - begin) / done;
}

function count(generators: readonly Generator[]): number {
  let echoes = 0;
  for (let i = 0; i < generators.length; i++) echoes += generators[i].echoes;
  return echoes;
}

function requestFrame(
  index: number,
  request: number,
  { frame, sockets = 1, neighbours = WINDOW }: StackCase,
): Uint8Array {
  const peer = request % neighbours;
  const [high, low] = [1 + (peer >> 8), peer & 255];
  const addresses = { src: `10.${index}.${high}.${low}`, dst: `10.${index}.0.1` };
  const srcMac = `02:00:00:00:${high.toString(16).padStart(2, '0')}:${low.toString(16).padStart(2, '0')}`;
  const payload = Uint8Array.from({ length: frame - HEADERS }, (_, i) => i);
  const dstPort = 7 + (((request * 2.5) % sockets) | 0);
  const headers = ethernet({ dst: STACK_MAC, src: srcMac }).ipv4(addresses);
  return headers
    .udp({ srcPort: 20_000 + request, dstPort })
    .payload(payload)
    .bytes();
}
