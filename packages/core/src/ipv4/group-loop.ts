import { DropReason } from '../link/drop-reason.js';
import { LinkCounter } from '../link/link-counters.js';
import type { Packet } from '../link/packet.js';
import { NextHop } from '../network/next-hop.js';
import type { PathLink } from '../network/path.js';
import * as ipv4 from '../wire/ipv4.js';
import { Fragmenter } from './fragmenter.js';
import type { InterfaceTable } from './interface-table.js';

/** Lets ourselves hear what we send to groups that we have joined (RFC 1112 section 6.1, IP_MULTICAST_LOOP). */
export class GroupLoop {
  /** For what is larger than the loopback interface takes; apart from that of the datagram itself, which is under way. */
  private readonly fragmenter = new Fragmenter();
  private readonly hop = new NextHop();

  constructor(private readonly interfaces: InterfaceTable) {}

  /** Sends a copy of the datagram `[packet.at, packet.end)` to ourselves, as if interface `index` received it. */
  copy(packet: Packet, index: number): void {
    const { iface, link } = this.interfaces.openedLoopback();
    const { io } = link;
    const length = packet.end - packet.at;
    if (length > iface.mtu) {
      const as: PathLink = { io, output: (fragment) => link.outputAs(fragment, index) };
      if (this.fragmenter.copyOf(as, packet, ipv4.headerLength(packet.view, packet.at)) !== undefined) {
        return this.fragmenter.send(as, this.hop, iface.mtu);
      }
    } else if (io.hasRoom) {
      const copy = io.outgoing;
      copy.begin(length);
      copy.memory.bytes.set(packet.memory.bytes.subarray(packet.at, packet.end), copy.at);
      return link.outputAs(copy, index);
    }
    io.counters[LinkCounter.txAccepted]++;
    io.txDrops[DropReason['link.txFull']]++;
  }

  /** Gives up what is under way: the stack closes. */
  close(): void {
    this.fragmenter.close();
  }
}
