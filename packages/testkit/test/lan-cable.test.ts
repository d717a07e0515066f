import { describe, expect, test } from '@jest/globals';
import { type CableConditions, type Station, VirtualLan, withLan } from '@lunetta/testkit';

/** A frame of `length` bytes that carries a number. */
function numbered(number: number, length = 64): Uint8Array {
  const frame = new Uint8Array(length).fill(2, 0, 12);
  new DataView(frame.buffer).setUint32(14, number);
  return frame;
}

function numberOf(frame: Uint8Array): number {
  return new DataView(frame.buffer, frame.byteOffset).getUint32(14);
}

/** Two stations on a cable; `heard` fills with what the second one hears, and when, in us from now. */
function pair(lan: VirtualLan, conditions: CableConditions) {
  const [a, b] = [lan.station('a'), lan.station('b')];
  const cable = lan.cable(a, b, conditions);
  const start = lan.time.clock.nowUs();
  const heard: [number: number, atUs: number][] = [];
  b.onFrame = (frame) => void heard.push([numberOf(frame), lan.time.clock.nowUs() - start]);
  return { a, b, cable, heard, counts: cable.from(a).counts };
}

function sendMany(station: Station, count: number): void {
  for (let number = 0; number < count; number++) station.send(numbered(number));
}

const numbers = (heard: readonly [number, number][]): number[] => heard.map(([number]) => number);
const inOrder = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

describe('a cable', () => {
  test('takes the time of its rate for each frame, and the delay after it', () =>
    withLan({}, async (lan) => {
      const { a, heard } = pair(lan, { rate: '8Mbit', delay: '5ms' });
      a.send(numbered(0, 1000), numbered(1, 500), numbered(2, 1000));
      await lan.advance('4ms');
      a.send(numbered(3, 100));
      await lan.advance('10ms');
      expect(heard).toEqual([
        [0, 6000],
        [1, 6500],
        [2, 7500],
        [3, 9100],
      ]);
    }));

  test.each([
    ['64kbit', 125_000],
    ['1Gbit', 8],
    [1e6, 8000],
  ] as const)('at %s sends 1000 bytes in %d us', (rate, us) =>
    withLan({}, async (lan) => {
      const { a, heard } = pair(lan, { rate });
      a.send(numbered(0, 1000));
      await lan.advance('1s');
      expect(heard).toEqual([[0, us]]);
    }),
  );

  test('loses what finds its queue full, and takes more when there is room again', () =>
    withLan({}, async (lan) => {
      const { a, heard, counts } = pair(lan, { rate: 64 * 8 * 1000, queue: { packets: 3 } }); // a frame a millisecond
      sendMany(a, 10);
      await lan.advance('2500us'); // the first two are sent, the third is being sent, one waits
      for (const number of [10, 11, 12]) a.send(numbered(number));
      await lan.advance('1s');
      expect(numbers(heard)).toEqual([0, 1, 2, 3, 10, 11]);
      expect(counts.lost.queueFull).toBe(7);
    }));

  test('counts the bytes that wait', () =>
    withLan({}, async (lan) => {
      const { a, heard, counts } = pair(lan, { rate: '1Mbit', queue: { bytes: 700 } });
      a.send(numbered(0, 1000), numbered(1, 400), numbered(2, 400), numbered(3, 300), numbered(4, 14 + 4));
      await lan.advance('1s');
      expect(numbers(heard)).toEqual([0, 1, 3]);
      expect(counts.lost.queueFull).toBe(2);
    }));

  test('varies its delay within the jitter, and keeps the order', () =>
    withLan({}, async (lan) => {
      const { a, heard } = pair(lan, { delay: '10ms', jitter: '4ms' });
      for (let number = 0; number < 500; number++) {
        a.send(numbered(number));
        await lan.advance('20ms');
      }
      const delays = heard.map(([number, atUs]) => atUs - number * 20_000);
      expect(Math.min(...delays)).toBeGreaterThanOrEqual(6000);
      expect(Math.max(...delays)).toBeLessThanOrEqual(14_000);
      expect(Math.min(...delays)).toBeLessThan(6100);
      expect(Math.max(...delays)).toBeGreaterThan(13_900);
      sendMany(a, 500);
      await lan.advance('1s');
      expect(numbers(heard.slice(500))).toEqual(inOrder(500));
    }));

  test('loses what is longer than its MTU, a VLAN tag not counted', () =>
    withLan({}, async (lan) => {
      const { a, heard, counts } = pair(lan, { mtu: 1400 });
      const tagged = (number: number, length: number) => {
        const frame = numbered(number, length);
        frame.set([0x81, 0x00], 12);
        return frame;
      };
      a.send(numbered(0, 1414), numbered(1, 1415), tagged(2, 1418), tagged(3, 1419));
      await lan.advance('1ms');
      expect(numbers(heard)).toEqual([0, 2]);
      expect(counts.lost.mtu).toBe(2);
    }));

  test('loses frames by themselves, as often as it is to', () =>
    withLan({ seed: 11, history: 0 }, async (lan) => {
      const { a, b, heard, counts } = pair(lan, { loss: 0.1 });
      for (let i = 0; i < 5; i++) {
        sendMany(a, 10_000);
        await lan.advance('1ms');
        b.receive();
      }
      expect(counts.lost.loss).toBe(50_000 - heard.length);
      expect(Math.abs(counts.lost.loss - 5000)).toBeLessThan(200); // three standard deviations of 67
      const { inRow, bursts } = runs(heard, 50_000);
      expect(inRow / bursts).toBeCloseTo(1 / 0.9, 1);
    }));

  test('loses frames in bursts, as long and as often as it is to', () =>
    withLan({ seed: 11, history: 0 }, async (lan) => {
      const { a, b, heard } = pair(lan, { loss: { goodToBad: 0.02, badToGood: 0.25 } });
      for (let i = 0; i < 5; i++) {
        sendMany(a, 10_000);
        await lan.advance('1ms');
        b.receive();
      }
      const { inRow, bursts } = runs(heard, 50_000);
      expect(inRow / 50_000).toBeCloseTo(0.02 / 0.27, 2);
      expect(Math.abs(inRow / bursts - 4)).toBeLessThan(0.35);
    }));

  test('brings frames twice, one right behind the other', () =>
    withLan({}, async (lan) => {
      const { a, heard, counts } = pair(lan, { duplication: 0.2 });
      sendMany(a, 1000);
      await lan.advance('1ms');
      expect(heard).toHaveLength(1000 + counts.duplicated);
      expect(Math.abs(counts.duplicated - 200)).toBeLessThan(40);
      expect([...new Set(numbers(heard))]).toEqual(inOrder(1000));
      expect(numbers(heard)).toEqual([...numbers(heard)].sort((x, y) => x - y));
    }));

  test('brings frames behind up to three later ones, and loses none', () =>
    withLan({}, async (lan) => {
      const { a, heard, counts } = pair(lan, { reordering: 0.1, delay: '1ms' });
      for (let number = 0; number < 1000; number++) {
        a.send(numbered(number));
        await lan.advance('1ms');
      }
      await lan.advance('1s');
      expect([...numbers(heard)].sort((x, y) => x - y)).toEqual(inOrder(1000));
      expect(Math.abs(counts.reordered - 100)).toBeLessThan(30);
      const overtaken = heard.filter(([number], i) => heard.slice(i + 1).some(([later]) => later < number));
      expect(overtaken.length).toBeGreaterThan(100);
      for (const [place, [number]] of heard.entries()) expect(place - number).toBeLessThanOrEqual(6);
    }));

  test('lets a late frame arrive at last when no later ones come', () =>
    withLan({}, async (lan) => {
      const { a, heard } = pair(lan, { reordering: 1, delay: '1ms', reorderingWait: '20ms' });
      a.send(numbered(0));
      await lan.advance('1s');
      expect(heard).toEqual([[0, 21_000]]);
    }));

  test('changes one bit of a frame, and not of what the sender keeps', () =>
    withLan({}, async (lan) => {
      const { a, b, counts } = pair(lan, { corruption: 1 });
      const frame = numbered(5);
      for (let i = 0; i < 200; i++) a.send(frame);
      await lan.advance('1ms');
      expect(frame).toEqual(numbered(5));
      const changed = b.receive().map((heard) => heard.reduce((bits, byte, i) => bits + ones(byte ^ frame[i]), 0));
      expect(changed).toEqual(new Array(200).fill(1));
      expect(counts.corrupted).toBe(200);
    }));

  test('has conditions of its own in each direction, which change while it runs', () =>
    withLan({}, async (lan) => {
      const { a, b, cable, heard } = pair(lan, { delay: '1ms' });
      cable.from(b).set({ delay: '7ms' });
      cable.from(a).set({ loss: 1 });
      a.send(numbered(0));
      b.send(numbered(1));
      await lan.advance('7ms');
      expect([heard, a.receive().map(numberOf)]).toEqual([[], [1]]);
      cable.set({ loss: 0 });
      a.send(numbered(2));
      await lan.advance('1ms');
      expect(heard).toEqual([[2, 8000]]);
      expect(() => cable.set({ loss: 2 })).toThrow(/lossInGood is 2|loss is 2/);
      a.send(numbered(3));
      await lan.advance('1ms');
      expect(numbers(heard)).toEqual([2, 3]);
    }));

  test('cut off, loses what is sent and what is under way, until it is healed', () =>
    withLan({}, async (lan) => {
      const { a, cable, heard, counts } = pair(lan, { delay: '10ms' });
      a.send(numbered(0));
      await lan.advance('5ms');
      cable.partition();
      a.send(numbered(1));
      await lan.advance('20ms');
      cable.heal();
      a.send(numbered(2));
      await lan.advance('20ms');
      expect(numbers(heard)).toEqual([2]);
      expect(counts.lost.partition).toBe(2);
    }));

  test('is cut off by a plan, one direction alone if it is to', () =>
    withLan({}, async (lan) => {
      const { a, b, cable, heard } = pair(lan, {});
      cable.from(a).partition({ after: '3ms', lasting: '4ms' });
      for (let number = 0; number < 10; number++) {
        a.send(numbered(number));
        b.send(numbered(number));
        await lan.advance('1ms');
      }
      expect(numbers(heard)).toEqual([0, 1, 2, 7, 8, 9]);
      expect(a.receive().map(numberOf)).toEqual(inOrder(10));
    }));

  test('keeps two plans apart: it is healed when the later one ends', () =>
    withLan({}, async (lan) => {
      const { a, cable, heard } = pair(lan, {});
      cable.partition({ lasting: '10ms' });
      cable.partition({ after: '5ms', lasting: '10ms' });
      await lan.advance('12ms');
      a.send(numbered(0));
      await lan.advance('5ms');
      a.send(numbered(1));
      await lan.advance('1ms');
      expect(numbers(heard)).toEqual([1]);
    }));

  test('holds so many frames as it is to, and loses the others', () =>
    withLan({}, async (lan) => {
      const { a, heard, counts } = pair(lan, { delay: '1s', inFlight: 5 });
      sendMany(a, 8);
      await lan.advance('2s');
      expect(numbers(heard)).toEqual(inOrder(5));
      expect(counts.lost.inFlightFull).toBe(3);
    }));

  test('pulled out, takes the carrier from both ends, and brings it back', () =>
    withLan({}, async (lan) => {
      const [a, b] = [lan.host('a', '10.0.0.1/24'), lan.station('b')];
      const events: string[] = [];
      a.stack.onLinkEvent = (_iface, event) => void events.push(event);
      const cable = lan.cable(a, b);
      await lan.advance('10s');
      b.receive();
      cable.unplug();
      expect(() => b.send(numbered(0))).toThrow(/b has no cable/);
      a.stack.ping('10.0.0.2', {}, () => undefined);
      await lan.advance('10s');
      expect(b.receive()).toEqual([]);
      cable.plug();
      await lan.advance('1s');
      expect(events).toEqual(['up', 'down', 'up']);
      const announcement = { arp: { senderIp: '10.0.0.1', targetIp: '10.0.0.1' } };
      expect(b.heard()).toMatchObject([announcement]);
      await lan.advance('1s'); // RFC 5227 section 1.1: the second one 2 s later
      expect(b.heard()).toMatchObject([announcement]);
    }));

  test.each([
    [{ loss: 1.5 }, /loss is 1.5; give 0 to 1/],
    [{ loss: { goodToBad: -1, badToGood: 0.5 } }, /goodToBad is -1; give 0 to 1/],
    [{ delay: '5 ms' }, /delay: '5 ms' is not a duration/],
    [{ rate: '10mbit' as '10Mbit' }, /rate is '10mbit'; give bits a second/],
    [{ rate: 0 }, /rate is '0'/],
    [{ mtu: 0 }, /mtu is 0; give a number from 1/],
    [{ queue: { packets: -1 } }, /queue.packets is -1/],
  ] as [CableConditions, RegExp][])('with %j is refused', (conditions, message) => {
    const lan = new VirtualLan();
    expect(() => lan.cable(lan.station('a'), lan.station('b'), conditions)).toThrow(message);
  });

  test('needs two free jacks and a name that is free', () => {
    const lan = new VirtualLan();
    const [a, b, c] = [lan.station('a'), lan.station('b'), lan.host('c', '10.0.0.1/24')];
    lan.cable(a, b);
    expect(() => lan.cable(a, c)).toThrow(/a has a cable already/);
    expect(() => lan.cable(c, c)).toThrow(/from c to itself/);
    expect(() => lan.host('a', '10.0.0.2/24')).toThrow(/has a 'a' already/);
  });
});

/** How many of `count` numbers are missing, and in how many runs. */
function runs(heard: readonly [number, number][], count: number): { inRow: number; bursts: number } {
  let bursts = 0;
  let expected = 0;
  for (const [number] of heard) {
    if (number !== expected % 10_000) bursts++;
    expected = number + 1;
  }
  return { inRow: count - heard.length, bursts };
}

function ones(bits: number): number {
  let count = 0;
  for (; bits !== 0; bits &= bits - 1) count++;
  return count;
}
