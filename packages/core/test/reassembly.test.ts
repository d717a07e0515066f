import { afterEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ethernet, ipv4, type Ipv4Values, SeededRandom, StackLab } from '@lunetta/testkit';

const { PEER_IP, PEER_MAC } = StackLab;

/** A part of a datagram: where its payload starts, and whether more follows. */
interface Part {
  readonly offset: number;
  readonly payload: Uint8Array;
  readonly more: boolean;
}

let lab: StackLab;
afterEach(() => lab.close());

function bytes(length: number, seed = 1): Uint8Array {
  const random = new SeededRandom(seed);
  return Uint8Array.from({ length }, () => random.int32());
}

function udp(payload: Uint8Array): Uint8Array {
  return ipv4().udp().payload(payload).bytes().subarray(20);
}

/** Cuts a datagram's payload into parts of `size` bytes, a multiple of 8. */
function cut(whole: Uint8Array, size: number): Part[] {
  const parts: Part[] = [];
  for (let offset = 0; offset < whole.length; offset += size) {
    parts.push({ offset, payload: whole.subarray(offset, offset + size), more: offset + size < whole.length });
  }
  return parts;
}

function frame({ offset, payload, more }: Part, id = 1, fields: Partial<Ipv4Values> = {}, dst?: string): Uint8Array {
  return ethernet({ dst })
    .ipv4({ id, fragmentOffset: offset, moreFragments: more, ...fields })
    .payload(payload)
    .bytes();
}

/** Opens the socket on port 7; what it is shown. */
function listen(): Uint8Array[] {
  const seen: Uint8Array[] = [];
  const socket = lab.stack.udp.open();
  socket.onDatagram = (datagram) => seen.push(datagram.copy().bytes);
  socket.bind({ port: 7 });
  return seen;
}

const reassembly = () => lab.stack.counters().reassembly;

describe('fragments of a datagram', () => {
  test.each([
    ['in order', (parts: Part[]) => parts],
    ['backwards', (parts: Part[]) => parts.toReversed()],
    ['the last one first', (parts: Part[]) => [parts.at(-1)!, ...parts.slice(0, -1)]],
    ['the first one last', (parts: Part[]) => [...parts.slice(1), parts[0]]],
    ['each twice', (parts: Part[]) => parts.flatMap((part) => [part, part])],
  ])('are put together: %s', (_, order) => {
    lab = new StackLab();
    const seen = listen();
    const payload = bytes(9000);
    for (const part of order(cut(udp(payload), 1480))) lab.send(frame(part));
    expect(seen).toEqual([payload]);
    expect(reassembly()).toMatchObject({ reassembled: 1, timedOut: 0, evicted: 0, refused: 0 });
  });

  test('of the largest datagram there is', () => {
    lab = new StackLab();
    const seen = listen();
    const payload = bytes(65_507);
    lab.send(...cut(udp(payload), 1480).map((part) => frame(part)));
    expect(seen).toEqual([payload]);
  });

  test('of any sizes, in any order, of several datagrams mixed', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 12 }), { maxLength: 5 }),
        fc.integer(),
        async (datagrams, seed) => {
          lab = new StackLab();
          const seen = listen();
          const random = new SeededRandom(seed);
          const payloads = datagrams.map((sizes, i) => bytes(8 * sizes.reduce((a, b) => a + b, 0) - 8, i));
          const frames = datagrams.flatMap((sizes, i) => {
            const whole = udp(payloads[i]);
            let offset = 0;
            return sizes.map((size, j) => {
              const part = { offset, payload: whole.subarray(offset, offset + 8 * size), more: j < sizes.length - 1 };
              offset += 8 * size;
              return frame(part, i);
            });
          });
          for (let i = frames.length - 1; i > 0; i--) {
            const j = random.below(i + 1);
            [frames[i], frames[j]] = [frames[j], frames[i]];
          }
          for (const each of frames) lab.send(each);
          expect(new Set(seen.map(String))).toEqual(new Set(payloads.map(String)));
          expect(seen).toHaveLength(payloads.length);
          await lab.close();
        },
      ),
      { numRuns: 60 },
    );
    lab = new StackLab();
  });

  test('keep the options and TTL of the first one, and an echo of them comes back whole', () => {
    lab = new StackLab();
    lab.befriend();
    const options = Uint8Array.of(7, 7, 4, 0, 0, 0, 0, 0);
    let shown: { options: Uint8Array; ttl: number } | undefined;
    const socket = lab.stack.udp.open();
    socket.onDatagram = (datagram) => {
      shown = { options: datagram.ipOptions.slice(), ttl: datagram.ttl };
      expect(datagram.retain()).toBeUndefined(); // it lies in no buffer of the link
      expect(datagram.reply()).toBeUndefined();
    };
    socket.bind({ port: 7 });
    const [first, last] = cut(udp(bytes(792)), 400);
    lab.send(frame(last));
    const [echo] = lab.ask(frame(first, 1, { options, ttl: 9 }));
    expect(shown).toEqual({ options, ttl: 9 });
    expect(echo?.payload).toEqual(bytes(792));
  });

  test('of different protocols, sources or identifications are different datagrams', () => {
    lab = new StackLab();
    const seen = listen();
    const [first, last] = cut(udp(bytes(100)), 56);
    lab.send(frame(first, 1));
    lab.send(frame(last, 2), frame(last, 1, { protocol: 6 }), frame(last, 1, { src: '10.0.0.3' }));
    expect(seen).toEqual([]);
    expect(reassembly().waiting).toBe(4);
    lab.send(frame(last, 1));
    expect(seen).toEqual([bytes(100)]);
  });

  test('a congestion mark on one of them is a mark on the whole; on one that does not know marks it is false', () => {
    lab = new StackLab();
    const seen: number[] = [];
    const socket = lab.stack.udp.open();
    socket.onDatagram = ({ tos }) => seen.push(tos);
    socket.bind({ port: 7 });
    const [first, last] = cut(udp(bytes(100)), 56);
    lab.send(frame(first, 1, { tos: 0b10 }), frame(last, 1, { tos: 0b11 }));
    lab.send(frame(first, 2, { tos: 0b00 }), frame(last, 2, { tos: 0b11 }));
    expect(seen).toEqual([0b11]);
    expect(reassembly()).toMatchObject({ reassembled: 1, refused: 1 });
  });

  test('an echo request in fragments is answered', () => {
    lab = new StackLab();
    lab.befriend();
    const request = Uint8Array.of(8, 0, 0xf7, 0xff, 0, 0, 0, 0, ...new Uint8Array(992));
    const [first, last] = cut(request, 800);
    lab.send(frame(last, 5, { protocol: 1 }));
    const [reply] = lab.ask(frame(first, 5, { protocol: 1 }));
    expect(reply?.icmp).toMatchObject({ type: 0, code: 0 });
  });
});

describe('fragments that are wrong', () => {
  test.each([
    ['an empty one', { offset: 0, payload: new Uint8Array(0), more: true }],
    ['one of 9 bytes with more to come', { offset: 0, payload: new Uint8Array(9), more: true }],
    ['the ping of death’s last', { offset: 65_528, payload: new Uint8Array(8), more: false }],
    ['one that makes 65,536 bytes with its header', { offset: 65_504, payload: new Uint8Array(12), more: false }],
  ])('%s', (_, part) => {
    lab = new StackLab();
    lab.send(frame(part));
    expect(lab.drops('ipv4.badFragment')).toBe(1);
    expect(reassembly().waiting).toBe(0);
  });

  const whole = udp(bytes(192));
  const part = (offset: number, length: number, more = true): Part => ({
    offset,
    payload: whole.subarray(offset, offset + length),
    more,
  });
  const changed = (original: Part): Part => ({ ...original, payload: original.payload.map((byte) => byte ^ 1) });
  test.each([
    ['overlaps the one before', part(0, 96), part(88, 112, false)],
    ['overlaps the one after', part(96, 104, false), part(0, 104)],
    ['lies within another', part(0, 96), part(8, 8)],
    ['holds another within', part(8, 8), part(0, 96)],
    ['stands at the place of another with other bytes', part(0, 96), changed(part(0, 96))],
    ['starts with another but is shorter', part(0, 96), part(0, 48)],
    ['reaches beyond the end', part(96, 96, false), part(192, 8)],
    ['names an earlier end', part(96, 96, true), part(48, 48, false)],
    ['names a later end', part(48, 48, false), part(96, 104, false)],
    ['is the last one again, but not the last', part(96, 104, false), part(96, 104, true)],
  ])('one that %s refuses the whole datagram, and what comes of it later', (_, first, second) => {
    lab = new StackLab();
    const seen = listen();
    lab.send(frame(first), frame(second));
    expect(lab.drops('ipv4.refusedFragment')).toBe(1);
    for (const later of cut(whole, 96)) lab.send(frame(later));
    expect(lab.drops('ipv4.refusedFragment')).toBe(1 + 3);
    expect(seen).toEqual([]);
    expect(reassembly()).toMatchObject({ refused: 1, reassembled: 0 });
    lab.advance('61s');
    expect(reassembly()).toMatchObject({ waiting: 0, timedOut: 0 });
    for (const later of cut(whole, 96)) lab.send(frame(later)); // the identification is used again
    expect(seen).toEqual([bytes(192)]);
  });

  test('more of them than the limit refuse the datagram', () => {
    lab = new StackLab({ settings: { reassembly: { maxFragments: 4 } } });
    const seen = listen();
    for (const each of cut(udp(bytes(192)), 48)) lab.send(frame(each));
    expect(seen).toEqual([]);
    expect(lab.drops('ipv4.refusedFragment')).toBe(1);
    for (const each of cut(udp(bytes(192)), 56)) lab.send(frame(each, 2));
    expect(seen).toEqual([bytes(192)]);
  });
});

describe('a datagram whose fragments do not all come', () => {
  test('is given up after a minute, and its first fragment comes back in an ICMP error', () => {
    lab = new StackLab();
    lab.befriend();
    const [first] = cut(udp(bytes(792)), 400);
    const sent = frame(first, 77);
    lab.send(sent);
    lab.advance('59s');
    expect(lab.heard().filter(({ icmp }) => icmp)).toEqual([]);
    lab.advance('2s');
    lab.send(ethernet().arp({ operation: 'reply' })); // the stack makes sure that we are there
    const errors = lab.heard().filter(({ icmp }) => icmp);
    expect(errors).toHaveLength(1);
    expect(errors[0].icmp).toMatchObject({ type: 11, code: 1 });
    expect(errors[0].payload.subarray(0, 428)).toEqual(sent.subarray(14, 14 + 428));
    expect(reassembly()).toMatchObject({ timedOut: 1, waiting: 0 });
  });

  test('without the first one there is no error, nor to one that was sent to a group', () => {
    lab = new StackLab();
    lab.befriend();
    const [first, last] = cut(udp(bytes(792)), 400);
    lab.send(frame(last, 1));
    lab.send(frame(first, 2, { dst: '10.0.0.255' }, 'ff:ff:ff:ff:ff:ff'));
    lab.advance('2min');
    expect(lab.heard().filter(({ icmp }) => icmp)).toEqual([]);
    expect(reassembly()).toMatchObject({ timedOut: 2, waiting: 0 });
  });

  test('each has its own time', () => {
    lab = new StackLab();
    const seen = listen();
    const [first, last] = cut(udp(bytes(100)), 56);
    lab.send(frame(first, 1));
    lab.advance('40s');
    lab.send(frame(first, 2));
    lab.advance('30s');
    expect(reassembly()).toMatchObject({ timedOut: 1, waiting: 1 });
    lab.send(frame(last, 2));
    expect(seen).toHaveLength(1);
    lab.advance('1h');
    expect(reassembly()).toMatchObject({ timedOut: 1, reassembled: 1 });
  });
});

describe('a flood of incomplete datagrams', () => {
  const lone: Part = { offset: 0, payload: new Uint8Array(1480), more: true };
  const far: Part = { offset: 60_000, payload: new Uint8Array(8), more: true };

  test.each([
    ['of number', lone, { maxDatagrams: 64 }],
    ['of memory', far, { maxBytes: 1 << 20 }],
  ])('beyond the limit %s does not stop good ones: the oldest goes', (_, flood, limits) => {
    lab = new StackLab({ settings: { reassembly: limits } });
    const seen = listen();
    const payload = bytes(4000);
    const good = cut(udp(payload), 1480);
    let id = 0;
    for (let round = 0; round < 50; round++) {
      for (const each of good) {
        for (let i = 0; i < 4; i++, id++) lab.send(frame(flood, id & 0xffff, { src: `10.0.0.${3 + (id >>> 16)}` }));
        lab.send(frame(each, round));
      }
    }
    expect(seen).toHaveLength(50);
    expect(reassembly()).toMatchObject({ reassembled: 50 });
    expect(reassembly().evicted).toBeGreaterThan(400);
    lab.advance('2min');
    expect(reassembly().waiting).toBe(0);
  });

  test('a hundred thousand datagrams wait at a time, and each is completed', () => {
    const count = 100_000;
    lab = new StackLab({
      settings: { reassembly: { maxDatagrams: count, maxBytes: 1 << 30 }, udp: { receiveBufferSize: 1 << 30 } },
    });
    const seen = listen();
    const [first, last] = cut(udp(bytes(24)), 16);
    const of = (part: Part, id: number): Uint8Array => frame(part, id & 0xffff, { src: `10.0.0.${100 + (id >>> 16)}` });
    for (let id = 0; id < count; id++) lab.send(of(first, id));
    expect(reassembly()).toMatchObject({ waiting: count, evicted: 0 });
    for (let id = 0; id < count; id++) lab.send(of(last, id));
    // The checksum covers the source, so the datagrams of the two sources that it was not made for are bad.
    expect(seen.length + lab.drops('udp.badChecksum')).toBe(count);
    expect(reassembly()).toMatchObject({ reassembled: count, waiting: 0 });
  }, 60_000);

  test('a datagram larger than all the memory is refused, and others still pass', () => {
    lab = new StackLab({ settings: { reassembly: { maxBytes: 20 << 10 } } });
    const seen = listen();
    for (const each of cut(udp(bytes(30_000)), 1480)) lab.send(frame(each));
    expect(seen).toEqual([]);
    expect(lab.drops('ipv4.reassemblyFull')).toBeGreaterThan(0);
    for (const each of cut(udp(bytes(3000)), 1480)) lab.send(frame(each, 2));
    expect(seen).toEqual([bytes(3000)]);
  });
});

test('a stack that closes with datagrams waiting gives all back', () => {
  lab = new StackLab();
  lab.introduce(PEER_IP, PEER_MAC);
  for (let id = 0; id < 10; id++) lab.send(frame({ offset: 0, payload: bytes(800), more: true }, id));
  expect(reassembly().waiting).toBe(10);
});
