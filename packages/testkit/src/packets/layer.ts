/** Names of the layers; `payload` is bytes that nobody reads further. */
export type LayerName = 'ethernet' | 'vlan' | 'arp' | 'ipv4' | 'icmp' | 'igmp' | 'udp' | 'tcp' | 'payload';

/** Fields by their names. */
export type Fields = Readonly<Record<string, unknown>>;

/** A layer of a packet that is built. */
export interface Layer {
  readonly name: LayerName;
  readonly fields: Fields;
}

/** Where a layer stands in a packet that is built. */
export interface Surroundings {
  /** The layers around it, the outermost first. */
  readonly outer: readonly Layer[];
  /** The layer in it, if there is one. */
  readonly inner: LayerName | undefined;
}

/** A layer as it was read from bytes. */
export interface ReadLayer {
  readonly name: LayerName;
  readonly fields: Fields;
  /** What is wrong with a field: a length or a checksum that does not hold. By the field's name. */
  readonly faults: ReadonlyMap<string, string>;
  /** Why the layer cannot be read; then it has no fields. */
  readonly malformed?: string | undefined;
  /** What is in it. */
  readonly inner: LayerName;
  /** Where that begins and ends in the bytes of the packet. */
  readonly bodyAt: number;
  readonly bodyEnd: number;
}

/** A layer to be read: bytes `[at, end)` of a packet, and what stands around them. */
export interface ReadRequest {
  readonly view: DataView;
  readonly at: number;
  readonly end: number;
  readonly outer: readonly ReadLayer[];
}

/** How a layer is written and read. */
export interface LayerKind {
  /** Puts a layer around a body; fields that are not given are right. */
  write(fields: Fields, body: Uint8Array, around: Surroundings): Uint8Array;
  read(request: ReadRequest): ReadLayer;
}

/** A layer that cannot be read; all of it counts as its body. */
export function malformedLayer(name: LayerName, { at, end }: ReadRequest, malformed: string): ReadLayer {
  return { name, fields: {}, faults: new Map(), malformed, inner: 'payload', bodyAt: at, bodyEnd: end };
}

/** Bytes `[at, end)`, copied. */
export function bytesOf(view: DataView, at: number, end: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + at, end - at).slice();
}

/** Joins bytes. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** A number of 16 bits as `0x0800`. */
export function hex16(value: number): string {
  return `0x${value.toString(16).padStart(4, '0')}`;
}
