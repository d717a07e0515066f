import { afterEach, describe, expect, test } from '@jest/globals';
import { checksum } from '@lunetta/core';
import { ethernet, ipv4 } from '@lunetta/testkit';
import { RouterLab, type RouterLabOptions } from './support/router-lab.js';

let lab: RouterLab;
afterEach(() => lab.close());

const THERE = { src: '10.0.0.2', dst: '10.0.1.2' };

function start(options: RouterLabOptions = {}): void {
  lab = new RouterLab(options);
}

describe('a router', () => {
  test.each([
    ['with a memory for each link', {}],
    ['whose links share theirs', { cable: { sharedMemory: true, oneStack: false, buffers: 8192 } }],
  ])('%s passes a datagram on with one less of TTL, and nothing else changed', (_, options) => {
    start(options);
    for (const length of [0, 1, 1000, 1472]) {
      const payload = Uint8Array.from({ length }, (_byte, i) => i);
      lab.send(0, lab.datagram(0, { ...THERE, ttl: 9, tos: 0xb8, id: 4711 }, payload));
      expect(lab.heard(1)).toMatchObject([
        {
          ethernet: { src: RouterLab.routerMac(1), dst: RouterLab.stationMac(1) },
          ipv4: { ...THERE, ttl: 8, tos: 0xb8, id: 4711 },
          udp: { srcPort: 1000, dstPort: 2000 },
          payload,
        },
      ]);
    }
    expect(lab.heard(0)).toEqual([]);
    expect(lab.stack.counters().forwarding).toMatchObject({ forwarded: 4, fragmented: 0 });
    expect(lab.stack.counters().interfaces[0].rx.forwarded).toBe(4);
  });

  test('is none unless it is told to be', () => {
    start({ settings: { ipv4: {} } });
    lab.send(0, lab.datagram(0, THERE));
    expect([lab.heard(0), lab.heard(1), lab.drops(0, 'ipv4.notForUs')]).toEqual([[], [], 1]);
    lab.stack.forwarding = true;
    lab.send(0, lab.datagram(0, THERE));
    expect(lab.heard(1)).toHaveLength(1);
    lab.stack.forwarding = false;
    lab.send(0, lab.datagram(0, THERE));
    expect(lab.heard(1)).toEqual([]);
  });

  test('has its addresses on all interfaces as long as it is one', () => {
    start({ settings: { ipv4: {} } });
    const other = lab.from(0).ipv4({ src: '10.0.0.2', dst: '10.0.1.1' }).icmp({ rest: 1 });
    const answers = [false, true, false].map((isRouter) => {
      lab.stack.forwarding = isRouter;
      lab.send(0, other);
      return lab.heard(0).length;
    });
    expect(answers).toEqual([0, 1, 0]);
  });

  test('answers on its address of any interface; a strong host does not, a weak one does', async () => {
    const other = { src: '10.0.0.2', dst: '10.0.1.1' };
    for (const [ipv4Settings, answers] of [
      [{ forwarding: true }, 1],
      [{}, 0],
      [{ hostModel: 'weak' as const }, 1],
    ] as const) {
      start({ settings: { ipv4: ipv4Settings } });
      lab.send(0, lab.from(0).ipv4(other).icmp({ rest: 1 }).payload(Uint8Array.of(1)));
      expect([0, 1].flatMap((n) => lab.heard(n))).toHaveLength(answers);
      await lab.close();
    }
    start();
  });

  test.each([1, 0])('answers a TTL of %d with time exceeded: traceroute through us', (ttl) => {
    start();
    lab.send(0, lab.datagram(0, { ...THERE, ttl }));
    const [answer] = lab.heard(0);
    expect(answer).toMatchObject({ ipv4: { src: '10.0.0.1', dst: '10.0.0.2' }, icmp: { type: 11, code: 0 } });
    expect(new DataView(answer.payload.buffer, answer.payload.byteOffset).getUint16(20)).toBe(1000);
    expect([lab.heard(1), lab.drops(0, 'forward.ttlExceeded')]).toEqual([[], 1]);
  });

  test('says that there is no way, and that nobody is there', () => {
    start();
    lab.send(0, lab.datagram(0, { ...THERE, dst: '192.0.2.1' }));
    expect(lab.heard(0)).toMatchObject([{ icmp: { type: 3, code: 0 } }]);
    lab.send(0, lab.datagram(0, { ...THERE, dst: '10.0.1.99' }));
    lab.host.advance('5s');
    expect(lab.heard(0).filter(({ icmp }) => icmp)).toMatchObject([{ icmp: { type: 3, code: 1 } }]);
    expect(lab.drops(0, 'forward.noRoute')).toBe(1);
  });

  test('cuts up what the next link does not take, or names that link’s MTU', () => {
    start({ mtus: [1500, 576] });
    const payload = Uint8Array.from({ length: 1400 }, (_, i) => i * 3);
    lab.send(0, lab.datagram(0, { ...THERE, id: 5 }, payload));
    const fragments = lab.heard(1);
    expect(fragments).toMatchObject([
      { ipv4: { fragmentOffset: 0, moreFragments: true } },
      { ipv4: { fragmentOffset: 552, moreFragments: true } },
      { ipv4: { fragmentOffset: 1104, moreFragments: false } },
    ]);
    expect(fragments.every(({ ipv4 }) => ipv4!.id === 5 && ipv4!.ttl === 63)).toBe(true);
    expect(new Uint8Array(Buffer.concat(fragments.map((fragment) => fragment.payload)).subarray(8))).toEqual(payload);
    lab.send(0, lab.datagram(0, { ...THERE, dontFragment: true }, payload));
    expect(lab.heard(0)).toMatchObject([{ icmp: { type: 3, code: 4, rest: 576 } }]);
    expect([lab.heard(1), lab.drops(0, 'forward.tooLong')]).toEqual([[], 1]);
  });

  test('cuts up fragments again, and passes those on that fit', () => {
    start({ mtus: [1500, 576] });
    const payload = Uint8Array.from({ length: 1000 }, (_, i) => i);
    const offset = 1480;
    const fields = { ...THERE, moreFragments: true };
    lab.send(
      0,
      lab
        .from(0)
        .ipv4({ ...fields, fragmentOffset: offset })
        .payload(payload),
      lab.from(0).ipv4(fields).payload(payload.subarray(0, 96)),
    );
    expect(lab.heard(1)).toMatchObject([
      { ipv4: { fragmentOffset: offset, moreFragments: true } },
      { ipv4: { fragmentOffset: offset + 552, moreFragments: true } },
      { ipv4: { fragmentOffset: 0, moreFragments: true } },
    ]);
  });

  test('cuts up what has the longest header that there is', () => {
    start({ mtus: [1500, 576] });
    const options = new Uint8Array(40).fill(1);
    lab.send(0, lab.datagram(0, { ...THERE, options }, new Uint8Array(900)));
    expect(lab.heardRaw(1).map((frame) => frame.length)).toEqual([14 + 60 + 512, 14 + 20 + 396]);
  });

  test('copies only the options into later fragments that belong there', () => {
    start({ mtus: [1500, 576] });
    // A security option (130, copied) and a record route (7, not copied).
    const options = Uint8Array.of(130, 11, ...new Array<number>(9).fill(5), 7, 7, 4, 0, 0, 0, 0, 1, 0);
    lab.send(0, lab.datagram(0, { ...THERE, options }, new Uint8Array(900)));
    lab.host.settle();
    const headers = lab.heardRaw(1).map((frame) => frame.subarray(14, 14 + ((frame[14] & 15) << 2)));
    expect(headers.map((header) => header.length)).toEqual([40, 32]);
    expect([...headers[1].subarray(20)]).toEqual([...options.subarray(0, 11), 0]);
    for (const header of headers) {
      const view = new DataView(header.buffer, header.byteOffset, header.length);
      expect(checksum.finish(checksum.add(0, view, 0, header.length))).toBe(0);
    }
  });

  test('tells a host of a better router on its own link', () => {
    start();
    lab.stack.routes.add({ destination: '192.0.2.0/24', gateway: '10.0.0.3' });
    lab.introduce(0, '10.0.0.3', '02:00:00:00:00:03');
    lab.send(0, lab.datagram(0, { src: '10.0.0.2', dst: '192.0.2.1' }));
    expect(lab.heard(0)).toMatchObject([
      { ethernet: { dst: RouterLab.stationMac(0) }, icmp: { type: 5, code: 1, rest: 0x0a000003 } },
      { ethernet: { dst: '02:00:00:00:00:03' }, ipv4: { dst: '192.0.2.1', ttl: 63 } },
    ]);
    lab.send(0, lab.datagram(0, { src: '10.0.7.2', dst: '192.0.2.1' }));
    expect(lab.heard(0).filter(({ icmp }) => icmp)).toEqual([]);
  });

  test.each([
    ['a multicast group', '239.1.2.3', '10.0.0.2'],
    ['the limited broadcast address', '255.255.255.255', '10.0.0.2'],
    ['240/4', '250.1.2.3', '10.0.0.2'],
    ['0/8', '0.1.2.3', '10.0.0.2'],
    ['127/8', '127.0.0.1', '10.0.0.2'],
    ['a link-local address', '169.254.1.1', '10.0.0.2'],
    ['another host from a link-local one', '10.0.1.2', '169.254.1.1'],
  ])('passes nothing on to %s', (_, dst, src) => {
    start();
    lab.stack.routes.add({ destination: '0.0.0.0/0', gateway: '10.0.1.2' });
    lab.send(0, lab.datagram(0, { src, dst }));
    expect([0, 1].flatMap((n) => lab.heard(n))).toEqual([]);
  });

  test('passes nothing on that came in a link broadcast', () => {
    start();
    lab.send(0, lab.from(0, 'ff:ff:ff:ff:ff:ff').ipv4(THERE).payload(new Uint8Array(8)));
    expect(lab.heard(1)).toEqual([]);
  });

  test('the broadcast address of a network behind it: dropped, unless that is allowed', async () => {
    start();
    lab.send(0, lab.datagram(0, { ...THERE, dst: '10.0.1.255' }));
    expect([lab.heard(1), lab.drops(0, 'forward.broadcast')]).toEqual([[], 1]);
    await lab.close();
    start({ settings: { ipv4: { forwarding: true, forwardBroadcasts: true } } });
    lab.send(0, lab.datagram(0, { ...THERE, dst: '10.0.1.255' }));
    expect(lab.heard(1)).toMatchObject([{ ethernet: { dst: 'ff:ff:ff:ff:ff:ff' }, ipv4: { dst: '10.0.1.255' } }]);
  });

  test('obeys no source routes, and says where options are malformed', () => {
    start();
    lab.send(0, lab.datagram(0, { ...THERE, options: Uint8Array.of(131, 7, 4, 10, 0, 1, 9, 0) }));
    lab.send(0, lab.datagram(0, { ...THERE, options: Uint8Array.of(1, 7, 99, 4) }));
    expect(lab.heard(0)).toMatchObject([
      { icmp: { type: 3, code: 5 } },
      { icmp: { type: 12, code: 0, rest: 22 << 24 } },
    ]);
    expect(lab.drops(0, 'ipv4.badOptions')).toBe(2);
  });

  test('sends no more errors than the limits allow, and goes on passing on', () => {
    start();
    lab.host.advance('1s');
    for (let i = 0; i < 100; i++) lab.send(0, lab.datagram(0, { ...THERE, ttl: 1 }));
    expect(lab.heard(0)).toHaveLength(10);
    lab.send(0, lab.datagram(0, THERE));
    expect(lab.heard(1)).toHaveLength(1);
  });

  test('drops what the next link has no room for, counted', () => {
    start({ cable: { txCapacity: 16 } });
    lab.send(0, ...Array.from({ length: 64 }, () => lab.datagram(0, THERE)));
    const passed = lab.heard(1).length;
    expect(passed).toBeGreaterThan(0);
    expect(passed + lab.drops(0, 'forward.noRoom')).toBe(64);
  });

  test('waits for ARP with it, and tells nobody’s neighbour from another’s', () => {
    start();
    lab.send(0, lab.datagram(0, { ...THERE, dst: '10.0.1.50' }));
    expect(lab.heard(1)).toMatchObject([{ arp: { operation: 'request', targetIp: '10.0.1.50' } }]);
    const macOf50 = '02:00:00:00:01:50';
    const reply = { operation: 'reply', senderIp: '10.0.1.50', targetIp: '10.0.1.1' } as const;
    lab.send(1, ethernet({ dst: RouterLab.routerMac(1), src: macOf50 }).arp(reply));
    expect(lab.heard(1)).toMatchObject([{ ethernet: { dst: macOf50 }, ipv4: { dst: '10.0.1.50' } }]);
  });
});

describe('a host', () => {
  const ROUTER = '10.0.0.2';
  const BETTER = '10.0.0.3';

  function hostWithRouter(ipv4Settings = {}): void {
    start({ settings: { ipv4: ipv4Settings } });
    lab.stack.routes.add({ destination: '0.0.0.0/0', gateway: ROUTER });
    lab.introduce(0, BETTER, '02:00:00:00:00:03');
    socket = lab.stack.udp.open();
    socket.bind({ port: 1000 });
  }
  let socket: ReturnType<RouterLab['stack']['udp']['open']>;

  /** Where a datagram to 192.0.2.1 goes. */
  function hop(): string {
    socket.send(Uint8Array.of(1), '192.0.2.1', 2000);
    lab.host.settle();
    return lab.heard(0).find(({ udp }) => udp)!.ethernet.dst;
  }

  function redirect({ from = ROUTER, to = 0x0a000003, dst = '192.0.2.1', port = 1000 }): void {
    const error = { type: 'redirect', code: 'redirect_host', rest: to } as const;
    const quoted = ipv4({ src: '10.0.0.1', dst }).udp({ srcPort: port, dstPort: 2000 }).payload(Uint8Array.of(1));
    lab.send(0, lab.from(0).ipv4({ src: from, dst: '10.0.0.1' }).icmp(error).payload(quoted.bytes()));
  }

  test('follows its router’s redirect, for a while', () => {
    hostWithRouter();
    expect(hop()).toBe(RouterLab.stationMac(0));
    redirect({});
    expect(hop()).toBe('02:00:00:00:00:03');
    expect(lab.stack.counters()).toMatchObject({ icmp: { redirectsFollowed: 1 }, routes: { redirects: 1 } });
    lab.host.advance('601s');
    lab.heard(0);
    expect(hop()).toBe(RouterLab.stationMac(0));
  });

  test.each([
    ['from another than the router', { from: '10.0.0.9' }],
    ['to a host of another network', { to: 0x0a000103 }],
    ['to ourselves', { to: 0x0a000001 }],
    ['to the broadcast address', { to: 0x0a0000ff }],
    ['about what nobody sent', { port: 1001 }],
  ])('does not believe a redirect %s', (_, said) => {
    hostWithRouter();
    expect(hop()).toBe(RouterLab.stationMac(0));
    redirect(said);
    expect(hop()).toBe(RouterLab.stationMac(0));
    expect(lab.drops(0, 'icmp.unmatched')).toBe(1);
  });

  test.each([{ forwarding: true }, { acceptRedirects: false }])('follows none with %j', (settings) => {
    hostWithRouter(settings);
    expect(hop()).toBe(RouterLab.stationMac(0));
    redirect({});
    expect(hop()).toBe(RouterLab.stationMac(0));
  });
});
