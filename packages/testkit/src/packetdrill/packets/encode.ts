import { ipv4, type PacketBuilder } from '../../packets/packet-builder.js';
import { TCP_FLAGS, type TcpValues } from '../../packets/tcp-layer.js';
import type { IcmpSpec, IpSpec, PacketSpec, QuotedSpec, TcpOptionSpec, TcpSpec } from '../syntax/ast.js';
import { FLAG_LETTERS } from './decoded.js';
import type { Flow } from './flow.js';

const NOP = 1;
/** What an error quotes at least: a header and eight bytes (RFC 792). */
const QUOTED_LENGTH = 28;

/** The datagram of a `<` packet. */
export function encodePacket({ ip, transport }: PacketSpec, flow: Flow): Uint8Array {
  const datagram = ipv4({ src: flow.remoteIp, dst: flow.localIp, ...headerFields(ip) });
  const ports = { srcPort: flow.remotePort, dstPort: flow.localPort };
  switch (transport.protocol) {
    case 'udp':
      return datagram.udp(ports).payload(payload(transport.length)).bytes();
    case 'tcp':
      return datagram
        .tcp({ ...ports, ...tcpFields(transport, flow) })
        .payload(payload(transport.length))
        .bytes();
    case 'icmp':
      return withIcmp(datagram, transport, flow).bytes();
  }
}

/** Bytes of a payload: no zeros, so that bytes out of place are noticed. */
export function payload(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i % 251) + 1);
}

function headerFields({ ecn = 0, tos = 0, ttl = 255, id = 1 }: IpSpec) {
  return { tos: tos | ecn, ttl, id };
}

function tcpFields({ seq, ack, flags, win, urg, options }: TcpSpec, flow: Flow): Partial<TcpValues> {
  return {
    seq: flow.remoteIsn + seq,
    ack: ack === undefined ? 0 : (flow.localIsn ?? 0) + ack,
    flags: [...flags].map((letter) => TCP_FLAGS[FLAG_LETTERS.indexOf(letter)]),
    ...(win === undefined ? {} : { window: win }),
    urgent: urg ?? 0,
    optionBytes: encodeOptions(options ?? [], flow),
  };
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

function withIcmp(datagram: PacketBuilder, spec: IcmpSpec, flow: Flow): PacketBuilder {
  const { type, code, id = 0, seq = 0, mtu = 0, length, quoted } = spec;
  if (length !== undefined) return datagram.icmp({ type, code, id, seq }).payload(payload(length));
  return datagram.icmp({ type, code, mtu }).payload(quoted === undefined ? '' : encodeQuote(quoted, flow));
}

/** The header of a datagram that the stack has sent, and the first eight bytes of what it carried. */
function encodeQuote(quoted: QuotedSpec, flow: Flow): Uint8Array {
  const datagram = ipv4({ src: flow.localIp, dst: flow.remoteIp, dontFragment: true });
  const ports = { srcPort: flow.localPort, dstPort: flow.remotePort };
  const transport =
    quoted.protocol === 'udp'
      ? datagram.udp(ports)
      : datagram.tcp({ ...ports, seq: (flow.localIsn ?? 0) + quoted.seq });
  return transport.payload(payload(quoted.length)).bytes().subarray(0, QUOTED_LENGTH);
}

function word(value: number): number[] {
  return [(value >>> 24) & 0xff, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
}
