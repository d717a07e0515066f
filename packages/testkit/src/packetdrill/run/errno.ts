/** Numbers of Linux for the errors that a socket can have pending. */
const ERRNO: Readonly<Record<string, number>> = {
  EPROTO: 71,
  EMSGSIZE: 90,
  ENETUNREACH: 101,
  ECONNABORTED: 103,
  ECONNRESET: 104,
  ETIMEDOUT: 110,
  ECONNREFUSED: 111,
  EHOSTUNREACH: 113,
};

/** The number of an error by its name. */
export function errnoOf(code: string): number {
  return ERRNO[code];
}
