import { SocketError } from '../errors/socket-error.js';

/** A value that is set on a socket, if it is a whole number from `least` to `most`. @throws SocketError `EINVAL` */
export function checkInteger(name: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new SocketError('EINVAL', name, `${value} is not an integer from ${least} to ${most}`);
}
