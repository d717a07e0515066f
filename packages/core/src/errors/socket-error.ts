/** What can become of a socket call, by Node's names. */
export type SocketErrorCode =
  | 'EACCES'
  | 'EADDRINUSE'
  | 'EADDRNOTAVAIL'
  | 'EAGAIN'
  | 'EBADF'
  | 'ECONNABORTED'
  | 'ECONNREFUSED'
  | 'ECONNRESET'
  | 'EDESTADDRREQ'
  | 'EHOSTUNREACH'
  | 'EINVAL'
  | 'EISCONN'
  | 'EMSGSIZE'
  | 'ENETDOWN'
  | 'ENETUNREACH'
  | 'ENOBUFS'
  | 'ENODEV'
  | 'ENOTCONN'
  | 'EPROTO'
  | 'ETIMEDOUT';

/** The outcome of a socket's control calls (bind, connect, ...) when they fail; sending returns the bare code. */
export class SocketError extends Error {
  override readonly name = 'SocketError';

  constructor(
    readonly code: SocketErrorCode,
    /** The call that failed, such as `bind`. */
    readonly syscall: string,
    detail: string,
  ) {
    super(`${syscall} ${code}: ${detail}`);
  }
}
