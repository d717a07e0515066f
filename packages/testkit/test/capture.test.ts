import { afterEach, describe, expect, test } from '@jest/globals';
import { Stack, type LinkPort, type NetworkInterface } from '@lunetta/core';
import { CaptureReader, LiveBytes, MemorySink, PcapngWriter, Reading } from '@lunetta/driver-pcap';
import {
  captureFrames,
  createMemoryCable,
  ethernet,
  type MemoryCableOptions,
  PortFarEnd,
  TestStack,
  VirtualHost,
} from '@lunetta/testkit';
import { describeLinkDriver } from '@lunetta/testkit/jest';

function captured(port: LinkPort, explain?: () => NetworkInterface | undefined) {
  const sink = new MemorySink();
  const writer = new PcapngWriter(sink);
  const iface = writer.addInterface({ name: port.device });
  const clock = { now: 0, nowUs: () => clock.now };
  return { port: captureFrames(port, { writer, iface, clock, explain }), sink, writer, clock };
}

/** What a capture holds: direction, length and comment of each packet. */
function packetsOf(sink: MemorySink) {
  const bytes = new LiveBytes('capture');
  bytes.push(sink.bytes);
  bytes.end();
  const reader = new CaptureReader(bytes);
  const packets: { direction: string | undefined; length: number; comment: string | undefined; timeUs: number }[] = [];
  while (reader.next() === Reading.PACKET) {
    const { direction, capturedLength, comment, timeUs } = reader.record;
    packets.push({ direction, length: capturedLength, comment, timeUs });
  }
  return packets;
}

function fixture(explains: boolean, options: MemoryCableOptions = {}) {
  const cable = createMemoryCable({ buffers: 1024, inFlight: 256, txCapacity: 64, stock: 32, ...options });
  return {
    port: captured(cable.a, explains ? () => undefined : undefined).port,
    peer: new PortFarEnd(cable.b),
    setLinkState: (state: 'up' | 'down') => cable.setLinkState(state),
    remove: () => cable.remove('a'),
    destroy: () => undefined,
  };
}

describeLinkDriver('memory, captured', { countsLosses: true, open: () => fixture(false) });
describeLinkDriver('memory, captured and explained', { open: () => fixture(true) });
describeLinkDriver('memory, captured and explained, chains, level', {
  receivesChains: true,
  open: () => fixture(true, { segmentSize: 256, wakeup: 'level' }),
});

describe('a capture of a stack', () => {
  const host = new VirtualHost();
  const cable = createMemoryCable({ scheduler: host.scheduler });
  const far = new TestStack(cable.b);
  const ends = { src: '10.0.0.2', dst: '10.0.0.1' };
  let iface: NetworkInterface | undefined;
  const { port, sink, clock } = captured(cable.a, () => iface);
  const stack = new Stack(host);
  afterEach(() => far.releaseAll());

  function frame(dstPort: number, checksum?: number): Uint8Array {
    return ethernet().ipv4(ends).udp({ srcPort: 9, dstPort, checksum }).payload(Uint8Array.of(1, 2)).bytes();
  }

  test('tells of each frame what became of it, in the order in which they passed', () => {
    iface = stack.addInterface(port, {
      name: 'lab0',
      addresses: ['10.0.0.1/24'],
      hardwareAddress: Uint8Array.of(2, 0, 0, 0, 0, 1),
      mode: 'interrupt',
    });
    const socket = stack.udp.open();
    socket.onDatagram = (datagram) => datagram.reply();
    socket.bind({ port: 7 });
    host.advance('3s');
    far.poll();
    clock.now = 1_000_000;
    for (const each of [frame(7), frame(8), frame(7, 0x1234), new Uint8Array(14)]) far.queueFrame(each);
    far.poll();
    host.settle();
    host.advance('10s');
    const packets = packetsOf(sink);
    const comments = packets.filter(({ direction }) => direction === 'in').map(({ comment }) => comment);
    expect(comments).toEqual([
      'delivered; answered by 2 frames; buffers held 0 -> 1; neighbours 0 -> 1',
      expect.stringMatching(/^dropped: udp\.noPort; answered by 1 frame/),
      'dropped: udp.badChecksum',
      'dropped: ethernet.foreign',
    ]);
    expect(packets.every(({ direction }) => direction !== undefined)).toBe(true);
    expect(packets.map(({ timeUs }) => timeUs)).toEqual(packets.map(({ timeUs }) => timeUs).sort((a, b) => a - b));
  });

  test('of many at once tells what became of them together, and loses none', () => {
    const before = packetsOf(sink).length;
    for (let i = 0; i < 200; i++) {
      if (far.queueFrame(frame(8)) === undefined) {
        far.poll();
        far.queueFrame(frame(8));
      }
    }
    far.poll();
    host.settle();
    host.advance('1s');
    const packets = packetsOf(sink)
      .slice(before)
      .filter(({ direction }) => direction === 'in');
    expect(packets).toHaveLength(200);
    expect(packets.filter(({ comment }) => comment?.includes('udp.noPort'))).toHaveLength(200);
    expect(packets.some(({ comment }) => comment?.startsWith('one of 64: '))).toBe(true);
  });
});
