import { describe, expect, test } from '@jest/globals';
import { LunettaError, Stack, type LinkPort } from '@lunetta/core';
import { MemorySink, PcapngWriter } from '@lunetta/driver-pcap';
import {
  createMemoryCable,
  expectConserved,
  FaultyPort,
  parseRecording,
  recordStack,
  replayRun,
  SeededRandom,
  VirtualHost,
  type Recording,
} from '@lunetta/testkit';

const ADDRESS = '10.0.0.1';
const PEER = '10.0.0.2';
const decoder = new TextDecoder();

interface Lan {
  readonly host: VirtualHost;
  /** The recorded one. */
  readonly stack: Stack;
  readonly peer: Stack;
  readonly cable: ReturnType<typeof createMemoryCable>;
  /** Ends both stacks; the recording. */
  end(): Promise<Recording>;
}

/** Two stacks on a cable, one of them recorded. */
function startLan(wrap: (port: LinkPort) => LinkPort = (port) => port, seed = 7): Lan {
  const host = new VirtualHost({ seed });
  const sink = new MemorySink();
  const cable = createMemoryCable({ scheduler: host.scheduler, buffers: 1200 });
  const stack = recordStack(host, sink);
  stack.addInterface(wrap(cable.a), { name: 'lan', addresses: [`${ADDRESS}/24`] });
  const peer = new Stack(host);
  peer.addInterface(cable.b, { name: 'peer', addresses: [`${PEER}/24`], mode: 'interrupt' });
  return {
    host,
    stack,
    peer,
    cable,
    end: async () => {
      host.settle();
      expectConserved(stack);
      await closeInVirtualTime(host, stack, peer);
      return parseRecording(decoder.decode(sink.bytes));
    },
  };
}

async function closeInVirtualTime(host: VirtualHost, ...stacks: Stack[]): Promise<void> {
  let isClosed = false;
  const closing = Promise.all(stacks.map((stack) => stack.close())).finally(() => (isClosed = true));
  while (!isClosed) {
    host.settle();
    await Promise.resolve();
  }
  await closing;
}

/** An application that uses all that a socket has. */
function runApplication({ host, stack, peer }: Lan): void {
  const echo = stack.udp.open();
  echo.onDatagram = (datagram) => {
    const { bytes } = datagram;
    if (bytes[0] % 3 === 0)
      bytes[1] ^= 0xff; // an answer that differs
    else if (bytes[0] % 7 === 0) datagram.retain()?.release();
    datagram.reply(bytes[0] % 5 === 0 ? datagram.length + 1 : undefined);
    if (bytes[0] === 11) throw new Error('the application is wrong');
  };
  echo.bind({ port: 7 });
  const queue = stack.udp.open();
  queue.ttl = 9;
  queue.receiveBufferSize = 1000;
  queue.bind({ port: 9 });
  const connected = stack.udp.open();
  const errors: string[] = [];
  connected.onError = (error) => void errors.push(error.code);
  connected.connect(PEER, 4);
  expect(() => connected.bind({ port: 7 })).toThrow('EINVAL');
  const asker = peer.udp.open();
  asker.onDatagram = () => undefined;
  for (let i = 0; i < 40; i++) {
    asker.send(Uint8Array.of(i, 1, 2, 3), ADDRESS, i % 4 === 0 ? 9 : 7);
    connected.send(Uint8Array.of(i));
    if (i % 8 === 0)
      stack.ping(i === 8 ? '10.0.0.99' : PEER, { size: i }, () => void connected.send(Uint8Array.of(99)));
    if (i === 11) expect(() => host.advance('300ms')).toThrow('the application is wrong');
    else host.advance('300ms');
    for (let waiting = queue.receive(); waiting !== undefined; waiting = queue.receive());
  }
  expect(errors).toContain('ECONNREFUSED');
  queue.close();
}

test('the replay of a run is the run, frame by frame and call by call', async () => {
  const lan = startLan();
  runApplication(lan);
  const recording = await lan.end();
  expect(recording.records.length).toBeGreaterThan(300);
  expect(await replayRun(recording)).toEqual({ records: recording.records.length, difference: undefined });
});

test('a run with loss, reordering and bit errors is replayed without them', async () => {
  const faults = { random: new SeededRandom(3), loss: 0.1, reordering: 0.2, duplication: 0.1, corruption: 0.1 };
  const lan = startLan((port) => new FaultyPort(port, faults));
  runApplication(lan);
  const recording = await lan.end();
  expect(await replayRun(recording)).toEqual({ records: recording.records.length, difference: undefined });
});

test('chains, a link that goes down and comes back, another MTU', async () => {
  const host = new VirtualHost();
  const sink = new MemorySink();
  const cable = createMemoryCable({ scheduler: host.scheduler, segmentSize: 300 });
  const stack = recordStack(host, sink, { seed: 2 });
  const peer = new Stack(host);
  const events: string[] = [];
  stack.onLinkEvent = (_, event) => void events.push(event);
  stack.addInterface(cable.a, { name: 'lan', addresses: [`${ADDRESS}/24`] });
  peer.addInterface(cable.b, { name: 'peer', addresses: [`${PEER}/24`] });
  const echo = stack.udp.open();
  echo.onDatagram = (datagram) => void datagram.reply();
  echo.bind({ port: 7 });
  const asker = peer.udp.open();
  for (const step of ['down', 'up', 'mtu'] as const) {
    asker.send(new Uint8Array(1200).fill(1), ADDRESS, 7);
    host.advance('1s');
    if (step === 'mtu') cable.setMtu(900);
    else cable.setLinkState(step);
    host.settle(); // it is told in a turn of its own; what is sent before that fits the old MTU
    stack.ping(PEER, { size: 880 }, () => undefined);
    host.advance('2s');
  }
  await closeInVirtualTime(host, stack, peer);
  expect(events).toEqual(['down', 'up', 'mtu']);
  const recording = parseRecording(decoder.decode(sink.bytes));
  expect(JSON.stringify(recording.records)).toContain('"segments":[300,300,300,300,42]');
  expect(await replayRun(recording)).toEqual({ records: recording.records.length, difference: undefined });
});

test('a clock that goes on while the stack works, as that of a busy machine', async () => {
  const host = new VirtualHost();
  let lateUs = 0;
  const clock = { nowUs: () => host.clock.nowUs() + (lateUs += 90) };
  const sink = new MemorySink();
  const cable = createMemoryCable({ scheduler: host.scheduler });
  const { scheduler, random } = host;
  const stack = recordStack({ clock, scheduler, random, onStack: (made) => host.onStack(made) }, sink, { seed: 2 });
  const peer = new Stack(host);
  host.advance('10s'); // what an interface starts counts from now, not from when the stack was made
  stack.addInterface(cable.a, { name: 'lan', addresses: [`${ADDRESS}/24`] });
  peer.addInterface(cable.b, { name: 'peer', addresses: [`${PEER}/24`] });
  const echo = stack.udp.open();
  echo.onDatagram = (datagram) => {
    datagram.reply();
    echo.send(Uint8Array.of(1), PEER, 5);
    if (datagram.bytes[0] % 50 === 0)
      stack.ping('10.0.0.77', { timeoutMs: 20 }, () => void echo.send(Uint8Array.of(2), PEER, 5));
  };
  echo.bind({ port: 7 });
  const asker = peer.udp.open();
  for (const state of ['down', 'up', 'up'] as const) {
    // Around the second announcement, two seconds after the first, there is traffic at every moment.
    host.advance('1900ms');
    for (let i = 0; i < 200; i++) {
      asker.send(Uint8Array.of(i), ADDRESS, 7);
      host.advance('1ms');
    }
    cable.setLinkState(state);
  }
  await closeInVirtualTime(host, stack, peer);
  const recording = parseRecording(decoder.decode(sink.bytes));
  expect(await replayRun(recording)).toEqual({ records: recording.records.length, difference: undefined });
});

test('a recording that breaks off is replayed as far as it goes', async () => {
  const lan = startLan();
  runApplication(lan);
  const { header, records } = await lan.end();
  for (const length of [0, 1, 2, 3, 10, 50, 51, 52, 53, 54, 100]) {
    const outcome = await replayRun({ header, records: records.slice(0, length) });
    expect(outcome).toEqual({ records: length, difference: undefined });
  }
});

describe('what is otherwise than recorded is told, with its line', () => {
  async function recorded(): Promise<Recording> {
    const lan = startLan();
    runApplication(lan);
    return lan.end();
  }

  test('a setting of the stack', async () => {
    const { difference } = await replayRun(await recorded(), { settings: { arp: { reachableMs: 500 } } });
    expect(difference).toMatch(/^line \d+, at \d+ us: lan: .*frame is/s);
  });

  test('a setting that only counters show', async () => {
    const lan = startLan();
    lan.stack.udp.open().bind({ port: 7 });
    const asker = lan.peer.udp.open();
    for (let i = 0; i < 5; i++) asker.send(new Uint8Array(10), ADDRESS, 7);
    lan.host.advance('1s');
    const recording = await lan.end();
    const { difference } = await replayRun(recording, { settings: { udp: { receiveBufferSize: 600 } } });
    expect(difference).toContain('interfaces.0.rx.delivered was 5 and is 2');
  });

  test.each<[string, string, RegExp]>([
    ['a received frame', '"rx":["ffffffffffff', /another frame is sent|stack calls|does not happen|counted otherwise/],
    ['a sent frame', '"tx":["', /another frame is sent, from byte 0 on/],
    ['a result', '"return":{"object":"socket1"}', /the call gave .*socket1.*, not .*socket9/],
    ['an error', '"throws":"EINVAL"', /it threw .*EINVAL.*, not .*EOTHER/],
    ['an argument of a callback', '"code":"ECONNREFUSED"', /the stack calls .*ECONNREFUSED.*, not .*EOTHER/],
  ])('%s', async (_, text, expected) => {
    const { header, records } = await recorded();
    const at = records.findIndex((record) => JSON.stringify(record).includes(text));
    const replaced: Record<string, string> = {
      '"rx":["ffffffffffff': '"rx":["fffffffffffe',
      '"tx":["': '"tx":["00',
      '"return":{"object":"socket1"}': '"return":{"object":"socket9"}',
      '"throws":"EINVAL"': '"throws":"EOTHER"',
      '"code":"ECONNREFUSED"': '"code":"EOTHER"',
    };
    const changed = JSON.stringify(records[at]).replace(text, replaced[text]);
    const all = records.map((record, i) => (i === at ? (JSON.parse(changed) as typeof record) : record));
    const { difference } = await replayRun({ header, records: all });
    expect(difference).toMatch(expected);
  });

  test('a poll, a call or a callback that is missing', async () => {
    const { header, records } = await recorded();
    const isNeeded = (record: object): boolean => 'poll' in record || 'call' in record || 'callback' in record;
    let missing = 0;
    for (let at = 3; at < 120; at++) {
      if (!isNeeded(records[at])) continue;
      const { difference } = await replayRun({ header, records: records.toSpliced(at, 1) });
      if (difference !== undefined) missing++;
    }
    expect(missing).toBeGreaterThan(30);
  });
});

describe('a file that is no recording', () => {
  test.each([
    ['', 'line 1'],
    ['{"run":2}', 'line 1'],
    ['{"run":1,"seed":1,"startUs":0,"settings":{}}\n{"t":1,"poll":"lan","rx":["abc"]}', 'line 2'],
    ['{"run":1,"seed":1,"startUs":0,"settings":{}}\n{"t":1,"poll"', 'line 2'],
  ])('%j', (text, where) => {
    expect(() => parseRecording(text, 'file')).toThrow(LunettaError);
    expect(() => parseRecording(text, 'file')).toThrow(`file: ${where}: `);
  });

  test('calls that a stack does not have are refused', async () => {
    const header = { run: 1 as const, seed: 1, startUs: 0, settings: {} };
    for (const call of ['stack.constructor', 'udp.deliver', 'socket1.send', 'constructor.constructor', '']) {
      const { difference } = await replayRun({ header, records: [{ t: 0, call, args: [] }] });
      expect(difference).toContain(`there is no call '${call}'`);
    }
  });
});

test('the frames of a recording as a capture, with the calls as comments', async () => {
  const lan = startLan();
  lan.stack.ping(PEER, { size: 1 }, () => undefined);
  lan.host.advance('1s');
  const recording = await lan.end();
  const { writeCapture } = await import('@lunetta/testkit');
  const sink = new MemorySink();
  writeCapture(recording, new PcapngWriter(sink));
  const text = decoder.decode(sink.bytes);
  expect(text).toContain('stack.ping("10.0.0.2", {"size":1}, {"object":"callback1"})');
  const frames = recording.records.flatMap((record) =>
    'poll' in record ? [...(record.tx ?? []), ...(record.rx ?? [])] : [],
  );
  expect(frames.length).toBeGreaterThan(4);
  for (const frame of frames) {
    expect(Buffer.from(sink.bytes).includes(Buffer.from(frame as string, 'hex'))).toBe(true);
  }
});
