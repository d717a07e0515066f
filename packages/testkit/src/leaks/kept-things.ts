/** Something that the kit has made in a test and that is closed and checked after it. */
export interface KeptThing {
  /** `network`: closes itself, first; `stack`; `port`: what stacks stood on; `host`: whose loop closes stacks and ports. */
  readonly role: 'network' | 'stack' | 'port' | 'host';
  /** Ends it; it may be ended already. */
  close(): Promise<void> | void;
  /** What is wrong with it once all is closed. */
  faults(): string[];
}

/** Turns of the virtual event loop that closing may take. */
const CLOSING_TURNS = 10_000;

/** What was made in the test that runs now; undefined between tests, and where nobody checks. */
let kept: KeptThing[] | undefined;

/** Has a thing closed and checked after the test in which it was made; outside of one it is its maker's. */
export function keep(thing: KeptThing): void {
  kept?.push(thing);
}

/** A test begins: from now on things are kept. */
export function beginKeeping(): void {
  kept = [];
}

/**
 * A test has ended: closes what it has made, and holds it to account.
 *
 * @throws Error (rejects) with everything that is not accounted for
 */
export async function checkKept(): Promise<void> {
  const things = kept ?? [];
  kept = undefined;
  const hosts = things.filter(({ role }) => role === 'host');
  const faults = await failuresOf(things.filter(({ role }) => role === 'network').map(async (thing) => thing.close()));
  for (const role of ['stack', 'port'] as const) {
    faults.push(
      ...(await closeAll(
        things.filter((thing) => thing.role === role),
        hosts,
      )),
    );
  }
  faults.push(...things.flatMap((thing) => thing.faults()));
  if (faults.length === 0) return;
  throw new Error(`the test leaves things unaccounted for:\n  ${[...new Set(faults)].join('\n  ')}`);
}

/**
 * Has what a piece of work makes closed and checked as soon as the work is done, not at the end of the test: a test of
 * a hundred thousand runs would hold the memory of all of them.
 *
 * @throws Error (rejects) with what the work throws, else with everything that is not accounted for
 */
export async function keepApart(work: () => unknown): Promise<void> {
  if (kept === undefined) {
    await work();
    return;
  }
  const outer = kept;
  beginKeeping();
  const [working] = await Promise.allSettled([(async () => work())()]);
  const [checking] = await Promise.allSettled([checkKept()]);
  kept = outer;
  for (const outcome of [working, checking]) if (outcome.status === 'rejected') throw outcome.reason;
}

/** Closes things, their loops running meanwhile; what went wrong. */
async function closeAll(things: readonly KeptThing[], hosts: readonly KeptThing[]): Promise<string[]> {
  let isDone = things.length === 0;
  const closing = failuresOf(things.map(async (thing) => thing.close())).finally(() => (isDone = true));
  const faults: string[] = [];
  for (let turns = 0; !isDone && turns < CLOSING_TURNS; turns++) {
    for (const host of hosts) {
      try {
        await host.close();
      } catch (error) {
        faults.push(String(error));
      }
    }
    await Promise.resolve();
  }
  if (!isDone) return [...faults, `something does not close within ${CLOSING_TURNS} turns`];
  return [...faults, ...(await closing)];
}

async function failuresOf(closing: readonly Promise<void>[]): Promise<string[]> {
  const outcomes = await Promise.allSettled(closing);
  return outcomes.filter((outcome) => outcome.status === 'rejected').map(({ reason }) => String(reason));
}
