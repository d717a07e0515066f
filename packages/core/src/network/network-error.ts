import type { SocketErrorCode } from '../errors/socket-error.js';

/** What became of a datagram that we sent. There is one object for all, valid while {@link ErrorReceiver} is called. */
export class NetworkError {
  /** What it means to a socket. */
  code: SocketErrorCode = 'EHOSTUNREACH';
  /** With `EMSGSIZE`: the largest datagram that gets there, IP header included, in bytes; else 0. */
  mtu = 0;
  /** Who said so, as the family has it (IPv4: signed 32 bits); 0: we ourselves, since the next hop does not answer. */
  reporter = 0;
  /** Type and code of the ICMP message; -1 if there was none. */
  icmpType = -1;
  icmpCode = -1;
}
