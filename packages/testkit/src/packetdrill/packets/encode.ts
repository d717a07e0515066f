import { checksum, ipv4, ipv4Address } from '@lunetta/core';
import { icmpMessage, ipv4Datagram, udpDatagram } from '../../lab/frames.js';
import type { IcmpSpec, IpSpec, PacketSpec, QuotedSpec, TcpOptionSpec, TcpSpec } from '../syntax/ast.js';
import { FLAG_LETTERS } from './decoded.js';
import type { Flow } from './flow.js';

/** The window of a segment for which the script names none. */
const DEFAULT_WINDOW = 65_535;
const TCP_HEADER = 20;

const NOP = 1;

/** The datagram of a `<` packet. */
export function encodePacket({ ip, transport }: PacketSpec, flow: Flow): Uint8Array {
  const ends = { src: flow.remoteIp, dst: flow.localIp };
  const fields = { ...ends, ...headerFields(ip) };
  switch (transport.protocol) {
    case 'udp': {
      const ports = { srcPort: flow.remotePort, dstPort: flow.localPort };
      return ipv4Datagram(
        { ...fields, protocol: ipv4.PROTOCOL_UDP },
        udpDatagram(ports, payload(transport.length), ends),
      );
    }
    case 'tcp':
      return ipv4Datagram({ ...fields, protocol: ipv4.PROTOCOL_TCP }, encodeTcp(transport, flow));
    case 'icmp':
      return ipv4Datagram({ ...fields, protocol: ipv4.PROTOCOL_ICMP }, encodeIcmp(transport, flow));
  }
}

/** Bytes of a payload: no zeros, so that bytes out of place are noticed. */
export function payload(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i % 251) + 1);
}

function headerFields({ ecn = 0, tos = 0, ttl = 255, id = 1 }: IpSpec) {
  return { tos: tos | ecn, ttl, id };
}

function encodeTcp(spec: TcpSpec, flow: Flow): Uint8Array {
  const options = encodeOptions(spec.options ?? [], flow);
  const segment = new Uint8Array(TCP_HEADER + options.length + spec.length);
  const view = new DataView(segment.buffer);
  view.setUint16(0, flow.remotePort);
  view.setUint16(2, flow.localPort);
  view.setInt32(4, (flow.remoteIsn + spec.seq) | 0);
  view.setInt32(8, spec.ack === undefined ? 0 : ((flow.localIsn ?? 0) + spec.ack) | 0);
  const bits = [...spec.flags].reduce((sum, letter) => sum | (1 << FLAG_LETTERS.indexOf(letter)), 0);
  view.setUint16(12, (((TCP_HEADER + options.length) / 4) << 12) | bits);
  view.setUint16(14, spec.win ?? DEFAULT_WINDOW);
  view.setUint16(18, spec.urg ?? 0);
  segment.set(options, TCP_HEADER);
  segment.set(payload(spec.length), TCP_HEADER + options.length);
  const [source, destination] = [address(flow.remoteIp), address(flow.localIp)];
  const pseudo = ipv4.pseudoHeaderSum(source, destination, ipv4.PROTOCOL_TCP, segment.length);
  view.setUint16(16, checksum.finish(checksum.add(pseudo, view, 0, segment.length)));
  return segment;
}

function encodeOptions(options: readonly TcpOptionSpec[], flow: Flow): Uint8Array {
  const bytes = options.flatMap((option) => encodeOption(option, flow));
  while (bytes.length % 4 !== 0) bytes.push(NOP);
  return Uint8Array.from(bytes);
}

function encodeOption(option: TcpOptionSpec, flow: Flow): number[] {
  const localIsn = flow.localIsn ?? 0;
  switch (option.name) {
    case 'eol':
      return [0];
    case 'nop':
      return [1];
    case 'mss':
      return [2, 4, option.value >>> 8, option.value & 0xff];
    case 'wscale':
      return [3, 3, option.value];
    case 'sackOK':
      return [4, 2];
    case 'sack':
      return [5, 2 + 8 * option.blocks.length, ...option.blocks.flat().flatMap((edge) => word(localIsn + edge))];
    case 'TS':
      return [8, 10, ...word(option.value), ...word(option.echo === 0 ? 0 : (flow.localTsBase ?? 0) + option.echo)];
    case 'FO':
      return [34, 2 + option.cookie.length, ...option.cookie];
  }
}

function encodeIcmp(spec: IcmpSpec, flow: Flow): Uint8Array {
  if (spec.length !== undefined) {
    return icmpMessage(spec.type, spec.code, ((spec.id ?? 0) << 16) | (spec.seq ?? 0), payload(spec.length));
  }
  const quote = spec.quoted === undefined ? new Uint8Array(0) : encodeQuote(spec.quoted, flow);
  return icmpMessage(spec.type, spec.code, spec.mtu ?? 0, quote);
}

/** The header of a datagram that the stack has sent, and the first eight bytes of what it carried. */
function encodeQuote(quoted: QuotedSpec, flow: Flow): Uint8Array {
  const ends = { src: flow.localIp, dst: flow.remoteIp };
  if (quoted.protocol === 'udp') {
    const ports = { srcPort: flow.localPort, dstPort: flow.remotePort };
    const datagram = udpDatagram(ports, payload(quoted.length), ends);
    return ipv4Datagram({ ...ends, protocol: ipv4.PROTOCOL_UDP, fragment: ipv4.DONT_FRAGMENT }, datagram).subarray(
      0,
      28,
    );
  }
  const segment = new Uint8Array(TCP_HEADER + quoted.length);
  const view = new DataView(segment.buffer);
  view.setUint16(0, flow.localPort);
  view.setUint16(2, flow.remotePort);
  view.setInt32(4, ((flow.localIsn ?? 0) + quoted.seq) | 0);
  view.setUint16(12, (5 << 12) | (1 << FLAG_LETTERS.indexOf('.')));
  return ipv4Datagram({ ...ends, protocol: ipv4.PROTOCOL_TCP, fragment: ipv4.DONT_FRAGMENT }, segment).subarray(0, 28);
}

function address(text: string): number {
  return ipv4Address.parse(text)!;
}

function word(value: number): number[] {
  return [(value >>> 24) & 0xff, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
}
