import { expect, test } from '@jest/globals';
import type { TcpConnection } from '@lunetta/core';
import { TcpPair } from './support.js';

const COUNT = 400; // six times as many as there are empty buffers for
const IDLE_MS = 60_000;
const INTERVAL_MS = 10_000;

test('of many keep-alives in step none is passed over because the link has no room for it', async () => {
  const lab = new TcpPair();
  const servers: TcpConnection[] = [];
  lab.server.tcp.listen({ port: 80, backlog: COUNT }).onConnection = (connection) => void servers.push(connection);
  for (const end of lab.connect(81)) end.abort(); // who waits for ARP waits in a queue of its own
  const clients = Array.from({ length: COUNT }, () => lab.client.tcp.connect({ address: '10.0.0.2', port: 80 }));
  lab.host.advance('1s');
  expect(servers.length).toBe(COUNT);
  for (const client of clients) client.setKeepAlive(IDLE_MS, INTERVAL_MS);
  lab.host.advance(`${IDLE_MS + INTERVAL_MS}ms`);
  const { keepAlives } = lab.client.counters().tcp;
  expect(keepAlives).toBeGreaterThanOrEqual(COUNT);
  expect(keepAlives).toBeLessThan(1.1 * COUNT); // nor asked twice
  const probed = clients.filter(
    ({ keepAlive }) => lab.host.clock.nowUs() - keepAlive!.heardAtUs < 2 * INTERVAL_MS * 1000,
  );
  expect(probed.length).toBe(COUNT);
  await lab.close();
});
