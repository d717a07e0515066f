import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { UdpSocket } from '@lunetta/core';
import { ethernet } from '@lunetta/testkit';
import { groupMac, IgmpLab, queryFrame, ROUTER_ALERT } from './support/igmp-lab.js';

const GROUP = '239.1.2.3';
let lab: IgmpLab;
let socket: UdpSocket;
beforeEach(() => {
  lab = new IgmpLab();
  socket = lab.stack.udp.open();
});
afterEach(() => lab.close());

/** `count` addresses from a first one on, a hundred in each network. */
function addresses(count: number, first: string): string[] {
  return Array.from({ length: count }, (_, i) => `${first}.${Math.floor(i / 100)}.${(i % 100) + 1}`);
}

describe('a message from the wire is dropped', () => {
  const report = (group: string, src = IgmpLab.PEER_IP, type: 'v2_report' | 'leave' | 'v3_report' = 'v2_report') =>
    ethernet({ dst: groupMac(group) })
      .ipv4({ src, dst: group, ttl: 1, options: ROUTER_ALERT })
      .igmp({ type, group });

  test.each([
    ['shorter than eight bytes', 'igmp.truncated', () => raw(Uint8Array.of(0x11, 0, 0, 0))],
    [
      'a query between the lengths',
      'igmp.truncated',
      () => raw(withSum(Uint8Array.of(0x11, 1, 0, 0, 0, 0, 0, 0, 0, 0))),
    ],
    ['a query with fewer sources than it counts', 'igmp.truncated', () => raw(withSum(countedQuery(2, 1)))],
    ['with a wrong checksum', 'igmp.badChecksum', () => queryFrame({ checksum: 1 })],
    ['with a TTL of 2', 'igmp.badTtl', () => queryFrame({}, { ttl: 2 })],
    ['a query of version 2 without router alert', 'igmp.noRouterAlert', () => queryFrame({}, { options: none })],
    ['a query of version 3 without', 'igmp.noRouterAlert', () => queryFrame({ version: 3 }, { options: none })],
    ['a query for what is no group', 'igmp.badGroup', () => queryFrame({ group: '10.0.0.9' })],
    ['a report from another network', 'igmp.badSource', () => report(GROUP, '192.0.2.1')],
    ['a report without a source', 'igmp.badSource', () => report(GROUP, '0.0.0.0')],
    ['a leave', 'igmp.unknownType', () => report(GROUP, IgmpLab.PEER_IP, 'leave')],
    ['a report of version 3', 'igmp.unknownType', () => report(GROUP, IgmpLab.PEER_IP, 'v3_report')],
    ['a query from a broadcast address', 'ipv4.badSource', () => queryFrame({}, { src: '10.0.0.255' })],
  ] as const)('%s: %s', (_, reason, frame) => {
    socket.joinGroup(GROUP);
    lab.advance('3s');
    lab.receive();
    lab.send(frame());
    expect(lab.drops(reason)).toBe(1);
    expect(lab.saidWithin(12_000)).toEqual([]);
  });

  const none = new Uint8Array(0);
  const raw = (message: Uint8Array) =>
    ethernet({ dst: groupMac('224.0.0.1') })
      .ipv4({ dst: '224.0.0.1', ttl: 1, options: ROUTER_ALERT, protocol: 2 })
      .payload(message);

  function countedQuery(counted: number, there: number): Uint8Array {
    const message = new Uint8Array(12 + 4 * there);
    message.set([0x11, 10, 0, 0, 0, 0, 0, 0, 2, 125, 0, counted]);
    return message;
  }

  function withSum(message: Uint8Array): Uint8Array {
    let sum = 0;
    for (let i = 0; i < message.length; i += 2) sum += (message[i] << 8) | message[i + 1];
    message.set([(~sum >> 8) & 255, ~sum & 255], 2); // no carries in these
    return message;
  }
});

test.each(['0.0.0.0', '192.0.2.254'])('a query is heard from %s: switches that ask may have no address here', (src) => {
  socket.joinGroup(GROUP);
  lab.advance('3s');
  lab.receive();
  lab.query({ version: 3 }, { src });
  expect(lab.saidWithin(12_000)).toHaveLength(1);
});

describe('limits', () => {
  test('groups of an interface: ENOBUFS beyond, and again room when one is left', async () => {
    await lab.close();
    lab = new IgmpLab({ settings: { igmp: { maxGroups: 3 } } });
    socket = lab.stack.udp.open();
    for (let i = 1; i <= 3; i++) socket.joinGroup(`239.0.0.${i}`);
    lab.stack.udp.open().joinGroup('239.0.0.1'); // one that is joined already
    expect(() => socket.joinGroup('239.0.0.4')).toThrow(/ENOBUFS.*igmp.maxGroups/);
    expect(() => lab.stack.joinGroup(lab.iface, '239.0.0.5')).toThrow(/3 groups are joined.*igmp.maxGroups/);
    expect(lab.stack.counters().igmp.groups).toBe(3);
    socket.leaveGroup('239.0.0.3');
    socket.joinGroup('239.0.0.4');
  });

  test('sources of a socket: ENOBUFS beyond, and the membership stays as it was', async () => {
    await lab.close();
    lab = new IgmpLab({ settings: { igmp: { maxSources: 2 } } });
    socket = lab.stack.udp.open();
    socket.joinGroup(GROUP, { source: '192.0.2.1' });
    socket.joinGroup(GROUP, { source: '192.0.2.2' });
    expect(() => socket.joinGroup(GROUP, { source: '192.0.2.3' })).toThrow(/ENOBUFS/);
    lab.receive();
    lab.advance('3s');
    lab.receive();
    lab.query({ version: 3 });
    expect(lab.saidWithin(12_000).map(({ message }) => message)).toEqual([
      `v3_report is_in ${GROUP} {192.0.2.1,192.0.2.2}`,
    ]);
    const other = lab.stack.udp.open();
    other.joinGroup(GROUP, { source: '192.0.2.4' }); // together three: the routers are asked for all
    expect(lab.said()).toEqual([`v3_report to_ex ${GROUP} {}`]);
  });

  test('sources that do not fit one report go in several; of excluded ones the first are told', async () => {
    await lab.close();
    lab = new IgmpLab({ iface: { mtu: 68 } });
    socket = lab.stack.udp.open();
    const sources = Array.from({ length: 16 }, (_, i) => `192.0.2.${i + 1}`);
    for (const source of sources) {
      socket.joinGroup(GROUP, { source });
      socket.joinGroup('239.5.5.5', {});
      socket.leaveGroup('239.5.5.5');
    }
    lab.advance('10s');
    lab.receive();
    lab.query({ version: 3, group: GROUP });
    expect(lab.saidWithin(12_000).map(({ message }) => message)).toEqual([
      `v3_report is_in ${GROUP} {${sources.slice(0, 7).join()}}`,
      `v3_report is_in ${GROUP} {${sources.slice(7, 14).join()}}`,
      `v3_report is_in ${GROUP} {${sources.slice(14).join()}}`,
    ]);
    socket.leaveGroup(GROUP);
    socket.joinGroup(GROUP);
    for (const source of sources) socket.blockSource(GROUP, source);
    lab.advance('10s');
    lab.receive();
    lab.query({ version: 3, group: GROUP });
    expect(lab.saidWithin(12_000).map(({ message }) => message)).toEqual([
      `v3_report is_ex ${GROUP} {${sources.slice(0, 7).join()}}`,
    ]);
  });

  test('a thousand groups joined at once, with no room for a thousand frames: each is reported', () => {
    const groups = addresses(1000, '239.1');
    for (const group of groups) socket.joinGroup(group);
    const said = [...lab.said(), ...lab.saidWithin(10_000).map(({ message }) => message)].join();
    for (const group of groups) expect(said).toContain(` ${group} `);
    expect(lab.stack.counters().igmp.noRoom).toBeGreaterThan(0);
    lab.query({ version: 3 });
    expect(lab.saidWithin(12_000).length).toBeLessThanOrEqual(6); // 183 records to a report
  });

  test('groups joined and left by the thousand do not pile up', () => {
    for (const group of addresses(5000, '239.2')) {
      socket.joinGroup(group);
      socket.leaveGroup(group);
    }
    expect(lab.stack.counters().igmp.notRepeated).toBeGreaterThan(2000);
    lab.advance('10s');
    lab.receive();
    expect(lab.saidWithin(30_000)).toEqual([]);
  });

  test('sources that change by the thousand do not pile up either', () => {
    socket.joinGroup(GROUP);
    for (const source of addresses(3000, '198.18')) {
      socket.blockSource(GROUP, source);
      socket.unblockSource(GROUP, source);
    }
    lab.said();
    const said = lab.saidWithin(10_000).map(({ message }) => message);
    expect(said.length).toBeLessThanOrEqual(3);
    expect(Math.max(...said.map((message) => message.length))).toBeLessThan(256 * 16);
    lab.query({ version: 3 });
    expect(lab.saidWithin(12_000).map(({ message }) => message)).toEqual([`v3_report is_ex ${GROUP} {}`]);
  });
});
