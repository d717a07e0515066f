import { ethernet, ipv4 } from '@lunetta/core';
import { concat } from '../packets/layer.js';
import { behaviour, timedBehaviour, type Behaviour } from './behaviour.js';
import {
  BROADCAST_MAC,
  counted,
  echoFrame,
  errorFrame,
  pingFrame,
  pongFrame,
  stackArpRequestFrame,
  toStack,
  requestFrame,
} from './frames-of-stations.js';
import { MatrixStack } from './matrix-stack.js';

const PING_SIZES = [0, 1, 2, 3, 17, 18, 19, 56, 500, 1471, 1472];
const IP_HEADER = { at: ethernet.HEADER_LENGTH, length: ipv4.MIN_HEADER_LENGTH };
const UDP_CHECKSUM_AT = IP_HEADER.at + IP_HEADER.length + 6;

/** IPv4 (RFC 791, RFC 1122 section 3) and ICMP (RFC 792). */
export const IPV4_BEHAVIOURS: readonly Behaviour[] = [
  behaviour('a ping of any size comes back with its data', (wire) => {
    for (const size of PING_SIZES) {
      wire.send(pingFrame(size));
      wire.expect(pongFrame(size));
    }
  }),
  behaviour('what the link has added behind a datagram is not sent back', (wire) => {
    wire.send(concat(pingFrame(4), counted(14).fill(0xee)));
    wire.expect(pongFrame(4));
    wire.send(concat(requestFrame(counted(4)), counted(14).fill(0xee)));
    wire.expect(echoFrame(counted(4)));
  }),
  behaviour('a TTL of 1 or 0 is enough to get there, and answers have their own', (wire) => {
    for (const ttl of [0, 1, 255]) {
      wire.send(pingFrame(8, { ttl }));
      wire.expect(pongFrame(8));
    }
  }),
  behaviour('IP options of no consequence are passed over, malformed ones are told with their place', (wire) => {
    wire.send(
      pingFrame(8, { options: Uint8Array.of(1, 1, 1, 0) }),
      pingFrame(9, { options: Uint8Array.of(148, 4, 0, 0) }),
    );
    wire.expect(pongFrame(8), pongFrame(9));
    for (const length of [9, 1]) {
      const frame = pingFrame(8, { options: Uint8Array.of(148, length, 0, 0) });
      wire.send(frame);
      wire.expect(errorFrame(12, 0, frame, 21 << 24)); // byte 21: the option's length
    }
  }),
  behaviour('a wrong version, length or header checksum is met with silence', (wire) => {
    const fields = [
      { version: 6 },
      { headerLength: 16 },
      { headerLength: 60 },
      { totalLength: 19 },
      { totalLength: 1501 },
      { checksum: 1 },
    ];
    wire.send(...fields.map((wrong) => pingFrame(8, wrong)));
  }),
  behaviour('a datagram cut anywhere is met with silence', (wire) => {
    const [ping, datagram] = [pingFrame(8), requestFrame(counted(8))];
    for (let length = IP_HEADER.at; length < ping.length; length++) {
      wire.send(ping.subarray(0, length));
      // Cut there and padded with zeros by the medium, it has no checksum, and is right.
      if (length !== UDP_CHECKSUM_AT) wire.send(datagram.subarray(0, length));
    }
  }),
  behaviour('a source that is no station is met with silence', (wire) => {
    const sources = ['255.255.255.255', '10.0.0.255', '224.0.0.1', '127.0.0.1', '0.0.0.0', MatrixStack.IP];
    wire.send(...sources.flatMap((src) => [pingFrame(8, { src }), requestFrame(counted(8), { dstPort: 9 }, { src })]));
  }),
  behaviour('what is for others, by MAC or by IP address, is met with silence', (wire) => {
    wire.send(pingFrame(8, { dstMac: '02:00:00:00:00:77' }), pingFrame(8, { dst: '10.0.0.77' }));
    wire.send(pingFrame(8, { dst: '10.0.1.1' }), pingFrame(8, { dstMac: '01:00:5e:00:00:05', dst: '224.0.0.5' }));
    const other = pingFrame(8);
    other.set([0x86, 0xdd], 12);
    wire.send(other);
  }),
  behaviour('a ping to everybody is not answered', (wire) => {
    wire.send(pingFrame(8, { dstMac: BROADCAST_MAC, dst: '10.0.0.255' }));
    wire.send(pingFrame(8, { dstMac: BROADCAST_MAC, dst: '255.255.255.255' }));
    wire.send(pingFrame(8, { dstMac: BROADCAST_MAC }));
  }),
  behaviour('a protocol that it does not have is refused', (wire) => {
    const frame = toStack({ protocol: 200 }, counted(20));
    wire.send(frame);
    wire.expect(errorFrame(3, 2, frame));
  }),
  behaviour('ICMP with a wrong checksum, and ICMP that nobody needs, is met with silence', (wire) => {
    const wrong = pingFrame(8);
    wrong[IP_HEADER.at + IP_HEADER.length + 2] ^= 1;
    wire.send(
      wrong,
      pongFrame(8, { src: '10.0.0.2', dst: MatrixStack.IP, srcMac: '02:00:00:00:00:02', dstMac: MatrixStack.MAC }),
    );
  }),
  behaviour('fragments are put together in any order, twice told or not', (wire) => {
    const whole = requestFrame(counted(800), {}, { id: 7 });
    const [first, second, third] = [fragment(whole, 0, 400), fragment(whole, 400, 200), fragment(whole, 600, 208)];
    wire.send(first, second, third);
    wire.expect(echoFrame(counted(800)));
    wire.send(third, first, first);
    wire.send(second);
    wire.expect(echoFrame(counted(800)));
  }),
  behaviour('fragments that overlap are met with silence', (wire) => {
    const whole = requestFrame(counted(800), {}, { id: 8 });
    wire.send(fragment(whole, 0, 400), fragment(whole, 392, 208), fragment(whole, 600, 208));
  }),
  timedBehaviour('a datagram of which a part never comes is told of after a minute', (wire) => {
    const first = fragment(requestFrame(counted(800), {}, { id: 9 }), 0, 400);
    wire.send(first);
    wire.wait(1_996_000);
    wire.expect(stackArpRequestFrame(MatrixStack.IP)); // its announcement
    wire.wait(60_000_000 - 1_996_000);
    wire.expect(errorFrame(11, 1, first), stackArpRequestFrame('10.0.0.2', '02:00:00:00:00:02'));
    wire.wait(10);
  }),
];

/** The fragment of a frame that holds `length` bytes of the IP payload from `from` on. */
function fragment(whole: Uint8Array, from: number, length: number): Uint8Array {
  const payload = whole.subarray(IP_HEADER.at + IP_HEADER.length);
  const isLast = from + length >= payload.length;
  const id = (whole[IP_HEADER.at + 4] << 8) | whole[IP_HEADER.at + 5];
  return toStack({ id, fragmentOffset: from, moreFragments: !isLast }, payload.subarray(from, from + length));
}
