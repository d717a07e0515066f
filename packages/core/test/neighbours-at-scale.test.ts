import { expect, test } from '@jest/globals';
import { ethernet, readPacket, StackLab } from '@lunetta/testkit';

const COUNT = 65_000;
const BATCH = 50;
/** All of them ask, are answered and are sent to: some hundred thousand frames. */
const PATIENCE_MS = 240_000;

/** The address of station `n` of a /16 and the last bytes of its MAC address. */
const ending = (n: number): [number, number] => [(n + 256) >> 8, (n + 256) & 255];
const address = (n: number): string => `10.1.${ending(n).join('.')}`;

test(
  '65,000 neighbours on a /16: each is known, reached by its own MAC address at once, and forgotten in time',
  async () => {
    const lab = new StackLab({
      cable: { poison: false },
      iface: { addresses: ['10.1.0.1/16'] },
      settings: { arp: { maxNeighbours: 65_536 } },
    });
    const socket = lab.stack.udp.open();
    const request = ethernet().arp({ targetIp: '10.1.0.1' }).bytes();
    for (let first = 0; first < COUNT; first += BATCH) {
      lab.exchange(
        ...Array.from({ length: BATCH }, (_, i) => {
          const frame = request.slice();
          frame.set([2, 1, 1, 1, ...ending(first + i), 10, 1, ...ending(first + i)], 22);
          return frame;
        }),
      );
    }
    const neighbours = lab.stack.neighbours.list();
    expect(neighbours).toHaveLength(COUNT);
    expect(new Set(neighbours.map(({ state }) => state))).toEqual(new Set(['stale']));
    expect(lab.stack.counters().interfaces[0].arp).toMatchObject({ neighbours: COUNT, evicted: 0, repliesSent: COUNT });

    for (let n = 0; n < COUNT; n += 97) {
      expect(socket.send(Uint8Array.of(1), address(n), 9)).toBeUndefined();
      lab.host.settle();
      const [datagram] = lab.receive().map(readPacket);
      const [high, low] = ending(n).map((byte) => byte.toString(16).padStart(2, '0'));
      expect(datagram).toMatchObject({ ethernet: { dst: `02:01:01:01:${high}:${low}` }, ipv4: { dst: address(n) } });
    }
    expect(lab.stack.counters().interfaces[0].tx.pending).toBe(0);

    // Those that were asked for a confirmation and gave none are given up, the others are forgotten unused.
    for (let minutes = 0; minutes < 21; minutes++) {
      lab.advance('1min');
      lab.receive();
    }
    expect(lab.stack.neighbours.list()).toEqual([]);
    await lab.close();
  },
  PATIENCE_MS,
);
