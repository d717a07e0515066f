import {
  COUNT_FREE,
  COUNT_SENT,
  DESCRIPTOR_WORDS,
  FLAGS,
  HANDLE,
  LENGTH,
  OFFSET,
  COUNT_STOCK,
  type LinkPort,
  type LinkQueue,
  arp,
  ethernet,
} from '@lunetta/core';

/**
 * The far end of the cable: keeps a window of echo requests under way, and turns every echo that comes back into the
 * next request by swapping its addresses and ports. Checksums stay right, and no frame is copied.
 */
export class Generator {
  /** Echoes that came back. */
  echoes = 0;
  private readonly queue: LinkQueue;
  private queued = 0;

  /** @param mend makes a frame that has come back, at `at`, fit to go out again */
  constructor(
    port: LinkPort,
    private readonly mend?: (view: DataView, at: number) => void,
  ) {
    this.queue = port.queue(0);
    port.setListener({ onWake: () => undefined, onEvent: () => undefined });
    this.queue.poll(0);
  }

  /** Puts a request under way. */
  start(frame: Uint8Array): void {
    const { queue } = this;
    const { counts, stock, memory } = queue;
    if (counts[COUNT_STOCK] === 0) this.poll();
    const handle = stock[--counts[COUNT_STOCK]];
    const at = memory.bufferAt(handle) + queue.headroom;
    memory.bytes.set(frame, at);
    this.enqueue(handle, at, frame.length);
  }

  /** Sends what is queued, takes what has come and queues it again. */
  poll(): void {
    const { queue } = this;
    const { rx, tx, counts } = queue;
    const received = queue.poll(this.queued);
    const sent = counts[COUNT_SENT];
    if (sent < this.queued) tx.copyWithin(0, sent * DESCRIPTOR_WORDS, this.queued * DESCRIPTOR_WORDS);
    this.queued -= sent;
    for (let d = 0; d < received * DESCRIPTOR_WORDS; d += DESCRIPTOR_WORDS)
      this.turnRound(rx[d + HANDLE], rx[d + OFFSET], rx[d + LENGTH]);
  }

  private turnRound(handle: number, at: number, length: number): void {
    const { view } = this.queue.memory;
    if (view.getUint16(at + 12) === ethernet.ETHERTYPE_ARP) {
      if (answerArp(view, at)) this.enqueue(handle, at, length);
      else this.queue.free[this.queue.counts[COUNT_FREE]++] = handle; // an announcement
      return;
    }
    swapAddresses(view, at);
    this.mend?.(view, at);
    this.enqueue(handle, at, length);
    this.echoes++;
  }

  private enqueue(handle: number, at: number, length: number): void {
    const { tx } = this.queue;
    const d = this.queued++ * DESCRIPTOR_WORDS;
    tx[d + HANDLE] = handle;
    tx[d + OFFSET] = at;
    tx[d + LENGTH] = length;
    tx[d + FLAGS] = 0;
  }
}

/** The hardware address of the peer with an IPv4 address, last four bytes; the first two are 02-00. */
function peerMacLo(address: number): number {
  return address & 0xffff;
}

/** Makes the peer's answer out of the stack's ARP request; false for an announcement. */
function answerArp(view: DataView, at: number): boolean {
  const arpAt = at + ethernet.HEADER_LENGTH;
  const asker = arp.senderAddress(view, arpAt);
  const asked = arp.targetAddress(view, arpAt);
  if (asker === asked) return false;
  const askerHi = arp.senderHardwareHi(view, arpAt);
  const askerLo = arp.senderHardwareLo(view, arpAt);
  const ownLo = peerMacLo(asked);
  ethernet.write(view, at, askerHi, askerLo, 0x0200, ownLo, ethernet.ETHERTYPE_ARP);
  arp.write(view, arpAt, arp.OPERATION_REPLY, 0x0200, ownLo, asked, askerHi, askerLo, asker);
  return true;
}

/** Swaps Ethernet addresses, IPv4 addresses and UDP ports: a request becomes its answer, or an answer a request. */
export function swapAddresses(view: DataView, at: number): void {
  const dstHi = view.getUint16(at);
  const dstLo = view.getInt32(at + 2);
  view.setUint16(at, view.getUint16(at + 6));
  view.setInt32(at + 2, view.getInt32(at + 8));
  view.setUint16(at + 6, dstHi);
  view.setInt32(at + 8, dstLo);
  const source = view.getInt32(at + 26);
  view.setInt32(at + 26, view.getInt32(at + 30));
  view.setInt32(at + 30, source);
  const ports = view.getInt32(at + 34);
  view.setInt32(at + 34, (ports << 16) | (ports >>> 16));
}
