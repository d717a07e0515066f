import { describe, expect, test } from '@jest/globals';
import { ethernet, type TimedFrame } from '@lunetta/testkit';
import { compareSent, isAnnouncement, withoutIdentification } from '../src/matrix/compare-sent.js';
import { arpReplyFrame, isPongOf, pongFrame } from '../src/matrix/frames-of-stations.js';

const ADDRESSES = { src: '10.0.0.1', dst: '10.0.0.2' };
const MACS = { src: '02:00:00:00:00:01', dst: '02:00:00:00:00:02' };

function datagram(atUs: number, id = 0, byte = 1): TimedFrame {
  const headers = ethernet(MACS).ipv4({ ...ADDRESSES, id });
  return { atUs, bytes: headers.udp({ srcPort: 7, dstPort: 5000 }).payload(Uint8Array.of(byte)).bytes() };
}

describe('what was sent is held to what was to be', () => {
  const exact = { withTimes: true, paddedTo: 0, by: (frame: Uint8Array) => frame };
  const compare = (sent: TimedFrame[], expected: TimedFrame[], change = {}) => {
    return () => compareSent(sent, expected, 'expected', { ...exact, ...change });
  };

  test('the same is the same', () => {
    expect(compare([datagram(1), datagram(2)], [datagram(1), datagram(2)])).not.toThrow();
    expect(compare([], [])).not.toThrow();
  });

  test('one byte', () => {
    expect(compare([datagram(1), datagram(2, 0, 5)], [datagram(1), datagram(2, 0, 6)])).toThrow(
      /sent otherwise than expected, from frame 2 on\n.*\n {4}1 us .*\n {2}> 2 us .* ipv4 10.0.0.1 > 10.0.0.2 ttl 64, udp 7 > 5000, 1 bytes/,
    );
  });

  test('one that is missing, one too many, another order', () => {
    const [first, second] = [datagram(1), datagram(1, 0, 2)];
    expect(compare([first], [first, second])).toThrow(/frame 2 on(.|\n)*sent: {5}nothing more/);
    expect(compare([first, second], [first])).toThrow(/frame 2 on(.|\n)*expected: nothing more/);
    expect(compare([second, first], [first, second])).toThrow('frame 1 on');
    expect(compare([], [first])).toThrow('none');
  });

  test('the time, where it counts', () => {
    expect(compare([datagram(1)], [datagram(2)])).toThrow('from frame 1 on');
    expect(compare([datagram(1)], [datagram(2)], { withTimes: false })).not.toThrow();
  });

  test('the identification, where it counts', () => {
    expect(compare([datagram(1, 5)], [datagram(1)])).toThrow('from frame 1 on');
    expect(compare([datagram(1, 5)], [datagram(1)], { by: withoutIdentification })).not.toThrow();
    const other = { ...datagram(1, 5), bytes: datagram(1, 5, 2).bytes };
    expect(compare([other], [datagram(1)], { by: withoutIdentification })).toThrow('from frame 1 on');
  });

  test('zeros behind a short frame on a medium that pads, and nothing else there', () => {
    const padded = new Uint8Array(60);
    padded.set(datagram(1).bytes);
    expect(compare([{ atUs: 1, bytes: padded }], [datagram(1)])).toThrow('from frame 1 on');
    expect(compare([{ atUs: 1, bytes: padded }], [datagram(1)], { paddedTo: 60 })).not.toThrow();
    padded[59] = 1;
    expect(compare([{ atUs: 1, bytes: padded }], [datagram(1)], { paddedTo: 60 })).toThrow('from frame 1 on');
  });
});

test('an announcement is told from other ARP', () => {
  const announcement = arpReplyFrame();
  expect(isAnnouncement({ atUs: 0, bytes: announcement })).toBe(false);
  announcement.copyWithin(38, 28, 32); // the target is the sender
  expect(isAnnouncement({ atUs: 0, bytes: announcement })).toBe(true);
  expect(isAnnouncement(datagram(0))).toBe(false);
});

test('the answer to one ping is told from that to another', () => {
  expect(isPongOf(pongFrame(0, { sequence: 9 }), 9)).toBe(true);
  expect(isPongOf(pongFrame(0, { sequence: 8 }), 9)).toBe(false);
  expect(isPongOf(datagram(0).bytes, 9)).toBe(false);
});
