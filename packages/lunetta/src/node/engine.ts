import { setFlagsFromString } from 'node:v8';

let isTuned = false;

/**
 * Lets V8 put more of the packet path into one piece of machine code: an echo takes two thirds of the time
 * (`docs/adr/0004-engine-flag.md`). Holds for the whole process, for what is compiled from now on.
 * `LUNETTA_ENGINE_FLAGS=off` in the environment leaves V8 as it is.
 */
export function tuneEngine(): void {
  if (isTuned || process.env['LUNETTA_ENGINE_FLAGS'] === 'off') return;
  isTuned = true;
  setFlagsFromString('--max-inlined-bytecode-size-cumulative=9000'); // V8's own value is 920
  setFlagsFromString('--max-inlined-bytecode-size-absolute=9000'); // V8's own value is 4600
}
