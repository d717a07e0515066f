import { arp, ethernet, ipv4 } from '@lunetta/core';

/** Stations remembered; of more the first are. */
const MAX_STATIONS = 65_536;
/** Answers that wait to be received; there is one for each request that the stack sends in a poll. */
const MAX_WAITING = 256;
/** Long enough for an Ethernet header with an IPv4 or ARP packet's addresses. */
const LEAST_LENGTH = ethernet.HEADER_LENGTH + 20;

/**
 * Answers the stack's ARP requests in the place of the stations of the capture: nobody else does in a replay, and without
 * it what the stack would send them could not be seen. Knows the stations by the packets that they have sent.
 */
export class ArpAnswers {
  /** Requests answered. */
  answered = 0;
  private readonly stations = new Map<number, Uint8Array>();
  private readonly waiting: Uint8Array[] = [];
  private lastAddress = 0;

  /** True if there is an answer to receive. */
  get isWaiting(): boolean {
    return this.waiting.length > 0;
  }

  /** Takes note of who has sent a packet. */
  learn(view: DataView, at: number, length: number): void {
    if (length < LEAST_LENGTH || ethernet.ethertype(view, at) !== ethernet.ETHERTYPE_IPV4) return;
    const address = ipv4.source(view, at + ethernet.HEADER_LENGTH);
    if (address === this.lastAddress) return; // most packets come from who has sent the one before
    this.lastAddress = address;
    if (this.stations.has(address) || this.stations.size >= MAX_STATIONS) return;
    const start = view.byteOffset + at + 6;
    this.stations.set(address, new Uint8Array(view.buffer.slice(start, start + 6)));
  }

  /** Looks at a frame that the stack sends; a request for a known station is answered. */
  hear(view: DataView, at: number, length: number): void {
    const requestAt = at + ethernet.HEADER_LENGTH;
    if (!arp.fits(requestAt, at + length) || ethernet.ethertype(view, at) !== ethernet.ETHERTYPE_ARP) return;
    if (arp.operation(view, requestAt) !== arp.OPERATION_REQUEST || this.waiting.length >= MAX_WAITING) return;
    const station = this.stations.get(arp.targetAddress(view, requestAt));
    const isAnnouncement = arp.targetAddress(view, requestAt) === arp.senderAddress(view, requestAt);
    if (station === undefined || isAnnouncement) return;
    this.answered++;
    this.waiting.push(replyTo(view, at, station));
  }

  /** The next answer. */
  take(): Uint8Array {
    return this.waiting.shift()!;
  }
}

/** The frame with which `station` answers the request in the frame at `at`. */
function replyTo(view: DataView, at: number, station: Uint8Array): Uint8Array {
  const reply = new Uint8Array(ethernet.HEADER_LENGTH + arp.PACKET_LENGTH);
  const asker = new Uint8Array(view.buffer, view.byteOffset + at + 6, 6);
  reply.set(asker, 0);
  reply.set(station, 6);
  const request = new Uint8Array(view.buffer, view.byteOffset + at + 12, reply.length - 12);
  reply.set(request, 12);
  const packetAt = ethernet.HEADER_LENGTH;
  reply[packetAt + 7] = arp.OPERATION_REPLY;
  reply.set(station, packetAt + 8);
  reply.set(request.subarray(2 + 24, 2 + 28), packetAt + 14); // the address that was asked for
  reply.set(request.subarray(2 + 8, 2 + 18), packetAt + 18); // who asked
  return reply;
}
