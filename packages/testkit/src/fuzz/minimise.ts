import type { FuzzStep } from './fuzz-step.js';
import { shrinkStep } from './shrink-step.js';

/** Says whether steps still break the property. */
type Breaks = (steps: readonly FuzzStep[]) => Promise<boolean>;

/**
 * The fewest and simplest steps that break a property as the given ones do: no step of them can be left out, and none
 * can be one of its {@link shrinkStep}. (Delta debugging, Zeller and Hildebrandt, 2002.)
 *
 * @param tries how often `breaks` is asked at most
 */
export async function minimise(
  steps: readonly FuzzStep[],
  breaks: Breaks,
  tries: number,
): Promise<readonly FuzzStep[]> {
  let left = tries;
  const bounded: Breaks = async (candidate) => left-- > 0 && breaks(candidate);
  for (let before: readonly FuzzStep[] = []; before !== steps;) {
    before = steps;
    steps = await leaveOut(steps, bounded);
    steps = await simplify(steps, bounded);
  }
  return steps;
}

/** Leaves out what is not needed, in larger and smaller pieces. */
async function leaveOut(steps: readonly FuzzStep[], breaks: Breaks): Promise<readonly FuzzStep[]> {
  for (let piece = steps.length >> 1; piece > 0; piece >>= 1) {
    for (let at = 0; at < steps.length;) {
      const fewer = steps.toSpliced(at, piece);
      if (fewer.length > 0 && (await breaks(fewer))) steps = fewer;
      else at += piece;
    }
  }
  return steps;
}

/** Makes one step after the other as simple as it can be. */
async function simplify(steps: readonly FuzzStep[], breaks: Breaks): Promise<readonly FuzzStep[]> {
  for (let at = 0; at < steps.length;) {
    const simpler = await firstThatBreaks(steps, at, breaks);
    if (simpler === undefined) at++;
    else steps = simpler;
  }
  return steps;
}

async function firstThatBreaks(steps: readonly FuzzStep[], at: number, breaks: Breaks) {
  for (const step of shrinkStep(steps[at])) {
    const candidate = steps.with(at, step);
    if (await breaks(candidate)) return candidate;
  }
  return undefined;
}
