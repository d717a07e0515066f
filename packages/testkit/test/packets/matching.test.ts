import { describe, expect, test } from '@jest/globals';
import { assertPacket, ethernet, ipv4, packetDifference, type PacketBuilder } from '@lunetta/testkit';
import '@lunetta/testkit/jest';

const FRAME = ethernet().ipv4({ ttl: 64, id: 9 }).udp({ srcPort: 5000, dstPort: 7 }).payload('hello');

/** What a matcher says when it fails. */
function complaint(work: () => void): string {
  try {
    work();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('it has passed');
}

describe('a pattern', () => {
  test.each<[string, PacketBuilder]>([
    ['of the layers alone', ethernet().ipv4().udp()],
    ['of the outermost layer', ethernet()],
    ['of a field deep inside', ethernet().ipv4().udp({ dstPort: 7 })],
    [
      'of all fields',
      ethernet({ type: 0x0800 }).ipv4({ ttl: 64, id: 9, dst: '10.0.0.1' }).udp({ srcPort: 5000, length: 13 }),
    ],
    ['of the payload', ethernet().ipv4().udp().payload('hello')],
    [
      'of the bytes of a whole layer',
      ethernet().payload(ipv4({ id: 9 }).udp({ srcPort: 5000 }).payload('hello').bytes()),
    ],
    [
      'with a matcher of jest',
      ethernet()
        .ipv4({ src: expect.stringMatching(/^10\./) as never })
        .udp({ length: expect.any(Number) as never }),
    ],
    [
      'with a function',
      ethernet()
        .ipv4({ ttl: (ttl) => ttl > 32 })
        .udp()
        .payload((bytes) => bytes.length === 5),
    ],
  ])('%s matches', (_, pattern) => {
    expect(FRAME).toMatchPacket(pattern);
    expect(FRAME.bytes()).toMatchPacket(pattern);
    expect(packetDifference(FRAME, pattern)).toBeUndefined();
    assertPacket(FRAME, pattern);
  });

  test.each<[string, PacketBuilder]>([
    ['ethernet.dst', ethernet({ dst: 'ff:ff:ff:ff:ff:ff' })],
    ['ipv4.ttl', ethernet().ipv4({ ttl: 63 })],
    ['a function', ethernet().ipv4({ ttl: (ttl) => ttl > 64 })],
    ['a matcher', ethernet().ipv4({ src: expect.stringMatching(/^11\./) as never })],
    ['udp.dstPort', ethernet().ipv4().udp({ dstPort: 8 })],
    ['another transport', ethernet().ipv4().tcp()],
    ['another layer', ethernet().arp()],
    ['a tag', ethernet().vlan().ipv4().udp()],
    ['a longer payload', ethernet().ipv4().udp().payload('hello!')],
    ['a shorter payload', ethernet().ipv4().udp().payload('hell')],
    ['no payload', ethernet().ipv4().udp().payload('')],
  ])('that differs in %s does not', (_, pattern) => {
    expect(FRAME).not.toMatchPacket(pattern);
    expect(() => assertPacket(FRAME, pattern)).toThrow('the packet is not the expected one');
  });

  test('begins where it begins: with ipv4() for a datagram', () => {
    expect(ipv4().icmp()).toMatchPacket(ipv4().icmp({ type: 'echo_request' }));
    expect(FRAME).not.toMatchPacket(ipv4());
  });

  test('reads a tagged frame, ARP, options of TCP in their order, its flags in any', () => {
    expect(ethernet().vlan({ id: 7 }).ipv4().udp()).toMatchPacket(ethernet({ type: 0x8100 }).vlan({ id: 7 }).ipv4());
    expect(ethernet().arp({ operation: 'reply' })).toMatchPacket(
      ethernet().arp({ operation: 'reply', hardwareLength: 6 }),
    );
    expect(ethernet().arp({ operation: 9 })).toMatchPacket(ethernet().arp({ operation: 9 }));
    const segment = ipv4().tcp({ flags: ['SYN', 'ACK'], options: [{ mss: 1460 }, 'nop', { windowScale: 7 }] });
    expect(segment).toMatchPacket(
      ipv4().tcp({ flags: ['ACK', 'SYN'], options: [{ mss: 1460 }, 'nop', { windowScale: 7 }] }),
    );
    expect(segment).toMatchPacket(ipv4().tcp({ options: expect.arrayContaining([{ windowScale: 7 }]) as never }));
    expect(segment).not.toMatchPacket(ipv4().tcp({ options: [{ windowScale: 7 }, 'nop', { mss: 1460 }] }));
    expect(segment).not.toMatchPacket(ipv4().tcp({ flags: ['SYN'] }));
  });

  test('reads what an ICMP error quotes, also if that is cut off', () => {
    const datagram = ipv4().tcp({ srcPort: 7, dstPort: 5000, seq: 1000 }).payload('x'.repeat(100)).bytes();
    const error = ethernet().ipv4().icmp({ type: 'time_exceeded' }).payload(datagram.subarray(0, 28));
    const expected = ethernet().ipv4().icmp({ type: 11, code: 'ttl_exceeded' }).ipv4({ totalLength: 140 });
    expect(error).toMatchPacket(expected.tcp({ srcPort: 7, seq: 1000 }));
    expect(error).not.toMatchPacket(expected.tcp({ seq: 1001 }));
  });

  test('reads a fragment: the first one’s ports, the others’ bytes', () => {
    const parts = { id: 7, dontFragment: false };
    const first = ethernet()
      .ipv4({ ...parts, moreFragments: true })
      .udp({ dstPort: 9, length: 3000 })
      .payload('12345678');
    const second = ethernet()
      .ipv4({ ...parts, fragmentOffset: 16, protocol: 17 })
      .payload('rest');
    expect(first).toMatchPacket(ethernet().ipv4({ moreFragments: true, fragmentOffset: 0 }).udp({ dstPort: 9 }));
    expect(second).toMatchPacket(ethernet().ipv4({ moreFragments: false, fragmentOffset: 16 }).payload('rest'));
    expect(second).not.toMatchPacket(ethernet().ipv4().udp());
  });
});

describe('what is wrong in itself does not match', () => {
  test.each<[string, PacketBuilder, PacketBuilder]>([
    ['ipv4.checksum', ethernet().ipv4({ checksum: 1 }).udp(), ethernet().ipv4({ checksum: 1 }).udp()],
    ['ipv4.totalLength', ethernet().ipv4({ totalLength: 500 }), ethernet().ipv4({ totalLength: 500 })],
    ['ipv4.ttl', ethernet().ipv4({ ttl: 0 }), ethernet().ipv4({ ttl: 0 })],
    ['udp.checksum', ethernet().ipv4().udp({ checksum: 9 }), ethernet().ipv4().udp({ checksum: 9 })],
    ['udp.checksum, none', ethernet().ipv4().udp({ checksum: 0 }), ethernet().ipv4().udp({ checksum: 0 })],
    [
      'udp.length',
      ethernet().ipv4().udp({ length: 9, checksum: 5 }),
      ethernet().ipv4().udp({ length: 9, checksum: 5 }),
    ],
    ['tcp.checksum', ethernet().ipv4().tcp({ checksum: 9 }), ethernet().ipv4().tcp({ checksum: 9 })],
    ['icmp.checksum', ethernet().ipv4().icmp({ checksum: 9 }), ethernet().ipv4().icmp({ checksum: 9 })],
    [
      'ethernet.padding',
      ethernet({ padding: Uint8Array.of(9) }).ipv4(),
      ethernet({ padding: Uint8Array.of(9) }).ipv4(),
    ],
  ])('%s, unless the pattern names it', (_, frame, naming) => {
    const plain = naming.layers.reduce<PacketBuilder | undefined>(
      (packet, { name }) => (packet === undefined ? ethernet() : packet[name as 'ipv4']()),
      undefined,
    );
    expect(frame).not.toMatchPacket(plain!);
    expect(frame).toMatchPacket(naming);
  });

  test.each<[string, Uint8Array, PacketBuilder, string]>([
    ['an empty frame', new Uint8Array(0), ethernet(), '0 bytes are no Ethernet header'],
    ['a cut IPv4 header', ethernet().ipv4().bytes().subarray(0, 30), ethernet().ipv4(), '16 bytes are no IPv4 header'],
    ['a short header length', ipv4({ headerLength: 16 }).bytes(), ipv4(), 'a header length of 16 in 20 bytes'],
    ['a cut UDP header', ipv4({ protocol: 17 }).payload('1234').bytes(), ipv4().udp(), '4 bytes are no UDP header'],
    ['a cut TCP header', ipv4({ protocol: 6 }).payload('12345678').bytes(), ipv4().tcp(), '8 bytes are no TCP header'],
    ['a long TCP header', ipv4().tcp({ headerLength: 60 }).bytes(), ipv4().tcp(), 'a header length of 60 in 20 bytes'],
    ['a cut ICMP header', ipv4({ protocol: 1 }).payload('1234').bytes(), ipv4().icmp(), '4 bytes are no ICMP header'],
    [
      'a cut ARP packet',
      ethernet({ type: 0x0806 }).payload('1234').bytes(),
      ethernet().arp(),
      '4 bytes are no ARP packet',
    ],
    ['a cut VLAN tag', ethernet({ type: 0x8100 }).payload('12').bytes(), ethernet().vlan(), '2 bytes are no VLAN tag'],
  ])('%s', (_, bytes, pattern, what) => {
    expect(packetDifference(bytes, pattern)).toContain(`malformed: ${what}`);
  });

  test('a TCP option that does not fit', () => {
    const bytes = ipv4().tcp({ optionBytes: Uint8Array.of(2, 40, 0, 0) });
    expect(packetDifference(bytes, ipv4().tcp())).toContain('options: the length of one is wrong');
  });
});

describe('the difference', () => {
  test('shows layer by layer what is said and what is there', () => {
    const pattern = ethernet().ipv4({ ttl: 63, id: 9 }).udp({ dstPort: 8 }).payload('help!');
    expect(complaint(() => expect(FRAME).toMatchPacket(pattern))).toMatchSnapshot();
  });

  test('shows the bytes that differ in a long payload, the first of them', () => {
    const [long, other] = [0, 1].map((step) => Uint8Array.from({ length: 200 }, (_, i) => (i > 30 ? i + step : i)));
    const frame = ethernet().ipv4().udp().payload(long);
    expect(complaint(() => expect(frame).toMatchPacket(ethernet().ipv4().udp().payload(other)))).toMatchSnapshot();
  });

  test('shows another layer, a fault, matchers and names', () => {
    const reply = ethernet().ipv4({ checksum: 0x1234 }).icmp({ type: 'unreachable', code: 3 }).ipv4().udp();
    const patterns = [
      ethernet().arp(),
      ethernet()
        .ipv4()
        .icmp({ type: 'time_exceeded', code: expect.any(String) as never }),
      ethernet().ipv4({ checksum: (sum) => sum > 0x2000 }),
    ];
    for (const pattern of patterns) expect(complaint(() => expect(reply).toMatchPacket(pattern))).toMatchSnapshot();
  });

  test('of .not says what matches', () => {
    expect(complaint(() => expect(FRAME).not.toMatchPacket(ethernet().ipv4({ ttl: 64 })))).toMatchSnapshot();
  });
});

describe('a list of frames', () => {
  const [ping, echo] = [ethernet().ipv4().icmp(), ethernet().ipv4().udp({ dstPort: 7 })];

  test('matches a list of patterns in order', () => {
    expect([ping, echo.bytes()]).toMatchPackets([ping, ethernet().ipv4().udp()]);
    expect([]).toMatchPackets([]);
    for (const frames of [[], [ping], [echo, ping], [ping, echo, echo]]) {
      expect(frames).not.toMatchPackets([ping, echo]);
    }
    expect(complaint(() => expect([ping, ping]).toMatchPackets([ping, echo]))).toMatchSnapshot();
    expect(complaint(() => expect([ping]).toMatchPackets([ping, echo]))).toMatch(
      /frame 2 is missing: ethernet, ipv4, udp/,
    );
    expect(complaint(() => expect([ping, echo]).toMatchPackets([ping]))).toMatch(/one frame more than expected/);
  });

  test('contains one that matches, or so many', () => {
    expect([ping, echo]).toContainPacket(echo);
    expect([ping, echo, echo]).toContainPacket(echo, 2);
    expect([ping]).not.toContainPacket(echo);
    expect([ping]).toContainPacket(echo, 0);
    expect([echo, echo]).not.toContainPacket(echo, 1);
    expect(complaint(() => expect([ping, echo]).toContainPacket(echo, 2))).toMatchSnapshot();
  });
});

test('what is no packet and what is no pattern is refused with what is wanted', () => {
  expect(() => expect('frame').toMatchPacket(FRAME)).toThrow(/received must be bytes or a packet/);
  expect(() => expect(FRAME).toMatchPacket({} as never)).toThrow(/expected must be a pattern such as ethernet\(\)/);
  expect(() => expect(FRAME).toMatchPackets([FRAME])).toThrow(/received must be a list of bytes or packets/);
  expect(() => expect([FRAME]).toMatchPackets(FRAME as never)).toThrow(/expected must be a list/);
  expect(() => expect([FRAME]).toContainPacket(undefined as never)).toThrow(/expected must be a pattern/);
});
