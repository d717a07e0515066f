import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ethernet, readPacket, StackLab } from '@lunetta/testkit';

const { PEER_IP, PEER_MAC, STACK_IP, STACK_MAC } = StackLab;
const BROADCAST = 'ff:ff:ff:ff:ff:ff';

let lab: StackLab;
let seen: string[];
beforeEach(() => {
  lab = new StackLab();
  seen = listen();
});
afterEach(() => lab.close());

function listen(): string[] {
  const received: string[] = [];
  const socket = lab.stack.udp.open();
  socket.bind({ port: 7 });
  socket.onDatagram = (datagram) => received.push(datagram.localAddress);
  return received;
}

/** A frame to `dst` with a UDP datagram to port 7 of `ip`. */
function frameTo(dst: string, ip = STACK_IP, src = PEER_MAC): Uint8Array {
  return ethernet({ dst, src }).ipv4({ dst: ip }).udp({ srcPort: 5, dstPort: 7 }).payload(Uint8Array.of(1)).bytes();
}

describe('takes', () => {
  test('frames to its own address', () => {
    lab.send(frameTo(STACK_MAC));
    expect(seen).toEqual([STACK_IP]);
  });

  test('broadcast frames', () => {
    lab.send(frameTo(BROADCAST, '255.255.255.255'));
    expect(seen).toEqual(['255.255.255.255']);
  });

  test('frames to a multicast group from the moment it is joined until it is left as often', () => {
    const group = frameTo('01:00:5e:01:02:03', '239.1.2.3');
    lab.send(group);
    expect(lab.drops('ethernet.notJoined')).toBe(1);
    lab.stack.joinGroup(lab.iface, '239.1.2.3');
    lab.stack.joinGroup(lab.iface, '239.1.2.3');
    lab.send(group);
    lab.stack.leaveGroup(lab.iface, '239.1.2.3');
    lab.send(group);
    expect(lab.drops('udp.notJoined')).toBe(2); // Ethernet took them; the socket has not joined itself
    lab.stack.leaveGroup(lab.iface, '239.1.2.3');
    lab.send(group);
    expect(lab.drops('udp.notJoined')).toBe(2);
    expect(lab.drops('ethernet.notJoined')).toBe(2);
  });

  test('frames to all hosts (224.0.0.1), always: that group cannot be left', () => {
    lab.stack.leaveGroup(lab.iface, '224.0.0.1');
    lab.send(frameTo('01:00:5e:00:00:01', '224.0.0.1'));
    expect(lab.drops('udp.notJoined')).toBe(1);
  });
});

describe('drops', () => {
  test.each([0, 1, 13])('a frame of %d bytes where the link lets it through', (length) => {
    // The cable refuses to carry these; a driver that does not would bring them.
    const frame = frameTo(STACK_MAC).subarray(0, length);
    lab.send(frameTo(STACK_MAC));
    expect(frame.length).toBeLessThan(14);
    expect(seen).toEqual([STACK_IP]);
  });

  test('a frame of a header alone', () => {
    lab.send(frameTo(STACK_MAC).subarray(0, 14));
    expect(lab.drops('ipv4.truncated')).toBe(1);
  });

  test('frames to another station', () => {
    lab.send(frameTo('02:00:00:00:00:03'), frameTo('02:00:00:00:01:01'), frameTo('00:00:00:00:00:00'));
    expect(lab.drops('ethernet.foreign')).toBe(3);
  });

  test('multicast frames of other kinds than IPv4, even with the same last bytes', () => {
    lab.stack.joinGroup(lab.iface, '239.1.2.3');
    lab.send(frameTo('01:80:5e:01:02:03', '239.1.2.3'), frameTo('33:33:5e:01:02:03', '239.1.2.3'));
    expect(lab.drops('ethernet.notJoined')).toBe(2);
  });

  test('a group that shares its MAC address with a joined one', () => {
    lab.stack.joinGroup(lab.iface, '239.1.2.3');
    lab.send(frameTo('01:00:5e:01:02:03', '238.129.2.3'));
    expect(lab.drops('ipv4.notForUs')).toBe(1);
  });

  test('frames from a group, from broadcast, from zeros', () => {
    for (const src of ['01:00:5e:00:00:01', BROADCAST, '00:00:00:00:00:00', '03:00:00:00:00:02']) {
      lab.send(frameTo(STACK_MAC, STACK_IP, src));
    }
    expect(lab.drops('ethernet.badSource')).toBe(4);
  });

  test('frames from our own address', () => {
    lab.send(frameTo(STACK_MAC, STACK_IP, STACK_MAC), frameTo(BROADCAST, '255.255.255.255', STACK_MAC));
    expect(lab.drops('ethernet.ownSource')).toBe(2);
  });

  test.each([0, 46, 1500, 0x05ff, 0x0801, 0x8035, 0x8100, 0x86dd, 0x88cc, 0xffff])('ethertype %d', (type) => {
    lab.send(ethernet({ type }).payload(new Uint8Array(46)));
    expect(lab.drops('ethernet.unknownType')).toBe(1);
  });

  test('all of these without a frame in return, and without a delivery', () => {
    lab.receive();
    lab.send(frameTo('02:00:00:00:00:03'), frameTo(STACK_MAC, STACK_IP, STACK_MAC));
    expect(lab.heard()).toEqual([]);
    expect(seen).toEqual([]);
  });
});

describe('padding', () => {
  test('of any length and content is ignored', () => {
    for (const length of [1, 4, 17, 18, 100, 1000]) {
      lab.send(Buffer.concat([frameTo(STACK_MAC), new Uint8Array(length).fill(0xa5)]));
    }
    expect(seen).toHaveLength(6);
  });

  test('is not missed in frames under 60 bytes', () => {
    expect(frameTo(STACK_MAC).length).toBe(43);
    lab.send(frameTo(STACK_MAC));
    expect(seen).toHaveLength(1);
  });

  test('is not made by the stack: a datagram of one byte leaves as 43 bytes', () => {
    lab.befriend();
    lab.stack.udp.open().send(Uint8Array.of(1), PEER_IP, 9);
    lab.host.settle();
    expect(lab.receive().map((frame) => frame.length)).toEqual([43]);
  });
});

test('a frame goes out from our address', () => {
  lab.befriend();
  lab.stack.udp.open().send(Uint8Array.of(1), PEER_IP, 9);
  lab.host.settle();
  const [frame] = lab.receive();
  expect(readPacket(frame).ethernet).toMatchObject({ dst: PEER_MAC, src: STACK_MAC });
});
