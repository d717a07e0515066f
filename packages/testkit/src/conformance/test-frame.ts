/** EtherType of the suite's frames: local experimental 1. IEEE 802, "OUI Extended EtherType and Local Experimental". */
const TEST_ETHERTYPE = 0x88b5;

/** Length of an Ethernet header in bytes. */
export const HEADER_LENGTH = 14;

/** A broadcast frame whose every payload byte depends on `tag`, so that no two of a test are alike (from 18 bytes on). */
export function testFrame(length: number, tag: number): Uint8Array {
  const frame = new Uint8Array(length);
  frame.fill(0xff, 0, 6);
  frame.set([0x02, 0, 0, 0, 0, 0x77, TEST_ETHERTYPE >> 8, TEST_ETHERTYPE & 0xff], 6);
  for (let i = HEADER_LENGTH; i < length; i++) frame[i] = (tag >>> (8 * (i & 3))) + (i >> 2) * 29;
  return frame;
}

/** Whether a frame is the suite's. */
export function isTestFrame(frame: Uint8Array): boolean {
  return frame.length >= HEADER_LENGTH && (frame[12] << 8) + frame[13] === TEST_ETHERTYPE;
}

/** `frame` as it looks on a medium whose shortest frame is `paddedTo` bytes. */
export function padded(frame: Uint8Array, paddedTo: number): Uint8Array {
  if (frame.length >= paddedTo) return frame;
  const longer = new Uint8Array(paddedTo);
  longer.set(frame);
  return longer;
}
