import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { UdpSocket } from '@lunetta/core';
import { ethernet } from '@lunetta/testkit';
import '@lunetta/testkit/jest';
import { IgmpLab, ROUTER_ALERT } from './support/igmp-lab.js';

const GROUP = '239.1.2.3';
const OTHER = '239.9.9.9';
let lab: IgmpLab;
let socket: UdpSocket;
beforeEach(() => {
  lab = new IgmpLab();
  socket = lab.stack.udp.open();
});
afterEach(() => lab.close());

function messagesWithin(ms: number): string[] {
  return lab.saidWithin(ms).map(({ message }) => message);
}

describe('once a router of version 2 has asked', () => {
  beforeEach(() => lab.query());

  test('joining is reported to the group itself, at once and again within ten seconds', () => {
    socket.joinGroup(GROUP);
    lab.host.settle();
    const [report] = lab.receive();
    expect(report).toMatchPacket(
      ethernet({ dst: '01:00:5e:01:02:03' })
        .ipv4({ dst: GROUP, ttl: 1, tos: 0xc0, options: ROUTER_ALERT })
        .igmp({ type: 'v2_report', group: GROUP }),
    );
    const [again, ...rest] = lab.saidWithin(60_000);
    expect(again.message).toBe(`v2_report ${GROUP}`);
    expect(again.ms).toBeLessThanOrEqual(10_000);
    expect(rest).toEqual([]);
  });

  test('leaving is told to all routers by who has reported last', () => {
    socket.joinGroup(GROUP);
    messagesWithin(11_000);
    socket.leaveGroup(GROUP);
    lab.host.settle();
    expect(lab.receive()).toEqual([expect.anything()]);
    socket.joinGroup(GROUP);
    messagesWithin(11_000);
    socket.leaveGroup(GROUP);
    lab.host.settle();
    const [leave] = lab.receive();
    expect(leave).toMatchPacket(
      ethernet({ dst: '01:00:5e:00:00:02' }).ipv4({ dst: '224.0.0.2' }).igmp({ type: 'leave', group: GROUP }),
    );
    expect(messagesWithin(30_000)).toEqual([]);
    expect(lab.stack.counters().igmp.leavesSent).toBe(2);
  });

  test('a query for all is answered for each group at a time of its own', () => {
    for (const group of [GROUP, OTHER, '239.0.0.7']) socket.joinGroup(group);
    messagesWithin(11_000);
    lab.query({ maxResponse: 100 });
    const said = lab.saidWithin(30_000);
    expect(said.map(({ message }) => message).sort()).toEqual([
      'v2_report 239.0.0.7',
      `v2_report ${GROUP}`,
      `v2_report ${OTHER}`,
    ]);
    expect(Math.max(...said.map(({ ms }) => ms))).toBeLessThanOrEqual(10_000);
    expect(new Set(said.map(({ ms }) => ms)).size).toBe(3);
  });

  test('a query for a group that is in more of a hurry takes the place of one that waits', () => {
    socket.joinGroup(GROUP);
    messagesWithin(11_000);
    lab.query({ maxResponse: 250 });
    lab.query({ maxResponse: 1, group: GROUP });
    const [answer, ...rest] = lab.saidWithin(30_000);
    expect(answer.ms).toBeLessThanOrEqual(100);
    expect(rest).toEqual([]);
  });

  test('the report of another host is enough: ours is held back, and no leave is due from us', () => {
    socket.joinGroup(GROUP);
    messagesWithin(11_000);
    lab.query({ maxResponse: 100 });
    lab.reportOfAnother(GROUP);
    expect(messagesWithin(30_000)).toEqual([]);
    socket.leaveGroup(GROUP);
    expect(messagesWithin(30_000)).toEqual([]);
    expect(lab.stack.counters().igmp.reportsReceived).toBe(1);
  });

  test('a report from an address that is not on the link holds nothing back', () => {
    socket.joinGroup(GROUP);
    messagesWithin(11_000);
    lab.query({ maxResponse: 100 });
    lab.reportOfAnother(GROUP, '192.0.2.1');
    expect(lab.drops('igmp.badSource')).toBe(1);
    expect(messagesWithin(30_000)).toEqual([`v2_report ${GROUP}`]);
  });

  test('sources cannot be told: joining for one is joining', () => {
    socket.joinGroup(GROUP, { source: '192.0.2.1' });
    expect(messagesWithin(11_000)).toEqual([`v2_report ${GROUP}`, `v2_report ${GROUP}`]);
    socket.joinGroup(GROUP, { source: '192.0.2.2' });
    expect(messagesWithin(11_000)).toEqual([]);
  });

  test('version 3 is back twice 125 seconds and ten after its last query', () => {
    socket.joinGroup(GROUP);
    messagesWithin(11_000);
    lab.advance('200s');
    lab.query(); // it is still there
    messagesWithin(11_000);
    lab.advance('248s'); // 259 s
    socket.joinGroup(OTHER);
    expect(lab.said()).toEqual([`v2_report ${OTHER}`]);
    lab.advance('2s');
    lab.receive();
    socket.leaveGroup(OTHER);
    expect(lab.said()).toEqual([`v3_report to_in ${OTHER} {}`]);
  });

  test('the times of a querier of version 3 count: four times 60 seconds and five', () => {
    lab.advance('261s');
    lab.query({ version: 3, robustness: 4, interval: 60, maxResponse: 50 });
    lab.query();
    messagesWithin(1000);
    lab.advance('243s');
    socket.joinGroup(GROUP);
    expect(lab.said()).toEqual([`v2_report ${GROUP}`]);
    lab.advance('2s');
    lab.receive();
    socket.joinGroup(OTHER);
    expect(lab.said()).toEqual([`v3_report to_ex ${OTHER} {}`]);
  });
});

test('a router of version 1: its reports, no leaves, an answer within ten seconds', () => {
  lab.query({ version: 1 }, { options: new Uint8Array(0) });
  socket.joinGroup(GROUP);
  lab.host.settle();
  const [report] = lab.receive();
  expect(report).toMatchPacket(ethernet().ipv4({ dst: GROUP }).igmp({ type: 'v1_report', group: GROUP }));
  messagesWithin(11_000);
  lab.query({ version: 1 }, { options: new Uint8Array(0) });
  expect(messagesWithin(10_000)).toEqual([`v1_report ${GROUP}`]);
  socket.leaveGroup(GROUP);
  expect(messagesWithin(10_000)).toEqual([]);
});

test('with another version what waits to be said is not said any more', () => {
  socket.joinGroup(GROUP);
  socket.joinGroup(OTHER);
  lab.query({ version: 3, maxResponse: 100 });
  socket.leaveGroup(OTHER);
  lab.said();
  lab.query({ maxResponse: 20 });
  expect(messagesWithin(30_000)).toEqual([`v2_report ${GROUP}`]);
});
