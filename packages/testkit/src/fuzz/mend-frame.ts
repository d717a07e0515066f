import { arp, checksum, ethernet, icmpv4, ipv4, udp } from '@lunetta/core';

/** Where the fields lie that `@lunetta/core` only reads. */
const TOTAL_LENGTH = 2;
const TTL = 8;
const HEADER_CHECKSUM = 10;
const UDP_LENGTH = 4;
const UDP_CHECKSUM = 6;
const ICMP_CHECKSUM = 2;
const DEFAULT_TTL = 64;
/** Hardware type Ethernet, protocol IPv4, lengths 6 and 4 (RFC 826). */
const ARP_BEGINNING = Uint8Array.of(0, 1, 8, 0, 6, 4);

/** The frame with what follows from the rest of it made right: versions, lengths, checksums, a TTL. */
export function mendFrame(frame: Uint8Array): Uint8Array {
  const mended = frame.slice();
  if (mended.length < ethernet.HEADER_LENGTH) return mended;
  const view = new DataView(mended.buffer);
  const at = ethernet.HEADER_LENGTH;
  const type = ethernet.ethertype(view, 0);
  if (type === ethernet.ETHERTYPE_ARP && arp.fits(at, mended.length)) mended.set(ARP_BEGINNING, at);
  if (type === ethernet.ETHERTYPE_IPV4 && ipv4.fits(at, mended.length)) mendIpv4(mended, view, at);
  return mended;
}

/** How many bytes of the frame {@link mendFrame} would change. */
export function faultsOf(frame: Uint8Array): number {
  const mended = mendFrame(frame);
  return frame.reduce((faults, byte, at) => faults + (byte === mended[at] ? 0 : 1), 0);
}

function mendIpv4(bytes: Uint8Array, view: DataView, at: number): void {
  const room = bytes.length - at;
  const given = ipv4.headerLength(view, at);
  const headerLength = given >= ipv4.MIN_HEADER_LENGTH && given <= room ? given : ipv4.MIN_HEADER_LENGTH;
  bytes[at] = 0x40 | (headerLength >> 2);
  const total = ipv4.totalLength(view, at);
  if (total < headerLength || total > room) view.setUint16(at + TOTAL_LENGTH, room);
  if (bytes[at + TTL] === 0) bytes[at + TTL] = DEFAULT_TTL;
  setSum(view, at + HEADER_CHECKSUM, at, at + headerLength, 0);
  const end = at + ipv4.totalLength(view, at);
  if (ipv4.fragmentWord(view, at) === 0) mendPayload(view, at, at + headerLength, end);
}

function mendPayload(view: DataView, ipAt: number, at: number, end: number): void {
  const protocol = ipv4.protocol(view, ipAt);
  if (protocol === ipv4.PROTOCOL_ICMP && icmpv4.fits(at, end)) setSum(view, at + ICMP_CHECKSUM, at, end, 0);
  if (protocol !== ipv4.PROTOCOL_UDP || !udp.fits(at, end)) return;
  const length = udp.length(view, at);
  if (length < udp.HEADER_LENGTH || length > end - at) view.setUint16(at + UDP_LENGTH, end - at);
  if (udp.checksumField(view, at) === 0) return; // none was made, which is right too
  const udpEnd = at + udp.length(view, at);
  const pseudo = ipv4.pseudoHeaderSum(ipv4.source(view, ipAt), ipv4.destination(view, ipAt), protocol, udpEnd - at);
  setSum(view, at + UDP_CHECKSUM, at, udpEnd, pseudo);
}

/** Writes the Internet checksum of `[at, end)`, never 0, at `fieldAt` in it. */
function setSum(view: DataView, fieldAt: number, at: number, end: number, pseudo: number): void {
  view.setUint16(fieldAt, 0);
  const sum = checksum.finish(checksum.add(pseudo, view, at, end));
  view.setUint16(fieldAt, sum === 0 ? 0xffff : sum);
}
