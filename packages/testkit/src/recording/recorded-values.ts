/** What stands in a recording for a value. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** Bytes in hexadecimal. */
export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
}

/** The bytes of {@link toHex}. */
export function fromHex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'hex'));
}

/**
 * The names of what has identity in a run (sockets, interfaces, callbacks): given in the order in which things were
 * made, so that they are the same when the run is replayed.
 */
export class ObjectNames {
  private readonly names = new WeakMap<object, string>();
  private readonly made = new Map<string, number>();

  /** Names something new, such as `socket1`. */
  add(object: object, kind: string): string {
    const number = (this.made.get(kind) ?? 0) + 1;
    this.made.set(kind, number);
    return this.set(object, `${kind}${number}`);
  }

  /** Gives an object a name of its own. */
  set(object: object, name: string): string {
    this.names.set(object, name);
    return name;
  }

  /** A value as it stands in a recording; undefined becomes null, members that are undefined are left out. */
  encode(value: unknown): Json {
    if (value === undefined || value === null) return null;
    if (typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number') return value;
    if (typeof value !== 'object' && typeof value !== 'function')
      throw new TypeError(`a ${typeof value} is not recorded`);
    const name = this.names.get(value);
    if (name !== undefined) return { object: name };
    if (value instanceof Uint8Array) return { hex: toHex(value) };
    if (Array.isArray(value)) return value.map((each) => this.encode(each));
    const members = Object.entries(value).filter(([, member]) => member !== undefined);
    return Object.fromEntries(members.map(([key, member]) => [key, this.encode(member)]));
  }
}

/** The value that stands behind what {@link ObjectNames.encode} made; null becomes undefined. */
export function decodeValue(value: Json, find: (name: string) => unknown): unknown {
  if (value === null) return undefined;
  if (typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map((each) => decodeValue(each, find));
  if (typeof value['hex'] === 'string') return fromHex(value['hex']);
  if (typeof value['object'] === 'string') return find(value['object']);
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, decodeValue(member, find)]));
}
