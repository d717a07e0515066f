import { expect, test } from '@jest/globals';
import {
  checksum,
  DESCRIPTOR_WORDS,
  FLAGS,
  HEADER_LENGTHS,
  LENGTH,
  OFFSET,
  RX_L4_CHECKSUM_GOOD,
  TX_TCP_CHECKSUM,
  TX_TSO,
  TX_UDP_CHECKSUM,
  VLAN_AND_MSS,
} from '@lunetta/core';
import { describeTap } from '@lunetta/testkit/jest';
import { makeNetns, makePeer, openTap, testFrame, until, type Tap } from './support/tap-fixture.js';

const STACK_MAC = '02:00:00:00:00:07';
const HEADERS = 14 | (20 << 8) | (20 << 16);

/** What the kernel sends on its own: of each frame its bytes, and what the descriptor says. */
async function received(tap: Tap, isIt: (frame: Uint8Array) => boolean): Promise<{ frame: Uint8Array; flags: number }> {
  let found: { frame: Uint8Array; flags: number } | undefined;
  await until(() => {
    const count = tap.queue.poll(0);
    for (let d = 0; d < count * DESCRIPTOR_WORDS; d += DESCRIPTOR_WORDS) {
      const at = tap.queue.rx[d + OFFSET];
      const frame = tap.queue.memory.bytes.slice(at, at + tap.queue.rx[d + LENGTH]);
      if (isIt(frame)) found = { frame, flags: tap.queue.rx[d + FLAGS] };
    }
    return found !== undefined;
  }, 'the datagram');
  return found!;
}

function sendUdp(family: 'AF_INET' | 'AF_INET6', address: string): string {
  return `import socket; socket.socket(socket.${family}, socket.SOCK_DGRAM).sendto(b'hello, lunetta', ('${address}', 7))`;
}

/** The sum over a transport and its pseudo-header; 0 if its checksum is right. */
function verify(frame: Uint8Array, addressesAt: number, at: number): number {
  const view = new DataView(frame.buffer);
  const pseudo = checksum.add(17 + frame.length - at, view, addressesAt, at);
  return checksum.finish(checksum.add(pseudo, view, at, frame.length));
}

function request(tap: Tap, index: number, flags: number, mss: number, lengths: number): void {
  tap.queue.tx[index * DESCRIPTOR_WORDS + FLAGS] = flags;
  tap.queue.tx[index * DESCRIPTOR_WORDS + VLAN_AND_MSS] = mss << 16;
  tap.queue.tx[index * DESCRIPTOR_WORDS + HEADER_LENGTHS] = lengths;
}

describeTap('checksums that the kernel leaves to its devices', () => {
  test.each([true, false])(
    'of its own datagrams are said to be good, or are there (offloads: %s)',
    async (offloads) => {
      const netns = makeNetns();
      const tap = await openTap(netns, { hostAddress: '10.98.7.1/24', offloads });
      netns.ip('neigh', 'add', '10.98.7.2', 'lladdr', STACK_MAC, 'dev', 'lun0');
      netns.exec('python3', '-c', sendUdp('AF_INET', '10.98.7.2'));
      const { frame, flags } = await received(tap, (each) => each[12] === 8 && each[13] === 0 && each[23] === 17);
      expect(flags).toBe(offloads ? RX_L4_CHECKSUM_GOOD : 0);
      expect(verify(frame, 26, 34) === 0).toBe(!offloads);
    },
  );

  test('are finished where the stack does not look at them: over IPv6', async () => {
    const netns = makeNetns();
    const tap = await openTap(netns);
    netns.exec('sysctl', '-qw', 'net.ipv6.conf.lun0.disable_ipv6=0');
    netns.ip('addr', 'add', 'fd00::1/64', 'dev', 'lun0', 'nodad');
    netns.ip('neigh', 'add', 'fd00::2', 'lladdr', STACK_MAC, 'dev', 'lun0');
    netns.exec('python3', '-c', sendUdp('AF_INET6', 'fd00::2'));
    const { frame, flags } = await received(tap, (each) => each[12] === 0x86 && each[20] === 17);
    expect(flags).toBe(0);
    expect(verify(frame, 22, 54)).toBe(0);
  });
});

describeTap('what the kernel is asked for', () => {
  test('a frame of several segments passes if each fits the MTU, and all of it a datagram', async () => {
    const netns = makeNetns();
    const tap = await openTap(netns);
    const tso = TX_TCP_CHECKSUM | TX_TSO;
    const send = (length: number, flags: number, mss: number): void => {
      const { handle, at } = tap.fill(testFrame(length));
      tap.describe(0, handle, at, length);
      request(tap, 0, flags, mss, HEADERS);
      tap.poll(1);
    };
    send(60_000, tso, 1460);
    expect([tap.dropped, tap.refused]).toEqual([{}, {}]);
    send(60_000, tso, 1465); // with headers longer than an MTU and a VLAN tag
    send(60_000, TX_TCP_CHECKSUM, 0);
    expect([tap.dropped, tap.refused]).toEqual([{ txTooLong: 2 }, {}]);
    expect(tap.port.statistics()).toMatchObject({ txFrames: 1, txBytes: 60_000 });
  });

  test.each([
    ['no MSS to cut by', TX_TCP_CHECKSUM | TX_TSO, 0, HEADERS],
    ['headers that do not fit the frame', TX_TCP_CHECKSUM, 0, 14 | (60 << 8) | (200 << 16)],
    ['no network header', TX_UDP_CHECKSUM, 0, 14 | (8 << 16)],
    ['no transport header', TX_UDP_CHECKSUM, 0, 14 | (20 << 8)],
    ['less than an Ethernet header', TX_UDP_CHECKSUM, 0, 10 | (20 << 8) | (8 << 16)],
    ['two transports at once', TX_UDP_CHECKSUM | TX_TCP_CHECKSUM, 0, HEADERS],
  ])('%s: refused and counted', async (_, flags, mss, lengths) => {
    const tap = await openTap(makeNetns());
    const { handle, at } = tap.fill(testFrame(100));
    tap.describe(0, handle, at, 100);
    request(tap, 0, flags, mss, lengths);
    tap.queue.poll(1);
    expect(tap.refused).toEqual({ offload: 1 });
    const { size, available, inUse } = tap.queue.audit();
    expect(available + inUse).toBe(size);
  });

  test('a frame without room before it, lent, or in several pieces goes out as well', async () => {
    const netns = makeNetns();
    const tap = await openTap(netns);
    const peer = await makePeer(netns);
    const frame = testFrame(200);
    const handle = tap.take();
    const at = tap.queue.memory.bufferAt(handle);
    tap.queue.memory.bytes.set(frame, at);
    tap.describe(0, handle, at, frame.length);
    tap.queue.poll(1);
    tap.send([frame.subarray(0, 60), frame.subarray(60)]);
    await until(() => peer.inbox.length >= 2, 'the frames');
    expect(peer.inbox).toEqual([frame, frame]);
  });
});
