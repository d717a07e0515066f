import type { DropReasonName } from '@lunetta/core';
import type { PacketBuilder } from '../packets/packet-builder.js';
import { toContainPacket, toMatchPacket, toMatchPackets } from './packet-matchers.js';
import { toBeConserved, toHaveDropped } from './stack-matchers.js';

/** The matchers, for `expect.extend`. */
export const lunettaMatchers = { toMatchPacket, toMatchPackets, toContainPacket, toHaveDropped, toBeConserved };

/** What they add to `expect(...)`. */
export interface LunettaMatchers<Result> {
  /**
   * A frame (or a datagram, if the pattern begins with `ipv4()`) has the layers and fields of a pattern. What the
   * pattern does not name is free, but lengths and checksums of its layers must hold.
   */
  toMatchPacket(pattern: PacketBuilder): Result;
  /** A list of frames matches a list of patterns: as many, and in that order. */
  toMatchPackets(patterns: readonly PacketBuilder[]): Result;
  /** A list of frames contains one that matches a pattern, or just `count` of them. */
  toContainPacket(pattern: PacketBuilder, count?: number): Result;
  /**
   * A stack, one of its interfaces or a `StackLab` has dropped `count` frames for a reason, received or to be sent;
   * without `count` at least one, without a reason any.
   */
  toHaveDropped(reason?: DropReasonName, count?: number): Result;
  /** Every frame and every buffer of a stack, of one of its interfaces or of a `StackLab` is accounted for. */
  toBeConserved(): Result;
}
