import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Stack, type AddressConflict, type UdpSocket } from '@lunetta/core';
import { createMemoryCable, ethernet, type Packet, StackLab, VirtualHost } from '@lunetta/testkit';

const { PEER_IP, PEER_MAC, STACK_IP, STACK_MAC } = StackLab;
const BROADCAST = 'ff:ff:ff:ff:ff:ff';
const OTHER_MAC = '02:00:00:00:00:99';

let lab: StackLab;
beforeEach(() => {
  lab = new StackLab();
  lab.advance('3s'); // the second announcement is over
  lab.receive();
});
afterEach(() => lab.close());

function socketTo(): UdpSocket {
  return lab.stack.udp.open();
}

/** Sends a datagram of one byte and takes what the stack sends at once. */
function sendTo(socket: UdpSocket, address: string, mark = 0): Packet[] {
  expect(socket.send(Uint8Array.of(mark), address, 9)).toBeUndefined();
  lab.host.settle();
  return lab.heard();
}

function requests(frames: readonly Packet[]): string[] {
  return frames.filter((frame) => frame.arp?.operation === 'request').map((frame) => frame.arp!.targetIp);
}

function marks(frames: readonly Packet[]): number[] {
  return frames.filter((frame) => frame.udp).map((frame) => frame.payload[0]);
}

function counters() {
  return lab.stack.counters().interfaces[0];
}

describe('answering', () => {
  test('a request for our address, to all or to us alone, is answered to the asker alone', () => {
    for (const dst of [BROADCAST, STACK_MAC]) {
      const [reply, ...rest] = lab.ask(ethernet({ dst }).arp());
      expect(rest).toEqual([]);
      expect(reply).toMatchObject({ ethernet: { dst: PEER_MAC, src: STACK_MAC } });
      expect(reply.arp).toMatchObject({
        operation: 'reply',
        senderMac: STACK_MAC,
        senderIp: STACK_IP,
        targetMac: PEER_MAC,
        targetIp: PEER_IP,
      });
    }
  });

  test('a probe (sender 0.0.0.0) is answered, and nothing is learnt from it', () => {
    const [reply] = lab.ask(ethernet({ dst: BROADCAST }).arp({ senderIp: '0.0.0.0' }));
    expect(reply.arp).toMatchObject({ operation: 'reply', senderIp: STACK_IP, targetIp: '0.0.0.0' });
    expect(counters().arp.neighbours).toBe(0);
  });

  test('a request for somebody else is not answered, and creates no entry', () => {
    expect(lab.ask(ethernet({ dst: BROADCAST }).arp({ targetIp: '10.0.0.3' }))).toEqual([]);
    expect(lab.drops('arp.notForUs')).toBe(1);
    expect(counters().arp.neighbours).toBe(0);
  });

  test('a padded request is answered like an unpadded one', () => {
    expect(lab.ask(ethernet({ padding: new Uint8Array(18) }).arp())).toHaveLength(1);
  });
});

describe('refusing', () => {
  test.each([
    ['of another hardware type', { hardwareType: 6 }],
    ['of another protocol type', { protocolType: 0x0801 }],
    ['with another hardware address length', { hardwareLength: 8 }],
    ['with another protocol address length', { protocolLength: 16 }],
    ['of operation 0', { operation: 0 }],
    ['of operation 3 (RARP)', { operation: 3 }],
  ])('a packet %s', (_, fields) => {
    expect(lab.ask(ethernet().arp(fields))).toEqual([]);
    expect(lab.drops('arp.unknownFormat')).toBe(1);
    expect(counters().arp.neighbours).toBe(0);
  });

  test('a packet shorter than ARP is', () => {
    expect(lab.ask(ethernet().arp().bytes().subarray(0, 41))).toEqual([]);
    expect(lab.drops('arp.truncated')).toBe(1);
    expect(counters().arp.neighbours).toBe(0);
  });

  test.each([
    ['the broadcast MAC', BROADCAST],
    ['a multicast MAC', '01:00:5e:00:00:01'],
    ['a MAC of zeros', '00:00:00:00:00:00'],
    ['our own MAC', STACK_MAC],
  ])('a sender with %s is never cached', (_, senderMac) => {
    expect(lab.ask(ethernet().arp({ senderMac }))).toEqual([]); // the Ethernet source is a decent one
    expect(lab.drops('arp.badSender')).toBe(1);
    expect(counters().arp.neighbours).toBe(0);
  });

  test.each(['127.0.0.1', '224.0.0.1', '255.255.255.255', '240.0.0.1', '0.0.0.1', '10.0.0.255'])(
    'a sender with the address %s',
    (senderIp) => {
      expect(lab.ask(ethernet().arp({ senderIp }))).toEqual([]);
      expect(lab.drops('arp.badSender')).toBe(1);
    },
  );

  test('a reply that nobody asked for creates no entry', () => {
    expect(lab.ask(ethernet().arp({ operation: 'reply' }))).toEqual([]);
    expect(lab.ask(ethernet({ dst: BROADCAST }).arp({ operation: 'reply', targetIp: PEER_IP }))).toEqual([]);
    expect(counters().arp.neighbours).toBe(0);
    expect(lab.drops('arp.unsolicited')).toBe(1);
    expect(lab.drops('arp.notForUs')).toBe(1);
  });

  test('a reply that nobody asked for does not replace a confirmed address', () => {
    lab.befriend();
    lab.ask(ethernet({ src: OTHER_MAC }).arp({ operation: 'reply' }));
    expect(lab.drops('arp.unsolicited')).toBe(1);
    expect(sendTo(socketTo(), PEER_IP)).toMatchObject([{ ethernet: { dst: PEER_MAC } }]);
  });

  test('a reply from somebody else than was asked is not taken for the answer', () => {
    const socket = socketTo();
    sendTo(socket, PEER_IP);
    expect(lab.ask(ethernet().arp({ operation: 'reply', senderIp: '10.0.0.3' }))).toEqual([]);
    expect(counters().tx.pending).toBe(1);
  });
});

describe('resolving', () => {
  test('a datagram makes one request to all, and follows its answer', () => {
    const socket = socketTo();
    const [request, ...rest] = sendTo(socket, PEER_IP, 7);
    expect(rest).toEqual([]);
    expect(request).toMatchObject({ ethernet: { dst: BROADCAST, src: STACK_MAC } });
    expect(request.arp).toMatchObject({
      operation: 'request',
      senderMac: STACK_MAC,
      senderIp: STACK_IP,
      targetMac: '00:00:00:00:00:00',
      targetIp: PEER_IP,
    });
    const [datagram] = lab.ask(ethernet().arp({ operation: 'reply' }));
    expect(datagram).toMatchObject({ ethernet: { dst: PEER_MAC }, payload: Uint8Array.of(7) });
  });

  test('the asked one speaking by itself (a request to us) lets its datagrams go, too', () => {
    sendTo(socketTo(), PEER_IP, 7);
    const frames = lab.ask(ethernet().arp());
    expect(marks(frames)).toEqual([7]);
  });

  test('at most one request a second goes to an address, however much is sent', () => {
    const socket = socketTo();
    const seen: number[] = [];
    for (let ms = 0; ms < 10_000; ms += 50) {
      socket.send(Uint8Array.of(0), PEER_IP, 9);
      lab.host.settle();
      if (requests(lab.heard()).length > 0) seen.push(ms);
      lab.advance('50ms');
      // what the timers sent belongs to the next moment
    }
    for (let i = 1; i < seen.length; i++) expect(seen[i] - seen[i - 1]).toBeGreaterThanOrEqual(1000);
    expect(seen.length).toBeGreaterThan(5);
  });

  test('also after the stack has slept: a send after an idle time makes one request, not two', () => {
    lab.advance('30s');
    const socket = socketTo();
    expect(requests(sendTo(socket, PEER_IP))).toEqual([PEER_IP]);
    lab.advance('990ms');
    expect(requests(lab.heard())).toEqual([]);
    lab.advance('20ms');
    expect(requests(lab.heard())).toEqual([PEER_IP]);
  });

  test('a host that never answers: three requests, then the socket hears EHOSTUNREACH', () => {
    const socket = socketTo();
    const errors: unknown[] = [];
    socket.onError = (error) => errors.push(error);
    let asked = requests(sendTo(socket, PEER_IP)).length;
    lab.advance('2500ms');
    asked += requests(lab.heard()).length;
    expect(asked).toBe(3);
    expect(errors).toEqual([]);
    lab.advance('600ms');
    expect(errors).toEqual([{ code: 'EHOSTUNREACH', remoteAddress: PEER_IP, remotePort: 9 }]);
    expect(lab.drops('arp.unresolved')).toBe(1);
    expect(counters().held).toBe(0);
    lab.advance('60s');
    expect(lab.heard()).toEqual([]);
    expect(counters().arp.neighbours).toBe(0);
  });

  test('a connected socket without onError hears of it from its next send, once', () => {
    const socket = socketTo();
    socket.connect(PEER_IP, 9);
    expect(socket.send(Uint8Array.of(1))).toBeUndefined();
    lab.advance('4s');
    expect(socket.send(Uint8Array.of(2))).toBe('EHOSTUNREACH');
    expect(socket.send(Uint8Array.of(3))).toBeUndefined();
  });

  test('sending again from onError, with a full queue, loses nothing and counts each frame once', () => {
    const socket = socketTo();
    let again = 0;
    socket.onError = () => {
      if (again++ < 40) socket.send(Uint8Array.of(200), PEER_IP, 9);
    };
    for (let i = 0; i < 16; i++) socket.send(Uint8Array.of(i), PEER_IP, 9);
    lab.advance('3500ms');
    const { tx, held } = counters();
    expect(held).toBe(tx.pending);
    expect(tx.pending).toBeGreaterThan(0);
    const { buffers } = counters();
    expect(buffers.inUse).toBe(64 + tx.pending);
    expect(lab.stack.counters().interfaces[0].link.refused['doubleFree']).toBe(0);
    lab.heard();
    expect(marks(lab.ask(ethernet().arp()))).toEqual(new Array<number>(tx.pending).fill(200));
  });

  test('answers after giving up work as if nothing had been', () => {
    const socket = socketTo();
    sendTo(socket, PEER_IP, 1);
    lab.advance('4s');
    lab.receive();
    expect(requests(sendTo(socket, PEER_IP, 2))).toEqual([PEER_IP]);
    expect(marks(lab.ask(ethernet().arp({ operation: 'reply' })))).toEqual([2]);
  });

  test('what is off our networks is asked for nowhere without a gateway', () => {
    expect(socketTo().send(Uint8Array.of(1), '192.0.2.1', 9)).toBe('ENETUNREACH');
    lab.host.settle();
    expect(lab.heard()).toEqual([]);
  });
});

describe('waiting', () => {
  test('sixty-four wait for one address: the newest are kept, in their order', () => {
    const socket = socketTo();
    for (let i = 0; i < 68; i++) sendTo(socket, PEER_IP, i);
    expect(lab.drops('arp.pendingFull')).toBe(4);
    expect(marks(lab.ask(ethernet().arp({ operation: 'reply' })))).toEqual(Array.from({ length: 64 }, (_, i) => i + 4));
  });

  test('256 wait in all: the oldest gives way, and the newest for every address stays', () => {
    const socket = socketTo();
    for (let i = 0; i < 20; i++) {
      for (let host = 10; host < 30; host++) sendTo(socket, `10.0.0.${host}`, i);
    }
    expect(counters().tx.pending).toBe(256);
    expect(lab.drops('arp.pendingFull')).toBe(20 * 20 - 256);
    for (let host = 10; host < 30; host++) {
      const senderMac = `02:00:00:00:01:${host}`;
      const sent = marks(lab.ask(ethernet({ src: senderMac }).arp({ operation: 'reply', senderIp: `10.0.0.${host}` })));
      expect(sent.at(-1)).toBe(19);
      expect(sent).toEqual([...sent].sort((a, b) => a - b));
    }
    expect(counters().tx.pending).toBe(0);
  });

  test('no more buffers wait than the link can spare, and the newest stays', async () => {
    await lab.close();
    // 8 + 4 + 8 + 8 are under way at most; three are left to hold.
    lab = new StackLab({ cable: { buffers: 31, inFlight: 8, burst: 4, txCapacity: 8, stock: 8 } });
    const socket = socketTo();
    for (let i = 0; i < 6; i++) sendTo(socket, PEER_IP, i);
    expect(counters().held).toBe(3);
    expect(lab.drops('arp.pendingFull')).toBe(3);
    expect(marks(lab.ask(ethernet().arp({ operation: 'reply' })))).toEqual([3, 4, 5]);
  });

  test('one dead host does not keep others waiting', () => {
    const socket = socketTo();
    lab.befriend();
    for (let i = 0; i < 100; i++) sendTo(socket, '10.0.0.66', i);
    expect(marks(sendTo(socket, PEER_IP, 5))).toEqual([5]);
  });

  test('what waits when the stack closes is dropped and counted', async () => {
    const socket = socketTo();
    sendTo(socket, PEER_IP, 1);
    await lab.close();
    expect(lab.drops('link.closed')).toBe(1);
    lab = new StackLab();
  });
});

describe('ageing', () => {
  test('a confirmed neighbour is used for 30 seconds without a question', () => {
    lab.befriend();
    const socket = socketTo();
    for (let s = 0; s < 29; s++) {
      expect(sendTo(socket, PEER_IP, s)).toHaveLength(1);
      lab.advance('1s');
    }
  });

  test('then the next use is sent at once and asks the neighbour alone for a confirmation', () => {
    lab.befriend();
    lab.advance('31s');
    const frames = sendTo(socketTo(), PEER_IP, 3);
    expect(marks(frames)).toEqual([3]);
    const request = frames.find((frame) => frame.arp)!;
    expect(request).toMatchObject({ ethernet: { dst: PEER_MAC }, arp: { operation: 'request', targetIp: PEER_IP } });
    lab.ask(ethernet().arp({ operation: 'reply' }));
    expect(sendTo(socketTo(), PEER_IP, 4)).toHaveLength(1);
  });

  test('a neighbour that confirms no more is given up, and asked for by broadcast at the next use', () => {
    lab.befriend();
    lab.advance('31s');
    const socket = socketTo();
    sendTo(socket, PEER_IP);
    lab.advance('5s');
    lab.receive();
    const [request] = sendTo(socket, PEER_IP);
    expect(request).toMatchObject({ ethernet: { dst: BROADCAST }, arp: { operation: 'request', targetIp: PEER_IP } });
  });

  test('a confirmation may bring a new address', () => {
    lab.befriend();
    lab.advance('31s');
    const socket = socketTo();
    sendTo(socket, PEER_IP);
    lab.ask(ethernet({ src: OTHER_MAC }).arp({ operation: 'reply' }));
    expect(sendTo(socket, PEER_IP)).toMatchObject([{ ethernet: { dst: OTHER_MAC } }]);
  });

  test('a neighbour that nobody uses is forgotten', () => {
    lab.befriend();
    expect(counters().arp.neighbours).toBe(1);
    lab.advance('21min');
    expect(counters().arp.neighbours).toBe(0);
    expect(lab.heard()).toEqual([]);
  });

  test('a known neighbour that announces a new address is followed', () => {
    lab.befriend();
    expect(lab.ask(ethernet({ dst: BROADCAST, src: OTHER_MAC }).arp({ targetIp: PEER_IP }))).toEqual([]);
    expect(marks(sendTo(socketTo(), PEER_IP, 1))).toEqual([1]);
    lab.ask(ethernet({ dst: BROADCAST }).arp({ operation: 'reply', targetIp: PEER_IP }));
    expect(sendTo(socketTo(), PEER_IP)).toMatchObject([{ ethernet: { dst: PEER_MAC } }]);
  });
});

describe('floods', () => {
  test('65,000 senders neither fill the table nor push out a confirmed neighbour', async () => {
    await lab.close();
    lab = new StackLab({ cable: { poison: false }, settings: { arp: { maxNeighbours: 512 } } });
    lab.befriend();
    const socket = socketTo();
    const request = ethernet().arp().bytes();
    for (let first = 0; first < 65_000; first += 100) {
      const frames = Array.from({ length: 100 }, (_, n) => {
        const [high, low] = [(first + n) >> 8, (first + n) & 255];
        const frame = request.slice();
        frame.set([2, 1, 1, 1, high, low, 10, 9, high, low], 22);
        return frame;
      });
      lab.exchange(...frames);
      if (first % 5000 === 0) expect(sendTo(socket, PEER_IP)).toMatchObject([{ ethernet: { dst: PEER_MAC } }]);
    }
    expect(counters().arp.neighbours).toBe(512);
  });

  test('65,000 addresses that we send to fill neither the table nor the memory', async () => {
    await lab.close();
    lab = new StackLab({
      cable: { poison: false },
      iface: { addresses: ['10.0.0.1/8'] },
      settings: { arp: { maxNeighbours: 512 } },
    });
    lab.befriend();
    const socket = socketTo();
    const refused = new Set<unknown>();
    for (let i = 0; i < 65_000; i++) {
      refused.add(socket.send(Uint8Array.of(1), `10.1.${i >> 8}.${i & 255}`, 9));
      if (i % 16 === 0) {
        lab.host.settle();
        lab.receive();
      }
    }
    expect(counters().arp.neighbours).toBeLessThanOrEqual(512);
    expect(counters().tx.pending).toBeLessThanOrEqual(256);
    expect([...refused].filter((code) => code !== undefined && code !== 'EHOSTUNREACH')).toEqual([]);
    lab.advance('10s');
    lab.receive();
    expect(counters().tx.pending).toBe(0);
    expect(marks(sendTo(socket, PEER_IP, 7))).toEqual([7]);
  });
});

describe('our own addresses', () => {
  test('are announced when the interface starts, twice, two seconds apart', async () => {
    await lab.close();
    lab = new StackLab();
    lab.advance('1999ms');
    expect(lab.heard()).toEqual([]);
    lab.advance('2ms');
    const [announcement, ...rest] = lab.heard();
    expect(rest).toEqual([]);
    expect(announcement).toMatchObject({ ethernet: { dst: BROADCAST } });
    expect(announcement.arp).toMatchObject({ operation: 'request', senderIp: STACK_IP, targetIp: STACK_IP });
    lab.advance('1min');
    expect(lab.heard()).toEqual([]);
  });

  test('two seconds count from when the interface was added, however old the stack is', () => {
    const host = new VirtualHost();
    const stack = new Stack(host);
    host.advance('1h');
    const cable = createMemoryCable({ scheduler: host.scheduler });
    stack.addInterface(cable.a, { name: 'late', addresses: ['10.9.0.1/24'], mode: 'interrupt' });
    host.advance('1999ms');
    expect(stack.counters().interfaces[0].tx.sent).toBe(1);
    host.advance('2ms');
    expect(stack.counters().interfaces[0].tx.sent).toBe(2);
  });

  test('are announced again when the link comes back', () => {
    lab.advance('5s');
    lab.receive();
    lab.cable.setLinkState('down');
    lab.host.settle();
    lab.cable.setLinkState('up');
    lab.host.settle();
    expect(requests(lab.heard())).toEqual([STACK_IP]);
  });

  test('a conflict is reported, and defended at most every ten seconds', () => {
    const conflicts: AddressConflict[] = [];
    lab.stack.onAddressConflict = (conflict) => conflicts.push(conflict);
    lab.advance('5s');
    lab.receive();
    const claim = (fields: { operation?: 'reply'; targetIp?: string } = {}) =>
      ethernet({ dst: BROADCAST, src: OTHER_MAC }).arp({ senderIp: STACK_IP, targetIp: PEER_IP, ...fields });
    const [defence, ...rest] = lab.ask(claim());
    expect(rest).toEqual([]);
    expect(defence.arp).toMatchObject({ operation: 'request', senderIp: STACK_IP, targetIp: STACK_IP });
    expect(conflicts).toMatchObject([{ address: STACK_IP, hardwareAddress: OTHER_MAC }]);
    expect(conflicts[0].interface).toBe(lab.iface);
    for (let i = 0; i < 9; i++) {
      lab.advance('1s');
      expect(lab.ask(claim({ operation: 'reply' }))).toEqual([]);
    }
    lab.advance('2s');
    expect(lab.ask(claim({ targetIp: STACK_IP }))).toHaveLength(1);
    expect(conflicts).toHaveLength(2);
    expect(counters().arp.conflicts).toBe(11);
    expect(lab.drops('arp.conflict')).toBe(11);
    expect(counters().arp.neighbours).toBe(0);
  });

  test('our own announcement coming back is no conflict', () => {
    lab.stack.onAddressConflict = () => expect('a conflict').toBe('none');
    const announcement = { senderMac: STACK_MAC, senderIp: STACK_IP, targetIp: STACK_IP };
    expect(lab.ask(ethernet({ dst: BROADCAST, src: STACK_MAC }).arp(announcement))).toEqual([]);
    expect(lab.drops('ethernet.ownSource')).toBe(1);
    const proxy = '02:00:00:00:00:09'; // with an address of its own
    expect(lab.ask(ethernet({ dst: BROADCAST, src: proxy }).arp(announcement))).toEqual([]);
    expect(counters().arp.conflicts).toBe(0);
  });
});
