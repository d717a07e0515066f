import { expect, test } from '@jest/globals';
import { TcpPair } from './support.js';

test('of many that connect at once, each SYN leaves as soon as there is room on the link', async () => {
  const pair = new TcpPair();
  for (const end of pair.connect(81)) end.abort(); // who waits for ARP waits in a queue of its own
  const count = 400; // more than there are empty buffers, and places in the queue of the link
  const listener = pair.server.tcp.listen({ port: 80, backlog: count });
  const clients = Array.from({ length: count }, () => pair.client.tcp.connect({ address: '10.0.0.2', port: 80 }));
  pair.host.advance('10ms'); // a first retransmission would take a second
  expect(clients.filter(({ state }) => state === 'ESTABLISHED')).toHaveLength(count);
  expect(pair.client.counters().tcp.connected).toBe(1 + count);
  listener.close();
  await pair.close();
});
