import { arp, ethernet } from '@lunetta/core';
import { ipv4Number, ipv4Text, macBytes, macText } from './addresses.js';
import { concat, malformedLayer, type LayerKind, type ReadLayer } from './layer.js';

/** The fields of an ARP packet (RFC 826). */
export interface ArpValues {
  /** Another operation as its number. `request`. */
  readonly operation: 'request' | 'reply' | number;
  /** The source of the Ethernet header. */
  readonly senderMac: string;
  /** 10.0.0.2, the test in `StackLab`. */
  readonly senderIp: string;
  /** 00:00:00:00:00:00. */
  readonly targetMac: string;
  /** 10.0.0.1, the stack in `StackLab`. */
  readonly targetIp: string;
  /** 1, Ethernet. */
  readonly hardwareType: number;
  /** 0x0800, IPv4. */
  readonly protocolType: number;
  /** 6. */
  readonly hardwareLength: number;
  /** 4. */
  readonly protocolLength: number;
}

const OPERATIONS: Readonly<Record<string, number>> = { request: arp.OPERATION_REQUEST, reply: arp.OPERATION_REPLY };
const KINDS = { hardwareType: 1, protocolType: ethernet.ETHERTYPE_IPV4, hardwareLength: 6, protocolLength: 4 };
const DEFAULTS = {
  ...{ operation: 'request', senderIp: '10.0.0.2', targetMac: '00:00:00:00:00:00', targetIp: '10.0.0.1' },
  ...KINDS,
};

export const arpLayer: LayerKind = {
  write(fields, body, { outer }) {
    const senderMac = outer.find(({ name }) => name === 'ethernet')?.fields['src'] ?? '02:00:00:00:00:02';
    const values = { ...DEFAULTS, senderMac, ...fields } as ArpValues;
    const packet = new Uint8Array(arp.PACKET_LENGTH);
    const view = new DataView(packet.buffer);
    view.setUint16(0, values.hardwareType);
    view.setUint16(2, values.protocolType);
    view.setUint8(4, values.hardwareLength);
    view.setUint8(5, values.protocolLength);
    view.setUint16(6, OPERATIONS[values.operation] ?? Number(values.operation));
    packet.set(macBytes(values.senderMac), 8);
    view.setInt32(14, ipv4Number(values.senderIp));
    packet.set(macBytes(values.targetMac), 18);
    view.setInt32(24, ipv4Number(values.targetIp));
    return concat(packet, body);
  },

  read(request): ReadLayer {
    const { view, at, end } = request;
    if (!arp.fits(at, end)) return malformedLayer('arp', request, `${end - at} bytes are no ARP packet`);
    const fields = {
      operation: operationName(arp.operation(view, at)),
      senderMac: macText(view, at + 8),
      senderIp: ipv4Text(view, at + 14),
      targetMac: macText(view, at + 18),
      targetIp: ipv4Text(view, at + 24),
      hardwareType: view.getUint16(at),
      protocolType: view.getUint16(at + 2),
      hardwareLength: view.getUint8(at + 4),
      protocolLength: view.getUint8(at + 5),
    };
    const bodyAt = at + arp.PACKET_LENGTH;
    return { name: 'arp', fields, faults: faultsOf(fields), inner: 'payload', bodyAt, bodyEnd: end };
  },
};

/** ARP is read as that of IPv4 over Ethernet, so it must be that. */
function faultsOf(fields: Pick<ArpValues, keyof typeof KINDS>): Map<string, string> {
  const wrong = Object.entries(KINDS).filter(([name, right]) => fields[name as keyof typeof KINDS] !== right);
  return new Map(wrong.map(([name, right]) => [name, `it is not ${right}`]));
}

function operationName(operation: number): ArpValues['operation'] {
  if (operation === arp.OPERATION_REQUEST) return 'request';
  return operation === arp.OPERATION_REPLY ? 'reply' : operation;
}
