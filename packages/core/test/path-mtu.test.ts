import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { UdpNetworkError, UdpSocket } from '@lunetta/core';
import { ethernet, StackLab } from '@lunetta/testkit';

const { PEER_IP, STACK_IP } = StackLab;
const FAR = '192.0.2.1';
let lab: StackLab;
let socket: UdpSocket;
let errors: UdpNetworkError[];

beforeEach(() => restart());
afterEach(() => lab.close());

function restart(settings = {}): void {
  lab = new StackLab({ iface: { gateway: PEER_IP }, settings: { icmp: {}, ...settings } });
  lab.befriend();
  socket = lab.stack.udp.open();
  socket.dontFragment = true;
  errors = [];
  socket.onError = (error) => errors.push(error);
  socket.bind({ port: 1000 });
}

/** Sends a datagram that fills the packet of `length` bytes; what the wire saw of it. */
function sent(length: number, remote = FAR): number[] {
  socket.send(new Uint8Array(length - 28), remote, 9);
  lab.host.settle();
  return lab.heard().map(({ ipv4 }) => ipv4!.totalLength);
}

interface Said {
  readonly mtu: number;
  readonly quotedLength?: number;
  readonly dontFragment?: boolean;
  readonly port?: number;
  readonly dst?: string;
}

/** A router says that a datagram of ours was too big. */
function tooBig({ mtu, quotedLength = 1500, dontFragment = true, port = 1000, dst = FAR }: Said): void {
  const fields = { src: STACK_IP, dst, totalLength: quotedLength, dontFragment };
  const error = ethernet().ipv4({ src: '198.51.100.1' }).icmp({ type: 'unreachable', code: 'frag_needed', mtu });
  lab.send(error.ipv4(fields).udp({ srcPort: port, dstPort: 9, length: quotedLength - 20 }));
}

describe('path MTU discovery', () => {
  test('a socket with dontFragment hears EMSGSIZE with the MTU, and what is larger is refused', () => {
    expect(sent(1500)).toEqual([1500]);
    tooBig({ mtu: 1400 });
    expect(errors).toEqual([{ code: 'EMSGSIZE', remoteAddress: FAR, remotePort: 9, mtu: 1400 }]);
    expect(socket.pathMtu(FAR)).toBe(1400);
    expect(socket.send(new Uint8Array(1401 - 28), FAR, 9)).toBe('EMSGSIZE');
    expect(sent(1400)).toEqual([1400]);
    expect(sent(1500, '192.0.2.2')).toEqual([1500]);
  });

  test('sets "don’t fragment" only where it is asked for', () => {
    socket.send(Uint8Array.of(1), FAR, 9);
    socket.dontFragment = false;
    socket.send(Uint8Array.of(1), FAR, 9);
    lab.host.settle();
    expect(lab.heard().map(({ ipv4 }) => ipv4!.dontFragment)).toEqual([true, false]);
  });

  test('other sockets fragment to the path MTU', () => {
    sent(1500);
    tooBig({ mtu: 1004 });
    socket.dontFragment = false;
    expect(sent(1500)).toEqual([1004, 20 + 1480 - 984]);
    expect(socket.pathMtu(FAR)).toBe(1004);
  });

  test('one destination’s is another socket’s too, and a connected one’s', () => {
    sent(1500);
    tooBig({ mtu: 1300 });
    const other = lab.stack.udp.open();
    other.connect(FAR, 10);
    expect(other.pathMtu()).toBe(1300);
    other.dontFragment = true;
    expect(other.send(new Uint8Array(1301 - 28))).toBe('EMSGSIZE');
  });

  test('grows again after its time', () => {
    sent(1500);
    tooBig({ mtu: 1300 });
    lab.advance('9min');
    expect(socket.pathMtu(FAR)).toBe(1300);
    lab.advance('61s');
    expect(socket.pathMtu(FAR)).toBe(1500);
    expect(lab.stack.counters().pathMtu).toEqual({ reduced: 1, aged: 1, evicted: 0, destinations: 0 });
  });

  test.each([
    ['larger than what was sent', { mtu: 1500 }],
    ['that no link may have', { mtu: 67 }],
    ['about a datagram that could be cut up', { mtu: 1300, dontFragment: false }],
    ['about a port that sent nothing', { mtu: 1300, port: 1001 }],
  ])('does not believe an MTU %s', (_, said) => {
    sent(1500);
    tooBig(said);
    expect(socket.pathMtu(FAR)).toBe(1500);
    expect(errors).toEqual([]);
    expect(lab.drops('icmp.unmatched')).toBe(1);
  });

  test('never grows by what a router says, and does not shrink below the least', () => {
    sent(1500);
    tooBig({ mtu: 1300 });
    tooBig({ mtu: 1400 });
    expect(socket.pathMtu(FAR)).toBe(1300);
    tooBig({ mtu: 68 });
    expect(socket.pathMtu(FAR)).toBe(552);
  });

  test.each([
    [1500, 1492],
    [1492, 1006],
    [600, 552],
  ])('a router that names no MTU for %d bytes: the next plateau, %d', (quotedLength, mtu) => {
    tooBig({ mtu: 0, quotedLength });
    expect(socket.pathMtu(FAR)).toBe(mtu);
  });

  test('the table is bounded: the destination learnt first goes', async () => {
    await lab.close();
    restart({ pathMtu: { maxDestinations: 2 } });
    for (const dst of ['192.0.2.1', '192.0.2.2', '192.0.2.3']) tooBig({ mtu: 1300, dst });
    expect(['192.0.2.1', '192.0.2.2', '192.0.2.3'].map((dst) => socket.pathMtu(dst))).toEqual([1500, 1300, 1300]);
    expect(lab.stack.counters().pathMtu).toMatchObject({ evicted: 1, destinations: 2 });
  });

  test('a ping that may not be cut up hears the router’s MTU', () => {
    const results: unknown[] = [];
    lab.stack.ping(FAR, { size: 1472, dontFragment: true }, (result) => results.push(result));
    lab.host.settle();
    const [request] = lab.receive();
    const error = ethernet()
      .ipv4({ src: '198.51.100.1' })
      .icmp({ type: 'unreachable', code: 'frag_needed', mtu: 1280 });
    lab.send(error.payload(request.subarray(14, 42)));
    expect(results).toMatchObject([
      { error: 'EMSGSIZE', icmp: { address: '198.51.100.1', type: 3, code: 4, mtu: 1280 } },
    ]);
    const refused = lab.stack.ping(FAR, { size: 1253, dontFragment: true }, () => undefined);
    expect(refused).toBe('EMSGSIZE');
  });
});
