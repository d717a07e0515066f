import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { conservationFaults, ethernet, StackLab } from '@lunetta/testkit';
import '@lunetta/testkit/jest';

let lab: StackLab;
beforeEach(() => {
  lab = new StackLab();
  lab.befriend();
});
afterEach(() => lab.close());

const closedPort = ethernet().ipv4().udp({ dstPort: 99 });

test('drops are counted by reason, on a stack, an interface and a lab', () => {
  expect(lab.stack).not.toHaveDropped();
  lab.send(closedPort, closedPort, ethernet().ipv4().udp({ checksum: 1 }));
  for (const subject of [lab, lab.stack, lab.iface]) {
    expect(subject).toHaveDropped();
    expect(subject).toHaveDropped('udp.noPort');
    expect(subject).toHaveDropped('udp.noPort', 2);
    expect(subject).toHaveDropped(undefined, 3);
    expect(subject).not.toHaveDropped('udp.noPort', 1);
    expect(subject).not.toHaveDropped('arp.unresolved');
    expect(subject).toHaveDropped('arp.unresolved', 0);
  }
});

test('frames to be sent count, too', () => {
  const socket = lab.stack.udp.open();
  socket.send(Uint8Array.of(1), '10.0.0.77', 9);
  lab.advance('10s');
  expect(lab.stack).toHaveDropped('arp.unresolved', 1);
});

test('what was dropped instead is listed', () => {
  lab.send(closedPort, closedPort, ethernet().ipv4().udp({ checksum: 1 }));
  const message = (work: () => void): string => {
    try {
      work();
    } catch (error) {
      return (error as Error).message;
    }
    throw new Error('it has passed');
  };
  expect(message(() => expect(lab.stack).toHaveDropped('udp.truncated', 1))).toMatchSnapshot();
  expect(message(() => expect(lab.stack).not.toHaveDropped())).toMatchSnapshot();
});

test('the accounts add up, or it is said what does not', () => {
  expect(lab.stack).toBeConserved();
  const { io } = lab.iface;
  io.counters[0]++; // a frame of which nothing else is known
  expect(lab).not.toBeConserved();
  expect(() => expect(lab.iface).toBeConserved()).toThrow(conservationFaults(lab.stack)[0]);
  io.counters[0]--;
});

test('what has no accounts, and reasons that there are not, are refused', () => {
  expect(() => expect({}).toHaveDropped()).toThrow(/received must be a Stack, one of its interfaces or a StackLab/);
  expect(() => expect(lab).toHaveDropped('udp.nosuch' as never)).toThrow(/the reason must be a name of DropReason/);
  expect(() => expect(lab).toHaveDropped('udp.noPort', 1.5)).toThrow(/the count must be a whole number/);
});
