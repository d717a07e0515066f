import { arpLayer } from './arp-layer.js';
import { ethernetLayer } from './ethernet-layer.js';
import { icmpLayer } from './icmp-layer.js';
import { igmpLayer } from './igmp-layer.js';
import { ipv4Layer } from './ipv4-layer.js';
import { bytesOf, type LayerKind, type LayerName } from './layer.js';
import { tcpLayer } from './tcp-layer.js';
import { udpLayer } from './udp-layer.js';
import { vlanLayer } from './vlan-layer.js';

/** Bytes that nobody reads further. */
const payloadLayer: LayerKind = {
  write: (fields) => fields['bytes'] as Uint8Array,
  read: ({ view, at, end }) => ({
    ...{ name: 'payload', fields: { bytes: bytesOf(view, at, end) }, faults: new Map() },
    ...{ inner: 'payload', bodyAt: end, bodyEnd: end },
  }),
};

/** How each layer is written and read. */
export const LAYER_KINDS: Readonly<Record<LayerName, LayerKind>> = {
  ethernet: ethernetLayer,
  vlan: vlanLayer,
  arp: arpLayer,
  ipv4: ipv4Layer,
  icmp: icmpLayer,
  igmp: igmpLayer,
  udp: udpLayer,
  tcp: tcpLayer,
  payload: payloadLayer,
};
