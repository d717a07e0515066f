import { expect, test } from '@jest/globals';
import { assertPacket, ethernet, readPacket, type Packet, type PacketBuilder, type UdpValues } from '@lunetta/testkit';
import { AT_KERNEL, AT_PEER, AT_VLAN, FIRST_CARD, VLAN } from './machine-arguments.js';
import type { ServicesFixture } from './services-fixture.js';
import { datagram, isArpReply, isUdpTo, padded, pattern, STATION, toCard } from './stations.js';

/** From nothing to the most that one frame holds, around the places where cards and padding change their ways. */
const PAYLOAD_LENGTHS = [0, 1, 17, 18, 19, 22, 63, 64, 65, 255, 256, 1000, 1471, 1472];

const PINGS = 20;
const FLOOD_PORT = 6000;
/** Datagrams of the flood that have not come back yet. */
const UNDER_WAY = 128;
/** Our station's address in the VLAN. */
const VLAN_STATION = '10.97.0.1';

/** What every card must do under `lunetta services`; it is flooded with `echoes` datagrams. */
export function servicesTests(fixture: ServicesFixture, echoes: number): void {
  /** The answer to a frame that asks from `srcPort`. Whatever is wrong with it, such as a checksum, is an error. */
  const answerTo = async (frame: Uint8Array, srcPort: number): Promise<Packet> => {
    fixture.machine.peer.send(frame);
    return readPacket(await fixture.machine.peer.receive((answer) => isUdpTo(answer, srcPort)));
  };

  // The first one: its client repeats what is lost while the link comes up.
  test('echoes the datagrams of a Linux kernel', () => {
    expect(fixture.kernel.echo(AT_KERNEL, 7, PAYLOAD_LENGTHS)).toBe(PAYLOAD_LENGTHS.length);
  });

  test('answers the pings of a Linux kernel, short ones and those that fill a frame', () => {
    const all = Array.from({ length: PINGS }, (_, i) => i + 1);
    expect(fixture.kernel.ping(AT_KERNEL, PINGS, 56)).toEqual(all);
    expect(fixture.kernel.ping(AT_KERNEL, PINGS, 1472)).toEqual(all);
  });

  test('echoes what a Linux kernel sends over TCP', () => {
    expect(fixture.kernel.tcpEcho(AT_KERNEL, 1_000_000)).toBe('same');
  });

  test('answers in a VLAN', async () => {
    const tagged = (dst: string): PacketBuilder => toCard({ dst, type: 0x8100 }).vlan({ id: VLAN, priority: 0 });
    const { peer } = fixture.machine;
    peer.send(padded(tagged('ff:ff:ff:ff:ff:ff').arp({ senderIp: VLAN_STATION, targetIp: AT_VLAN })));
    const addresses = { src: VLAN_STATION, dst: AT_VLAN };
    peer.send(padded(tagged(FIRST_CARD.mac).ipv4(addresses).udp({ srcPort: 5100 }).payload(pattern(50))));
    const answer = await peer.receive((frame) => frame[12] === 0x81 && frame[16] === 0x08 && frame[17] === 0);
    const expected = ethernet({ src: FIRST_CARD.mac, dst: STATION.mac, type: 0x8100 }).vlan({ id: VLAN, priority: 0 });
    assertPacket(answer, expected.ipv4({ src: AT_VLAN }).udp({ dstPort: 5100 }).payload(pattern(50)));
  });

  test('answers ARP with the address of the card, in a frame padded with zeros', async () => {
    fixture.machine.peer.send(
      padded(toCard({ dst: 'ff:ff:ff:ff:ff:ff' }).arp({ senderIp: STATION.ip, targetIp: AT_PEER })),
    );
    const { ethernet, arp } = readPacket(await fixture.machine.peer.receive(isArpReply));
    expect(ethernet).toMatchObject({ src: FIRST_CARD.mac, dst: STATION.mac });
    expect(arp).toMatchObject({ operation: 'reply', senderIp: AT_PEER, senderMac: FIRST_CARD.mac });
  });

  test.each(PAYLOAD_LENGTHS)('echoes a datagram of %d bytes, right to the last byte', async (length) => {
    const ask = datagram().udp({ srcPort: 5000 }).payload(pattern(length, length));
    const answer = await answerTo(padded(ask), 5000);
    expect(answer.ethernet).toMatchObject({ src: FIRST_CARD.mac, dst: STATION.mac });
    expect(answer.ipv4).toMatchObject({ src: AT_PEER, dst: STATION.ip });
    expect(answer.udp).toMatchObject({ srcPort: 7, dstPort: 5000 });
    expect(answer.payload).toEqual(pattern(length, length));
  });

  test('drops what has a wrong checksum, and takes a datagram without one and one in fragments', async () => {
    const before = await dropped(fixture);
    const small = (length: number, udp: Partial<UdpValues>, ip = {}): Uint8Array =>
      padded(datagram(ip).udp(udp).payload(pattern(length)));
    const [first, last] = inFragments(9, { srcPort: 5001 });
    fixture.machine.peer.send(
      small(10, { srcPort: 5000, checksum: 0x1234 }),
      small(11, { srcPort: 5000 }, { checksum: 0x1234 }),
      first,
    );
    expect((await answerTo(last, 5001)).payload).toEqual(pattern(100));
    expect((await answerTo(small(12, { srcPort: 5002, checksum: 0 }), 5002)).payload).toEqual(pattern(12));
    const after = await dropped(fixture);
    expect(after.udp - before.udp).toBe(1);
    expect(after.ipv4 - before.ipv4).toBe(1);
    expect(fixture.machine.peer.inbox.filter((frame) => isUdpTo(frame, 5000))).toEqual([]);
  });

  test('a fragmented datagram with a wrong checksum is dropped', async () => {
    const before = await dropped(fixture);
    fixture.machine.peer.send(...inFragments(10, { srcPort: 5003, checksum: 0x4321 }));
    const next = datagram().udp({ srcPort: 5004 }).payload(pattern(5));
    expect((await answerTo(padded(next), 5004)).payload).toEqual(pattern(5));
    expect((await dropped(fixture)).udp).toBe(before.udp + 1);
  });

  test(`${echoes} datagrams come back in their order, and all buffers are accounted for`, async () => {
    const { peer } = fixture.machine;
    const before = await fixture.counters();
    for (let sent = 0, received = 0; received < echoes; received++) {
      for (; sent < echoes && sent - received < UNDER_WAY; sent++) peer.send(numbered(sent));
      const { payload } = readPacket(await peer.receive((frame) => isUdpTo(frame, FLOOD_PORT)));
      if (new DataView(payload.buffer, payload.byteOffset).getInt32(0) !== received)
        throw new Error(`${received}: ${payload.join()}`);
    }
    const after = await fixture.counters();
    expect(after.services.echo.datagrams - before.services.echo.datagrams).toBe(echoes);
    expect(after.interfaces[0].link.dropped).toEqual(before.interfaces[0].link.dropped);
    expect(after.interfaces[0].buffers.inUse).toBe(before.interfaces[0].buffers.inUse);
  });
}

/** The last test of a machine: it ends the services. */
export function endTest(fixture: ServicesFixture): void {
  test('ends cleanly, with every buffer given back', async () => {
    expect(await fixture.stop()).toMatchObject({ code: 0, signal: null });
  });
}

/** A datagram that differs from its neighbours. */
function numbered(number: number): Uint8Array {
  const bytes = Uint8Array.of(number >> 24, number >> 16, number >> 8, number);
  return padded(datagram().udp({ srcPort: FLOOD_PORT }).payload(bytes));
}

/** 100 bytes to port 7 in two fragments. */
function inFragments(id: number, fields: Partial<UdpValues>): [Uint8Array, Uint8Array] {
  const whole = datagram().udp(fields).payload(pattern(100)).bytes().subarray(ETHERNET_AND_IPV4);
  const fragment = (ip: object, part: Uint8Array): Uint8Array => padded(datagram({ id, ...ip }).payload(part));
  return [
    fragment({ moreFragments: true }, whole.subarray(0, 48)),
    fragment({ fragmentOffset: 48 }, whole.subarray(48)),
  ];
}

const ETHERNET_AND_IPV4 = 14 + 20;

/** What the first interface has dropped for wrong checksums. */
async function dropped(fixture: ServicesFixture): Promise<{ udp: number; ipv4: number }> {
  const { dropped: reasons } = (await fixture.counters()).interfaces[0].rx;
  return { udp: reasons['udp.badChecksum'] ?? 0, ipv4: reasons['ipv4.badChecksum'] ?? 0 };
}
