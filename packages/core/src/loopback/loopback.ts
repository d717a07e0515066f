import type { InterfaceTable } from '../ipv4/interface-table.js';
import type { Ipv4Input } from '../ipv4/ipv4-input.js';
import type { LoopLink } from '../ipv4/ipv4-interface.js';
import { DropReason } from '../link/drop-reason.js';
import { LinkCounter } from '../link/link-counters.js';
import type { LinkIo } from '../link/link-io.js';
import type { Packet } from '../link/packet.js';
import { NextHop, Reachability } from '../network/next-hop.js';

/** Before each datagram stands the number of the interface that it counts as received by. */
const HEADER_LENGTH = 4;

/** The loopback interface's link layer: no addresses, and everybody on it is ourselves. */
export class Loopback implements LoopLink {
  constructor(
    readonly io: LinkIo,
    private readonly interfaces: InterfaceTable,
    private readonly ipv4: Ipv4Input,
  ) {}

  /** An entry of its own for each address that is asked for: paths tell by it whether they still hold. */
  neighbour(address: number): NextHop {
    const hop = new NextHop();
    hop.address = address;
    hop.reachability = Reachability.REACHABLE;
    return hop;
  }

  doubt(): void {
    return undefined;
  }

  setGroups(): void {
    return undefined;
  }

  /** Takes the frame `[packet.at, packet.end)`. */
  input(packet: Packet): void {
    const iface = this.interfaces.at(packet.view.getInt32(packet.at));
    packet.at += HEADER_LENGTH;
    this.ipv4.inputLooped(packet, iface);
  }

  output(packet: Packet): void {
    this.outputAs(packet, this.io.index);
  }

  /** Sends the datagram `[packet.at, packet.end)` of our memory to ourselves as if interface `index` received it. */
  outputAs(packet: Packet, index: number): void {
    const { io } = this;
    io.counters[LinkCounter.txAccepted]++;
    if (!io.hasTxRoom) {
      io.release(packet.takeHandle());
      io.txDrops[DropReason['link.txFull']]++;
      return;
    }
    const at = packet.at - HEADER_LENGTH;
    packet.view.setInt32(at, index);
    io.transmit(packet, at);
  }
}
