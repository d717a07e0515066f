import { describe, expect, test } from '@jest/globals';
import { COUNT_FREE, DESCRIPTOR_WORDS, HANDLE, type LinkPort, type LinkQueue } from '@lunetta/core';
import { createMemoryCable, FaultyPort, PortFarEnd, SeededRandom, VirtualHost } from '@lunetta/testkit';

/** What a stack does next on its way to sleep. */
type Step = 'poll' | 'arm' | 'pollOnceMore' | 'sleep';
/** In which order; after a poll that received something it starts again. */
type Protocol = readonly Step[];

const EDGE: Protocol = ['poll', 'arm', 'pollOnceMore', 'sleep'];
const LEVEL: Protocol = ['poll', 'arm', 'sleep'];

type Kind = 'edge' | 'level';

/** All that matters of a queue and its stack. */
interface State {
  /** Frames that still come. */
  readonly toCome: number;
  /** Frames that wait to be polled for; a poll takes one. */
  readonly waiting: number;
  readonly armed: boolean;
  /** A wake-up is under way. */
  readonly pending: boolean;
  /** Index into the protocol; its length: asleep. */
  readonly at: number;
}

const START: State = { toCome: 4, waiting: 0, armed: false, pending: false, at: 0 };

/** A frame waits, the stack sleeps, and no wake-up comes: it may be so for ever. */
function isStall(state: State, protocol: Protocol): boolean {
  return state.at === protocol.length && state.waiting > 0 && !state.pending;
}

/** Every state that may come next. */
function successors(state: State, wakeup: Kind, protocol: Protocol): State[] {
  const next: State[] = [];
  if (state.toCome > 0) {
    const arrived = { ...state, toCome: state.toCome - 1, waiting: state.waiting + 1 };
    next.push(state.armed ? { ...arrived, armed: false, pending: true } : arrived);
  }
  const asleep = state.at === protocol.length;
  // Wake-ups come from the event loop: to a stack that sleeps, or between two of its turns.
  if (state.pending && (asleep || state.at === 0)) next.push({ ...state, pending: false, at: 0 });
  if (!asleep) next.push(step(state, wakeup, protocol[state.at]));
  return next;
}

function step(state: State, wakeup: Kind, what: Step): State {
  const on = { ...state, at: state.at + 1 };
  switch (what) {
    case 'poll':
    case 'pollOnceMore':
      return state.waiting > 0 ? { ...state, waiting: state.waiting - 1, at: 0 } : on;
    case 'arm':
      // Arming while a wake-up is under way is served by that one.
      if (state.pending) return on;
      return wakeup === 'level' && state.waiting > 0 ? { ...on, pending: true } : { ...on, armed: true };
    case 'sleep':
      return on;
  }
}

/** Explores all reachable states. @returns the number of states, and the way to a stall if there is one */
function explore(wakeup: Kind, protocol: Protocol): { states: number; stall: State[] | undefined } {
  const cameFrom = new Map<string, State | undefined>([[JSON.stringify(START), undefined]]);
  const open = [START];
  for (let state = open.pop(); state; state = open.pop()) {
    if (isStall(state, protocol)) return { states: cameFrom.size, stall: wayTo(state, cameFrom) };
    for (const next of successors(state, wakeup, protocol)) {
      const key = JSON.stringify(next);
      if (cameFrom.has(key)) continue;
      cameFrom.set(key, state);
      open.push(next);
    }
  }
  return { states: cameFrom.size, stall: undefined };
}

function wayTo(state: State, cameFrom: ReadonlyMap<string, State | undefined>): State[] {
  const way: State[] = [];
  for (let at: State | undefined = state; at; at = cameFrom.get(JSON.stringify(at))) way.unshift(at);
  return way;
}

describe('wake-up, all interleavings of arrive, poll, arm, wake and sleep in a model', () => {
  test.each([
    ['edge', EDGE],
    ['level', LEVEL],
    // Polling once more does no harm, and what counts is that a poll follows the arming.
    ['level', EDGE],
    ['edge', ['arm', 'poll', 'sleep']],
  ] as [Kind, Protocol][])('%s: a stack that goes to sleep by %j never sleeps over a frame', (wakeup, protocol) => {
    const { states, stall } = explore(wakeup, protocol);
    expect(stall).toBeUndefined();
    expect(states).toBeGreaterThan(50);
  });

  test.each([
    ['edge', ['poll', 'arm', 'sleep'], 'does not poll once more'],
    ['edge', ['poll', 'pollOnceMore', 'arm', 'sleep'], 'polls once more before it arms'],
    ['edge', ['poll', 'sleep'], 'does not arm'],
    ['level', ['poll', 'sleep'], 'does not arm'],
  ] as [Kind, Protocol, string][])('%s: the model finds the stall of a stack that, by %j, %s', (wakeup, protocol) => {
    const { stall } = explore(wakeup, protocol);
    expect(isStall(stall?.at(-1) as State, protocol)).toBe(true);
  });
});

/** A real queue under a stack of the model's kind. */
class Sleeper {
  private at = 0;
  private received = 0;

  constructor(
    port: LinkPort,
    private readonly queue: LinkQueue,
    private readonly protocol: Protocol,
  ) {
    port.setListener({ onWake: () => (this.at = 0), onEvent: () => undefined });
  }

  get asleep(): boolean {
    return this.at === this.protocol.length;
  }

  /** Whether the event loop turns now: not in the middle of a turn of the stack. */
  get betweenTurns(): boolean {
    return this.asleep || this.at === 0;
  }

  get frames(): number {
    return this.received;
  }

  step(): void {
    const what = this.protocol[this.at++];
    if (what === 'arm') this.queue.arm();
    if (what !== 'poll' && what !== 'pollOnceMore') return;
    const { queue } = this;
    const count = queue.poll(0);
    for (let i = 0; i < count; i++) {
      queue.free[queue.counts[COUNT_FREE]++] = queue.rx[i * DESCRIPTOR_WORDS + HANDLE];
    }
    this.received += count;
    if (count > 0) this.at = 0;
  }
}

const ACTIONS = ['arrive', 'step', 'turn'] as const;
const LENGTH = 8;

/** Runs one interleaving on a real memory link. @returns whether a frame was slept over at any moment */
function stalls(choice: number, wakeup: Kind, protocol: Protocol, wrap: (port: LinkPort) => LinkPort): boolean {
  const host = new VirtualHost();
  const { scheduler } = host;
  const cable = createMemoryCable({ ...SMALL, scheduler, wakeup });
  const port = wrap(cable.a);
  const peer = new PortFarEnd(cable.b);
  const sleeper = new Sleeper(port, port.queue(0), protocol);
  let sent = 0;
  let left = choice;
  for (let i = 0; i < LENGTH; i++, left = Math.floor(left / ACTIONS.length)) {
    const action = ACTIONS[left % ACTIONS.length];
    if (action === 'arrive') sent += Number(peer.send(FRAME));
    else if (action === 'step' && !sleeper.asleep) sleeper.step();
    else if (action === 'turn' && sleeper.betweenTurns) host.settle();
    if (sleeper.asleep && sleeper.frames < sent && scheduler.pendingTurns === 0) return true;
  }
  // And in the end, left alone, it gets everything.
  for (let steps = 0; steps < 40; steps++) {
    if (sleeper.betweenTurns) host.settle();
    if (!sleeper.asleep) sleeper.step();
  }
  return sleeper.frames !== sent;
}

const FRAME = new Uint8Array(60);
const SMALL = { mtu: 300, buffers: 32, bufferSize: 512, burst: 1, txCapacity: 2, stock: 2, inFlight: 8 };

/** The first interleaving that stalls, as its events; undefined if there is none. */
function findStall(wakeup: Kind, protocol: Protocol, wrap: (port: LinkPort) => LinkPort = (port) => port) {
  for (let choice = 0; choice < ACTIONS.length ** LENGTH; choice++) {
    if (stalls(choice, wakeup, protocol, wrap)) {
      return Array.from(
        { length: LENGTH },
        (_, i) => ACTIONS[Math.floor(choice / ACTIONS.length ** i) % ACTIONS.length],
      );
    }
  }
  return undefined;
}

describe(`wake-up, all ${ACTIONS.length ** LENGTH} interleavings of ${LENGTH} events on a real memory link`, () => {
  const late = (port: LinkPort): LinkPort => new FaultyPort(port, { random: new SeededRandom(3), reordering: 1 });

  test('edge: no frame is slept over', () => expect(findStall('edge', EDGE)).toBeUndefined());
  test('level: no frame is slept over', () => expect(findStall('level', LEVEL)).toBeUndefined());
  test('edge, frames held back by a wrapper: none is slept over', () =>
    expect(findStall('edge', EDGE, late)).toBeUndefined());

  test('the run finds the stalls of stacks that go to sleep another way', () => {
    expect(findStall('edge', ['poll', 'arm', 'sleep'])).toBeDefined();
    expect(findStall('edge', ['poll', 'sleep'])).toBeDefined();
    expect(findStall('level', ['poll', 'sleep'])).toBeDefined();
  });
});
