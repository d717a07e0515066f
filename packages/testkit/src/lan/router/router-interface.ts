import { arp, type Clock, ethernet, ipv4Address, macAddress, type Scheduler } from '@lunetta/core';
import { macBytes } from '../../packets/addresses.js';
import type { ArpValues } from '../../packets/arp-layer.js';
import { ethernet as frame } from '../../packets/packet-builder.js';
import { Jack, type LanDevice } from '../jack.js';
import { Neighbours } from './neighbours.js';

const BROADCAST = 'ff:ff:ff:ff:ff:ff';

/** What a {@link RouterInterface} needs of its router. */
export interface RouterPorts {
  readonly device: LanDevice;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  /** A frame has come. */
  readonly input: (frame: Uint8Array, iface: RouterInterface) => void;
  readonly unreachable: (datagram: Uint8Array) => void;
  readonly full: () => void;
}

/** One interface of a router: its address, its ARP, its jack. */
export class RouterInterface {
  readonly jack: Jack;
  readonly address: number;
  readonly prefixLength: number;
  readonly neighbours: Neighbours;
  private readonly addressText: string;
  private readonly macBytes: Uint8Array;

  /** @param cidr as `10.0.0.1/24`, checked */
  constructor(
    readonly name: string,
    cidr: { readonly address: number; readonly prefixLength: number },
    readonly mac: string,
    readonly mtu: number,
    ports: RouterPorts,
  ) {
    this.address = cidr.address;
    this.prefixLength = cidr.prefixLength;
    this.addressText = ipv4Address.format(cidr.address);
    this.macBytes = macBytes(mac);
    this.jack = new Jack(ports.device, name, { onFrame: (frame) => ports.input(frame, this) });
    const { clock, scheduler, unreachable, full } = ports;
    this.neighbours = new Neighbours({
      ...{ clock, scheduler, unreachable, full },
      request: (address) => this.request(address),
      send: (datagram, to) => this.send(datagram, to),
    });
  }

  /** Whether an address is on this interface's network. */
  isOnLink(address: number): boolean {
    return ((address ^ this.address) & ipv4Address.mask(this.prefixLength)) === 0;
  }

  /** Whether a frame is for this interface alone. */
  isFor(frame: Uint8Array): boolean {
    return this.macBytes.every((byte, i) => frame[i] === byte);
  }

  /** Takes the ARP packet of a frame: learns, and answers for our address. */
  arpInput(frame: Uint8Array): void {
    const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
    const at = ethernet.HEADER_LENGTH;
    if (!arp.fits(at, frame.length) || !arp.isEthernetIpv4(view, at)) return;
    const sender = arp.senderAddress(view, at);
    const senderMac = frame.slice(at + 8, at + 14);
    const isToUs = arp.targetAddress(view, at) === this.address;
    if (sender !== this.address && this.isOnLink(sender)) this.neighbours.learn(sender, senderMac, isToUs);
    if (isToUs && arp.operation(view, at) === arp.OPERATION_REQUEST) {
      const targetMac = macAddress.format(senderMac);
      this.sendArp(targetMac, { operation: 'reply', targetMac, targetIp: ipv4Address.format(sender) });
    }
  }

  private request(address: number): void {
    this.sendArp(BROADCAST, { operation: 'request', targetIp: ipv4Address.format(address) });
  }

  private sendArp(dst: string, fields: Partial<ArpValues>): void {
    this.jack.send(
      frame({ dst, src: this.mac })
        .arp({ senderIp: this.addressText, ...fields })
        .bytes(),
    );
  }

  private send(datagram: Uint8Array, to: Uint8Array): void {
    this.jack.send(
      frame({ dst: macAddress.format(to), src: this.mac })
        .payload(datagram)
        .bytes(),
    );
  }
}
