import { matchesPattern } from './field-pattern.js';
import type { LayerName, ReadLayer } from './layer.js';
import type { PacketBuilder } from './packet-builder.js';
import { readNext } from './read-packet.js';

/** A field of a pattern beside that of a packet. */
export interface ComparedField {
  readonly name: string;
  readonly expected: unknown;
  readonly seen: unknown;
  /** What is wrong with the field, which the pattern does not name. */
  readonly fault: string | undefined;
  readonly agrees: boolean;
}

/** A layer of a pattern beside that of a packet. */
export interface ComparedLayer {
  readonly name: LayerName;
  readonly fields: readonly ComparedField[];
  /** What stands there instead of the layer. */
  readonly instead: string | undefined;
}

/**
 * Compares bytes with a pattern, from the layer with which the pattern begins, up to the first layer that is not
 * there. The fields that the pattern names must be as it says; others are free, but lengths and checksums must hold.
 */
export function comparePacket(pattern: PacketBuilder, bytes: Uint8Array): ComparedLayer[] {
  const compared: ComparedLayer[] = [];
  const outer: ReadLayer[] = [];
  for (const { name, fields } of pattern.layers) {
    const instead = outer.length === 0 ? undefined : otherLayer(name, outer.at(-1)!);
    const seen = instead === undefined ? readNext(bytes, outer, name) : undefined;
    if (seen === undefined || seen.malformed !== undefined) {
      compared.push({ name, fields: [], instead: instead ?? `malformed: ${seen!.malformed}` });
      return compared;
    }
    compared.push({ name, fields: compareFields(fields, seen), instead: undefined });
    outer.push(seen);
  }
  return compared;
}

/** True if all agrees. */
export function isMatch(layers: readonly ComparedLayer[]): boolean {
  return layers.every(({ fields, instead }) => instead === undefined && fields.every(({ agrees }) => agrees));
}

/** What stands in a layer instead of another; every body can be read as a payload. */
function otherLayer(name: LayerName, { inner, bodyAt, bodyEnd }: ReadLayer): string | undefined {
  if (name === 'payload' || name === inner) return undefined;
  if (inner !== 'payload') return inner;
  return bodyAt === bodyEnd ? 'nothing' : `${bodyEnd - bodyAt} bytes of payload`;
}

function compareFields(expected: Readonly<Record<string, unknown>>, { fields, faults }: ReadLayer): ComparedField[] {
  const named = Object.entries(expected).map(([name, value]) => {
    return { name, expected: value, seen: fields[name], fault: undefined, agrees: matchesPattern(value, fields[name]) };
  });
  const faulty = [...faults].filter(([name]) => !(name in expected));
  return [
    ...named,
    ...faulty.map(([name, fault]) => ({ name, expected: undefined, seen: fields[name], fault, agrees: false })),
  ];
}
