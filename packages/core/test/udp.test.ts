import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Datagram, RetainedDatagram, UdpSocket } from '@lunetta/core';
import { ethernet, type PacketBuilder, StackLab } from '@lunetta/testkit';

const { PEER_IP, PEER_MAC, STACK_IP } = StackLab;
const BROADCAST = 'ff:ff:ff:ff:ff:ff';

let lab: StackLab;
beforeEach(() => start());
afterEach(() => lab.close());

function start(options: ConstructorParameters<typeof StackLab>[0] = {}): void {
  lab = new StackLab(options);
  lab.advance('3s'); // the announcements are over
  lab.receive();
  lab.befriend();
}

async function restart(options: ConstructorParameters<typeof StackLab>[0]): Promise<void> {
  await lab.close();
  start(options);
}

function counted(length: number, first = 0): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => first + i * 7);
}

/** A socket that keeps the first byte of what it is shown. */
function listener(options: Parameters<UdpSocket['bind']>[0]): { socket: UdpSocket; seen: number[] } {
  const socket = lab.stack.udp.open();
  socket.bind(options);
  const seen: number[] = [];
  socket.onDatagram = (datagram) => seen.push(datagram.bytes[0]);
  return { socket, seen };
}

/** A datagram to a port of ours, whose first byte is `mark`. */
function to(dstPort: number, mark = 1, srcPort = 5000): PacketBuilder {
  return ethernet()
    .ipv4()
    .udp({ srcPort, dstPort })
    .payload(Uint8Array.of(mark, 2, 3));
}

function toAll(dstPort: number, mark = 1): PacketBuilder {
  return ethernet({ dst: BROADCAST })
    .ipv4({ dst: '10.0.0.255' })
    .udp({ srcPort: 5000, dstPort })
    .payload(Uint8Array.of(mark, 2, 3));
}

/** Sends one frame and lets one callback of a socket on port 7 act on it. */
function during(act: (datagram: Datagram, socket: UdpSocket) => void, frame = to(7)): void {
  const socket = lab.stack.udp.open();
  socket.bind({ port: 7 });
  socket.onDatagram = (datagram) => act(datagram, socket);
  lab.send(frame);
}

describe('bind', () => {
  test('to a port, on any address or on one of ours', () => {
    const any = listener({ port: 7 });
    const one = listener({ port: 8, address: STACK_IP });
    lab.send(to(7, 1), to(8, 2), to(9, 3));
    expect([any.seen, one.seen]).toEqual([[1], [2]]);
    expect(lab.drops('udp.noPort')).toBe(1);
    expect([any.socket.localPort, one.socket.localAddress]).toEqual([7, STACK_IP]);
  });

  test('to no port takes a free one of the ephemeral range', () => {
    const ports = new Set(Array.from({ length: 500 }, () => listener({}).socket.localPort));
    expect(ports.size).toBe(500);
    for (const port of ports) expect(port).toBeGreaterThanOrEqual(49_152);
  });

  test('fails when no ephemeral port is left: bind and connect throw, send says so', async () => {
    await restart({ settings: { udp: { ephemeralPorts: [50_000, 50_001] } } });
    listener({});
    listener({});
    expect(() => lab.stack.udp.open().bind()).toThrow(/EADDRINUSE/);
    expect(() => lab.stack.udp.open().connect(PEER_IP, 9)).toThrow(/EADDRINUSE/);
    expect(lab.stack.udp.open().send(counted(1), PEER_IP, 9)).toBe('EADDRINUSE');
  });

  test.each([
    [{ port: 7 }, { port: 7 }],
    [{ port: 7 }, { port: 7, address: STACK_IP }],
    [{ port: 7, address: STACK_IP }, { port: 7 }],
    [
      { port: 7, address: STACK_IP },
      { port: 7, address: STACK_IP },
    ],
    [
      { port: 7, reusePort: true },
      { port: 7, reusePort: false },
    ],
    [
      { port: 7, reusePort: false },
      { port: 7, reusePort: true },
    ],
  ])('with %j refuses %j, until it is closed', (first, second) => {
    const { socket } = listener(first);
    const other = lab.stack.udp.open();
    expect(() => other.bind(second)).toThrow(/EADDRINUSE/);
    expect(other.localAddress).toBeUndefined();
    socket.close();
    other.bind(second);
  });

  test('shares only with those who all share', () => {
    listener({ port: 7, address: STACK_IP, reusePort: true });
    listener({ port: 7, address: '10.0.0.255' });
    expect(() => listener({ port: 7, reusePort: true })).toThrow(/EADDRINUSE/);
  });

  test('does not share a port across different addresses unless asked', () => {
    const one = listener({ port: 7, address: STACK_IP });
    const all = listener({ port: 7, address: '10.0.0.255' });
    lab.send(to(7, 1), toAll(7, 2));
    expect([one.seen, all.seen]).toEqual([[1], [2]]);
  });

  test.each(['10.0.0.2', '192.0.2.1', '0.0.0.1'])('refuses %s, which is not ours', (address) => {
    expect(() => lab.stack.udp.open().bind({ address })).toThrow(/EADDRNOTAVAIL/);
  });

  test.each([-1, 65_536, 1.5, NaN])('refuses port %d', (port) => {
    expect(() => lab.stack.udp.open().bind({ port })).toThrow(/EINVAL/);
  });

  test('refuses an address that is none, a second bind, and a closed socket', () => {
    const socket = lab.stack.udp.open();
    expect(() => socket.bind({ address: 'localhost' })).toThrow(/EINVAL/);
    socket.bind({ port: 7 });
    expect(() => socket.bind({ port: 8 })).toThrow(/EINVAL/);
    socket.close();
    expect(() => socket.bind()).toThrow(/EBADF/);
  });

  test('as many sockets as the limit allows', async () => {
    await restart({ settings: { udp: { maxSockets: 3 } } });
    const sockets = [1, 2, 3].map(() => lab.stack.udp.open());
    expect(() => lab.stack.udp.open()).toThrow(/ENOBUFS/);
    sockets[0].close();
    lab.stack.udp.open();
  });
});

describe('connect', () => {
  test('hears its peer alone', () => {
    const { socket, seen } = listener({ port: 7 });
    socket.connect(PEER_IP, 5000);
    lab.send(
      to(7, 1),
      to(7, 2, 5001),
      ethernet().ipv4({ src: '10.0.0.3' }).udp({ srcPort: 5000, dstPort: 7 }).payload(counted(3, 3)),
    );
    expect(seen).toEqual([1]);
    expect(lab.drops('udp.noPort')).toBe(2);
    expect(socket.remoteAddress).toBe(PEER_IP);
    socket.disconnect();
    lab.send(to(7, 4, 5001));
    expect(seen).toEqual([1, 4]);
  });

  test('is preferred to those who only bind the port', () => {
    const bound = listener({ port: 7, reusePort: true });
    const connected = listener({ port: 7, reusePort: true });
    connected.socket.connect(PEER_IP, 5000);
    lab.send(to(7, 1, 5000), to(7, 2, 5001));
    expect([connected.seen, bound.seen]).toEqual([[1], [2]]);
  });

  test('sends without an address, and to no other', () => {
    const socket = lab.stack.udp.open();
    socket.connect(PEER_IP, 9);
    expect(socket.send(counted(3))).toBeUndefined();
    expect(socket.send(counted(3), PEER_IP, 9)).toBe('EISCONN');
    lab.host.settle();
    expect(lab.heard()).toMatchObject([{ udp: { dstPort: 9, srcPort: socket.localPort } }]);
    socket.disconnect();
    expect(socket.send(counted(3))).toBe('EDESTADDRREQ');
    expect(() => socket.disconnect()).toThrow(/ENOTCONN/);
  });

  test('refuses a second connect, the same pair twice, no route, no permission', () => {
    const socket = lab.stack.udp.open();
    socket.bind({ port: 7, reusePort: true });
    expect(() => socket.connect('192.0.2.1', 9)).toThrow(/ENETUNREACH/);
    expect(() => socket.connect('10.0.0.255', 9)).toThrow(/EACCES/);
    expect(() => socket.connect('name', 9)).toThrow(/EINVAL/);
    expect(() => socket.connect(PEER_IP, 0)).toThrow(/EINVAL/);
    socket.connect(PEER_IP, 9);
    expect(() => socket.connect(PEER_IP, 10)).toThrow(/EISCONN/);
    const other = lab.stack.udp.open();
    other.bind({ port: 7, reusePort: true });
    expect(() => other.connect(PEER_IP, 9)).toThrow(/EADDRINUSE/);
  });

  test('a closed socket cannot disconnect, and takes nothing from its successor', () => {
    const first = lab.stack.udp.open();
    first.bind({ port: 7 });
    first.connect(PEER_IP, 5000);
    first.close();
    const second = listener({ port: 7 });
    second.socket.connect(PEER_IP, 5000);
    expect(() => first.disconnect()).toThrow(/EBADF|ENOTCONN/);
    lab.send(to(7, 9));
    expect(second.seen).toEqual([9]);
  });
});

describe('a group of sockets on one port', () => {
  test('each peer meets one member, always the same, and all members work', () => {
    const members = Array.from({ length: 8 }, () => listener({ port: 7, reusePort: true }));
    for (let round = 0; round < 3; round++) {
      for (let peer = 0; peer < 200; peer++) lab.send(to(7, peer, 1000 + peer));
    }
    expect(members.flatMap(({ seen }) => seen)).toHaveLength(600);
    for (const { seen } of members) {
      expect(seen.length).toBeGreaterThan(0);
      for (const mark of new Set(seen)) expect(seen.filter((each) => each === mark)).toHaveLength(3);
    }
  });

  test('when one leaves, the others go on', () => {
    const members = Array.from({ length: 3 }, () => listener({ port: 7, reusePort: true }));
    members[1].socket.close();
    for (let peer = 0; peer < 50; peer++) lab.send(to(7, peer, 1000 + peer));
    expect(members.map(({ seen }) => seen.length).reduce((a, b) => a + b)).toBe(50);
    expect(members[1].seen).toEqual([]);
  });
});

describe('a datagram', () => {
  test('says all about itself', () => {
    let told: unknown;
    const options = Uint8Array.of(148, 4, 0, 0);
    const frame = ethernet()
      .ipv4({ ttl: 3, tos: 0x2e, options })
      .udp({ srcPort: 5000, dstPort: 7 })
      .payload(counted(9));
    during((datagram) => {
      const { remoteAddress, remotePort, localAddress, localPort, interfaceIndex, ttl, tos, length } = datagram;
      expect(datagram.ipOptions).toEqual(options);
      expect(datagram.bytes).toEqual(counted(9));
      expect(datagram.memory.bytes.slice(datagram.offset, datagram.offset + length)).toEqual(counted(9));
      told = { remoteAddress, remotePort, localAddress, localPort, interfaceIndex, ttl, tos, length };
    }, frame);
    expect(told).toEqual({
      ...{ remoteAddress: PEER_IP, remotePort: 5000, localAddress: STACK_IP, localPort: 7 },
      ...{ interfaceIndex: 0, ttl: 3, tos: 0x2e, length: 9 },
    });
  });

  test.each([0, 1, 2, 1471, 1472])('of %d bytes comes and goes', (length) => {
    const seen: number[] = [];
    during(
      (datagram) => {
        seen.push(datagram.length);
        datagram.reply();
      },
      ethernet().ipv4().udp({ srcPort: 5000, dstPort: 7 }).payload(counted(length)),
    );
    expect(seen).toEqual([length]);
    expect(lab.heard().map(({ payload }) => payload)).toEqual([counted(length)]);
  });

  test('without a checksum is taken, with a wrong one not', () => {
    const { seen } = listener({ port: 7 });
    lab.send(ethernet().ipv4().udp({ srcPort: 5, dstPort: 7, checksum: 0 }).payload(counted(3, 1)));
    lab.send(ethernet().ipv4().udp({ srcPort: 5, dstPort: 7, checksum: 0xffff }).payload(counted(3, 2)));
    expect(seen).toEqual([1]);
    expect(lab.drops('udp.badChecksum')).toBe(1);
  });

  test.each([0, 7])('with a length field of %d is dropped', (length) => {
    const { seen } = listener({ port: 7 });
    lab.send(ethernet().ipv4().udp({ srcPort: 5, dstPort: 7, length }).payload(counted(3)));
    expect(lab.drops('udp.badLength')).toBe(1);
    expect(seen).toEqual([]);
  });

  test('ends where its length field says: what follows it in the IP datagram (RFC 9868: surplus) is not shown', () => {
    const shown: Uint8Array[] = [];
    const frame = ethernet().ipv4().udp({ srcPort: 5, dstPort: 7, length: 10, checksum: 0 }).payload(counted(30, 1));
    during((datagram) => {
      shown.push(datagram.bytes.slice());
      datagram.reply();
    }, frame);
    expect(shown).toEqual([counted(2, 1)]);
    expect(lab.heard().map(({ payload }) => payload)).toEqual([counted(2, 1)]);
  });

  test('shorter than a header is dropped', () => {
    for (let length = 0; length < 8; length++) lab.send(ethernet().ipv4().payload(counted(length)));
    expect(lab.drops('udp.truncated')).toBe(8);
  });

  test('from port 0 is shown, and cannot be answered; one to port 0 is nobody’s', () => {
    const outcomes: unknown[] = [];
    during((datagram) => outcomes.push(datagram.reply()), to(7, 1, 0));
    expect(outcomes).toEqual(['EDESTADDRREQ']);
    lab.send(to(0));
    expect(lab.drops('udp.noPort')).toBe(1);
  });

  test('whose checksum computes to 0 is sent with 0xffff', () => {
    const socket = lab.stack.udp.open();
    socket.bind({ port: 7 });
    // Choose the one word that makes the sum come out at 0: what the checksum was with that word 0.
    socket.send(new Uint8Array(2), PEER_IP, 9);
    lab.host.settle();
    const { checksum } = lab.heard()[0].udp!;
    socket.send(Uint8Array.of(checksum >> 8, checksum), PEER_IP, 9);
    lab.host.settle();
    expect(lab.heard()[0].udp!.checksum).toBe(0xffff);
  });

  test('in several segments is shown whole, and can be answered and copied, not retained', async () => {
    await restart({ cable: { segmentSize: 256 } });
    const seen: unknown[] = [];
    during(
      (datagram) => {
        seen.push(datagram.copy().bytes, datagram.retain(), datagram.reply());
      },
      ethernet().ipv4().udp({ srcPort: 5000, dstPort: 7 }).payload(counted(1400)),
    );
    expect(seen).toEqual([counted(1400), undefined, undefined]);
    expect(lab.heard()[0].payload).toEqual(counted(1400));
  });
});

describe('to several sockets', () => {
  test('a broadcast is shown to each, and the buffer goes back once', () => {
    const all = [listener({ port: 7, reusePort: true }), listener({ port: 7, reusePort: true })];
    lab.send(toAll(7, 4));
    expect(all.map(({ seen }) => seen)).toEqual([[4], [4]]);
    expect(lab.stack.counters().interfaces[0].rx.delivered).toBe(1);
  });

  test('each may answer with as much as it says, and none may keep the buffer', () => {
    const outcomes: unknown[] = [];
    for (let i = 0; i < 3; i++) {
      const socket = lab.stack.udp.open();
      socket.bind({ port: 7, reusePort: true });
      socket.onDatagram = (datagram) => {
        expect(datagram.retain()).toBeUndefined();
        outcomes.push(datagram.reply(Math.min(3, datagram.replyCapacity)));
      };
    }
    lab.send(toAll(7, 4));
    expect(outcomes).toEqual([undefined, undefined, undefined]);
    const sent = lab.heard();
    expect(sent).toHaveLength(3);
    for (const { ipv4, payload } of sent) {
      expect(ipv4).toMatchObject({ src: STACK_IP, dst: PEER_IP });
      expect(payload).toEqual(Uint8Array.of(4, 2, 3));
    }
  });

  test('a longer answer is sent whole or refused, never cut', () => {
    const outcomes: unknown[] = [];
    for (let i = 0; i < 2; i++) {
      const socket = lab.stack.udp.open();
      socket.bind({ port: 7, reusePort: true });
      socket.onDatagram = (datagram) => outcomes.push(datagram.reply(20));
    }
    lab.send(toAll(7));
    const lengths = lab.heard().map(({ payload }) => payload.length);
    expect(lengths).toEqual(outcomes.filter((code) => code === undefined).map(() => 20));
    for (const code of outcomes) expect([undefined, 'EMSGSIZE']).toContain(code);
  });

  test('one that the other has closed meanwhile is not shown it', () => {
    const sockets = [lab.stack.udp.open(), lab.stack.udp.open()];
    let shown = 0;
    for (const socket of sockets) {
      socket.bind({ port: 7, reusePort: true });
      socket.onDatagram = () => {
        shown++;
        for (const each of sockets) each.close();
      };
    }
    lab.send(toAll(7));
    expect(shown).toBe(1);
  });

  test('one that throws does not keep it from the others', () => {
    const thrower = lab.stack.udp.open();
    thrower.bind({ port: 7, reusePort: true });
    thrower.onDatagram = () => {
      throw new Error('no');
    };
    const { seen } = listener({ port: 7, reusePort: true });
    expect(() => lab.send(toAll(7, 6))).toThrow('no');
    expect(seen).toEqual([6]);
  });
});

describe('a reply', () => {
  test('goes back in place with another content and length', () => {
    during((datagram) => {
      expect(datagram.replyCapacity).toBeGreaterThan(1472);
      datagram.memory.bytes.fill(0x55, datagram.offset, datagram.offset + 100);
      expect(datagram.reply(100)).toBeUndefined();
    });
    expect(lab.heard()).toMatchObject([
      { ethernet: { dst: PEER_MAC }, udp: { srcPort: 7, dstPort: 5000 }, payload: new Uint8Array(100).fill(0x55) },
    ]);
  });

  test.each<[string, (datagram: Datagram) => void, number | undefined]>([
    ['untouched', () => undefined, undefined],
    ['looked at', (datagram) => void datagram.bytes[0], undefined],
    ['changed through bytes', (datagram) => void datagram.bytes.fill(7), undefined],
    [
      'changed through memory and offset',
      ({ memory, offset }) => void memory.bytes.fill(9, offset, offset + 3),
      undefined,
    ],
    ['untouched, to one who makes no checksum', () => undefined, 0],
  ])('has a right checksum: %s', (_, change, checksum) => {
    const socket = lab.stack.udp.open();
    socket.bind({ port: 7 });
    let payload: Uint8Array = new Uint8Array(0);
    socket.onDatagram = (datagram) => {
      change(datagram);
      payload = datagram.copy().bytes;
      expect(datagram.reply()).toBeUndefined();
    };
    for (const length of [3, 300, 1472]) {
      const fields = { srcPort: 5000, dstPort: 7, ...(checksum === undefined ? {} : { checksum }) };
      lab.send(ethernet().ipv4().udp(fields).payload(counted(length)));
      expect(lab.heard().filter(({ udp }) => udp)).toMatchObject([{ payload }]); // heard() looks at every checksum
      expect(payload).toHaveLength(length);
    }
  });

  test.each([-1, 2000, 1e9, NaN, 1.5])('of %d bytes is refused, and the buffer comes back', (length) => {
    const outcomes: unknown[] = [];
    during((datagram) => outcomes.push(datagram.reply(length)));
    expect(outcomes[0]).toMatch(/^E(MSGSIZE|INVAL)$/);
    expect(lab.heard()).toEqual([]);
  });

  test('twice: the second is sent too or refused in words, and the datagram still tells who sent it', () => {
    const outcomes: unknown[] = [];
    during((datagram) => {
      outcomes.push(datagram.reply(), datagram.remoteAddress, datagram.localAddress, datagram.reply());
    });
    expect(outcomes.slice(0, 3)).toEqual([undefined, PEER_IP, STACK_IP]);
    const sent = lab.heard();
    expect(sent.map(({ ipv4 }) => ipv4!.dst)).toEqual(outcomes[3] === undefined ? [PEER_IP, PEER_IP] : [PEER_IP]);
    expect([undefined, 'EBADF', 'EALREADY']).toContain(outcomes[3]);
  });

  test('after the callback is refused with EBADF', () => {
    let kept: Datagram | undefined;
    during((datagram) => (kept = datagram));
    expect(kept!.reply()).toBe('EBADF');
    expect(kept!.retain()).toBeUndefined();
    lab.host.settle();
    expect(lab.heard()).toEqual([]);
  });

  test('waits for ARP like any datagram where the sender is not known', () => {
    const stranger = ethernet().ipv4({ src: '10.0.0.9' }).udp({ srcPort: 5000, dstPort: 7 }).payload(counted(5));
    during((datagram) => expect(datagram.reply()).toBeUndefined(), stranger);
    expect(lab.heard()).toMatchObject([{ arp: { operation: 'request', targetIp: '10.0.0.9' } }]);
    const mac = '02:00:00:00:00:09';
    const answers = lab.ask(ethernet({ src: mac }).arp({ operation: 'reply', senderIp: '10.0.0.9' }));
    expect(answers).toMatchObject([{ ethernet: { dst: mac }, payload: counted(5) }]);
  });
});

describe('keeping', () => {
  test('a retained datagram keeps its bytes until it is released, once', () => {
    const kept: RetainedDatagram[] = [];
    during((datagram) => kept.push(datagram.retain()!));
    for (let i = 0; i < 100; i++) lab.send(to(9));
    expect(kept[0]).toMatchObject({ remoteAddress: PEER_IP, remotePort: 5000, length: 3 });
    expect(kept[0].bytes).toEqual(Uint8Array.of(1, 2, 3));
    kept[0].release();
    kept[0].release();
    lab.send(to(9));
    expect(lab.stack.counters().interfaces[0].held).toBe(0);
  });

  test('no more than the link can spare is retained, and reception goes on', async () => {
    await restart({ cable: { buffers: 33, inFlight: 8, burst: 4, txCapacity: 8, stock: 8 } });
    const kept: (RetainedDatagram | undefined)[] = [];
    const socket = lab.stack.udp.open();
    socket.bind({ port: 7 });
    socket.onDatagram = (datagram) => kept.push(datagram.retain());
    for (let i = 0; i < 20; i++) lab.send(to(7, i));
    expect(kept).toHaveLength(20);
    expect(kept.filter((each) => each !== undefined)).toHaveLength(5);
    for (const each of kept) each?.release();
    lab.send(to(7));
    expect(kept[20]).toBeDefined();
    kept[20]!.release();
  });

  test('a copy is the application’s own', () => {
    const copies: unknown[] = [];
    during((datagram) => copies.push(datagram.copy()));
    lab.send(to(9));
    expect(copies).toEqual([
      {
        ...{ bytes: Uint8Array.of(1, 2, 3), remoteAddress: PEER_IP, remotePort: 5000 },
        ...{ localAddress: STACK_IP, localPort: 7, interfaceIndex: 0, ttl: 64, tos: 0 },
      },
    ]);
  });
});

describe('a callback', () => {
  test('that throws loses nothing: the rest of the burst is delivered and the error surfaces', () => {
    const seen: number[] = [];
    const socket = lab.stack.udp.open();
    socket.bind({ port: 7 });
    socket.onDatagram = (datagram) => {
      seen.push(datagram.bytes[0]);
      if (datagram.bytes[0] === 2) throw new Error('mine');
    };
    expect(() => lab.send(to(7, 1), to(7, 2), to(7, 3))).toThrow('mine');
    expect(seen).toEqual([1, 2, 3]);
    expect(lab.stack.counters().interfaces[0].rx.delivered).toBe(3);
  });

  test('that throws after a reply or a retain has still replied and retained', () => {
    const kept: RetainedDatagram[] = [];
    const socket = lab.stack.udp.open();
    socket.bind({ port: 7 });
    socket.onDatagram = (datagram) => {
      if (datagram.bytes[0] === 1) datagram.reply();
      else kept.push(datagram.retain()!);
      throw new Error('mine');
    };
    expect(() => lab.send(to(7, 1), to(7, 2))).toThrow('mine');
    expect(lab.heard()).toHaveLength(1);
    expect(kept[0].bytes[0]).toBe(2);
    kept[0].release();
  });

  test('that closes its socket ends it: the rest of the burst finds a closed port', () => {
    let shown = 0;
    const socket = lab.stack.udp.open();
    socket.bind({ port: 7 });
    socket.onDatagram = () => {
      shown++;
      socket.close();
    };
    lab.send(to(7, 1), to(7, 2), to(7, 3));
    expect(shown).toBe(1);
    expect(lab.drops('udp.noPort')).toBe(2);
  });

  test.each([false, true])('that closes the stack leaves no buffer behind (after a reply: %s)', async (replies) => {
    const socket = lab.stack.udp.open();
    socket.bind({ port: 7 });
    let closing: Promise<void> | undefined;
    socket.onDatagram = (datagram) => {
      if (replies) datagram.reply();
      closing = lab.stack.close();
    };
    lab.send(...Array.from({ length: 20 }, (_, i) => to(7, i)));
    await lab.close();
    await closing;
    expect(lab.stack.counters().interfaces[0].buffers).toMatchObject({ inUse: 0, device: 0 });
    const { sent } = lab.stack.counters().udp;
    expect(sent > 0).toBe(replies);
    expect(lab.stack.counters().interfaces[0].tx.sent).toBeGreaterThanOrEqual(sent);
    expect(lab.drops('link.closed')).toBe(0);
    start();
  });

  test('may open, bind, send and close other sockets', () => {
    during((datagram) => {
      const other = lab.stack.udp.open();
      other.bind({ port: 8 });
      expect(other.send(datagram.bytes, PEER_IP, 99)).toBeUndefined();
      other.close();
    });
    expect(lab.heard()).toMatchObject([{ udp: { srcPort: 8, dstPort: 99 } }]);
  });
});

describe('the receive queue', () => {
  test('keeps datagrams in order, tells once that there are some, and counts what it cannot keep', () => {
    const socket = lab.stack.udp.open();
    socket.bind({ port: 7 });
    socket.receiveBufferSize = 3 * (256 + 3);
    let readable = 0;
    socket.onReadable = () => readable++;
    lab.send(...[1, 2, 3, 4, 5].map((mark) => to(7, mark)));
    expect(readable).toBe(1);
    expect(socket.lost).toBe(2);
    expect(lab.drops('udp.receiveQueueFull')).toBe(2);
    expect([1, 2, 3, 4].map(() => socket.receive()?.bytes[0])).toEqual([1, 2, 3, undefined]);
    lab.send(to(7, 6));
    expect(readable).toBe(2);
  });

  test('holds no buffers of the link', () => {
    const socket = lab.stack.udp.open();
    socket.bind({ port: 7 });
    for (let i = 0; i < 300; i++) lab.send(to(7, i));
    const { buffers, held } = lab.stack.counters().interfaces[0];
    expect([buffers.inUse, held]).toEqual([64, 0]);
  });
});

describe('sending', () => {
  test('more than there is room for is refused, and onDrain tells when there is room', () => {
    const socket = lab.stack.udp.open();
    let drained = 0;
    socket.onDrain = () => drained++;
    let sent = 0;
    while (socket.send(counted(1, sent), PEER_IP, 9) === undefined) sent++;
    expect(sent).toBe(64);
    expect(socket.send(counted(1), PEER_IP, 9)).toBe('EAGAIN');
    expect(drained).toBe(0);
    lab.host.settle();
    expect(drained).toBe(1);
    expect(socket.send(counted(1), PEER_IP, 9)).toBeUndefined();
    lab.host.settle();
    expect(drained).toBe(1);
    expect(lab.heard()).toHaveLength(65);
  });

  test('several who wait for room all get on', () => {
    const sent = [0, 0, 0, 0];
    const sockets = sent.map((_, i) => {
      const socket = lab.stack.udp.open();
      const push = (): void => {
        while (sent[i] < 300 && socket.send(Uint8Array.of(i), PEER_IP, 9) === undefined) sent[i]++;
      };
      socket.onDrain = push;
      return push;
    });
    for (const push of sockets) push();
    lab.host.settle();
    expect(sent).toEqual([300, 300, 300, 300]);
    const marks = lab.heard().map(({ payload }) => payload[0]);
    expect(marks.length).toBeGreaterThan(500); // the cable holds 512, and loses the rest
    const turns = marks.filter((mark, i) => mark !== marks[i - 1]);
    expect(new Set(turns.slice(0, 4)).size).toBe(4);
  });

  test('is refused with the reason', () => {
    const socket = lab.stack.udp.open();
    expect(socket.send(counted(1))).toBe('EDESTADDRREQ');
    expect(socket.send(counted(1), PEER_IP)).toBe('EDESTADDRREQ');
    for (const port of [0, -1, 65_536, 1.5, NaN]) expect(socket.send(counted(1), PEER_IP, port)).toBe('EINVAL');
    expect(socket.send(counted(1), 'peer', 9)).toBe('EINVAL');
    expect(socket.send(counted(1), '192.0.2.1', 9)).toBe('ENETUNREACH');
    expect(socket.send(counted(65_508), PEER_IP, 9)).toBe('EMSGSIZE');
    socket.close();
    expect(socket.send(counted(1), PEER_IP, 9)).toBe('EBADF');
  });

  test('what was sent before close still goes out', () => {
    const socket = lab.stack.udp.open();
    socket.send(counted(4), PEER_IP, 9);
    socket.close();
    socket.close();
    lab.host.settle();
    expect(lab.heard()).toHaveLength(1);
  });

  test('while the link is down is refused, and works again when it is up', () => {
    const events: string[] = [];
    lab.stack.onLinkEvent = (iface, event) => events.push(`${iface.name} ${event}`);
    const socket = lab.stack.udp.open();
    lab.cable.setLinkState('down');
    lab.host.settle();
    expect(socket.send(counted(1), PEER_IP, 9)).toBe('ENETDOWN');
    lab.cable.setLinkState('up');
    lab.host.settle();
    expect(socket.send(counted(1), PEER_IP, 9)).toBeUndefined();
    lab.cable.setMtu(576);
    lab.host.settle();
    socket.dontFragment = true;
    expect(socket.send(counted(549), PEER_IP, 9)).toBe('EMSGSIZE');
    expect(socket.send(counted(548), PEER_IP, 9)).toBeUndefined();
    lab.cable.remove('a');
    lab.host.settle();
    expect(socket.send(counted(1), PEER_IP, 9)).toBe('ENETDOWN');
    lab.advance('10s');
    expect(events).toEqual(['lab0 down', 'lab0 up', 'lab0 mtu', 'lab0 gone']);
  });
});

test('an open socket keeps the process alive, the last close lets it go', () => {
  expect(lab.host.scheduler.keptAlive).toBe(false);
  const sockets = [lab.stack.udp.open(), lab.stack.udp.open()];
  sockets[0].close();
  expect(lab.host.scheduler.keptAlive).toBe(true);
  sockets[1].close();
  expect(lab.host.scheduler.keptAlive).toBe(false);
});

test('a closed stack opens no sockets', async () => {
  await lab.close();
  expect(() => lab.stack.udp.open()).toThrow(/closed/);
  expect(lab.host.scheduler.keptAlive).toBe(false);
  start();
});
