import { DropReason } from '../link/drop-reason.js';
import type { LinkIo } from '../link/link-io.js';
import { Cast, Packet } from '../link/packet.js';
import { NetworkError } from '../network/network-error.js';
import type { ErrorReceiver, NetworkLayer, RefusalSender } from '../network/network-layer.js';
import type { Path } from '../network/path.js';
import type { Random } from '../time/host.js';
import type { StackTime } from '../time/stack-time.js';
import type { TimerWheel } from '../time/timer-wheel.js';
import * as checksum from '../wire/checksum.js';
import * as icmpv4 from '../wire/icmpv4.js';
import * as ipv4 from '../wire/ipv4.js';
import * as ipv4Options from '../wire/ipv4-options.js';
import { ICMP_COUNTERS, IcmpCounter } from './icmp-counters.js';
import { errorCode } from './error-code.js';
import { IcmpErrors } from './icmp-errors.js';
import { Ping } from './ping.js';
import { isLoopbackQuoted, quotedMtu, transportOf } from './quoted.js';
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
  private readonly networkError = new NetworkError();

  constructor(
    private readonly network: NetworkLayer,
    private readonly time: StackTime,
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
    if (type === icmpv4.TYPE_REDIRECT) return this.redirected(packet);
    if (icmpv4.isError(type)) return this.error(packet, type);
    if (type === icmpv4.TYPE_TIMESTAMP) return this.timestamp(packet);
    packet.drop(DropReason['icmp.unknownType']);
  }

  portUnreachable(packet: Packet): void {
    this.errors.send(packet, icmpv4.TYPE_UNREACHABLE, icmpv4.CODE_PORT_UNREACHABLE);
  }

  protocolUnreachable(packet: Packet): void {
    this.errors.send(packet, icmpv4.TYPE_UNREACHABLE, icmpv4.CODE_PROTOCOL_UNREACHABLE);
  }

  /** Answers a datagram that cannot be passed on, or may not. @param mtu with "fragmentation needed" */
  unreachable(packet: Packet, code: number, mtu = 0): void {
    this.errors.send(packet, icmpv4.TYPE_UNREACHABLE, code, mtu);
  }

  /** Answers a datagram whose TTL ends here (RFC 1812 section 5.3.1). */
  timeExceeded(packet: Packet): void {
    this.errors.send(packet, icmpv4.TYPE_TIME_EXCEEDED, icmpv4.CODE_TTL_EXCEEDED);
  }

  /** Tells the sender of a datagram of a better router (RFC 1812 section 5.2.7.2). @param gateway signed 32 bits */
  redirect(packet: Packet, gateway: number): void {
    this.errors.send(packet, icmpv4.TYPE_REDIRECT, icmpv4.CODE_REDIRECT_HOST, gateway);
  }

  /** Answers a datagram with options that are malformed at `problemAt`, or that want it somewhere else. */
  badOptions(packet: Packet, problemAt: number): void {
    if (ipv4Options.isSourceRoute(packet.view, problemAt)) {
      return this.unreachable(packet, icmpv4.CODE_SOURCE_ROUTE_FAILED);
    }
    this.errors.send(packet, icmpv4.TYPE_PARAMETER_PROBLEM, 0, (problemAt - packet.networkAt) << 24);
  }

  /** Answers the first fragment of a datagram whose rest did not come (RFC 1122 section 3.3.2). */
  reassemblyTimeExceeded(packet: Packet): void {
    this.errors.send(packet, icmpv4.TYPE_TIME_EXCEEDED, icmpv4.CODE_REASSEMBLY_TIME_EXCEEDED);
  }

  /** The neighbour that a datagram waits for does not answer: `[networkAt, end)` of the link's memory comes back. */
  unresolved(io: LinkIo, networkAt: number, end: number): void {
    const { view } = io.memory;
    if (!this.network.isFromUs(view, networkAt)) return this.unresolvedInTransit(io, networkAt, end);
    const { networkError } = this;
    networkError.code = 'EHOSTUNREACH';
    networkError.mtu = 0;
    networkError.reporter = 0;
    networkError.icmpType = -1;
    networkError.icmpCode = -1;
    this.passOn(view, networkAt, end);
  }

  /** One that we have passed on: its sender is told (RFC 1812 section 5.2.7.1). */
  private unresolvedInTransit(io: LinkIo, networkAt: number, end: number): void {
    const packet = new Packet(io);
    packet.networkAt = networkAt;
    packet.at = networkAt + ipv4.headerLength(packet.view, networkAt);
    packet.end = end;
    packet.networkCast = Cast.TRANSIT;
    this.unreachable(packet, icmpv4.CODE_HOST_UNREACHABLE);
  }

  /** The request goes back as the reply, in its own buffer if that can be: the same data, the type changed. */
  private echoRequest(packet: Packet): void {
    if (packet.networkCast !== Cast.UNICAST) return packet.drop(DropReason['icmp.broadcastEcho']);
    const tos = ipv4.tos(packet.view, packet.networkAt);
    const path = this.network.pathBack(packet);
    if (path === undefined) return packet.drop(DropReason['reply.noRoute']);
    const reply = this.replyBuffer(packet, path);
    if (reply === undefined) {
      this.counters[IcmpCounter.noRoom]++;
      return packet.drop(DropReason['reply.noBuffers']);
    }
    writeEchoReply(reply);
    this.network.output(reply, path, ipv4.PROTOCOL_ICMP, TTL, tos);
    this.counters[IcmpCounter.echoRequestsAnswered]++;
    packet.consumed();
  }

  /** A timestamp request comes back with the time of its coming and going (RFC 1122 section 3.2.2.8). */
  private timestamp(packet: Packet): void {
    const { at, end, networkAt, view } = packet;
    if (packet.networkCast !== Cast.UNICAST) return packet.drop(DropReason['icmp.broadcastEcho']);
    if (end - at < icmpv4.TIMESTAMP_LENGTH) return packet.drop(DropReason['icmp.truncated']);
    const tos = ipv4.tos(view, networkAt);
    const path = this.network.pathBack(packet);
    if (path === undefined) return packet.drop(DropReason['reply.noRoute']);
    const reply = this.replyBuffer(packet, path);
    if (reply === undefined) {
      this.counters[IcmpCounter.noRoom]++;
      return packet.drop(DropReason['reply.noBuffers']);
    }
    icmpv4.writeTimestampReply(reply.view, reply.at, reply.end, Math.floor(this.time.nowUs / 1000));
    this.network.output(reply, path, ipv4.PROTOCOL_ICMP, TTL, tos);
    this.counters[IcmpCounter.timestampsAnswered]++;
    packet.consumed();
  }

  /** A router knows a better first hop for a datagram of ours (RFC 1122 section 3.2.2.2). */
  private redirected(packet: Packet): void {
    const { view, at, end, networkAt } = packet;
    const quotedAt = at + icmpv4.HEADER_LENGTH;
    const isBelieved =
      icmpv4.code(view, at) <= icmpv4.MAX_REDIRECT_CODE &&
      this.senderOf(view, quotedAt, end) !== undefined &&
      this.network.followRedirect(
        ipv4.destination(view, quotedAt),
        icmpv4.word(view, at),
        ipv4.source(view, networkAt),
      );
    if (!isBelieved) return packet.drop(DropReason['icmp.unmatched']);
    this.counters[IcmpCounter.redirectsFollowed]++;
    packet.consumed();
  }

  /** The request itself, if it may leave in its own buffer; else a copy. undefined if there is no room. */
  private replyBuffer(packet: Packet, path: Path): Packet | undefined {
    const { io } = path.link!;
    const length = packet.end - packet.at;
    const isWhole = length + this.network.headerLength <= path.mtu;
    if (packet.handle >= 0 && io === packet.link && isWhole) return io.hasTxRoom ? packet : undefined;
    const copy = this.network.begin(path, length);
    copy?.memory.bytes.set(packet.memory.bytes.subarray(packet.at, packet.end), copy.at);
    return copy;
  }

  private echoReply(packet: Packet): void {
    if (!this.ping.reply(packet)) return packet.drop(DropReason['icmp.unmatched']);
    this.counters[IcmpCounter.echoRepliesReceived]++;
    packet.consumed();
  }

  private error(packet: Packet, type: number): void {
    const { view, at, end, networkAt } = packet;
    // Source quench is obsolete (RFC 6633).
    const code = errorCode(type, icmpv4.code(view, at));
    if (code === undefined) return packet.drop(DropReason['icmp.unknownType']);
    const quotedAt = at + icmpv4.HEADER_LENGTH;
    const mtu = code === 'EMSGSIZE' ? quotedMtu(view, at, end) : 0;
    const { networkError } = this;
    networkError.code = code;
    networkError.mtu = mtu;
    networkError.reporter = ipv4.source(view, networkAt);
    networkError.icmpType = type;
    networkError.icmpCode = icmpv4.code(view, at);
    // What we sent to ourselves nobody else can have seen.
    const isBelievable = this.network.isFromUs(view, networkAt) || !isLoopbackQuoted(view, quotedAt, end);
    if (mtu < 0 || !isBelievable || !this.passOn(view, quotedAt, end)) {
      return packet.drop(DropReason['icmp.unmatched']);
    }
    this.counters[IcmpCounter.errorsReceived]++;
    packet.consumed();
  }

  /** Tells the protocol whose datagram lies, or is quoted, in `[networkAt, end)`; false if it is nobody's. */
  private passOn(view: DataView, networkAt: number, end: number): boolean {
    const receiver = this.senderOf(view, networkAt, end);
    if (receiver === undefined) return false;
    const { networkError } = this;
    if (networkError.mtu > 0) this.network.reducePathMtu(ipv4.destination(view, networkAt), networkError.mtu);
    receiver.networkError(view, networkAt, transportOf(view, networkAt, end), networkError);
    return true;
  }

  /** The protocol that has sent the datagram that lies, or is quoted, in `[networkAt, end)`. */
  private senderOf(view: DataView, networkAt: number, end: number): ErrorReceiver | undefined {
    const transportAt = transportOf(view, networkAt, end);
    // What others have sent is no concern of ours.
    if (transportAt < 0 || !this.network.isFromUs(view, networkAt)) return undefined;
    const receiver = this.receivers.get(ipv4.protocol(view, networkAt));
    return receiver?.hasSent(view, networkAt, transportAt) === true ? receiver : undefined;
  }
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
