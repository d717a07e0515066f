import { icmpv4, ipv4, ipv4Address } from '@lunetta/core';
import { ipv4 as datagram } from '../../packets/packet-builder.js';

/** A router's errors are not longer than this, quote included (RFC 1812 section 4.3.2.3). */
const LONGEST_ERROR = 576;

/**
 * The ICMP error about a datagram, as a datagram from `source`; undefined if there must be none (RFC 1812 section
 * 4.3.2.7): about an ICMP error, a later fragment, or a datagram that no single host has sent.
 */
export function icmpError(
  type: number,
  code: number,
  rest: number,
  about: Uint8Array,
  source: number,
): Uint8Array | undefined {
  const view = new DataView(about.buffer, about.byteOffset, about.length);
  const headerLength = ipv4.headerLength(view, 0);
  const to = ipv4.source(view, 0);
  const isIcmpError = ipv4.protocol(view, 0) === ipv4.PROTOCOL_ICMP && icmpv4.isError(about[headerLength] ?? 0);
  if (isIcmpError || ipv4.fragmentOffset(view, 0) > 0 || !ipv4Address.isHost(to)) return undefined;
  const quote = about.subarray(0, LONGEST_ERROR - ipv4.MIN_HEADER_LENGTH - icmpv4.HEADER_LENGTH);
  const addresses = { src: ipv4Address.format(source), dst: ipv4Address.format(to) };
  return datagram(addresses).icmp({ type, code, rest }).payload(quote).bytes();
}

/** The answer to an ICMP echo request; undefined if it is none, or damaged. */
export function echoReply(request: Uint8Array): Uint8Array | undefined {
  const view = new DataView(request.buffer, request.byteOffset, request.length);
  const at = ipv4.headerLength(view, 0);
  if (ipv4.protocol(view, 0) !== ipv4.PROTOCOL_ICMP || !icmpv4.fits(at, request.length)) return undefined;
  if ((ipv4.fragmentWord(view, 0) & ipv4.ANY_FRAGMENT) !== 0) return undefined;
  if (icmpv4.type(view, at) !== icmpv4.TYPE_ECHO_REQUEST) return undefined;
  const addresses = {
    src: ipv4Address.format(ipv4.destination(view, 0)),
    dst: ipv4Address.format(ipv4.source(view, 0)),
  };
  const reply = datagram(addresses).icmp({ type: icmpv4.TYPE_ECHO_REPLY, rest: icmpv4.word(view, at) });
  return reply.payload(request.subarray(at + icmpv4.HEADER_LENGTH)).bytes();
}
