import { describe, expect, test } from '@jest/globals';
import type { TcpConnection } from '@lunetta/core';
import { withLan, type Cable, type LanHost, type VirtualLan } from '@lunetta/testkit';
import { pattern, Reader, send } from './support.js';

const FULL = 1448;

/** Two hosts on a cable, one listening. */
async function pairOn(lan: VirtualLan): Promise<{ client: LanHost; server: LanHost; cable: Cable; readers: Reader[] }> {
  const [client, server] = [lan.host('client', '10.0.0.1/24'), lan.host('server', '10.0.0.2/24')];
  const cable = lan.cable(client, server, { delay: '10ms' });
  const readers: Reader[] = [];
  server.stack.tcp.listen({ port: 80 }).onConnection = (connection) => readers.push(new Reader(connection));
  await lan.advance('1s');
  return { client, server, cable, readers };
}

/** Ends what is open, and waits until the wire is quiet. */
async function end(lan: VirtualLan, ...connections: readonly TcpConnection[]): Promise<void> {
  for (const connection of connections) connection.abort();
  await lan.advance('1s');
}

describe('a path that swallows large segments in silence (RFC 4821)', () => {
  test.each([1400, 1100, 800, 560])('of %i bytes: the stream comes through', (mtu) =>
    withLan({}, async (lan) => {
      const { client, cable, readers } = await pairOn(lan);
      cable.set({ mtu });
      const connection = client.stack.tcp.connect({ address: '10.0.0.2', port: 80 });
      send(connection, pattern(50_000));
      await lan.advance('60s');
      expect(readers[0].bytes).toEqual(pattern(50_000));
      expect(client.stack.counters().tcp.blackHoles).toBeGreaterThan(0);
      await end(lan, connection, readers[0].connection);
    }),
  );

  test('the next connection to there begins with what got through, and after ten minutes large ones are tried again', () =>
    withLan({}, async (lan) => {
      const { client, cable, readers } = await pairOn(lan);
      cable.set({ mtu: 1100 });
      const first = client.stack.tcp.connect({ address: '10.0.0.2', port: 80 });
      send(first, pattern(50_000));
      await lan.advance('60s');
      const second = client.stack.tcp.connect({ address: '10.0.0.2', port: 80 });
      send(second, pattern(50_000), false);
      await lan.advance('1s');
      expect(readers[1].length).toBe(50_000);
      expect(second.statistics()).toMatchObject({ mss: 1012, segmentsResent: 0 }); // 1,024 less timestamps
      cable.set({ mtu: 1500 });
      await lan.advance('11min');
      second.write(pattern(1));
      await lan.advance('1s');
      expect(second.statistics().mss).toBe(FULL);
      await end(lan, first, second);
    }));

  test('a peer that was away for a while is no such path', () =>
    withLan({}, async (lan) => {
      const { client, cable, readers } = await pairOn(lan);
      const connection = client.stack.tcp.connect({ address: '10.0.0.2', port: 80 });
      await lan.advance('1s');
      for (let times = 0; times < 2; times++) {
        cable.partition();
        send(connection, pattern(20_000), false);
        await lan.advance('5s');
        expect(connection.statistics().mss).toBe(1012); // so far it cannot tell
        cable.heal();
        await lan.advance('20s');
        expect(connection.statistics().mss).toBe(FULL);
        send(connection, pattern(20_000), false); // large ones pass, and it remembers nothing
        await lan.advance('1s');
      }
      expect(readers[0].length).toBe(80_000);
      expect(client.stack.counters().tcp.blackHoles).toBe(0);
      await end(lan, connection);
    }));
});
