import type { IgmpNetwork } from '../igmp/igmp-network.js';
import * as ipv4 from '../wire/ipv4.js';
import type { Ipv4Output } from './ipv4-output.js';

/** IPv4, as IGMP sees it. */
export class IgmpOutput implements IgmpNetwork {
  constructor(private readonly output: Ipv4Output) {}

  roomOn(interfaceIndex: number): number {
    return this.output.interfaces.at(interfaceIndex).mtu - ipv4.ALERTED_HEADER_LENGTH;
  }

  isOnLink(interfaceIndex: number, address: number): boolean {
    return this.output.interfaces.at(interfaceIndex).isOnSameNetwork(address, address);
  }

  sendMessage(
    interfaceIndex: number,
    group: number,
    length: number,
    write: (view: DataView, at: number) => void,
  ): boolean {
    const { interfaces } = this.output;
    const iface = interfaces.at(interfaceIndex);
    const { io } = interfaces.linkOf(iface);
    if (!io.hasRoom) return false;
    const packet = io.outgoing;
    packet.begin(length);
    write(packet.view, packet.at);
    this.output.outputAlerted(packet, iface, ipv4.PROTOCOL_IGMP, group);
    return true;
  }
}
