/**
 * One case of bench:tcp on the memory link, in a process of its own: `node --expose-gc memory-case.js NAME` prints a
 * line of JSON.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { tuneEngine } from 'lunetta';
import { median, round, spread, type Figure } from '../report.js';
import { bulkRates } from './bulk-transfer.js';
import { StackPair } from './stack-pair.js';
import { REQUEST, RequestLoad, WINDOW } from './request-load.js';
import { openRingPorts } from './ring-ports.js';

const ROUNDS = 7;
const REQUESTS = 100_000;
/** Active connections where the others are idle, and what those may make of the cost. */
const FEW = 10;
const FLAT = 1.1;
const IDLE_GOAL_BYTES = 1024;
const WARM_UP = 10_000;
/** Timers have expired by then, and what was lent to connections is let go. */
const SETTLING_MS = 4000;
const IDLE_TURNS = 100_000;
const IDLE_ROUNDS = 3;
/** Measured at a time at least, of several pairs of stacks if need be. */
const IDLE_CONNECTIONS = 10_000;

const CASES: Readonly<Record<string, () => Figure | Promise<Figure>>> = {
  'memory-bulk': bulk,
  'ring-bulk': ringBulk,
  'memory-request-10': () => requests(FEW, FEW),
  'memory-request-10-of-100000': () => flatness(100_000),
  'memory-request-100000': () => requests(100_000, 100_000),
  'memory-idle-1000': () => idle(1000),
  'memory-idle-10000': () => idle(10_000),
  'memory-idle-100000': () => idle(100_000),
};

/** One connection, as fast as it goes; both stacks share a core. */
function bulk(): Figure {
  return { case: name, unit: 'Mbit/s', ...spread(bulkRates(new StackPair())) };
}

/** The same over rings of DPDK's. */
async function ringBulk(): Promise<Figure> {
  return { case: name, unit: 'Mbit/s', ...spread(bulkRates(new StackPair(await openRingPorts()))) };
}

/** Requests and their answers, going round `used` of `open` connections. */
function requests(used: number, open: number): Figure {
  const load = new RequestLoad(used, open);
  load.ask(2 * REQUESTS);
  return {
    case: name,
    unit: 'ns a request of both stacks',
    ...spread(Array.from({ length: ROUNDS }, () => load.ask(REQUESTS))),
  };
}

/** As {@link requests}, of ten connections of ten and ten of many in turn, so that the rest of the machine disturbs both. */
function flatness(open: number): Figure {
  const loads = [new RequestLoad(FEW, FEW), new RequestLoad(FEW, open)] as const;
  for (const load of loads) load.ask(2 * REQUESTS);
  const rounds = Array.from({ length: 2 * ROUNDS }, () => loads.map((load) => load.ask(REQUESTS / 2)));
  const ratio = round(median(rounds.map(([few, many]) => many / few)));
  return {
    case: name,
    unit: 'ns a request of both stacks',
    ...spread(rounds.map(([, many]) => many)),
    ratios: { [`memory-request-${FEW}`]: ratio },
    goals: ratio <= FLAT ? 'met' : `missed: at most ${FLAT}`,
  };
}

/**
 * What connections take that have moved some bytes and now do nothing: what as many pairs of stacks with few connections
 * do not take. Those come second, for the engine compiles as long as anything runs, and its code would count as theirs.
 */
async function idle(count: number): Promise<Figure> {
  used(1, WARM_UP); // what is made once is there before
  const bytes: number[] = [];
  let turnNs = 0;
  for (let i = 0; i < IDLE_ROUNDS; i++) {
    // A compiled function more or less is nothing beside so many.
    const number = Math.max(1, IDLE_CONNECTIONS / count);
    let pairs = used(number, WINDOW + count);
    const withAll = await heapBytes();
    turnNs = idleTurnNs(pairs[0]); // and so the pairs have not been collected before
    pairs = used(number, WINDOW);
    bytes.push((withAll - (await heapBytes())) / (2 * count * number));
    pairs[0].turn();
  }
  return {
    case: name,
    unit: 'bytes an idle connection',
    ...spread(bytes),
    turnNs,
    goals: median(bytes) < IDLE_GOAL_BYTES ? 'met' : `missed: under ${IDLE_GOAL_BYTES}`,
  };
}

/** Processor time of a stack's turn. */
function idleTurnNs(pair: StackPair): number {
  const begin = process.cpuUsage();
  for (let i = 0; i < IDLE_TURNS; i++) pair.turn();
  return round((process.cpuUsage(begin).user * 1000) / (2 * IDLE_TURNS));
}

/** Pairs of stacks with `count` connections each, of which each has moved a request and is idle. */
function used(number: number, count: number): StackPair[] {
  const pairs = Array.from({ length: number }, () => new StackPair());
  for (const pair of pairs) useAll(pair, count);
  const end = performance.now() + SETTLING_MS;
  while (performance.now() < end) for (const pair of pairs) pair.turn();
  return pairs;
}

/** Opens connections until there are `count`, and has each move a request. */
function useAll(pair: StackPair, count: number): void {
  pair.open(count);
  const { clients, servers } = pair;
  for (let i = 0; i < clients.length; i++) {
    clients[i].write(REQUEST);
    if (i % WINDOW === 0) pair.turn();
  }
  let acknowledged = 0;
  pair.turnUntil(() => {
    while (acknowledged < clients.length && clients[acknowledged].bufferedLength === 0) acknowledged++;
    return acknowledged === clients.length;
  });
  for (const server of servers) server.consume(server.readableLength);
}

/** Bytes in use, those of array buffers too, after a collection. */
async function heapBytes(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    globalThis.gc!();
    await nextTurn();
  }
  const { heapUsed, external } = process.memoryUsage(); // array buffers count as external
  return heapUsed + external;
}

tuneEngine(); // as createStack does
const name = process.argv[2] ?? '';
const measure = CASES[name];
if (name === '--list') console.log(JSON.stringify(Object.keys(CASES)));
else if (measure !== undefined) console.log(JSON.stringify(await measure()));
else throw new Error(`no case '${name}'; --list names them`);
