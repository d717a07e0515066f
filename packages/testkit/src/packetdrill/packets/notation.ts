import { icmpCodeName, icmpTypeName } from '../../packets/icmp-names.js';
import type { TcpOptionSpec } from '../syntax/ast.js';
import type { DecodedIcmp, DecodedPacket, DecodedTcp } from './decoded.js';
import type { Flow } from './flow.js';

/** A packet that the stack has sent, as a script would write it. */
export function notationOf({ transport, protocol }: DecodedPacket, flow: Flow): string {
  switch (transport?.protocol) {
    case 'udp':
      return `> udp (${transport.length})`;
    case 'tcp':
      return `> ${tcpNotation(transport, flow)}`;
    case 'icmp':
      return `> ${icmpNotation(transport, flow)}`;
    default:
      return `> (protocol ${protocol})`;
  }
}

function tcpNotation(tcp: DecodedTcp, flow: Flow): string {
  const seq = (tcp.seq - (flow.localIsn ?? 0)) >>> 0;
  const ack = tcp.flags.includes('.') ? ` ack ${(tcp.ack - flow.remoteIsn) >>> 0}` : '';
  const urg = tcp.flags.includes('U') ? ` urg ${tcp.urg}` : '';
  const options = tcp.options.map((option) => optionNotation(option, flow)).join(',');
  const end = (seq + tcp.length) >>> 0;
  return `${tcp.flags} ${seq}:${end}(${tcp.length})${ack} win ${tcp.win}${urg}${options === '' ? '' : ` <${options}>`}`;
}

/** An option as a script would write it. */
export function optionNotation(option: TcpOptionSpec, flow: Flow): string {
  switch (option.name) {
    case 'mss':
    case 'wscale':
      return `${option.name} ${option.value}`;
    case 'sack': {
      const relative = (edge: number): number => (edge - flow.remoteIsn) >>> 0;
      return `sack ${option.blocks.map(([left, right]) => `${relative(left)}:${relative(right)}`).join(' ')}`;
    }
    case 'TS':
      return `TS val ${(option.value - (flow.localTsBase ?? 0)) >>> 0} ecr ${option.echo}`;
    case 'FO':
      return `FO ${Array.from(option.cookie, (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
    default:
      return option.name;
  }
}

function icmpNotation({ type, code, mtu, id, seq, length, quoted }: DecodedIcmp, flow: Flow): string {
  const head = `icmp ${icmpTypeName(type)} ${icmpCodeName(type, code)}`;
  if (type === 8 || type === 0) return `icmp ${icmpTypeName(type)} id ${id} seq ${seq} (${length})`;
  const withMtu = type === 3 && code === 4 ? `${head} mtu ${mtu}` : head;
  if (quoted === undefined) return withMtu;
  if (quoted.protocol === 'udp') return `${withMtu} [udp (${quoted.length})]`;
  const from = (quoted.seq - flow.remoteIsn) >>> 0;
  return `${withMtu} [${from}:${from + quoted.length}(${quoted.length})]`;
}
