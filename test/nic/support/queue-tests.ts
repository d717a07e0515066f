import { expect, test } from '@jest/globals';
import { ipv4Address } from '@lunetta/core';
import { IndirectionTable, Toeplitz } from '@lunetta/driver-dpdk';
import { readPacket } from '@lunetta/testkit';
import type { QueueAccounts, QueuesReady } from '../guest/protocol.js';
import { AT_PEER, FIRST_CARD, QUEUE_WORKERS } from './machine-arguments.js';
import type { ServicesFixture } from './services-fixture.js';
import { datagram, isUdpTo, padded, STATION } from './stations.js';

const QUEUES = 4;
const FLOWS = 48;

/** A stack on each of a card's queues, in worker threads. */
export function queueTests(fixture: ServicesFixture): void {
  test('four stacks on four queues, in worker threads, answer the flows that our Toeplitz hash predicts', async () => {
    const { guest, peer } = fixture.machine;
    const config = {
      interfaces: [
        {
          name: 'lan',
          driver: 'dpdk',
          options: { device: FIRST_CARD.pci, buffers: 2048, eal: { memory: 'hugepages' } },
          addresses: [`${AT_PEER}/24`],
        },
      ],
      // ARP is on queue 0 only: the others would never hear who our station is.
      neighbours: [{ interface: 'lan', address: STATION.ip, mac: STATION.mac }],
    };
    const workers = guest.start(process.execPath, QUEUE_WORKERS, String(QUEUES), JSON.stringify(config));
    const [ready] = await workers.output(/^\{.*\}\n/m);
    const { key, table } = JSON.parse(ready) as QueuesReady;
    const toeplitz = new Toeplitz(Buffer.from(key, 'hex'));
    const places = new IndirectionTable(table);

    const [src, dst] = [STATION.ip, AT_PEER].map((address) => ipv4Address.parse(address)!);
    const ports = Array.from({ length: FLOWS }, (_, flow) => 1024 + flow * 997);
    const predicted = ports.map((srcPort) => places.queueOf(toeplitz.ipv4Ports(src, dst, srcPort, 7)));
    const answered: number[] = [];
    for (const srcPort of ports) {
      peer.send(padded(datagram().udp({ srcPort, dstPort: 7 })));
      answered.push(readPacket(await peer.receive((frame) => isUdpTo(frame, srcPort))).payload[0]);
    }
    expect(answered).toEqual(predicted);
    expect(new Set(answered).size).toBe(QUEUES);

    workers.signal('SIGTERM');
    const { code, stdout, stderr } = await workers.end();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const accounts = JSON.parse(stdout.slice(ready.length)) as QueueAccounts[];
    expect(accounts.map(({ queue }) => queue)).toEqual([0, 1, 2, 3]);
    for (const { queue, delivered, audit } of accounts) {
      expect(delivered).toBe(predicted.filter((each) => each === queue).length);
      expect(audit).toMatchObject({ inUse: 0, device: 0, available: audit.size });
    }
  });
}
