import { arp, checksum, ethernet, icmpv4, ipv4, ipv4Address, macAddress, udp } from '@lunetta/core';

/** What stands in a frame, in words; the part that is there says what it is. */
export interface ParsedFrame {
  readonly dst: string;
  readonly src: string;
  readonly type: number;
  readonly arp?: ParsedArp;
  readonly ip?: ParsedIpv4;
  readonly udp?: ParsedUdp;
  readonly icmp?: ParsedIcmp;
  /** The innermost payload, without the link's padding. */
  readonly payload: Uint8Array;
}

export interface ParsedArp {
  readonly operation: 'request' | 'reply';
  readonly senderMac: string;
  readonly senderIp: string;
  readonly targetMac: string;
  readonly targetIp: string;
}

export interface ParsedIpv4 {
  readonly src: string;
  readonly dst: string;
  readonly protocol: number;
  readonly ttl: number;
  readonly tos: number;
  readonly id: number;
  readonly totalLength: number;
  /** No router may cut it up. */
  readonly dontFragment: boolean;
  /** Of a fragment only: its place in the datagram, in bytes, and whether others follow. Its payload is not looked into. */
  readonly fragment?: { readonly offset: number; readonly more: boolean };
}

export interface ParsedUdp {
  readonly srcPort: number;
  readonly dstPort: number;
  readonly checksum: number;
}

export interface ParsedIcmp {
  readonly type: number;
  readonly code: number;
  readonly rest: number;
}

/**
 * Reads a frame that the stack has sent, and holds it to the standards: lengths that agree, checksums that are right,
 * no TTL of 0, zeros as padding.
 *
 * @throws Error that says what is wrong with it
 */
export function parseFrame(frame: Uint8Array): ParsedFrame {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  must(frame.length >= ethernet.HEADER_LENGTH, `a frame of ${frame.length} bytes`);
  const type = ethernet.ethertype(view, 0);
  const link = { dst: macText(frame, 0), src: macText(frame, 6), type };
  if (type === ethernet.ETHERTYPE_ARP) return { ...link, arp: parseArp(view, frame), payload: new Uint8Array(0) };
  must(type === ethernet.ETHERTYPE_IPV4, `an ethertype of 0x${type.toString(16)}`);
  return { ...link, ...parseIpv4(view, frame) };
}

/** One line that says what a frame is, for readable differences. */
export function describeFrame(frame: Uint8Array): string {
  const parsed = parseFrame(frame);
  const to = `${parsed.src} > ${parsed.dst}`;
  if (parsed.arp) {
    const { operation, senderIp, senderMac, targetIp, targetMac } = parsed.arp;
    return `${to} arp ${operation} ${senderIp} (${senderMac}) to ${targetIp} (${targetMac})`;
  }
  const { src, dst, ttl, protocol, fragment } = parsed.ip!;
  if (fragment) {
    const part = `${fragment.offset}+${parsed.payload.length}${fragment.more ? ' and more' : ''}`;
    return `${to} fragment ${src} > ${dst} protocol ${protocol} ttl ${ttl} (${part})`;
  }
  if (parsed.udp) {
    return `${to} udp ${src}:${parsed.udp.srcPort} > ${dst}:${parsed.udp.dstPort} ttl ${ttl} (${parsed.payload.length})`;
  }
  const { type, code } = parsed.icmp!;
  return `${to} icmp ${src} > ${dst} type ${type} code ${code} ttl ${ttl} (${parsed.payload.length})`;
}

function parseArp(view: DataView, frame: Uint8Array): ParsedArp {
  const at = ethernet.HEADER_LENGTH;
  must(arp.fits(at, frame.length) && arp.isEthernetIpv4(view, at), 'a malformed ARP packet');
  mustBeZeros(frame, at + arp.PACKET_LENGTH);
  const operation = arp.operation(view, at);
  must(operation === arp.OPERATION_REQUEST || operation === arp.OPERATION_REPLY, `ARP operation ${operation}`);
  return {
    operation: operation === arp.OPERATION_REQUEST ? 'request' : 'reply',
    senderMac: macText(frame, at + 8),
    senderIp: ipv4Address.format(arp.senderAddress(view, at)),
    targetMac: macText(frame, at + 18),
    targetIp: ipv4Address.format(arp.targetAddress(view, at)),
  };
}

function parseIpv4(view: DataView, frame: Uint8Array): Omit<ParsedFrame, 'dst' | 'src' | 'type'> {
  const at = ethernet.HEADER_LENGTH;
  must(ipv4.fits(at, frame.length) && ipv4.version(view, at) === 4, 'a malformed IPv4 header');
  const headerLength = ipv4.headerLength(view, at);
  const totalLength = ipv4.totalLength(view, at);
  must(headerLength === ipv4.MIN_HEADER_LENGTH, `an IPv4 header of ${headerLength} bytes`);
  must(
    totalLength >= headerLength && at + totalLength <= frame.length,
    `totalLength ${totalLength} in ${frame.length} bytes`,
  );
  must(ipv4.isChecksumGood(view, at, headerLength), 'a wrong IPv4 header checksum');
  must(ipv4.ttl(view, at) > 0, 'a TTL of 0');
  mustBeZeros(frame, at + totalLength);
  const word = ipv4.fragmentWord(view, at);
  const fragment = { offset: ipv4.fragmentOffset(view, at), more: (word & ipv4.MORE_FRAGMENTS) !== 0 };
  const isFragment = (word & ipv4.ANY_FRAGMENT) !== 0;
  const ip: ParsedIpv4 = {
    src: ipv4Address.format(ipv4.source(view, at)),
    dst: ipv4Address.format(ipv4.destination(view, at)),
    protocol: ipv4.protocol(view, at),
    ttl: ipv4.ttl(view, at),
    tos: ipv4.tos(view, at),
    id: ipv4.identification(view, at),
    totalLength,
    dontFragment: (word & ipv4.DONT_FRAGMENT) !== 0,
    ...(isFragment ? { fragment } : {}),
  };
  const end = at + totalLength;
  if (isFragment) {
    must(!fragment.more || (totalLength - headerLength) % 8 === 0, 'a fragment whose length is no multiple of 8');
    return { ip, payload: frame.slice(at + headerLength, end) };
  }
  if (ip.protocol === ipv4.PROTOCOL_UDP) return { ip, ...parseUdp(view, frame, at, end) };
  must(ip.protocol === ipv4.PROTOCOL_ICMP, `protocol ${ip.protocol}`);
  return { ip, ...parseIcmp(view, frame, at + headerLength, end) };
}

function parseUdp(view: DataView, frame: Uint8Array, ipAt: number, end: number) {
  const at = ipAt + ipv4.MIN_HEADER_LENGTH;
  must(udp.fits(at, end) && udp.length(view, at) === end - at, 'a UDP length that disagrees');
  const field = udp.checksumField(view, at);
  must(field !== 0, 'no UDP checksum');
  const pseudo = ipv4.pseudoHeaderSum(ipv4.source(view, ipAt), ipv4.destination(view, ipAt), 17, end - at);
  must(checksum.finish(checksum.add(pseudo, view, at, end)) === 0, 'a wrong UDP checksum');
  const header: ParsedUdp = { srcPort: udp.srcPort(view, at), dstPort: udp.dstPort(view, at), checksum: field };
  return { udp: header, payload: frame.slice(at + udp.HEADER_LENGTH, end) };
}

function parseIcmp(view: DataView, frame: Uint8Array, at: number, end: number) {
  must(icmpv4.fits(at, end), `an ICMP message of ${end - at} bytes`);
  must(checksum.finish(checksum.add(0, view, at, end)) === 0, 'a wrong ICMP checksum');
  const icmp: ParsedIcmp = {
    type: icmpv4.type(view, at),
    code: icmpv4.code(view, at),
    rest: view.getUint32(at + 4),
  };
  return { icmp, payload: frame.slice(at + icmpv4.HEADER_LENGTH, end) };
}

function macText(frame: Uint8Array, at: number): string {
  return macAddress.format(frame.subarray(at, at + 6));
}

function mustBeZeros(frame: Uint8Array, at: number): void {
  must(
    frame.subarray(at).every((byte) => byte === 0),
    'padding that is not zeros',
  );
}

function must(condition: boolean, wrong: string): asserts condition {
  if (!condition) throw new Error(`the stack has sent ${wrong}`);
}
