import { statSync } from 'node:fs';
import {
  FrameMemory,
  FramePool,
  LINK_API_VERSION,
  LunettaError,
  OWNER_STACK,
  PortCounters,
  Waker,
  type Clock,
  type LinkDiagnosis,
  type LinkDriver,
  type LinkRequest,
} from '@lunetta/core';
import { ArpAnswers } from './arp-answers.js';
import { captureError } from './capture-error.js';
import { CaptureFeed } from './capture-feed.js';
import { DROP_NAMES } from './drop-names.js';
import { FrameRecorder } from './frame-recorder.js';
import { pcapOptionsSchema, type PcapOptions } from './pcap-options.js';
import { PcapPort } from './pcap-port.js';
import { PcapQueue } from './pcap-queue.js';
import { openCapture, type OpenCapture } from './read/open-capture.js';
import type { CaptureSink } from './write/capture-sink.js';
import type { CaptureWriter } from './write/capture-writer.js';
import { FileSink } from './write/file-sink.js';
import { PcapWriter } from './write/pcap-writer.js';
import { PcapngWriter } from './write/pcapng-writer.js';

const BUFFER_SIZE = 2048;
const HEADROOM = 128;
const STOCK = 64;
/** What a capture's frames may hold beside their headers: jumbo frames too, as chains. */
const MTU = 9000;
/** The address of an interface that is given none: always the same, so that a replay is. Locally administered. */
const HARDWARE_ADDRESS = Uint8Array.of(0x02, 0x6c, 0x75, 0x6e, 0x00, 0x01);

/** Opens captures as interfaces. */
export class PcapDriver implements LinkDriver<PcapOptions> {
  readonly name = 'pcap';
  readonly apiVersion = LINK_API_VERSION;
  readonly optionsSchema = pcapOptionsSchema;

  timeFactor({ clock }: PcapOptions): number {
    if (clock === 'fast') return Infinity;
    return clock === 'recorded' ? 1 : clock;
  }

  /**
   * Opens the capture to read, makes the one to write, and reads the first packet.
   *
   * @throws LunettaError (rejects) `LUNETTA_ERR_CAPTURE`; `LUNETTA_ERR_MISUSE` without a clock in the request
   */
  async open(options: PcapOptions, request: LinkRequest): Promise<PcapPort> {
    const path = (options.in ?? options.device)!;
    const capture = await openCapture(path);
    try {
      if (options.out !== undefined && isSameFile(path, options.out)) {
        throw captureError(options.out, 0, `is the same file as ${path}, which is read; write to another one`);
      }
      const sink = options.out === undefined ? undefined : new FileSink(options.out);
      const port = openPort(capture, sink, options, request);
      if (capture.isLive) await firstArrival(capture, port);
      return port;
    } catch (error) {
      capture.source.close();
      throw error;
    }
  }

  diagnose(): Promise<LinkDiagnosis> {
    return Promise.resolve({
      usable: true,
      findings: [{ what: 'reads and writes captures; needs no rights', ok: true }],
    });
  }
}

/** Makes a port of a capture that is open. @throws LunettaError */
export function openPort(
  capture: OpenCapture,
  sink: CaptureSink | undefined,
  options: PcapOptions,
  { interfaceName, hardwareAddress = HARDWARE_ADDRESS, mtu = MTU, clock }: LinkRequest,
): PcapPort {
  const checkedClock = checkClock(clock, interfaceName);
  const { source, isLive, byteLength } = capture;
  const { buffers, burst, linger } = options;
  const memory = new FrameMemory(new ArrayBuffer(buffers * BUFFER_SIZE), 0, BUFFER_SIZE, BUFFER_SIZE, buffers);
  const counters = new PortCounters(DROP_NAMES);
  const feed = new CaptureFeed(
    { source, isLive, counters, ownAddress: hardwareAddress, lingerUs: Math.round(linger * 1e6) },
    memory.bytes,
  );
  const recorder = makeRecorder(sink, options, interfaceName);
  const arpAnswers = options.answerArp ? new ArpAnswers() : undefined;
  const txCapacity = 2 * burst + STOCK;
  const wakeup = isLive ? 'edge' : 'none';
  const queue = new PcapQueue({
    pool: new FramePool(memory, false),
    owner: OWNER_STACK,
    counters,
    wakeup,
    waker: new Waker(wakeup, { nextTurn: (callback) => void setImmediate(callback) }, () => port.wake()),
    headroom: HEADROOM,
    burst,
    txCapacity,
    stockCapacity: STOCK,
    holdLimit: buffers - 2 * burst - txCapacity - STOCK,
    offloads: 0,
    keepPolls: 0,
    clock: checkedClock,
    feed,
    recorder,
    arpAnswers,
    onEnd: () => port.end(),
  });
  const device = source.name;
  const port: PcapPort = new PcapPort({
    device,
    hardwareAddress,
    mtu,
    queue,
    counters,
    feed,
    recorder,
    arpAnswers,
    byteLength,
  });
  feed.next();
  capture.onArrival(() => port.arrived());
  return port;
}

/** Whether both names lead to one file: writing would empty what is to be read. */
function isSameFile(path: string, other: string): boolean {
  if (path === '-' || other === '-') return false;
  const [first, second] = [path, other].map((name) => statSync(name, { bigint: true, throwIfNoEntry: false }));
  return first !== undefined && first.isFile() && first.ino === second?.ino && first.dev === second.dev;
}

function makeRecorder(sink: CaptureSink | undefined, options: PcapOptions, interfaceName: string): FrameRecorder {
  const flushesEachPoll = (options.flush ?? (options.clock === 'fast' ? 'block' : 'poll')) === 'poll';
  if (sink === undefined) return new FrameRecorder(undefined, 0, flushesEachPoll);
  const { format, snapLength } = options;
  const writer: CaptureWriter = format === 'pcapng' ? new PcapngWriter(sink) : new PcapWriter(sink);
  const iface = writer.addInterface({
    name: interfaceName,
    snapLength,
    resolution: format === 'pcap-ns' ? 'ns' : 'us',
  });
  writer.flush();
  return new FrameRecorder(writer, iface, flushesEachPoll);
}

/** Waits for the first packet of a live capture, or its end: the stack's time begins with it. */
function firstArrival(capture: OpenCapture, port: PcapPort): Promise<void> {
  const isKnown = (): boolean => port.queue(0).nextFrameAt() < Infinity;
  if (isKnown()) return Promise.resolve();
  return new Promise((resolve) => {
    capture.onArrival(() => {
      port.arrived();
      if (!isKnown()) return;
      capture.onArrival(() => port.arrived());
      resolve();
    });
  });
}

function checkClock(clock: Clock | undefined, interfaceName: string): Clock {
  if (clock !== undefined) return clock;
  throw new LunettaError(
    'LUNETTA_ERR_MISUSE',
    `interface '${interfaceName}', driver pcap: packets come at their times, so the request must hold a clock`,
  );
}
