import { LunettaError, SeededRandom, type Clock, type Random } from '@lunetta/core';
import { NodeClock } from '../node/node-clock.js';
import { NodeRandom } from '../node/node-random.js';
import { NodeScheduler } from '../node/node-scheduler.js';
import { ReplayClock, ReplayScheduler } from '../node/replay-time.js';

/** What a stack lives on: the machine's time and randomness, or a capture's time and the same randomness every time. */
export interface NodeHost {
  readonly clock: Clock;
  readonly scheduler: NodeScheduler;
  readonly random: Random;
  /** Of a capture's time: sets its first moment. */
  begin(us: number): void;
}

/** What an interface says of time. */
export interface InterfaceTime {
  readonly name: string;
  /** `LinkDriver.timeFactor`; undefined for frames that come when they come. */
  readonly factor: number | undefined;
}

/** The seed of a replay that none is given for. */
const DEFAULT_SEED = 1;

/**
 * Chooses the host for the interfaces of a stack.
 *
 * @param seed of the random numbers of a replay
 * @param source where the configuration stands, for messages
 * @throws LunettaError `LUNETTA_ERR_CONFIG` if the interfaces do not fit together in one time, or for a seed without a
 *   replay: what goes over a live link must not be guessable
 */
export function chooseHost(interfaces: readonly InterfaceTime[], seed: number | undefined, source: string): NodeHost {
  const [first, ...others] = interfaces;
  const misfit = others.find(({ factor }) => factor !== first.factor);
  if (misfit !== undefined) {
    throw new LunettaError(
      'LUNETTA_ERR_CONFIG',
      `${source}: the interfaces '${first.name}' and '${misfit.name}' live in different times (${timeText(first)}, ` +
        `${timeText(misfit)}). A stack has one clock: give them the same 'clock' option, or a stack each`,
    );
  }
  if (first.factor !== undefined) return replayHost(first.factor, seed ?? DEFAULT_SEED);
  if (seed !== undefined) {
    throw new LunettaError(
      'LUNETTA_ERR_CONFIG',
      `${source}: seed: only for a stack that replays captures; on a live link random numbers must not be guessable`,
    );
  }
  const none = (): void => {};
  return { clock: new NodeClock(), scheduler: new NodeScheduler(), random: new NodeRandom(), begin: none };
}

function replayHost(factor: number, seed: number): NodeHost {
  const clock = new ReplayClock(factor, new NodeClock());
  const random = new SeededRandom(seed);
  return { clock, scheduler: new ReplayScheduler(clock), random, begin: (us) => clock.begin(us) };
}

function timeText({ factor }: InterfaceTime): string {
  if (factor === undefined) return "the machine's";
  return factor === Infinity ? 'as fast as possible' : `${factor} times as recorded`;
}
