/** A frame for the stack, `afterUs` microseconds after the step before. */
export interface FrameStep {
  readonly afterUs: number;
  readonly frame: Uint8Array;
}

/** A call for the stack, or whatever else the property does by that name. */
export interface CallStep {
  readonly afterUs: number;
  readonly call: readonly [name: string, ...args: (string | number | boolean)[]];
}

/** What happens to a stack in a fuzzed run, one thing after the other. */
export type FuzzStep = FrameStep | CallStep;

/** A frame out of hexadecimal, in pieces as one likes to read them. */
export function frameFromHex(...pieces: readonly string[]): Uint8Array {
  const text = pieces.join('').replaceAll(' ', '');
  if (!/^(?:[0-9a-f]{2})*$/i.test(text)) throw new RangeError(`'${text}' is not bytes in hexadecimal`);
  return Uint8Array.from(Buffer.from(text, 'hex'));
}
