import { afterEach, describe, expect, test } from '@jest/globals';
import { ethernet, ipv4, type Packet, type PacketBuilder, StackLab, type StackLabOptions } from '@lunetta/testkit';

const { PEER_IP } = StackLab;
/** A cable that takes every fragment of the largest datagram before anybody looks. */
const LONG = { inFlight: 2048, buffers: 4096 };
let lab: StackLab;
afterEach(() => lab.close());

function start(options: StackLabOptions = {}): void {
  lab = new StackLab(options);
  lab.befriend();
}

function counted(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => i * 7 + (i >> 8));
}

/** The payload of fragments in their order, which all name one datagram. */
function join(fragments: readonly Packet[]): Uint8Array {
  const { id, protocol } = fragments[0].ipv4!;
  let expected = 0;
  for (const { ipv4, payload } of fragments) {
    expect(ipv4).toMatchObject({ id, protocol, fragmentOffset: expected });
    expect(ipv4!.moreFragments).toBe(ipv4 !== fragments.at(-1)!.ipv4);
    expected += payload.length;
  }
  return new Uint8Array(Buffer.concat(fragments.map(({ payload }) => payload)));
}

/** Frames that carry a payload to the stack in fragments of `size` bytes. */
function cut(payload: Uint8Array, size: number, fields: { protocol: number; id: number }): PacketBuilder[] {
  const frames: PacketBuilder[] = [];
  for (let at = 0; at < payload.length; at += size) {
    const header = { ...fields, fragmentOffset: at, moreFragments: at + size < payload.length };
    frames.push(
      ethernet()
        .ipv4(header)
        .payload(payload.subarray(at, at + size)),
    );
  }
  return frames;
}

/** An echo message with the header's second word and data. */
function echo(type: 'echo_request' | 'echo_reply', rest: number, data: Uint8Array): Uint8Array {
  return ipv4().icmp({ type, rest }).payload(data).bytes().subarray(20);
}

describe('a datagram larger than the MTU', () => {
  test.each([1473, 1480, 1481, 2952, 2953, 40_000, 65_507])('of %d bytes leaves in fragments', (length) => {
    start();
    const socket = lab.stack.udp.open();
    expect(socket.send(counted(length), PEER_IP, 9)).toBeUndefined();
    lab.host.settle();
    const fragments = lab.heard();
    for (const { ipv4 } of fragments.slice(0, -1)) expect(ipv4!.totalLength).toBe(1500);
    expect(join(fragments).subarray(8)).toEqual(counted(length));
    expect(lab.stack.counters().fragments).toMatchObject({ fragmented: 1, fragmentsSent: fragments.length });
  });

  test.each([68, 69, 75, 76, 576, 1499])('leaves whole over an MTU of %d, as room comes', (mtu) => {
    start({ iface: { mtu }, cable: LONG });
    const socket = lab.stack.udp.open();
    expect(socket.send(counted(60_000), PEER_IP, 9)).toBeUndefined();
    lab.host.settle();
    const fragments = lab.heard();
    for (const { ipv4 } of fragments) expect(ipv4!.totalLength).toBeLessThanOrEqual(mtu);
    expect(join(fragments).subarray(8)).toEqual(counted(60_000));
  });

  test('does not hold up small ones; a second large one is refused until the first has left', () => {
    start({ iface: { mtu: 68 }, cable: LONG });
    const socket = lab.stack.udp.open();
    let drained = 0;
    socket.onDrain = () => void drained++;
    expect(socket.send(counted(65_507), PEER_IP, 9)).toBeUndefined();
    expect(socket.send(counted(1000), PEER_IP, 9)).toBe('EAGAIN');
    lab.host.settle();
    expect(drained).toBeGreaterThan(0);
    expect(join(lab.heard())).toHaveLength(65_515);
    expect(socket.send(counted(1000), PEER_IP, 9)).toBeUndefined();
    lab.host.settle();
    expect(join(lab.heard())).toHaveLength(1008);
  });

  test('waits for ARP whole', () => {
    lab = new StackLab();
    const socket = lab.stack.udp.open();
    expect(socket.send(counted(65_507), PEER_IP, 9)).toBeUndefined();
    lab.host.settle();
    expect(lab.heard().map((frame) => frame.arp?.operation)).toEqual(['request']);
    lab.send(ethernet().arp({ operation: 'reply' }));
    expect(join(lab.heard()).subarray(8)).toEqual(counted(65_507));
  });

  test('has an identification of its own each time', () => {
    start();
    const socket = lab.stack.udp.open();
    const seen = new Set<number>();
    for (let i = 0; i < 100; i++) {
      socket.send(counted(1473), PEER_IP, 9);
      lab.host.settle();
      for (const { ipv4 } of lab.heard()) seen.add(ipv4!.id);
    }
    expect(seen.size).toBe(100);
  });

  test('is given up when the interface closes half-way', async () => {
    start({ iface: { mtu: 68 }, cable: { whenFull: 'wait', inFlight: 64 } });
    lab.stack.udp.open().send(counted(65_507), PEER_IP, 9);
    await lab.close();
    expect(lab.stack.counters().fragments.abandoned).toBe(1);
    lab = new StackLab();
  });
});

describe('a large datagram that comes in fragments', () => {
  test.each([1473, 30_000, 65_507])('of %d bytes is echoed by UDP', (length) => {
    start();
    const socket = lab.stack.udp.open();
    socket.bind({ port: 7 });
    socket.onDatagram = (datagram) => expect(datagram.reply()).toBeUndefined();
    const frame = ethernet().ipv4().udp({ srcPort: 5000, dstPort: 7 }).payload(counted(1));
    expect(lab.ask(frame)).toHaveLength(1);
    const datagram = udpOf(counted(length));
    lab.send(...cut(datagram, 1480, { protocol: 17, id: 77 }).reverse());
    expect(join(lab.heard()).subarray(8)).toEqual(counted(length));
  });

  test.each([1473, 65_507])('with an echo request of %d bytes is answered', (length) => {
    start();
    lab.send(...cut(echo('echo_request', 0x10002, counted(length)), 1480, { protocol: 1, id: 78 }));
    expect(join(lab.heard())).toEqual(echo('echo_reply', 0x10002, counted(length)));
  });

  test('a ping of ours of 65,507 bytes comes back', () => {
    start();
    const results: unknown[] = [];
    expect(lab.stack.ping(PEER_IP, { size: 65_507 }, (result) => results.push(result))).toBeUndefined();
    lab.host.settle();
    const request = join(lab.heard());
    const view = new DataView(request.buffer);
    lab.send(...cut(echo('echo_reply', view.getInt32(4), request.subarray(8)), 1480, { protocol: 1, id: 79 }));
    expect(results).toMatchObject([{ size: 65_507 }]);
  });
});

/** A UDP datagram without checksum from port 5000 to 7. */
function udpOf(payload: Uint8Array): Uint8Array {
  return ipv4().udp({ srcPort: 5000, checksum: 0 }).payload(payload).bytes().subarray(20);
}
