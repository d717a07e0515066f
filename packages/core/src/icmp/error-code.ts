import type { SocketErrorCode } from '../errors/socket-error.js';
import * as icmpv4 from '../wire/icmpv4.js';

/** What an error means to a socket (RFC 1122 sections 3.2.2 and 4.1.3.3); undefined for what means nothing to it. */
export function errorCode(type: number, code: number): SocketErrorCode | undefined {
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
