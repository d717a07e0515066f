import { DIM_COLOR, EXPECTED_COLOR, pluralize, RECEIVED_COLOR } from 'jest-matcher-utils';
import { comparePacket, isMatch, type ComparedField, type ComparedLayer } from './compare-packet.js';
import { hexDifference } from './hex-difference.js';
import type { Fields } from './layer.js';
import { packetBytes, type PacketBuilder, type PacketBytes } from './packet-builder.js';
import { describePacket, fieldText } from './packet-text.js';

/**
 * How a packet differs from a pattern, layer by layer and field by field; undefined if it matches. The bytes are read
 * from the layer with which the pattern begins: a frame for `ethernet()`, a datagram for `ipv4()`. What the pattern
 * does not name is free, but lengths and checksums of the layers that it names must hold; a pattern that names such a
 * field says itself what it must be.
 */
export function packetDifference(packet: PacketBytes, pattern: PacketBuilder): string | undefined {
  const bytes = packetBytes(packet);
  const layers = comparePacket(pattern, bytes);
  if (isMatch(layers)) return undefined;
  const seen = describePacket(bytes, pattern.layers[0].name);
  return [...layers.flatMap(layerLines), '', DIM_COLOR(`received: ${seen}`)].join('\n');
}

/**
 * As {@link packetDifference}, for any test runner.
 *
 * @throws Error with the difference
 */
export function assertPacket(packet: PacketBytes, pattern: PacketBuilder): void {
  const difference = packetDifference(packet, pattern);
  if (difference !== undefined) throw new Error(`the packet is not the expected one:\n\n${difference}`);
}

/** A pattern as one line. */
export function describePattern({ layers }: PacketBuilder): string {
  return layers
    .map(({ name, fields }) => {
      const named = Object.entries(fields).map(([field, value]) => `${field} ${fieldText(name, field, value, fields)}`);
      return named.length === 0 ? name : `${name} (${named.join(', ')})`;
    })
    .join(', ');
}

function layerLines({ name, fields, instead }: ComparedLayer): string[] {
  if (instead !== undefined) return [EXPECTED_COLOR(`- ${name}`), RECEIVED_COLOR(`+ ${instead}`)];
  const seen = Object.fromEntries(fields.map((field) => [field.name, field.seen]));
  return [`  ${name}`, ...fields.flatMap((field) => fieldLines(name, field, seen))];
}

function fieldLines(layer: ComparedLayer['name'], field: ComparedField, fields: Fields): string[] {
  const { name, expected, seen, fault, agrees } = field;
  const text = (value: unknown): string => `${name}: ${fieldText(layer, name, value, fields)}`;
  if (agrees) return [DIM_COLOR(`    ${seen instanceof Uint8Array ? `${name}: the same` : text(seen)}`)];
  if (fault !== undefined) return [RECEIVED_COLOR(`+   ${name}: ${fault}`)];
  if (!(expected instanceof Uint8Array && seen instanceof Uint8Array)) {
    return [EXPECTED_COLOR(`-   ${text(expected)}`), RECEIVED_COLOR(`+   ${text(seen)}`)];
  }
  return bytesLines(name, expected, seen);
}

function bytesLines(name: string, expected: Uint8Array, seen: Uint8Array): string[] {
  const { lines, more } = hexDifference(expected, seen);
  return [
    `    ${name}: ${expected.length === seen.length ? '' : `expected ${expected.length}, received `}${seen.length} bytes`,
    ...lines.flatMap((line) => [
      EXPECTED_COLOR(`-   ${line.expected}`),
      RECEIVED_COLOR(`+   ${line.seen}`),
      `    ${line.marks}`,
    ]),
    ...(more > 0 ? [`    and ${pluralize('line', more)} more`] : []),
  ];
}
