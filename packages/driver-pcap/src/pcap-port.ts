import {
  type LinkListener,
  type LinkPort,
  type LinkState,
  type LinkStatistics,
  LunettaError,
  type PortCounters,
} from '@lunetta/core';
import type { ArpAnswers } from './arp-answers.js';
import type { CaptureFeed } from './capture-feed.js';
import type { FrameRecorder } from './frame-recorder.js';
import type { PcapQueue } from './pcap-queue.js';

/** Bytes of a frame that are not the network layer's: the Ethernet header and one VLAN tag. */
const FRAME_OVERHEAD = 14 + 4;

/** What is to be written when the process ends, also after an error that nobody caught. */
const flushAtExit = new Set<FrameRecorder>();
process.on('exit', () => flushAtExit.forEach((recorder) => recorder.flush()));

/** What a {@link PcapPort} is made of. */
export interface PcapPortParts {
  readonly device: string;
  readonly hardwareAddress: Uint8Array;
  readonly mtu: number;
  readonly queue: PcapQueue;
  readonly counters: PortCounters;
  readonly feed: CaptureFeed;
  readonly recorder: FrameRecorder;
  readonly arpAnswers: ArpAnswers | undefined;
  /** Bytes of the capture that is read; undefined if that is not known. */
  readonly byteLength: number | undefined;
}

/** An interface whose wire is two captures: one is received, the other takes what is sent. It filters no addresses. */
export class PcapPort implements LinkPort {
  readonly driver = 'pcap';
  readonly device: string;
  readonly hardwareAddress: Uint8Array;
  readonly mtu: number;
  readonly queueCount = 1;
  private readonly parts: PcapPortParts;
  private listener: LinkListener | undefined = undefined;
  private state: LinkState = 'up';
  private isClosed = false;

  constructor(parts: PcapPortParts) {
    this.parts = parts;
    this.device = parts.device;
    this.hardwareAddress = parts.hardwareAddress;
    this.mtu = parts.mtu;
    parts.queue.setMaxFrameLength(parts.mtu + FRAME_OVERHEAD);
    flushAtExit.add(parts.recorder);
  }

  get linkState(): LinkState {
    return this.state;
  }

  /** Why the port is gone, if not by the end of the capture. */
  get failure(): Error | undefined {
    return this.parts.recorder.failure ?? this.parts.feed.failure;
  }

  /** How far the capture is read: bytes, and of how many; undefined if that is not known. */
  get progress(): { readonly offset: number; readonly byteLength: number | undefined } {
    return { offset: this.parts.feed.offset, byteLength: this.parts.byteLength };
  }

  queue(index: number): PcapQueue {
    if (index !== 0)
      throw new LunettaError('LUNETTA_ERR_MISUSE', `${this.device} has one queue, number 0, not ${index}`);
    return this.parts.queue;
  }

  setListener(listener: LinkListener): void {
    this.listener = listener;
  }

  setMulticastList(addresses: readonly Uint8Array[]): void {
    const wrong = addresses.find((address) => address.length !== 6);
    if (wrong)
      throw new LunettaError('LUNETTA_ERR_MISUSE', `${this.device}: a multicast address of ${wrong.length} bytes`);
  }

  statistics(): LinkStatistics {
    const { counters, feed, arpAnswers } = this.parts;
    const noted = { timesBack: feed.timesBack, cutShort: feed.cutShort, arpAnswered: arpAnswers?.answered ?? 0 };
    return { ...counters.statistics(), noted };
  }

  close(): Promise<void> {
    if (!this.isClosed) {
      this.isClosed = true;
      this.state = 'gone';
      flushAtExit.delete(this.parts.recorder);
      this.parts.queue.close();
    }
    return Promise.resolve();
  }

  /** More of a live capture has come. */
  arrived(): void {
    if (this.isClosed) return;
    if (this.parts.feed.nextAt === Infinity) this.parts.feed.next();
    this.parts.queue.arrived();
  }

  /** Hands a wake-up of the queue to the stack. */
  wake(): void {
    this.listener?.onWake(0);
  }

  /** The capture has ended; the stack hears of it in a later turn. */
  end(): void {
    this.state = 'gone';
    setImmediate(() => {
      if (!this.isClosed) this.listener?.onEvent('gone');
    });
  }
}
