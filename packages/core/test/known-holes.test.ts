/** The known classes of holes in stacks of this kind, as far as they concern what there is: each a named test. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { TupleTable } from '@lunetta/core';
import { ethernet, ipv4, SeededRandom, StackLab } from '@lunetta/testkit';

const { PEER_IP, STACK_IP } = StackLab;
let lab: StackLab;
afterEach(() => lab.close());

function start(options: ConstructorParameters<typeof StackLab>[0] = {}): void {
  lab = new StackLab(options);
  lab.advance('3s'); // the announcements are over
  lab.receive();
  lab.befriend();
}

function listen(port: number): Uint8Array[] {
  const seen: Uint8Array[] = [];
  const socket = lab.stack.udp.open();
  socket.bind({ port });
  socket.onDatagram = (datagram) => seen.push(datagram.bytes.slice());
  return seen;
}

describe('lengths that lie (AMNESIA:33, Ripple20, URGENT/11)', () => {
  test('URGENT/11: source-route options of every length and pointer neither crash nor leak; the ICMP errors are few', () => {
    start();
    const seen = listen(7);
    for (let length = 0; length < 256; length += 5) {
      for (const pointer of [0, 1, 3, 4, 5, 8, 39, 40, 41, 255]) {
        for (const kind of [131, 137]) {
          const options = new Uint8Array(40);
          options.set([kind, length, pointer]);
          lab.send(ethernet().ipv4({ options }).udp({ srcPort: 5, dstPort: 7 }).payload(Uint8Array.of(1)));
        }
      }
    }
    const { rx } = lab.stack.counters().interfaces[0];
    expect(lab.drops('ipv4.badOptions') + rx.delivered).toBe(52 * 10 * 2);
    expect(seen).toHaveLength(rx.delivered);
    const answers = lab.heard();
    expect(answers.length).toBeLessThan(52); // ICMP errors have a limit
    for (const { icmp } of answers) expect(icmp).toMatchObject({ type: 12, code: 0 }); // RFC 1122 section 3.2.2.5
  });

  test('Ripple20 (CVE-2020-11896): a total length that disagrees with the frame', () => {
    start();
    const seen = listen(7);
    const exact = 20 + 8 + 100;
    for (let totalLength = 0; totalLength < 200; totalLength++) {
      lab.send(ethernet().ipv4({ totalLength }).udp({ srcPort: 5, dstPort: 7 }).payload(new Uint8Array(100).fill(7)));
    }
    expect(seen).toEqual([new Uint8Array(100).fill(7)]);
    expect(lab.drops('ipv4.badTotalLength')).toBe(20 + (200 - exact - 1));
  });

  test('AMNESIA:33 (CVE-2020-17437 and kin): UDP lengths that disagree with the datagram never show bytes beyond it', () => {
    start({ cable: { padTo60: true } });
    const seen = listen(7);
    for (let length = 0; length < 0x10000; length += 61) {
      lab.send(ethernet().ipv4().udp({ length, checksum: 0 }).payload('abc'));
    }
    for (const bytes of seen) expect(bytes.length).toBeLessThanOrEqual(3);
    expect(lab.drops('udp.badLength')).toBeGreaterThan(1070);
  });

  test('AMNESIA:33 (CVE-2020-17443): an echo request shorter than its header', () => {
    start();
    const message = ipv4().icmp({ rest: 1 }).bytes().subarray(20);
    for (let length = 0; length < 8; length++) {
      const begun = ethernet().ipv4({ protocol: 1 }).payload(message.subarray(0, length));
      expect(lab.ask(begun)).toEqual([]);
    }
  });

  test('an ICMP error that quotes a header with a lying length', () => {
    start();
    listen(7);
    for (let ihl = 0; ihl < 16; ihl++) {
      for (const quoted of [0, 1, 19, 20, 27, 28, 60, 67, 68]) {
        const lying = ipv4({ src: STACK_IP, dst: PEER_IP, headerLength: 4 * ihl }).payload(new Uint8Array(48));
        const error = ethernet().ipv4().icmp({ type: 'unreachable', code: 'port_unreachable' });
        expect(lab.ask(error.payload(lying.bytes().subarray(0, quoted)))).toEqual([]);
      }
    }
    expect(lab.drops('icmp.unmatched')).toBe(16 * 9);
  });

  test('an ICMP error that quotes an ICMP error, deep in itself', () => {
    start();
    const unreachable = { type: 'unreachable', code: 'port_unreachable' } as const;
    let packet = ethernet().ipv4().icmp(unreachable);
    for (let depth = 0; depth < 20; depth++) packet = packet.ipv4({ src: STACK_IP, dst: PEER_IP }).icmp(unreachable);
    expect(lab.ask(packet.payload(new Uint8Array(8)))).toEqual([]);
  });

  test('an error quotes our refusal of a datagram, and nothing that lay behind it in the buffer', () => {
    start({ cable: { poison: false } });
    lab.send(ethernet().ipv4().udp({ srcPort: 5, dstPort: 9 }).payload(new Uint8Array(1400).fill(0x5a)));
    lab.advance('10s');
    lab.receive();
    const frame = ethernet().ipv4().udp({ srcPort: 5, dstPort: 9 }).payload(Uint8Array.of(1));
    const error = lab.ask(frame).find(({ icmp }) => icmp);
    expect(error!.payload).toEqual(frame.bytes().subarray(14));
  });
});

describe('EtherLeak (CVE-2003-0001)', () => {
  test('the padding of short frames is zeros, whatever the buffers held before', () => {
    start({ cable: { padTo60: true, poison: false } });
    listen(9);
    for (let i = 0; i < 200; i++) {
      lab.exchange(ethernet().ipv4().udp({ srcPort: 5, dstPort: 9 }).payload(new Uint8Array(1000).fill(0xa5)));
    }
    const socket = lab.stack.udp.open();
    for (let i = 0; i < 100; i++) {
      socket.send(Uint8Array.of(1), PEER_IP, 5);
      lab.host.settle();
      for (const frame of lab.receive()) {
        expect(frame.length).toBe(60);
        expect(frame.subarray(43)).toEqual(new Uint8Array(17));
      }
    }
  });
});

describe('SAD DNS (CVE-2020-25705)', () => {
  /** How many of 120 errors come to hosts of the attacker's after `spoofed` datagrams from the victim. */
  function errorsLeft(seed: number, spoofed: number): number {
    const each = new StackLab({ seed, settings: { icmp: { perDestinationBurst: 1000 } } });
    lab = each;
    each.befriend();
    each.befriend('10.0.0.3', '02:00:00:00:00:03');
    const toClosed = (src: string) =>
      ethernet().ipv4({ src }).udp({ srcPort: 5, dstPort: 9 }).payload(Uint8Array.of(1));
    for (let i = 0; i < spoofed; i++) each.send(toClosed('10.0.0.3'));
    each.receive();
    let left = 0;
    for (let i = 0; i < 120; i++) left += each.ask(toClosed(PEER_IP)).filter(({ icmp }) => icmp).length;
    return left;
  }

  test('how many errors are left does not tell how many others were sent', async () => {
    const [few, more] = [new Set<number>(), new Set<number>()];
    for (let seed = 1; seed <= 24; seed++) {
      few.add(errorsLeft(seed, 10));
      await lab.close();
      more.add(errorsLeft(seed, 11));
      if (seed < 24) await lab.close();
    }
    expect(few.size).toBeGreaterThan(3);
    expect([...few].filter((count) => more.has(count)).length).toBeGreaterThan(3);
  });
});

describe('guessing', () => {
  test('ephemeral ports (RFC 6056): all over the range, no order, other ones with another secret', async () => {
    const choose = (seed: number): number[] => {
      lab = new StackLab({ seed });
      return Array.from({ length: 200 }, () => {
        const socket = lab.stack.udp.open();
        socket.bind();
        return socket.localPort;
      });
    };
    const first = choose(1);
    await lab.close();
    const second = choose(2);
    expect(first.filter((port) => second.includes(port)).length).toBeLessThan(20);
    const steps = new Set(first.slice(1).map((port, i) => port - first[i]));
    expect(steps.size).toBeGreaterThan(190);
    const sixteenths = new Set(first.map((port) => (port - 49_152) >> 10));
    expect(sixteenths.size).toBe(16);
  });

  test('identifications: one towards each host goes up, and says nothing of those towards another', () => {
    start();
    lab.befriend('10.0.0.3', '02:00:00:00:00:03');
    const socket = lab.stack.udp.open();
    const idTo = (address: string): number => {
      socket.send(Uint8Array.of(1), address, 9);
      lab.host.settle();
      return lab.heard().find(({ udp }) => udp)!.ipv4!.id;
    };
    const before = idTo(PEER_IP);
    const others = Array.from({ length: 50 }, () => idTo('10.0.0.3'));
    expect(idTo(PEER_IP)).toBe((before + 1) & 0xffff); // the fifty do not show
    expect(new Set(others).size).toBe(50);
  });

  test('identifications start elsewhere with another secret, and for every host', async () => {
    const starts = (seed: number): number[] => {
      start({ seed, iface: { gateway: PEER_IP } });
      const socket = lab.stack.udp.open();
      const ids: number[] = [];
      for (let host = 0; host < 60; host++) {
        socket.send(Uint8Array.of(1), `192.0.2.${host + 1}`, 9);
        lab.host.settle();
        ids.push(lab.heard()[0].ipv4!.id);
      }
      return ids;
    };
    const first = starts(1);
    await lab.close();
    const second = starts(2);
    expect(new Set(first).size).toBeGreaterThan(55);
    expect(first.filter((id, i) => id === second[i]).length).toBeLessThan(3);
    expect(new Set(first.slice(1).map((id, i) => (id - first[i]) & 0xffff)).size).toBeGreaterThan(55);
  });

  test('an echo request of ours cannot be answered by one who has seen only earlier ones of another stack', async () => {
    const marks: number[] = [];
    for (const seed of [1, 2, 3]) {
      start({ seed });
      lab.stack.ping(PEER_IP, {}, () => undefined);
      lab.host.settle();
      marks.push(lab.heard()[0].icmp!.rest);
      if (seed < 3) await lab.close();
    }
    expect(new Set(marks.map((mark) => mark >>> 16)).size).toBe(3);
    expect(new Set(marks.map((mark) => mark & 0xffff)).size).toBe(3);
  });
});

describe('hash flooding', () => {
  /** How many slots of the table are read to look up a key, on average over all of them. */
  function slotsRead(table: TupleTable, keys: readonly number[]): number {
    let reads = 0;
    const slots = table['values'];
    table['values'] = new Proxy(slots, {
      get: (target, key) => {
        if (key !== 'length') reads++;
        return Reflect.get(target, key, target) as unknown;
      },
    });
    for (const key of keys) table.get(key, 0, 0);
    table['values'] = slots;
    return reads / keys.length;
  }

  /** Counts what is read of sockets. */
  function countReads(sockets: readonly object[]): () => number {
    let reads = 0;
    for (const socket of sockets) {
      for (const [name, own] of Object.entries(socket)) {
        let value: unknown = own;
        Object.defineProperty(socket, name, { get: () => (reads++, value), set: (other) => void (value = other) });
      }
    }
    return () => reads;
  }

  test.each([
    ['sequential', (i: number) => i],
    ['that differ in their high bits alone', (i: number) => i << 18],
    ['that differ in the middle', (i: number) => (i << 9) | 1],
    ['multiples of a power of two and one', (i: number) => Math.imul(i, 0x10001)],
  ])('keys %s cost about what random ones do', (_, keyOf) => {
    start();
    const random = new SeededRandom(5);
    const chosen = Array.from({ length: 8000 }, (_, i) => keyOf(i));
    const [cost, usual] = [chosen, chosen.map(() => random.int32())].map((keys) => {
      const table = new TupleTable(() => random.int32());
      keys.forEach((key, i) => table.set(key, 0, 0, i));
      return slotsRead(table, keys);
    });
    expect(usual).toBeGreaterThanOrEqual(1);
    expect(cost / usual).toBeLessThan(20); // a table that degenerates costs thousands of times as much
  });

  test('ten thousand connected peers on one port do not slow one another down', () => {
    start({ iface: { gateway: PEER_IP } });
    let seen = 0;
    const sockets = Array.from({ length: 10_000 }, (_, i) => {
      const socket = lab.stack.udp.open();
      socket.bind({ port: 7, reusePort: true });
      socket.connect(`192.${i >> 8}.2.${i & 255}`, 5000);
      socket.onDatagram = () => seen++;
      return socket;
    });
    const reads = countReads(sockets);
    for (let i = 0; i < 10_000; i += 100) {
      lab.send(
        ethernet()
          .ipv4({ src: `192.${i >> 8}.2.${i & 255}` })
          .udp({ srcPort: 5000 })
          .payload(Uint8Array.of(1)),
      );
    }
    expect(seen).toBe(100);
    expect(lab.heard()).toEqual([]);
    expect(reads()).toBeLessThan(100 * 10); // a scan would read something of each of them for every datagram
  });
});
