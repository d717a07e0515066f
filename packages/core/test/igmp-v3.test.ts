import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { UdpSocket } from '@lunetta/core';
import { ethernet } from '@lunetta/testkit';
import '@lunetta/testkit/jest';
import { IgmpLab, queryFrame, ROUTER_ALERT } from './support/igmp-lab.js';

const GROUP = '239.1.2.3';
const OTHER = '239.9.9.9';
let lab: IgmpLab;
let socket: UdpSocket;
beforeEach(() => {
  lab = new IgmpLab();
  socket = lab.stack.udp.open();
});
afterEach(() => lab.close());

/** Lets the present changes be told to the end. */
function quiet(): void {
  lab.advance('5s');
  lab.receive();
}

describe('a change of what is wanted', () => {
  test('is reported at once to the routers of version 3, and once more within a second', () => {
    socket.joinGroup(GROUP);
    lab.host.settle();
    const [report, ...rest] = lab.receive();
    expect(rest).toEqual([]);
    expect(report).toMatchPacket(
      ethernet({ dst: '01:00:5e:00:00:16', src: IgmpLab.STACK_MAC })
        .ipv4({ src: IgmpLab.STACK_IP, dst: '224.0.0.22', ttl: 1, tos: 0xc0, options: ROUTER_ALERT })
        .igmp({ type: 'v3_report', records: [{ type: 'to_ex', group: GROUP, sources: [] }] }),
    );
    const [again, ...later] = lab.saidWithin(60_000);
    expect(again.message).toBe(`v3_report to_ex ${GROUP} {}`);
    expect(again.ms).toBeLessThanOrEqual(1000);
    expect(later).toEqual([]);
    expect(lab.stack.counters().igmp).toMatchObject({ reportsSent: 2, groups: 1 });
  });

  test('leaving is told in the same way', () => {
    socket.joinGroup(GROUP);
    quiet();
    socket.leaveGroup(GROUP);
    expect(lab.said()).toEqual([`v3_report to_in ${GROUP} {}`]);
    expect(lab.saidWithin(60_000).map(({ message }) => message)).toEqual([`v3_report to_in ${GROUP} {}`]);
    expect(lab.stack.counters().igmp.groups).toBe(0);
  });

  test('sources that come and go are told apart from the mode', () => {
    socket.joinGroup(GROUP, { source: '192.0.2.1' });
    expect(lab.said()).toEqual([`v3_report allow ${GROUP} {192.0.2.1}`]);
    quiet();
    socket.joinGroup(GROUP, { source: '192.0.2.2' });
    expect(lab.said()).toEqual([`v3_report allow ${GROUP} {192.0.2.2}`]);
    quiet();
    socket.leaveGroup(GROUP, { source: '192.0.2.1' });
    expect(lab.said()).toEqual([`v3_report block ${GROUP} {192.0.2.1}`]);
    quiet();
    socket.leaveGroup(GROUP);
    expect(lab.said()).toEqual([`v3_report block ${GROUP} {192.0.2.2}`]);
    quiet();
    socket.joinGroup(GROUP);
    quiet();
    socket.blockSource(GROUP, '192.0.2.7');
    expect(lab.said()).toEqual([`v3_report block ${GROUP} {192.0.2.7}`]);
    quiet();
    socket.unblockSource(GROUP, '192.0.2.7');
    expect(lab.said()).toEqual([`v3_report allow ${GROUP} {192.0.2.7}`]);
  });

  test('several sockets want together what any of them wants', () => {
    const [one, two] = [socket, lab.stack.udp.open()];
    one.joinGroup(GROUP);
    one.blockSource(GROUP, '192.0.2.1');
    one.blockSource(GROUP, '192.0.2.2');
    quiet();
    two.joinGroup(GROUP, { source: '192.0.2.2' });
    expect(lab.said()).toEqual([`v3_report allow ${GROUP} {192.0.2.2}`]); // all but .1 now
    quiet();
    one.leaveGroup(GROUP);
    expect(lab.said()).toEqual([`v3_report to_in ${GROUP} {192.0.2.2}`]);
    quiet();
    one.joinGroup(GROUP);
    expect(lab.said()).toEqual([`v3_report to_ex ${GROUP} {}`]);
    quiet();
    two.close();
    expect(lab.said()).toEqual([]);
  });

  test('one that comes while another is still told is told with it', () => {
    socket.joinGroup(GROUP);
    socket.joinGroup(OTHER, { source: '192.0.2.1' });
    socket.leaveGroup(GROUP);
    socket.joinGroup(OTHER, { source: '192.0.2.2' });
    expect(lab.said()).toEqual([
      `v3_report to_ex ${GROUP} {}`,
      `v3_report allow ${OTHER} {192.0.2.1}`,
      `v3_report to_in ${GROUP} {}`,
      `v3_report allow ${OTHER} {192.0.2.1,192.0.2.2}`,
    ]);
    // What is left, each as often as is due: the first source was told twice.
    expect(lab.saidWithin(5000).map(({ message }) => message)).toEqual([
      `v3_report to_in ${GROUP} {} and allow ${OTHER} {192.0.2.2}`,
    ]);
  });

  test('it is repeated as often as the setting says, and then as the querier says', async () => {
    await lab.close();
    lab = new IgmpLab({ settings: { igmp: { robustness: 3 } } });
    socket = lab.stack.udp.open();
    socket.joinGroup(GROUP);
    expect(lab.saidWithin(10_000)).toHaveLength(3);
    lab.query({ version: 3, robustness: 5, maxResponse: 1 });
    quiet();
    socket.joinGroup(OTHER);
    expect(lab.saidWithin(10_000)).toHaveLength(5);
  });

  test('closing the socket leaves its groups, closing the stack too', async () => {
    socket.joinGroup(GROUP);
    const other = lab.stack.udp.open();
    other.joinGroup(OTHER);
    quiet();
    other.close();
    expect(lab.said()).toEqual([`v3_report to_in ${OTHER} {}`]);
    quiet();
    const sent = lab.stack.counters().igmp.reportsSent;
    await lab.close();
    expect(lab.stack.counters().igmp.reportsSent).toBe(sent + 1);
    lab = new IgmpLab();
  });

  test('all is told anew when the link comes back', () => {
    socket.joinGroup(GROUP);
    socket.joinGroup(OTHER, { source: '192.0.2.1' });
    quiet();
    lab.cable.setLinkState('down');
    lab.host.settle();
    lab.cable.setLinkState('up');
    lab.host.settle();
    const said = lab.receive().slice(1); // after the announcement of our address
    expect(said).toHaveLength(1);
    expect(said[0]).toMatchPacket(
      ethernet()
        .ipv4()
        .igmp({
          records: [
            { type: 'to_ex', group: GROUP, sources: [] },
            { type: 'to_in', group: OTHER, sources: ['192.0.2.1'] },
          ],
        }),
    );
  });

  test('of all hosts (224.0.0.1) nothing is told', () => {
    socket.joinGroup('224.0.0.1');
    expect(lab.said()).toEqual([]);
    lab.query({ version: 3 });
    expect(lab.saidWithin(12_000)).toEqual([]);
  });
});

describe('a query', () => {
  beforeEach(() => {
    socket.joinGroup(GROUP);
    socket.blockSource(GROUP, '192.0.2.1');
    socket.joinGroup(OTHER, { source: '192.0.2.2' });
    quiet();
  });

  test('for all is answered by one report of all groups, at random within the time it names', () => {
    const answeredMs = new Set<number>();
    for (let i = 0; i < 5; i++) {
      lab.query({ version: 3, maxResponse: 100 });
      expect(lab.said()).toEqual([]);
      const [answer, ...rest] = lab.saidWithin(15_000);
      expect(rest).toEqual([]);
      expect(answer.message).toBe(`v3_report is_ex ${GROUP} {192.0.2.1} and is_in ${OTHER} {192.0.2.2}`);
      expect(answer.ms).toBeLessThanOrEqual(10_000);
      answeredMs.add(answer.ms);
    }
    expect(answeredMs.size).toBeGreaterThan(1);
    expect(lab.stack.counters().igmp.queriesReceived).toBe(5);
  });

  test('names long times by a number with exponent', () => {
    lab.query({ version: 3, maxResponse: 0xff }); // 31 << 10 tenths of a second
    const [answer] = lab.saidWithin(3_200_000, 10_000);
    expect(answer.ms).toBeGreaterThan(12_800);
  });

  test('for a group is answered for that one; for one that is not joined, not at all', () => {
    lab.query({ version: 3, group: OTHER, maxResponse: 10 }, { dst: '224.0.0.1' });
    lab.query({ version: 3, group: '239.7.7.7', maxResponse: 10 });
    const said = lab.saidWithin(5000);
    expect(said.map(({ message }) => message)).toEqual([`v3_report is_in ${OTHER} {192.0.2.2}`]);
    expect(said[0].ms).toBeLessThanOrEqual(1000);
  });

  test('for sources is answered with those that are wanted', () => {
    const sources = ['192.0.2.1', '192.0.2.2', '192.0.2.3'];
    lab.query({ group: OTHER, sources, maxResponse: 10 });
    expect(lab.saidWithin(2000).map(({ message }) => message)).toEqual([`v3_report is_in ${OTHER} {192.0.2.2}`]);
    lab.query({ group: GROUP, sources, maxResponse: 10 });
    const wanted = `v3_report is_in ${GROUP} {192.0.2.2,192.0.2.3}`;
    expect(lab.saidWithin(2000).map(({ message }) => message)).toEqual([wanted]);
    lab.query({ group: OTHER, sources: ['192.0.2.9'], maxResponse: 10 });
    expect(lab.saidWithin(2000)).toEqual([]);
  });

  test('while another one waits for its answer is answered with it', () => {
    lab.query({ group: GROUP, sources: ['192.0.2.5'], maxResponse: 100 });
    lab.query({ group: GROUP, sources: ['192.0.2.6'], maxResponse: 100 });
    expect(lab.saidWithin(11_000).map(({ message }) => message)).toEqual([
      `v3_report is_in ${GROUP} {192.0.2.5,192.0.2.6}`,
    ]);
    lab.query({ group: GROUP, sources: ['192.0.2.5'], maxResponse: 100 });
    lab.query({ version: 3, group: GROUP, maxResponse: 10 });
    const [whole, ...rest] = lab.saidWithin(11_000);
    expect(whole.message).toBe(`v3_report is_ex ${GROUP} {192.0.2.1}`);
    expect(whole.ms).toBeLessThanOrEqual(1000);
    expect(rest).toEqual([]);
  });

  test('is not answered again where the answer to all comes sooner', () => {
    lab.query({ version: 3, maxResponse: 1 });
    lab.query({ version: 3, group: GROUP, maxResponse: 0xff });
    lab.query({ version: 3, maxResponse: 0xff });
    expect(lab.saidWithin(3_300_000, 50_000)).toHaveLength(1);
  });

  test('for a group that is left before the answer is due, is not answered', () => {
    lab.query({ version: 3, group: OTHER, maxResponse: 100 });
    socket.leaveGroup(OTHER);
    lab.said();
    const said = lab.saidWithin(11_000).map(({ message }) => message);
    expect(said).toEqual([`v3_report block ${OTHER} {192.0.2.2}`]); // the leave, once more
  });

  test('by the thousand brings one answer', () => {
    for (let i = 0; i < 100; i++) lab.send(...Array.from({ length: 100 }, () => queryFrame({ version: 3 })));
    expect(lab.saidWithin(12_000)).toHaveLength(1);
    expect(lab.stack.counters().igmp.queriesReceived).toBe(10_000);
  });

  test('another host’s report changes nothing: version 3 needs each', () => {
    lab.query({ version: 3, maxResponse: 100 });
    lab.reportOfAnother(GROUP);
    expect(lab.saidWithin(11_000)).toHaveLength(1);
  });
});
