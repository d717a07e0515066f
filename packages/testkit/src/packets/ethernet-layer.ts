import { arp, ethernet, ipv4 } from '@lunetta/core';
import { macBytes, macText } from './addresses.js';
import { bytesOf, concat, malformedLayer, type LayerKind, type LayerName, type ReadLayer } from './layer.js';

/** Ethertypes of VLAN tags: IEEE 802.1Q, and the outer one of two (802.1ad). */
const ETHERTYPE_VLAN = 0x8100;
const ETHERTYPE_SERVICE_VLAN = 0x88a8;
const VLAN_TAG_LENGTH = 4;

/** The fields of an Ethernet II header. */
export interface EthernetValues {
  /** As `02:00:00:00:00:01`, the default: the address of `StackLab`'s stack. */
  readonly dst: string;
  /** 02:00:00:00:00:02, the address of the test in `StackLab`. */
  readonly src: string;
  /** The ethertype. That of the layer within; IPv4 if there is only a payload. */
  readonly type: number;
  /** What follows the datagram or ARP packet. Nothing; when compared, zeros. */
  readonly padding: Uint8Array;
}

/** The ethertype for a layer within. */
export function ethertypeOf(inner: LayerName | undefined): number {
  if (inner === 'arp') return ethernet.ETHERTYPE_ARP;
  return inner === 'vlan' ? ETHERTYPE_VLAN : ethernet.ETHERTYPE_IPV4;
}

/** The layer that an ethertype announces. */
export function layerOfEthertype(type: number): LayerName {
  if (type === ethernet.ETHERTYPE_IPV4) return 'ipv4';
  if (type === ethernet.ETHERTYPE_ARP) return 'arp';
  return type === ETHERTYPE_VLAN || type === ETHERTYPE_SERVICE_VLAN ? 'vlan' : 'payload';
}

export const ethernetLayer: LayerKind = {
  write(fields, body, { inner }) {
    const { dst, src, type, padding } = {
      ...{ dst: '02:00:00:00:00:01', src: '02:00:00:00:00:02', type: ethertypeOf(inner), padding: new Uint8Array(0) },
      ...fields,
    } as EthernetValues;
    return concat(macBytes(dst), macBytes(src), Uint8Array.of(type >> 8, type), body, padding);
  },

  read(request): ReadLayer {
    const { view, at, end } = request;
    if (!ethernet.fits(at, end)) return malformedLayer('ethernet', request, `${end - at} bytes are no Ethernet header`);
    const type = ethernet.ethertype(view, at);
    const bodyAt = at + ethernet.HEADER_LENGTH;
    const bodyEnd = endOfBody(view, bodyAt, type, end);
    const padding = bytesOf(view, bodyEnd, end);
    const faults = new Map<string, string>();
    if (padding.some((byte) => byte !== 0)) faults.set('padding', 'it is not zeros');
    const fields = { dst: macText(view, at), src: macText(view, at + 6), type, padding };
    return { name: 'ethernet', fields, faults, inner: layerOfEthertype(type), bodyAt, bodyEnd };
  },
};

/** Where what is in a frame ends, and padding begins. */
function endOfBody(view: DataView, at: number, type: number, end: number): number {
  const inner = layerOfEthertype(type);
  if (inner === 'vlan' && end - at >= VLAN_TAG_LENGTH) {
    return endOfBody(view, at + VLAN_TAG_LENGTH, view.getUint16(at + 2), end);
  }
  if (inner === 'arp') return Math.min(at + arp.PACKET_LENGTH, end);
  if (inner !== 'ipv4' || !ipv4.fits(at, end)) return end;
  return Math.min(at + Math.max(ipv4.totalLength(view, at), ipv4.headerLength(view, at)), end);
}
