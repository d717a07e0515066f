/** One case of bench:pcap in a process of its own: `node pcap-case.js NAME` prints lines of JSON. */
import { join } from 'node:path';
import { median, round, spread, type Figure } from '../report.js';
import { inFolder, packetsIn, writeRequests, type Format } from './inputs.js';
import { readOurs, readTheirs, type ReadTotals } from './reading.js';
import { replayEcho } from './replay.js';
import { virtualDay } from './virtual-day.js';

const ROUNDS = 5;
const FILE_BYTES = 200e6;
const REPLAYED = 2_000_000;
const READ_GOAL = 5;
const REPLAY_GOAL = 2;
const DAY_GOAL_S = 2;
const MEGA = 1e6;

type Case = () => Promise<Figure[]>;

const CASES: Readonly<Record<string, Case>> = {
  'read-pcap': readPcap,
  'read-pcap-ns': () => readOwn('pcap-ns'),
  'read-pcapng': () => readOwn('pcapng'),
  'replay-echo-10g': () => replay('replay-echo-10g', 10),
  'replay-echo-1g': () => replay('replay-echo-1g', 1),
  'virtual-day': day,
};

/** Our reader beside pcap-parser, in turn in one process. */
function readPcap(): Promise<Figure[]> {
  return inFolder(async (folder) => {
    const path = join(folder, 'in.pcap');
    const packets = packetsIn(FILE_BYTES, 'pcap');
    writeRequests(path, 'pcap', packets);
    const ours: number[] = [];
    const theirs: number[] = [];
    for (let i = 0; i < ROUNDS; i++) {
      const [mine, other] = [await timed(() => readOurs(path)), await timed(() => readTheirs(path))];
      if (JSON.stringify(mine.totals) !== JSON.stringify(other.totals)) throw new Error('the readers do not agree');
      ours.push(mine.rate);
      theirs.push(other.rate);
    }
    const ratio = median(ours.map((rate, i) => rate / theirs[i]));
    const figure = { unit: 'million packets/s of processor time', packets };
    return [
      {
        case: 'read-pcap',
        ...figure,
        ...spread(ours),
        ratios: { 'pcap-parser': round(ratio) },
        goal: READ_GOAL,
        isMet: ratio >= READ_GOAL,
      },
      { case: 'read-pcap with pcap-parser', ...figure, ...spread(theirs) },
    ];
  });
}

function readOwn(format: Format): Promise<Figure[]> {
  return inFolder(async (folder) => {
    const path = join(folder, 'in');
    const packets = packetsIn(FILE_BYTES, format);
    writeRequests(path, format, packets);
    const rates: number[] = [];
    for (let i = 0; i < ROUNDS; i++) {
      const { rate, totals } = await timed(() => readOurs(path));
      if (totals.packets !== packets) throw new Error(`${totals.packets} of ${packets} packets were read`);
      rates.push(rate);
    }
    return [{ case: `read-${format}`, unit: 'million packets/s of processor time', packets, ...spread(rates) }];
  });
}

function replay(name: string, gigabits: number): Promise<Figure[]> {
  return inFolder(async (folder) => {
    const [input, output] = [join(folder, 'in.pcap'), join(folder, 'out.pcapng')];
    writeRequests(input, 'pcap', REPLAYED, gigabits);
    const rates: number[] = [];
    const wallRates: number[] = [];
    for (let i = 0; i <= ROUNDS; i++) {
      const { seconds, cpuSeconds } = await replayEcho(input, output, REPLAYED);
      if (i === 0) continue; // the first one warms up
      rates.push(REPLAYED / cpuSeconds / MEGA);
      wallRates.push(REPLAYED / seconds / MEGA);
    }
    const figure = { case: name, unit: 'million echoes/s of processor time', ...spread(rates) };
    const more = { byTheClock: round(median(wallRates)), packets: REPLAYED, gigabits };
    return [{ ...figure, ...more, goal: REPLAY_GOAL, isMet: figure.value >= REPLAY_GOAL }];
  });
}

/** A day of an idle LAN of 100 stacks, in virtual time. */
async function day(): Promise<Figure[]> {
  const seconds: number[] = [];
  const wallSeconds: number[] = [];
  let frames = 0;
  for (let i = 0; i < ROUNDS; i++) {
    const time = await virtualDay();
    seconds.push(time.cpuSeconds);
    wallSeconds.push(time.seconds);
    frames = time.frames;
  }
  const figure = { case: 'virtual-day', unit: 's of processor time', ...spread(seconds) };
  const more = { byTheClock: round(median(wallSeconds)), frames };
  return [{ ...figure, ...more, goal: DAY_GOAL_S, isMet: figure.value < DAY_GOAL_S }];
}

async function timed(read: () => Promise<ReadTotals>): Promise<{ rate: number; totals: ReadTotals }> {
  const before = process.cpuUsage();
  const totals = await read();
  const { user, system } = process.cpuUsage(before);
  return { rate: totals.packets / (user + system), totals };
}

const [, , name] = process.argv;
if (name === '--list') {
  console.log(JSON.stringify(Object.keys(CASES)));
} else {
  const run = CASES[name];
  if (run === undefined) throw new Error(`no case '${name}'; there are ${Object.keys(CASES).join(', ')}`);
  console.log(JSON.stringify(await run()));
}
