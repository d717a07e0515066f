import { pluralize } from 'jest-matcher-utils';
import { packetBytes, PacketBuilder, type PacketBytes } from '../packets/packet-builder.js';
import { describePattern, packetDifference } from '../packets/packet-difference.js';
import { describePacket } from '../packets/packet-text.js';
import { mustBe, verdict, type Verdict } from './verdict.js';

const PATTERN = "a pattern such as ethernet().ipv4().udp({ dstPort: 7 }) of '@lunetta/testkit'";

/** `expect(frame).toMatchPacket(pattern)`. */
export function toMatchPacket(received: unknown, pattern: unknown): Verdict {
  mustBe('toMatchPacket', isPacket(received), 'received', 'bytes or a packet', received);
  mustBe('toMatchPacket', pattern instanceof PacketBuilder, 'expected', PATTERN, pattern);
  const difference = packetDifference(received, pattern);
  return verdict('toMatchPacket', 'frame', 'pattern', difference === undefined, () => {
    return difference ?? `matches ${describePattern(pattern)}\n\n${describe(received, pattern)}`;
  });
}

/** `expect(frames).toMatchPackets([pattern, ...])`: as many, in that order. */
export function toMatchPackets(received: unknown, patterns: unknown): Verdict {
  mustBe('toMatchPackets', isPackets(received), 'received', 'a list of bytes or packets', received);
  mustBe('toMatchPackets', isPatterns(patterns), 'expected', `a list, each of it ${PATTERN}`, patterns);
  const wrong = firstWrong(received, patterns);
  return verdict('toMatchPackets', 'frames', 'patterns', wrong === undefined, () => {
    return `${wrong ?? 'every frame matches its pattern'}\n\n${list(received, patterns[0])}`;
  });
}

/** `expect(frames).toContainPacket(pattern, count?)`: at least one that matches, or just so many. */
export function toContainPacket(received: unknown, pattern: unknown, count?: unknown): Verdict {
  mustBe('toContainPacket', isPackets(received), 'received', 'a list of bytes or packets', received);
  mustBe('toContainPacket', pattern instanceof PacketBuilder, 'expected', PATTERN, pattern);
  const isCount = count === undefined || typeof count === 'number';
  mustBe('toContainPacket', isCount, 'the count', 'a number', count);
  const matching = received.filter((each) => packetDifference(each, pattern) === undefined).length;
  const pass = count === undefined ? matching > 0 : matching === count;
  return verdict('toContainPacket', 'frames', 'pattern', pass, () => {
    const wanted = count === undefined ? 'at least one frame' : pluralize('frame', count);
    return `expected ${wanted} of: ${describePattern(pattern)}\n\n${matching} of ${list(received, pattern)}`;
  });
}

function firstWrong(frames: readonly PacketBytes[], patterns: readonly PacketBuilder[]): string | undefined {
  for (const [index, pattern] of patterns.entries()) {
    if (index >= frames.length) return `frame ${index + 1} is missing: ${describePattern(pattern)}`;
    const difference = packetDifference(frames[index], pattern);
    if (difference !== undefined) return `frame ${index + 1} differs:\n\n${difference}`;
  }
  const more = frames.length - patterns.length;
  return more > 0 ? `${pluralize('frame', more)} more than expected` : undefined;
}

function list(frames: readonly PacketBytes[], pattern: PacketBuilder | undefined): string {
  const lines = frames.map((frame, index) => `  ${index + 1}: ${describe(frame, pattern)}`);
  return [`${pluralize('frame', frames.length)} received`, ...lines].join('\n');
}

function describe(packet: PacketBytes, pattern: PacketBuilder | undefined): string {
  return describePacket(packetBytes(packet), pattern?.layers[0].name);
}

function isPacket(value: unknown): value is PacketBytes {
  return value instanceof Uint8Array || value instanceof PacketBuilder;
}

function isPackets(value: unknown): value is PacketBytes[] {
  return Array.isArray(value) && value.every(isPacket);
}

function isPatterns(value: unknown): value is PacketBuilder[] {
  return Array.isArray(value) && value.every((each) => each instanceof PacketBuilder);
}
