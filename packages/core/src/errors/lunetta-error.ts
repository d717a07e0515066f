/** Codes of {@link LunettaError}. */
export type LunettaErrorCode =
  | 'LUNETTA_ERR_CONFIG'
  | 'LUNETTA_ERR_DRIVER_NOT_FOUND'
  | 'LUNETTA_ERR_DRIVER_INVALID'
  | 'LUNETTA_ERR_ADDON_NOT_BUILT'
  | 'LUNETTA_ERR_PLATFORM'
  | 'LUNETTA_ERR_PERMISSION'
  | 'LUNETTA_ERR_DEVICE'
  | 'LUNETTA_ERR_DEVICE_BUSY'
  | 'LUNETTA_ERR_DEVICE_NAME'
  | 'LUNETTA_ERR_CAPTURE'
  | 'LUNETTA_ERR_MISUSE'
  | 'LUNETTA_ERR_CLOSED';

/**
 * Misuse, wrong configuration, missing rights or a missing library: thrown at the front door, never from the packet
 * path. The message says what is wrong, where, and the command or setting that mends it.
 */
export class LunettaError extends Error {
  override readonly name = 'LunettaError';

  constructor(
    readonly code: LunettaErrorCode,
    message: string,
    options?: { readonly cause?: unknown },
  ) {
    super(message, options);
  }
}
