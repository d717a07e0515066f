import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VirtualLan, type VirtualLanOptions } from './virtual-lan.js';

/** How {@link withLan} makes a LAN. */
export interface WithLanOptions extends VirtualLanOptions {
  /** Where a failing run leaves its capture. A new folder in the system's folder for temporary files if not given. */
  readonly captureFolder?: string | undefined;
}

/**
 * Runs the body of a test with a LAN of its own, which is closed afterwards. If either fails, the last frames of every
 * cable are left behind as a pcapng file, whose path is in the message of the error.
 *
 *     test('an answer', () => withLan({ seed: 7 }, async (lan) => { ... }));
 *
 * @throws (rejects) what the body threw, or `lan.close()`
 */
export async function withLan<Result>(
  options: WithLanOptions,
  body: (lan: VirtualLan) => Promise<Result> | Result,
): Promise<Result> {
  const lan = new VirtualLan(options);
  try {
    const result = await body(lan);
    await lan.close();
    return result;
  } catch (error) {
    throw withNote(error, `${saveHistory(lan, options)}${await closeAnyway(lan)}`);
  }
}

/** Closes a LAN whose test has failed; what to tell of it, for what is wrong now may well come of that failure. */
async function closeAnyway(lan: VirtualLan): Promise<string> {
  try {
    await lan.close();
    return '';
  } catch (error) {
    return `\nclosing it afterwards: ${String(error)}`;
  }
}

/** Writes what was on the cables; what to tell of it. */
function saveHistory(lan: VirtualLan, { captureFolder }: WithLanOptions): string {
  try {
    const path = join(captureFolder ?? mkdtempSync(join(tmpdir(), 'lunetta-lan-')), 'lan.pcapng');
    lan.saveHistory(path);
    return `what was on the cables (seed ${lan.seed}): ${path}`;
  } catch (cause) {
    return `what was on the cables could not be saved: ${String(cause)}`;
  }
}

/** The same error, its message longer by a note; test runners print the stack, where the message stands too. */
function withNote(error: unknown, note: string): Error {
  if (!(error instanceof Error)) return new Error(`${String(error)}\n${note}`, { cause: error });
  const { message, stack = '' } = error;
  const longer = `${message}\n${note}`;
  error.message = longer;
  error.stack = stack.includes(message) ? stack.replace(message, () => longer) : `${stack}\n${note}`;
  return error;
}
