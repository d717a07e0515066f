import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { icmpv4, type PingResult, type UdpNetworkError } from '@lunetta/core';
import { ethernet, ipv4, type PacketBuilder, StackLab } from '@lunetta/testkit';

const { PEER_IP, STACK_IP } = StackLab;
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

function counted(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => i * 7);
}

function ping(payload: Uint8Array, rest = 0x12345678, code = 0): PacketBuilder {
  return ethernet().ipv4({ ttl: 33, tos: 0x20 }).icmp({ code, rest }).payload(payload);
}

/** An ICMP error about a UDP datagram that the stack (is said to have) sent. */
function errorAbout(
  [srcPort, dstPort]: [number, number],
  { type = 3, code = 3, src = STACK_IP, dst = PEER_IP, quoted = 8, fragmentOffset = 0 } = {},
): PacketBuilder {
  const datagram = ipv4({ src, dst, fragmentOffset }).udp({ srcPort, dstPort }).payload(Uint8Array.of(1));
  const error = ethernet().ipv4().icmp({ type, code });
  return error.payload(datagram.bytes().subarray(0, 20 + quoted));
}

describe('an echo request', () => {
  test.each([0, 1, 2, 3, 7, 55, 56, 1000, 1471, 1472])('of %d bytes comes back with the same data', (size) => {
    const [reply, ...rest] = lab.ask(ping(counted(size)));
    expect(rest).toEqual([]);
    expect(reply.icmp).toMatchObject({ type: 0, code: 0, rest: 0x12345678 });
    expect(reply.payload).toEqual(counted(size));
    expect(reply.ipv4).toMatchObject({ src: STACK_IP, dst: PEER_IP, ttl: 64, tos: 0x20 });
  });

  test.each([0, 1, 2, 8, 56, 1472])('of zeros alone, %d of them, is answered with a checksum that holds', (size) => {
    expect(lab.ask(ping(new Uint8Array(size), 0))[0].payload).toEqual(new Uint8Array(size));
  });

  test('of every first word is answered with a checksum that holds', () => {
    for (let word = 0; word < 0x10000; word += 97) lab.ask(ping(Uint8Array.of(word >> 8, word), 0));
    expect(lab.ask(ping(Uint8Array.of(0xf7, 0xff), 0))).toHaveLength(1);
    expect(lab.ask(ping(Uint8Array.of(0xff, 0xff), 0xffffffff | 0))).toHaveLength(1);
  });

  test('with a code is answered with code 0', () => {
    expect(lab.ask(ping(counted(8), 1, 77))[0].icmp).toMatchObject({ type: 0, code: 0 });
  });

  test('in several segments is answered, too', async () => {
    await lab.close();
    start({ cable: { segmentSize: 256 } });
    expect(lab.ask(ping(counted(1400)))[0].payload).toEqual(counted(1400));
  });

  test.each([
    ['the limited broadcast', '255.255.255.255', BROADCAST],
    ['the directed broadcast', '10.0.0.255', BROADCAST],
    ['all hosts', '224.0.0.1', '01:00:5e:00:00:01'],
  ])('to %s is not answered', (_, dst, mac) => {
    expect(lab.ask(ethernet({ dst: mac }).ipv4({ dst }).icmp({ rest: 1 }).payload(counted(8)))).toEqual([]);
    expect(lab.drops('icmp.broadcastEcho')).toBe(1);
  });

  test('with a wrong checksum, or shorter than its header, is dropped in silence', () => {
    expect(lab.ask(ethernet().ipv4().icmp({ rest: 1, checksum: 0 }).payload(counted(8)))).toEqual([]);
    for (let length = 0; length < 8; length++) {
      expect(lab.ask(ethernet().ipv4({ protocol: 1 }).payload(counted(length)))).toEqual([]);
    }
    expect(lab.drops('icmp.badChecksum')).toBe(1);
    expect(lab.drops('icmp.truncated')).toBe(8);
  });
});

test('a timestamp request is answered with our time, which is none of the day’s', () => {
  lab.advance('1s');
  const request = ethernet().ipv4().icmp({ type: 13, rest: 0x12340001 });
  const [answer] = lab.ask(request.payload(Uint8Array.of(0, 0, 0, 99, 0, 0, 0, 0, 0, 0, 0, 0)));
  expect(answer.icmp).toMatchObject({ type: 14, code: 0, rest: 0x12340001 });
  const times = new DataView(answer.payload.buffer, answer.payload.byteOffset);
  expect(times.getUint32(0)).toBe(99);
  expect(times.getUint32(4)).toBeGreaterThanOrEqual(0x80000000);
  expect(times.getUint32(8)).toBe(times.getUint32(4));
  expect(lab.ask(ethernet().ipv4().icmp({ type: 13 }).payload(Uint8Array.of(1)))).toEqual([]);
});

test.each([1, 2, 6, 7, 9, 10, 14, 15, 17, 30, 255])('a message of type %d is dropped in silence', (type) => {
  expect(lab.ask(ethernet().ipv4().icmp({ type, rest: 1 }).payload(counted(20)))).toEqual([]);
  expect(lab.drops('icmp.unknownType')).toBe(1);
});

test('an echo reply that nobody asked for is dropped', () => {
  expect(lab.ask(ethernet().ipv4().icmp({ type: 'echo_reply', rest: 1 }).payload(counted(8)))).toEqual([]);
  expect(lab.drops('icmp.unmatched')).toBe(1);
});

describe('an unreachable', () => {
  test('answers a datagram to a closed port, and quotes it with its header', () => {
    const frame = ethernet().ipv4().udp({ srcPort: 5, dstPort: 9 }).payload(counted(30));
    const [error, ...rest] = lab.ask(frame);
    expect(rest).toEqual([]);
    expect(error).toMatchObject({ icmp: { type: 3, code: 3, rest: 0 }, ipv4: { src: STACK_IP, dst: PEER_IP } });
    expect(error.payload).toEqual(frame.bytes().subarray(14));
    expect(lab.drops('udp.noPort')).toBe(1);
  });

  test('quotes no padding of the link, and as much as fits in 576 bytes', () => {
    const short = ethernet().ipv4().udp({ srcPort: 5, dstPort: 9 }).payload(Uint8Array.of(1));
    const padded = new Uint8Array(60).fill(0xee);
    padded.set(short.bytes());
    expect(lab.ask(padded)[0].payload).toEqual(short.bytes().subarray(14));
    const long = ethernet().ipv4().udp({ srcPort: 5, dstPort: 9 }).payload(counted(1400));
    const [error] = lab.ask(long);
    expect(error.ipv4!.totalLength).toBe(576);
    expect(error.payload).toEqual(long.bytes().subarray(14, 14 + 548));
  });

  test.each([68, 100, 575, 576])('is no longer than an MTU of %d', async (mtu) => {
    await lab.close();
    start({ iface: { mtu } });
    const [error] = lab.ask(ethernet().ipv4().udp({ srcPort: 5, dstPort: 9 }).payload(counted(1400)));
    expect(error.ipv4!.totalLength).toBe(mtu);
  });

  test('quotes the options of the header, too', () => {
    const options = new Uint8Array(40).fill(1);
    const frame = ethernet().ipv4({ options }).udp({ srcPort: 5, dstPort: 9 }).payload(counted(4));
    expect(lab.ask(frame)[0].payload).toEqual(frame.bytes().subarray(14));
  });

  test.each([
    ['a broadcast', { dst: '255.255.255.255' }, BROADCAST],
    ['a directed broadcast', { dst: '10.0.0.255' }, BROADCAST],
    ['a multicast', { dst: '224.0.0.1' }, '01:00:5e:00:00:01'],
    ['a broadcast address in a frame for us', { dst: '10.0.0.255' }, undefined],
  ])('never answers %s', (_, fields, mac) => {
    const datagram = ethernet({ dst: mac }).ipv4(fields).udp({ dstPort: 9 }).payload(counted(3));
    expect(lab.ask(datagram)).toEqual([]);
    const protocol = ethernet({ dst: mac })
      .ipv4({ ...fields, protocol: 99 })
      .payload(counted(8));
    expect(lab.ask(protocol)).toEqual([]);
    expect(lab.drops('udp.noPort')).toBe(1);
    expect(lab.drops('ipv4.unknownProtocol')).toBe(1);
  });

  test('never answers an ICMP message, an error least of all', () => {
    for (let type = 0; type < 40; type++) {
      if (type === icmpv4.TYPE_ECHO_REQUEST || type === icmpv4.TYPE_TIMESTAMP) continue;
      expect(lab.ask(ethernet().ipv4().icmp({ type, code: 3 }).payload(counted(40)))).toEqual([]);
    }
  });

  test('goes ten times a second to one host, and then again', () => {
    const frame = ethernet().ipv4().udp({ srcPort: 5, dstPort: 9 }).payload(counted(3));
    const errorsTo50 = (): number => {
      return lab.ask(...new Array<PacketBuilder>(50).fill(frame)).filter(({ icmp }) => icmp).length;
    };
    expect(errorsTo50()).toBe(10);
    lab.advance('500ms');
    expect(errorsTo50()).toBe(5);
    lab.advance('1min');
    expect(errorsTo50()).toBe(10);
    expect(lab.stack.counters().icmp.errorsRateLimited).toBe(150 - 25);
  });

  test('one host’s flood does not silence us towards another', () => {
    lab.befriend('10.0.0.3', '02:00:00:00:00:03');
    lab.ask(
      ...new Array<PacketBuilder>(60).fill(ethernet().ipv4().udp({ srcPort: 5, dstPort: 9 }).payload(counted(3))),
    );
    const [error] = lab.ask(ethernet().ipv4({ src: '10.0.0.3' }).udp({ srcPort: 5, dstPort: 9 }).payload(counted(3)));
    expect(error.ipv4!.dst).toBe('10.0.0.3');
  });

  test('goes to all hosts together no more often than the limit says', () => {
    let sent = 0;
    for (let host = 0; host < 200; host++) {
      const src = `10.0.0.${20 + host}`;
      const mac = `02:00:00:00:01:${(20 + host).toString(16).padStart(2, '0')}`;
      lab.introduce(src, mac);
      const frames = lab.ask(ethernet().ipv4({ src }).udp({ srcPort: 5, dstPort: 9 }).payload(counted(3)));
      sent += frames.filter((frame) => frame.icmp).length;
    }
    expect(sent).toBeGreaterThanOrEqual(33);
    expect(sent).toBeLessThanOrEqual(100);
  });
});

test('an error about a datagram that came in several segments quotes its beginning', async () => {
  await lab.close();
  start({ cable: { segmentSize: 256 } });
  const long = ethernet().ipv4().udp({ srcPort: 5, dstPort: 9 }).payload(counted(1400));
  expect(lab.ask(long)[0].payload).toEqual(long.bytes().subarray(14, 14 + 548));
});

describe('an error from the network', () => {
  function socketTo(port: number, connected: boolean) {
    const socket = lab.stack.udp.open();
    socket.bind({ port: 1000 + port });
    if (connected) socket.connect(PEER_IP, port);
    const errors: UdpNetworkError[] = [];
    return { socket, errors };
  }

  test('reaches the socket that had sent it, connected or not, and no other', () => {
    const one = socketTo(1, true);
    const two = socketTo(2, false);
    const three = socketTo(3, false);
    for (const { socket, errors } of [one, two, three]) socket.onError = (error) => errors.push(error);
    lab.send(errorAbout([1001, 1]), errorAbout([1002, 2]));
    expect(one.errors).toEqual([{ code: 'ECONNREFUSED', remoteAddress: PEER_IP, remotePort: 1 }]);
    expect(two.errors).toEqual([{ code: 'ECONNREFUSED', remoteAddress: PEER_IP, remotePort: 2 }]);
    expect(three.errors).toEqual([]);
    expect(lab.stack.counters().icmp.errorsReceived).toBe(2);
  });

  test('without onError waits for the next send of a connected socket; an unconnected one is not told', () => {
    const one = socketTo(1, true);
    const two = socketTo(2, false);
    lab.send(errorAbout([1001, 1]), errorAbout([1002, 2]));
    expect(one.socket.send(Uint8Array.of(1))).toBe('ECONNREFUSED');
    expect(one.socket.send(Uint8Array.of(1))).toBeUndefined();
    expect(two.socket.send(Uint8Array.of(1), PEER_IP, 2)).toBeUndefined();
  });

  test.each([
    [3, 0, 'ENETUNREACH'],
    [3, 1, 'EHOSTUNREACH'],
    [3, 2, 'ECONNREFUSED'],
    [3, 3, 'ECONNREFUSED'],
    [3, 13, 'EHOSTUNREACH'],
    [11, 0, 'EHOSTUNREACH'],
    [12, 0, 'EPROTO'],
  ])('of type %d code %d is %s', (type, code, expected) => {
    const { socket } = socketTo(1, true);
    lab.send(errorAbout([1001, 1], { type, code }));
    expect(socket.send(Uint8Array.of(1))).toBe(expected);
  });

  test.each([4, 5])('of type %d changes nothing', (type) => {
    const { socket } = socketTo(1, true);
    lab.send(errorAbout([1001, 1], { type, code: 0 }));
    expect(socket.send(Uint8Array.of(1))).toBeUndefined();
  });

  test.each<[string, Parameters<typeof errorAbout>[1], [number, number]]>([
    ['about another port of ours', {}, [1002, 1]],
    ['about another port of theirs', {}, [1001, 2]],
    ['about another host', { dst: '10.0.0.3' }, [1001, 1]],
    ['about a datagram that is not from us', { src: '10.0.0.77' }, [1001, 1]],
    ['that quotes seven bytes of UDP', { quoted: 7 }, [1001, 1]],
    ['that quotes a header alone', { quoted: 0 }, [1001, 1]],
    ['about a later fragment', { fragmentOffset: 40 }, [1001, 1]],
  ])('%s reaches nobody', (_, fields, ports) => {
    const { socket, errors } = socketTo(1, true);
    socket.onError = (error) => errors.push(error);
    lab.send(errorAbout(ports, fields));
    expect(errors).toEqual([]);
    expect(lab.drops('icmp.unmatched')).toBe(1);
  });

  test('about a datagram that is not from us does not reach a socket bound to any address either', () => {
    const { socket, errors } = socketTo(1, false);
    socket.onError = (error) => errors.push(error);
    lab.send(errorAbout([1001, 1], { src: '192.0.2.77' }));
    expect(errors).toEqual([]);
    expect(lab.drops('icmp.unmatched')).toBe(1);
  });

  test('whose handler throws surfaces, and the work goes on', () => {
    const { socket } = socketTo(1, true);
    socket.onError = () => {
      throw new Error('out of the handler');
    };
    expect(() => lab.send(errorAbout([1001, 1]), ping(counted(8)))).toThrow('out of the handler');
    expect(lab.heard()).toHaveLength(1);
  });
});

describe('ping', () => {
  function startPing(remote = PEER_IP, options = {}): PingResult[] {
    const results: PingResult[] = [];
    expect(lab.stack.ping(remote, options, (result) => results.push(result))).toBeUndefined();
    lab.host.settle();
    return results;
  }

  /** The reply to an echo request that the stack has sent. */
  function replyTo(rest: number, payload: Uint8Array, fields = {}): PacketBuilder {
    return ethernet()
      .ipv4({ ttl: 55, ...fields })
      .icmp({ type: 'echo_reply', rest })
      .payload(payload);
  }

  test('measures the time to the reply', () => {
    const results = startPing(PEER_IP, { size: 100, ttl: 7 });
    const [request] = lab.heard();
    expect(request).toMatchObject({ icmp: { type: 8, code: 0 }, ipv4: { ttl: 7, dst: PEER_IP } });
    expect(request.payload).toHaveLength(100);
    lab.advance('12345us');
    lab.send(replyTo(request.icmp!.rest, request.payload));
    expect(results).toEqual([{ error: undefined, rttUs: 12_345, size: 100, ttl: 55 }]);
    lab.send(replyTo(request.icmp!.rest, request.payload));
    expect(results).toHaveLength(1);
    expect(lab.drops('icmp.unmatched')).toBe(1);
  });

  test('gives up after its time', () => {
    const results = startPing(PEER_IP, { timeoutMs: 250 });
    lab.advance('249ms');
    expect(results).toEqual([]);
    lab.advance('2ms');
    expect(results).toEqual([{ error: 'ETIMEDOUT' }]);
  });

  test('hears that the host is not there', () => {
    const results = startPing('10.0.0.66', { timeoutMs: 60_000 });
    lab.advance('4s');
    expect(results).toEqual([{ error: 'EHOSTUNREACH' }]);
  });

  test('hears of errors about its request, and of no others', () => {
    const results = startPing();
    const [request] = lab.receive();
    const quoted = request.subarray(14);
    lab.send(ethernet().ipv4().icmp({ type: 'unreachable', code: 'host_unreachable' }).payload(quoted));
    expect(results).toMatchObject([{ error: 'EHOSTUNREACH', icmp: { address: PEER_IP, type: 3, code: 1, mtu: 0 } }]);
    lab.send(ethernet().ipv4().icmp({ type: 'unreachable', code: 'host_unreachable' }).payload(quoted));
    expect(lab.drops('icmp.unmatched')).toBe(1);
  });

  test('takes no reply from another host, for another sequence, or for another identifier', () => {
    const results = startPing();
    const { rest } = lab.heard()[0].icmp!;
    lab.send(replyTo(rest, counted(8), { src: '10.0.0.3' }), replyTo(rest ^ 1, counted(8)));
    lab.send(replyTo(rest ^ 0x10000, counted(8)));
    expect(results).toEqual([]);
    expect(lab.drops('icmp.unmatched')).toBe(3);
    lab.send(replyTo(rest, counted(8)));
    expect(results).toHaveLength(1);
  });

  test('several under way are kept apart', () => {
    const all = [1, 2, 3].map((size) => startPing(PEER_IP, { size }));
    const requests = lab.heard();
    for (const request of [...requests].reverse()) lab.send(replyTo(request.icmp!.rest, request.payload));
    expect(all.map(([result]) => (result as { size: number }).size)).toEqual([1, 2, 3]);
  });

  test.each([
    [{ size: -1 }, /EINVAL|EMSGSIZE/],
    [{ size: 1.5 }, /EINVAL|EMSGSIZE/],
    [{ size: NaN }, /EINVAL|EMSGSIZE/],
    [{ ttl: 0 }, /EINVAL/],
    [{ ttl: 256 }, /EINVAL/],
    [{ size: 1473, dontFragment: true }, /EMSGSIZE/],
    [{ size: 65_508 }, /EMSGSIZE/],
  ])('refuses %j', (options, code) => {
    expect(lab.stack.ping(PEER_IP, options, () => expect('done').toBe('not called'))).toMatch(code);
    lab.host.settle();
    expect(lab.heard()).toEqual([]);
  });

  test('refuses what is no address, has no route, or while the link is down', () => {
    const done = () => expect('done').toBe('not called');
    expect(lab.stack.ping('host', {}, done)).toBe('EINVAL');
    expect(lab.stack.ping('192.0.2.1', {}, done)).toBe('ENETUNREACH');
    lab.cable.setLinkState('down');
    lab.host.settle();
    expect(lab.stack.ping(PEER_IP, {}, done)).toBe('ENETDOWN');
  });

  test('ends with EBADF when the stack closes', async () => {
    const results = startPing();
    await lab.close();
    expect(results).toEqual([{ error: 'EBADF' }]);
    start();
  });
});
