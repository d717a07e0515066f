import { LunettaError } from '@lunetta/core';

/** What is wrong with a capture, and at which byte of it. */
export function captureError(name: string, offset: number, what: string, cause?: unknown): LunettaError {
  return new LunettaError('LUNETTA_ERR_CAPTURE', `${name}: at byte ${offset}: ${what}`, { cause });
}
