import { expect, test } from '@jest/globals';
import { END_OF_STREAM } from '@lunetta/core';
import { type CableFrame, type Packet, readPacket, withLan } from '@lunetta/testkit';

const TEXT = Uint8Array.from({ length: 60_000 }, (_, i) => i * 7 + (i >> 8));

/** Sends {@link TEXT} over TCP, and a datagram, from a host whose card has offloads; what that host has put on the cable. */
async function exchange(loss: number): Promise<{ sent: Packet[]; received: number[]; handedOver: number }> {
  const frames: CableFrame[] = [];
  const received: number[] = [];
  let handedOver = 0;
  await withLan({ seed: 3 }, async (lan) => {
    const a = lan.host('a', '10.0.0.1/24', { offloads: true });
    const b = lan.host('b', '10.0.0.2/24');
    const cable = lan.cable(a, b, { delay: '1ms', loss });
    cable.observe((frame) => frames.push(frame));
    b.stack.tcp.listen({ port: 80 }).onConnection = (connection) => {
      connection.onReadable = () => {
        const part = new Uint8Array(TEXT.length);
        const length = connection.read(part);
        if (length === END_OF_STREAM) connection.end();
        else received.push(...part.subarray(0, length));
      };
    };
    a.stack.udp.open().send(Uint8Array.of(1, 2, 3), '10.0.0.2', 9);
    const connection = a.stack.tcp.connect({ address: '10.0.0.2', port: 80 });
    connection.onConnect = () => void connection.write(TEXT);
    await lan.advance('20s');
    connection.end();
    await lan.advance('90s');
    handedOver = a.stack.counters().interfaces[0].tx.sent;
  });
  return {
    sent: frames.filter(({ isForward }) => isForward).map(({ bytes }) => readPacket(bytes)),
    received,
    handedOver,
  };
}

test('a card with offloads puts segments on the cable whose headers and checksums are right', async () => {
  const { sent, received, handedOver } = await exchange(0);
  expect(received).toEqual([...TEXT]);
  const segments = sent.filter(({ tcp, payload }) => tcp !== undefined && payload.length > 0);
  expect(Math.max(...segments.map(({ payload }) => payload.length))).toBe(1448);
  expect(sent.length).toBeGreaterThan(handedOver + 20);
  expect(segments.filter(({ tcp }) => tcp!.flags.includes('PSH')).length).toBeLessThan(segments.length / 2);
  expect(sent.some(({ udp }) => udp?.dstPort === 9)).toBe(true);
});

test('what is lost of segments that were handed over together is sent again', async () => {
  const { received } = await exchange(0.05);
  expect(received).toEqual([...TEXT]);
});
