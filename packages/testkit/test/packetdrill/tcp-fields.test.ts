import { describe, expect, test } from '@jest/globals';
import { parseDrill } from '@lunetta/testkit';
import { comparePacket, type CompareProfile } from '../../src/packetdrill/packets/compare.js';
import { decodePacket } from '../../src/packetdrill/packets/decoded.js';
import { encodePacket } from '../../src/packetdrill/packets/encode.js';
import { Flow } from '../../src/packetdrill/packets/flow.js';
import { notationOf } from '../../src/packetdrill/packets/notation.js';
import type { PacketSpec } from '../../src/packetdrill/syntax/ast.js';

const [LOCAL, REMOTE] = ['192.168.0.1', '192.0.2.1'];
const STRICT: CompareProfile = { comparesOptionOrder: true, comparesWindow: true };
/** Initial numbers of the two sides; behind them everything wraps. */
const [LOCAL_ISN, REMOTE_ISN] = [0x7fffff00 | 0, -700];

function packet(text: string): PacketSpec {
  return parseDrill(`0 ${text}`).events[0].action as PacketSpec;
}

/** What a stack would send for `sent`; the peer sees it as what comes from its own peer. */
function bytesOf(sent: string): Uint8Array {
  const asPeer = new Flow(REMOTE, LOCAL, 8080, 8080);
  asPeer.remoteIsn = LOCAL_ISN;
  asPeer.localIsn = REMOTE_ISN;
  return encodePacket(packet(`< ${sent}`), asPeer);
}

function flowOf(): Flow {
  const flow = new Flow(LOCAL, REMOTE, 8080, 8080);
  flow.remoteIsn = REMOTE_ISN;
  flow.localIsn = LOCAL_ISN;
  flow.localTsBase = 0;
  return flow;
}

function compare(expected: string, sent: string, profile = STRICT) {
  return comparePacket(packet(`> ${expected}`), decodePacket(bytesOf(sent)), flowOf(), profile);
}

const SEGMENT = 'P. 1:1001(1000) ack 1 win 500 <nop,nop,TS val 100 ecr 200>';

describe('a TCP segment as it was expected passes', () => {
  test.each([
    [SEGMENT, SEGMENT],
    [
      'S. 0:0(0) ack 1 win 29200 <mss 1460,sackOK,nop,nop,nop,wscale 7>',
      'S. 0:0(0) ack 1 win 29200 <mss 1460,sackOK,nop,nop,nop,wscale 7>',
    ],
    ['. 1:1(0) ack 1 <nop,nop,sack 1001:2001 3001:4001>', '. 1:1(0) ack 1 win 7 <nop,nop,sack 1001:2001 3001:4001>'],
    ['P. 1:11(10) ack 1 <...>', 'P. 1:11(10) ack 1 win 3 <nop,nop,TS val 1 ecr 2>'],
    ['PU. 1:11(10) ack 1 urg 5', 'PU. 1:11(10) ack 1 win 3 urg 5'],
    ['[ect0] . 1:1(0) ack 1', '[ect0] . 1:1(0) ack 1'],
    ['R 1:1(0)', 'R 1:1(0) win 0'],
    ['S 0:0(0) <mss 1460,FO 1234567890ab>', 'S 0:0(0) <mss 1460,FO 1234567890ab>'],
  ])('%s', (expected, sent) => {
    expect(compare(expected, sent)).toBeUndefined();
  });

  test('the initial sequence number is learnt from the first SYN, and holds from then on', () => {
    const flow = flowOf();
    flow.localIsn = undefined;
    expect(comparePacket(packet('> S 0:0(0)'), decodePacket(bytesOf('S 0:0(0)')), flow, STRICT)).toBeUndefined();
    expect(flow.localIsn).toBe(LOCAL_ISN);
    expect(
      comparePacket(packet('> . 1:1(0) ack 1'), decodePacket(bytesOf('. 2:2(0) ack 1')), flow, STRICT),
    ).toMatchObject({
      field: 'seq',
    });
  });

  test('the base of the time stamps is learnt from the first one', () => {
    const flow = flowOf();
    flow.localTsBase = undefined;
    const next = (expected: string, sent: string) =>
      comparePacket(packet(`> ${expected}`), decodePacket(bytesOf(sent)), flow, STRICT);
    expect(next('. 1:1(0) <nop,nop,TS val 100 ecr 7>', '. 1:1(0) <nop,nop,TS val 5100 ecr 7>')).toBeUndefined();
    expect(next('. 1:1(0) <nop,nop,TS val 110 ecr 7>', '. 1:1(0) <nop,nop,TS val 5110 ecr 7>')).toBeUndefined();
    expect(next('. 1:1(0) <nop,nop,TS val 120 ecr 7>', '. 1:1(0) <nop,nop,TS val 5110 ecr 7>')).toMatchObject({
      field: 'options',
    });
  });
});

describe('a TCP segment that differs in one field does not pass', () => {
  test.each([
    ['flags', SEGMENT, SEGMENT.replace('P.', '.')],
    ['flags', '. 1:1(0) ack 1', 'F. 1:1(0) ack 1'],
    ['flags', 'SEW 0:0(0)', 'S 0:0(0)'],
    ['seq', SEGMENT, SEGMENT.replace('1:1001', '2:1002')],
    ['length', SEGMENT, SEGMENT.replace('1:1001(1000)', '1:1000(999)')],
    ['ack', SEGMENT, SEGMENT.replace('ack 1', 'ack 2')],
    ['ack', 'R. 1:1(0) ack 1', 'R. 1:1(0) ack 0'],
    ['win', SEGMENT, SEGMENT.replace('win 500', 'win 501')],
    ['urg', 'PU. 1:11(10) ack 1 urg 5', 'PU. 1:11(10) ack 1 urg 6'],
    ['urg', '.U 1:1(0) ack 1', '.U 1:1(0) ack 1 urg 1'],
    ['ecn', '[ce] . 1:1(0) ack 1', '[ect0] . 1:1(0) ack 1'],
    ['ttl', '[ttl 64] . 1:1(0) ack 1', '[ttl 63] . 1:1(0) ack 1'],
    ['tos', '[tos 0x20] . 1:1(0) ack 1', '[tos 0x24] . 1:1(0) ack 1'],
    ['id', '[id 5] . 1:1(0) ack 1', '[id 6] . 1:1(0) ack 1'],
    ['options', SEGMENT, SEGMENT.replace('val 100', 'val 101')],
    ['options', SEGMENT, SEGMENT.replace('ecr 200', 'ecr 201')],
    ['options', SEGMENT, 'P. 1:1001(1000) ack 1 win 500'],
    ['options', 'P. 1:1001(1000) ack 1', SEGMENT],
    ['options', 'S 0:0(0) <mss 1460>', 'S 0:0(0) <mss 1461>'],
    ['options', 'S 0:0(0) <mss 1460,nop,wscale 7>', 'S 0:0(0) <mss 1460,nop,wscale 8>'],
    ['options', 'S 0:0(0) <mss 1460,sackOK,nop,nop>', 'S 0:0(0) <mss 1460>'],
    ['options', 'S 0:0(0) <nop,nop,sackOK>', 'S 0:0(0) <sackOK,nop,nop>'],
    ['options', 'S 0:0(0) <sackOK,nop,nop>', 'S 0:0(0) <sackOK,eol>'],
    ['options', '. 1:1(0) ack 1 <nop,nop,sack 1001:2001>', '. 1:1(0) ack 1 <nop,nop,sack 1001:2002>'],
    ['options', '. 1:1(0) ack 1 <nop,nop,sack 1001:2001>', '. 1:1(0) ack 1 <nop,nop,sack 1000:2001>'],
    ['options', '. 1:1(0) ack 1 <nop,nop,sack 1:2 3:4>', '. 1:1(0) ack 1 <nop,nop,sack 3:4 1:2>'],
    ['options', 'S 0:0(0) <FO aabbccdd,nop,nop>', 'S 0:0(0) <FO aabbccde,nop,nop>'],
    ['protocol', 'udp (10)', '. 1:11(10) ack 1'],
  ])('%s: expected %s, sent %s', (field, expected, sent) => {
    expect(compare(expected, sent)).toMatchObject({ field });
  });

  test.each([
    ['srcPort', { localPort: 8081 }],
    ['dstPort', { remotePort: 8081 }],
    ['source', { localIp: '192.168.0.2' }],
    ['destination', { remoteIp: '192.0.2.2' }],
  ])('%s', (field, expected) => {
    const flow = Object.assign(flowOf(), expected);
    const seen = decodePacket(bytesOf('. 1:1(0)'));
    expect(comparePacket(packet('> . 1:1(0)'), seen, flow, STRICT)).toMatchObject({ field });
  });
});

describe('an ICMP error', () => {
  /** What a stack would quote of a segment that came from its peer. */
  const quoting = (quoted: string) => {
    const asPeer = new Flow(REMOTE, LOCAL, 8080, 8080);
    asPeer.localIsn = REMOTE_ISN;
    return decodePacket(encodePacket(packet(`< icmp unreachable port_unreachable [${quoted}]`), asPeer));
  };
  const compareQuote = (expected: string, seen: string) =>
    comparePacket(packet(`> icmp unreachable port_unreachable [${expected}]`), quoting(seen), flowOf(), STRICT);

  test('quotes what was expected', () => {
    expect(compareQuote('1:11(10)', '1:11(10)')).toBeUndefined();
    expect(compareQuote('udp (10)', 'udp (10)')).toBeUndefined();
  });

  test.each([
    ['quoted', '1:11(10)', 'udp (10)'],
    ['quoted', 'udp (10)', '1:11(10)'],
    ['quotedSeq', '1:11(10)', '2:12(10)'],
    ['quotedLength', '1:11(10)', '1:12(11)'],
    ['quotedLength', 'udp (10)', 'udp (11)'],
  ])('that differs in %s does not pass: expected [%s], quoted [%s]', (field, expected, seen) => {
    expect(compareQuote(expected, seen)).toMatchObject({ field });
  });
});

describe('what a profile leaves free', () => {
  test('the order and padding of options', () => {
    const profile = { ...STRICT, comparesOptionOrder: false };
    expect(compare('S 0:0(0) <mss 1460,nop,wscale 7>', 'S 0:0(0) <wscale 7,mss 1460,nop>', profile)).toBeUndefined();
    expect(compare('S 0:0(0) <mss 1460,nop,wscale 7>', 'S 0:0(0) <wscale 8,mss 1460,nop>', profile)).toMatchObject({
      field: 'options',
    });
  });

  test('the window', () => {
    expect(compare(SEGMENT, SEGMENT.replace('win 500', 'win 9'), { ...STRICT, comparesWindow: false })).toBeUndefined();
  });
});

test('a segment is shown as a script would write it', () => {
  const texts = [
    SEGMENT,
    'S. 0:0(0) ack 1 win 8 <mss 1460,sackOK,nop,nop>',
    '. 5:5(0) ack 9 win 1 <nop,nop,sack 11:21>',
  ];
  for (const text of texts) expect(notationOf(decodePacket(bytesOf(text)), flowOf())).toBe(`> ${text}`);
});

test('a segment with a wrong checksum is malformed', () => {
  const bytes = bytesOf(SEGMENT);
  bytes[30] ^= 1;
  expect(() => decodePacket(bytes)).toThrow('TCP checksum is wrong');
});
