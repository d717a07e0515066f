import type { SocketErrorCode } from '../errors/socket-error.js';
import { DropReason } from '../link/drop-reason.js';
import type { LinkIo } from '../link/link-io.js';
import { Cast, type Packet } from '../link/packet.js';
import type { ErrorReceiver, NetworkLayer, RefusalSender } from '../network/network-layer.js';
import type { Random } from '../time/host.js';
import type { StackTime } from '../time/stack-time.js';
import type { TimerWheel } from '../time/timer-wheel.js';
import * as checksum from '../wire/checksum.js';
import * as icmpv4 from '../wire/icmpv4.js';
import * as ipv4 from '../wire/ipv4.js';
import { ICMP_COUNTERS, IcmpCounter } from './icmp-counters.js';
import { IcmpErrors } from './icmp-errors.js';
import { Ping } from './ping.js';
import type { IcmpLimits } from './rate-limit.js';

/** TTL of what ICMP sends (RFC 1122 section 3.2.1.7, value of the IANA's IP parameters). */
const TTL = 64;

/** ICMP for IPv4 (RFC 792, RFC 1122 section 3.2.2): answers echo requests, sends and obeys errors. */
export class Icmp implements RefusalSender {
  /** See {@link IcmpCounter}. */
  readonly counters = new Float64Array(ICMP_COUNTERS);
  /** Echo requests of our own. */
  readonly ping: Ping;
  private readonly errors: IcmpErrors;
  private readonly receivers = new Map<number, ErrorReceiver>();

  constructor(
    private readonly network: NetworkLayer,
    time: StackTime,
    timers: TimerWheel,
    random: Random,
    limits: IcmpLimits,
  ) {
    this.errors = new IcmpErrors(network, time, random, limits, this.counters);
    this.ping = new Ping(network, time, timers, random);
    this.receivers.set(ipv4.PROTOCOL_ICMP, this.ping);
  }

  /** Errors about datagrams of `protocol` go to `receiver`. */
  register(protocol: number, receiver: ErrorReceiver): void {
    this.receivers.set(protocol, receiver);
  }

  /** Takes the message `[packet.at, packet.end)`. */
  input(packet: Packet): void {
    const { view, at, end } = packet;
    if (!icmpv4.fits(at, end)) return packet.drop(DropReason['icmp.truncated']);
    if (checksum.finish(packet.memory.addSum(0, at, end)) !== 0) return packet.drop(DropReason['icmp.badChecksum']);
    const type = icmpv4.type(view, at);
    if (type === icmpv4.TYPE_ECHO_REQUEST) return this.echoRequest(packet);
    if (type === icmpv4.TYPE_ECHO_REPLY) return this.echoReply(packet);
    if (icmpv4.isError(type)) return this.error(packet, type);
    packet.drop(DropReason['icmp.unknownType']);
  }

  portUnreachable(packet: Packet): void {
    this.errors.send(packet, icmpv4.TYPE_UNREACHABLE, icmpv4.CODE_PORT_UNREACHABLE);
  }

  protocolUnreachable(packet: Packet): void {
    this.errors.send(packet, icmpv4.TYPE_UNREACHABLE, icmpv4.CODE_PROTOCOL_UNREACHABLE);
  }

  /** Answers the first fragment of a datagram whose rest did not come (RFC 1122 section 3.3.2). */
  reassemblyTimeExceeded(packet: Packet): void {
    this.errors.send(packet, icmpv4.TYPE_TIME_EXCEEDED, icmpv4.CODE_REASSEMBLY_TIME_EXCEEDED);
  }

  /** The neighbour that a datagram waits for does not answer: `[networkAt, end)` of `view` comes back to its sender. */
  unresolved(view: DataView, networkAt: number, end: number): void {
    this.passOn(view, networkAt, end, 'EHOSTUNREACH');
  }

  /** The request goes back as the reply, in its own buffer if that can be: the same data, the type changed. */
  private echoRequest(packet: Packet): void {
    if (packet.networkCast !== Cast.UNICAST) return packet.drop(DropReason['icmp.broadcastEcho']);
    const tos = ipv4.tos(packet.view, packet.networkAt);
    const path = this.network.pathBack(packet);
    if (path === undefined) return packet.drop(DropReason['reply.noRoute']);
    if (packet.end - packet.at + this.network.headerLength > path.mtu) return packet.drop(DropReason['reply.tooLong']);
    const reply = replyBuffer(packet, path.link!.io);
    if (reply === undefined) {
      this.counters[IcmpCounter.noRoom]++;
      return packet.drop(DropReason['reply.noBuffers']);
    }
    writeEchoReply(reply);
    this.network.output(reply, path, ipv4.PROTOCOL_ICMP, TTL, tos);
    this.counters[IcmpCounter.echoRequestsAnswered]++;
    packet.consumed();
  }

  private echoReply(packet: Packet): void {
    if (!this.ping.reply(packet)) return packet.drop(DropReason['icmp.unmatched']);
    this.counters[IcmpCounter.echoRepliesReceived]++;
    packet.consumed();
  }

  private error(packet: Packet, type: number): void {
    const { view, at, end } = packet;
    // Source quench is obsolete (RFC 6633); redirects belong to the routes, which take none yet.
    const code = errorCode(type, icmpv4.code(view, at));
    if (code === undefined) return packet.drop(DropReason['icmp.unknownType']);
    if (!this.passOn(view, at + icmpv4.HEADER_LENGTH, end, code)) return packet.drop(DropReason['icmp.unmatched']);
    this.counters[IcmpCounter.errorsReceived]++;
    packet.consumed();
  }

  /** Tells the protocol whose datagram lies, or is quoted, in `[networkAt, end)`; false if it is nobody's. */
  private passOn(view: DataView, networkAt: number, end: number, code: SocketErrorCode): boolean {
    if (!ipv4.fits(networkAt, end) || ipv4.version(view, networkAt) !== 4) return false;
    const headerLength = ipv4.headerLength(view, networkAt);
    const transportAt = networkAt + headerLength;
    if (headerLength < ipv4.MIN_HEADER_LENGTH || end - transportAt < 8) return false;
    // A later fragment quotes no transport header; what others have sent is no concern of ours.
    if (ipv4.fragmentOffset(view, networkAt) !== 0 || !this.network.isFromUs(view, networkAt)) return false;
    const receiver = this.receivers.get(ipv4.protocol(view, networkAt));
    return receiver !== undefined && receiver.networkError(view, networkAt, transportAt, code);
  }
}

/** The request itself, if it may leave by `io` in its own buffer; else a copy. undefined if there is no room. */
function replyBuffer(packet: Packet, io: LinkIo): Packet | undefined {
  if (packet.handle >= 0 && io === packet.link) return io.hasTxRoom ? packet : undefined;
  const length = packet.end - packet.at;
  if (!io.hasRoom || length > io.txCapacityBytes) return undefined;
  const copy = io.outgoing;
  copy.begin(length);
  copy.memory.bytes.set(packet.memory.bytes.subarray(packet.at, packet.end), copy.at);
  return copy;
}

/** Makes an echo reply of an echo request; of the checksum only the changed word counts (RFC 1624). */
function writeEchoReply({ view, at, end }: Packet): void {
  const rest = icmpv4.word(view, at);
  const before = (icmpv4.TYPE_ECHO_REQUEST << 8) | icmpv4.code(view, at);
  let sum = checksum.update(icmpv4.checksumField(view, at), before, 0);
  icmpv4.write(view, at, icmpv4.TYPE_ECHO_REPLY, 0, sum, rest);
  if (sum !== 0) return;
  // 0 is the checksum of a message that adds up to 0xffff; one of nothing but zeros has 0xffff, and ends up here too.
  sum = checksum.finish(checksum.add(0, view, at, end));
  icmpv4.write(view, at, icmpv4.TYPE_ECHO_REPLY, 0, sum, rest);
}

/** What an error means to a socket (RFC 1122 sections 3.2.2 and 4.1.3.3); undefined for what means nothing to it. */
function errorCode(type: number, code: number): SocketErrorCode | undefined {
  switch (type) {
    case icmpv4.TYPE_UNREACHABLE:
      if (code === icmpv4.CODE_PORT_UNREACHABLE || code === icmpv4.CODE_PROTOCOL_UNREACHABLE) return 'ECONNREFUSED';
      if (code === icmpv4.CODE_FRAGMENTATION_NEEDED) return 'EMSGSIZE';
      return code === icmpv4.CODE_NET_UNREACHABLE ? 'ENETUNREACH' : 'EHOSTUNREACH';
    case icmpv4.TYPE_TIME_EXCEEDED:
      return 'EHOSTUNREACH';
    case icmpv4.TYPE_PARAMETER_PROBLEM:
      return 'EPROTO';
    default:
      return undefined;
  }
}
