/** The 82576, DPDK's driver `net_e1000_igb`: the one of the three that verifies checksums and wakes a sleeping stack. */
import { expect, test } from '@jest/globals';
import { readPacket } from '@lunetta/testkit';
import { describeTap } from '@lunetta/testkit/jest';
import { ServicesFixture } from './support/services-fixture.js';
import { endTest, servicesTests } from './support/services-tests.js';
import { datagram, isUdpTo, padded } from './support/stations.js';

const ECHOES = 50_000;
const UNDER_WAY = 128;
const FLOOD_PORT = 6000;

/** A datagram that differs from its neighbours. */
const numbered = (number: number): Uint8Array =>
  padded(
    datagram()
      .udp({ srcPort: FLOOD_PORT })
      .payload(Uint8Array.of(number >> 24, number >> 16, number >> 8, number)),
  );

describeTap('lunetta services on an emulated 82576 (igb)', () => {
  const fixture = new ServicesFixture('igb');
  servicesTests(fixture);

  test(`${ECHOES} datagrams come back in their order, and all buffers are accounted for`, async () => {
    const { peer } = fixture.machine;
    const before = await fixture.counters();
    for (let sent = 0, received = 0; received < ECHOES; received++) {
      for (; sent < ECHOES && sent - received < UNDER_WAY; sent++) peer.send(numbered(sent));
      const { payload } = readPacket(await peer.receive((frame) => isUdpTo(frame, FLOOD_PORT)));
      if (new DataView(payload.buffer, payload.byteOffset).getInt32(0) !== received)
        throw new Error(`${received}: ${payload.join()}`);
    }
    const after = await fixture.counters();
    expect(after.services.echo.datagrams - before.services.echo.datagrams).toBe(ECHOES);
    expect(after.interfaces[0].link.dropped).toEqual(before.interfaces[0].link.dropped);
    expect(after.interfaces[0].buffers.inUse).toBe(before.interfaces[0].buffers.inUse);
  });

  endTest(fixture);
});
