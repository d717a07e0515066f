import { afterEach, describe, expect, test } from '@jest/globals';
import { ipv4Address, PrefixTrie } from '@lunetta/core';
import { SeededRandom } from '@lunetta/testkit';
import { RouterLab } from './support/router-lab.js';

describe('the prefix trie', () => {
  test.each([1, 2, 3])('finds what a search through all prefixes finds, while they come and go (seed %d)', (seed) => {
    const random = new SeededRandom(seed);
    const trie = new PrefixTrie();
    const all = new Map<string, { prefix: number; length: number; value: number }>();
    const key = (prefix: number, length: number): string => `${prefix}/${length}`;
    // Few different bits, so that prefixes hold each other and addresses are found.
    const anyAddress = (): number => (random.int32() & 0xf0f00f0f) | 0;
    const search = (address: number): number => {
      const holding = [...all.values()].filter(({ prefix, length }) => (address & ipv4Address.mask(length)) === prefix);
      return holding.sort((a, b) => b.length - a.length)[0]?.value ?? 0;
    };
    for (let step = 1; step <= 2000; step++) {
      if (all.size > 0 && random.chance(0.4)) {
        const { prefix, length } = [...all.values()][random.below(all.size)];
        all.delete(key(prefix, length));
        trie.delete(prefix, length, (address, shorter) => {
          return all.get(key(address & ipv4Address.mask(shorter), shorter))?.value ?? 0;
        });
      } else {
        const length = random.below(33);
        const prefix = anyAddress() & ipv4Address.mask(length);
        all.set(key(prefix, length), { prefix, length, value: step });
        trie.set(prefix, length, step);
      }
      for (let i = 0; i < 5; i++) {
        const address = anyAddress();
        expect(trie.find(address)).toBe(search(address));
      }
    }
  });

  test('10,000 prefixes set and taken out again leave nothing', () => {
    const random = new SeededRandom(4);
    const trie = new PrefixTrie();
    const prefixes = Array.from({ length: 10_000 }, () => {
      const length = 8 + random.below(25);
      return [random.int32() & ipv4Address.mask(length), length] as const;
    });
    const values = new Map(prefixes.map(([prefix, length], i) => [`${prefix}/${length}`, i + 1]));
    const valueOf = (address: number, length: number): number =>
      values.get(`${address & ipv4Address.mask(length)}/${length}`) ?? 0;
    for (const [prefix, length] of prefixes) trie.set(prefix, length, valueOf(prefix, length));
    for (const [prefix] of prefixes) expect(trie.find(prefix)).toBeGreaterThan(0);
    for (const [prefix, length] of prefixes) {
      if (!values.delete(`${prefix}/${length}`)) continue;
      trie.delete(prefix, length, valueOf);
    }
    for (const [prefix] of prefixes) expect(trie.find(prefix)).toBe(0);
  });
});

describe('routes', () => {
  let lab: RouterLab;
  afterEach(() => lab.close());

  /** The side by which the stack sends to an address, and the station it asks for or hands it to. */
  function sideTo(remote: string): number {
    lab.stack.udp.open().send(Uint8Array.of(1), remote, 9);
    lab.host.settle();
    return [0, 1, 2].findIndex((n) => lab.heard(n).length > 0);
  }

  function start(): void {
    lab = new RouterLab({ settings: { ipv4: {} }, mtus: [1500, 1500, 1500] });
  }

  test('the longest prefix counts, whatever the order', () => {
    start();
    const { routes } = lab.stack;
    routes.add({ destination: '192.0.2.128/25', gateway: '10.0.1.2' });
    routes.add({ destination: '0.0.0.0/0', gateway: '10.0.0.2' });
    routes.add({ destination: '192.0.2.0/24', gateway: '10.0.2.2' });
    expect(['192.0.2.200', '192.0.2.100', '198.51.100.1'].map(sideTo)).toEqual([1, 2, 0]);
    expect(routes.remove({ destination: '192.0.2.128/25', gateway: '10.0.1.2' })).toBe(true);
    expect(routes.remove({ destination: '192.0.2.128/25', gateway: '10.0.1.2' })).toBe(false);
    expect(sideTo('192.0.2.200')).toBe(2);
  });

  test('of two for one prefix the lesser metric counts, as long as its link is up', () => {
    start();
    const { routes } = lab.stack;
    routes.add({ destination: '0.0.0.0/0', gateway: '10.0.1.2', metric: 20 });
    routes.add({ destination: '0.0.0.0/0', gateway: '10.0.0.2', metric: 10 });
    expect(sideTo('192.0.2.1')).toBe(0);
    lab.setLink(0, 'down');
    expect(sideTo('192.0.2.1')).toBe(1);
    lab.setLink(0, 'up');
    lab.host.advance('3s');
    lab.heard(0);
    expect(sideTo('192.0.2.1')).toBe(0);
    routes.remove({ destination: '0.0.0.0/0', gateway: '10.0.0.2', metric: 10 });
    expect(sideTo('192.0.2.1')).toBe(1);
  });

  test('a connected socket goes the new way once it has changed', () => {
    start();
    lab.stack.routes.add({ destination: '192.0.2.0/24', gateway: '10.0.0.2' });
    const socket = lab.stack.udp.open();
    socket.connect('192.0.2.1', 9);
    socket.send(Uint8Array.of(1));
    lab.host.settle();
    expect(lab.heard(0)).toMatchObject([{ ipv4: { src: '10.0.0.1' } }]);
    // The connection keeps its address, and a strong host has but one interface for it.
    lab.stack.routes.add({ destination: '192.0.2.1/32', gateway: '10.0.1.2' });
    socket.send(Uint8Array.of(1));
    lab.host.settle();
    expect(lab.heard(0)).toMatchObject([{ ipv4: { src: '10.0.0.1' } }]);
    socket.disconnect();
    socket.connect('192.0.2.1', 9);
    socket.send(Uint8Array.of(1));
    lab.host.settle();
    expect(lab.heard(1)).toMatchObject([{ ipv4: { src: '10.0.1.1' } }]);
  });

  test('a route may name the source', () => {
    start();
    lab.stack.routes.add({ destination: '192.0.2.0/24', gateway: '10.0.1.2', source: '10.0.2.1' });
    lab.stack.udp.open().send(Uint8Array.of(1), '192.0.2.1', 9);
    lab.host.settle();
    expect(lab.heard(1)).toMatchObject([{ ipv4: { src: '10.0.2.1' } }]);
  });

  test('10,000 come and go while the stack sends, and every one is found', () => {
    start();
    const { routes } = lab.stack;
    const destination = (i: number): string => `${20 + (i >> 13)}.${(i >> 5) & 255}.${(i & 31) << 3}.0/21`;
    for (let i = 0; i < 10_000; i++) routes.add({ destination: destination(i), gateway: `10.0.${i % 3}.2` });
    expect(lab.stack.counters().routes.size).toBe(10_003);
    for (let i = 0; i < 10_000; i += 97) expect(sideTo(destination(i).replace('.0/21', '.77'))).toBe(i % 3);
    for (let i = 0; i < 10_000; i++) routes.remove({ destination: destination(i), gateway: `10.0.${i % 3}.2` });
    expect(routes.list().map((route) => route.destination)).toEqual(['10.0.0.0/24', '10.0.1.0/24', '10.0.2.0/24']);
    expect(lab.stack.udp.open().send(Uint8Array.of(1), '20.0.0.1', 9)).toBe('ENETUNREACH');
  });

  test.each([
    [{ destination: '10.1.0.0', gateway: '10.0.0.2' }, /no prefix/],
    [{ destination: '10.1.0.0/16' }, /name the interface or the gateway/],
    [{ destination: '10.1.0.0/16', gateway: '10.9.0.2' }, /on no network of ours/],
    [{ destination: '10.1.0.0/16', gateway: '10.0.0.1' }, /our own address/],
    [{ destination: '10.1.0.0/16', gateway: '10.0.0.2', interface: 'side1' }, /on no network of 'side1'/],
    [{ destination: '10.1.0.0/16', interface: 'side9' }, /no interface 'side9'/],
    [{ destination: '10.1.0.0/16', gateway: '10.0.0.2', metric: -1 }, /metric -1/],
    [{ destination: '10.1.0.0/16', gateway: '10.0.0.2', source: '10.0.0.2' }, /no address of ours/],
  ])('refuses %j', (options, message) => {
    start();
    expect(() => lab.stack.routes.add(options)).toThrow(message);
  });

  test('there are as many as the limit allows', () => {
    lab = new RouterLab({ settings: { ipv4: { maxRoutes: 3 } } });
    lab.stack.routes.add({ destination: '192.0.2.0/24', gateway: '10.0.0.2' });
    expect(() => lab.stack.routes.add({ destination: '198.51.100.0/24', gateway: '10.0.0.2' })).toThrow(
      /ipv4\.maxRoutes/,
    );
  });
});
