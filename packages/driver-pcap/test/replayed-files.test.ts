import { afterAll, afterEach, describe, expect, test } from '@jest/globals';
import { macAddress } from '@lunetta/core';
import { PcapDriver, pcapOptionsSchema } from '@lunetta/driver-pcap';
import { ethernet } from '@lunetta/testkit';
import { pcapBytes, type ClassicPacket } from './support/pcap-bytes.js';
import { PcapngBytes } from './support/pcapng-bytes.js';
import { readAll } from './support/read-all.js';
import { CaptureFolder, ReplayedFiles } from './support/replayed-files.js';

const US = '02:6c:75:6e:00:01';
const PEER = '02:00:00:00:00:09';
const OTHER = '02:00:00:00:00:0a';

const folder = new CaptureFolder();
afterAll(() => folder.remove());
const opened: ReplayedFiles[] = [];
afterEach(async () => {
  for (const replay of opened.splice(0)) await replay.close();
});

async function open(options: object, hardwareAddress?: Uint8Array): Promise<ReplayedFiles> {
  const replay = await ReplayedFiles.open(options, hardwareAddress);
  opened.push(replay);
  return replay;
}

const frame = (src = PEER, size = 60, mark = 0): number[] => {
  const bytes = ethernet({ dst: US, src, type: 0x88b5 })
    .payload(new Uint8Array(size - 14))
    .bytes();
  bytes[size - 1] = mark;
  return [...bytes];
};
const packet = (timeUs: number, bytes = frame()): ClassicPacket => ({
  seconds: Math.floor(timeUs / 1e6),
  fraction: timeUs % 1e6,
  bytes,
});
const capture = (...packets: readonly ClassicPacket[]): string => folder.write('in.pcap', pcapBytes(packets));

describe('a capture as an interface', () => {
  test('shows each packet at its time, and the end a second after the last', async () => {
    const input = capture(packet(5e6, frame(PEER, 60, 1)), packet(5e6 + 7, frame(PEER, 60, 2)), packet(9e6));
    const replay = await open({ in: input });
    expect(replay.all()).toEqual([
      { atUs: 5e6, bytes: frame(PEER, 60, 1) },
      { atUs: 5e6 + 7, bytes: frame(PEER, 60, 2) },
      { atUs: 9e6, bytes: frame() },
    ]);
    expect(replay.nowUs).toBe(10e6);
    expect(replay.port.failure).toBeUndefined();
    expect(replay.port.statistics()).toMatchObject({ rxFrames: 3, rxBytes: 180, dropped: { rxOwnAddress: 0 } });
  });

  test('frames from our own address are not shown, and counted', async () => {
    const input = capture(packet(1), packet(2, frame(US)), packet(3, frame(OTHER)), packet(4, frame(US)));
    const ours = await open({ in: input });
    expect(ours.all().map(({ atUs }) => atUs)).toEqual([1, 3]);
    expect(ours.port.statistics()).toMatchObject({ rxFrames: 2, dropped: { rxOwnAddress: 2 } });
    const given = await open({ in: input }, macAddress.parse(OTHER));
    expect(given.all().map(({ atUs }) => atUs)).toEqual([1, 2, 4]);
    expect(given.port.statistics().dropped).toMatchObject({ rxOwnAddress: 1 });
  });

  test('a time stamp that goes back is shown right after the one before it, and counted', async () => {
    const input = capture(packet(1000), packet(400, frame(PEER, 60, 7)), packet(999), packet(1001), packet(3));
    const replay = await open({ in: input });
    expect(replay.all().map(({ atUs }) => atUs)).toEqual([1000, 1000, 1000, 1001, 1001]);
    expect(replay.port.statistics().noted).toMatchObject({ timesBack: 3 });
  });

  test('a capture without times, or from before 1970, begins with the first microsecond', async () => {
    const simple = new PcapngBytes().section().iface().simplePacket(frame()).simplePacket(frame());
    const replay = await open({ in: folder.write('simple.pcapng', simple.bytes), linger: 0 });
    expect(replay.all().map(({ atUs }) => atUs)).toEqual([1, 1]);
    const early = new PcapngBytes().section();
    early.iface([[14, early.u64(-5n)]]).packet({ time: 1n, bytes: frame() });
    const before = await open({ in: folder.write('early.pcapng', early.bytes) });
    expect(before.all().map(({ atUs }) => atUs)).toEqual([1]);
    expect(before.port.statistics().noted).toMatchObject({ timesBack: 1 });
  });

  test('packets without a byte and longer than any frame are counted; those cut short are shown and noted', async () => {
    const cut = { ...packet(3), originalLength: 1514 };
    const long = packet(2, new Array<number>(65_554).fill(1));
    const replay = await open({ in: capture(packet(1, []), long, cut) });
    expect(replay.all()).toEqual([{ atUs: 3, bytes: frame() }]);
    expect(replay.port.statistics()).toMatchObject({ dropped: { rxBadLength: 2 }, noted: { cutShort: 1 } });
  });

  test('the longest frame comes whole, as a chain', async () => {
    const bytes = frame(PEER, 65_553, 9);
    const replay = await open({ in: capture(packet(1, bytes)) });
    expect(replay.all()[0].bytes).toEqual(bytes);
    expect(replay.stack.longestChain).toBeGreaterThan(30);
  });

  test('a packet that is no Ethernet frame ends it with an error; those before it are shown', async () => {
    const mixed = new PcapngBytes().section().iface().iface([], 101);
    mixed.packet({ time: 1n, bytes: frame() });
    const at = mixed.length;
    const path = folder.write('raw.pcapng', mixed.packet({ iface: 1, time: 2n, bytes: [0x45] }).bytes);
    const replay = await open({ in: path });
    expect(replay.all()).toHaveLength(1);
    expect(replay.port.linkState).toBe('gone');
    expect(replay.port.failure).toMatchObject({
      code: 'LUNETTA_ERR_CAPTURE',
      message: `${path}: at byte ${at}: a packet of link type 101; this is an Ethernet interface, whose link type is 1`,
    });
  });

  test('damage: what is before it is shown, then the port is gone and says why', async () => {
    const bytes = pcapBytes([packet(1), packet(2), packet(3)]);
    const path = folder.write('cut.pcap', bytes.subarray(0, bytes.length - 1));
    const replay = await open({ in: path });
    expect(replay.all()).toHaveLength(2);
    expect(replay.port.failure?.message).toMatch(`${path}: at byte 176: the file ends within a packet: 75 of 76 bytes`);
    await new Promise((resolve) => setImmediate(resolve));
    expect(replay.stack.events).toEqual(['gone']);
  });

  test('no buffer for a packet: it is lost and counted, the next one comes', async () => {
    const packets = Array.from({ length: 600 }, (_, i) => packet(i + 1));
    const replay = await open({ in: capture(...packets), buffers: 512 });
    replay.stack.holds = true;
    const shown = replay.all().length;
    const { dropped } = replay.port.statistics();
    expect(dropped['rxNoBuffer']).toBe(600 - shown);
    expect(shown).toBe(512 - 64); // all but the stock
  });

  test('how far it is read can be asked for', async () => {
    const bytes = pcapBytes([packet(1), packet(2)]);
    const replay = await open({ in: folder.write('progress.pcap', bytes) });
    expect(replay.port.progress).toEqual({ offset: 100, byteLength: 176 });
    replay.all();
    expect(replay.port.progress).toEqual({ offset: 176, byteLength: 176 });
  });
});

describe('what is sent', () => {
  test.each(['pcapng', 'pcap', 'pcap-ns'])('is in the file after the poll that sent it: %s', async (format) => {
    const replay = await open({
      in: capture(packet(1.7e15)),
      out: folder.file('out'),
      format,
      clock: 'recorded',
      snapLength: 100,
    });
    expect(readAll(folder.read('out'))).toMatchObject({ packets: [], failure: undefined });
    replay.step();
    replay.send(Uint8Array.from(frame(US, 60, 1)));
    expect(readAll(folder.read('out')).packets).toMatchObject([
      { timeUs: 1.7e15, bytes: frame(US, 60, 1), originalLength: 60 },
    ]);
    replay.send(Uint8Array.from(frame(US, 1514)));
    expect(readAll(folder.read('out'))).toMatchObject({
      packets: [{}, { bytes: frame(US, 1514).slice(0, 100), originalLength: 1514 }],
      failure: undefined,
    });
    expect(replay.port.statistics()).toMatchObject({ txFrames: 2, txBytes: 1574 });
  });

  test('in blocks with the clock fast, and all of it at the end', async () => {
    const replay = await open({ in: capture(packet(1)), out: folder.file('out') });
    replay.send(Uint8Array.from(frame(US)));
    expect(readAll(folder.read('out')).packets).toHaveLength(0);
    await replay.close();
    expect(readAll(folder.read('out')).packets).toHaveLength(1);
  });

  test('a frame in several segments is one packet', async () => {
    const replay = await open({ in: capture(packet(1)), out: folder.file('out') });
    const long = Uint8Array.from(frame(US, 1500, 3));
    replay.stack.queueFrame(long, [1, 14, 700]);
    replay.stack.poll();
    await replay.close();
    expect(readAll(folder.read('out')).packets[0].bytes).toEqual([...long]);
  });

  test('after the end is dropped and counted', async () => {
    const ended = await open({ in: capture(packet(1)) });
    ended.all();
    ended.send(Uint8Array.from(frame(US)));
    expect(ended.port.statistics().dropped).toMatchObject({ txLinkDown: 1 });
  });

  test('a disk that is full from the start is told when it is opened', async () => {
    await expect(ReplayedFiles.open({ in: capture(packet(1)), out: '/dev/full' })).rejects.toMatchObject({
      code: 'LUNETTA_ERR_CAPTURE',
      message: '/dev/full: at byte 0: cannot be written: the disk is full; free some space, or write elsewhere',
    });
  });
});

describe('ARP in the place of the stations of the capture', () => {
  const ends = { src: '10.0.0.9', dst: '10.0.0.1' };
  const fromPeer = [...ethernet({ dst: US, src: PEER }).ipv4(ends).payload(new Uint8Array(26)).bytes()];
  const request = (targetIp: string): Uint8Array =>
    ethernet({ dst: 'ff:ff:ff:ff:ff:ff', src: US }).arp({ senderIp: '10.0.0.1', targetIp }).bytes();
  const answer = [
    ...ethernet({ dst: US, src: PEER })
      .arp({
        operation: 'reply',
        senderMac: PEER,
        senderIp: '10.0.0.9',
        targetMac: US,
        targetIp: '10.0.0.1',
      })
      .bytes(),
  ];

  test('who has sent a packet is answered for, at once; others and ourselves are not', async () => {
    const replay = await open({ in: capture(packet(10, fromPeer), packet(20)) });
    replay.step();
    replay.stack.inbox.length = 0;
    for (const target of ['10.0.0.9', '10.0.0.77', '10.0.0.1']) replay.send(request(target));
    expect(replay.nextAt).toBeLessThanOrEqual(20);
    replay.stack.poll();
    expect(replay.stack.inbox.map((bytes) => [...bytes])).toEqual([answer]);
    expect(replay.nowUs).toBe(10);
    expect(replay.port.statistics().noted).toMatchObject({ arpAnswered: 1 });
  });

  test('not if it is not wanted', async () => {
    const replay = await open({ in: capture(packet(10, fromPeer), packet(20)), answerArp: false });
    replay.step();
    replay.stack.inbox.length = 0;
    replay.send(request('10.0.0.9'));
    replay.stack.poll();
    expect(replay.stack.inbox).toEqual([]);
  });

  test('a frame of a byte at the end of the memory is no request', async () => {
    const replay = await open({ in: capture(packet(1)) });
    replay.stack.poll();
    const { memory } = replay.port.queue(0);
    const handle = replay.stack.takeBuffer()!;
    replay.stack.queueDescriptor(handle, memory.bufferAt(handle) + memory.bufferSize - 1, 1);
    expect(() => replay.stack.poll()).not.toThrow();
  });
});

describe('options', () => {
  test.each([
    [{}, 'in: name the capture to read'],
    [{ in: 'a', device: 'b' }, 'in: is the same as `device`; give one of them'],
    [{ in: 'a', buffers: 512, burst: 65 }, 'buffers: must be 516 at least for a burst of 65'],
  ])('%j: %s', (options, problem) => {
    const { error } = pcapOptionsSchema.safeParse(options);
    expect(error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)).toEqual([problem]);
  });

  test('the largest burst with the fewest buffers still leaves room to hold frames', async () => {
    const replay = await open({ in: capture(packet(1)), burst: 256, buffers: 1280 });
    expect(replay.port.queue(0).holdLimit).toBeGreaterThan(0);
  });

  test('the clock option says how time passes', () => {
    const factor = (clock: unknown): number =>
      new PcapDriver().timeFactor(pcapOptionsSchema.parse({ in: 'a', ...(clock === undefined ? {} : { clock }) }));
    expect([undefined, 'recorded', 'fast', 10].map(factor)).toEqual([1, 1, Infinity, 10]);
  });
});

describe('what cannot be opened', () => {
  const refusal = async (options: object): Promise<unknown> =>
    ReplayedFiles.open(options).catch((error: unknown) => error);

  test('a file that is not there', async () => {
    expect(await refusal({ in: folder.file('none') })).toMatchObject({
      code: 'LUNETTA_ERR_CAPTURE',
      message: expect.stringMatching(/none: at byte 0: cannot be opened: ENOENT/),
    });
  });

  test('a folder', async () => {
    expect(await refusal({ in: folder.path })).toMatchObject({
      message: `${folder.path}: at byte 0: cannot be read: EISDIR: illegal operation on a directory, read`,
    });
  });

  test('an output in a folder that is not there; the input is closed again', async () => {
    expect(await refusal({ in: capture(packet(1)), out: folder.file('none/out') })).toMatchObject({
      message: expect.stringMatching(/none\/out: at byte 0: cannot be written: make the folder first$/),
    });
  });

  test('an output that is the input by another name, which stays as it is', async () => {
    const input = capture(packet(1));
    expect(await refusal({ in: input, out: `${folder.path}/./in.pcap` })).toMatchObject({
      message: expect.stringMatching(/is the same file as .*in\.pcap, which is read; write to another one$/),
    });
    expect(readAll(folder.read('in.pcap')).packets).toHaveLength(1);
  });
});
