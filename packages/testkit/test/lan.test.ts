import { describe, expect, test } from '@jest/globals';
import type { UdpSocket } from '@lunetta/core';
import type { VirtualLan } from '@lunetta/testkit';
import { type LanHost, withLan } from '@lunetta/testkit';

/** A UDP echo on port 7. */
function echo(host: LanHost): UdpSocket {
  const socket = host.stack.udp.open();
  socket.onDatagram = (datagram) => void datagram.reply();
  socket.bind({ port: 7 });
  return socket;
}

/** Sends `count` numbered datagrams to port 7 of 10.0.0.2, one every 10 ms; the numbers that came back, in order. */
async function askTimes(lan: VirtualLan, client: LanHost, count: number): Promise<number[]> {
  const heard: number[] = [];
  const socket = client.stack.udp.open();
  socket.onDatagram = ({ bytes }) => void heard.push(new DataView(bytes.buffer, bytes.byteOffset).getUint16(0));
  socket.bind({ port: 5000 });
  for (let number = 0; number < count; number++) {
    socket.send(Uint8Array.of(number >> 8, number), '10.0.0.2', 7);
    await lan.advance('10ms');
  }
  await lan.advance('1s');
  return heard;
}

describe('hosts on a cable', () => {
  test('talk to each other, with the delay of the cable both ways', () =>
    withLan({}, async (lan) => {
      const a = lan.host('a', '10.0.0.1/24');
      const b = lan.host('b', '10.0.0.2/24');
      lan.cable(a, b, { delay: '5ms' });
      await lan.advance('1s');
      const times: number[] = [];
      const ask = () =>
        a.stack.ping('10.0.0.2', {}, (result) => times.push(result.error === undefined ? result.rttUs : NaN));
      ask();
      await lan.advance('1s');
      ask();
      await lan.advance('1s');
      expect(times).toEqual([20_000, 10_000]); // the first one waits for ARP
    }));

  test('lose and reorder datagrams as often as the cable says, and none else', () =>
    withLan({ seed: 7 }, async (lan) => {
      const [a, b] = [lan.host('a', '10.0.0.1/24'), lan.host('b', '10.0.0.2/24')];
      const cable = lan.cable(a, b, { delay: '5ms', loss: 0.1, reordering: 0.05 });
      echo(b);
      const heard = await askTimes(lan, a, 1000);
      const lost = cable.from(a).counts.lost.loss + cable.from(b).counts.lost.loss;
      expect(new Set(heard).size).toBe(heard.length);
      expect(lost).toBeGreaterThan(150);
      expect(heard.length).toBeGreaterThan(1000 - lost - 5);
      expect(heard).not.toEqual([...heard].sort((x, y) => x - y));
    }));
});
