import { Stack, type LinkQueue, type UdpSocket } from '@lunetta/core';
import { COUNT_SENT, DESCRIPTOR_WORDS, FLAGS, HANDLE, LENGTH, OFFSET } from '@lunetta/core';
import { BenchHost } from '../stack/bench-host.js';
import type { BenchDevice } from './bench-device.js';
import { OWN, ownMac, PORT } from './requests.js';

/** What the loop in C++ does in a case: `Work` of packages/driver-dpdk/native/bench/bench-queue.h. */
export const WORKS = {
  macswap: 0,
  'udp-echo': 1,
  'udp-echo-checksum': 1,
  'udp-echo-view': 2,
  'udp-echo-copy': 3,
} as const;
export type CaseName = keyof typeof WORKS;

/** Whether the answer is the buffer of the request. */
export const answersInPlace = (name: CaseName): boolean => WORKS[name] < WORKS['udp-echo-view'];

/** JavaScript on a device. */
export interface Runner {
  /** Seconds a frame. */
  run(frames: number): number;
  /** Throws if what was measured was not the work. */
  check(): void;
}

/** Frames that arrive until the stack has asked for its peer, or has been told. */
const FRAMES_FOR_ARP = 20;
const MOST_TURNS_FOR_ARP = 10_000;
const MOST_EMPTY_TURNS = 1_000_000;

export function runnerFor(name: CaseName, bench: BenchDevice): Runner {
  return name === 'macswap' ? new MacswapRunner(bench) : new EchoRunner(bench, name);
}

/** Forwards frames with their MAC addresses swapped, without a stack. */
class MacswapRunner implements Runner {
  private readonly queue: LinkQueue;
  private readonly forward: (queued: number, received: number) => number;
  private queued = 0;

  constructor(bench: BenchDevice) {
    this.queue = bench.port.queue(0);
    this.forward = forwarder(this.queue);
    bench.seed();
  }

  run(frames: number): number {
    const begin = process.hrtime.bigint();
    let done = 0;
    for (let empty = 0; done < frames;) {
      const received = this.poll();
      done += received;
      empty = received > 0 ? 0 : empty + 1;
      if (empty > MOST_EMPTY_TURNS) throw new Error('no frame arrives any more');
    }
    return (Number(process.hrtime.bigint() - begin) * 1e-9) / done;
  }

  check(): void {
    this.queue.poll(this.queued);
    this.queued = 0;
  }

  private poll(): number {
    const received = this.queue.poll(this.queued);
    this.queued = this.forward(this.queued, received);
    return received;
  }
}

/**
 * Queues the received frames behind those that were not sent; returns how many are queued. A function of the queue's own, as
 * each interface of the stack has one: V8 then knows the arrays and reads them without a check.
 */
function forwarder({ rx, tx, counts, memory: { view } }: LinkQueue): (queued: number, received: number) => number {
  // What is imported is read anew at every use; what this function knows is compiled in: 0.85 of the time.
  const [words, handle, offset, length, flags] = [DESCRIPTOR_WORDS, HANDLE, OFFSET, LENGTH, FLAGS];
  return (queued, received) => {
    const sent = counts[COUNT_SENT];
    if (sent < queued) tx.copyWithin(0, sent * words, queued * words);
    const end = received * words;
    let to = (queued - sent) * words;
    for (let from = 0; from < end; from += words) {
      const at = rx[from + offset];
      swapMacs(view, at);
      tx[to + handle] = rx[from + handle];
      tx[to + offset] = at;
      tx[to + length] = rx[from + length];
      tx[to + flags] = 0;
      to += words;
    }
    return to / words;
  };
}

/** In the machine's own byte order, since nothing but the places of the bytes matters. */
function swapMacs(view: DataView, at: number): void {
  const dstHi = view.getUint16(at, true);
  const dstLo = view.getInt32(at + 2, true);
  view.setUint16(at, view.getUint16(at + 6, true), true);
  view.setInt32(at + 2, view.getInt32(at + 8, true), true);
  view.setUint16(at + 6, dstHi, true);
  view.setInt32(at + 8, dstLo, true);
}

/** The whole stack, with an echo server written against its socket API. */
class EchoRunner implements Runner {
  private readonly host = new BenchHost();
  private readonly stack: Stack;
  private echoes = 0;

  constructor(
    private readonly bench: BenchDevice,
    name: CaseName,
  ) {
    this.stack = new Stack(this.host, { loop: { pollsPerTurn: 1 }, arp: { reachableMs: 3_600_000 } });
    const addresses = [`${OWN.address}/16`];
    this.stack.addInterface(bench.port, { name: 'lan', addresses, hardwareAddress: ownMac(), mode: 'busy' });
    const socket = this.stack.udp.open();
    socket.bind({ port: PORT });
    socket.onDatagram = this.echoServer(socket, name);
    this.meetPeer();
    bench.seed();
  }

  run(frames: number): number {
    const end = this.echoes + frames;
    const begin = process.hrtime.bigint();
    const first = this.echoes;
    for (let turns = 0; this.echoes < end; turns++) {
      this.host.turn();
      if (turns > MOST_EMPTY_TURNS && this.echoes === first) throw new Error('no datagram arrives');
    }
    return (Number(process.hrtime.bigint() - begin) * 1e-9) / (this.echoes - first);
  }

  /** Every echo was answered: sent, and not refused. */
  check(): void {
    const { refused, dropped } = this.bench.port.statistics();
    const wrong = Object.entries({ ...refused, ...dropped }).filter(([, count]) => count > 0);
    if (wrong.length > 0) throw new Error(`the driver refused or dropped: ${JSON.stringify(wrong)}`);
  }

  private echoServer(socket: UdpSocket, name: CaseName): NonNullable<UdpSocket['onDatagram']> {
    if (name === 'udp-echo-view') {
      return (datagram) => {
        this.echoes++;
        socket.send(datagram.bytes, datagram.remoteAddress, datagram.remotePort);
      };
    }
    if (name === 'udp-echo-copy') {
      return (datagram) => {
        this.echoes++;
        const { bytes, remoteAddress, remotePort } = datagram.copy();
        socket.send(bytes, remoteAddress, remotePort);
      };
    }
    return (datagram) => {
      this.echoes++;
      datagram.reply();
    };
  }

  /** The stack asks for the peer's address when it is to answer it, and hears the answer. */
  private meetPeer(): void {
    this.turnWith(() => this.bench.showRequests());
    this.turnWith(() => this.bench.showArpReplies());
    this.turnWith(() => this.bench.showRequests());
  }

  private turnWith(show: () => void): void {
    const { port } = this.bench;
    show();
    const enough = port.statistics().rxFrames + FRAMES_FOR_ARP;
    for (let turns = 0; port.statistics().rxFrames < enough; turns++) {
      if (turns > MOST_TURNS_FOR_ARP) throw new Error('no frame arrives');
      this.bench.seed(1);
      this.host.turn();
    }
  }
}
