import { matcherErrorMessage, matcherHint, printWithType, stringify } from 'jest-matcher-utils';

/** What a matcher tells jest. */
export interface Verdict {
  readonly pass: boolean;
  message(): string;
}

/** What a matcher found; `explain` is asked for when it fails, with or without `.not`. */
export function verdict(
  name: string,
  received: string,
  expected: string,
  pass: boolean,
  explain: () => string,
): Verdict {
  return { pass, message: () => `${matcherHint(name, received, expected, { isNot: pass })}\n\n${explain()}` };
}

/**
 * Holds the user of a matcher to what it can compare.
 *
 * @throws Error that says what is wanted
 */
export function mustBe(name: string, isRight: boolean, role: string, wanted: string, value: unknown): asserts isRight {
  if (isRight) return;
  throw new Error(
    matcherErrorMessage(matcherHint(name), `${role} must be ${wanted}`, printWithType('It', value, stringify)),
  );
}
