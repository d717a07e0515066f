/**
 * One case of bench:tcp on the memory link, in a process of its own: `node --expose-gc memory-case.js NAME` prints a
 * line of JSON.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { tuneEngine } from 'lunetta';
import { round, spread, type Figure } from '../report.js';
import { MemoryPair } from './memory-pair.js';

const ROUNDS = 7;
const BULK_BYTES = 200_000_000;
const CHUNK = 65_536;
const REQUESTS = 100_000;
/** Requests under way at a time. */
const WINDOW = 64;
const REQUEST = new Uint8Array(64).fill(0x78);
const IDLE_GOAL_BYTES = 1024;
const IDLE_TURNS = 100_000;

const CASES: Readonly<Record<string, () => Figure | Promise<Figure>>> = {
  'memory-bulk': bulk,
  'memory-request-10': () => requests(10, 10),
  'memory-request-10-of-100000': () => requests(10, 100_000),
  'memory-request-100000': () => requests(100_000, 100_000),
  'memory-idle-1000': () => idle(1000),
  'memory-idle-10000': () => idle(10_000),
  'memory-idle-100000': () => idle(100_000),
};

/** One connection, as fast as it goes; both stacks share a core. */
function bulk(): Figure {
  const pair = new MemoryPair();
  pair.open(1);
  const [client] = pair.clients;
  const [server] = pair.servers;
  const chunk = new Uint8Array(CHUNK);
  let received = 0;
  const push = (): void => {
    while (client.write(chunk) === CHUNK);
  };
  client.onWritable = push;
  server.onReadable = () => {
    received += server.readableLength;
    server.consume(server.readableLength);
  };
  push();
  const transfer = (): number => {
    const [from, begin] = [received, process.hrtime.bigint()];
    while (received - from < BULK_BYTES) pair.turn();
    return (8 * (received - from) * 1000) / Number(process.hrtime.bigint() - begin);
  };
  transfer();
  return { case: name, unit: 'Mbit/s', ...spread(Array.from({ length: ROUNDS }, transfer)) };
}

/** Requests and their answers, a window of them under way, going round `used` of `open` connections. */
function requests(used: number, open: number): Figure {
  const pair = new MemoryPair();
  pair.open(open);
  const { clients, servers } = pair;
  const answer = new Uint8Array(CHUNK);
  let done = 0;
  for (const connection of servers) {
    connection.noDelay = true;
    connection.onReadable = () => void connection.write(answer.subarray(0, connection.read(answer)));
  }
  const active = clients.filter((_, i) => i % (open / used) === 0);
  for (const connection of active) {
    connection.noDelay = true;
    connection.onReadable = () => {
      connection.consume(connection.readableLength);
      done++;
    };
  }
  let next = 0;
  let asked = 0;
  const ask = (count: number): number => {
    const [end, begin] = [done + count, process.hrtime.bigint()];
    while (done < end) {
      for (; asked - done < Math.min(WINDOW, used); asked++) {
        active[next].write(REQUEST);
        next = (next + 1) % used;
      }
      pair.turn();
    }
    return Number(process.hrtime.bigint() - begin) / count;
  };
  ask(2 * REQUESTS);
  return {
    case: name,
    unit: 'ns a request of both stacks',
    ...spread(Array.from({ length: ROUNDS }, () => ask(REQUESTS))),
  };
}

/** What connections take that have moved some bytes and now do nothing. */
async function idle(count: number): Promise<Figure> {
  const pair = new MemoryPair();
  pair.open(1);
  const before = await heapBytes();
  pair.open(1 + count);
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
  const begin = process.cpuUsage();
  for (let i = 0; i < IDLE_TURNS; i++) pair.turn();
  const { user } = process.cpuUsage(begin);
  const bytes = ((await heapBytes()) - before) / (2 * count);
  return {
    case: name,
    unit: 'bytes an idle connection',
    ...spread([bytes]),
    turnNs: round((user * 1000) / (2 * IDLE_TURNS)),
    goals: bytes < IDLE_GOAL_BYTES ? 'met' : 'missed',
  };
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
