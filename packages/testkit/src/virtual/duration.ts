/** A length of time: microseconds, or a number with its unit, such as `'10us'`, `'250ms'`, `'3s'`, `'5min'`, `'2h'`. */
export type Duration = number | `${number}${'us' | 'ms' | 's' | 'min' | 'h'}`;

const UNITS_US: Readonly<Record<string, number>> = { us: 1, ms: 1e3, s: 1e6, min: 60e6, h: 3600e6 };

/**
 * A {@link Duration} in microseconds.
 *
 * @throws RangeError if it is not a duration, or a negative one
 */
export function durationUs(duration: Duration): number {
  if (typeof duration === 'number') return checked(duration, duration);
  const match = /^(\d+(?:\.\d+)?)(us|ms|s|min|h)$/.exec(duration);
  return checked(Number(match?.[1]) * (UNITS_US[match?.[2] ?? ''] ?? NaN), duration);
}

function checked(us: number, given: Duration): number {
  if (!(us >= 0 && us < Infinity)) {
    throw new RangeError(`'${given}' is not a duration: give microseconds or a number with us, ms, s, min or h`);
  }
  return us;
}
