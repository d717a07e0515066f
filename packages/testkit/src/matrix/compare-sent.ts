import { arp, ethernet, ipv4 } from '@lunetta/core';
import { describePacket } from '../packets/packet-text.js';
import { toHex } from '../recording/recorded-values.js';
import type { TimedFrame } from './matrix-target.js';

/** How frames are compared. */
export interface Comparison {
  readonly withTimes: boolean;
  /** The shortest frame on the medium. */
  readonly paddedTo: number;
  /** What stands for a frame; {@link withoutIdentification}, or the frame itself. */
  readonly by: (frame: Uint8Array) => Uint8Array;
}

/**
 * Holds what was sent to what was to be.
 *
 * @param whose what `expected` is, for the message
 * @throws Error with both lists, and the first place where they part
 */
export function compareSent(
  sent: readonly TimedFrame[],
  expected: readonly TimedFrame[],
  whose: string,
  { withTimes, paddedTo, by }: Comparison,
): void {
  const text = ({ atUs, bytes }: TimedFrame): string => {
    const frame = by(paddedTo > bytes.length ? padded(bytes, paddedTo) : bytes);
    return withTimes ? `${atUs} us: ${toHex(frame)}` : toHex(frame);
  };
  const [seen, due] = [sent.map(text), expected.map(text)];
  const at = seen.findIndex((frame, i) => frame !== due[i]);
  const first = at < 0 ? seen.length : at;
  if (first === seen.length && first === due.length) return;
  const list = (frames: readonly TimedFrame[]): string => {
    if (frames.length === 0) return '    none\n';
    return frames
      .map((frame, i) => `${i === first ? '  > ' : '    '}${frame.atUs} us ${describePacket(frame.bytes)}\n`)
      .join('');
  };
  throw new Error(
    `the stack sent otherwise than ${whose}, from frame ${first + 1} on\n  sent:\n${list(sent)}  ${whose}:\n${list(expected)}` +
      `  sent:     ${seen[first] ?? 'nothing more'}\n  expected: ${due[first] ?? 'nothing more'}`,
  );
}

/** The frame without what the sender chooses as it likes: the identification of IPv4, and the checksum over it. */
export function withoutIdentification(frame: Uint8Array): Uint8Array {
  const at = ethernet.HEADER_LENGTH;
  const type = (frame[12] << 8) | frame[13];
  if (!ipv4.fits(at, frame.length) || type !== ethernet.ETHERTYPE_IPV4) return frame;
  return frame
    .slice()
    .fill(0, at + 4, at + 6)
    .fill(0, at + 10, at + 12);
}

/** Whether a frame is an announcement (RFC 5227 section 3): an ARP packet whose sender and target are one. */
export function isAnnouncement({ bytes }: TimedFrame): boolean {
  const at = ethernet.HEADER_LENGTH;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (!arp.fits(at, bytes.length) || ethernet.ethertype(view, 0) !== ethernet.ETHERTYPE_ARP) return false;
  return arp.senderAddress(view, at) === arp.targetAddress(view, at);
}

function padded(bytes: Uint8Array, length: number): Uint8Array {
  const longer = new Uint8Array(length);
  longer.set(bytes);
  return longer;
}
