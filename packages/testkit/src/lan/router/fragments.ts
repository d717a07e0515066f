import { checksum, ipv4 } from '@lunetta/core';
import { concat } from '../../packets/layer.js';

/** In the type of an option: it stands in every fragment. RFC 791 section 3.1. */
const COPIED = 0x80;
const END_OF_OPTIONS = 0;
const NO_OPERATION = 1;

/**
 * Cuts a datagram into fragments of at most `mtu` bytes (RFC 791 section 3.2); a fragment may be cut again.
 *
 * @param mtu at least 68
 */
export function fragment(datagram: Uint8Array, mtu: number): Uint8Array[] {
  const view = new DataView(datagram.buffer, datagram.byteOffset, datagram.length);
  const headerLength = ipv4.headerLength(view, 0);
  const word = ipv4.fragmentWord(view, 0);
  const payload = datagram.subarray(headerLength);
  const first = datagram.subarray(0, headerLength);
  const others = concat(
    first.subarray(0, ipv4.MIN_HEADER_LENGTH),
    copiedOptions(first.subarray(ipv4.MIN_HEADER_LENGTH)),
  );
  const fragments: Uint8Array[] = [];
  for (let at = 0; at < payload.length;) {
    const header = at === 0 ? first : others;
    // All but the last hold a multiple of 8 bytes.
    const room = (mtu - header.length) & ~7;
    const isLast = payload.length - at <= mtu - header.length;
    const end = isLast ? payload.length : at + room;
    const more = isLast ? word & ipv4.MORE_FRAGMENTS : ipv4.MORE_FRAGMENTS;
    const offset = (word & 0x1fff) + (at >> 3);
    fragments.push(withHeader(header, payload.subarray(at, end), (word & 0x8000) | more | offset));
    at = end;
  }
  return fragments;
}

function withHeader(header: Uint8Array, payload: Uint8Array, fragmentWord: number): Uint8Array {
  const whole = concat(header, payload);
  const view = new DataView(whole.buffer);
  whole[0] = 0x40 | (header.length >> 2);
  view.setUint16(2, whole.length);
  view.setUint16(6, fragmentWord);
  view.setUint16(10, 0);
  view.setUint16(10, checksum.finish(checksum.add(0, view, 0, header.length)));
  return whole;
}

/** Those of the options that stand in every fragment, padded to words. */
function copiedOptions(options: Uint8Array): Uint8Array {
  const copied: number[] = [];
  for (let at = 0; at < options.length && options[at] !== END_OF_OPTIONS;) {
    const length = options[at] === NO_OPERATION ? 1 : Math.max(2, options[at + 1] ?? 2);
    if ((options[at] & COPIED) !== 0) copied.push(...options.subarray(at, at + length));
    at += length;
  }
  while (copied.length % 4 !== 0) copied.push(END_OF_OPTIONS);
  return Uint8Array.from(copied);
}
