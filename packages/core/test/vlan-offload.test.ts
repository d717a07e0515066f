import { afterEach, beforeEach, expect, test } from '@jest/globals';
import {
  DESCRIPTOR_WORDS,
  FLAGS,
  FRAME_LENGTH,
  LENGTH,
  OFFSET,
  RX_VLAN_STRIPPED,
  TX_VLAN_INSERT,
  VLAN_AND_MSS,
  type LinkIo,
} from '@lunetta/core';
import { ethernet, StackLab, type PacketBuilder } from '@lunetta/testkit';
import '@lunetta/testkit/jest';

const TAG_LENGTH = 4;
const ADDRESSES_LENGTH = 12;
const ETHERTYPE_VLAN = 0x8100;
const ENDS = { src: '10.7.0.2', dst: '10.7.0.1' };

let lab: StackLab;
/** Tags that the device has taken out, and put in. */
let tags: { stripped: number; inserted: number };

beforeEach(() => {
  lab = new StackLab();
  tags = moveTags(lab.iface.io);
  lab.stack.addVlan(lab.iface, { name: 'v7', id: 7, addresses: ['10.7.0.1/24'] });
  const socket = lab.stack.udp.open();
  socket.bind({ port: 7 });
  socket.onDatagram = (datagram) => void datagram.reply();
  lab.host.settle();
  lab.receive(); // the announcement
  tags.inserted = 0;
});
afterEach(() => lab.close());

/** From now on the device takes the tag out of what it receives, and puts in the one that it is asked to. */
function moveTags(io: LinkIo): typeof tags {
  const moved = { stripped: 0, inserted: 0 };
  const { queue } = io;
  const { rx, tx, memory } = queue;
  const poll = queue.poll.bind(queue);
  Object.assign(io, { offloads: io.offloads | TX_VLAN_INSERT });
  queue.poll = (txCount) => {
    for (let d = 0; d < txCount * DESCRIPTOR_WORDS; d += DESCRIPTOR_WORDS) {
      if ((tx[d + FLAGS] & TX_VLAN_INSERT) === 0) continue;
      const at = tx[d + OFFSET];
      memory.bytes.copyWithin(at - TAG_LENGTH, at, at + ADDRESSES_LENGTH);
      memory.view.setUint16(at + ADDRESSES_LENGTH - TAG_LENGTH, ETHERTYPE_VLAN);
      memory.view.setUint16(at + ADDRESSES_LENGTH - TAG_LENGTH + 2, tx[d + VLAN_AND_MSS]);
      tx.set([at - TAG_LENGTH, tx[d + LENGTH] + TAG_LENGTH, 0], d + OFFSET);
      moved.inserted++;
    }
    const received = poll(txCount);
    for (let d = 0; d < received * DESCRIPTOR_WORDS; d += DESCRIPTOR_WORDS) {
      const at = rx[d + OFFSET];
      if (memory.view.getUint16(at + ADDRESSES_LENGTH) !== ETHERTYPE_VLAN) continue;
      rx[d + VLAN_AND_MSS] = memory.view.getUint16(at + ADDRESSES_LENGTH + 2);
      memory.bytes.copyWithin(at + TAG_LENGTH, at, at + ADDRESSES_LENGTH);
      rx.set([at + TAG_LENGTH, rx[d + LENGTH] - TAG_LENGTH, rx[d + FLAGS] | RX_VLAN_STRIPPED], d + OFFSET);
      rx[d + FRAME_LENGTH] -= TAG_LENGTH;
      moved.stripped++;
    }
    return received;
  };
  return moved;
}

const tagged = (id: number): PacketBuilder => ethernet({ type: ETHERTYPE_VLAN }).vlan({ id });
const request = (id: number): PacketBuilder => tagged(id).ipv4(ENDS).udp({ srcPort: 5, dstPort: 7 }).payload('abc');

test('a frame whose tag the device has taken out is that VLAN’s, and so is its answer', () => {
  lab.send(tagged(7).arp({ senderIp: ENDS.src, targetIp: ENDS.dst }));
  lab.receive();
  const answers = lab.exchange(request(7));
  expect(answers).toContainPacket(tagged(7).ipv4({ src: ENDS.dst, dst: ENDS.src }).udp({ srcPort: 7 }).payload('abc'));
  expect(tags.stripped).toBe(2);
  expect(tags.inserted).toBeGreaterThan(1);
});

test('one of a VLAN that there is not here is nobody’s', () => {
  expect(lab.exchange(request(8))).toEqual([]);
  expect(lab.stack).toHaveDropped('ethernet.unknownVlan', 1);
});

test('the port’s own interface takes no part in it', () => {
  lab.befriend();
  const [answer] = lab.exchange(ethernet().ipv4().udp({ srcPort: 5, dstPort: 7 }).payload('abc'));
  expect(answer).toMatchPacket(ethernet({ type: 0x0800 }).ipv4().udp({ srcPort: 7 }));
  expect(tags).toEqual({ stripped: 0, inserted: 0 });
});
