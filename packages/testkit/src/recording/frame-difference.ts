import { describePacket } from '../packets/packet-text.js';
import { toHex } from './recorded-values.js';

/** How a sent frame is not the one expected; undefined stands for none. */
export function frameDifference(where: string, expected: Uint8Array | undefined, seen: Uint8Array | undefined): string {
  if (expected === undefined) return `${where}: one more frame is sent\n${lines('now', seen!)}`;
  if (seen === undefined) return `${where}: a frame is not sent\n${lines('recorded', expected)}`;
  let at = 0;
  while (at < expected.length && expected[at] === seen[at]) at++;
  return `${where}: another frame is sent, from byte ${at} on\n${lines('recorded', expected)}\n${lines('now', seen)}`;
}

function lines(label: string, frame: Uint8Array): string {
  return `  ${label}: ${describePacket(frame)}\n    ${toHex(frame)}`;
}
