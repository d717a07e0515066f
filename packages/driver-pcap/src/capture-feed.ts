import type { PortCounters } from '@lunetta/core';
import { captureError } from './capture-error.js';
import { DROP_RX_LENGTH, DROP_RX_OWN } from './drop-names.js';
import { Reading, type CaptureSource, type PacketRecord } from './read/packet-record.js';
import { LINKTYPE_ETHERNET } from './write/capture-writer.js';

/** The longest frame there is: an IPv4 datagram with an Ethernet header and a VLAN tag. */
const LARGEST_FRAME = 65_535 + 18;

/** Packets of the time stamp 0 come a microsecond later: the stack's time begins just before the first packet. */
const EARLIEST_US = 1;

/** What a {@link CaptureFeed} is made of. */
export interface CaptureFeedParts {
  readonly source: CaptureSource;
  readonly isLive: boolean;
  readonly counters: PortCounters;
  /** Our own address, six bytes: packets from it are not shown. */
  readonly ownAddress: Uint8Array;
  /** How long the end waits after the last packet, in microseconds. */
  readonly lingerUs: number;
}

/**
 * The packets of a capture for one interface, one ahead: those from our own address are passed over, times never go
 * back, and after the last packet, or what is wrong with the capture, the end has its time too.
 */
export class CaptureFeed {
  readonly record: PacketRecord;
  readonly isLive: boolean;
  /** When the packet at hand, or the end, is due in microseconds; Infinity while nothing is known of it. */
  nextAt = Infinity;
  /** Whether a packet is at hand; else {@link nextAt} is the end's. */
  hasPacket = false;
  /** What is wrong with the capture; all before it is shown. */
  failure: Error | undefined = undefined;
  /** Packets whose time stamp was before that of an earlier one: they are shown right after it. */
  timesBack = 0;
  /** Packets of which the capture holds only the first bytes. */
  cutShort = 0;
  private readonly source: CaptureSource;
  private readonly counters: PortCounters;
  private readonly own: Uint8Array;
  private readonly lingerUs: number;
  private readonly to: Uint8Array;
  private readonly toView: DataView;
  /** The bytes copied from last, and a view of them. */
  private copied: Uint8Array = new Uint8Array(0);
  private copiedView: DataView = new DataView(this.copied.buffer);
  private lastUs = 0;
  private isEnded = false;

  /** @param to the memory that {@link copy} writes to */
  constructor(parts: CaptureFeedParts, to: Uint8Array) {
    this.source = parts.source;
    this.record = parts.source.record;
    this.isLive = parts.isLive;
    this.counters = parts.counters;
    this.own = parts.ownAddress;
    this.lingerUs = parts.lingerUs;
    this.to = to;
    this.toView = new DataView(to.buffer);
  }

  /** Bytes of the capture read so far. */
  get offset(): number {
    return this.source.offset;
  }

  /** Goes on to the next packet for us. */
  next(): void {
    this.hasPacket = false;
    if (this.isEnded) return;
    this.nextAt = Infinity;
    try {
      this.read();
    } catch (error) {
      this.failure = error as Error;
      this.setEnd();
    }
  }

  /** Copies `[from, from + length)` of the packet at hand to `to` of the memory. */
  copy(from: number, length: number, to: number): void {
    const { bytes, at } = this.record;
    // Short ones by a loop: `set` makes a view object a call.
    if (length > 256) {
      this.to.set(bytes.subarray(at + from, at + from + length), to);
      return;
    }
    if (bytes !== this.copied) {
      this.copied = bytes;
      this.copiedView = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    const { to: target, toView, copiedView } = this;
    let i = at + from;
    const end = i + length;
    for (; i + 4 <= end; i += 4, to += 4) toView.setInt32(to, copiedView.getInt32(i));
    for (; i < end; i++, to++) target[to] = bytes[i];
  }

  close(): void {
    this.isEnded = true;
    this.hasPacket = false;
    this.nextAt = Infinity;
    this.source.close();
  }

  private read(): void {
    const { record } = this;
    for (;;) {
      const reading = this.source.next();
      if (reading === Reading.WAIT) return;
      if (reading === Reading.END) return this.setEnd();
      if (record.linkType !== LINKTYPE_ETHERNET) {
        const what = `a packet of link type ${record.linkType}; this is an Ethernet interface, whose link type is 1`;
        throw captureError(this.source.name, record.offset, what);
      }
      if (record.capturedLength === 0 || record.capturedLength > LARGEST_FRAME) {
        this.counters.dropped[DROP_RX_LENGTH]++;
      } else if (this.isOwn()) {
        this.counters.dropped[DROP_RX_OWN]++;
      } else {
        this.setPacket();
        return;
      }
    }
  }

  private setPacket(): void {
    const { timeUs, capturedLength, originalLength } = this.record;
    if (capturedLength < originalLength) this.cutShort++;
    if (timeUs < this.lastUs) this.timesBack++;
    else this.lastUs = timeUs;
    this.nextAt = Math.max(this.lastUs, EARLIEST_US);
    this.hasPacket = true;
  }

  private setEnd(): void {
    this.isEnded = true;
    this.nextAt = Math.max(this.lastUs + this.lingerUs, EARLIEST_US);
  }

  private isOwn(): boolean {
    const { bytes, at, capturedLength } = this.record;
    const { own } = this;
    if (capturedLength < 12) return false;
    for (let i = 0; i < 6; i++) if (bytes[at + 6 + i] !== own[i]) return false;
    return true;
  }
}
