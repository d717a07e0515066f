import { Cast, type Packet } from '../link/packet.js';
import type { NetworkLayer } from '../network/network-layer.js';
import type { Random } from '../time/host.js';
import type { StackTime } from '../time/stack-time.js';
import * as checksum from '../wire/checksum.js';
import * as icmpv4 from '../wire/icmpv4.js';
import * as ipv4 from '../wire/ipv4.js';
import { IcmpCounter } from './icmp-counters.js';
import { IcmpRateLimit, type IcmpLimits } from './rate-limit.js';

/** An error is no longer than this, IP header included (RFC 1812 section 4.3.2.3). */
const MAX_ERROR_LENGTH = 576;
const TTL = 64;
/** Internetwork control, as routers and hosts send their errors (RFC 1812 section 4.3.2.5). */
const TOS = 0xc0;

/** Sends ICMP errors, where one is due and allowed. */
export class IcmpErrors {
  private readonly rateLimit: IcmpRateLimit;

  /** @param counters those of {@link Icmp} */
  constructor(
    private readonly network: NetworkLayer,
    time: StackTime,
    random: Random,
    limits: IcmpLimits,
    private readonly counters: Float64Array,
  ) {
    this.rateLimit = new IcmpRateLimit(limits, time, random);
  }

  /**
   * Answers a received datagram, whose header is at `packet.networkAt`, with an error.
   *
   * @param rest the second word of the error
   */
  send(packet: Packet, type: number, code: number, rest = 0): void {
    if (!isErrorDue(packet)) return;
    const path = this.network.pathBack(packet);
    if (path === undefined) return;
    const { io } = path.link!;
    if (!io.hasRoom) {
      this.counters[IcmpCounter.noRoom]++;
      return;
    }
    if (!this.rateLimit.take(path.remote)) {
      this.counters[IcmpCounter.errorsRateLimited]++;
      return;
    }
    const maxLength = Math.min(MAX_ERROR_LENGTH, path.mtu) - ipv4.MIN_HEADER_LENGTH;
    const length = Math.min(maxLength, icmpv4.HEADER_LENGTH + packet.end - packet.networkAt);
    const error = io.outgoing;
    error.begin(length);
    const quoted = packet.memory.bytes.subarray(packet.networkAt, packet.networkAt + length - icmpv4.HEADER_LENGTH);
    error.memory.bytes.set(quoted, error.at + icmpv4.HEADER_LENGTH);
    icmpv4.write(error.view, error.at, type, code, 0, rest);
    const sum = checksum.finish(checksum.add(0, error.view, error.at, error.end));
    icmpv4.write(error.view, error.at, type, code, sum, rest);
    this.network.output(error, path, ipv4.PROTOCOL_ICMP, TTL, TOS);
    this.counters[IcmpCounter.errorsSent]++;
  }
}

/** No error about an error, a later fragment, or what was sent to many (RFC 1122 section 3.2.2). */
function isErrorDue(packet: Packet): boolean {
  const { view, networkAt, at, networkCast } = packet;
  const isToOne = networkCast === Cast.UNICAST || networkCast === Cast.TRANSIT;
  if (packet.linkCast !== Cast.UNICAST || !isToOne || ipv4.fragmentOffset(view, networkAt) !== 0) return false;
  if (ipv4.protocol(view, networkAt) !== ipv4.PROTOCOL_ICMP) return true;
  return icmpv4.fits(at, packet.end) && !icmpv4.isError(icmpv4.type(view, at));
}
