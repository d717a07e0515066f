import type { Arp } from '../arp/arp.js';
import type { Ipv4Link } from '../ipv4/ipv4-interface.js';
import type { Packet } from '../link/packet.js';

/** What stands between an interface's port and IP: Ethernet, or nothing on the loopback interface. */
export interface LinkLayer extends Ipv4Link {
  /** Its ARP; undefined where there are no neighbours. */
  readonly arp?: Arp;
  /** Takes the received frame `[packet.at, packet.end)`. */
  input(packet: Packet): void;
}
