import type { LinkIo } from '../link/link-io.js';
import { Packet } from '../link/packet.js';
import * as arp from '../wire/arp.js';
import { BROADCAST_HI, BROADCAST_LO } from '../wire/mac-address.js';
import { ArpCounter } from './arp-counters.js';
import type { PendingFrame } from './neighbour.js';

/** Writes the Ethernet header before `[packet.at, packet.end)` and queues the frame; the buffer is taken. */
export type OutputFrame = (packet: Packet, macHi: number, macLo: number, ethertype: 'arp' | 'ipv4') => void;

/** Sends ARP packets, and the datagrams that have waited for one. Addresses are signed 32 bits. */
export class ArpOutput {
  /** ARP's own cursor: it may send while another frame is under way. */
  private readonly packet: Packet;

  /** @param counters those of {@link Arp} */
  constructor(
    private readonly io: LinkIo,
    private readonly macHi: number,
    private readonly macLo: number,
    private readonly outputFrame: OutputFrame,
    private readonly counters: Float64Array,
  ) {
    this.packet = new Packet(io);
  }

  /** Asks all stations, or one of them, for `target`. @param sender our address; 0 in a probe (RFC 5227 section 1.1) */
  request(sender: number, target: number, macHi = BROADCAST_HI, macLo = BROADCAST_LO): void {
    if (this.send(arp.OPERATION_REQUEST, sender, macHi, macLo, target)) this.counters[ArpCounter.requestsSent]++;
  }

  /** Tells a station that `sender` is here. @param target its own address; 0 if it has none yet */
  reply(sender: number, macHi: number, macLo: number, target: number): void {
    if (this.send(arp.OPERATION_REPLY, sender, macHi, macLo, target)) this.counters[ArpCounter.repliesSent]++;
  }

  /** Sends a datagram that has waited, in a buffer that is ours. */
  datagram(frame: PendingFrame, macHi: number, macLo: number): void {
    const { packet } = this;
    packet.handle = frame.handle;
    packet.at = frame.at;
    packet.end = frame.end;
    packet.networkAt = frame.at;
    packet.flags = frame.flags;
    packet.mss = frame.mss;
    packet.transportAt = frame.transportAt;
    packet.transportHeaderLength = frame.transportHeaderLength;
    this.outputFrame(packet, macHi, macLo, 'ipv4');
  }

  /** Sends an ARP packet; false if the link has no room. The target hardware address of a request is left zero. */
  private send(operation: number, sender: number, macHi: number, macLo: number, target: number): boolean {
    const { packet } = this;
    if (!this.io.hasRoom) {
      this.counters[ArpCounter.noRoom]++;
      return false;
    }
    packet.begin(arp.PACKET_LENGTH);
    const isReply = operation === arp.OPERATION_REPLY;
    const targetHi = isReply ? macHi : 0;
    const targetLo = isReply ? macLo : 0;
    arp.write(packet.view, packet.at, operation, this.macHi, this.macLo, sender, targetHi, targetLo, target);
    this.outputFrame(packet, macHi, macLo, 'arp');
    return true;
  }
}
