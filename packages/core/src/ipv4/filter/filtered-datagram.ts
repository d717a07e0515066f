import type { Packet } from '../../link/packet.js';
import * as checksum from '../../wire/checksum.js';
import * as ipv4 from '../../wire/ipv4.js';
import { format, parse } from '../../wire/ipv4-address.js';
import { replaceWord } from '../transport-checksum.js';

/** Bytes of the ports in the headers of UDP and TCP. */
const PORTS_LENGTH = 4;
/** Of the fields in the IPv4 header. */
const SOURCE_AT = 12;
const DESTINATION_AT = 16;
/** Of the flags in the TCP header. */
const TCP_FLAGS_AT = 13;

/**
 * A datagram as a filter sees it: a cursor over the frame, the same for all, valid until the filter returns. What is
 * changed through it keeps its checksums right (RFC 1624). A changed destination of what leaves does not change its way.
 */
export class FilteredDatagram {
  private packet!: Packet;
  private inIndex = -1;
  private outIndex = -1;

  constructor(private readonly nameOf: (index: number) => string) {}

  /** @internal Points it at the datagram whose header is at `packet.networkAt` and whose payload at `packet.at`. */
  load(packet: Packet, inIndex: number, outIndex: number): void {
    this.packet = packet;
    this.inIndex = inIndex;
    this.outIndex = outIndex;
  }

  /** Name of the interface that it came in by; undefined for our own. */
  get inInterface(): string | undefined {
    return this.inIndex < 0 ? undefined : this.nameOf(this.inIndex);
  }

  /** Name of the interface that it is to leave by; undefined for what is for us. */
  get outInterface(): string | undefined {
    return this.outIndex < 0 ? undefined : this.nameOf(this.outIndex);
  }

  /** Source, signed 32 bits: to compare and look up without making text. */
  get sourceAddress(): number {
    return ipv4.source(this.packet.view, this.packet.networkAt);
  }

  /** Destination, signed 32 bits. */
  get destinationAddress(): number {
    return ipv4.destination(this.packet.view, this.packet.networkAt);
  }

  /** Source as text; to be set to any address. */
  get source(): string {
    return format(this.sourceAddress);
  }

  set source(address: string) {
    this.setAddress(SOURCE_AT, address);
  }

  /** Destination as text; to be set to any address. */
  get destination(): string {
    return format(this.destinationAddress);
  }

  set destination(address: string) {
    this.setAddress(DESTINATION_AT, address);
  }

  /** Number of the protocol above IP (IANA): 1 ICMP, 6 TCP, 17 UDP. */
  get protocol(): number {
    return ipv4.protocol(this.packet.view, this.packet.networkAt);
  }

  get ttl(): number {
    return ipv4.ttl(this.packet.view, this.packet.networkAt);
  }

  set ttl(ttl: number) {
    this.setHeaderWord(8, (ttl << 8) | this.protocol);
  }

  /** DSCP and ECN, the TOS of old. */
  get tos(): number {
    return ipv4.tos(this.packet.view, this.packet.networkAt);
  }

  set tos(tos: number) {
    const { view, networkAt } = this.packet;
    this.setHeaderWord(0, (view.getUint8(networkAt) << 8) | tos);
  }

  /** Length in bytes, IP header included. */
  get length(): number {
    return this.packet.end - this.packet.networkAt;
  }

  /** True if it is a part of a datagram; only on its way through us, since our own are judged whole. */
  get isFragment(): boolean {
    return (ipv4.fragmentWord(this.packet.view, this.packet.networkAt) & ipv4.ANY_FRAGMENT) !== 0;
  }

  /** Source port of UDP and TCP; 0 where there is none, as in later fragments. */
  get sourcePort(): number {
    return this.hasPorts ? this.packet.view.getUint16(this.packet.at) : 0;
  }

  set sourcePort(port: number) {
    if (this.hasPorts) replaceWord(this.packet, this.packet.at, port);
  }

  /** Destination port of UDP and TCP; 0 where there is none, as in later fragments. */
  get destinationPort(): number {
    return this.hasPorts ? this.packet.view.getUint16(this.packet.at + 2) : 0;
  }

  set destinationPort(port: number) {
    if (this.hasPorts) replaceWord(this.packet, this.packet.at + 2, port);
  }

  /** The flags of TCP (RFC 9293 section 3.1: 2 SYN, 16 ACK, 4 RST, 1 FIN); 0 for all else. */
  get tcpFlags(): number {
    const { view, at, end } = this.packet;
    const isThere = this.protocol === ipv4.PROTOCOL_TCP && this.hasPorts && at + TCP_FLAGS_AT < end;
    return isThere ? view.getUint8(at + TCP_FLAGS_AT) : 0;
  }

  /** Type of ICMP; -1 for all else. */
  get icmpType(): number {
    const { view, at, end, networkAt } = this.packet;
    const isThere = this.protocol === ipv4.PROTOCOL_ICMP && at < end && ipv4.fragmentOffset(view, networkAt) === 0;
    return isThere ? view.getUint8(at) : -1;
  }

  /** A view of what follows the IP header, to look at. Makes an object. */
  get payload(): Uint8Array {
    const { memory, at, end } = this.packet;
    return new Uint8Array(memory.buffer, at, end - at);
  }

  private get hasPorts(): boolean {
    const { view, networkAt, at, end } = this.packet;
    const { protocol } = this;
    if (protocol !== ipv4.PROTOCOL_UDP && protocol !== ipv4.PROTOCOL_TCP) return false;
    return ipv4.fragmentOffset(view, networkAt) === 0 && end - at >= PORTS_LENGTH;
  }

  private setAddress(offset: number, text: string): void {
    const address = parse(text);
    if (address === undefined) throw new TypeError(`'${text}' is no IPv4 address`);
    // The transport's checksum covers the addresses too.
    this.setHeaderWord(offset, address >>> 16, true);
    this.setHeaderWord(offset + 2, address & 0xffff, true);
  }

  private setHeaderWord(offset: number, value: number, isCovered = false): void {
    const { packet } = this;
    const { view, networkAt } = packet;
    const at = networkAt + offset;
    const sum = checksum.update(ipv4.headerChecksum(view, networkAt), view.getUint16(at), value);
    if (isCovered) replaceWord(packet, at, value);
    else view.setUint16(at, value);
    view.setUint16(networkAt + 10, sum);
  }
}
